"""Means by bounded sums: what a member moves, what they cost beside a histogram, and that intervals cover."""

import math
from collections.abc import Callable, Sequence

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from privacy import noise
from privacy.cubes import Cube
from privacy.domains import Category, DomainRule, Variable
from privacy.expecting import least_group_for_mean, least_group_for_mean_by_sums
from privacy.means import (
    DRAWN,
    UNIT,
    InsightKind,
    are_precise_enough,
    has_means,
    mean_of_counted,
    mean_of_sums,
    means_of,
    price_of_means,
    saving,
    summed,
    sums_of,
    totals_of,
    weights_of,
)
from privacy.measures import Reliability
from privacy.precision import MICRO, Precision, price, sigma_of
from privacy.reading import statistics_of
from tests.support.coverage import COVERAGE, OF_NOISE, a_third, coverage


def variable(name: str, values: Sequence[float | None], ordinal: bool = True, several: int = 1) -> Variable:
    categories = [Category(f"C{at}", f"category {at}", value) for at, value in enumerate(values)]
    categories.append(Category("UNKNOWN", "Unknown"))
    return Variable(name, name, tuple(categories), DomainRule.NUMBER, ordinal, several)


def steps(many: int) -> Variable:
    return variable("pain", range(many))


PAIN, SEX = steps(11), variable("sex", [None, None], ordinal=False)
MEANS, SUMS = InsightKind.MEANS, InsightKind.SUMS
KINDS = (MEANS, SUMS)
scales = st.lists(st.integers(-1_000, 1_000).map(float), min_size=2, max_size=40, unique=True).map(
    lambda values: variable("pain", sorted(values))
)


@given(scales, st.sampled_from(KINDS))
def test_a_member_moves_the_sums_of_a_group_by_at_most_a_unit(scale: Variable, kind: InsightKind) -> None:
    for weights in weights_of(scale, kind):
        assert len(weights) == len(DRAWN[kind])
        assert all(type(each) is int and abs(each) <= UNIT for each in weights)
        assert sum(each**2 for each in weights) <= UNIT**2


def test_a_bound_that_is_reached() -> None:
    ends = (UNIT, 0, 0, 0), (0, UNIT, 0, 0), (0, 0, 0, UNIT)
    assert weights_of(variable("pain", [0, 10])) == ends
    _, (low, high, spread, unknown), *_ = weights_of(variable("pain", [0, 5, 10]))
    assert (low, high, unknown) == (UNIT // 2, UNIT // 2, 0)
    assert 0.999 < (low**2 + high**2 + spread**2) / UNIT**2 <= 1


def test_a_bound_that_is_reached_by_counted_members() -> None:
    assert weights_of(variable("pain", [0, 10]), SUMS) == ((-UNIT, 0, 0), (UNIT, 0, 0), (0, 0, UNIT))
    assert weights_of(variable("pain", [0, 5, 10]), SUMS)[1] == (0, UNIT, 0)
    assert weights_of(PAIN, SUMS)[2] == (-1_512, 1_612, 0)  # 16 u² (1 - u)² rounded down


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), max_size=30), st.sampled_from(KINDS), st.data())
def test_dropping_a_member_moves_all_sums_by_at_most_a_unit(
    people: list[tuple[int, int]], kind: InsightKind, data: st.DataObject
) -> None:
    people = [*people, data.draw(st.tuples(st.integers(0, 11), st.integers(0, 2)))]

    def sums(members: list[tuple[int, int]], pain_first: bool) -> list[int]:
        variables = (PAIN, SEX) if pain_first else (SEX, PAIN)
        counts = [0] * (12 * 3)
        for pain, sex in members:
            counts[pain * 3 + sex if pain_first else sex * 12 + pain] += 1
        return sums_of(counts, variables, PAIN, kind)

    for pain_first in (True, False):
        moved = zip(sums(people, pain_first), sums(people[:-1], pain_first), strict=True)
        assert sum((one - other) ** 2 for one, other in moved) <= UNIT**2


@pytest.mark.parametrize("kind", KINDS)
def test_the_price_is_that_of_the_library_s_own_map(kind: InsightKind) -> None:
    for contributions in (1, 3):
        micro_rho = price_of_means(Precision.WITHIN_20, PAIN, contributions, kind)
        moved = noise.noise_for(micro_rho, contributions * UNIT**2)
        assert moved.micro_rho <= micro_rho
        # rho = d² / 2 sigma², with d the L2 distance that a member moves the sums by.
        assert math.ceil(contributions * UNIT**2 / (2 * moved.sigma**2) * MICRO - 1e-6) <= micro_rho
        one_less = noise.noise_for(micro_rho - 1, contributions * UNIT**2)
        assert one_less.sigma > moved.sigma


