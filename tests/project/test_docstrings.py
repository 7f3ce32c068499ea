"""Public functions of the resolvers say what they return, and those that refuse say so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What raises Refused or Forbidden, by the names that such functions have.
REFUSING = re.compile(r"require_role|expect_\w+|\w+_within|(note|body|line|reason|title|description)_in")
SAYS_SO = re.compile(r"\b[Rr]aises?\b|^As `")


def public_functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted((ROOT / "resolvers").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield path.relative_to(ROOT), node


def refuses(function: ast.AST) -> bool:
    """Whether a function raises, or calls by its plain name what refuses."""
    return any(
        isinstance(node, ast.Raise)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and REFUSING.fullmatch(node.func.id))
        for node in ast.walk(function)
    )


def test_each_public_function_of_the_resolvers_has_a_docstring() -> None:
    found = list(public_functions())
    missing = [f"{path}:{node.lineno} {node.name}" for path, node in found if not ast.get_docstring(node)]
    assert len(found) > 600
    assert not missing, (
        "Say in a line what each of these returns: its shape and order, its unit, what it raises, its source:\n"
        + "\n".join(missing)
    )


def test_each_mutation_that_refuses_says_what_it_raises() -> None:
    silent = [
        f"{path}:{node.lineno} {node.name}"
        for path, node in public_functions()
        if path.stem.endswith("_mutations") and refuses(node) and not SAYS_SO.search(ast.get_docstring(node) or "")
    ]
    assert not silent, "Say what each of these raises, as `Raises Refused: NOT_FOUND.` does:\n" + "\n".join(silent)
