"""What readers of the demonstration's tables see: the trial's result, and how much of it is true."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import asyncpg
import pytest

from commands.demonstration.insights import PLANNED_INSIGHTS, SCORE, TRIAL, PlannedInsight
from privacy import noise, reading
from privacy.cubes import Cube
from privacy.measures import EMPTY_SHOWN, LEAST_COUNT, Measure, Reliability
from privacy.precision import price
from privacy.reading import Statistic, cells_of, statistics_of
from resolvers.insight.first_tables import PARTICIPANTS_TABLES_USE
from tests.support import recounting
from tests.support.recounting import PublishedTable, Recount, exact_cube, published_tables

HIDDEN = Reliability.HIDDEN
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
        if cell.reliability is not HIDDEN:
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
    """What was published. Run with `-s`, it prints the recount of each table."""
    total = Recount()
    for table in await published_tables(admin, TRIAL):
        print(f"{table}: {table.recount}")  # noqa: T201 - read by whoever chooses what is published
        total.update(table.recount)
    print(total)  # noqa: T201
    assert total["shown"] >= 30
    assert total["true"] >= 0.8 * total["shown"]
    assert total["empty"] <= 3
    assert total["shares_true"] >= 0.85 * total["shares"]
    assert total["statistics_given"] == total["statistics_all"]
    assert total["statistics_true"] >= total["statistics"] - 3
    assert total["statistics_high"] >= 8


def gated_statistics(cube: Cube, variable: str, by: Sequence[str] = ()) -> list[Statistic]:
    """Statistics as before: only of groups whose noisy size is at least eight standard deviations of its noise."""
    asked = next(each for each in cube.variables if each.name == variable)
    valued = [place for place, each in enumerate(asked.categories) if each.value is not None]
    sizes = Counter[tuple[int, ...]]()
    for cell in cells_of(cube, variable, by):
        sizes[cell.by] += cell.count * (cell.category in valued)
    least = 8 * cube.rolled_up((variable, *by)).sigma * math.sqrt(len(valued))
    return [
        each if sizes[each.by] >= least else replace(each, value=None, low=None, high=None, reliability=HIDDEN)
        for each in statistics_of(cube, variable, by)
    ]


@pytest.mark.slow
async def test_little_of_what_the_trials_tables_show_in_twenty_draws_is_chance(
    admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Draws the trial's tables again. Read by the old rules, which are planted, they break these bounds."""
    tables = await published_tables(admin, TRIAL)

    def redrawn() -> Recount:
        total = Recount()
        for table in tables * SEEDS:
            total.update(table.redrawn())
        return total

    found = redrawn()
    print(found)  # noqa: T201
    # One table in twenty may show an empty cell: of 200, more than 20 show one by chance one time in a thousand.
    assert found["tables"] == len(tables) * SEEDS >= 200
    assert found["empty"] <= found["tables"] * EMPTY_SHOWN * 2
    assert found["shown"] >= 36 * SEEDS
    assert found["true"] >= 0.92 * found["shown"]
    assert found["shares_true"] >= 0.94 * found["shares"]
    assert found["statistics_given"] == found["statistics_all"]
    assert found["statistics_true"] >= 0.95 * found["statistics"]
    assert found["statistics_high"] >= 10 * SEEDS

    with monkeypatch.context() as planted:
        planted.setattr(reading, "least_shown", lambda sigma, cells: max(LEAST_COUNT, 2 * sigma))
        before = redrawn()
    print(before)  # noqa: T201
    assert before["empty"] > before["tables"] * EMPTY_SHOWN * 4
    assert before["true"] < 0.9 * before["shown"]

    with monkeypatch.context() as planted:
        planted.setattr(recounting, "statistics_of", gated_statistics)
        before = redrawn()
    print(before)  # noqa: T201
    assert before["statistics_given"] < 0.3 * before["statistics_all"]


# The promise of the decision on reading names these two. At full scale, as `make run` seeds it.
RECOUNTED = ("rheumatoid-arthritis", "multiple-sclerosis")


async def recounted(dsn: str) -> dict[str, list[PublishedTable]]:
    superuser = await asyncpg.connect(dsn)
    found = {community: await published_tables(superuser, community) for community in RECOUNTED}
    await superuser.close()
    return found


def total_of(recounts: Iterable[Recount]) -> Recount:
    total = Recount()
    for each in recounts:
        total.update(each)
    return total


@pytest.mark.slow
async def test_the_tables_of_both_communities_are_recounted(full_scale: str) -> None:
    """What was published, once. Run with `-s`, it prints the table of docs/decisions/0012-intervals.md."""
    tables = await recounted(full_scale)
    for community, each in tables.items():
        arms = [table for table in each if "first_treatment" in table.names[1:]]
        print(f"{community}, {len(each)} tables: {total_of(table.recount for table in each)}")  # noqa: T201
        print(f"by first treatment, {len(arms)}: {total_of(table.recount for table in arms)}")  # noqa: T201
        found = total_of(table.recount for table in each)
        # Bounds that chance alone breaks less than once in a thousand runs.
        assert found["shown"] >= 30
        assert found["true"] >= 0.8 * found["shown"]
        assert found["empty"] <= 6
        assert found["statistics_given"] == found["statistics_all"] > 0
        assert found["statistics_true"] >= found["statistics"] - 4
    assert {len(each) for each in tables.values()} == {10, 18}


@pytest.mark.slow
async def test_little_of_what_they_show_in_twenty_draws_is_chance(
    full_scale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Draws the tables of both again. Read by the old rules, which are planted, they break these bounds."""
    tables = [table for each in (await recounted(full_scale)).values() for table in each]
    found = total_of(table.redrawn() for table in tables * SEEDS)
    print(found)  # noqa: T201
    assert found["empty"] <= found["tables"] * EMPTY_SHOWN * 2
    assert found["true"] >= 0.92 * found["shown"]
    assert found["statistics_given"] == found["statistics_all"]
    assert found["statistics_true"] >= 0.94 * found["statistics"]

    monkeypatch.setattr(reading, "least_shown", lambda sigma, cells: max(LEAST_COUNT, 2 * sigma))
    before = total_of(table.redrawn() for table in tables * SEEDS)
    print(before)  # noqa: T201
    assert before["empty"] > before["tables"] * EMPTY_SHOWN * 3