@pytest.mark.parametrize(
    ("many", "cheaper"), [(2, 1.0), (3, 1.0), (4, 1.111), (5, 1.25), (7, 1.556), (10, 2.037), (11, 2.2), (20, 3.684)]
)
def test_how_much_cheaper_means_are_than_a_histogram(many: int, cheaper: float) -> None:
    assert 1 / saving(steps(many)) == pytest.approx(cheaper, abs=0.001)
    assert price_of_means(Precision.WITHIN_20, steps(many)) == math.ceil(
        price(Precision.WITHIN_20) * saving(steps(many))
    )


@pytest.mark.parametrize(
    ("many", "cheaper", "than_means"),
    [
        (2, 1.5, 1.5), (3, 2.0, 2.0), (4, 2.222, 2.0), (5, 2.5, 2.0), (7, 3.111, 2.0), (10, 4.074, 2.0),
        (11, 4.4, 2.0), (20, 7.368, 2.0),
    ],
)  # fmt: skip
def test_how_much_cheaper_sums_are_with_counts_that_are_published(many: int, cheaper: float, than_means: float) -> None:
    assert 1 / saving(steps(many), SUMS) == pytest.approx(cheaper, abs=0.001)
    assert saving(steps(many)) / saving(steps(many), SUMS) == pytest.approx(than_means, abs=0.001)
    change = variable("pain_change", [step - (many - 1) / 2 for step in range(many)])
    assert saving(change, SUMS) == pytest.approx(saving(steps(many), SUMS))


@pytest.mark.parametrize(("many", "cheaper"), [(5, 1.76), (7, 2.05), (11, 3.92)])
def test_what_a_plan_of_counts_and_six_means_costs(many: int, cheaper: float) -> None:
    scale = steps(many)
    by_histograms = 6 * price(Precision.WITHIN_20)
    by_means = 6 * price_of_means(Precision.WITHIN_20, scale)
    coarsest = next(
        each for each in reversed(Precision) if are_precise_enough(sigma_of(price(each)), Precision.WITHIN_20, scale)
    )
    by_sums = price(coarsest) + 6 * price_of_means(Precision.WITHIN_20, scale, 1, SUMS)
    assert by_sums < by_means
    assert by_histograms / by_sums == pytest.approx(cheaper, abs=0.01)


@pytest.mark.parametrize(("many", "alone", "best"), [(5, 2.5, 1.7), (7, 3.11, 2.2), (11, 4.4, 3.1), (20, 7.37, 5.4)])
def test_what_other_sums_would_save(many: int, alone: float, best: float) -> None:
    half = (many - 1) / 2
    of_counts = sum((value - half) ** 2 for value in range(many)) / half**2  # noise of a mean in the middle
    assert of_counts == pytest.approx(alone, abs=0.005)
    assert of_counts == pytest.approx(2 / saving(steps(many)))
    assert of_counts == pytest.approx(1 / saving(steps(many), SUMS))
    # cos a (v - half) / half and sin a: as much is saved in the middle as at an end, where a histogram has `many` more.
    assert of_counts * many / (of_counts + many) == pytest.approx(best, abs=0.05)


@given(scales, st.floats(0, 1))
def test_no_mean_is_noisier_than_from_counts_of_the_precision(scale: Variable, mean: float) -> None:
    values = [each.value for each in scale.categories if each.value is not None]
    parts = [(value - min(values)) / (max(values) - min(values)) for value in values]
    of_counts = sum((part - mean) ** 2 for part in parts)
    of_sums = ((1 - mean) ** 2 + mean**2) / saving(scale)  # the noise that the lower price pays for
    assert of_sums <= of_counts * (1 + 1e-9)
    assert saving(scale) <= 1


@given(scales, st.floats(0, 1), st.sampled_from(Precision), st.sampled_from(Precision))
def test_no_mean_of_counted_members_is_noisier_than_from_counts_of_the_precision(
    scale: Variable, mean: float, precision: Precision, counted: Precision
) -> None:
    values = [each.value for each in scale.categories if each.value is not None]
    parts = [(value - min(values)) / (max(values) - min(values)) for value in values]
    of_cell, of_members = price(precision), sigma_of(price(counted))
    assert are_precise_enough(sigma_of(of_cell), precision, scale)
    if not are_precise_enough(of_members, precision, scale):
        assert counted.margin > precision.margin
        return
    sigma = sigma_of(price_of_means(precision, scale, 1, SUMS))
    # (CENTRED + N) / 2 - m N, with N the number of members less UNKNOWN.
    of_sums = sigma**2 / 4 + (0.5 - mean) ** 2 * (of_members**2 + sigma**2)
    assert of_sums <= sigma_of(of_cell) ** 2 * sum((part - mean) ** 2 for part in parts) * (1 + 1e-6)
    assert saving(scale, SUMS) <= saving(scale) / 1.5 * (1 + 1e-9)


