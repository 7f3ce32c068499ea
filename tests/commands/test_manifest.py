"""A manifest is made from a client's files, with every fault at its line, and is what the server accepts."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from commands import manifest
from server.operations.manifests import read_manifests
from tests.commands.test_serve import ROOT, SERVE, environment
from tests.support.client import ANYBODY, serving, views
from tests.support.modules import run_module

FILES = {
    "src/home.graphql": """#import "../parts/community.graphql"

query Home($after: Cursor) {
  communities(after: $after) { nodes { ...Card } }
}

query Names { communities { nodes { ...OnlyName } } }
""",
    "src/deeper/sign_in.gql": """
mutation SignIn($input: SignInInput!) { signIn(input: $input) { token } }

# Used by a file of another folder.
fragment OnlyName on Community { name }
""",
    "src/notes.txt": "query {{{",
    "parts/community.graphql": """
#import '../src/home.graphql'
fragment Card on Community { slug ...Size }
fragment Size on Community { memberCount }
query NotOfThisClient { communities { nodes { id } } }
""",
}
NESTED = "1:409: Syntax Error: Document is nested too deeply. Parsing aborted."
HOME = """query Home($after: Cursor) {
  communities(after: $after) {
    nodes {
      ...Card
    }
  }
}

fragment Card on Community {
  slug
  ...Size
}

