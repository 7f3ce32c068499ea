"""Noise is the discrete Gaussian at the price charged, never less; each check is shown to fail on a planted fault."""

import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist, fmean, pvariance
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy import noise
from privacy.combining import combine
from privacy.noise import MICRO, Noise, draw, noise_for, sensitivity
from privacy.precision import PRECISIONS, Precision, cheaper, margin_of, price

Draw = Callable[[Sequence[int], int, int], list[int]]

BEYOND = NormalDist().inv_cdf(1 - 1e-4)  # correct noise exceeds this once in ten thousand times
PRICES = [("WITHIN_5", 62_831), ("WITHIN_10", 17_372), ("WITHIN_20", 4_567), ("WITHIN_50", 754)]


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Yields a monkeypatch for the noise module, with its cache of measurements cleared."""
    noise._measurement.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    noise._measurement.cache_clear()


def twice(check: Callable[[], bool]) -> bool:
    """Whether a check passes in one of two attempts: a random check sometimes fails by chance."""
    return check() or check()


def follows_the_law(micro_rho: int, draws: int, drawing: Draw = draw) -> bool:
    """Whether the noise has the masses exp(-k² / 2 sigma²), by chi-squared, and each cell is independent of the next.

    The 99.99 % point of chi-squared is Wilson and Hilferty's (1931).
    """
    sigma = noise_for(micro_rho).sigma
    found = [noisy - 100 for noisy in drawing([100] * draws, micro_rho, 1)]
    furthest = math.ceil(sigma * 12)
    masses = {k: math.exp(-0.5 * (k / sigma) ** 2) for k in range(-furthest, furthest + 1)}
    whole = math.fsum(masses.values())
    # Merged from the tails inwards, so that every class is expected at least ten times.
    seen, classes, expected, observed = Counter(found), [], 0.0, 0
    if any(value not in masses for value in seen):
        return False
    for k in sorted(masses, key=lambda k: (-abs(k), k)):
        expected, observed = expected + draws * masses[k] / whole, observed + seen[k]
        if expected >= 10:
            classes.append((expected, observed))
            expected, observed = 0.0, 0
    chi_squared = math.fsum((saw - wanted) ** 2 / wanted for wanted, saw in classes)
    free = len(classes) - 1
    point = free * (1 - 2 / (9 * free) + BEYOND * math.sqrt(2 / (9 * free))) ** 3
    variance = pvariance(found)
    linked = fmean(one * other for one, other in pairwise(found)) / variance if variance else math.inf
    return chi_squared < point and abs(linked) < BEYOND / math.sqrt(draws)


def keeps_its_price(micro_rho: int, contributions: int, draws: int, drawing: Draw = draw) -> bool:
    """Whether one member shifts what is drawn by at most sqrt(2 rho) standard deviations, as a rho-zCDP must.

    The member is in so many cells: the shift and the noise are taken along them. Fails where even the lower end of
    the shift's interval is too far; twice the shift, of a halved sensitivity, is seen at every price.
    """
    most, error = math.sqrt(2 * micro_rho / MICRO), math.sqrt(2 / draws)
    without, within = (
        [
            math.fsum(cells[at : at + contributions]) / math.sqrt(contributions)
            for at in range(0, len(cells), contributions)
        ]
        for count in (40, 41)
        for cells in [drawing([count] * (draws * contributions), micro_rho, contributions)]
    )
    deviation = math.sqrt((pvariance(without) + pvariance(within)) / 2)
    return (fmean(within) - fmean(without)) / deviation - NormalDist().inv_cdf(0.9995) * error <= most


@pytest.mark.parametrize(("micro_rho", "draws"), [(1_000_000, 15_000), (62_831, 15_000), (4_567, 15_000)])
def test_noise_follows_the_discrete_gaussian(micro_rho: int, draws: int) -> None:
    assert twice(lambda: follows_the_law(micro_rho, draws))


def test_the_distribution_check_detects_missing_noise(fault: pytest.MonkeyPatch) -> None:
    fault.setattr(noise, "_measurement", lambda micro_rho, contributions: (Noise(2.8, 62_831, 5), list))
    assert draw([3, 4], 62_831) == [3, 4]
    assert not twice(lambda: follows_the_law(62_831, 5_000))


def test_the_distribution_check_detects_shared_and_insufficient_noise() -> None:
    def shared(counts: Sequence[int], micro_rho: int, contributions: int) -> list[int]:
        singles = draw(counts[: len(counts) // 2], micro_rho, contributions)
        return [noisy for noisy in singles for _ in range(2)]

    def narrow(counts: Sequence[int], micro_rho: int, contributions: int) -> list[int]:
        return draw(counts, round(micro_rho / 0.81), contributions)

    assert not twice(lambda: follows_the_law(4_567, 8_000, shared))
    assert not twice(lambda: follows_the_law(4_567, 8_000, narrow))


AUDITED = [(1_000_000, 1, 600), (62_831, 1, 1_500), (17_372, 1, 3_000), (13_701, 3, 4_000)]


@pytest.mark.parametrize(("micro_rho", "contributions", "draws"), AUDITED)
def test_one_member_shifts_a_release_by_at_most_its_price(micro_rho: int, contributions: int, draws: int) -> None:
    assert twice(lambda: keeps_its_price(micro_rho, contributions, draws))


@pytest.mark.parametrize(
    ("micro_rho", "contributions", "draws"), [*AUDITED[:-1], pytest.param(*AUDITED[-1], marks=pytest.mark.slow)]
)
def test_the_shift_check_detects_a_halved_sensitivity(
    fault: pytest.MonkeyPatch, micro_rho: int, contributions: int, draws: int
) -> None:
    fault.setattr(noise, "sensitivity", lambda contributions: math.sqrt(contributions) / 2)
    assert not twice(lambda: keeps_its_price(micro_rho, contributions, draws))


@given(st.integers(1, 2_000_000), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_a_charge_equals_the_price_and_covers_the_privacy_loss(micro_rho: int, contributions: int) -> None:
    found = noise_for(micro_rho, contributions)
    assert found.micro_rho == micro_rho
    # In exact fractions: floats would hide an excess of one ulp.
    assert Fraction(contributions) / (2 * Fraction(found.sigma) ** 2) * MICRO <= micro_rho
    assert found.sigma == pytest.approx(math.sqrt(contributions * MICRO / (2 * micro_rho)), rel=1e-14)


@given(st.integers(1, 10_000))
def test_a_sensitivity_is_the_square_root_rounded_up(contributions: int) -> None:
    root = Fraction(sensitivity(contributions))
    assert contributions <= root**2 <= contributions * (1 + Fraction(1, 10**15))


def test_a_scale_is_increased_until_it_fits_the_price() -> None:
    dp = noise.opendp()
    space = (dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64"))
    as_written = {rho: math.sqrt(MICRO / (2 * rho)) for rho in range(1_000, 1_200)}
    too_dear = [
        rho
        for rho, sigma in as_written.items()
        if math.ceil(Fraction(dp.m.make_gaussian(*space, scale=sigma).map(1.0)) * MICRO) > rho
    ]
    assert len(too_dear) > 50
    assert all(noise_for(rho).sigma > as_written[rho] for rho in too_dear)
    assert all(noise_for(rho).micro_rho == rho for rho in too_dear)


@pytest.mark.parametrize("counts", [[], [-1], [2**31 + 1], [1.0], [True], ["1"], [None], [5, 2**40]])
def test_an_invalid_count_is_refused_and_not_repeated(counts: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"count") as refused:
        draw(counts, 4_567)
    assert not any(str(count) in str(refused.value).replace("2**31", "") for count in counts if count != 1.0)


@pytest.mark.parametrize(
    ("micro_rho", "contributions"), [(0, 1), (-1, 1), (1.5, 1), (True, 1), (4_567, 0), (4_567, -2)]
)
def test_an_invalid_price_is_refused(micro_rho: Any, contributions: int) -> None:
    with pytest.raises(ValueError, match=r"micro-rho|cell"):
        draw([1, 2], micro_rho, contributions)


@pytest.mark.parametrize("scale", [0.0, math.inf, math.nan])
def test_a_scale_without_noise_is_refused(fault: pytest.MonkeyPatch, scale: float) -> None:
    fault.setattr(noise, "sensitivity", lambda contributions: scale)
    with pytest.raises(ValueError, match="scale"):
        draw([1, 2], 4_567)


def test_the_largest_counts_and_empty_cells_get_noise() -> None:
    noisy = draw([0] * 400 + [2**31] * 400, 754)
    assert len(set(noisy[:400])) > 50
    assert min(noisy[:400]) < 0
    assert max(noisy[400:]) > 2**31


@pytest.mark.parametrize(("precision", "micro_rho"), PRICES)
def test_a_precisions_price_is_the_lowest_that_achieves_it(precision: str, micro_rho: int) -> None:
    dp, wanted = noise.opendp(), Precision(precision)
    assert price(wanted) == micro_rho
    assert noise_for(micro_rho).margin == wanted.margin
    assert noise_for(micro_rho - 1).margin == wanted.margin + 1
    # OpenDP's accuracy is the least distance that is rarely reached, which is one more than the margin.
    sigma = dp.accuracy_to_discrete_gaussian_scale(accuracy=float(wanted.margin + 1), alpha=0.05)
    assert math.ceil(MICRO / (2 * sigma**2)) == micro_rho
    assert price(wanted, 3) == 3 * micro_rho
    assert noise_for(3 * micro_rho, 3).margin == wanted.margin


def test_precisions_are_ordered_from_finest_to_cheapest() -> None:
    assert [one.margin for one in PRECISIONS] == [5, 10, 20, 50]
    assert cheaper(Precision.WITHIN_10) == (Precision.WITHIN_20, Precision.WITHIN_50)
    assert cheaper(Precision.WITHIN_50) == ()
    with pytest.raises(ValueError, match="cell"):
        price(Precision.WITHIN_50, 0)


@given(st.floats(0.3, 2_000))
@settings(max_examples=60, deadline=None)
def test_a_margin_agrees_with_opendp(sigma: float) -> None:
    assert margin_of(sigma) + 1 == noise.opendp().discrete_gaussian_scale_to_accuracy(scale=sigma, alpha=0.05)


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.inf, math.nan])
def test_a_margin_of_no_noise_is_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        margin_of(sigma)


def test_opendp_is_loaded_only_for_publishing() -> None:
    asked = (
        "import sys\n"
        "from privacy import budget, chain, combining, cubes, domains, exports, loss, noise, precision, reading\n"
        "precision.price(precision.Precision.WITHIN_20, 3), precision.margin_of(10.5)\n"
        "loss.statement(250_000, 'fr')\n"
        "print('opendp' in sys.modules)\n"
        "noise.noise_for(754)\n"
        "print('opendp' in sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.split() == ["False", "True"]


def test_a_forked_process_draws_different_noise() -> None:
    asked = (
        "import os\n"
        "from privacy.noise import draw\n"
        "draw([0] * 8, 754)\n"
        "child = os.fork()\n"
        "os.write(1, f'{draw([0] * 20, 754)}\\n'.encode())\n"
        "child and os.waitpid(child, 0)\n"
    )
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    first, second = found.stdout.splitlines()
    assert first != second


def test_two_combined_releases_are_as_precise_as_one_at_both_prices() -> None:
    first, further, cells = 17_372, 62_831 - 17_372, 8_000

    def spread(weight: int) -> float:
        noisy, more = draw([50] * cells, first), draw([50] * cells, further)
        estimates, _ = combine(noisy, weight, more, further)
        return pvariance(estimates, 50)

    _, sigma = combine([0.0], first, [0], further)
    assert sigma == pytest.approx(noise_for(62_831).sigma, rel=1e-12)
    assert margin_of(sigma) == 5
    near = BEYOND * math.sqrt(2 / cells)
    assert twice(lambda: abs(spread(first) / sigma**2 - 1) < near)
    # Equal weights are worse by a quarter, which the same check detects.
    assert not twice(lambda: abs(spread(further) / sigma**2 - 1) < near)


def test_combining_weights_by_price_and_never_clamps() -> None:
    estimates, sigma = combine([10.0, -8.0, 0.5], 754, [14, -4, -1], 3 * 754)
    assert estimates == [13.0, -5.0, -0.625]
    assert sigma == pytest.approx(math.sqrt(MICRO / (8 * 754)))
    assert combine([10.0], 754, [14], 754, 3)[1] == pytest.approx(math.sqrt(3 * MICRO / (4 * 754)))
    with pytest.raises(ValueError, match="same cells"):
        combine([1.0], 754, [1, 2], 754)
    with pytest.raises(ValueError, match="above zero"):
        combine([1.0], 0, [1], 754)
