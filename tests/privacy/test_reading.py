"""What is computed from a cube: interval coverage, totals of all cells, and nulls where data are too few."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.cubes import (
    Cube,
    NotSummable,
    UnknownCategory,
    UnknownVariable,
    cells_in,
    contributions,
    covers,
    key,
)
from privacy.domains import UNKNOWN, Category, DomainRule, Variable
from privacy.measures import Measure, Reliability
from privacy.noise import draw, noise_for
from privacy.precision import PRECISIONS, Precision, margin_of, price
from privacy.reading import Cell, Statistic, cells_of, statistics_of

HIGH, LOW, HIDDEN = Reliability.HIGH, Reliability.LOW, Reliability.HIDDEN


def variable(name: str, values: Sequence[float | None], max_per_member: int = 1, ordinal: bool = True) -> Variable:
    categories = tuple(Category(f"C{at}", f"category {at}", value) for at, value in enumerate(values))
    return Variable(name, name, categories, DomainRule.NUMBER, ordinal, max_per_member)


PAIN = variable("pain", [1, 2, 3, 4, None])
SEX = variable("sex", [None, None], ordinal=False)
REGION = variable("region", [None, None, None], ordinal=False)
TAKEN = variable("taken", [None, None, None], max_per_member=3, ordinal=False)


# ------------------------------------------------------------------ intervals


def chosen(members: int, chance: float, generator: random.Random) -> int:
    """A draw from the binomial distribution (Devroye 1986, chapter X.4)."""
    found = 0
    while members > 24:
        rank = 1 + members // 2
        at = generator.betavariate(rank, members + 1 - rank)
        if at >= chance:
            members, chance = rank - 1, chance / at
        else:
            found += rank
            members, chance = members - rank, (chance - at) / (1 - at)
    return found + sum(generator.random() < chance for _ in range(members))


def answered(members: int, shares: Sequence[float], generator: random.Random) -> list[int]:
    left = 1.0
    counts: list[int] = []
    for share in shares[:-1]:
        counts.append(chosen(members - sum(counts), share / left, generator))
        left -= share
    return [*counts, members - sum(counts)]


SHARES = (0.35, 0.28, 0.20, 0.12, 0.05)
MEAN = sum(value * share for value, share in zip((1, 2, 3, 4), SHARES, strict=False)) / 0.95
TRIALS = 1_000


def covered(
    members: int, precision: Precision, trials: int, read: Callable[[Cube], Cube] = lambda cube: cube
) -> tuple[float, float, float] | None:
    """How often the true shares, mean and median lie in their intervals; null where there is no interval."""
    generator = random.Random(members)
    exact = [count for _ in range(trials) for count in answered(members, SHARES, generator)]
    noisy, sigma = draw(exact, price(precision)), noise_for(price(precision)).sigma
    shares, means, medians = [], [], []
    for at in range(0, len(noisy), len(SHARES)):
        cube = read(Cube((PAIN,), tuple(map(float, noisy[at : at + len(SHARES)])), sigma))
        for cell, truth in zip(cells_of(cube, "pain"), SHARES, strict=True):
            if cell.low is not None and cell.high is not None:
                shares.append(cell.low <= truth <= cell.high)
        mean, median = statistics_of(cube, "pain")
        if mean.low is not None and mean.high is not None:
            means.append(mean.low <= MEAN <= mean.high)
        if median.low is not None and median.high is not None:
            medians.append(median.low <= 2 <= median.high)
    if not shares or not means or not medians:
        return None
    return sum(shares) / len(shares), sum(means) / len(means), sum(medians) / len(medians)


def holds(members: int, precision: Precision, read: Callable[[Cube], Cube] = lambda cube: cube) -> bool:
    """Whether intervals at 95 % hold 93 to 97 % of truths, and a median's 93 % at least: it steps from value to value.

    If too few trials decide nothing, four times as many follow.
    """

    def within(found: tuple[float, float, float] | None) -> bool:
        return found is None or (min(found) >= 0.93 and max(found[:2]) <= 0.97)

    return within(covered(members, precision, TRIALS, read)) or within(covered(members, precision, TRIALS * 4, read))


@pytest.mark.parametrize("members", [200, 1_000, 5_000, 18_000])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_intervals_have_95_percent_coverage(members: int, precision: Precision) -> None:
    assert holds(members, precision)


def test_two_hundred_people_are_too_few_for_only_the_coarsest_precision() -> None:
    precise_enough = [covered(200, precision, 40) is not None for precision in PRECISIONS]
    assert precise_enough == [True, True, True, False]


def test_a_sum_has_its_own_margin() -> None:
    sigma, regions = noise_for(price(Precision.WITHIN_10)).sigma, range(0, 15 * 400, 15)

    def far() -> float:
        noisy = draw([9] * 15 * len(regions), price(Precision.WITHIN_10))
        cubes = (Cube((PAIN, REGION), tuple(map(float, noisy[at : at + 15])), sigma) for at in regions)
        cells = [cell for cube in cubes for cell in cells_of(cube, "pain")]
        assert {cell.margin for cell in cells} == {margin_of(sigma * math.sqrt(3))} == {18}
        return sum(abs(cell.count - 27) > cell.margin for cell in cells) / len(cells)

    # At most one in twenty of 2,000 sums lies further off, and not many fewer, or the margin would be too wide.
    assert 0.03 < far() < 0.062 or 0.03 < far() < 0.062


def test_the_coverage_check_detects_ignored_noise() -> None:
    assert not holds(1_000, Precision.WITHIN_20, lambda cube: replace(cube, sigma=0.1))


# ------------------------------------------------------------------ totals


def without_hidden(cube: Cube) -> Cube:
    """The cube of a reader who takes hidden cells for zero."""
    least = max(11, 2 * cube.sigma)
    return replace(cube, estimates=tuple(one if one >= least else 0.0 for one in cube.estimates))


def clamped(cube: Cube) -> Cube:
    return replace(cube, estimates=tuple(max(one, 0.0) for one in cube.estimates))


def totals_hold(read: Callable[[Cube], Cube]) -> bool:
    """Whether sparse cubes of 240 cells roll up to their true total, on average within five standard deviations."""
    age, county = (variable(name, [None] * size, ordinal=False) for name, size in (("age", 8), ("county", 6)))
    exact = [at % 9 for at in range(240)]
    sigma, totals = noise_for(price(Precision.WITHIN_20)).sigma, []
    for _ in range(20):
        noisy = draw(exact, price(Precision.WITHIN_20))
        total = read(Cube((PAIN, age, county), tuple(map(float, noisy)), sigma)).rolled_up(())
        assert total.sigma == pytest.approx(sigma * math.sqrt(240))
        totals.append(total.estimates[0])
    return abs(fmean(totals) - sum(exact)) <= 5 * sigma * math.sqrt(240 / 20)


def test_totals_sum_all_cells_as_drawn() -> None:
    assert totals_hold(lambda cube: cube)


@pytest.mark.parametrize("fault", [without_hidden, clamped])
def test_the_totals_check_detects_sums_of_displayed_cells(fault: Callable[[Cube], Cube]) -> None:
    assert not totals_hold(fault)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_roll_up_equals_a_direct_count(data: st.DataObject) -> None:
    variables = (PAIN, SEX, REGION)
    members = data.draw(
        st.lists(st.tuples(*(st.integers(0, len(one.categories) - 1) for one in variables)), max_size=40)
    )
    keep = data.draw(st.lists(st.sampled_from(["pain", "sex", "region"]), unique=True))
    wanted_pain = data.draw(st.lists(st.integers(0, 4), unique=True, min_size=1))

    def counted(over: Sequence[Variable], of: Sequence[tuple[int, ...]]) -> tuple[float, ...]:
        at = [variables.index(one) for one in over]
        cells = product(*(range(len(one.categories)) for one in over))
        return tuple(float(sum(tuple(member[i] for i in at) == cell for member in of)) for cell in cells)

    cube = Cube(variables, counted(variables, members), 2.0)
    kept = tuple(one for one in variables if one.name in keep)
    rolled = cube.rolled_up(keep)
    assert (rolled.variables, rolled.estimates) == (kept, counted(kept, members))
    summed = 30 // cells_in(kept)
    assert rolled.sigma == pytest.approx(2 * math.sqrt(summed))

    sliced = cube.sliced({"pain": [f"C{place}" for place in wanted_pain]}).rolled_up(["sex", "region"])
    inside = [member for member in members if member[0] in wanted_pain]
    assert sliced.estimates == counted((SEX, REGION), inside)
    assert sliced.sigma == pytest.approx(2 * math.sqrt(len(wanted_pain)))


# ------------------------------------------------------------------ cubes


def test_multi_valued_variables_are_never_summed() -> None:
    cube = Cube((SEX, TAKEN), tuple(map(float, range(6))), 1.0)
    with pytest.raises(NotSummable) as refused:
        cube.rolled_up(["sex"])
    assert refused.value.name == "taken"
    with pytest.raises(NotSummable):
        cube.sliced({"taken": ["C0", "C2"]}).rolled_up(["sex"])
    with pytest.raises(NotSummable):
        cells_of(cube, "sex")
    of_one = cube.sliced({"taken": ["C2"]}).rolled_up(["sex"])
    assert (of_one.estimates, of_one.sigma) == ((2.0, 5.0), 1.0)
    assert cube.rolled_up(["taken"]).estimates == (3.0, 5.0, 7.0)


def test_a_slice_keeps_the_positions_of_its_categories() -> None:
    cube = Cube((SEX, REGION), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 1.0)
    sliced = cube.sliced({"region": ["C2", "C0"], "sex": ["C1"]})
    assert (sliced.estimates, sliced.places, sliced.sigma) == ((4.0, 6.0), ((1,), (0, 2)), 1.0)
    assert [(cell.category, cell.by, cell.count) for cell in cells_of(sliced, "region", ["sex"])] == [
        (0, (1,), 4),
        (2, (1,), 6),
    ]
    assert cube.sliced({"region": []}).estimates == ()
    assert cells_of(cube.sliced({"region": []}), "region", ["sex"]) == []
    with pytest.raises(UnknownCategory) as again:
        sliced.sliced({"region": ["C1"]})
    assert (again.value.name, again.value.code) == ("region", "C1")


def test_unknown_variables_and_categories_are_refused_by_name() -> None:
    cube = Cube((SEX,), (1.0, 2.0), 1.0)
    for ask in (lambda: cube.rolled_up(["age"]), lambda: cube.sliced({"age": ["C0"]}), lambda: cells_of(cube, "age")):
        with pytest.raises(UnknownVariable) as refused:
            ask()
        assert refused.value.name == "age"
    with pytest.raises(ValueError, match="by itself"):
        cells_of(cube, "sex", ["sex"])
    with pytest.raises(ValueError, match="each cell"):
        Cube((SEX,), (1.0,), 1.0)


def test_a_cube_key_is_the_sorted_names_and_the_version() -> None:
    assert key(["sex", "age_band", "pain"]) == key(["pain", "sex", "age_band"]) == "age_band|pain|sex@v1"
    assert key([]) == "@v1"
    assert key(["sex"], 2) == "sex@v2"


def test_the_size_of_a_cube_and_the_questions_it_answers() -> None:
    assert (cells_in([PAIN, SEX, REGION]), cells_in([])) == (30, 1)
    assert (contributions([PAIN, TAKEN]), contributions([])) == (3, 1)
    held = [PAIN, SEX, TAKEN]
    assert covers(held, 2.0, ["pain", "taken"]) == margin_of(2 * math.sqrt(2))
    assert covers(held, 2.0, ["taken"]) == margin_of(2 * math.sqrt(10))
    assert covers(held, 2.0, ["taken", "sex", "pain"]) == margin_of(2.0)
    assert covers(held, 2.0, ["pain", "sex"]) is None
    assert covers(held, 2.0, ["taken", "region"]) is None
    assert covers([PAIN], 2.0, []) == margin_of(2 * math.sqrt(5))


# ------------------------------------------------------------------ reliability


@pytest.mark.parametrize(
    ("sigma", "estimate", "reliability"),
    [
        (2.8, 10.99, HIDDEN),
        (2.8, 11, LOW),
        (2.8, 21.99, LOW),
        (2.8, 22, HIGH),
        (10.5, 20.99, HIDDEN),
        (10.5, 21, LOW),
        (10.5, 41.99, LOW),
        (10.5, 42, HIGH),
        (10.5, -30, HIDDEN),
        (5.5, 10.99, HIDDEN),
        (5.5, 11, LOW),
    ],
)
def test_a_counts_reliability_depends_on_its_own_noise(sigma: float, estimate: float, reliability: Reliability) -> None:
    found = cells_of(Cube((SEX,), (estimate, 5_000.0), sigma), "sex")[0]
    assert (found.reliability, found.count, found.margin) == (reliability, math.floor(estimate + 0.5), margin_of(sigma))


@pytest.mark.parametrize(
    ("total", "reliability"), [(178.8, HIDDEN), (178.9, LOW), (357.7, LOW), (357.8, HIGH), (-400.0, HIDDEN)]
)
def test_a_ratio_needs_a_total_of_eight_standard_deviations(total: float, reliability: Reliability) -> None:
    cells = variable("pain", [1, 2, 3, 4, 5])
    cube = Cube((cells,), (total - 80, 20.0, 20.0, 20.0, 20.0), 10.0)  # 8 * 10 * sqrt(5) = 178.885
    for statistic in statistics_of(cube, "pain"):
        assert statistic.reliability is reliability
        assert (statistic.value is None, statistic.low is None, statistic.high is None) == (reliability is HIDDEN,) * 3
    for cell in cells_of(cube, "pain"):
        assert (cell.share is None, cell.low is None, cell.high is None) == (reliability is HIDDEN,) * 3
        if cell.category:
            assert (cell.count, cell.reliability) == (20, LOW)


# ------------------------------------------------------------------ shares, means, medians


@pytest.mark.parametrize(
    "estimates",
    [
        (0.0, 200.0),
        (-30.0, 230.0),
        (-300.0, 500.0),
        (200.0, 0.0),
        (1.0, 199.0),
        (199.0, 1.0),
        (100.0, 100.0),
        (10_000.0, -40.0),
        (-0.4, 10_000.0),
    ],
)
def test_a_share_and_its_interval_lie_within_0_to_1(estimates: tuple[float, float]) -> None:
    for cell, estimate in zip(cells_of(Cube((SEX,), estimates, 2.0), "sex"), estimates, strict=True):
        assert cell.share is not None
        assert cell.low is not None
        assert cell.high is not None
        assert 0 <= cell.low <= cell.share <= cell.high <= 1
        assert cell.share == min(max(estimate / sum(estimates), 0), 1)
        assert cell.count == math.floor(estimate + 0.5)  # counts are not clamped


@pytest.mark.parametrize(
    ("estimates", "mean"),
    [
        ((500.0, 0.0, 0.0, 0.0), 1),
        ((500.0, 0.0, 0.0, -20.0), 1),  # (500 - 80) / 480 is below the scale
        ((600.0, 0.0, -50.0, -50.0), 1),
        ((0.0, 0.0, 0.0, 500.0), 4),
        ((-20.0, 0.0, 0.0, 500.0), 4),
        ((-90.0, -90.0, 0.0, 900.0), 4),
        ((1.0, 0.0, 0.0, 499.0), 4 - 3 / 500),
        ((125.0, 125.0, 125.0, 125.0), 2.5),
    ],
)
def test_a_mean_and_its_interval_lie_within_the_scale(estimates: tuple[float, ...], mean: float) -> None:
    statistics = statistics_of(Cube((PAIN,), (*estimates, 50.0), 2.0), "pain")
    assert statistics[0].value == pytest.approx(mean)
    for statistic in statistics:
        assert statistic.value is not None
        assert statistic.low is not None
        assert statistic.high is not None
        assert 1 <= statistic.low <= statistic.value <= statistic.high <= 4


def test_a_mean_of_a_slice_lies_within_the_scale_of_its_categories() -> None:
    cube = Cube((PAIN,), (700.0, 500.0, -10.0, 900.0, 0.0), 2.0).sliced({"pain": ["C1", "C2"]})
    mean = statistics_of(cube, "pain")[0]
    assert (mean.value, mean.low) == (2, 2)
    assert mean.high is not None
    assert 2 <= mean.high <= 3


@given(st.lists(st.integers(-400, 2_000), min_size=5, max_size=5), st.sampled_from([0.5, 2.0, 10.5, 26.0]))
@settings(max_examples=300, deadline=None)
def test_shares_and_statistics_of_any_cells_lie_within_their_range(estimates: list[int], sigma: float) -> None:
    cube = Cube((PAIN,), tuple(map(float, estimates)), sigma)
    for cell in cells_of(cube, "pain"):
        assert cell.share is None or 0 <= (cell.low or 0) <= cell.share <= (cell.high or 0) <= 1
    for statistic in statistics_of(cube, "pain"):
        assert statistic.value is None or 1 <= (statistic.low or 0) <= statistic.value <= (statistic.high or 0) <= 4


def test_shares_are_within_groups_and_groups_follow_the_requested_order() -> None:
    estimates = (300.0, 100.0, 50.0, 50.0, 60.0, 40.0, 10.0, 90.0, 100.0, 100.0, -20.0, 120.0)
    cube = Cube((SEX, REGION, variable("pain", [1, None])), estimates, 1.0)
    found = cells_of(cube, "sex", ["pain", "region"])
    assert [(cell.by, cell.category, cell.count, cell.share) for cell in found] == [
        ((0, 0), 0, 300, 300 / 310),
        ((0, 0), 1, 10, 10 / 310),
        ((0, 1), 0, 50, 50 / 150),
        ((0, 1), 1, 100, 100 / 150),
        ((0, 2), 0, 60, 1.0),  # of 40
        ((0, 2), 1, -20, 0.0),
        ((1, 0), 0, 100, 100 / 190),
        ((1, 0), 1, 90, 90 / 190),
        ((1, 1), 0, 50, 50 / 150),
        ((1, 1), 1, 100, 100 / 150),
        ((1, 2), 0, 40, 40 / 160),
        ((1, 2), 1, 120, 120 / 160),
    ]
    rolled = cells_of(cube, "sex")
    assert [(cell.by, cell.count, cell.share, cell.margin) for cell in rolled] == [
        ((), 600, 0.6, margin_of(math.sqrt(6))),
        ((), 400, 0.4, margin_of(math.sqrt(6))),
    ]


def test_shares_of_multi_valued_variables_are_of_all_named_values() -> None:
    cube = Cube((SEX, TAKEN), (50.0, 30.0, 20.0, 100.0, 100.0, 200.0), 1.0)
    assert [cell.share for cell in cells_of(cube, "taken", ["sex"])] == [0.5, 0.3, 0.2, 0.25, 0.25, 0.5]


def test_a_shares_interval_equals_the_formula() -> None:
    (cell, _) = cells_of(Cube((SEX,), (300.0, 700.0), 10.0), "sex")
    noise = 10**2 * (0.7**2 + 0.3**2) / 1_000**2
    at = (300 + 1.959964**2 / 2) / (1_000 + 1.959964**2)
    error = 1.959964 * math.sqrt(noise + at * (1 - at) / 1_000)
    assert [cell.share, cell.low, cell.high] == pytest.approx([0.3, 0.3 - error, 0.3 + error])


def test_means_and_medians_exclude_categories_without_a_value() -> None:
    estimates = (100.0, 300.0, 200.0, 400.0, 9_000.0)
    mean, median = statistics_of(Cube((PAIN,), estimates, 10.0), "pain")
    spread = (1.9**2 * 100 + 0.9**2 * 300 + 0.1**2 * 200 + 1.1**2 * 400) / 1_000
    noise = 10**2 * (1.9**2 + 0.9**2 + 0.1**2 + 1.1**2) / 1_000**2
    error = 1.959964 * math.sqrt(noise + spread / 1_000)
    assert (mean.measure, mean.by, mean.reliability) == (Measure.MEAN, (), HIGH)
    assert [mean.value, mean.low, mean.high] == pytest.approx([2.9, 2.9 - error, 2.9 + error])
    assert median == Statistic(Measure.MEDIAN, (), 3, 3, 3, HIGH)


@pytest.mark.parametrize(
    ("estimates", "expected"),
    [
        ((500.0, 0.0, 0.0, 500.0), (1, 1, 4)),  # exactly half in the first: the median could be either
        ((490.0, 0.0, 0.0, 510.0), (4, 1, 4)),
        ((1_000.0, 0.0, 0.0, 0.0), (1, 1, 1)),
        ((0.0, 0.0, 0.0, 1_000.0), (4, 4, 4)),
        ((505.0, -20.0, 30.0, 485.0), (1, 1, 4)),  # cumulative noise can decrease: the hull
        ((300.0, 500.0, 100.0, 100.0), (2, 2, 2)),
    ],
)
def test_a_median_has_an_interval_of_possible_values(
    estimates: tuple[float, ...], expected: tuple[float, float, float]
) -> None:
    _, median = statistics_of(Cube((PAIN,), (*estimates, 0.0), 10.0), "pain")
    assert (median.value, median.low, median.high) == expected


def test_statistics_exist_for_each_group_of_ordinal_variables_only() -> None:
    cube = Cube((PAIN, SEX), (100.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 1.0)
    assert [(one.measure, one.by, one.value) for one in statistics_of(cube, "pain", ["sex"])] == [
        (Measure.MEAN, (0,), 1),
        (Measure.MEDIAN, (0,), 1),
        (Measure.MEAN, (1,), 2),
        (Measure.MEDIAN, (1,), 2),
    ]
    assert statistics_of(cube, "sex", ["pain"]) == []
    assert statistics_of(cube.sliced({"pain": ["C4"]}), "pain") == [
        Statistic(Measure.MEAN, (), None, None, None, HIDDEN),
        Statistic(Measure.MEDIAN, (), None, None, None, HIDDEN),
    ]


def test_names_of_cells_and_of_missing_answers_are_stable() -> None:
    assert UNKNOWN == "UNKNOWN"
    assert list(Cell.__dataclass_fields__) == [
        "category", "by", "count", "margin", "share", "low", "high", "reliability"
    ]  # fmt: skip
