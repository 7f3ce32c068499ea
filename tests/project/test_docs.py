"""The documents name tests and sources that exist, and the glossary stays short."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PROPERTIES = (TESTS.parent / "docs/security-properties.md").read_text(encoding="utf-8")

GLOSSARY = (TESTS.parent / "docs/glossary.md").read_text(encoding="utf-8")


def test_every_property_is_proven_by_a_test_that_exists() -> None:
    rows = [row for row in PROPERTIES.splitlines() if row.startswith("| ")][1:]
    assert len(rows) >= 20
    for row in rows:
        proofs = row.split("|")[3]
        files = [TESTS / name for name in re.findall(r"`((?:faults/)?test_\w+\.py)`", proofs)]
        assert files, row
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        for name in re.findall(r"`(test_\w+)`", proofs):
            assert f"def {name}(" in text, name


def test_every_source_that_a_document_names_exists() -> None:
    root = TESTS.parent
    texts = [path.read_text(encoding="utf-8") for path in [*root.glob("*.md"), *root.glob("docs/**/*.md")]]
    sources = {path for text in texts for path in re.findall(r"`(models/functions/[a-z_/]+\.sql)`", text)}
    assert len(sources) >= 4
    assert [path for path in sorted(sources) if not (root / path).is_file()] == []


def test_the_glossary_has_at_most_forty_words_with_a_sentence_each() -> None:
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in GLOSSARY.splitlines() if row.startswith("| ")][
        1:
    ]
    words = [word for word, _, _ in rows]
    assert 20 <= len(words) == len(set(words)) <= 40
    assert [word for word, meaning, _ in rows if not meaning.endswith(".")] == []
