"""The figures of the guide to reading an insight are those of the code that publishes and reads insights."""

import math
import re
from pathlib import Path
from statistics import NormalDist

import pytest

from privacy.cubes import GroupNoise
from privacy.differences import difference
from privacy.intervals import Z
from privacy.means import saving
from privacy.measures import EMPTY_SHOWN, LEAST_COUNT, PRECISE_COUNT, PRECISE_WIDTH
from privacy.precision import ALPHA, CONFIDENCE, PRECISIONS, PRICES, Precision, margin_of
from privacy.reading import least_shown, ratio_of_group
from tests.privacy.test_means import steps

GUIDE = (Path(__file__).parents[2] / "docs/reading-an-insight.md").read_text(encoding="utf-8")
NORMAL = NormalDist()
POWER = 0.8
SHARE, CATEGORIES, DIFFERENCE = 0.3, 5, 0.1  # of the comparison of two groups
NAMES = [precision.value for precision in PRECISIONS]


def table(heading: str) -> list[list[str]]:
    """The cells of the rows of the table whose header begins with this cell, the header left out."""
    lines = GUIDE[GUIDE.index(f"| {heading} |") :].split("\n\n")[0].splitlines()
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def header(heading: str) -> list[str]:
    line = next(line for line in GUIDE.splitlines() if line.startswith(f"| {heading} |"))
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def numbers(cells: list[str]) -> list[float]:
    return [float(cell.replace(",", "")) for cell in cells]


def sigma(precision: Precision) -> float:
    """The scale of the noise at its price: rho is 1 / 2 sigma²."""
    return math.sqrt(1e6 / (2 * PRICES[precision]))


def test_margins_prices_and_sums() -> None:
    rows = table("precision")
    assert [row[0] for row in rows] == NAMES
    for row, precision in zip(rows, PRECISIONS, strict=True):
        scale = sigma(precision)
        assert numbers(row[1:]) == [
            precision.margin,
            round(scale, 1),
            PRICES[precision],
            *(margin_of(math.sqrt(cells) * scale) for cells in (2, 4, 9)),
        ]
        assert margin_of(scale) == precision.margin


def test_how_much_less_means_cost() -> None:
    text = " ".join(GUIDE.split())
    assert "2.2 times less on a scale from 0 to 10, and 1.6 times for a change in 7 bands" in text
    assert [round(1 / saving(steps(many)), 1) for many in (2, 3, 7, 11)] == [1.0, 1.0, 1.6, 2.2]


def test_the_smallest_count_that_is_shown() -> None:
    start = GUIDE.index("| precision | 5 cells |")
    lines = GUIDE[start:].split("\n\n")[0].splitlines()
    sizes = [int(size) for size in re.findall(r"(\d+) cells", lines[0])]
    assert sizes == [5, 20, 100, 500]
    for line, precision in zip(lines[2:], PRECISIONS, strict=True):
        name, *cells = (cell.strip().strip("`") for cell in line.strip("|").split("|"))
        assert name == precision.value
        assert numbers(cells) == [math.ceil(least_shown(sigma(precision), size)) for size in sizes]


def test_the_rules_of_reliability() -> None:
    rows = {row[0]: row[1:] for row in table("reliability")}
    assert rows["HIGH"][0].startswith(f"at least {PRECISE_COUNT} times its margin")
    assert f"at most {100 * PRECISE_WIDTH:.0f} % of the range" in rows["HIGH"][1]
    assert rows["HIDDEN"][0].startswith(f"below {LEAST_COUNT},")
    assert list(rows) == ["HIGH", "LOW", "NONE", "HIDDEN"]
    assert re.search(rf"at most\s+{100 * EMPTY_SHOWN:.0f} % of tables", GUIDE)
    assert f"{CONFIDENCE} confidence interval" in GUIDE
    assert f"at the {100 * ALPHA:.0f} % level" in GUIDE


def errors(scale: float, members: int) -> tuple[float, float]:
    """The standard deviation of a difference of two groups' shares, without and with the noise.

    A share's error is that of part - share * total, over the total, which has the noise of every category.
    """
    sampling = SHARE * (1 - SHARE) / members
    noise = scale**2 * (1 - 2 * SHARE + CATEGORIES * SHARE**2) / members**2
    return math.sqrt(2 * sampling), math.sqrt(2 * (sampling + noise))


def test_how_often_an_ordinary_test_is_wrong() -> None:
    heading = "members in each group"
    assert header(heading)[1:] == NAMES
    for row in table(heading):
        members, *found = numbers(row)
        for percent, precision in zip(found, PRECISIONS, strict=True):
            without, with_noise = errors(sigma(precision), int(members))
            assert percent == round(200 * (1 - NORMAL.cdf(Z * without / with_noise)))


def test_how_large_a_change_between_waves_is_significant() -> None:
    heading = "members in each wave"
    assert header(heading)[1:] == NAMES
    for row in table(heading):
        members, *found = numbers(row)
        for least, precision in zip(found, PRECISIONS, strict=True):
            scale = sigma(precision)
            noise = GroupNoise(CATEGORIES, scale**2, CATEGORIES * scale**2)

            def low(change: float, members: float = members, noise: GroupNoise = noise) -> float:
                before, after = (ratio_of_group(share * members, members, noise) for share in (SHARE, SHARE + change))
                return difference(before, after).low

            assert low(least) > 0 >= low(least - 0.001)


def test_how_many_members_a_difference_takes() -> None:
    heading = "without noise"
    assert header(heading)[1:] == NAMES
    (row,) = table(heading)
    needed = Z + NORMAL.inv_cdf(POWER)
    for members, scale in zip(numbers(row), [0.0, *map(sigma, PRECISIONS)], strict=True):
        assert needed * errors(scale, int(members))[1] <= DIFFERENCE < needed * errors(scale, int(members) - 1)[1]
    assert f"a share of {SHARE} of one\nof {CATEGORIES} categories" in GUIDE
    assert f"a difference of {DIFFERENCE} with a probability of {100 * POWER:.0f} %" in GUIDE


@pytest.mark.parametrize(
    "word",
    [
        "comparable",
        "changeFrom",
        "trend",
        "mismatch",
        "reconciled",
        "includeUnreliable",
        "asOf",
        "maxPerMember",
        "groupings",
        "MEANS",
        "SUMS",
        "countedBy",
        "totals",
        "dataUseLinkResults",
    ],
)
def test_the_names_of_the_graph_exist(word: str) -> None:
    assert word in GUIDE
    assert word in (Path(__file__).parents[2] / "schema/views/buyer.graphql").read_text(encoding="utf-8")
