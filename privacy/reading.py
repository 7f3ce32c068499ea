"""Reads counts, shares, means and medians from a cube, each with its confidence interval and reliability.

All figures are computed from all cells as they were drawn: cells hidden from the reader count in totals, and no cell is
clamped to a possible value, because either would bias sparse tables. As the last step, shares, means and the bounds of
their intervals are clamped to their range: 0 to 1, or the scale. No true value lies outside, so coverage is unchanged.
Intervals are 95 % confidence intervals that cover both the noise and sampling error. For a ratio x / N of noisy sums
they use the first-order approximation (the delta method: Casella and Berger 2002, section 5.5.4): the variance of the
ratio is that of x - ratio * N, divided by N².
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from privacy.cubes import Cube
from privacy.domains import Variable
from privacy.measures import Measure, Reliability
from privacy.precision import margin_of

Z = 1.959963984540054  # the normal distribution's quantile for 95 % confidence
LEAST_COUNT = 11  # a smaller count is hidden, however precise
LEAST_SIGMAS = 2  # a count below this many standard deviations is mostly noise
# If the noise of N exceeds an eighth of N, a ratio by N is no longer close to normal. In the worst case, when N passes
# this limit only because noise has raised it, the interval of a share above one half covers 90 % of truths (200 people,
# K = 6).
LEAST_CERTAIN = 8


@dataclass(frozen=True)
class Cell:
    """One cell as shown to readers.

    `category` and `by` are indices of categories. `margin` is the count's margin of error at 95 % confidence. `share`
    is the share of the cell's group, from `low` to `high` at 95 % confidence.
    """

    category: int
    by: tuple[int, ...]
    count: int
    margin: int
    share: float | None
    low: float | None
    high: float | None
    reliability: Reliability


@dataclass(frozen=True)
class Statistic:
    """A group's mean or median, from `low` to `high` at 95 % confidence; None and HIDDEN for too little data."""

    measure: Measure
    by: tuple[int, ...]
    value: float | None
    low: float | None
    high: float | None
    reliability: Reliability


def cells_of(cube: Cube, variable: str, by: Sequence[str] = ()) -> list[Cell]:
    """The variable's cells, group by group in the order of `by`, with categories running fastest.

    A share is the share of everyone in the group, UNKNOWN included; for a variable with several values per member, of
    all the values given. It is None if N is too small for it (`LEAST_CERTAIN`), whatever the cell's count. A cell's
    reliability is that of its count. Raises UnknownVariable and NotSummable as `Cube.rolled_up` does, and ValueError if
    `by` names the variable itself.
    """
    sigma, _, groups = _groups(cube, variable, by)
    margin = margin_of(sigma)
    cells = []
    for places, categories, estimates in groups:
        total, many = math.fsum(estimates), len(categories)
        certain = _certainty(total, sigma, many) is not Reliability.HIDDEN
        for category, estimate in zip(categories, estimates, strict=True):
            share, low, high = _share(estimate, total, sigma, many) if certain else (None, None, None)
            cells.append(
                Cell(
                    category=category,
                    by=places,
                    count=math.floor(estimate + 0.5),
                    margin=margin,
                    share=share,
                    low=low,
                    high=high,
                    reliability=_reliability(estimate, sigma),
                )
            )
    return cells


def statistics_of(cube: Cube, variable: str, by: Sequence[str] = ()) -> list[Statistic]:
    """The mean and the median of each group, over the categories with a value; empty unless the variable is ordinal.

    Raises UnknownVariable and NotSummable as `Cube.rolled_up` does, and ValueError if `by` names the variable itself.
    """
    sigma, read, groups = _groups(cube, variable, by)
    if not read.ordinal:
        return []
    found = []
    for places, categories, estimates in groups:
        valued = [
            (value, estimate)
            for category, estimate in zip(categories, estimates, strict=True)
            if (value := read.categories[category].value) is not None
        ]
        valued.sort(key=lambda one: one[0])
        total = math.fsum(estimate for _, estimate in valued)
        reliability = _certainty(total, sigma, len(valued))
        for measure, of in ((Measure.MEAN, _mean), (Measure.MEDIAN, _median)):
            hidden = reliability is Reliability.HIDDEN
            value, low, high = (None, None, None) if hidden else of(valued, total, sigma)
            found.append(Statistic(measure, places, value, low, high, reliability))
    return found


