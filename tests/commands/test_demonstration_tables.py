"""What readers of the demonstration's tables see: the trial's result, and how much of it is true."""

from collections import Counter

import asyncpg
import pytest

from commands.demonstration.insights import PLANNED_INSIGHTS, SCORE, TRIAL, PlannedInsight
from privacy import noise
from privacy.cubes import Cube
from privacy.measures import Measure, Reliability
from privacy.precision import price
from privacy.reading import Statistic, cells_of, statistics_of
from resolvers.insight.freezing import PARTICIPANTS_TABLES_USE
from tests.support.recounting import Recount, exact_cube, recounted

ARMS = ("ACTIVE_DRUG_TRIAL_ARM", "PLACEBO_TRIAL_ARM")
# The trial's patients are the same with every seed of the network: only the noise differs.
SEEDS, AT_LEAST = 20, 19
OF_TRIAL = "SELECT d.id FROM insight.dataset d JOIN catalog.community c ON c.id = d.community_id WHERE c.slug = $1"


def by_arm() -> list[PlannedInsight]:
    found = [one for one in PLANNED_INSIGHTS if one.community == TRIAL and one.by == ("first_treatment",)]
    return [one for one in found if one.variable.endswith(SCORE)]


async def drawn(admin: asyncpg.Connection, planned: PlannedInsight) -> tuple[Cube, list[Cube]]:
    """The exact table, and one drawn with the noise of what it costs for each seed."""
    names = [planned.variable, *planned.by]
    exact = await exact_cube(admin, await admin.fetchval(OF_TRIAL, TRIAL), names)
    charge, counts = price(planned.precision), [round(one) for one in exact.estimates]
    sigma = noise.noise_for(charge).sigma
    return exact, [Cube(exact.variables, tuple(map(float, noise.draw(counts, charge))), sigma) for _ in range(SEEDS)]


def means(statistics: list[Statistic]) -> dict[tuple[int, ...], Statistic]:
    return {each.by: each for each in statistics if each.measure is Measure.MEAN}


def arms(cube: Cube) -> list[tuple[int, ...]]:
    (treatments,) = (each for each in cube.variables if each.name == "first_treatment")
    return [(place,) for place, each in enumerate(treatments.categories) if each.code in ARMS]


def is_visible(cube: Cube, exact: Cube, planned: PlannedInsight) -> bool:
    """Whether each arm's mean has a narrow interval, and the categories of most of its patients are shown."""
    members, shown = Counter[tuple[int, ...]](), Counter[tuple[int, ...]]()
    true = cells_of(exact, planned.variable, planned.by)
    for cell, exactly in zip(cells_of(cube, planned.variable, planned.by), true, strict=True):
        members[cell.by] += exactly.count
        if cell.reliability is not Reliability.HIDDEN:
            shown[cell.by] += exactly.count
    found = means(statistics_of(cube, planned.variable, planned.by))
    return all(found[arm].reliability is Reliability.HIGH and shown[arm] >= members[arm] / 2 for arm in arms(exact))


def within(cube: Cube, exact: Cube, planned: PlannedInsight) -> int:
    """The number of arms whose true mean is in its interval."""
    true = means(statistics_of(exact, planned.variable, planned.by))
    found = means(statistics_of(cube, planned.variable, planned.by))
    return sum((found[arm].low or 0) <= (true[arm].value or 0) <= (found[arm].high or 0) for arm in arms(exact))


@pytest.mark.parametrize("planned", by_arm(), ids=lambda planned: planned.variable)
async def test_a_laboratory_sees_the_trials_result(admin: asyncpg.Connection, planned: PlannedInsight) -> None:
    exact, cubes = await drawn(admin, planned)
    visible = sum(is_visible(cube, exact, planned) for cube in cubes)
    if visible < AT_LEAST:  # each is visible with a probability of 99 %: that two in twenty are not happens
        exact, cubes = await drawn(admin, planned)
        visible = sum(is_visible(cube, exact, planned) for cube in cubes)
    assert visible >= AT_LEAST
    assert sum(within(cube, exact, planned) for cube in cubes) >= 0.8 * SEEDS * len(ARMS)


async def test_members_of_the_trials_community_see_its_treatments_and_its_score(admin: asyncpg.Connection) -> None:
    own = await admin.fetch(
        "SELECT v.name FROM insight.release r JOIN insight.variable v ON v.dataset_id = r.dataset_id"
        " AND v.position = any(r.variables) WHERE r.dataset_id = $1 AND r.purpose = $2",
        await admin.fetchval(OF_TRIAL, TRIAL),
        PARTICIPANTS_TABLES_USE.purpose,
    )
    assert {row["name"] for row in own} == {"first_treatment", f"change_{SCORE}", f"level_{SCORE}", "age_band", "sex"}


async def test_most_of_what_the_trials_tables_show_is_true(admin: asyncpg.Connection) -> None:
    """Run with `-s`, it prints the recount of each table."""
    total = Recount()
    for (title, table), recount in (await recounted(admin, TRIAL)).items():
        print(f"{title}, {table}: {recount}")  # noqa: T201 - read by whoever chooses what is published
        total.update(recount)
    print(total)  # noqa: T201
    assert total["shown"] >= 18
    assert total["true"] >= 0.8 * total["shown"]
    assert total["empty"] <= 2
    assert total["shares_true"] >= 0.85 * total["shares"]
    assert total["statistics_true"] >= total["statistics"] - 2
    assert total["statistics_high"] >= 8
