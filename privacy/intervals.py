"""Confidence intervals of ratios of noisy sums, such as shares and means.

A ratio m of a numerator A to a denominator N is tested by the sum A - m N, whose expectation is zero at the true m,
however small or noisy N is (Fieller 1954). Unlike an interval around A / N, the set of all m that pass needs no
condition on N. Such a condition would spoil it: a figure that is shown only if its N came out large is covered less
often than stated, because the noise that made N large is also in the figure.

Near the ends of the range, where Fieller's set may be empty, the interval is that of Feldman and Cousins 1998
(section IV.B): values are accepted in the order of their likelihood relative to that of the best value in the range.
Of a group whose noisy size is zero or less, nearly nothing is known: the interval is the whole range, unless the
numerator alone shows that the ratio lies away from an end.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

CHANCE = 0.95
NORMAL = NormalDist()
Z = NORMAL.inv_cdf((1 + CHANCE) / 2)
STEPS = 64  # of the table of critical values, for each standard deviation
HALVINGS = 24  # of a bisection: 1e-7 of the range
PARTS = 16  # of the range beyond the estimate that are searched for accepted values

Quadratic = tuple[float, float, float]  # the coefficients of 1, m and m²


@dataclass(frozen=True)
class Ratio:
    """A ratio of two noisy sums, within `least` to `most`.

    `noise` and `sampling` are the variances of numerator - m * denominator that noise and sampling add, in m.
    """

    numerator: float
    denominator: float
    noise: Quadratic
    sampling: Quadratic
    least: float
    most: float

    @property
    def estimate(self) -> float:
        """The ratio, clamped to the range. Where the denominator is not positive, the end that the numerator is for."""
        if self.denominator > 0:
            return min(max(self.numerator / self.denominator, self.least), self.most)
        return self.most if self.numerator > self.least * self.denominator else self.least

    def interval(self) -> tuple[float, float]:
        """The bounds of the 95 % confidence interval, which contains the estimate and lies within the range."""
        return self._bound(self.least, self.estimate), self._bound(self.most, self.estimate)

    def _bound(self, end: float, best: float) -> float:
        """The accepted value nearest to this end of the range. The interval includes gaps between accepted values."""
        accepts = self._accepted(best) if self.denominator > 0 else self._accepted_of_nobody(end, best)
        if accepts(end):
            return end
        if self.denominator > 0 and self.least < best < self.most:
            root = self._root(end, best)
            # Where it is nearer to the estimate than to the end, the bound is Fieller's.
            if root is not None and abs(root - best) <= abs(end - root):
                return root
        outside, inside = end, best
        for part in range(1, PARTS):
            value = end + (best - end) * part / PARTS
            if accepts(value):
                inside = value
                break
            outside = value
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            if accepts(middle):
                inside = middle
            else:
                outside = middle
        return inside

    def _accepted(self, best: float) -> Callable[[float], bool]:
        """Whether a value passes."""
        least = self._misfit(best, self._variance(best))

        def accepts(value: float) -> bool:
            variance = self._variance(value)
            return self._misfit(value, variance) <= least + _critical(self._distance(value, variance))

        return accepts

    def _accepted_of_nobody(self, end: float, best: float) -> Callable[[float], bool]:
        """Whether a value passes as a bound on the side of this end, if the denominator is not positive.

        It counts as zero, since the true one is not below. Only a numerator that is too far from that of the end is
        evidence, whatever the value.
        """
        if (self.numerator - end * self.denominator) * (self.most + self.least - 2 * end) <= 0:
            return lambda value: True
        least = self._misfit(end, self._variance(best))
        most = Z**2 if least <= Z**2 else least + Z**2
        return lambda value: self._misfit(end, self._variance(value)) <= most

    def _misfit(self, tested: float, variance: float) -> float:
        """The square of numerator - tested * denominator, in units of this variance."""
        difference = self.numerator - tested * self.denominator
        if variance <= 0:  # of a mean over one category: it is that category's value
            return 0.0 if difference == 0 else math.inf
        return difference**2 / variance

    def _variance(self, value: float) -> float:
        return _at(self.noise, value) + max(_at(self.sampling, value), 0.0)

    def _distance(self, value: float, variance: float) -> float:
        """The distance to the nearer end of the range, in standard deviations."""
        room = max(min(value - self.least, self.most - value), 0.0)
        return room * self.denominator / math.sqrt(variance) if variance > 0 else 0.0

    def _root(self, end: float, best: float) -> float | None:
        """The bound of Fieller's set on the side of this end, if it is a root of its quadratic equation."""
        variance = [one + other for one, other in zip(self.noise, self.sampling, strict=True)]
        constant = self.numerator**2 - Z**2 * variance[0]
        half = -self.numerator * self.denominator - Z**2 * variance[1] / 2
        square = self.denominator**2 - Z**2 * variance[2]
        within = half**2 - square * constant
        if square <= 0 or within < 0:
            return None
        root = (-half + math.copysign(math.sqrt(within), end - best)) / square
        return root if self.least < root < self.most and _at(self.sampling, root) >= 0 else None


def _at(coefficients: Quadratic, value: float) -> float:
    constant, linear, square = coefficients
    return constant + value * (linear + value * square)


def _critical(distance: float) -> float:
    """The critical misfit of a value this many standard deviations from the end of the range, interpolated.

    It rises from the square of the one-sided quantile, at the end itself, to that of the two-sided one.
    """
    if distance >= Z:
        return Z**2
    place = distance * STEPS
    below = int(place)
    table = _criticals()
    return table[below] + (place - below) * (table[below + 1] - table[below])


@lru_cache(maxsize=1)
def _criticals() -> tuple[float, ...]:
    def covered(distance: float, misfit: float) -> float:
        # Towards the end, values beyond it fit best at the end: (y - d)² - (y - 0)² <= misfit.
        towards = math.sqrt(misfit) if distance**2 >= misfit else (distance**2 + misfit) / (2 * distance)
        return NORMAL.cdf(math.sqrt(misfit)) - NORMAL.cdf(-towards)

    found = [NORMAL.inv_cdf(CHANCE) ** 2]
    for step in range(1, math.ceil(Z * STEPS) + 1):
        low, high = found[0], Z**2
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if covered(step / STEPS, middle) < CHANCE else (low, middle)
        found.append(high)
    return tuple(found)
