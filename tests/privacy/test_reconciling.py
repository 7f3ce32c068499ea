"""Tables made to agree: the least-squares estimate, its variance, and intervals that cover 95 %."""

import math
import random
from collections.abc import Sequence
from itertools import product
from statistics import fmean

import pytest

from privacy.cubes import Cube
from privacy.domains import Category, DomainRule, Variable
from privacy.reading import cells_of, statistics_of
from privacy.reconciling import reconciled


def variable(name: str, many: int, max_per_member: int = 1) -> Variable:
    categories = tuple(Category(f"C{at}", f"{at}", at) for at in range(many))
    return Variable(name, name, categories, DomainRule.NUMBER, True, max_per_member)


SEX, AGE, PAIN, TAKEN = variable("sex", 2), variable("age", 4), variable("pain", 5), variable("taken", 3, 2)
Counts = dict[tuple[int, ...], int]


def cells_over(variables: Sequence[Variable]) -> list[tuple[int, ...]]:
    return list(product(*(range(len(each.categories)) for each in variables)))


def solved(rows: list[list[float]], right: list[float]) -> list[float]:
    """The solution of a linear system (Gauss-Jordan elimination with pivots)."""
    table = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for at in range(len(table)):
        pivot = max(range(at, len(table)), key=lambda row: abs(table[row][at]))
        table[at], table[pivot] = table[pivot], table[at]
        table[at] = [value / table[at][at] for value in table[at]]
        for row in range(len(table)):
            if row != at and table[row][at]:
                factor = table[row][at]
                table[row] = [one - factor * other for one, other in zip(table[row], table[at], strict=True)]
    return [row[-1] for row in table]


def fitted(cubes: Sequence[Cube], variables: Sequence[Variable]) -> list[float]:
    """The weighted least-squares fit over all cells of the finest table, by its normal equations."""
    cells = cells_over(variables)
    rows = [[0.0] * len(cells) for _ in cells]
    right = [0.0] * len(cells)
    for cube in cubes:
        places = [[each.name for each in variables].index(each.name) for each in cube.variables]
        for at, estimate in zip(cells_over(cube.variables), cube.estimates, strict=True):
            among = [n for n, cell in enumerate(cells) if tuple(cell[place] for place in places) == at]
            for one in among:
                right[one] += estimate / cube.sigma**2
                for other in among:
                    rows[one][other] += 1 / cube.sigma**2
    return solved(rows, right)


def test_reconciled_cells_are_the_weighted_least_squares_fit() -> None:
    generator = random.Random(1)
    tables = [((SEX, AGE, PAIN), 9.0), ((SEX, PAIN), 4.0), ((AGE,), 3.0), ((SEX,), 2.0), ((), 5.0), ((AGE, PAIN), 6.0)]
    cubes = [Cube(names, tuple(generator.uniform(-9, 90) for _ in cells_over(names)), sigma) for names, sigma in tables]
    whole = (SEX, AGE, PAIN)
    expected = Cube(whole, tuple(fitted(cubes, whole)), 1.0)
    for names, _ in tables:
        assert reconciled(cubes, names).cube.estimates == pytest.approx(
            expected.rolled_up([each.name for each in names]).estimates
        )


def test_a_table_that_no_other_touches_stays_as_it_was_drawn() -> None:
    drawn = Cube((SEX, PAIN), tuple(float(n) for n in range(10)), 7.0)
    found = reconciled([drawn], (SEX, PAIN))
    assert found.cube.estimates == pytest.approx(drawn.estimates)
    assert found.cube.sigma == pytest.approx(7)
    for name, many in (("sex", 2), ("pain", 5)):
        noise = found.noise_within(name)
        assert noise.cells == many
        assert [noise.within, noise.total] == pytest.approx([49, 49 * many])


def test_categories_of_several_values_agree_one_by_one() -> None:
    cubes = [
        Cube((SEX, TAKEN), (10.0, 20.0, 30.0, 40.0, 50.0, 60.0), 2.0),
        Cube((TAKEN,), (56.0, 68.0, 92.0), 1.0),
        Cube((SEX,), (500.0, 500.0), 1.0),  # members, not values: it says nothing about them
    ]
    found = reconciled(cubes, (TAKEN,))
    # The sums by sex have eight times the variance of the table of its own.
    assert found.cube.estimates == pytest.approx([(50 + 8 * 56) / 9, (70 + 8 * 68) / 9, (90 + 8 * 92) / 9])
    assert found.cube.sigma == pytest.approx(math.sqrt(8 / 9))
    noise = found.noise_within("taken")
    assert [noise.within, noise.total] == pytest.approx([8 / 9, 24 / 9])
    by_sex = reconciled(cubes, (SEX, TAKEN)).cube
    assert by_sex.rolled_up(["taken"]).estimates == pytest.approx(found.cube.estimates)


