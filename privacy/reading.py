"""Reads counts, shares, means and medians from a cube, each with its confidence interval and reliability.

All figures are computed from all cells as they were drawn: cells hidden from the reader count in totals, and no cell is
clamped to a possible value, because either would bias sparse tables. Intervals are 95 % confidence intervals that cover
both the noise and sampling error. Shares, means and medians are given whatever the noise was: to hide those with wide
intervals would select by the noise, and the intervals of the others would cover less often than stated.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from privacy.cubes import Cube, GroupNoise, cells_in
from privacy.domains import Variable
from privacy.intervals import NORMAL, Quadratic, Ratio, Z
from privacy.measures import EMPTY_SHOWN, LEAST_COUNT, PRECISE_COUNT, PRECISE_WIDTH, Measure, Reliability
from privacy.precision import margin_of


@dataclass(frozen=True)
class Size:
    """The published number of members in a dataset, and the standard deviation of its noise."""

    estimate: float
    sigma: float


@dataclass(frozen=True)
class Cell:
    """One cell as shown to readers.

    `category` and `by` are indices of categories. `margin` is the count's margin of error at 95 % confidence. `share`
    is the share of the cell's group, from `low` to `high` at 95 % confidence. `reliability` is that of the count,
    `share_reliability` that of the share.
    """

    category: int
    by: tuple[int, ...]
    count: int
    margin: int
    share: float | None
    low: float | None
    high: float | None
    reliability: Reliability
    share_reliability: Reliability | None


@dataclass(frozen=True)
class Statistic:
    """A group's mean or median, from `low` to `high` at 95 % confidence; None and HIDDEN without any category."""

    measure: Measure
    by: tuple[int, ...]
    value: float | None
    low: float | None
    high: float | None
    reliability: Reliability


def cells_of(
    cube: Cube, variable: str, by: Sequence[str] = (), size: Size | None = None, noise: GroupNoise | None = None
) -> list[Cell]:
    """The variable's cells, group by group in the order of `by`, with categories running fastest.

    A share is the share of everyone in the group, UNKNOWN included. For a variable with several values per member, a
    group's size is not the sum of its cells: the share is that of all members of the dataset, of whom there are `size`,
    and is None in groups, in a slice by another variable, and without `size`. `noise` is that of the cells of a group,
    if it is not independent.

    Raises UnknownVariable and NotSummable as `Cube.rolled_up` does, and ValueError if `by` names the variable itself.
    """
    read, rolled, groups = groups_of(cube, variable, by)
    noise = noise or rolled.noise_within(variable)
    margin = margin_of(noise.sigma)
    least = least_shown(noise.sigma, cells_in(rolled.variables))
    everyone = size if not by and cube.narrowed <= {variable} else None
    cells = []
    for places, categories, estimates in groups:
        total = math.fsum(estimates)
        for category, estimate in zip(categories, estimates, strict=True):
            share = low = high = reliable = None
            if read.max_per_member == 1:
                share, low, high = share_of_group(estimate, total, noise)
            elif everyone is not None:
                share, low, high = _given(ratio_of_members(estimate, noise, everyone))
            if low is not None and high is not None:
                reliable = reliability_of(low, high, 0.0, 1.0)
            cells.append(
                Cell(
                    category=category,
                    by=places,
                    count=math.floor(estimate + 0.5),
                    margin=margin,
                    share=share,
                    low=low,
                    high=high,
                    reliability=_reliability(estimate, least, margin),
                    share_reliability=reliable,
                )
            )
    return cells


def statistics_of(
    cube: Cube, variable: str, by: Sequence[str] = (), noise: GroupNoise | None = None
) -> list[Statistic]:
    """The mean and the median of each group, over the categories with a value; empty if the variable has none.

    `noise` is that of the cells of a group, if it is not independent. Raises UnknownVariable and NotSummable as
    `Cube.rolled_up` does, and ValueError if `by` names the variable itself.
    """
    read, rolled, groups = groups_of(cube, variable, by)
    if not read.ordinal or all(category.value is None for category in read.categories):
        return []
    noise = noise or rolled.noise_within(variable)
    found = []
    for places, categories, estimates in groups:
        valued = [
            (value, estimate)
            for category, estimate in zip(categories, estimates, strict=True)
            if (value := read.categories[category].value) is not None
        ]
        valued.sort(key=lambda one: one[0])
        for measure, of in ((Measure.MEAN, mean_of_group), (Measure.MEDIAN, _median)):
            if not valued:
                found.append(Statistic(measure, places, None, None, None, Reliability.HIDDEN))
                continue
            value, low, high = of(valued, noise)
            reliable = reliability_of(low, high, valued[0][0], valued[-1][0])
            found.append(Statistic(measure, places, value, low, high, reliable))
    return found


