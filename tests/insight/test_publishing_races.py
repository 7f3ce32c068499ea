"""Publishing at once and with accidents in between: never overspent, nothing said unpaid, planted faults found."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations, islice

import asyncpg
import pytest

from privacy import noise
from resolvers.insight.releases import FrozenDataset
from tests.support.client import Caller, serving
from tests.support.population import Crowd, buyer, closed, publish
from tests.support.publishable import (
    PRICES,
    PUBLISHES,
    SHARE,
    expect_sound,
    gathered,
    key,
    paid,
    publishes,
    releases,
    spent,
)
from tests.support.town import Town, town

PAIRS = combinations(("q", "r", "twin", "sex", "kind", "time_since_diagnosis"), 2)
QUESTIONS = [("q",), *islice(PAIRS, 15)]


async def race(here: Town, people: Crowd, dataset: str, within: int) -> tuple[int, int]:
    """Sixteen publishers by two servers, each with a question of its own: how many were answered, and refused."""
    settings = here.ask.app.endpoint
    assert settings is not None
    assert settings.settings.database_url is not None
    buyers = [await buyer(here, people.community) for _ in range(4)]
    async with serving(settings.settings.database_url) as other:
        elsewhere = Town(other, here.database)
        said = await asyncio.gather(
            *(
                publishes((here, elsewhere)[n % 2], buyers[n % 4], dataset, *question, within=within)
                for n, question in enumerate(QUESTIONS)
            )
        )
    refused = [one for one in said if one["userErrors"]]
    assert {one["userErrors"][0]["code"] for one in refused} <= {"BUDGET_EXHAUSTED"}
    return len(said) - len(refused), len(refused)


async def test_sixteen_who_publish_at_once_never_overspend(here: Town, people: Crowd, dataset: str) -> None:
    # `q` was published at freezing, as precisely as this: it costs nothing.
    assert await race(here, people, dataset, within=10) == (SHARE // PRICES[10] + 1, 7)
    assert (await spent(here, dataset))[1] == SHARE // PRICES[10] * PRICES[10]
    await expect_sound(here, dataset)


async def test_sixteen_who_ask_the_same_at_once_are_told_one_thing_once(
    here: Town, people: Crowd, dataset: str
) -> None:
    buyers = [await buyer(here, people.community) for _ in range(4)]
    turned = (("q", "sex"), ("sex", "q"))
    said = await asyncio.gather(*(publish(here, buyers[n % 4], dataset, *turned[n // 8]) for n in range(16)))
    assert sorted(paid(one)[1] for one in said) == [0] * 15 + [PRICES[20]]
    assert len({paid(one)[0] for one in said[:8]}) == len({paid(one)[0] for one in said[8:]}) == 1
    assert len(await releases(here, dataset, "q", "sex")) == 1
    await expect_sound(here, dataset)


async def test_a_debit_after_the_commit_is_found_out(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    debts: list[int] = []

    async def later(connection: object, dataset: FrozenDataset, charge: int, *, sold: bool) -> None:
        debts.append(charge)

    debit = """
        UPDATE insight.dataset
        SET spent_micro_rho = spent_micro_rho + $2, sold_micro_rho = sold_micro_rho + $2 WHERE id = $1
    """
    async with town(template) as apart:  # its register does not hold any more
        people = await gathered(apart)
        dataset = await closed(apart, people)
        await expect_sound(apart, dataset)
        monkeypatch.setattr("resolvers.insight.releases.debit", later)
        await race(apart, people, dataset, within=10)
        for charge in debts:
            with suppress(asyncpg.CheckViolationError):  # the wall behind it, which is too late by then
                await apart.database.execute(debit, key(dataset), charge)
        with pytest.raises(AssertionError):
            await expect_sound(apart, dataset)


async def test_what_fails_in_between_has_cost_nothing_and_its_error_says_no_count(
    here: Town, dataset: str, licensed: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(counts: Sequence[int], *_: object) -> list[int]:
        raise ValueError(f"no noise for {list(counts)}")

    before = await spent(here, dataset)
    with monkeypatch.context() as patched, caplog.at_level(logging.DEBUG):
        patched.setattr(noise, "draw", fails)
        given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        answer = await here.ask(licensed, PUBLISHES, {"input": given})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert "NoiseFailed" in caplog.text
    assert "40, 40" not in caplog.text + str(answer)
    assert await spent(here, dataset) == before
    assert await releases(here, dataset, "q", "r") == []
    paid(await publish(here, licensed, dataset, "q", "r"))


async def test_questions_that_match_the_same_members_are_two_questions(
    here: Town, dataset: str, licensed: Caller
) -> None:
    await ask_twins(here, dataset, licensed)


async def test_a_key_made_of_content_is_found_out(
    here: Town, dataset: str, licensed: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def same_members(names: Sequence[str], version: int) -> str:
        return "|".join(sorted({"r" if name == "twin" else name for name in names})) + f"@v{version}"

    monkeypatch.setattr("resolvers.insight.quotes.key", same_members)
    monkeypatch.setattr("resolvers.insight.releases.key", same_members)
    with pytest.raises(AssertionError):
        await ask_twins(here, dataset, licensed)


async def ask_twins(here: Town, dataset: str, who: Caller) -> None:
    first, _ = paid(await publish(here, who, dataset, "q", "r"))
    second, charged = paid(await publish(here, who, dataset, "q", "twin"))
    assert (charged, first != second) == (PRICES[20], True)
    assert len(await releases(here, dataset, "q", "twin")) == 1


async def test_a_backend_that_is_ended_after_the_debit_has_said_nothing(
    here: Town, dataset: str, licensed: Caller
) -> None:
    before = await spent(here, dataset)
    lines = await here.value("SELECT count(*) FROM insight.ledger_entry")
    holder = here.database
    async with holder.transaction():
        await holder.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.ledger'))")
        given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        asked = asyncio.create_task(here.ask(licensed, PUBLISHES, {"input": given}))
        await ended(holder, await waiting(holder))
        answer = await asked
    assert "data" not in answer or answer["data"] is None
    assert await spent(here, dataset) == before
    assert await releases(here, dataset, "q", "r") == []
    assert await here.value("SELECT count(*) FROM insight.ledger_entry") == lines
    assert paid(await publish(here, licensed, dataset, "q", "r"))[1] == PRICES[20]
    await expect_sound(here, dataset)


async def waiting(database: asyncpg.Connection) -> int:
    """The publisher's backend that has said all and waits for its turn to write into the register."""
    query = """
        SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND NOT l.granted AND a.usename = 'cohorte_publisher'
            AND a.datname = current_database()
    """
    for _ in range(500):
        if (pid := await database.fetchval(query)) is not None:
            return int(pid)
        await asyncio.sleep(0.01)
    pytest.fail("nobody came to write into the register")


async def ended(database: asyncpg.Connection, pid: int) -> None:
    assert await database.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)


async def test_a_client_that_goes_in_between_has_spent_nothing(here: Town, dataset: str, licensed: Caller) -> None:
    before = await spent(here, dataset)
    async with here.database.transaction():
        await here.database.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.ledger'))")
        given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        asked = asyncio.create_task(here.ask(licensed, PUBLISHES, {"input": given}))
        pid = await waiting(here.database)
        asked.cancel()
        still = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)"
        for _ in range(500):
            if not await here.database.fetchval(still, pid):
                break
            await asyncio.sleep(0.01)
    assert await spent(here, dataset) == before
    assert await releases(here, dataset, "q", "r") == []
