"""When something is published, or a survey opens, says nothing about how many members or records were counted."""

import asyncio
import math
from collections.abc import Callable
from datetime import date
from typing import Any
from unittest import mock

import asyncpg
import pytest

from privacy import noise, thresholds
from resolvers import jobs, pacing
from resolvers.insight import analysis_plans_mutations, insights_mutations, openings
from resolvers.insight.drawing import drawn_apart
from resolvers.insight.insights_mutations import COUNTING_SECONDS, hold_budget
from resolvers.pacing import in_steps_of
from tests import factories
from tests.faults.test_kill_publishing import unserved_network
from tests.insight.test_analysis_plans import PLAN, published, question
from tests.insight.test_rollback_guard import publisher as publisher_of
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.population import Crowd, buyer, cells, crowd, publish
from tests.support.publishable import GATHERED, PRICES, expect_sound, free, paid, spent
from tests.support.surveys import in_days

WITHDRAW = "UPDATE research.consent SET granted = false WHERE member_id = $1 AND purpose = 'SURVEY_RESEARCH'"


async def ends(takes: float, step: float | None) -> float:
    """After how many seconds work is done that takes so many, in a loop in which nothing else takes time."""
    clock = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal clock
        clock += seconds

    def now() -> float:
        return clock

    with mock.patch.object(pacing, "now", now), mock.patch.object(asyncio, "sleep", sleep):
        async with in_steps_of(step):
            clock += takes
    return clock - 100


async def test_work_of_any_duration_within_a_step_ends_with_the_step() -> None:
    found = [await ends(takes, COUNTING_SECONDS) for takes in (0.0, 0.001, 0.055, 0.2, 0.2499)]
    assert found == pytest.approx([COUNTING_SECONDS] * 5)
    assert await ends(COUNTING_SECONDS * 1.3, COUNTING_SECONDS) == pytest.approx(2 * COUNTING_SECONDS)
    assert await ends(0.07, None) == pytest.approx(0.07)