@lru_cache(maxsize=1_024)
def least_shown(sigma: float, cells: int) -> float:
    """The smallest count that is shown in a table of this many cells.

    Noise alone reaches it in one of `cells` empty cells with the probability EMPTY_SHOWN at most (Šidák 1967). Noise is
    a whole number, whose tail from n on is at most that of the normal distribution from n - 0.5 on, beyond one sigma.
    """
    return max(LEAST_COUNT, sigma * NORMAL.inv_cdf((1 - EMPTY_SHOWN) ** (1 / cells)) + 0.5)


def reliability_of(low: float, high: float, least: float, most: float) -> Reliability:
    """The reliability of a share, mean or median in a range from `least` to `most`, by its interval."""
    if high - low <= PRECISE_WIDTH * (most - least):
        return Reliability.HIGH
    return Reliability.NONE if (low, high) == (least, most) else Reliability.LOW


def groups_of(
    cube: Cube, variable: str, by: Sequence[str]
) -> tuple[Variable, Cube, Iterator[tuple[tuple[int, ...], tuple[int, ...], list[float]]]]:
    """The variable, the cube over it and `by` alone, and each group's indices in `by`, categories and estimates."""
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

    return rolled.variables[at], rolled, each()


def _reliability(estimate: float, least: float, margin: int) -> Reliability:
    if estimate < least:
        return Reliability.HIDDEN
    return Reliability.LOW if estimate < PRECISE_COUNT * margin else Reliability.HIGH


def share_of_group(estimate: float, total: float, noise: GroupNoise) -> tuple[float, float, float]:
    """The share of the group's total of one cell with this estimate, and the bounds of its interval."""
    if noise.cells == 1:
        return 1.0, 1.0, 1.0
    return _given(ratio_of_group(estimate, total, noise))


def ratio_of_group(estimate: float, total: float, noise: GroupNoise) -> Ratio:
    """The share of the group's total of one of several cells, as a ratio."""
    return _proportion(estimate, total, (noise.combined(1, 1), -2 * noise.combined(1, noise.cells), noise.total))


def ratio_of_members(estimate: float, noise: GroupNoise, size: Size) -> Ratio:
    """The share of all members of one cell, as a ratio."""
    return _proportion(estimate, size.estimate, (noise.sigma**2, 0.0, size.sigma**2))


def _proportion(part: float, whole: float, noise: Quadratic) -> Ratio:
    people = max(whole, 1.0)
    return Ratio(part, whole, noise, sampling=(0.0, people, -people), least=0.0, most=1.0)


def mean_of_group(valued: Sequence[tuple[float, float]], noise: GroupNoise) -> tuple[float, float, float]:
    """The mean and the bounds of its interval; `valued` are pairs of a value and its estimate, by value."""
    return _given(ratio_of_mean(valued, noise))


def ratio_of_mean(valued: Sequence[tuple[float, float]], noise: GroupNoise) -> Ratio:
    """The mean as a ratio; `valued` are pairs of a value and its estimate, by value."""
    values = [value for value, _ in valued]
    many, sum_of_values = len(values), math.fsum(values)
    total = math.fsum(estimate for _, estimate in valued)
    summed = math.fsum(value * estimate for value, estimate in valued)
    squares = math.fsum(value**2 * estimate for value, estimate in valued)
    of_total = noise.combined(many, many**2)
    return Ratio(
        numerator=summed,
        denominator=total,
        noise=(
            noise.combined(math.fsum(value**2 for value in values), sum_of_values**2),
            -2 * noise.combined(sum_of_values, many * sum_of_values),
            of_total,
        ),
        sampling=(squares, -2 * summed, total),
        least=values[0],
        most=values[-1],
    )


def _given(ratio: Ratio) -> tuple[float, float, float]:
    return ratio.estimate, *ratio.interval()


def _median(valued: Sequence[tuple[float, float]], noise: GroupNoise) -> tuple[float, float, float]:
    """The first value with at least half of the total at or below it, and the bounds of its interval (Woodruff 1952).

    The excess of the cumulated count over half of the total contains every cell's noise at half its size, added or
    subtracted, and the sampling error of N fair coins: for independent noise, its variance is sigma² K / 4 + N / 4.
    Cumulated noise may decrease, so the interval is the hull of all values that are not ruled out: all, if the total is
    not positive.
    """
    total = math.fsum(estimate for _, estimate in valued)
    many = len(valued)
    noisy = max(noise.combined(many, many**2), noise.combined(many, 0)) / 4
    error = Z * math.sqrt(noisy + max(total, 0.0) / 4)
    before, above = -total / 2, []
    for _, estimate in valued:
        above.append(before + estimate)
        before = above[-1]
    values = [value for value, _ in valued]
    last = len(values) - 1
    median = next((at for at, over in enumerate(above) if over >= 0), last)
    if total <= 0:
        return values[median], values[0], values[last]
    low = next((at for at, over in enumerate(above) if over >= -error), last)
    high = next((at + 1 for at in range(last - 1, -1, -1) if above[at] <= error), 0)
    return values[median], values[low], values[high]
