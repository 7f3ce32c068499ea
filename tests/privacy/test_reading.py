"""What is computed from a cube: interval coverage, totals of all cells, and nulls where data are too few."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator, default_rng

from privacy.combining import combine
from privacy.cubes import Cube, NotSummable, UnknownCategory, UnknownVariable, cells_in, contributions, covers, key
from privacy.domains import UNKNOWN, Category, DomainRule, Variable
from privacy.measures import EMPTY_SHOWN, Measure, Reliability
from privacy.noise import draw, noise_for
from privacy.precision import Precision, margin_of, price
from privacy.reading import Cell, Size, Statistic, cells_of, least_shown, reliability_of, statistics_of
from privacy.reconciling import reconciled
from tests.support.coverage import COVERAGE, OF_NOISE, a_third, coverage

HIGH, LOW, NONE, HIDDEN = Reliability


def variable(name: str, values: Sequence[float | None], max_per_member: int = 1, ordinal: bool = True) -> Variable:
    categories = tuple(Category(f"C{at}", f"category {at}", value) for at, value in enumerate(values))
    return Variable(name, name, categories, DomainRule.NUMBER, ordinal, max_per_member)


PAIN = variable("pain", [1, 2, 3, 4, None])
SEX = variable("sex", [None, None], ordinal=False)
REGION = variable("region", [None, None, None], ordinal=False)
TAKEN = variable("taken", [None, None, None], max_per_member=3, ordinal=False)


# ------------------------------------------------------------------ intervals


def chosen(members: int, chance: float, generator: Generator) -> int:
    return int(generator.binomial(members, chance))


def answered(members: int, shares: Sequence[float], generator: Generator) -> list[int]:
    return [int(count) for count in generator.multinomial(members, shares)]


# Numbers of members, categories and precisions, from groups far below the noise to groups far above it.
SPREAD = {"even": 1.0, "falling": 0.6, "steep": 0.05}  # how each category's share relates to the one before
QUICK = [
    (60, 2, 10, "steep"), (60, 6, 20, "falling"), (60, 40, 10, "even"), (200, 6, 20, "even"), (200, 40, 10, "falling"),
    (1_000, 6, 20, "even"), (18_000, 40, 20, "falling"),
]  # fmt: skip
DEEP = a_third((60, 160, 300, 5_000), (2, 6, 40), (10, 50), (*SPREAD,))
SCALES = [(0.1, 0.2, 0.4, 0.2, 0.1), (0.7, 0.15, 0.08, 0.05, 0.02), (0.02, 0.03, 0.15, 0.8)]


def noise(sigma: float, generator: Generator) -> int:
    return round(generator.normal(0, sigma))


def noises(sigma: float, many: int, generator: Generator) -> list[int]:
    return [round(each) for each in generator.normal(0, sigma, many).tolist()]


def noisy(counts: Sequence[int], sigma: float, generator: Generator) -> tuple[float, ...]:
    drawn = noises(sigma, len(counts), generator)
    return tuple(float(count + more) for count, more in zip(counts, drawn, strict=True))


def spread(many: int, spreading: str) -> list[float]:
    weights = [SPREAD[spreading] ** at for at in range(many)]
    return [weight / sum(weights) for weight in weights]


def sigma_of(within: int, contributions: int = 1) -> float:
    return noise_for(price(Precision(f"WITHIN_{within}"), contributions), contributions).sigma


def counted(members: int, shares: Sequence[float], sigma: float, generator: Generator) -> tuple[float, ...]:
    return noisy(answered(members, shares, generator), sigma, generator)


def inside(cells: Sequence[Cell], shares: Sequence[float]) -> list[bool]:
    """Whether each true share lies in its interval; every cell has one."""
    found = []
    for cell, truth in zip(cells, shares, strict=True):
        assert cell.low is not None
        assert cell.high is not None
        found.append(cell.low <= truth <= cell.high)
    return found


def of_shares(
    members: int,
    many: int,
    within: int,
    spreading: str,
    bounds: tuple[float, float] = COVERAGE,
    read: Callable[[Cube], Cube] = lambda cube: cube,
) -> float:
    """The coverage of the intervals of shares in one-way tables."""
    generator, sigma, shares = default_rng(members * many), sigma_of(within), spread(many, spreading)
    asked = variable("asked", [None] * many, ordinal=False)

    def drawn() -> list[bool]:
        cube = read(Cube((asked,), counted(members, shares, sigma, generator), sigma))
        return inside(cells_of(cube, "asked"), shares)

    return coverage(drawn, bounds)


def of_groups(members: int, many: int, within: int, ask: str) -> float:
    """The coverage of the intervals of shares in two-way tables: by group, rolled up or sliced to one group."""
    generator, sigma, shares, groups = (
        default_rng(members),
        sigma_of(within),
        spread(many, "falling"),
        spread(4, "even"),
    )
    both = (variable("asked", [None] * many, ordinal=False), variable("group", [None] * 4, ordinal=False))

    def drawn() -> list[bool]:
        cells = counted(members, [one * other for one in shares for other in groups], sigma, generator)
        cube = Cube(both, cells, sigma)
        if ask == "rolled up":
            return inside(cells_of(cube, "asked"), shares)
        if ask == "sliced":
            return inside(cells_of(cube.sliced({"group": ["C2"]}).rolled_up(["asked"]), "asked"), shares)
        return inside(cells_of(cube, "asked", ["group"]), shares * 4)

    return coverage(drawn)


def of_members(members: int, within: int) -> float:
    """The coverage of the intervals of shares of a variable with up to three values for each member."""
    generator, sigma, of_size = default_rng(members), sigma_of(within, 3), sigma_of(20)
    shares = (0.5, 0.3, 0.15, 0.05, 0.01)
    several = variable("taken", [None] * 5, max_per_member=3, ordinal=False)

    def drawn() -> list[bool]:
        counts = noisy([chosen(members, share, generator) for share in shares], sigma, generator)
        size = Size(members + noise(of_size, generator), of_size)
        return inside(cells_of(Cube((several,), counts, sigma), "taken", (), size), shares)

    return coverage(drawn)


def of_statistics(members: int, within: int, shares: Sequence[float]) -> tuple[float, float]:
    """The coverage of the intervals of means and medians on a scale from 1 to as many values as there are shares."""
    generator, sigma = default_rng(members), sigma_of(within)
    scale = variable("pain", [*range(1, len(shares) + 1)])
    mean = sum(value * share for value, share in enumerate(shares, 1))
    median = next(value for value in range(1, len(shares) + 1) if sum(shares[:value]) >= 0.5)
    medians: list[bool] = []

    def drawn() -> list[bool]:
        given = statistics_of(Cube((scale,), counted(members, shares, sigma, generator), sigma), "pain")
        bounds = [(one.low, one.high, truth) for one, truth in zip(given, (mean, median), strict=True)]
        assert None not in (one for low, high, _ in bounds for one in (low, high))
        of_mean, of_median = (
            low <= truth <= high for low, high, truth in bounds if low is not None and high is not None
        )
        medians.append(of_median)
        return [of_mean]

    return coverage(drawn), fmean(medians)


def deep(*cases: tuple[object, ...]) -> list[Any]:
    return [pytest.param(*case, marks=pytest.mark.slow) for case in cases]


@pytest.mark.parametrize(("members", "many", "within", "spreading"), [*QUICK, *deep(*DEEP)])
def test_intervals_of_shares_cover_95_percent(members: int, many: int, within: int, spreading: str) -> None:
    least, most = COVERAGE if members > 2 * sigma_of(within) * math.sqrt(many) else OF_NOISE
    assert least <= of_shares(members, many, within, spreading, (least, most)) <= most


@pytest.mark.parametrize(
    ("members", "many", "within", "ask"),
    [
        (350, 6, 20, "rolled up"),
        (1_000, 14, 20, "by group"),
        *deep(
            *(
                (*one, ask)
                for one in [(60, 6, 10), (350, 6, 20), (1_000, 14, 20), (18_000, 6, 10)]
                for ask in ("by group", "rolled up", "sliced")
            )
        ),
    ],
)
def test_intervals_of_roll_ups_and_slices_cover_95_percent(members: int, many: int, within: int, ask: str) -> None:
    least, most = COVERAGE
    assert least <= of_groups(members, many, within, ask) <= most


@pytest.mark.parametrize(
    ("members", "within"),
    [(200, 20), (6_000, 10), *deep(*((members, within) for members in (200, 1_000, 18_000) for within in (10, 20)))],
)
def test_intervals_of_shares_of_members_with_several_values_cover_95_percent(members: int, within: int) -> None:
    least, most = COVERAGE
    assert least <= of_members(members, within) <= most


@pytest.mark.parametrize(
    ("members", "within", "shares"),
    [
        (60, 10, SCALES[1]),
        (1_000, 20, SCALES[2]),
        *deep(*((*one, shares) for one in [(60, 10), (200, 20), (1_000, 20), (18_000, 10)] for shares in SCALES)),
    ],
)
def test_intervals_of_means_cover_95_percent_and_of_medians_at_least(
    members: int, within: int, shares: tuple[float, ...]
) -> None:
    least, most = COVERAGE
    mean, median = of_statistics(members, within, shares)
    assert least <= mean <= most
    assert least <= median  # it steps from value to value, so it is often wider than needed


def test_the_coverage_check_detects_ignored_noise() -> None:
    assert of_shares(1_000, 6, 20, "even", read=lambda cube: replace(cube, sigma=0.1)) < 0.9


@pytest.mark.slow
def test_the_coverage_check_detects_shares_shown_by_their_noisy_total() -> None:
    """A share that is shown only where the noisy total is large enough is covered less often."""
    generator, sigma, shares = default_rng(1), sigma_of(20), (0.05, 0.95)
    asked = variable("asked", [None, None], ordinal=False)

    def drawn() -> list[bool]:
        cube = Cube((asked,), counted(100, shares, sigma, generator), sigma)
        is_shown = sum(cube.estimates) >= 8 * sigma * math.sqrt(2)
        return inside(cells_of(cube, "asked"), shares) if is_shown else []

    assert coverage(drawn) < COVERAGE[0]


# ------------------------------------------------------------------ empty cells


WAYS = ("as drawn", "rolled up", "improved", "reconciled", "reconciled by group")
SHOWN_GROUPS = 3


def empty(variables: tuple[Variable, ...], sigma: float, generator: Generator) -> Cube:
    """A table of groups that nobody is in, as it is drawn."""
    return Cube(variables, tuple(map(float, noises(sigma, cells_in(variables), generator))), sigma)


def read_empty(way: str, asked: Variable, within: int, generator: Generator) -> list[Cell]:
    """The cells that a reader gets of a variable that nobody has a value of, in one of the `WAYS`."""
    group, sigma = variable("group", [None] * SHOWN_GROUPS, ordinal=False), sigma_of(within)
    match way:
        case "as drawn":
            return cells_of(empty((asked,), sigma, generator), "asked")
        case "rolled up":
            return cells_of(empty((asked, group), sigma, generator), "asked")
        case "improved":
            coarse, fine = price(Precision.WITHIN_50), price(Precision(f"WITHIN_{within}"))
            first = empty((asked,), sigma_of(50), generator).estimates
            further = empty((asked,), noise_for(fine - coarse).sigma, generator).estimates
            estimates, combined = combine(first, coarse, further, fine - coarse)
            return cells_of(Cube((asked,), tuple(estimates), combined), "asked")
        case _:
            wanted = (asked, group) if way == "reconciled by group" else (asked,)
            every = [empty(variables, sigma, generator) for variables in ((asked, group), (asked,), (group,), ())]
            table = reconciled(every, wanted)
            by = [each.name for each in wanted[1:]]
            return cells_of(table.cube, "asked", by, noise=table.noise_within("asked"))


def showing(read: Callable[[], list[Cell]], tables: int) -> int:
    """How many of so many tables show a cell, all of which are empty."""
    return sum(any(cell.reliability is not HIDDEN for cell in read()) for _ in range(tables))


def most_showing(tables: int) -> float:
    """More of so many tables show one with a probability of 0.5 %."""
    return tables * EMPTY_SHOWN + 2.6 * math.sqrt(tables * EMPTY_SHOWN)


@pytest.mark.parametrize(
    ("within", "many", "way"),
    [
        (5, 2, "as drawn"),
        (10, 14, "as drawn"),
        (20, 100, "as drawn"),
        (50, 1_000, "as drawn"),
        *((within, 14, way) for within in (10, 50) for way in WAYS[1:] if (within, way) != (50, "improved")),
        *deep(*((within, many, "as drawn") for within in (5, 10, 20, 50) for many in (2, 14, 100, 1_000))),
        *deep(*((within, many, way) for within in (5, 20) for many in (2, 100) for way in WAYS[1:])),
    ],
)
def test_at_most_one_table_in_twenty_shows_an_empty_cell(within: int, many: int, way: str) -> None:
    """In every way that a reader gets a table: as drawn, rolled up, improved by a better precision, or reconciled."""
    generator = default_rng([within, many, WAYS.index(way)])
    asked = variable("asked", [None] * many, ordinal=False)
    tables = 20_000 // many if way == "as drawn" else 6_000 // many
    assert showing(lambda: read_empty(way, asked, within, generator), tables) <= most_showing(tables)


@pytest.mark.parametrize("cells", [1, 2, 14, 100, 1_000, 100_000])
@pytest.mark.parametrize("within", [5, 10, 20, 50])
def test_noise_reaches_the_least_count_of_a_table_as_seldom_as_is_promised(within: int, cells: int) -> None:
    """As computed from the discrete Gaussian distribution, of which the simulations of many cells draw too few."""
    sigma = sigma_of(within)
    weights = [math.exp(-((count / sigma) ** 2) / 2) for count in range(round(40 * sigma))]
    reaches = math.fsum(weights[math.ceil(least_shown(sigma, cells)) :]) / (2 * math.fsum(weights) - 1)
    assert 0 < -math.expm1(cells * math.log1p(-reaches)) <= EMPTY_SHOWN


def test_the_check_of_empty_cells_detects_a_threshold_of_two_standard_deviations() -> None:
    generator, sigma = default_rng(2), sigma_of(20)
    shown = [max(noises(sigma, 14, generator)) >= 2 * sigma for _ in range(1_000)]
    assert fmean(shown) > 4 * EMPTY_SHOWN


@pytest.mark.parametrize("mistake", ["noise of one cell", "number of cells"])
def test_the_check_of_empty_cells_detects_roll_ups_that_are_read_as_one_way_tables(mistake: str) -> None:
    generator, asked = default_rng(3), variable("asked", [None] * 14, ordinal=False)
    group, sigma = variable("group", [None] * SHOWN_GROUPS, ordinal=False), sigma_of(20)

    def read() -> list[Cell]:
        if mistake == "noise of one cell":
            return cells_of(replace(empty((asked, group), sigma, generator).rolled_up(["asked"]), sigma=sigma), "asked")
        return [cell for _ in range(SHOWN_GROUPS) for cell in cells_of(empty((asked,), sigma, generator), "asked")]

    assert showing(read, 400) > most_showing(400)


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


# ------------------------------------------------------------------ groups of which nothing is known


@pytest.mark.parametrize(
    "estimates",
    [
        (-27.0, -8.0, 12.0, 3.0, 4.0),  # a noisy size of -16
        (-27.0, 9.0, 14.0, 1.0, 3.0),  # of 0
        (-27.0, 10.0, 15.0, 3.0, 4.0),  # of 5
        (-4.0, -3.0, -2.0, -1.0, -5.0),
        (0.0, 0.0, 0.0, 0.0, 0.0),
        (-80.0, 5.0, 5.0, 5.0, 5.0),
    ],
)
def test_nothing_is_known_of_a_group_whose_noisy_size_is_near_zero(estimates: tuple[float, ...]) -> None:
    cube = Cube((PAIN,), estimates, 10.0)
    for cell in cells_of(cube, "pain"):
        assert (cell.low, cell.high, cell.share_reliability) == (0, 1, NONE)
        assert cell.share is not None
        assert cell.share == 0 or cell.count > 0
    for statistic in statistics_of(cube, "pain"):
        if sum(estimates[:4]) <= 0 or statistic.measure is Measure.MEAN:
            assert (statistic.low, statistic.high, statistic.reliability) == (1, 4, NONE)


def test_a_count_below_zero_is_never_evidence_of_a_share() -> None:
    """Of groups of which half have a noisy size below zero."""
    generator, found = default_rng(7), []
    for _ in range(400):
        cube = Cube((PAIN,), tuple(map(float, noises(10, 5, generator))), 10.0)
        found += cells_of(cube, "pain")
    below = [cell for cell in found if cell.count <= 0]
    assert {cell.low for cell in below} == {0}
    assert fmean(cell.share_reliability is NONE for cell in found) > 0.85
    assert fmean(cell.share_reliability is HIGH for cell in found) < 0.01


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
    assert covers(held, 2.0, [PAIN, TAKEN]) == margin_of(2 * math.sqrt(2))
    assert covers(held, 2.0, [TAKEN]) == margin_of(2 * math.sqrt(10))
    assert covers(held, 2.0, [TAKEN, SEX, PAIN]) == margin_of(2.0)
    assert covers(held, 2.0, [PAIN, SEX]) is None
    assert covers(held, 2.0, [TAKEN, REGION]) is None
    assert covers([PAIN], 2.0, []) == margin_of(2 * math.sqrt(5))


# ------------------------------------------------------------------ reliability


@pytest.mark.parametrize(
    ("sigma", "many", "estimate", "reliability"),
    [
        (2.8, 2, 10.99, HIDDEN),
        (2.8, 2, 11, LOW),
        (2.8, 2, 19.99, LOW),  # four margins of 5
        (2.8, 2, 20, HIGH),
        (2.8, 5_000, 12.4, HIDDEN),  # 4.27 standard deviations, and half a member
        (2.8, 5_000, 12.5, LOW),
        (10.5, 2, 21.0, HIDDEN),  # 1.95 standard deviations
        (10.5, 2, 21.1, LOW),
        (10.5, 14, 28.6, HIDDEN),  # 2.68 standard deviations
        (10.5, 14, 28.7, LOW),
        (10.5, 14, 83.9, LOW),
        (10.5, 14, 84, HIGH),
        (10.5, 14, -30, HIDDEN),
    ],
)
def test_a_counts_reliability_depends_on_the_noise_of_all_cells(
    sigma: float, many: int, estimate: float, reliability: Reliability
) -> None:
    cube = Cube((variable("asked", [None] * many, ordinal=False),), (estimate, *[5_000.0] * (many - 1)), sigma)
    found = cells_of(cube, "asked")[0]
    assert (found.reliability, found.count, found.margin) == (reliability, math.floor(estimate + 0.5), margin_of(sigma))


def test_a_slice_shows_the_cells_that_the_whole_table_shows() -> None:
    both = (variable("asked", [None] * 14, ordinal=False), SEX)
    cube = Cube(both, tuple(float(n) for n in range(0, 56, 2)), 10.0)
    whole = {(cell.category, cell.by): cell.reliability for cell in cells_of(cube, "asked", ["sex"])}
    for code in ("C0", "C1"):
        for cell in cells_of(cube.sliced({"sex": [code]}), "asked", ["sex"]):
            assert cell.reliability is whole[cell.category, cell.by]


def test_a_statistics_and_a_shares_reliability_is_the_width_of_its_interval() -> None:
    assert [reliability_of(0, width, 0, 4) for width in (0, 0.8, 0.81, 3.99, 4)] == [HIGH, HIGH, LOW, LOW, NONE]
    assert [reliability_of(3, 4, 0, 4), reliability_of(0.2, 1, 0, 1), reliability_of(2, 2, 2, 2)] == [LOW, LOW, HIGH]
    cube = Cube((PAIN,), (30.0, 20.0, 20.0, 10.0, 5.0), 10.0)
    for cell in cells_of(cube, "pain"):
        assert cell.low is not None
        assert cell.high is not None
        assert cell.share_reliability is (HIGH if cell.high - cell.low <= 0.2 else LOW)
    for statistic in statistics_of(cube, "pain"):
        assert statistic.low is not None
        assert statistic.high is not None
        assert statistic.reliability is (HIGH if statistic.high - statistic.low <= 0.6 else LOW)


@pytest.mark.parametrize("estimates", [(-30.0, -20.0, 5.0, 1.0, 0.0), (0.0,) * 5, (1.0, -1.0, 0.0, 0.0, 0.0)])
def test_nothing_is_hidden_for_a_total_of_noise(estimates: tuple[float, ...]) -> None:
    cube = Cube((PAIN,), estimates, 10.0)
    shares = [(cell.low, cell.share, cell.high) for cell in cells_of(cube, "pain")]
    for low, value, high in [*shares, *((one.low, one.value, one.high) for one in statistics_of(cube, "pain"))]:
        assert low is not None
        assert value is not None
        assert high is not None
        assert low <= value <= high


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


@pytest.mark.parametrize("estimate", [120.0, 1.0, 0.0, -20.0])
def test_a_slice_of_one_category_has_a_share_of_one_and_the_categorys_value(estimate: float) -> None:
    cube = Cube((PAIN,), (estimate, 10.0, 20.0, 30.0, 5.0), 10.0).sliced({"pain": ["C0"]})
    (cell,) = cells_of(cube, "pain")
    assert (cell.share, cell.low, cell.high) == (1, 1, 1)
    for statistic in statistics_of(cube, "pain"):
        assert (statistic.value, statistic.low, statistic.high) == (1, 1, 1)
    grouped = Cube((SEX, PAIN), (10.0, *[5.0] * 4, estimate, *[2.0] * 4), 3.0).sliced({"pain": ["C3"]})
    assert {cell.share for cell in cells_of(grouped, "pain", ["sex"])} == {1}
    assert {one.value for one in statistics_of(grouped, "pain", ["sex"])} == {4}


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


def test_shares_of_multi_valued_variables_are_of_all_members() -> None:
    alone = Cube((TAKEN,), (150.0, 130.0, 220.0), 1.0)
    size = Size(400.0, 2.0)
    assert [cell.share for cell in cells_of(alone, "taken", (), size)] == [0.375, 0.325, 0.55]
    assert [cell.share for cell in cells_of(alone.sliced({"taken": ["C1"]}), "taken", (), size)] == [0.325]
    cube = Cube((SEX, TAKEN), (50.0, 30.0, 20.0, 100.0, 100.0, 200.0), 1.0)
    assert [cell.share for cell in cells_of(cube, "taken", (), size)] == [0.375, 0.325, 0.55]
    # The size of a group, or of those that a filter matches, is not known.
    women = cube.sliced({"sex": ["C0"]})
    for cells in (
        cells_of(alone, "taken"),
        cells_of(cube, "taken", ["sex"], size),
        cells_of(women, "taken", (), size),
        cells_of(women.rolled_up(["taken"]), "taken", (), size),
    ):
        assert {(cell.share, cell.low, cell.high, cell.share_reliability) for cell in cells} == {(None,) * 4}


def test_shares_of_those_who_take_a_treatment_are_of_its_takers() -> None:
    cube = Cube((SEX, TAKEN), (50.0, 30.0, 20.0, 150.0, 90.0, 20.0), 1.0)
    cells = cells_of(cube, "sex", ["taken"], Size(400.0, 2.0))
    assert [cell.share for cell in cells] == [0.25, 0.75, 0.25, 0.75, 0.5, 0.5]


def test_a_shares_interval_equals_fiellers() -> None:
    (cell, _) = cells_of(Cube((SEX,), (300.0, 700.0), 10.0), "sex")
    for bound in (cell.low, cell.high):
        assert bound is not None
        variance = 10**2 * ((1 - bound) ** 2 + bound**2) + 1_000 * bound * (1 - bound)
        assert (300 - bound * 1_000) ** 2 == pytest.approx(1.959964**2 * variance)
    assert cell.low is not None
    assert cell.high is not None
    assert cell.low < 0.3 < cell.high


def test_means_and_medians_exclude_categories_without_a_value() -> None:
    estimates = (100.0, 300.0, 200.0, 400.0, 9_000.0)
    mean, median = statistics_of(Cube((PAIN,), estimates, 10.0), "pain")
    assert (mean.measure, mean.by, mean.reliability) == (Measure.MEAN, (), HIGH)
    assert mean.value == pytest.approx(2.9)
    for bound in (mean.low, mean.high):
        assert bound is not None
        apart = [(value - bound) ** 2 for value in (1, 2, 3, 4)]
        variance = 10**2 * sum(apart) + sum(one * count for one, count in zip(apart, estimates, strict=False))
        assert (2_900 - bound * 1_000) ** 2 == pytest.approx(1.959964**2 * variance)
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
        "category", "by", "count", "margin", "share", "low", "high", "reliability", "share_reliability"
    ]  # fmt: skip
