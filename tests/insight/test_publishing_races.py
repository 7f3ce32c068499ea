"""Publishing with concurrency and failures: never overspent, nothing published unpaid; planted faults are detected."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations, islice
from operator import not_

import asyncpg
import pytest

from privacy import noise
from resolvers.insight.drawing import drawn_apart
from resolvers.insight.releases import FrozenDataset
from tests.support.client import Caller, serving
from tests.support.eventually import becomes, until
from tests.support.ids import key
from tests.support.network import Network, running_network
from tests.support.population import Crowd, buyer, closed, publish
from tests.support.publishable import PRICES, PUBLISHES, SHARE, expect_sound, gathered, paid, publishes, releases, spent
from tests.support.waiters import is_waiting, waiters

pytestmark = pytest.mark.slow

PAIRS = combinations(("q", "r", "twin", "sex", "kind", "time_since_diagnosis"), 2)
QUESTIONS = [("q",), *islice(PAIRS, 15)]


async def race(network: Network, respondents: Crowd, dataset: str, within: int) -> tuple[int, int]:
    """Sixteen publishers on two servers, each with a different question: how many succeeded and were refused."""
    settings = network.ask.app.endpoint
    assert settings is not None
    assert settings.settings.database_url is not None
    buyers = [await buyer(network, respondents.community) for _ in range(4)]
    async with serving(settings.settings.database_url) as other:
        elsewhere = Network(other, network.database)
        results = await asyncio.gather(
            *(
                publishes((network, elsewhere)[n % 2], buyers[n % 4], dataset, *question, within=within)
                for n, question in enumerate(QUESTIONS)
            )
        )
    refused = [one for one in results if one["userErrors"]]
    assert {one["userErrors"][0]["code"] for one in refused} <= {"BUDGET_EXHAUSTED"}
    return len(results) - len(refused), len(refused)


async def test_sixteen_concurrent_publishers_never_overspend(
    network: Network, respondents: Crowd, dataset: str
) -> None:
    # `q` was published at freezing, within 20: it costs the difference.
    assert await race(network, respondents, dataset, within=10) == (
        SHARE // PRICES[10] + 1,
        16 - SHARE // PRICES[10] - 1,
    )
    assert (await spent(network, dataset))[1] == SHARE // PRICES[10] * PRICES[10] + PRICES[10] - PRICES[20]
    await expect_sound(network, dataset)


async def test_sixteen_concurrent_identical_requests_publish_one_insight(
    network: Network, respondents: Crowd, dataset: str
) -> None:
    buyers = [await buyer(network, respondents.community) for _ in range(4)]
    turned = (("q", "sex"), ("sex", "q"))
    results = await asyncio.gather(*(publish(network, buyers[n % 4], dataset, *turned[n // 8]) for n in range(16)))
    assert sorted(paid(one)[1] for one in results) == [0] * 15 + [PRICES[20]]
    assert len({paid(one)[0] for one in results[:8]}) == len({paid(one)[0] for one in results[8:]}) == 1
    assert len(await releases(network, dataset, "q", "sex")) == 1
    await expect_sound(network, dataset)


async def test_a_debit_after_the_commit_is_detected(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    debts: list[int] = []

    async def later(connection: object, dataset: FrozenDataset, charge: int, *, sold: bool) -> None:
        debts.append(charge)

    debit = """
        UPDATE insight.dataset
        SET spent_micro_rho = spent_micro_rho + $2, sold_micro_rho = sold_micro_rho + $2 WHERE id = $1
    """
    async with running_network(template) as apart:  # its ledger is no longer valid
        respondents = await gathered(apart)
        dataset = await closed(apart, respondents)
        await expect_sound(apart, dataset)
        monkeypatch.setattr("resolvers.insight.releases.debit", later)
        await race(apart, respondents, dataset, within=10)
        for charge in debts:
            with suppress(asyncpg.CheckViolationError):  # the database constraint, which comes too late
                await apart.database.execute(debit, key(dataset), charge)
        with pytest.raises(AssertionError):
            await expect_sound(apart, dataset)


async def test_a_failed_publication_costs_nothing_and_its_error_contains_no_count(
    network: Network,
    dataset: str,
    licensed_buyer: Caller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(counts: Sequence[int], *_: object) -> list[int]:
        raise ValueError(f"no noise for {list(counts)}")

    before = await spent(network, dataset)
    with monkeypatch.context() as patched, caplog.at_level(logging.DEBUG):
        patched.setattr(noise, "draw", fails)
        given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        answer = await network.ask(licensed_buyer, PUBLISHES, {"input": given})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert "NoiseFailed" in caplog.text
    assert "40, 40" not in caplog.text + str(answer)
    assert await spent(network, dataset) == before
    assert await releases(network, dataset, "q", "r") == []
    paid(await publish(network, licensed_buyer, dataset, "q", "r"))


async def test_a_publication_whose_noise_is_lost_costs_nothing_and_is_drawn_once_when_it_is_repeated(
    network: Network,
    dataset: str,
    licensed_buyer: Caller,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = await spent(network, dataset)
    lines = await network.value("SELECT count(*) FROM insight.ledger_entry")
    with drawn_apart() as process:
        process.call(noise.draw, [1], 754)
        assert process.child is not None
        child = process.child.process

        async def ready() -> None:  # it hangs once it is
            child.send_signal(signal.SIGSTOP)

        monkeypatch.setattr("resolvers.insight.insights_mutations.be_ready", ready)
        given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        asked = asyncio.create_task(network.ask.post(licensed_buyer, PUBLISHES, {"input": given}))
        await until(process.turn.locked)
        child.kill()
        answer = await asked
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        [error] = answer.json()["errors"]
        assert error["message"] == "Noise cannot be drawn right now, and nothing was charged. Please try again."
        assert "the process that draws noise has ended" in caplog.text
        assert await spent(network, dataset) == before
        assert await releases(network, dataset, "q", "r") == []
        assert await network.value("SELECT count(*) FROM insight.ledger_entry") == lines
        assert paid(await publish(network, licensed_buyer, dataset, "q", "r"))[1] == PRICES[20]
        assert len(await releases(network, dataset, "q", "r")) == 1
    await expect_sound(network, dataset)


async def test_questions_that_match_the_same_members_stay_separate(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    await ask_twins(network, dataset, licensed_buyer)


async def test_a_cube_key_derived_from_content_is_detected(
    network: Network, dataset: str, licensed_buyer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def same_members(names: Sequence[str], version: int) -> str:
        return "|".join(sorted({"r" if name == "twin" else name for name in names})) + f"@v{version}"

    monkeypatch.setattr("resolvers.insight.insight_requests.key", same_members)
    monkeypatch.setattr("resolvers.insight.releases.key", same_members)
    with pytest.raises(AssertionError):
        await ask_twins(network, dataset, licensed_buyer)


async def ask_twins(network: Network, dataset: str, who: Caller) -> None:
    first, _ = paid(await publish(network, who, dataset, "q", "r"))
    second, charged = paid(await publish(network, who, dataset, "q", "twin"))
    assert (charged, first != second) == (PRICES[20], True)
    assert len(await releases(network, dataset, "q", "twin")) == 1


async def test_a_backend_terminated_after_the_debit_publishes_nothing(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    before = await spent(network, dataset)
    lines = await network.value("SELECT count(*) FROM insight.ledger_entry")
    holder = network.database
    async with holder.transaction():
        await holder.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.ledger'))")
        given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        asked = asyncio.create_task(network.ask(licensed_buyer, PUBLISHES, {"input": given}))
        await ended(holder, await waiting(holder))
        answer = await asked
    assert "data" not in answer or answer["data"] is None
    assert await spent(network, dataset) == before
    assert await releases(network, dataset, "q", "r") == []
    assert await network.value("SELECT count(*) FROM insight.ledger_entry") == lines
    assert paid(await publish(network, licensed_buyer, dataset, "q", "r"))[1] == PRICES[20]
    await expect_sound(network, dataset)


async def test_an_organization_holds_one_connection_and_others_publish_meanwhile(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    others = await gathered(network)
    elsewhere, other = await closed(network, others), await buyer(network, others.community)
    # Documents are planned and OpenDP is loaded by then: who waits at the ledger does so for a request's time.
    assert paid(await publish(network, other, elsewhere, "q", "sex"))[1] == PRICES[20]
    endpoint = network.ask.app.endpoint
    assert endpoint is not None
    shares = endpoint.publisher.connections.shares
    async with network.database.transaction(), asyncio.timeout(60):
        await network.database.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.ledger'))")
        asked = [asyncio.create_task(publish(network, licensed_buyer, dataset, "q", by)) for by in ("r", "sex", "kind")]
        await until(lambda: [len(queue) for queue in shares.queues.values()] == [2])
        assert list(shares.held.values()) == [1]
        asked.append(asyncio.create_task(publish(network, other, elsewhere, "q", "r")))
        await becomes(lambda: at_the_ledger(network.database), lambda pids: len(pids) == 2)
    assert [paid(answer)[1] for answer in await asyncio.gather(*asked)] == [PRICES[20]] * 4
    assert (shares.held, shares.queues) == ({}, {})


async def at_the_ledger(database: asyncpg.Connection) -> list[int]:
    """The ids of the publisher's backends that have written everything for a request and wait for the ledger."""
    return [each.pid for each in await waiters(database) if each.advisory and each.name == "cohorte publisher"]


async def waiting(database: asyncpg.Connection) -> int:
    """The id of such a backend, as soon as there is one."""
    return (await becomes(lambda: at_the_ledger(database)))[0]


async def ended(database: asyncpg.Connection, pid: int) -> None:
    assert await database.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)


async def test_a_client_that_disconnects_while_publishing_spends_nothing(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    before = await spent(network, dataset)
    async with network.database.transaction():
        await network.database.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.ledger'))")
        given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        asked = asyncio.create_task(network.ask(licensed_buyer, PUBLISHES, {"input": given}))
        pid = await waiting(network.database)
        asked.cancel()
        await becomes(lambda: is_waiting(network.database, pid), not_)
    assert await spent(network, dataset) == before
    assert await releases(network, dataset, "q", "r") == []
