"""The precisions on offer: their margins of error and their prices in micro-rho."""

import math
from collections.abc import Mapping
from functools import lru_cache

from privacy.described import DescribedEnum

ALPHA = 0.05  # of a margin: one count in twenty lies further off
CONFIDENCE = f"{100 * (1 - ALPHA):.0f} %"  # as people read it
MICRO = 1_000_000  # micro-rho per rho: costs are integers, because float sums would refuse charges that still fit
CERTAIN = 1e-12  # of a normalising sum: what is left out of it


class Precision(DescribedEnum):
    """The margin of error of each count. A smaller margin costs more of the dataset's privacy budget."""

    WITHIN_5 = "WITHIN_5", "A margin of error of 5."
    WITHIN_10 = "WITHIN_10", "A margin of error of 10."
    WITHIN_20 = "WITHIN_20", "A margin of error of 20."
    WITHIN_50 = "WITHIN_50", "A margin of error of 50."

    @property
    def margin(self) -> int:
        return int(self.value.removeprefix("WITHIN_"))


PRECISIONS = tuple(Precision)  # the finest first
# The smallest micro-rho at which noise of scale sqrt(1 / 2 rho) has the margin. Constants, so that quotes stay cheap.
PRICES: Mapping[Precision, int] = {
    Precision.WITHIN_5: 62_831,
    Precision.WITHIN_10: 17_372,
    Precision.WITHIN_20: 4_567,
    Precision.WITHIN_50: 754,
}


def price(precision: Precision, contributions: int = 1) -> int:
    """The price of a release of this precision, in micro-rho, if one member may be in up to `contributions` cells.

    The squared L2 sensitivity is `contributions`, and the rho of Gaussian noise is that divided by twice the variance
    (Bun and Steinke 2016, proposition 1.6): at the same noise, m cells cost m times as much. Raises ValueError if
    `contributions` is below one.
    """
    if contributions < 1:
        raise ValueError("A member is in at least one cell.")
    return PRICES[precision] * contributions


def sigma_of(micro_rho: int, contributions: int = 1) -> float:
    """The scale of the noise that a price pays for, to within rounding; `privacy.noise` has the exact one.

    For quotes, which need not load the library that draws.
    """
    return math.sqrt(contributions * MICRO / (2 * micro_rho))


def cheaper(precision: Precision) -> tuple[Precision, ...]:
    """The coarser precisions, the most expensive first."""
    return PRECISIONS[PRECISIONS.index(precision) + 1 :]


@lru_cache(maxsize=1_024)
def margin_of(sigma: float) -> int:
    """The margin of error of one count: the smallest h that noise of this scale exceeds at most one time in twenty.

    The noise is the discrete Gaussian, whose mass at k is proportional to exp(-k² / 2 sigma²) (Canonne, Kamath and
    Steinke 2020, definition 1). The result also serves for a rounded sum of such noises, with sigma the root of the sum
    of their squares: a normal approximation of the sum, off by far less than one. Raises ValueError if `sigma` is not
    finite or not above zero.
    """
    if not (math.isfinite(sigma) and sigma > 0):
        raise ValueError("Noise has a finite scale above zero.")
    furthest = math.ceil(sigma * math.sqrt(-2 * math.log(CERTAIN))) + 1
    masses = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(furthest + 1)]
    wanted = (1 - ALPHA) * (2 * math.fsum(masses) - masses[0])
    within, margin = masses[0], 0
    while within < wanted:
        margin += 1
        within += 2 * masses[margin]
    return margin