def test_how_precise_counts_have_to_be() -> None:
    for many, coarser in ((2, 1.0), (3, 1.0), (5, 1.58), (7, 1.97), (11, 2.56), (20, 3.55)):
        of_cell = sigma_of(price(Precision.WITHIN_20))
        assert are_precise_enough(of_cell * coarser, Precision.WITHIN_20, steps(many))
        assert not are_precise_enough(of_cell * (coarser + 0.02), Precision.WITHIN_20, steps(many))


def test_which_variables_have_means() -> None:
    assert has_means(PAIN)
    assert not has_means(SEX)
    assert not has_means(variable("one", [4, None]))
    assert not has_means(variable("several", [1, 2], several=2))
    assert not has_means(variable("unordered", [1, 2], ordinal=False))


def test_without_noise_means_and_totals_are_those_of_the_members() -> None:
    counts = [3, 0, 1, 7, 2, 5, 0, 0, 1, 4, 0, 9]
    cube = Cube((summed(PAIN),), tuple(each / UNIT for each in sums_of(counts, (PAIN,), PAIN)), 1e-9)
    [total], [mean] = totals_of(cube, "pain"), means_of(cube, "pain")
    values = sum(value * count for value, count in enumerate(counts[:-1]))
    assert (total.count, total.unknown) == (sum(counts[:-1]), 9)
    assert total.sum == pytest.approx(values)
    assert mean.value == pytest.approx(values / total.count)
    # The interval is then that of sampling alone, as from the histogram.
    exact = Cube((PAIN,), tuple(map(float, counts)), 1e-9)
    of_counts = statistics_of(exact, "pain")[0]
    assert mean.low == pytest.approx(of_counts.low, abs=0.01)
    assert mean.high == pytest.approx(of_counts.high, abs=0.01)


@pytest.mark.parametrize("sums", [(0, 0, 0), (-40, -30, 5), (50, -60, 0), (-3, 80, -9), (0.0, 200, 0), (1e6, 1e6, 1e5)])
def test_a_mean_lies_in_its_interval_within_the_scale(sums: tuple[float, float, float]) -> None:
    value, low, high = mean_of_sums(*sums, -6.0, 6.0, 10.0)
    assert -6 <= low <= value <= high <= 6


def test_without_noise_means_of_counted_members_are_the_same() -> None:
    histogram = [3, 0, 1, 7, 2, 5, 0, 0, 1, 4, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, *[0] * 12]
    by_sex = Cube((SEX,), (32.0, 3.0, 0.0), 1e-9)
    for variables in ((SEX, PAIN), (PAIN, SEX)):
        counts = (
            histogram if variables[0] is SEX else [histogram[sex * 12 + pain] for pain in range(12) for sex in range(3)]
        )
        shown = {}
        for kind, members in ((MEANS, None), (SUMS, by_sex)):
            sums = tuple(each / UNIT for each in sums_of(counts, variables, PAIN, kind))
            cube = Cube(tuple(summed(each, kind) if each is PAIN else each for each in variables), sums, 1e-9)
            shown[kind] = (
                [(each.by, each.count, each.unknown) for each in totals_of(cube, "pain", ["sex"], members)],
                [each.sum for each in totals_of(cube, "pain", ["sex"], members)],
                [(each.value, each.low, each.high) for each in means_of(cube, "pain", ["sex"], members)][:2],
            )
        assert shown[SUMS][0] == shown[MEANS][0]
        assert shown[SUMS][1] == pytest.approx(shown[MEANS][1], abs=1e-6)
        for one, other in zip(shown[SUMS][2], shown[MEANS][2], strict=True):
            assert one == pytest.approx(other, abs=0.01)


@pytest.mark.parametrize("sums", [(0, 0, 0), (-40, -30, 5), (50, -60, 0), (-3, 80, -9), (0.0, 200, 0), (1e6, 1e6, 1e5)])
@pytest.mark.parametrize("members", [-30.0, 0.0, 80.0])
def test_a_mean_of_counted_members_lies_in_its_interval(members: float, sums: tuple[float, float, float]) -> None:
    value, low, high = mean_of_counted(members, 20.0, sums, -6.0, 6.0, 10.0)
    assert -6 <= low <= value <= high <= 6


def test_margins_of_totals_of_counted_members() -> None:
    counts = Cube((SEX,), (320.0, 3.0, 0.0), 8.0)
    cube = Cube((SEX, summed(PAIN, SUMS)), (*(30.0, 90.0, 20.0), *(0.0,) * 6), 6.0)
    total = totals_of(cube, "pain", ["sex"], counts)[0]
    assert (total.count, total.unknown, total.sum) == (300, 20, 5 * 300 + 5 * 30)
    assert abs(total.margin - 1.96 * 10) < 1
    assert abs(total.unknown_margin - 1.96 * 6) < 1
    assert total.sum_margin == pytest.approx(1.96 * math.hypot(5 * 10, 5 * 6), rel=0.01)
    # A sum over all groups has the noise of each of them.
    total = totals_of(cube, "pain", (), counts)[0]
    assert total.count == 303
    assert total.margin == pytest.approx(1.96 * 10 * math.sqrt(3), abs=1)


