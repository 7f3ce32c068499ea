"""Coverage of what is published of a dataset that opened because a draw of its size was large enough.

A dataset near the floor is published by chance. Of those that were, each interval covers as often as stated, because
the draw that decided is not the one that figures are computed from.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, TypeAlias

import pytest
from numpy.random import Generator, default_rng

from privacy.budget import FLOOR, SIZE_DRAWS, SIZE_MARGIN, SIZE_PRECISION, SIZE_SIGMA
from privacy.cubes import Cube
from privacy.domains import Variable
from privacy.noise import noise_for
from privacy.precision import margin_of, price
from privacy.reading import Cell, Size, cells_of, statistics_of
from privacy.reconciling import reconciled
from tests.privacy.test_reading import (
    answered,
    chosen,
    deep,
    inside,
    noise,
    noisy,
    sigma_of,
    spread,
    variable,
)  # fmt: skip
from tests.support.coverage import COVERAGE, coverage

NEAR = (175, 185, 190, 195, 200, 205, 215)  # published of one dataset in twenty to five of six
ONE_DRAW = noise_for(price(SIZE_PRECISION)).sigma
Drawn: TypeAlias = Callable[[int, Generator], Size]


def published(members: int, generator: Generator) -> Size:
    """The published size of a dataset that opens: drawn until it does."""
    while True:
        size, deciding = (members + noise(SIZE_SIGMA, generator) for _ in range(SIZE_DRAWS))
        if deciding >= FLOOR:
            return Size(size, SIZE_SIGMA)


def decided(members: int, generator: Generator) -> Size:
    """The same, as if the draw that decides were published: it is too large in most datasets near the floor."""
    while (size := members + noise(ONE_DRAW, generator)) < FLOOR:
        pass
    return Size(size, ONE_DRAW)


# Sizes and shares of members


def of_sizes(members: int, drawn: Drawn) -> float:
    generator = default_rng(members)

    def once() -> list[bool]:
        size = drawn(members, generator)
        return [abs(size.estimate - members) <= margin_of(size.sigma)]

    return coverage(once)


def of_members(members: int, within: int, drawn: Drawn) -> float:
    """The coverage of shares of a variable with up to three values for each member."""
    generator, sigma, shares = default_rng(members), sigma_of(within, 3), (0.5, 0.3, 0.15, 0.05, 0.01)
    several = variable("taken", [None] * 5, max_per_member=3, ordinal=False)

    def once() -> list[bool]:
        counts = noisy([chosen(members, share, generator) for share in shares], sigma, generator)
        return inside(cells_of(Cube((several,), counts, sigma), "taken", (), drawn(members, generator)), shares)

    return coverage(once)


def test_a_size_is_drawn_twice_for_one_price() -> None:
    drawn = noise_for(price(SIZE_PRECISION), SIZE_DRAWS)
    assert drawn.micro_rho <= price(SIZE_PRECISION)
    assert pytest.approx(drawn.sigma) == SIZE_SIGMA
    assert (drawn.margin, SIZE_MARGIN) == (29, 29)


@pytest.mark.parametrize("members", NEAR)
def test_a_published_size_lies_within_its_margin(members: int) -> None:
    least, most = COVERAGE
    assert least <= of_sizes(members, published) <= most
    if members <= FLOOR - 10:
        assert of_sizes(members, decided) < 0.93


@pytest.mark.parametrize(
    ("members", "within"),
    [(185, 10), (190, 20), (200, 10), *deep(*product((*NEAR, 300, 1_000, 18_000), (10, 20, 50)))],
)
def test_shares_of_members_cover_95_percent_of_what_is_published(members: int, within: int) -> None:
    least, most = COVERAGE
    assert least <= of_members(members, within, published) <= most


def test_the_check_detects_shares_of_a_size_that_decided() -> None:
    assert of_members(180, 10, decided) < COVERAGE[0]


# Reconciled tables

GROUPS, AGES = (0.5, 0.3, 0.2), (0.1, 0.4, 0.3, 0.2)
GROUP = variable("group", [None] * len(GROUPS), ordinal=False)
AGE = variable("age", [None] * len(AGES), ordinal=False)


def tables(members: int, asked: Variable, shares: Sequence[float], sigma: float, generator: Generator) -> list[Cube]:
    """Tables of what is asked by group, and of groups by age, of members drawn at random."""
    of = list(product(range(len(GROUPS)), range(len(shares)), range(len(AGES))))
    exact = answered(members, [GROUPS[group] * shares[one] * AGES[age] for group, one, age in of], generator)
    cubes = []
    for variables, places in (((GROUP, asked), (0, 1)), ((GROUP, AGE), (0, 2)), ((asked,), (1,))):
        counts = dict.fromkeys(product(*(range(len(each.categories)) for each in variables)), 0)
        for at, count in zip(of, exact, strict=True):
            counts[tuple(at[place] for place in places)] += count
        cubes.append(Cube(variables, noisy([*counts.values()], sigma, generator), sigma))
    return cubes


def reconciled_cells(cubes: Sequence[Cube], size: Size, variables: Sequence[Variable]) -> tuple[list[Cell], Any]:
    asked = variables[-1]
    found = reconciled([*cubes, Cube((), (size.estimate,), size.sigma)], variables)
    within = found.noise_within(asked.name)
    by = [each.name for each in variables[:-1]]
    return cells_of(found.cube, asked.name, by, size, within), statistics_of(found.cube, asked.name, by, within)


def of_reconciled(members: int, many: int, within: int, spreading: str, drawn: Drawn, grouped: bool) -> float:
    generator, sigma, shares = default_rng(members * many), sigma_of(within), spread(many, spreading)
    asked = variable("asked", [None] * many, ordinal=False)

    def once() -> list[bool]:
        cubes = tables(members, asked, shares, sigma, generator)
        cells, _ = reconciled_cells(cubes, drawn(members, generator), (GROUP, asked) if grouped else (asked,))
        return inside(cells, shares * len(GROUPS) if grouped else shares)

    return coverage(once)


def of_reconciled_means(members: int, within: int) -> float:
    generator, sigma, shares = default_rng(members), sigma_of(within), (0.4, 0.3, 0.15, 0.1, 0.05)
    scale = variable("scale", range(1, 6))
    mean = sum(value * share for value, share in enumerate(shares, 1))

    def once() -> list[bool]:
        cubes = tables(members, scale, shares, sigma, generator)
        _, [one, _] = reconciled_cells(cubes, published(members, generator), (scale,))
        return [one.low <= mean <= one.high]

    return coverage(once)


def of_reconciled_members(members: int, within: int) -> float:
    """The coverage of shares of a variable with several values, of which two tables were published."""
    generator, shares = default_rng(members), (0.5, 0.3, 0.05)
    several, sigma = variable("taken", [None] * 3, max_per_member=3, ordinal=False), sigma_of(within, 3)

    def once() -> list[bool]:
        groups = answered(members, GROUPS, generator)
        exact = [[chosen(group, share, generator) for share in shares] for group in groups]
        by_group = noisy([one for group in exact for one in group], sigma, generator)
        alone = noisy([sum(each) for each in zip(*exact, strict=True)], sigma, generator)
        cubes = [Cube((GROUP, several), by_group, sigma), Cube((several,), alone, sigma)]
        return inside(reconciled_cells(cubes, published(members, generator), (several,))[0], shares)

    return coverage(once)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("members", "many", "within", "spreading", "grouped"),
    [
        (185, 2, 20, "steep", False), (195, 2, 50, "steep", False), (200, 6, 20, "falling", True),
        (300, 6, 10, "even", False),
        *deep(*(
            (members, many, within, spreading, grouped)
            for members, within in [(185, 20), (200, 50), (205, 10), (300, 20), (1_000, 20), (18_000, 10)]
            for many, spreading in [(2, "steep"), (6, "falling"), (40, "even")]
            for grouped in (False, True)
            if members > 4 * sigma_of(within) * (many if grouped else 1)  # others are in OF_NOISE of test_reading
        )),
    ],
)  # fmt: skip
def test_reconciled_shares_cover_95_percent_of_what_is_published(
    members: int, many: int, within: int, spreading: str, grouped: bool
) -> None:
    least, most = COVERAGE
    assert least <= of_reconciled(members, many, within, spreading, published, grouped) <= most


@pytest.mark.slow
@pytest.mark.parametrize(("members", "within"), [(190, 20), *deep((185, 10), (200, 20), (1_000, 20), (18_000, 10))])
def test_reconciled_means_and_shares_of_members_cover_95_percent(members: int, within: int) -> None:
    least, most = COVERAGE
    assert least <= of_reconciled_means(members, within) <= most
    assert least <= of_reconciled_members(members, within) <= most


@pytest.mark.slow
def test_the_check_detects_tables_fitted_to_a_size_that_decided() -> None:
    assert of_reconciled(185, 2, 20, "steep", decided, grouped=False) < COVERAGE[0]
