"""The documents name tests and sources that exist, and the glossary stays short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROPERTIES = (ROOT / "docs/security-properties.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
DOCUMENTS = [path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if path.name != "CHANGELOG.md"]


def test_every_property_is_proven_by_a_test_that_exists() -> None:
    rows = [row for row in PROPERTIES.splitlines() if row.startswith("| ")][1:]
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
    named = re.findall(r"`((?:\w+/)+[\w.*]*)`", document.read_text(encoding="utf-8"))
    layers = {path.name for path in ROOT.iterdir() if path.is_dir()}
    paths = {path for path in named if path.split("/")[0] in layers and not re.search(r"\b(DOMAIN|TOPIC|r?NNNN)", path)}
    assert [path for path in sorted(paths) if not any(ROOT.glob(path))] == []


def test_the_glossary_has_at_most_forty_words_with_a_sentence_each() -> None:
    table = [row for row in GLOSSARY.splitlines() if row.startswith("| ")][1:]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table]
    words = [word for word, _, _ in rows]
    assert 20 <= len(words) == len(set(words)) <= 40
    assert [word for word, meaning, _ in rows if not meaning.endswith(".")] == []
