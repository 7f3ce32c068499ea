"""Combines a release with the one it improves on into one estimate."""

import math
from collections.abc import Sequence

from privacy.noise import MICRO


def combine(
    estimates: Sequence[float], micro_rho: int, draw: Sequence[float], draw_micro_rho: int, contributions: int = 1
) -> tuple[list[float], float]:
    """The combined cells and their standard deviation, from estimates and a further, independent draw.

    `micro_rho` is what the estimates cost, `draw_micro_rho` what the draw cost. Weights are inverse variances
    (Gauss-Markov). The inverse variance of Gaussian noise is proportional to its rho, so the two together are as good
    as one release at the sum of both prices: sigma² = contributions / 2 (rho + rho').

    Raises ValueError if the two have different numbers of cells, or if a price or `contributions` is below one.
    """
    if len(estimates) != len(draw):
        raise ValueError("The estimates and the draw must have the same cells.")
    if min(micro_rho, draw_micro_rho, contributions) < 1:
        raise ValueError("Prices and contributions must be above zero.")
    total = micro_rho + draw_micro_rho
    cells = [(one * micro_rho + other * draw_micro_rho) / total for one, other in zip(estimates, draw, strict=True)]
    return cells, math.sqrt(contributions * MICRO / (2 * total))
