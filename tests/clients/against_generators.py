"""Generates typed clients of each view from its printed SDL, with generators that others wrote."""

import json
import sys
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from commands import python_client
from commands.node import node
from commands.sdl import FOLDER as VIEWS
from models.viewers import Audience
from tests.clients.documents import operations
from tests.clients.processes import TOOLS, output_of
from tests.clients.results import CALLERS, Results

NODE_MODULES = Path(__file__).parent / "node_modules"
TADA = str(NODE_MODULES / "gql.tada/bin/cli.js")
TYPESCRIPT = str(NODE_MODULES / "typescript/bin/tsc")
PLUGIN = {
    "name": "gql.tada/ts-plugin",
    "schema": "./schema.graphql",
    "tadaOutputLocation": "./graphql-env.d.ts",
    "trackFieldUsage": False,
}
TYPESCRIPT_CONFIG = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "module": "nodenext",
        "target": "es2022",
        "types": [],
        "plugins": [PLUGIN],
    },
    "include": ["*.ts"],
}
PREAMBLE = """
import { initGraphQLTada, type ResultOf, type VariablesOf } from "gql.tada";
import type { introspection } from "./graphql-env.js";

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Cursor: string; Date: string; DateTime: string; Decimal: string; EmailAddress: string };
}>();
"""
PYTHON_CONFIG = """
[tool.ariadne-codegen]
schema_path = "schema.graphql"
queries_path = "queries.graphql"
target_package_name = "generated"
include_all_inputs = true
include_all_enums = true

[tool.mypy]
strict = true

[[tool.mypy.overrides]]
module = "generated.async_base_client"  # a copy of ariadne-codegen's own, which no schema changes
ignore_errors = true
"""


def documents_of(view: str) -> dict[str, str]:
    schema = build_schema((VIEWS / f"{view}.graphql").read_text(encoding="utf-8"))
    found = operations(schema, Audience[view.upper()])
    assert [validate(schema, parse(document)) for document in found.values()] == [[]] * len(found)
    return found


def typescript(view: str, documents: dict[str, str], folder: Path) -> None:
    """Lays out a TypeScript project with these documents."""
    (folder / "node_modules").symlink_to(NODE_MODULES)
    (folder / "schema.graphql").write_text((VIEWS / f"{view}.graphql").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(TYPESCRIPT_CONFIG), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    code = [PREAMBLE]
    for name, document in documents.items():
        code.append(f"export const {name} = graphql(`{document}`);")
        code.append(f"export type {name}Result = ResultOf<typeof {name}>;")
        code.append(f"export type {name}Variables = VariablesOf<typeof {name}>;")
    (folder / "documents.ts").write_text("\n".join(code) + "\n", encoding="utf-8")


async def compile_typescript(folder: Path) -> None:
    """Generates the types and compiles the documents. Raises AssertionError if one does not fit."""
    await output_of(str(node()), TADA, "generate-output", folder=folder)
    await output_of(str(node()), TADA, "check", "--fail-on-warn", folder=folder)
    await output_of(str(node()), TYPESCRIPT, "--noEmit", "-p", ".", folder=folder)


@pytest.mark.parametrize("view", CALLERS)
async def test_documents_are_typed_by_gql_tada(view: str, results: Results, tmp_path: Path) -> None:
    documents = documents_of(view)
    typescript(view, documents, tmp_path)
    await compile_typescript(tmp_path)
    results["gql.tada", view] = f"{len(documents)} documents compile"


@pytest.mark.parametrize(
    ("wrong", "use"),
    [
        ("query Wrong { viewer { audiense } }", ""),
        ("query Wrong { viewer { audience } }", "export const wrong: WrongResult = { viewer: { audience: 5 } };"),
    ],
)
async def test_a_document_or_a_use_that_does_not_fit_the_schema_does_not_compile(
    tmp_path: Path, wrong: str, use: str
) -> None:
    typescript("public", {"Wrong": wrong}, tmp_path)
    with (tmp_path / "documents.ts").open("a", encoding="utf-8") as file:
        file.write(use)
    with pytest.raises(AssertionError, match=r"audiense|not assignable"):
        await compile_typescript(tmp_path)


@pytest.mark.parametrize("view", CALLERS)
async def test_ariadne_codegen_generates_a_client(
    view: str, results: Results, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    documents = documents_of(view)
    (tmp_path / "schema.graphql").write_text((VIEWS / f"{view}.graphql").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "queries.graphql").write_text("\n".join(documents.values()), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PYTHON_CONFIG, encoding="utf-8")
    await output_of(str(TOOLS / "ariadne-codegen"), folder=tmp_path)
    cache = str(tmp_path_factory.getbasetemp() / "mypy")  # one for all views: most of it is of the libraries
    await output_of(sys.executable, "-m", "mypy", "--cache-dir", cache, "generated", folder=tmp_path)
    await output_of(sys.executable, "-c", "import generated; generated.Client", folder=tmp_path)
    results["ariadne-codegen", view] = f"{len(documents)} operations; the client passes mypy --strict"


def test_the_python_client_is_what_ariadne_codegen_generates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_client, "GENERATED", tmp_path)
    python_client.generate()
    committed = python_client.OPERATIONS.with_name("graph")
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.py")} == {
        path.name: path.read_text(encoding="utf-8") for path in committed.glob("*.py")
    }
