"""The Python client's types follow from the buyers' SDL, and its package declares what it imports."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, print_schema

from commands import python_client
from commands.python_client import OPERATIONS, main, of_view, used

SDL = print_schema(of_view())
TEXT = OPERATIONS.read_text(encoding="utf-8")


def test_the_committed_types_are_those_of_the_schema() -> None:
    assert main(["--check"]) == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  marginOfError: Int!", "  marginOfError: Int"),
        ("  share: Float\n", "  share: Float!\n"),
        ("  WITHIN_50\n", "  WITHIN_50\n  WITHIN_99\n"),
        ("input InsightInput {", "input InsightInput {\n  more: Boolean"),
        ("input CategoryFilter {", "input CategoryFilter {\n  more: Boolean"),
    ],
)
def test_a_change_of_what_is_used_is_found(before: str, after: str) -> None:
    assert before in SDL
    assert used(build_schema(SDL.replace(before, after)), TEXT) != used(build_schema(SDL), TEXT)


def test_a_change_of_what_is_not_used_is_none() -> None:
    more = SDL.replace("type Insight implements Node {", 'type Insight implements Node {\n  "New."\n  more: Boolean')
    assert used(build_schema(more), TEXT) == used(build_schema(SDL), TEXT)


def test_an_operation_that_does_not_fit_the_schema_is_refused() -> None:
    gone = SDL.replace("  marginOfError: Int!", "  margin: Int!")
    with pytest.raises(ValueError, match="marginOfError"):
        used(build_schema(gone), TEXT)


def test_an_edited_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "graph"
    folder.mkdir()
    for path in python_client.GENERATED.glob("*.py"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(python_client, "GENERATED", folder)
    assert main(["--check"]) == 0
    with (folder / "enums.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert main(["--check"]) == 1
    assert python_client.REMEDY in capsys.readouterr().err


PACKAGE = OPERATIONS.parent
DECLARED = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def imported(tree: ast.AST, *, at_once: bool) -> Iterator[str]:
    """The packages that a module imports when it is imported itself; or those that its functions import."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "cohorte").split(".")[0] if not node.level else "cohorte"
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) or (
            not at_once and not isinstance(node, ast.If)
        ):
            inner = imported(node, at_once=at_once)
            yield from () if at_once and not isinstance(node, ast.ClassDef) else inner


def names(requirements: list[str]) -> set[str]:
    return {requirement.split(">=")[0] for requirement in requirements}


def test_what_is_imported_is_declared_and_extras_are_imported_when_they_are_used() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    ours = {"cohorte", *sys.stdlib_module_names}
    at_once = {name for tree in trees for name in imported(tree, at_once=True)} - ours
    assert at_once == names(DECLARED["dependencies"])
    at_all = {name for tree in trees for name in imported(tree, at_once=False)} - ours
    assert at_all - at_once == names([one for extra in DECLARED["optional-dependencies"].values() for one in extra])


def test_the_wheel_has_every_file_and_is_imported_without_the_repository(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=PACKAGE.parent, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("cohorte_client-*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    ours = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts}
    assert ours <= {path.relative_to(site / "cohorte") for path in (site / "cohorte").rglob("*")}
    found = [sys.executable, "-P", "-c", "import cohorte.manifest; print(cohorte.__file__)"]
    done = subprocess.run(
        found, cwd=tmp_path, env={"PYTHONPATH": str(site)}, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(site / "cohorte/__init__.py")


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