def test_nothing_is_known_of_a_group_of_nobody() -> None:
    cube = Cube((summed(PAIN),), (-20.0, -5.0, 3.0, 0.0), 10.0)
    [mean] = means_of(cube, "pain")
    assert (mean.low, mean.high, mean.reliability) == (0, 10, Reliability.NONE)


def test_a_quote_needs_no_larger_group_than_for_counts_of_the_precision() -> None:
    sigma = math.sqrt(MICRO / 2 / price(Precision.WITHIN_20))
    of_sums = math.sqrt(MICRO / 2 / price_of_means(Precision.WITHIN_20, PAIN))
    of_counts = least_group_for_mean(PAIN, sigma)
    assert of_counts is not None
    assert least_group_for_mean_by_sums(PAIN, of_sums) <= of_counts


AT_ONCE = 500  # intervals
SKEWS: dict[str, Callable[[int], list[float]]] = {
    "even": lambda many: [1.0] * many,
    "low": lambda many: [9.0 * (many - 1)] + [1.0] * (many - 1),
    "ends": lambda many: [1.0] + [0.0] * (many - 2) + [1.0],
    "middle": lambda many: [float(at == many // 2) for at in range(many)],
}  # weights of the categories


def covered(
    members: int,
    many: int,
    precision: Precision,
    skew: str,
    kind: InsightKind,
    counted: Precision | None = None,
    bounds: tuple[float, float] = COVERAGE,
) -> float:
    """The share of intervals that contain the mean of the population that members are drawn from.

    A tenth of them give no answer. The numbers of members of the kind SUMS are `counted` with a precision of their own.
    """
    scale, weights = steps(many), SKEWS[skew](many)
    shares = [0.9 * weight / sum(weights) for weight in weights]
    generator = default_rng([*f"{members} {many} {precision} {skew} {kind} {counted}".encode()])
    sigma = noise.noise_for(price_of_means(precision, scale, 1, kind), UNIT**2).sigma / UNIT
    of_members = noise.noise_for(price(counted or precision)).sigma
    mean = sum(value * share for value, share in enumerate(shares)) / 0.9
    added = numpy.array([[each / UNIT for each in row] for row in weights_of(scale, kind)])

    def drawn() -> list[bool]:
        sums = generator.multinomial(members, [*shares, 0.1], AT_ONCE) @ added
        sums += generator.normal(0, sigma, sums.shape)
        sizes = members + generator.normal(0, of_members, AT_ONCE)
        return [holds(each, size) for each, size in zip(sums.tolist(), sizes.tolist(), strict=True)]

    def holds(sums: Sequence[float], size: float) -> bool:
        if kind is SUMS:
            _, lower, upper = mean_of_counted(size, of_members, sums, 0.0, many - 1.0, sigma)
        else:
            _, lower, upper = mean_of_sums(sums[0], sums[1], sums[2], 0.0, many - 1.0, sigma)
        return lower - 1e-9 <= mean <= upper + 1e-9

    return coverage(drawn, bounds)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("skew", SKEWS)
def test_intervals_cover(skew: str, kind: InsightKind) -> None:
    least, most = COVERAGE
    assert least <= covered(200, 11, Precision.WITHIN_20, skew, kind) <= most


def test_intervals_cover_with_counts_that_are_less_precise() -> None:
    least, most = COVERAGE
    for skew in ("low", "even"):
        for members in (400, 3_000):
            assert least <= covered(members, 11, Precision.WITHIN_20, skew, SUMS, Precision.WITHIN_50) <= most


@pytest.mark.slow
@pytest.mark.parametrize(
    ("members", "many", "precision", "skew", "kind"),
    a_third(
        (60, 1_000, 18_000),
        (4, 7, 11),
        (Precision.WITHIN_10, Precision.WITHIN_20, Precision.WITHIN_50),
        (*SKEWS,),
        KINDS,
    ),
)
def test_intervals_cover_everywhere(
    members: int, many: int, precision: Precision, skew: str, kind: InsightKind
) -> None:
    least, most = OF_NOISE if members == 60 or skew == "middle" else COVERAGE
    if members == 60 and precision is Precision.WITHIN_50:  # a group that is no larger than the noise of its size
        most = 0.98
    assert least <= covered(members, many, precision, skew, kind, bounds=(least, most)) <= most
