"""Collects what the suites of others found, and renders docs/conformance.md."""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.server.test_probes import PROBES
from tests.specification.requirements import SPECIFICATIONS

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
PAGE = ROOT / "docs" / "conformance.md"
# View to the demonstration's account that calls it.
CALLERS = {"public": None, "patient": "patient", "buyer": "laboratory", "manager": "manager"}
SUITES = {  # to what each tries
    "graphql-http": "GraphQL over HTTP, by its audits of servers",
    "graphql-ws": "subscriptions over WebSockets, by its client",
    "graphql-sse": "subscriptions over Server-Sent Events, by its client",
    "schemathesis": "random operations of every field of the roots",
    "gql.tada": "TypeScript types of the printed SDL, and of documents",
    "ariadne-codegen": "a Python client generated from the printed SDL, and from documents",
    "pip-audit": "known vulnerabilities of the locked packages",
}
LOCKS = ("requirements", "server", "dev", "boot")  # which pip-audit reads
HEAD = """# Conformance

`make conformance` runs suites and generators that others wrote, and writes this page once all of them have passed. CI
does not run it, since it takes ten minutes and downloads what it runs; CI fails if this page is not of its versions,
lists and views.

pip-audit asks a database of vulnerabilities on the internet about the packages of the locks. Where that could not be
reached, its result says so.

## Suites

| suite | version | tries | as, or in | result |
|---|---|---|---|---|
"""
PROBED = """
## Probes

`tests/server/test_probes.py` sends what scanners of GraphQL servers send, as graphql-cop does: as a stranger outside a
demonstration, and as a caller of each view. None gets more than a refusal, but introspection if they may. Errors
suggest names only to them. `/graphql` itself shows no page; `/graphiql` does, with no data and no schema in it.

"""

Results = dict[tuple[str, str], str]  # suite and view or lock to the result, in words


def expected() -> list[tuple[str, str]]:
    """The suites with views or locks, in the order of the page; clients of subscriptions are tried as one patient."""
    others: Mapping[str, Iterable[str]] = {"graphql-ws": ["patient"], "graphql-sse": ["patient"], "pip-audit": LOCKS}
    return [(suite, subject) for suite in SUITES for subject in others.get(suite, CALLERS)]


def versions() -> Mapping[str, str]:
    """The locked version of each suite."""
    lock = (ROOT / "locks" / "conformance.lock").read_text(encoding="utf-8")
    found = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    packages = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return found | {name.removeprefix("node_modules/"): about["version"] for name, about in packages.items() if name}


def scenarios() -> int:
    """The number of tests that each client of subscriptions is put to."""
    tree = ast.parse((FOLDER / "against_clients.py").read_text(encoding="utf-8"))
    return sum(isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_") for node in tree.body)


def page(results: Results) -> str:
    """The page of these results. Raises KeyError if one is missing."""
    known = versions()
    rows = [
        f"| {suite} | {known[suite]} | {SUITES[suite]} | {view} | {results[suite, view]} |"
        for suite, view in expected()
    ]
    return HEAD + lines(rows) + PROBED + lines(f"- {probe.name}" for probe in PROBES) + requirements_part()


def results_of(text: str) -> Results:
    """The results that a page has."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)]
    return {(row[0], row[3]): row[4] for row in rows if row[0] in SUITES}


def requirements_part() -> str:
    """A table of the requirements of each specification, with what holds the server to them."""
    parts = []
    for title, requirements in SPECIFICATIONS.items():
        rows = [f"| {one.id} | {one.text} | {one.shown} |" for one in requirements]
        parts.append(f"\n## {title}\n\n| section | requirement | held by |\n|---|---|---|\n{lines(rows)}")
    return "".join(parts)


def lines(rows: Iterable[str]) -> str:
    return "".join(f"{row}\n" for row in rows)
