"""Decides with noise whether a count has reached a number, at one price for all looks until it has.

This is the sparse vector technique for a single positive answer, AboveThreshold (Dwork and Roth 2014, algorithm 1). The
number gets noise once, and the count at each look; what is released is only the look at which the noisy count reaches
the noisy number. With Laplace noise of scale 1 / e1 on the number and 1 / e2 on the counts, it is
(e1 + e2)-differentially private if one member changes all counts in the same direction, by at most one (Lyu, Su and Li
2017, theorem 5: such counts need only half of the noise), and e-differential privacy is e²/2-zCDP (Bun and Steinke
2016, proposition 1.4).
A member who can answer a survey raises its count at each look by one, or not at all: never one by one and another by
minus one. The noise is the discrete Laplace distribution on integers, to which the same proof applies.
"""

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

from privacy.noise import LARGEST, MICRO, opendp

PRICE = 2_450  # micro-rho: e1 and e2 of 0.035 each


def noisy_threshold(number: int) -> int:
    """The number with its noise, drawn once and never shown. Raises ValueError if it is not from 0 to 2**31."""
    return _noisy(number)


def has_reached(count: int, threshold: int) -> bool:
    """Whether the count, with noise of its own, has reached the noisy threshold.

    To be called for one threshold until it returns True, and never again. Raises ValueError if the count is not from 0
    to 2**31; the error does not contain it.
    """
    return _noisy(count) >= threshold


def scale() -> float:
    """The scale of the noise of the threshold, and of each count."""
    found, _ = _measurement()
    return found


def _noisy(count: int) -> int:
    if type(count) is not int or not 0 <= count <= LARGEST:
        raise ValueError("A count is a whole number from 0 to 2**31.")
    _, measurement = _measurement()
    noisy: int = measurement(count)
    return noisy


@lru_cache(maxsize=1)
def _measurement() -> tuple[float, Any]:
    """The smallest noise whose proven charge, for the threshold and the counts together, is at most the price."""
    dp = opendp()
    found = 2 / math.sqrt(2 * PRICE / MICRO)
    while True:
        measurement = dp.m.make_laplace(dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=found)
        epsilon = 2 * Fraction(measurement.map(1))
        if math.ceil(epsilon**2 / 2 * MICRO) <= PRICE:
            return found, measurement
        found = math.nextafter(found, math.inf)
