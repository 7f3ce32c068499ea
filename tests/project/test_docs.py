"""The documents name tests, sources and headings that exist, and the glossary stays short."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import Table
from sqlmodel import SQLModel

import models.metadata  # noqa: F401 - declares every table
from commands.lint_graph import BANNED

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
DOCUMENTS = [
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "clients/python/README.md"]
    if path.name != "CHANGELOG.md"
]


@pytest.mark.parametrize("document", ["security-properties.md", "faults.md"])
def test_every_property_is_proven_by_a_test_that_exists(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    rows = [row for row in text.splitlines() if row.startswith("| ")][1:]
    assert len(rows) >= 20
    for row in rows:
        proofs = row.split("|")[3]
        names = re.findall(r"`(?:\w+/)*(test_\w+\.py)`", proofs)
        files = [file for name in names for file in (ROOT / "tests").rglob(name)]
        assert len(files) == len(names), row
        assert files, row
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        for name in re.findall(r"`(test_\w+)`", proofs):
            assert f"def {name}(" in text, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:\w+/)+[\w.*]*)`", text)
    layers = {path.name for path in ROOT.iterdir() if path.is_dir()}
    made = re.findall(r"`([\w/.]+)`, a new file", text)  # by a recipe of CONTRIBUTING.md
    paths = {path for path in named if path.split("/")[0] in layers and not re.search(r"\b(DOMAIN|TOPIC|r?NNNN)", path)}
    paths -= set(made)
    assert [path for path in sorted(paths) if not any(ROOT.glob(path))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", document.read_text(encoding="utf-8")):
        path = document.parent / target if target else document
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}, anchor


def test_the_architecture_names_the_layers_in_order_and_each_domains_postgresql_schemas() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    domains = next(contract["layers"] for contract in contracts if "containers" in contract)
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", ARCHITECTURE, re.MULTILINE)
    assert [domain for domain, _ in rows] == domains[::-1]
    found = defaultdict(set)
    for mapper in SQLModel._sa_registry.mappers:
        assert isinstance(mapper.local_table, Table)
        found[mapper.class_.__module__.split(".")[1]].add(mapper.local_table.schema)
    assert {domain: set(re.findall(r"`(\w+)`", schemas)) for domain, schemas in rows} == found


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "CHANGELOG.md"], ids=lambda path: path.name)
def test_documents_use_no_word_that_the_graph_may_not_use(document: Path) -> None:
    """But for the glossary, which names them."""
    lines = [] if document.name == "glossary.md" else document.read_text(encoding="utf-8").splitlines()
    found = [
        f"{number}: {match[0]!r}: write {instead!r}"
        for number, line in enumerate(lines, 1)
        for words, instead in BANNED.items()
        if (match := re.search(words, line, re.IGNORECASE))
    ]
    assert found == []


def test_the_glossary_has_at_most_forty_words_with_a_sentence_each() -> None:
    table = [row for row in GLOSSARY.splitlines() if row.startswith("| ")][1:]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table]
    words = [word for word, _, _ in rows]
    assert 20 <= len(words) == len(set(words)) <= 40
    assert [word for word, meaning, _ in rows if not meaning.endswith(".")] == []
