"""The decision pages have a number, a header and an entry in the index, and name tests that exist."""

import math
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from privacy.budget import LARGEST_CAP, LIFE, WAVES_YEARLY, YEARLY
from privacy.loss import guess_probability

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


GUARANTEE = FOLDER / "0004-guarantee.md"


def test_the_guarantee_names_a_day_within_a_year_on_which_it_is_judged_again() -> None:
    text = GUARANTEE.read_text(encoding="utf-8")
    judged = date.fromisoformat(re.findall(r"^- (?:Date|Reassessed): (\S+)$", text, re.M)[-1])
    (day,) = re.findall(r"reassessed by (\d{1,2} \w+ \d{4}) at the latest", text)
    assert judged < datetime.strptime(day, "%d %B %Y").replace(tzinfo=UTC).date() <= judged + timedelta(days=370)
    assert "no further dataset should be frozen until it is" in " ".join(text.split())


def test_the_guarantee_has_the_figures_that_follow_from_the_budgets() -> None:
    """Of one dataset, of a year, of a consent for one purpose, and of those for both."""
    text = " ".join(GUARANTEE.read_text(encoding="utf-8").split())
    usual, largest, year, one, both = (
        math.ceil(100 * guess_probability(spent)) for spent in (WAVES_YEARLY, LARGEST_CAP, YEARLY, LIFE, 2 * LIFE)
    )
    assert f"at most {usual} times in 100, or {largest} for the largest cap" in text
    assert f"within any 365 days, at most {year}; with all datasets of one purpose" in text
    assert f"while one consent for it lasts, at most {one}." in text
    assert f"The bound of {one} is for each consent." in text
    assert f"which together allow twice as much in the long run: {both}." in text
    assert f"The {year} within a year hold for both together." in text
