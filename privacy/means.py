"""Means by bounded sums: each group's members are weighed between the two ends of a public scale, and summed.

A member whose value is a part u of the way from the least value of the scale to the most adds 1 - u to LEAST, u to MOST
and 2√2 u (1 - u) to SPREAD; one without a value adds 1 to UNKNOWN. LEAST and MOST together have the number of members
with a value and the sum of their values. With SPREAD, they have the sum of their squares too, which the interval of a
mean needs.

The squares of what a member adds to a group are at most (1 - u)² + u² + 8 u² (1 - u)² <= 1, because u (1 - u) <= 1/4: a
member moves these four sums by no more than they would move the counts of a table, and SPREAD is free. Sums are
integers in the public unit 1/UNIT, in which the same bound is checked for each category.

The values that are summed are those of the variable's public categories, so none lies outside the scale.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from privacy.cubes import Cube
from privacy.described import DescribedEnum
from privacy.domains import UNKNOWN, Category, Variable
from privacy.intervals import Ratio
from privacy.measures import Measure
from privacy.precision import Precision, margin_of, price
from privacy.reading import Statistic, groups_of, reliability_of

UNIT = 2_520  # divisible by every number up to 10: most scales have equal steps
LEAST, MOST, SPREAD = "LEAST", "MOST", "SPREAD"
SUMS = (LEAST, MOST, SPREAD, UNKNOWN)  # of each group, in this order
SPREAD_WEIGHT = math.sqrt(8)


class InsightKind(DescribedEnum):
    """What an insight publishes about its variable."""

    COUNTS = "COUNTS", "The number of members in each category: `cells`, and all `statistics`."
    MEANS = (
        "MEANS",
        "The mean of each group: `totals`, and the mean in `statistics`. Cheaper than counts whose means are as "
        "precise, unless the variable has only a few values.",
    )


@dataclass(frozen=True)
class Total:
    """What was drawn of one group: members with a value, the sum of their values, and members without one.

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


def full_name(variable: Variable) -> str:
    """How keys and the public ledger name the variable whose means are published."""
    return f"mean({variable.name})"


def weights_of(variable: Variable) -> tuple[tuple[int, int, int, int], ...]:
    """What a member of each category adds to the four sums, in units. Their squares add up to at most UNIT²."""
    return tuple(_weights(part) for part in _parts(variable))


def sums_of(counts: Sequence[int], variables: Sequence[Variable], measured: Variable) -> list[int]:
    """The sums, in units, of a histogram over `variables`, one of which is measured: four for each group.

    They are in the order of the histogram, in which SUMS take the place of the variable's categories.
    """
    weights = weights_of(measured)
    at = variables.index(measured)
    inner = math.prod(len(each.categories) for each in variables[at + 1 :])
    many = len(measured.categories)
    sums = []
    for outer in range(len(counts) // (inner * many)):
        first = outer * many * inner
        for which in range(len(SUMS)):
            for place in range(inner):
                cells = (counts[first + category * inner + place] for category in range(many))
                sums.append(sum(weights[category][which] * count for category, count in enumerate(cells)))
    return sums


def summed(variable: Variable) -> Variable:
    """The variable that takes the place of a measured one in a cube of sums: its categories are SUMS.

    The values of the first two are the ends of the scale.
    """
    least, most = scale_of(variable)
    values = {LEAST: least, MOST: most}
    return replace(variable, categories=tuple(Category(name, name, values.get(name)) for name in SUMS))


def price_of_means(precision: Precision, variable: Variable, contributions: int = 1) -> int:
    """The price of means that are at least as precise as those of a table of counts with this precision."""
    return math.ceil(price(precision, contributions) * saving(variable))


@lru_cache(maxsize=1_024)
def saving(variable: Variable) -> float:
    """The price of the means, as a part of that of a histogram whose mean is no less noisy, whatever the mean is.

    The noise of a mean m, as a part of the scale, has the variance (1 - m)² + m² by sums, and the sum of (v - m)² over
    the categories' values by a histogram, in units of that of a cell. Both are quadratic forms of (m, 1): the part is
    the largest generalized eigenvalue of the two, which is at most 1 because the ends are among the values.
    """
    parts = [part for part in _parts(variable) if part is not None]
    many, sum_of_parts, squares = len(parts), sum(parts, Fraction()), sum((part**2 for part in parts), Fraction())
    determinant = many * squares - sum_of_parts**2
    mixed = many + 2 * squares - 2 * sum_of_parts
    root = math.sqrt(max(mixed**2 - 4 * determinant, Fraction()))
    return min((float(mixed) + root) / float(2 * determinant) * (1 + 1e-12), 1.0)


def totals_of(cube: Cube, variable: str, by: Sequence[str] = ()) -> list[Total]:
    """What was drawn of each group of a cube of sums."""
    read, rolled, groups = groups_of(cube, variable, by)
    sigma = rolled.sigma
    least, most = _ends(read)
    margin, of_one = margin_of(sigma * math.sqrt(2)), margin_of(sigma)
    of_sum = margin * math.sqrt((least**2 + most**2) / 2)
    found = []
    for places, _, (low, high, _, unknown) in groups:
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


def means_of(cube: Cube, variable: str, by: Sequence[str] = ()) -> list[Statistic]:
    """The mean of each group of a cube of sums, with its interval within the scale."""
    read, rolled, groups = groups_of(cube, variable, by)
    least, most = _ends(read)
    found = []
    for places, _, (low, high, spread, _) in groups:
        value, lower, upper = mean_of_sums(low, high, spread, least, most, rolled.sigma)
        reliable = reliability_of(lower, upper, least, most)
        found.append(Statistic(Measure.MEAN, places, value, lower, upper, reliable))
    return found


def mean_of_sums(
    low: float, high: float, spread: float, least: float, most: float, sigma: float
) -> tuple[float, float, float]:
    """The mean of a group and the bounds of its interval, by its sums with noise of this scale."""
    # As a part u of the scale: low + high members, the sum of u, and that of u² = u - u (1 - u).
    squares = high - spread / SPREAD_WEIGHT
    ratio = Ratio(
        numerator=high,
        denominator=low + high,
        noise=(sigma**2, -2 * sigma**2, 2 * sigma**2),
        sampling=(squares, -2 * high, low + high),
        least=0.0,
        most=1.0,
    )
    lower, upper = ratio.interval()
    value, lower, upper = (least + (most - least) * part for part in (ratio.estimate, lower, upper))
    return value, lower, min(upper, most)


def _ends(read: Variable) -> tuple[float, float]:
    least, most = read.categories[0].value, read.categories[1].value
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


def _weights(part: Fraction | None) -> tuple[int, int, int, int]:
    if part is None:
        return 0, 0, 0, UNIT
    high = math.floor(part * UNIT + Fraction(1, 2))
    low = UNIT - high
    # Rounded down: 8 u² (1 - u)² <= 2 u (1 - u), and the squares add up to at most UNIT² in integers too.
    return low, high, math.isqrt(8 * (low * high) ** 2 // UNIT**2), 0