async def test_counting_ends_with_a_step_before_anything_of_it_is_written_and_what_is_free_does_not_wait(
    network: Network, dataset: str, licensed_buyer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, float]] = []
    draw, wait_out = noise.draw, pacing.wait_out

    def drawn(counts: list[int], *of: int) -> list[int]:
        done.append(("drawn", 0))
        return draw(counts, *of)

    async def waits(seconds: float, began: float) -> None:
        # Nothing is written yet, and the ledger, for which others wait, is not locked.
        written = await network.value(
            "SELECT count(*) FROM pg_locks WHERE relation = 'insight.cell'::regclass"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert written == 0
        done.append(("waited", seconds))
        await wait_out(seconds, began)

    monkeypatch.setattr(noise, "draw", drawn)
    monkeypatch.setattr(pacing, "wait_out", waits)
    paid(await publish(network, licensed_buyer, dataset, "q", "r"))
    assert done == [("drawn", 0), ("waited", COUNTING_SECONDS)]
    free(await publish(network, licensed_buyer, dataset, "r", "q"))
    assert len(done) == 2


async def test_a_plan_takes_steps_that_grow_with_the_root_of_its_tables(
    network: Network, dataset: str, licensed_buyer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def waits(seconds: float, began: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(pacing, "wait_out", waits)
    payload = await published(network, licensed_buyer, dataset, PLAN)
    assert (payload["userErrors"], len(payload["insights"])) == ([], len(PLAN))
    tables = {frozenset((question["variable"], *question["by"])) for question in PLAN}
    assert len(tables) == 3  # two of the questions are of one table
    assert waited == [pytest.approx(COUNTING_SECONDS * math.sqrt(len(tables)))]


@pytest.mark.parametrize("as_plan", [False, True])
async def test_whoever_leaves_while_tables_are_counted_waits_for_nothing_and_is_in_none_of_them(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller, as_plan: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    leaving, waited, before = list(respondents.members[:2]), 0, await spent(network, dataset)

    async def waits(seconds: float, began: float) -> None:
        nonlocal waited
        waited += 1
        await network.database.execute(f"SET lock_timeout = '{1_000 if waited == 1 else 50}ms'")
        if waited == 1:
            await network.database.execute(WITHDRAW, leaving[0])
            await network.database.execute("DELETE FROM care.member WHERE id = $1", leaving[1])
            return
        with pytest.raises(asyncpg.LockNotAvailableError):  # they are counted again once nobody else can leave
            await network.database.execute(WITHDRAW, respondents.members[2])

    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))
    monkeypatch.setattr(pacing, "wait_out", waits)
    if as_plan:
        plan = [question("q", "r"), question("q", "twin")]
        insights = (await published(network, licensed_buyer, dataset, plan))["insights"]
    else:
        insights = [(await publish(network, licensed_buyer, dataset, "q", "r"))["insight"]]
    assert waited == 2
    for insight in insights:
        assert sum((await cells(network, licensed_buyer, insight["id"])).values()) == GATHERED - len(leaving)
    price = len(insights) * PRICES[20]  # once, though they were drawn twice
    assert await spent(network, dataset) == (before[0] + price, before[1] + price)
    await expect_sound(network, dataset)


@pytest.mark.slow
async def test_many_leave_while_many_publish_and_nobody_is_refused(
    network: Network, respondents: Crowd, dataset: str
) -> None:
    who = [await buyer(network, respondents.community) for _ in range(4)]
    pairs = [("q", "r"), ("q", "twin"), ("q", "sex"), ("r", "sex"), ("twin", "sex"), ("q", "kind"), ("r", "kind")]
    assert network.ask.app.endpoint is not None
    address = network.ask.app.endpoint.settings.database_url
    assert address is not None
    leaving = list(respondents.members[:80])

    async def leave() -> None:
        connection = await asyncpg.connect(address)
        await connection.execute("SET lock_timeout = '5s'")
        while leaving:
            statement = WITHDRAW if len(leaving) % 2 else "DELETE FROM care.member WHERE id = $1"
            await connection.execute(statement, leaving.pop())
            await asyncio.sleep(0.02)
        await connection.close()

    publishing = [publish(network, who[n % 4], dataset, *pair, within=50) for n, pair in enumerate(pairs)]
    payloads = (await asyncio.gather(*publishing, *(leave() for _ in range(4))))[: len(pairs)]
    assert [payload and payload["userErrors"] for payload in payloads] == [[]] * len(pairs)
    await expect_sound(network, dataset)


@pytest.mark.slow
async def test_the_process_that_draws_has_started_before_a_dataset_is_locked(
    network: Network, dataset: str, licensed_buyer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = []
    with drawn_apart() as process:

        async def holds(*given: Any) -> Any:
            running.append(process.child is not None)
            return await hold_budget(*given)

        for module in (insights_mutations, analysis_plans_mutations):
            process.end()
            monkeypatch.setattr(module, "hold_budget", holds)
            if module is insights_mutations:
                paid(await publish(network, licensed_buyer, dataset, "q", "r"))
            else:
                await published(network, licensed_buyer, dataset, PLAN)
    assert running == [True, True]


async def test_counts_and_looks_take_whole_steps_before_anything_of_them_is_shown(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, float]] = []
    for module, name in ((noise, "draw"), (thresholds, "has_reached")):
        work = getattr(module, name)

        def noted(*given: Any, work: Callable[..., Any] = work, name: str = name) -> Any:
            done.append((name, 0))
            return work(*given)

        monkeypatch.setattr(module, name, noted)
    async with unserved_network(fresh) as network, publisher_of(fresh) as publisher:
        database = network.database
        people = await crowd(database, [{"q": "A"}] * 20)
        about = {"community_id": people.community, "status": "WAITING", "closes_on": date.fromisoformat(in_days(9))}
        waiting = (await factories.survey(database, **about))["id"]
        await database.execute("UPDATE catalog.community SET counted_on = NULL WHERE id = $1", people.community)
        counted = "UPDATE catalog.community SET counted_on = catalog.today() WHERE id <> $1"
        await database.execute(counted, people.community)
        await database.execute("DELETE FROM catalog.network_count")
        await database.execute(
            "UPDATE catalog.survey SET status = 'CLOSED' WHERE id <> $1 AND status = 'WAITING'", waiting
        )
        async with publisher.transaction():
            await openings.begin(publisher, waiting)
        free = "SELECT pg_try_advisory_xact_lock(hashtext('cohorte.ledger'))"

        async def waits(seconds: float, began: float) -> None:
            held = """
                SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
                    AND relation IN ('insight.count_release'::regclass, 'insight.ledger_entry'::regclass)
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
            assert await database.fetchval(held) == 0
            async with database.transaction():
                assert await database.fetchval(free)  # the ledger, for which others wait
                await database.execute("SELECT FROM care.member FOR UPDATE NOWAIT")  # as who deletes their account
            assert await database.fetchval("SELECT status FROM catalog.survey WHERE id = $1", waiting) == "WAITING"
            done.append(("waited", seconds))

        monkeypatch.setattr(pacing, "wait_out", waits)
        monkeypatch.setattr(jobs, "wait_out", waits)
        await jobs.publish_counts(publisher)
        # Including members, counts of the community, and the progress of its two surveys.
        waited = ("waited", jobs.COUNTING_SECONDS)
        assert done == [waited, *[("draw", 0), waited] * 3]
        done.clear()
        await jobs.publish_network(publisher)
        waited = ("waited", jobs.NETWORK_SECONDS)
        assert done == [waited, ("draw", 0), ("draw", 0), waited]
        done.clear()
        await jobs.settle_surveys(publisher)
        assert done == [("has_reached", 0), ("waited", jobs.COUNTING_SECONDS)]
        # What is not due does not wait.
        done.clear()
        for job in (jobs.publish_counts, jobs.publish_network, jobs.settle_surveys):
            await job(publisher)
        assert done == []
