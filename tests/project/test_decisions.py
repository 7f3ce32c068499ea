"""The decision pages have a number, a header and an entry in the index, and name tests that exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FOLDER = TESTS.parent / "docs/decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))


def test_numbers_are_consecutive_from_one() -> None:
    assert [page.name[:5] for page in PAGES] == [f"{number:04}-" for number in range(1, len(PAGES) + 1)]


def test_the_index_lists_every_page() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == {page.name for page in FOLDER.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_header_and_sections_and_names_tests_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.match(rf"# {page.name[:4]}\. .+\n\n- Date: \d{{4}}-\d\d-\d\d\n- Status: (accepted|superseded)\b", text)
    assert [title for title in re.findall("^## (.+)$", text, re.M) if title != "Details that may surprise"] == [
        "Context",
        "Decision",
        "Alternatives",
        "Cost",
    ]
    for name in re.findall(r"`(?:\w+/)*(test_\w+\.py)`", text):
        assert list(TESTS.rglob(name)), name
