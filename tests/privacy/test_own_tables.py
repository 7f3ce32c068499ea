"""Members' own tables: one fine table says less than several coarse ones, but of the smallest datasets."""

import random
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest

from privacy import budget
from privacy.cubes import Cube
from privacy.domains import (
    CatalogueEntry,
    SurveyQuestion,
    TrackedIndicator,
    Variable,
    survey_variables,
    tracking_variables,
)
from privacy.measures import Reliability
from privacy.noise import draw, noise_for
from privacy.precision import Precision, price
from privacy.reading import Size, cells_of, statistics_of

ID, TIMES = UUID(int=7), 20
FINE, COARSE = Precision.WITHIN_10, Precision.WITHIN_20


def options(many: int) -> tuple[tuple[str, str], ...]:
    return tuple((f"O{at}", f"option {at}") for at in range(many))


SURVEY = survey_variables([
    SurveyQuestion(ID, "several", "?", "MULTIPLE_CHOICE", options(6)),
    SurveyQuestion(ID, "scale", "?", "SCALE", minimum=0, maximum=10),
    SurveyQuestion(ID, "choice", "?", "SINGLE_CHOICE", options(4)),
    SurveyQuestion(ID, "other", "?", "SINGLE_CHOICE", options(3)),
    SurveyQuestion(ID, "number", "?", "NUMBER", bins=(1, 2, 5, 10, 20)),
    SurveyQuestion(ID, "day", "?", "DATE"),
])  # fmt: skip
WAVE = tracking_variables(
    [CatalogueEntry(ID, f"drug-{at}", f"Drug {at}") for at in range(8)],
    [TrackedIndicator(ID, f"indicator-{at}", f"Indicator {at}", 0, 10) for at in range(6)],
    [CatalogueEntry(ID, f"effect-{at}", f"Effect {at}") for at in range(20)],
)


def answers(variable: Variable, members: int, generator: random.Random) -> list[int]:
    """How many members are in each category; a few categories have most of them."""
    places = range(len(variable.categories))
    weights = [generator.expovariate(1) ** 1.5 for _ in places]
    found: Counter[int] = Counter()
    for _ in range(members):
        found.update(set(generator.choices(places, weights, k=variable.max_per_member)))
    return [found[place] for place in places]


def figures(variables: Sequence[Variable], members: int, precision: Precision) -> tuple[float, float]:
    """HIGH figures in the tables of this precision that a dataset affords, and categories shown that somebody is in."""
    generator, high, shown = random.Random(members), 0, 0
    for _ in range(TIMES):
        left = budget.share_of(budget.CAP, budget.PARTICIPANTS_SHARE) - price(budget.SIZE_PRECISION)
        for variable in budget.publishing_order(variables):
            charge = price(precision, variable.max_per_member)
            if charge > left:
                continue
            left -= charge
            exact, sigma = answers(variable, members, generator), noise_for(charge, variable.max_per_member).sigma
            noisy = draw(exact, charge, variable.max_per_member)
            cube = Cube((variable,), tuple(map(float, noisy)), sigma)
            cells = cells_of(cube, variable.name, (), Size(members, 10.4))
            there = [cell for cell in cells if cell.reliability is not Reliability.HIDDEN]
            shown += sum(exact[cell.category] > 0 for cell in there)
            high += sum(cell.share_reliability is Reliability.HIGH for cell in there)
            high += sum(each.reliability is Reliability.HIGH for each in statistics_of(cube, variable.name))
    return high / TIMES, shown / TIMES


@pytest.mark.slow
@pytest.mark.parametrize("variables", [SURVEY, WAVE], ids=["survey", "wave"])
def test_several_coarse_tables_say_more_than_a_fine_one(variables: Sequence[Variable]) -> None:
    """Run with `-s`, it prints the figures of docs/decisions/0016-caps.md."""
    for members in (200, 225, 250, 300, 500):
        fine, coarse = figures(variables, members, FINE), figures(variables, members, COARSE)
        print(members, fine, coarse)  # noqa: T201
        if members == 200:
            assert fine[0] > coarse[0]
        if members >= 250:
            assert coarse[0] > fine[0]
        assert coarse[1] > 2 * fine[1]
    assert [budget.participants_precision(size) for size in (200, 250, 500)] == [FINE, COARSE, COARSE]
