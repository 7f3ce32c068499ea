"""No modules import one another in a circle, whichever of them is imported first."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "settings", "server", "schema", "planner", "resolvers", "models", "privacy", "commands", "tests")


def imports(nodes: list[ast.stmt], package: str) -> Iterator[str]:
    """The modules that statements name when they are carried out: not in functions, nor for the type checker alone."""
    for node in nodes:
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, names=names, level=0):
                yield str(module)
                yield from (f"{module}.{name.name}" for name in names)
            case ast.ImportFrom():
                raise AssertionError(f"{package} has a relative import, which this test does not read")
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=orelse):
                yield from imports(orelse, package)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                pass
            case _:
                yield from imports([each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt)], package)


def graph() -> dict[str, set[str]]:
    """What each module of the tree imports of the tree."""
    paths = [path for top in PACKAGES for path in [ROOT / f"{top}.py", *(ROOT / top).rglob("*.py")] if path.exists()]
    sources = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
    named = {name: set(imports(ast.parse(path.read_text("utf-8")).body, name)) for name, path in sources.items()}
    return {name: (found & sources.keys()) - {name} for name, found in named.items()}


def circle(of: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle; empty if there is none."""
    try:
        TopologicalSorter(of).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_modules_import_one_another_in_a_circle() -> None:
    modules = graph()
    assert sum(map(len, modules.values())) > 2_000
    assert circle(modules) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) in (["b", "c", "b"], ["c", "b", "c"])
