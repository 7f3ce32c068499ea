"""The only place that makes one estimate of two: a release and the one that it improves on."""

import math
from collections.abc import Sequence

from privacy.noise import MICRO


def combine(
    estimates: Sequence[float], micro_rho: int, draw: Sequence[int], draw_micro_rho: int, contributions: int = 1
) -> tuple[list[float], float]:
    """The cells and their standard deviation, of estimates that cost so much and a further, independent draw.

    Weights are inverse variances (Gauss-Markov); a Gaussian's is in proportion to its rho, so that the two together
    are as good as one release of both prices: sigma² = contributions / 2 (rho + rho'). Raises ValueError where the two
    are not of one size.
    """
    if len(estimates) != len(draw):
        raise ValueError("Both are of the same cells.")
    if min(micro_rho, draw_micro_rho, contributions) < 1:
        raise ValueError("Prices and cells are above zero.")
    total = micro_rho + draw_micro_rho
    cells = [(one * micro_rho + other * draw_micro_rho) / total for one, other in zip(estimates, draw, strict=True)]
    return cells, math.sqrt(contributions * MICRO / (2 * total))
