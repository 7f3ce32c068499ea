"""Means by bounded sums: each group's members are weighed between the two ends of a public scale, and summed.

A member whose value is a part u of the way from the least value of the scale to the most adds 1 - u to LEAST, u to MOST
and 2√2 u (1 - u) to SPREAD; one without a value adds 1 to UNKNOWN. LEAST and MOST together have the number of members
with a value and the sum of their values. With SPREAD, they have the sum of their squares too, which the interval of a
mean needs.

The squares of what a member adds to a group are at most (1 - u)² + u² + 8 u² (1 - u)² <= 1, because u (1 - u) <= 1/4: a
member moves these four sums by no more than they would move the counts of a table, and SPREAD is free. Sums are
integers in the public unit 1/UNIT, in which the same bound is checked for each category.

If the number of members of each group is published already, one sum fewer is enough: a member adds u - (1 - u) to
CENTRED and 4 u (1 - u) to SPREAD, and one without a value adds 1 to UNKNOWN. The squares are at most (2 u - 1)² +
16 u² (1 - u)² <= 1 again. The number of members with a value is the published number less UNKNOWN, and half of the sum
of that and CENTRED is the sum of their u.

The values that are summed are those of the variable's public categories, so none lies outside the scale.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product

from privacy.cubes import Cube
from privacy.described import DescribedEnum
from privacy.domains import UNKNOWN, Category, Variable
from privacy.intervals import Quadratic, Ratio, Z
from privacy.measures import Measure
from privacy.precision import Precision, margin_of, price, sigma_of
from privacy.reading import Statistic, groups_of, reliability_of

UNIT = 2_520  # divisible by every number up to 10: most scales have equal steps
LEAST, MOST, SPREAD, CENTRED = "LEAST", "MOST", "SPREAD", "CENTRED"
SPREAD_WEIGHT = math.sqrt(8)
COUNTED_SPREAD_WEIGHT = 4


class InsightKind(DescribedEnum):
    """What an insight publishes about its variable."""

    COUNTS = "COUNTS", "The number of members in each category: `cells`, and all `statistics`."
    MEANS = (
        "MEANS",
        "The mean of each group: `totals`, and the mean in `statistics`. Cheaper than counts whose means are as "
        "precise, unless the variable has only a few values.",
    )
    SUMS = (
        "SUMS",
        "The mean of each group, as for MEANS and as precise, from its sum and the published number of its members. "
        "Half the price of MEANS for most variables. Requires published counts of the groups.",
    )


def kind_of(measured: object, counts: object) -> InsightKind:
    """What a release has, by its measured variable and the release with the numbers of members, if there are any."""
    if measured is None:
        return InsightKind.COUNTS
    return InsightKind.MEANS if counts is None else InsightKind.SUMS


# What is drawn of each group, in this order.
DRAWN: Mapping[InsightKind, tuple[str, ...]] = {
    InsightKind.MEANS: (LEAST, MOST, SPREAD, UNKNOWN),
    InsightKind.SUMS: (CENTRED, SPREAD, UNKNOWN),
}


@dataclass(frozen=True)
class Total:
    """What is known of one group: members with a value, the sum of their values, and members without one.

    `margin`, `sum_margin` and `unknown_margin` are the half-widths of their 95 % confidence intervals.
    """

    by: tuple[int, ...]
    count: int
    margin: int
    sum: float
    sum_margin: float
    unknown: int
    unknown_margin: int


def has_means(variable: Variable) -> bool:
    """Whether means of the variable can be published: it is in order, of one value per member, and has a scale."""
    return variable.ordinal and variable.max_per_member == 1 and len(set(_values(variable))) > 1


def scale_of(variable: Variable) -> tuple[float, float]:
    """The least and the most value of a variable that has means."""
    values = _values(variable)
    return min(values), max(values)


def full_name(variable: Variable, kind: InsightKind = InsightKind.MEANS) -> str:
    """How keys and the public ledger name the variable whose means are published."""
    return f"{'sum' if kind is InsightKind.SUMS else 'mean'}({variable.name})"


def weights_of(variable: Variable, kind: InsightKind = InsightKind.MEANS) -> tuple[tuple[int, ...], ...]:
    """What a member of each category adds to what is DRAWN, in units. Their squares add up to at most UNIT²."""
    of = _centred_weights if kind is InsightKind.SUMS else _weights
    return tuple(of(part) for part in _parts(variable))


def sums_of(
    counts: Sequence[int], variables: Sequence[Variable], measured: Variable, kind: InsightKind = InsightKind.MEANS
) -> list[int]:
    """The sums, in units, of a histogram over `variables`, one of which is measured: those DRAWN, for each group.

    They are in the order of the histogram, in which they take the place of the variable's categories.
    """
    weights = weights_of(measured, kind)
    at = variables.index(measured)
    inner = math.prod(len(each.categories) for each in variables[at + 1 :])
    many = len(measured.categories)
    sums = []
    for outer in range(len(counts) // (inner * many)):
        first = outer * many * inner
        for which in range(len(DRAWN[kind])):
            for place in range(inner):
                cells = (counts[first + category * inner + place] for category in range(many))
                sums.append(sum(weights[category][which] * count for category, count in enumerate(cells)))
    return sums


def summed(variable: Variable, kind: InsightKind = InsightKind.MEANS) -> Variable:
    """The variable that takes the place of a measured one in a cube of sums: its categories are those DRAWN.

    The values of LEAST and MOST, or the bounds of CENTRED, are the ends of the scale.
    """
    least, most = scale_of(variable)
    ends = {LEAST: (least, None, None), MOST: (most, None, None), CENTRED: (None, least, most)}
    none = (None, None, None)
    return replace(variable, categories=tuple(Category(name, name, *ends.get(name, none)) for name in DRAWN[kind]))


def price_of_means(
    precision: Precision, variable: Variable, contributions: int = 1, kind: InsightKind = InsightKind.MEANS
) -> int:
    """The price of means that are at least as precise as those of a table of counts with this precision."""
    return math.ceil(price(precision, contributions) * saving(variable, kind))


@lru_cache(maxsize=1_024)
def saving(variable: Variable, kind: InsightKind = InsightKind.MEANS) -> float:
    """The price of the means, as a part of that of a histogram whose mean is no less noisy, whatever the mean is.

    The noise of a mean m, as a part of the scale, has the variance (1 - m)² + m² by LEAST and MOST, and the sum of
    (v - m)² over the categories' values by a histogram, in units of that of a cell. Both are quadratic forms of (m, 1):
    the part is the largest generalized eigenvalue of the two, which is at most 1 because the ends are among the values.
    """
    if kind is InsightKind.SUMS:
        return 1 / _noise_left(variable, 1.0) * (1 + 1e-12)
    parts = [part for part in _parts(variable) if part is not None]
    many, sum_of_parts, squares = len(parts), sum(parts, Fraction()), sum((part**2 for part in parts), Fraction())
    determinant = many * squares - sum_of_parts**2
    mixed = many + 2 * squares - 2 * sum_of_parts
    root = math.sqrt(max(mixed**2 - 4 * determinant, Fraction()))
    return min((float(mixed) + root) / float(2 * determinant) * (1 + 1e-12), 1.0)


def are_precise_enough(counts_sigma: float, precision: Precision, variable: Variable) -> bool:
    """Whether SUMS with this precision keep its promise, by numbers of members with noise of this scale.

    With counts of the same precision they do. The price depends on means in the middle of the scale, and the number of
    members matters towards its ends only: for a scale of many values, much noisier counts are enough.
    """
    of_cell = sigma_of(price(precision))
    return _noise_left(variable, (counts_sigma / of_cell) ** 2) * (1 + 1e-9) >= _noise_left(variable, 1.0)


@lru_cache(maxsize=1_024)
def _noise_left(variable: Variable, of_counts: float) -> float:
    """The largest variance of SUMS whose mean is no noisier than a histogram's, in units of that of a cell.

    That of the numbers of members is `of_counts`, in the same unit. With the mean at c = 2 m - 1, that is from -1 to 1,
    SUMS of variance r make it r (1 + c²) + `of_counts` c², where a histogram makes it the sum of (2 v - 1 - c)².
    """
    places = [float(2 * part - 1) for part in _parts(variable) if part is not None]
    # The histogram's, less the counts': a + b c + d c². The quotient by 1 + c² has its extremes at the roots of
    # b + 2 (d - a) c - b c².
    a, b, d = math.fsum(each**2 for each in places), -2 * math.fsum(places), len(places) - of_counts
    half = math.hypot(d - a, b)
    extremes = [0.0] if b == 0 else [(d - a - half) / b, (d - a + half) / b]
    return min((a + b * c + d * c**2) / (1 + c**2) for c in (-1.0, 1.0, *extremes) if -1 <= c <= 1)


def totals_of(cube: Cube, variable: str, by: Sequence[str] = (), counts: Cube | None = None) -> list[Total]:
    """What is known of each group of a cube of sums; `counts` are the numbers of members by `by`, for SUMS."""
    read, rolled, groups = groups_of(cube, variable, by)
    sigma = rolled.sigma
    least, most = _ends(read)
    members = None if counts is None else _members_of(counts, by)
    of_one = margin_of(sigma)
    if counts is None:
        margin = margin_of(sigma * math.sqrt(2))
        of_sum = margin * math.sqrt((least**2 + most**2) / 2)
    else:
        of_members = math.hypot(counts.rolled_up(by).sigma, sigma)
        margin = margin_of(of_members)
        of_sum = Z * math.hypot((least + most) / 2 * of_members, (most - least) / 2 * sigma)
    found = []
    for places, _, sums in groups:
        if members is None:
            low, high, _, unknown = sums
        else:
            centred, _, unknown = sums
            low, high = _ends_of(members[places] - unknown, centred)
        found.append(
            Total(
                by=places,
                count=math.floor(low + high + 0.5),
                margin=margin,
                sum=least * low + most * high,
                sum_margin=of_sum,
                unknown=math.floor(unknown + 0.5),
                unknown_margin=of_one,
            )
        )
    return found


def means_of(cube: Cube, variable: str, by: Sequence[str] = (), counts: Cube | None = None) -> list[Statistic]:
    """The mean of each group of a cube of sums, with its interval within the scale.

    For SUMS, `counts` are the numbers of members by `by`.
    """
    read, rolled, groups = groups_of(cube, variable, by)
    least, most = _ends(read)
    members = None if counts is None else _members_of(counts, by)
    of_counts = None if counts is None else counts.rolled_up(by).sigma
    found = []
    for places, _, sums in groups:
        if members is None or of_counts is None:
            value, lower, upper = mean_of_sums(sums[0], sums[1], sums[2], least, most, rolled.sigma)
        else:
            value, lower, upper = mean_of_counted(members[places], of_counts, sums, least, most, rolled.sigma)
        reliable = reliability_of(lower, upper, least, most)
        found.append(Statistic(Measure.MEAN, places, value, lower, upper, reliable))
    return found


def mean_of_sums(
    low: float, high: float, spread: float, least: float, most: float, sigma: float
) -> tuple[float, float, float]:
    """The mean of a group and the bounds of its interval, by its LEAST, MOST and SPREAD with noise of this scale."""
    return _mean(low, high, spread / SPREAD_WEIGHT, (sigma**2, -2 * sigma**2, 2 * sigma**2), least, most)


def mean_of_counted(
    members: float, counts_sigma: float, sums: Sequence[float], least: float, most: float, sigma: float
) -> tuple[float, float, float]:
    """As `mean_of_sums`, by CENTRED, SPREAD and UNKNOWN, and by the number of members with noise of its own scale."""
    centred, spread, unknown = sums
    low, high = _ends_of(members - unknown, centred)
    # Of (CENTRED + N) / 2 - m N, where N is the number of members less UNKNOWN.
    of_known = counts_sigma**2 + sigma**2
    noise = ((sigma**2 + of_known) / 4, -of_known, of_known)
    return _mean(low, high, spread / COUNTED_SPREAD_WEIGHT, noise, least, most)


def _mean(
    low: float, high: float, spread: float, noise: Quadratic, least: float, most: float
) -> tuple[float, float, float]:
    # As a part u of the scale: low + high members, the sum of u, and that of u² = u - u (1 - u).
    ratio = Ratio(
        numerator=high,
        denominator=low + high,
        noise=noise,
        sampling=(high - spread, -2 * high, low + high),
        least=0.0,
        most=1.0,
    )
    lower, upper = ratio.interval()
    value, lower, upper = (least + (most - least) * part for part in (ratio.estimate, lower, upper))
    return value, lower, min(upper, most)


def _ends_of(known: float, centred: float) -> tuple[float, float]:
    """LEAST and MOST of a group with so many members with a value."""
    return (known - centred) / 2, (known + centred) / 2


def _members_of(counts: Cube, by: Sequence[str]) -> dict[tuple[int, ...], float]:
    """The number of members of each group, by the places of its categories in the order of `by`."""
    rolled = counts.rolled_up(by)
    order = [[each.name for each in rolled.variables].index(name) for name in by]
    cells = zip(product(*rolled.places), rolled.estimates, strict=True)
    return {tuple(places[at] for at in order): estimate for places, estimate in cells}


def _ends(read: Variable) -> tuple[float, float]:
    first, second, *_ = read.categories
    least, most = (first.low, first.high) if first.code == CENTRED else (first.value, second.value)
    assert least is not None
    assert most is not None
    return least, most


def _values(variable: Variable) -> list[float]:
    return [each.value for each in variable.categories if each.value is not None]


def _parts(variable: Variable) -> list[Fraction | None]:
    """Where the value of each category lies between the ends of the scale: 0 to 1. None without a value."""
    least, most = map(Fraction, scale_of(variable))
    return [
        None if each.value is None else (Fraction(each.value) - least) / (most - least) for each in variable.categories
    ]


def _weights(part: Fraction | None) -> tuple[int, ...]:
    if part is None:
        return 0, 0, 0, UNIT
    low, high = _in_units(part)
    # Rounded down: 8 u² (1 - u)² <= 2 u (1 - u), and the squares add up to at most UNIT² in integers too.
    return low, high, math.isqrt(8 * (low * high) ** 2 // UNIT**2), 0


def _centred_weights(part: Fraction | None) -> tuple[int, ...]:
    if part is None:
        return 0, 0, UNIT
    low, high = _in_units(part)
    # Rounded down: (high - low)² + 16 (low high / UNIT)² <= UNIT², since 4 low high <= UNIT².
    return high - low, COUNTED_SPREAD_WEIGHT * low * high // UNIT, 0


def _in_units(part: Fraction) -> tuple[int, int]:
    high = math.floor(part * UNIT + Fraction(1, 2))
    return UNIT - high, high
