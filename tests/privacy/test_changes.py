"""Changes between two noisy tables: the coverage of their intervals, and what is compared with what."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from numpy.random import default_rng

from privacy.changes import CERTAIN, ComparedFigure, ComparedTable, Mismatch, mean_changes, share_changes
from privacy.cubes import Cube
from privacy.differences import Difference, difference
from privacy.domains import OTHER, UNKNOWN, Category, DomainRule, Variable
from privacy.reading import Cell, Size, cells_of, statistics_of
from tests.privacy.test_reading import (
    SCALES,
    answered,
    chosen,
    counted,
    deep,
    noise,
    noisy,
    sigma_of,
    spread,
    variable,
)
from tests.support.coverage import COVERAGE, a_third, coverage

KNOWN = 4  # standard deviations of its total's noise: a group of more members than this is told from nobody
SIZES = ((60, 60), (60, 18_000), (200, 200), (1_000, 300), (18_000, 18_000))


def table(asked: Variable, estimates: Sequence[float], sigma: float, size: Size | None = None) -> ComparedTable:
    return ComparedTable(Cube((asked,), tuple(estimates), sigma), asked.name, (), size)


def covered(changes: Sequence[ComparedFigure], truths: Sequence[float]) -> list[bool]:
    found = []
    for each, truth in zip(changes, truths, strict=True):
        assert each.difference is not None
        assert each.difference.low <= each.difference.value <= each.difference.high
        found.append(each.difference.low - 1e-9 <= truth <= each.difference.high + 1e-9)
    return found


def of_shares(
    members: tuple[int, int],
    many: int,
    within: int,
    before: Sequence[float],
    after: Sequence[float],
    bounds: tuple[float, float] = COVERAGE,
) -> float:
    """The coverage of the intervals of changes of shares in one-way tables of two datasets."""
    generator, sigma = default_rng(sum(members) * many), sigma_of(within)
    asked = variable("asked", [None] * many, ordinal=False)
    truths = [new - old for old, new in zip(before, after, strict=True)]

    def drawn() -> list[bool]:
        one, other = (
            table(asked, counted(size, shares, sigma, generator), sigma)
            for size, shares in zip(members, (before, after), strict=True)
        )
        return covered(share_changes(one, other), truths)

    return coverage(drawn, bounds)


QUICK = [
    ((60, 60), 2, 10, "steep"), ((60, 18_000), 2, 10, "even"), ((200, 200), 6, 20, "steep"),
    ((1_000, 1_000), 40, 10, "steep"), ((18_000, 18_000), 6, 20, "falling"),
]  # fmt: skip
DEEP = a_third(SIZES, (2, 6, 40), (10, 20), ("even", "falling", "steep"))


@pytest.mark.parametrize(("members", "many", "within", "spreading"), [*QUICK, *deep(*DEEP)])
def test_changes_of_equal_shares_are_covered_95_percent(
    members: tuple[int, int], many: int, within: int, spreading: str
) -> None:
    shares, (least, most) = spread(many, spreading), COVERAGE
    # Of a group that noise alone may account for, nearly nothing is known, and nearly everything is covered.
    if min(members) < KNOWN * sigma_of(within) * math.sqrt(many):
        most = math.inf
    assert least <= of_shares(members, many, within, shares, shares, (least, most)) <= most


@pytest.mark.parametrize(
    ("members", "within"), [((300, 400), 10), *deep(((200, 200), 20), ((1_000, 300), 10), ((18_000, 5_000), 20))]
)
def test_changes_of_shares_that_differ_are_covered_95_percent(members: tuple[int, int], within: int) -> None:
    least, most = COVERAGE
    before, after = (0.02, 0.05, 0.08, 0.25, 0.6), (0.1, 0.03, 0.02, 0.5, 0.35)
    assert least <= of_shares(members, 5, within, before, after) <= most


@pytest.mark.parametrize(
    ("members", "within"), [((200, 300), 20), *deep(((200, 200), 10), ((6_000, 400), 20), ((18_000, 18_000), 10))]
)
def test_changes_of_shares_of_members_with_several_values_are_covered_95_percent(
    members: tuple[int, int], within: int
) -> None:
    generator, sigma, of_size = default_rng(members[0]), sigma_of(within, 3), sigma_of(20)
    shares = (0.5, 0.3, 0.15, 0.05, 0.01)
    several = variable("taken", [None] * 5, max_per_member=3, ordinal=False)

    def drawn(people: int) -> ComparedTable:
        counts = noisy([chosen(people, share, generator) for share in shares], sigma, generator)
        return table(several, counts, sigma, Size(people + noise(of_size, generator), of_size))

    least, most = COVERAGE
    found = coverage(lambda: covered(share_changes(drawn(members[0]), drawn(members[1])), [0.0] * 5))
    assert least <= found <= most


@pytest.mark.parametrize(
    ("members", "within", "before", "after"),
    [
        ((100, 100), 10, SCALES[1], SCALES[1]),
        ((1_000, 300), 20, SCALES[0], SCALES[1]),
        *deep(
            *(
                (members, within, one, other)
                for members in ((100, 100), (300, 18_000), (18_000, 18_000))
                for within in (5, 10)
                for one, other in ((SCALES[0], SCALES[0]), (SCALES[0], SCALES[1]), (SCALES[2], SCALES[2]))
            )
        ),
    ],
)
def test_changes_of_means_are_covered_95_percent(
    members: tuple[int, int], within: int, before: tuple[float, ...], after: tuple[float, ...]
) -> None:
    generator, sigma = default_rng(members[0]), sigma_of(within)
    scale = variable("pain", [*range(1, len(before) + 1)])
    one, other = (sum(value * share for value, share in enumerate(shares, 1)) for shares in (before, after))

    def drawn() -> list[bool]:
        tables = (
            table(scale, counted(size, shares, sigma, generator), sigma)
            for size, shares in zip(members, (before, after), strict=True)
        )
        return covered(mean_changes(*tables), [other - one])

    least, most = COVERAGE
    assert least <= coverage(drawn) <= most


def of_the_same_members(repeats: float) -> float:
    """The coverage of zero change if this share of the members answers as before and the others draw new answers."""
    generator, sigma, members, shares = default_rng(5), sigma_of(5), 1_000, (0.3, 0.5, 0.2)
    asked = variable("asked", [None] * 3, ordinal=False)
    same = round(members * repeats)

    def drawn() -> list[bool]:
        kept = answered(same, shares, generator)
        tables = []
        for _ in range(2):
            others = answered(members - same, shares, generator)
            counts = [one + other for one, other in zip(kept, others, strict=True)]
            tables.append(table(asked, noisy(counts, sigma, generator), sigma))
        return covered(share_changes(*tables), [0.0] * 3)

    return coverage(drawn)


def test_members_of_both_who_answer_alike_make_the_interval_wider_than_needed() -> None:
    independent, half, all_of_them = (of_the_same_members(part) for part in (0.0, 0.5, 1.0))
    assert COVERAGE[0] <= independent <= COVERAGE[1]
    assert independent + 0.02 < half < all_of_them


def test_the_coverage_check_detects_sets_that_are_cut_off_at_the_ends() -> None:
    """Small equal shares would be covered too often by the intervals within 0 to 1."""
    generator, sigma, shares = default_rng(3), sigma_of(10), spread(40, "steep")
    asked = variable("asked", [None] * 40, ordinal=False)

    def drawn() -> list[bool]:
        found = []
        one, other = (cells_of(Cube((asked,), counted(1_000, shares, sigma, generator), sigma), "asked") for _ in "ab")
        for old, new in zip(one, other, strict=True):
            before, after = bounds(old), bounds(new)
            middle = after[0] - before[0]
            low = middle - math.hypot(after[0] - after[1], before[2] - before[0])
            high = middle + math.hypot(after[2] - after[0], before[0] - before[1])
            found.append(low <= 0 <= high)
        return found

    assert coverage(drawn) > COVERAGE[1]


def bounds(cell: Cell) -> tuple[float, float, float]:
    assert cell.share is not None
    assert cell.low is not None
    assert cell.high is not None
    return cell.share, cell.low, cell.high


def test_a_change_is_the_difference_of_the_figures_that_are_shown() -> None:
    pain = variable("pain", [1, 2, 3, None])
    before, after = table(pain, (90.0, 40.0, 20.0, 5.0), 5.0), table(pain, (60.0, 60.0, 30.0, -4.0), 5.0)
    old, new = (cells_of(one.cube, "pain") for one in (before, after))
    found = share_changes(before, after)
    assert [(one.before, one.after) for one in found] == [
        (one.share, other.share) for one, other in zip(old, new, strict=True)
    ]
    for each in found:
        assert each.difference is not None
        assert each.after is not None
        assert each.before is not None
        assert each.difference.value == each.after - each.before
    (mean,) = mean_changes(before, after)
    assert (mean.before, mean.after) == (
        statistics_of(before.cube, "pain")[0].value,
        statistics_of(after.cube, "pain")[0].value,
    )


def test_the_difference_of_a_groups_only_category_is_zero() -> None:
    assert difference(CERTAIN, CERTAIN) == Difference(0.0, 0.0, 0.0)


def test_nothing_is_known_of_the_change_of_a_group_of_noise() -> None:
    pain = variable("pain", [1, 2, 3, None])
    before, after = table(pain, (900.0, 400.0, 200.0, 50.0), 5.0), table(pain, (-3.0, 2.0, -4.0, 1.0), 5.0)
    for each in share_changes(before, after):
        assert each.difference is not None
        assert -1 <= each.difference.low < 0 < each.difference.high <= 1


# ------------------------------------------------------------------ what is compared


def named(*codes: str, values: Sequence[float | None] = (), **given: Any) -> Variable:
    known = values or [None] * len(codes)
    categories = tuple(Category(code, code.lower(), value) for code, value in zip(codes, known, strict=True))
    return replace(Variable("asked", "asked", categories, DomainRule.CHOICE), **given)


def mismatches(before: Variable, after: Variable) -> dict[str, Mismatch | None]:
    one, other = (table(each, [50.0] * len(each.categories), 5.0) for each in (before, after))
    found = share_changes(one, other)
    for each in found:
        assert (each.difference is None) is (each.mismatch is not None)
    return {each.categories[-1].code: each.mismatch for each in found}


def test_categories_are_matched_by_their_codes_and_not_by_their_places() -> None:
    assert mismatches(named("A", "B", UNKNOWN), named("B", "C", UNKNOWN)) == {
        "B": None,
        "C": Mismatch.NO_CATEGORY,
        UNKNOWN: None,
        "A": Mismatch.NO_CATEGORY,
    }


def test_others_are_the_same_only_beside_the_same_categories() -> None:
    assert mismatches(named("A", OTHER, UNKNOWN), named("A", OTHER, UNKNOWN))[OTHER] is None
    assert mismatches(named("A", OTHER, UNKNOWN), named("A", "B", OTHER, UNKNOWN)) == {
        "A": None,
        "B": Mismatch.NO_CATEGORY,
        OTHER: Mismatch.OTHER_CONTENT,
        UNKNOWN: None,
    }


def test_bands_of_one_code_are_the_same_only_with_the_same_bounds() -> None:
    def bands(*edges: float) -> Variable:
        pairs = pairwise(edges)
        made = tuple(Category(f"B{at}", "", (low + high) / 2, low, high) for at, (low, high) in enumerate(pairs))
        return named(UNKNOWN, categories=(*made, Category(UNKNOWN, "")), ordinal=True)

    one, other = bands(0, 10, 20), bands(0, 10, 30)
    assert mismatches(one, other) == {"B0": None, "B1": Mismatch.OTHER_CONTENT, UNKNOWN: None}
    same, differs = (mean_changes(table(one, [50.0] * 3, 5.0), table(each, [50.0] * 3, 5.0)) for each in (one, other))
    assert [each.mismatch for each in same] == [None]
    assert [each.mismatch for each in differs] == [Mismatch.OTHER_SCALE]
    # The figures themselves are shown: they are not compared, but true.
    assert (differs[0].before, differs[0].after) == (10, 12.5)


def test_groups_are_the_same_only_if_they_merge_the_same() -> None:
    def merged(*merges: tuple[str, ...]) -> Variable:
        made = tuple(Category(f"G{at}", "", merges=each) for at, each in enumerate(merges))
        return named(UNKNOWN, categories=(*made, Category(UNKNOWN, "")))

    assert mismatches(merged(("A", "B"), ("C",)), merged(("B", "A"), ("C", "D"))) == {
        "G0": None,
        "G1": Mismatch.OTHER_CONTENT,
        UNKNOWN: None,
    }


def test_shares_of_several_values_need_the_sizes_of_both_datasets() -> None:
    several = named("A", "B", UNKNOWN, max_per_member=2)
    one, other = table(several, [50.0] * 3, 5.0, Size(100, 5.0)), table(several, [50.0] * 3, 5.0)
    assert {each.mismatch for each in share_changes(one, one)} == {None}
    assert {each.mismatch for each in share_changes(one, other)} == {Mismatch.NO_FIGURE}
