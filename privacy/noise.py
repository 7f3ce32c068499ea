"""The only place that makes noise: the discrete Gaussian, drawn by OpenDP, charged by its own proven privacy map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from privacy.precision import margin_of

MICRO = 1_000_000  # micro-rho in one rho: costs are whole numbers, for sums of floats refuse what still fits
LARGEST = 2**31  # of a count: near 2**63 the library saturates and says nothing


@dataclass(frozen=True)
class Noise:
    """A discrete Gaussian: its scale, its charge in micro-rho, and the margin of one count at 95 %."""

    sigma: float
    micro_rho: int
    margin: int


def noise_for(micro_rho: int, contributions: int = 1) -> Noise:
    """The least noise whose proven charge is at most `micro_rho`, a member being in at most so many cells.

    Raises ValueError for a price or a number of cells below one. Loads OpenDP (47 MB, 0.3 s) the first time.
    """
    noise, _ = _measurement(micro_rho, contributions)
    return noise


def draw(counts: Sequence[int], micro_rho: int, contributions: int = 1) -> list[int]:
    """The counts with noise on every one, empty ones too: whole numbers, some below zero. Blocks (11 us a cell).

    A member may add one to at most `contributions` of them. Raises ValueError for anything but whole counts from 0 to
    2**31, before any of them is looked at by the library; it never says what the counts were.
    """
    _, measurement = _measurement(micro_rho, contributions)
    exact = list(counts)
    if not exact:
        raise ValueError("There is nothing to count.")
    if not all(type(count) is int and 0 <= count <= LARGEST for count in exact):
        raise ValueError("A count is a whole number from 0 to 2**31.")
    noisy: list[int] = measurement(exact)
    if len(noisy) != len(exact):
        raise ValueError("The noise is of another size.")
    return noisy


def sensitivity(contributions: int) -> float:
    """How far one member moves a histogram, in L2: the square root of the cells that it is in, rounded up."""
    if contributions < 1:
        raise ValueError("A member is in at least one cell.")
    root = math.sqrt(contributions)
    while Fraction(root) ** 2 < contributions:
        root = math.nextafter(root, math.inf)
    return root


@lru_cache(maxsize=256)
def _measurement(micro_rho: int, contributions: int) -> tuple[Noise, Any]:
    """The measurement whose map, rounded up to a whole micro-rho, is at most the price (OpenDP 0.16, make_gaussian)."""
    if type(micro_rho) is not int or micro_rho < 1:
        raise ValueError("A price is a whole number of micro-rho above zero.")
    moved = sensitivity(contributions)
    dp = _opendp()
    space = (dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64"))
    # rho = d² / 2 sigma² (Canonne, Kamath and Steinke 2020, section 2). Half of all such scales cost an ulp too much.
    sigma = moved / math.sqrt(2 * micro_rho / MICRO)
    while True:
        # A scale of zero would build a measurement that adds no noise at all.
        if not (math.isfinite(sigma) and sigma > 0):
            raise ValueError("Noise has a finite scale above zero.")
        measurement = dp.m.make_gaussian(*space, scale=sigma)
        charge = math.ceil(Fraction(measurement.map(moved)) * MICRO)
        if charge <= micro_rho:
            return Noise(sigma=sigma, micro_rho=charge, margin=margin_of(sigma)), measurement
        sigma = math.nextafter(sigma, math.inf)


@lru_cache(maxsize=1)
def _opendp() -> Any:
    # Here and not above: a process that never publishes does not pay for a library of 265 MB.
    import opendp.prelude as dp

    dp.enable_features("contrib")
    return dp