fragment Size on Community {
  memberCount
}"""


def written(folder: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """The exit status and output of the command."""
    monkeypatch.setattr(manifest, "build_views", views)  # once for all runs
    monkeypatch.setattr("sys.argv", ["manifest", *map(str, arguments)])
    status = manifest.main()
    output = capsys.readouterr()
    return status, output.out + output.err


Command = tuple[pytest.MonkeyPatch, pytest.CaptureFixture[str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return monkeypatch, capsys


def test_a_manifest_has_each_operation_with_its_fragments(tmp_path: Path, command: Command) -> None:
    output = tmp_path / "manifests/public/web.json"
    given = ("make", "public", written(tmp_path) / "src", "-o", output)
    assert run(*command, *given) == (0, f"Wrote 3 operations to {output}.\n")
    content = json.loads(output.read_text())
    assert {name: content[name] for name in content if name != "operations"} == {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
    }
    assert [(each["name"], each["type"]) for each in content["operations"]] == [
        ("Home", "query"), ("Names", "query"), ("SignIn", "mutation"),
    ]  # fmt: skip
    assert content["operations"][0]["body"] == HOME
    (found,) = read_manifests(tmp_path / "manifests").values()
    assert all(found.ids[each["id"]] == each["body"] for each in content["operations"])
    assert run(*command, *given, "--check") == (0, "")
    assert run(*command, "check", tmp_path / "manifests") == (
        0, "public: 3 documents\npatient: 0 documents\nbuyer: 0 documents\nmanager: 0 documents\n",
    )  # fmt: skip


def test_ids_depend_neither_on_files_nor_on_their_order_nor_on_space(tmp_path: Path, command: Command) -> None:
    src, output, moved = written(tmp_path) / "src", tmp_path / "a.json", tmp_path / "moved.graphql"
    assert run(*command, "make", "public", src, "-o", output)[0] == 0
    parts = FILES["parts/community.graphql"].partition("query")[0].replace("../src/home.graphql", "moved.graphql")
    text = FILES["src/deeper/sign_in.gql"] + FILES["src/home.graphql"].partition("\n")[2] + parts
    moved.write_text("\ufeff" + text.replace("{ nodes", "{,\n\n nodes"), encoding="utf-8")
    assert run(*command, "make", "public", moved, "-o", output, "--check") == (0, "")
    moved.write_text(text.replace("memberCount", "name"))
    assert run(*command, "make", "public", moved, "-o", output, "--check") == (
        1, f"{output} is out of date: make it again.\n",
    )  # fmt: skip


def test_the_other_format_has_ids_and_texts(tmp_path: Path, command: Command) -> None:
    output = tmp_path / "web.json"
    assert run(*command, "make", "public", written(tmp_path) / "src", "-o", output, "--format", "relay")[0] == 0
    content = json.loads(output.read_text())
    assert len(content) == 3
    assert HOME in content.values()
    assert all(id.startswith("sha256:") for id in content)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("query A {\n  communities {{ x }\n}", ["2:16: Syntax Error: Expected Name, found '{'."]),
        ("query A {\n  nope\n  nor\n}", [
            "2:3: Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?",
            "3:3: Cannot query field 'nor' on type 'Query'. Did you mean 'node'?",
        ]),
        ("query A {\n  me { id } }", ["2:3: Cannot query field 'me' on type 'Query'."]),
        ("query A { ...F }\nfragment F on Query {\n ...G }", ["3:5: Unknown fragment 'G'."]),
        (
            "query A { ...F } query B { ...F }\nfragment F on Query {\n nope }",
            ["3:2: Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?"],  # once
        ),
        ("query A { ...F }\nfragment F on Query { ...G }\nfragment G on Query { ...F }", [
            "2:23: Cannot spread fragment 'F' within itself via 'G'.",
        ]),
        ("query A { __typename }\nquery A { nope }", [
            "2:1: There is another operation 'A' at FILE:1.",
            "2:11: Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?",
        ]),
        ("query A { ...F }\nfragment F on Query { __typename }\nfragment F on Query { __typename }", [
            "3:1: There is another fragment 'F' at FILE:2.",
        ]),
        ("{ __typename }", ["1:1: An operation needs a name, by which clients find its id."]),
        ("query A { __typename }\ntype T { a: Int }", ["2:1: neither an operation nor a fragment"]),
        ('# import "none.graphql"\nquery A { __typename }', ["1:1: imports 'none.graphql', which does not exist"]),
        ("query A { __schema { types { name } } }", [
            "1:1: Introspection requires signing in. The public schema is at /schema/public.graphql.",
        ]),
        ("\nquery A { " + "__typename " * 6_000 + "}", ["2:1: The document exceeds the limit of 5,000 tokens."]),
        ("query A " + "{a" * 10_000 + "}" * 10_000, [NESTED]),
        (b"\xff", ["1:1: cannot be read as text in UTF-8"]),
        ("# nothing\n", ["1:1: has no operation in a file that ends in .graphql or .gql"]),
        ("", ["1:1: has no operation in a file that ends in .graphql or .gql"]),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_every_fault_is_reported_at_its_line(
    tmp_path: Path, command: Command, text: str | bytes, faults: list[str]
) -> None:
    file, output = written(tmp_path, {"a.graphql": text}) / "a.graphql", tmp_path / "web.json"
    status, printed = run(*command, "make", "public", file, "-o", output)
    assert (status, printed.splitlines()) == (1, [f"{file}:{fault.replace('FILE', str(file))}" for fault in faults])
    assert not output.exists()


def test_a_missing_file_is_reported(tmp_path: Path, command: Command) -> None:
    status, printed = run(*command, "make", "public", tmp_path / "none.graphql", "-o", tmp_path / "web.json")
    assert (status, printed) == (1, f"{tmp_path}/none.graphql:1:1: cannot be read as text in UTF-8\n")


@pytest.mark.parametrize("view", ["patient", "buyer", "manager"])
def test_operations_are_checked_against_the_view_that_they_are_for(tmp_path: Path, command: Command, view: str) -> None:
    own = {"patient": "{ me { id } }", "buyer": "{ organization { id } }", "manager": "{ flags { nodes { id } } }"}
    file = tmp_path / "a.graphql"
    for name, text in own.items():
        file.write_text(f"query A {text}")
        status, printed = run(*command, "make", view, file, "-o", tmp_path / "web.json")
        assert (status == 0) == (name == view), printed


def test_manifests_that_no_longer_fit_are_reported(tmp_path: Path, command: Command) -> None:
    written(tmp_path, {"patient/web.json": json.dumps({"old": "{ removed }", "fine": "{ __typename }"})})
    status, printed = run(*command, "check", tmp_path)
    assert (status, printed.splitlines()) == (1, [
        f"{tmp_path}/patient/web.json: 'old' line 1 column 3: Cannot query field 'removed' on type 'Query'.",
    ])  # fmt: skip


def test_a_folder_is_checked_under_the_settings_of_the_server(tmp_path: Path, command: Command) -> None:
    written(tmp_path, {"public/web.json": json.dumps({"home": "{ communities(first: 20) { nodes { name } } }"})})
    assert run(*command, "check", tmp_path)[0] == 0
    command[0].setenv("COHORTE_COST_PUBLIC", "10")
    status, printed = run(*command, "check", tmp_path)
    assert status == 1
    assert "'home': The operation costs" in printed
    command[0].setenv("COHORTE_COST_PUBLIC", "many")
    assert run(*command, "check", tmp_path) == (
        1, "COHORTE_COST_PUBLIC is not valid: expected a whole number from 1 to 1000000.\n",
    )  # fmt: skip


@pytest.mark.slow
async def test_the_command_runs_and_its_manifest_is_served(tmp_path: Path, dsn: str) -> None:
    output = tmp_path / "manifests/public/web.json"
    src = str(written(tmp_path) / "src")
    status, printed = await run_module("commands.manifest", "make", "public", src, "-o", str(output))
    assert status == 0, printed
    ids = {each["name"]: each["id"] for each in json.loads(output.read_text())["operations"]}
    async with serving(dsn, manifests=tmp_path / "manifests", documents_public="trusted") as ask:
        answer = (await ask.http.post("/graphql", json={"documentId": ids["Names"]})).json()
        assert answer["data"]["communities"]["nodes"]
        assert (await ask(ANYBODY, "{ __typename }"))["errors"]


@pytest.mark.slow
def test_the_server_does_not_start_with_a_document_that_is_not_valid(tmp_path: Path) -> None:
    written(tmp_path, {"manifests/buyer/web.json": json.dumps({"old": "{ removed }"})})
    settings = environment(tmp_path, COHORTE_MANIFESTS=str(tmp_path / "manifests"))
    done = subprocess.run(SERVE, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Trusted documents cannot be served:",
        f"{tmp_path}/manifests/buyer/web.json: 'old' line 1 column 3: Cannot query field 'removed' on type 'Query'.",
    ]
    assert "Starting PostgreSQL" not in done.stdout