def _groups(
    cube: Cube, variable: str, by: Sequence[str]
) -> tuple[float, Variable, Iterator[tuple[tuple[int, ...], tuple[int, ...], list[float]]]]:
    """The noise's scale, the variable, and for each group its indices in `by`, its categories and their estimates."""
    rolled = cube.rolled_up((variable, *by))
    names = [one.name for one in rolled.variables]
    at, order = names.index(variable), [names.index(name) for name in by]
    if at in order:
        raise ValueError("A variable cannot be broken down by itself.")
    estimates = dict(zip(product(*rolled.places), rolled.estimates, strict=True))
    categories = rolled.places[at]

    def each() -> Iterator[tuple[tuple[int, ...], tuple[int, ...], list[float]]]:
        for places in product(*(rolled.places[place] for place in order)):
            found = []
            for category in categories:
                indices = [category] * len(names)
                for place, index in zip(order, places, strict=True):
                    indices[place] = index
                found.append(estimates[tuple(indices)])
            yield places, categories, found

    return rolled.sigma, rolled.variables[at], each()


def _reliability(estimate: float, sigma: float) -> Reliability:
    least = max(LEAST_COUNT, LEAST_SIGMAS * sigma)
    if estimate < least:
        return Reliability.HIDDEN
    return Reliability.LOW if estimate < 2 * least else Reliability.HIGH


def _certainty(total: float, sigma: float, cells: int) -> Reliability:
    """The reliability of a ratio whose divisor N is a total of `cells` cells: the noise of N is sigma * sqrt(cells)."""
    least = LEAST_CERTAIN * sigma * math.sqrt(cells)
    if cells == 0 or total < least:
        return Reliability.HIDDEN
    return Reliability.LOW if total < 2 * least else Reliability.HIGH


def _share(estimate: float, total: float, sigma: float, cells: int) -> tuple[float, float, float]:
    share = estimate / total
    noise = sigma**2 * ((1 - share) ** 2 + (cells - 1) * share**2) / total**2
    # The sampling error p (1 - p) / N, at the p of Agresti and Coull 1998, which stays accurate for p near 0 or 1.
    likely = min(max((estimate + Z**2 / 2) / (total + Z**2), 0.0), 1.0)
    return _around(share, noise + likely * (1 - likely) / total, 0.0, 1.0)


def _mean(valued: Sequence[tuple[float, float]], total: float, sigma: float) -> tuple[float, float, float]:
    """The mean and the bounds of its interval; `valued` are pairs of a value and its estimate, by value."""
    mean = math.fsum(value * estimate for value, estimate in valued) / total
    noise = sigma**2 * math.fsum((value - mean) ** 2 for value, _ in valued) / total**2
    spread = max(math.fsum((value - mean) ** 2 * estimate for value, estimate in valued) / total, 0.0)
    return _around(mean, noise + spread / total, valued[0][0], valued[-1][0])


def _median(valued: Sequence[tuple[float, float]], total: float, sigma: float) -> tuple[float, float, float]:
    """The first value with at least half of the total at or below it, and the bounds of its interval (Woodruff 1952).

    The excess of the cumulated count over half of the total contains every cell's noise at half its size, and the
    sampling error of N fair coins: its variance is sigma² K / 4 + N / 4. Cumulated noise may decrease, so the interval
    is the hull of all values that are not ruled out.
    """
    error = Z * math.sqrt(sigma**2 * len(valued) / 4 + total / 4)
    before, above = -total / 2, []
    for _, estimate in valued:
        above.append(before + estimate)
        before = above[-1]
    values = [value for value, _ in valued]
    last = len(values) - 1
    median = next((at for at, over in enumerate(above) if over >= 0), last)
    low = next((at for at, over in enumerate(above) if over >= -error), last)
    high = next((at + 1 for at in range(last - 1, -1, -1) if above[at] <= error), 0)
    return values[median], values[low], values[high]


def _around(value: float, variance: float, least: float, most: float) -> tuple[float, float, float]:
    """A figure and the bounds of its interval, each clamped to `least` and `most`."""
    error = Z * math.sqrt(variance)
    figure, low, high = (min(max(each, least), most) for each in (value, value - error, value + error))
    return figure, low, high