# ------------------------------------------------------------------ noise

SHARES = {"sex": (0.6, 0.4), "age": (0.1, 0.4, 0.3, 0.2), "pain": (0.4, 0.3, 0.15, 0.1, 0.05)}
MEMBERS, ROUNDS, SIGMA = 300, 150, 10.5
PAIRS = [(SEX, AGE), (SEX, PAIN), (AGE, PAIN)]


def population(generator: random.Random) -> list[tuple[int, ...]]:
    return [
        tuple(generator.choices(range(len(shares)), shares)[0] for shares in SHARES.values()) for _ in range(MEMBERS)
    ]


def counts(members: Sequence[tuple[int, ...]], variables: Sequence[Variable]) -> list[int]:
    places = [list(SHARES).index(each.name) for each in variables]
    found: Counts = dict.fromkeys(cells_over(variables), 0)
    for member in members:
        found[tuple(member[place] for place in places)] += 1
    return list(found.values())


def drawn(members: Sequence[tuple[int, ...]], generator: random.Random) -> list[Cube]:
    return [
        Cube(names, tuple(one + float(round(generator.gauss(0, SIGMA))) for one in counts(members, names)), SIGMA)
        for names in (*PAIRS, ())
    ]


def test_errors_have_the_stated_variance_and_are_smaller_than_those_drawn() -> None:
    generator = random.Random(2)
    cells: list[float] = []
    sums: dict[str, list[float]] = {"drawn": [], "reconciled": []}
    stated = 0.0
    for _ in range(ROUNDS):
        members = population(generator)
        cubes = drawn(members, generator)
        found = reconciled(cubes, (SEX, PAIN))
        stated = found.cube.sigma
        cells += [one - true for one, true in zip(found.cube.estimates, counts(members, (SEX, PAIN)), strict=True)]
        for name, cube in (("drawn", cubes[1]), ("reconciled", found.cube)):
            one_way = zip(cube.rolled_up(["sex"]).estimates, counts(members, (SEX,)), strict=True)
            sums[name] += [estimate - true for estimate, true in one_way]
    assert abs(fmean(cells)) < 3 * stated / math.sqrt(len(cells) / 4)  # unbiased
    assert fmean(one**2 for one in cells) == pytest.approx(stated**2, rel=0.1)
    assert stated < SIGMA
    total = found.noise_within("pain").total
    assert fmean(one**2 for one in sums["reconciled"]) == pytest.approx(total, rel=0.2)
    assert fmean(map(abs, sums["reconciled"])) < 0.7 * fmean(map(abs, sums["drawn"]))


def test_the_variance_check_detects_cells_taken_for_independent() -> None:
    found = reconciled(drawn(population(random.Random(3)), random.Random(4)), (SEX, PAIN))
    assert found.noise_within("pain").total < 0.7 * found.cube.noise_within("pain").total


@pytest.mark.parametrize("variables", [(SEX, PAIN), pytest.param((AGE, PAIN), marks=pytest.mark.slow)])
def test_intervals_of_reconciled_figures_cover_95_percent(variables: tuple[Variable, Variable]) -> None:
    generator, group = random.Random(5), variables[0]
    shares: list[bool] = []
    means: list[bool] = []
    mean = sum(value * share for value, share in enumerate(SHARES["pain"]))
    for _ in range(ROUNDS):
        found = reconciled(drawn(population(generator), generator), variables)
        noise = found.noise_within("pain")
        for cell in cells_of(found.cube, "pain", [group.name], noise=noise):
            assert cell.low is not None
            assert cell.high is not None
            shares.append(cell.low <= SHARES["pain"][cell.category] <= cell.high)
        for statistic in statistics_of(found.cube, "pain", [group.name], noise)[::2]:
            assert statistic.low is not None
            assert statistic.high is not None
            means.append(statistic.low <= mean <= statistic.high)
    assert 0.94 <= fmean(shares) <= 0.965
    assert 0.93 <= fmean(means) <= 0.97  # a thousand of them


def test_the_order_of_tables_does_not_matter() -> None:
    cubes = drawn(population(random.Random(6)), random.Random(7))
    first, again = (reconciled(each, (SEX, PAIN)) for each in (cubes, cubes[::-1]))
    assert again.cube.estimates == pytest.approx(first.cube.estimates)
