"""What is expected of an insight before it is drawn, compared with what tables show once they are."""

import random
from dataclasses import replace
from statistics import fmean

import pytest

from privacy.cubes import Cube
from privacy.domains import UNKNOWN, Category, DomainRule, Variable
from privacy.expecting import (
    least_count_shown,
    least_group_for_mean,
    least_group_for_share,
    rare_categories,
    readable_cells,
    shares_of,
)
from privacy.groupings import grouped, partition
from privacy.measures import LEAST_COUNT, Measure, Reliability
from privacy.noise import noise_for
from privacy.precision import PRECISIONS, Precision, price, sigma_of
from privacy.reading import cells_of, statistics_of


def scale(name: str, many: int, several: int = 1, ordinal: bool = True) -> Variable:
    valued = tuple(Category(f"C{at}", f"C{at}", float(at) if ordinal else None) for at in range(many))
    return Variable(name, name, (*valued, Category(UNKNOWN, UNKNOWN)), DomainRule.NUMBER, ordinal, several)


PAIN, ARM, TAKEN = scale("pain", 11), scale("arm", 4, ordinal=False), scale("taken", 4, several=2, ordinal=False)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("contributions", [1, 3, 7])
def test_the_scale_of_a_quote_is_that_of_the_noise(precision: Precision, contributions: int) -> None:
    charge = price(precision, contributions)
    assert sigma_of(charge, contributions) == pytest.approx(noise_for(charge, contributions).sigma, rel=1e-6)


@pytest.mark.parametrize("within", [5, 10, 20, 50])
@pytest.mark.parametrize("variable", [PAIN, ARM, scale("few", 2)])
def test_a_group_of_the_least_size_has_a_precise_share(variable: Variable, within: int) -> None:
    sigma = sigma_of(price(Precision(f"WITHIN_{within}")))
    least = least_group_for_share(variable, sigma)
    assert least is not None
    for members, precise in ((least, True), (least - 1, False)):
        estimates = (members / 2, members / 2, *(0.0 for _ in variable.categories[2:]))
        cell = cells_of(Cube((variable,), estimates, sigma), variable.name)[0]
        assert (cell.share_reliability is Reliability.HIGH) == precise


@pytest.mark.parametrize("within", [5, 10, 20, 50])
@pytest.mark.parametrize("variable", [PAIN, scale("few", 3)])
def test_a_group_of_the_least_size_has_a_precise_mean(variable: Variable, within: int) -> None:
    sigma = sigma_of(price(Precision(f"WITHIN_{within}")))
    least = least_group_for_mean(variable, sigma)
    assert least is not None
    many = len(variable.categories) - 1
    for members, precise in ((least, True), (least - 1, False)):
        estimates = (*(members / many for _ in range(many)), 0.0)
        statistics = statistics_of(Cube((variable,), estimates, sigma), variable.name)
        [mean] = [each for each in statistics if each.measure is Measure.MEAN]
        assert (mean.reliability is Reliability.HIGH) == precise


def test_some_variables_have_no_least_group() -> None:
    assert least_group_for_share(TAKEN, 5.0) is None
    assert least_group_for_mean(ARM, 5.0) is None
    assert least_group_for_mean(scale("one", 1), 5.0) is None


@pytest.mark.parametrize("within", [5, 10, 20, 50])
@pytest.mark.parametrize("size", [240, 2_000])
def test_as_many_cells_are_readable_as_were_expected(within: int, size: int) -> None:
    generator, sigma = random.Random(within * size), sigma_of(price(Precision(f"WITHIN_{within}")))
    shares = [(0.4, 0.3, 0.2, 0.05, 0.05), (0.7, 0.2, 0.1)]
    sex = scale("sex", 2, ordinal=False)
    expected = readable_cells(shares, size, sigma)
    shown = []
    for _ in range(300):
        true = [size * one * other for one in shares[0] for other in shares[1]]
        cube = Cube((ARM, sex), tuple(count + generator.gauss(0, sigma) for count in true), sigma)
        shown.append(sum(each.reliability is not Reliability.HIDDEN for each in cells_of(cube, "arm", ["sex"])))
    assert abs(fmean(shown) - expected) <= 0.75


def test_the_least_count_that_is_shown_is_that_of_the_table() -> None:
    assert least_count_shown(0.5, 4) == LEAST_COUNT
    for sigma in (5.4, 10.5, 25.8):
        least = least_count_shown(sigma, 5)
        for count, hidden in ((least, False), (least - 1, True)):
            cell = cells_of(Cube((ARM,), (float(count), 0, 0, 0, 0), sigma), "arm")[0]
            assert (cell.reliability is Reliability.HIDDEN) == hidden


def test_shares_are_those_of_the_most_precise_published_table() -> None:
    sex = scale("sex", 2, ordinal=False)
    alone = Cube((ARM,), (50.0, 30.0, 20.0, -4.0, 0.0), 5.0)
    crossed = Cube((ARM, sex), tuple(map(float, range(15))), 1.0)  # sums of three: of scale 1.7
    assert shares_of(ARM, [alone], 100) == (0.5, 0.3, 0.2, 0.0, 0.0)
    assert shares_of(ARM, [alone, crossed], 100) == (0.03, 0.12, 0.21, 0.3, 0.39)
    assert shares_of(sex, [alone], 100) is None
    assert shares_of(ARM, [alone], 0) is None
    assert shares_of(sex, [Cube((sex, TAKEN), (1.0,) * 15, 1.0)], 100) is None  # cannot be summed over `taken`
    halves = grouped(ARM, partition(ARM, [["C0", "C3"]]))
    assert shares_of(halves, [alone], 100) == (0.46, 0.5, 0.0)
    assert shares_of(ARM, [Cube((halves,), (50.0, 50.0, 0.0), 1.0)], 100) is None


@pytest.mark.parametrize(
    ("ordinal", "shares", "places"),
    [
        (False, (0.5, 0.01, 0.4, 0.02, 0.07), [1, 3]),
        (False, (0.5, 0.01, 0.4, 0.09, 0.0), []),  # one alone cannot be merged
        (True, (0.01, 0.5, 0.4, 0.01, 0.01), []),  # the ends have one rare category each
        (True, (0.01, 0.5, 0.01, 0.01, 0.5), [2, 3]),
        (True, (0.01, 0.01, 0.01, 0.9, 0.0), [0, 1, 2]),
    ],
)
def test_rare_categories_are_those_that_can_be_merged(
    ordinal: bool, shares: tuple[float, ...], places: list[int]
) -> None:
    assert rare_categories(replace(ARM, ordinal=ordinal), shares, 300, 5.0, 5) == places
