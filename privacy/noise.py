"""Adds discrete Gaussian noise, drawn by OpenDP and charged by its proven privacy map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from privacy.precision import MICRO as MICRO
from privacy.precision import margin_of

LARGEST = 2**31  # of a count: near 2**63 the library saturates silently


@dataclass(frozen=True)
class Noise:
    """A discrete Gaussian: its scale, its charge in micro-rho, and one count's margin of error at 95 % confidence."""

    sigma: float
    micro_rho: int
    margin: int


def noise_for(micro_rho: int, contributions: int = 1) -> Noise:
    """The smallest noise whose proven charge is at most `micro_rho` if a member is in at most `contributions` cells.

    The first call loads OpenDP (0.3 s). Raises ValueError if the price or the number of cells is below one.
    """
    noise, _ = _measurement(micro_rho, contributions)
    return noise


def draw(counts: Sequence[int], micro_rho: int, contributions: int = 1, least: int = 0) -> list[int]:
    """The counts, each with independent noise added, zeros included: integers, some below zero.

    A member may add one to at most `contributions` of the counts, or change them by numbers whose squares add up to at
    most that. Blocks for about 11 microseconds per cell. Raises
    ValueError if the price or `contributions` is below one, if there is no count, or if a count is not an integer from
    `least` to 2**31; this is checked before the library sees any count, and the error never contains one.
    """
    _, measurement = _measurement(micro_rho, contributions)
    exact = list(counts)
    if not exact:
        raise ValueError("There is nothing to count.")
    if not all(type(count) is int and least <= count <= LARGEST for count in exact):
        raise ValueError(f"A count is a whole number from {least} to 2**31.")
    noisy: list[int] = measurement(exact)
    if len(noisy) != len(exact):
        raise ValueError("The number of noisy counts differs from the number of counts.")
    return noisy


def draw_each(tables: Sequence[tuple[Sequence[int], int, int, int]]) -> list[tuple[list[int], float]]:
    """As `draw`, of the counts, price, contributions and least count of each table; with the noise's deviation."""
    return [
        (draw(counts, micro_rho, contributions, least), noise_for(micro_rho, contributions).sigma)
        for counts, micro_rho, contributions, least in tables
    ]


def sensitivity(contributions: int) -> float:
    """The L2 sensitivity of a histogram to one member: the square root of the cells they are in, rounded up.

    Raises ValueError if `contributions` is below one.
    """
    if contributions < 1:
        raise ValueError("A member is in at least one cell.")
    root = math.sqrt(contributions)
    while Fraction(root) ** 2 < contributions:
        root = math.nextafter(root, math.inf)
    return root


@lru_cache(maxsize=256)
def _measurement(micro_rho: int, contributions: int) -> tuple[Noise, Any]:
    """The measurement whose charge, in whole micro-rho, is at most the price (OpenDP 0.16, make_gaussian)."""
    if type(micro_rho) is not int or micro_rho < 1:
        raise ValueError("A price is a whole number of micro-rho above zero.")
    moved = sensitivity(contributions)
    dp = opendp()
    space = (dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64"))
    # rho = d² / 2 sigma² (Canonne, Kamath and Steinke 2020, section 2). Rounding makes half of these scales cost an ulp
    # more than the price; the loop then takes the next larger float.
    sigma = moved / math.sqrt(2 * micro_rho / MICRO)
    while True:
        # The library would accept a scale of zero and add no noise at all.
        if not (math.isfinite(sigma) and sigma > 0):
            raise ValueError("Noise has a finite scale above zero.")
        measurement = dp.m.make_gaussian(*space, scale=sigma)
        charge = math.ceil(Fraction(measurement.map(moved)) * MICRO)
        if charge <= micro_rho:
            return Noise(sigma=sigma, micro_rho=charge, margin=margin_of(sigma)), measurement
        sigma = math.nextafter(sigma, math.inf)


@lru_cache(maxsize=1)
def opendp() -> Any:
    """The library, loaded when it is first used."""
    # Imported here, so that a process that does not draw does without it.
    import opendp.prelude as dp

    dp.enable_features("contrib")
    return dp
