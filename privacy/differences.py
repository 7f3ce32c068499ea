"""The confidence interval of the difference of two ratios whose noise and members are independent.

The errors of the two are squared and added, side by side (Zou and Donner 2008, after Newcombe 1998), from Fieller's set
of each. The sets are not cut off at the ends of the range: a set that was cut has lost one side of its error, and the
difference of two small shares would be covered up to 99 % of the time. Only the result is kept within what is possible.
Where noise may account for a whole denominator, Fieller's set has no bounds. Then the interval within the range takes
its place, and the difference is covered more often than stated.
"""

import math
from dataclasses import dataclass

from privacy.intervals import Quadratic, Ratio, Z


@dataclass(frozen=True)
class Difference:
    """A difference, from `low` to `high` at 95 % confidence."""

    value: float
    low: float
    high: float


def difference(before: Ratio, after: Ratio) -> Difference:
    """The difference of the estimates, `after` less `before`, with an interval that contains it.

    If the members of both have something in common that makes their answers alike, the interval is wider than needed.
    """
    value = after.estimate - before.estimate
    one, other = _free(before), _free(after)
    if one is None or other is None:
        one, other = (before.estimate, *before.interval()), (after.estimate, *after.interval())
    (first, first_low, first_high), (second, second_low, second_high) = one, other
    middle = second - first
    low = middle - math.hypot(second - second_low, first_high - first)
    high = middle + math.hypot(second_high - second, first - first_low)
    least, most = after.least - before.most, after.most - before.least
    return Difference(value, min(max(low, least), value), max(min(high, most), value))


def _free(ratio: Ratio) -> tuple[float, float, float] | None:
    """The ratio and Fieller's set around it, neither kept within the range; None if the set has no bounds."""
    if ratio.denominator <= 0:
        return None
    best = ratio.numerator / ratio.denominator
    low, high = _bound(ratio, -1), _bound(ratio, 1)
    return None if low is None or high is None else (best, min(low, best), max(high, best))


def _bound(ratio: Ratio, side: int) -> float | None:
    both: Quadratic = (
        ratio.noise[0] + ratio.sampling[0],
        ratio.noise[1] + ratio.sampling[1],
        ratio.noise[2] + ratio.sampling[2],
    )
    found = _root(ratio, both, side)
    constant, linear, square = ratio.sampling
    if found is not None and constant + found * (linear + found * square) >= 0:
        return found
    return _root(ratio, ratio.noise, side)  # beyond the range there is no sampling error


def _root(ratio: Ratio, variance: Quadratic, side: int) -> float | None:
    constant = ratio.numerator**2 - Z**2 * variance[0]
    half = -ratio.numerator * ratio.denominator - Z**2 * variance[1] / 2
    square = ratio.denominator**2 - Z**2 * variance[2]
    within = half**2 - square * constant
    return None if square <= 0 or within < 0 else (-half + side * math.sqrt(within)) / square
