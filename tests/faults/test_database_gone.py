"""A server whose PostgreSQL fails while it publishes and is read reports the failure and recovers."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from commands.cluster import SystemAccount, binaries, cluster, place
from commands.databases import at, create_missing
from models.database import Connection
from models.logins import open_roles, pool
from models.migrations.run import upgrade
from models.viewers import ANYBODY, Audience
from resolvers.insight import ledger
from resolvers.insight.freezing import freeze_survey
from resolvers.jobs import PUBLISHING
from server.databases.pools import ConnectionPool
from server.operations.errors import RequestError
from server.rollbacks.head_places import FolderPlace
from server.rollbacks.rollback_guard import LedgerRolledBack
from tests.support.client import ANYBODY as STRANGER
from tests.support.client import Ask, Caller, serving
from tests.support.eventually import becomes
from tests.support.heads import stored_head
from tests.support.network import Network, running_network
from tests.support.population import CELLS, PUBLISH, buyer, closed, publish
from tests.support.publishable import PRICES, expect_sound, free, gathered, paid, releases, spent
from tests.support.surveys import status_of

PUBLISHERS, READERS = 8, 9
MORE = 6  # cubes published before, between and after the failures
VARIABLES = ("q", "r", "twin", "sex", "kind", "age_band", "time_since_diagnosis")
CUBES = [cube for many in (2, 3) for cube in combinations(VARIABLES, many)]
AGAIN_SECONDS = 0.05  # between retries: clients do not wait the two seconds that the server requests
READING_SECONDS = 0.1  # between a reader's requests, so that publishing gets its turn
USES = "{ dataUses(first: 20) { nodes { purpose variables cost { microRho } } } }"


@dataclass
class Clients:
    """Clients that send requests until stopped, what they published, and responses that no failure explains.

    A failure is explained by a 503, after a publication's commit by errors at the paths of its payload's fields, and
    during the commit by an unknown outcome.
    """

    ask: Ask
    published: dict[tuple[str, ...], list[tuple[str, int]]] = field(default_factory=dict)  # insights, charges; by cube
    reads: int = 0
    away: int = 0  # responses that requested a retry
    unread: int = 0  # publications that were committed, or may be, and whose payload could not be read
    wrong: list[Any] = field(default_factory=list)
    stopped: bool = False

    async def answer(self, who: Caller, query: str, variables: dict[str, Any] | None = None) -> Any:
        """The data of a response, retried until the database is available; None if stopped before."""
        while not self.stopped:
            answer = await self.ask.post(who, query, variables)
            result = answer.json()
            if answer.status_code == 200 and "errors" not in result:
                return result["data"]
            if answer.status_code == 503 and "retry-after" in answer.headers and "id" not in extensions(result):
                self.away += 1
            elif answer.status_code == 200 and (is_unread(result) or is_unknown(result)):
                self.unread += 1
            else:
                self.wrong.append((answer.status_code, result))
            await asyncio.sleep(AGAIN_SECONDS)
        return None

    async def publish(self, who: Caller, dataset: str, first: int) -> None:
        """Publishes every cube in turn, repeatedly."""
        number = first
        while not self.stopped:
            cube = CUBES[number % len(CUBES)]
            asked = {"dataset": dataset, "variable": cube[0], "by": cube[1:], "precision": "WITHIN_50"}
            if (data := await self.answer(who, PUBLISH, {"input": asked})) is not None:
                self.published.setdefault(cube, []).append(paid(data["insightPublish"]))
            number += 1

    async def read(self, who: Caller, query: str, variables: dict[str, Any] | None = None) -> None:
        while not self.stopped:
            if await self.answer(who, query, variables) is not None:
                self.reads += 1
            await asyncio.sleep(READING_SECONDS)

    async def go_on(self) -> None:
        """Waits until this many more cubes are published, and read."""
        cubes, reads = len(self.published) + MORE, self.reads + MORE

        async def have() -> bool:
            return len(self.published) >= cubes and self.reads >= reads

        await becomes(have)


def is_unread(result: dict[str, Any]) -> bool:
    """Whether a publication was committed, and fields of its payload could not be read from the unavailable database.

    Each of them, the insight and its price, is null with an error at its path, which does not ask to try again.
    """
    payload = (result["data"] or {}).get("insightPublish") or {}
    unread = [["insightPublish", name] for name in ("insight", "charged") if name in payload and payload[name] is None]
    errors = sorted(result["errors"], key=lambda error: unread.index(error["path"]) if error["path"] in unread else -1)
    failures = [(error["path"], error["extensions"], "again" in error["message"]) for error in errors]
    return failures != [] and failures == [(path, {"code": "INTERNAL_SERVER_ERROR"}, False) for path in unread]


def is_unknown(result: dict[str, Any]) -> bool:
    """Whether nobody knows if a publication was committed."""
    errors = [(error["path"], error["extensions"]["code"]) for error in result["errors"]]
    return (result["data"], errors) == ({"insightPublish": None}, [(["insightPublish"], "OUTCOME_UNKNOWN")])


def extensions(result: dict[str, Any]) -> set[str]:
    return {name for error in result["errors"] for name in error["extensions"]}


@asynccontextmanager
async def network_of_its_own(folder: Path) -> AsyncIterator[Network]:
    """A network on a cluster of its own with durable commits."""
    with cluster(folder) as dsn:
        await create_missing(dsn, "cohorte")
        await upgrade(at(dsn, "cohorte"))
        await open_roles(at(dsn, "cohorte"))
        async with serving(at(dsn, "cohorte"), pool_size=4, publishing=PUBLISHING) as ask:
            built = Network(ask, await asyncpg.connect(at(dsn, "cohorte")))
            try:
                yield built
            finally:
                built.database.terminate()


def restart(folder: Path) -> None:
    """Restarts PostgreSQL as after a crash: connections are cut without notice and nothing is flushed first."""
    account = SystemAccount(folder / "pgdata")
    pgdata = place(folder, account) / "pgdata"
    control, log = binaries(pgdata.parent, account) / "pg_ctl", pgdata / "server.log"
    account.run(control, "restart", "-D", pgdata, "-m", "immediate", "-w", "-t", 60, "-l", log)


@pytest.mark.slow
async def test_a_server_whose_database_fails_reports_it_loses_nothing_and_recovers(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with network_of_its_own(folder) as network:
        people = await gathered(network)
        async with network.database.transaction():
            made = await freeze_survey(network.database, people.survey)
        assert made is not None
        assert made.open
        dataset = f"dst_{made.dataset}"
        buyers = [await buyer(network, people.community) for _ in range(4)]
        known = free(await publish(network, buyers[0], dataset, "q"))  # by the members' own table
        member = await network.member(people.community)
        readers = [
            (buyers[1], CELLS, {"id": known}),
            (member, USES, None),
            (STRANGER, USES, None),
        ]
        clients = Clients(network.ask)
        with caplog.at_level(logging.WARNING):
            busy = [
                asyncio.create_task(clients.publish(buyers[number % 4], dataset, number // 2 * MORE))
                for number in range(PUBLISHERS)
            ] + [asyncio.create_task(clients.read(*readers[number % 3])) for number in range(READERS)]
            try:
                await clients.go_on()
                ours = "usename LIKE 'cohorte~_%' ESCAPE '~' AND datname = current_database()"
                cut = await network.value(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {ours}")
                assert cut > 20
                await clients.go_on()
                await asyncio.to_thread(restart, folder)
                await clients.go_on()
            finally:
                clients.stopped = True
                await asyncio.gather(*busy)
        assert clients.wrong == []
        assert clients.away > 0
        assert [record for record in caplog.records if record.name == "cohorte.faults"] == []
        await expect_whole(network, clients, buyers[0], dataset)


async def expect_whole(network: Network, clients: Clients, who: Caller, dataset: str) -> None:
    """Checks that every acknowledged insight exists and was charged once, and that events and publishing work again."""
    endpoint = network.ask.app.endpoint
    assert endpoint is not None
    assert endpoint.settings.database_url is not None
    network.database.terminate()
    network.database = await asyncpg.connect(endpoint.settings.database_url)
    for cube, result in clients.published.items():
        assert len({insight for insight, _ in result}) == 1
        # Less if it was charged and the response was lost.
        assert sum(charged for _, charged in result) in (0, PRICES[50])
        assert free(await publish(network, who, dataset, *cube, within=50)) == result[0][0]
    await expect_sound(network, dataset)

    async def is_heard() -> bool:
        return endpoint.events.listening and endpoint.sessions.listening

    await becomes(is_heard)
    paid(await publish(network, who, dataset, "region"))
    assert await stored_head(network.database, endpoint.settings.data) == await ledger.head(network.database)


@pytest.mark.slow
async def test_a_restored_database_that_lacks_publications_is_not_published_from(template: str) -> None:
    async with running_network(template) as network:
        endpoint = network.ask.app.endpoint
        assert endpoint is not None
        people, overdue = await gathered(network), await gathered(network)
        dataset = await closed(network, people)
        laboratory = await buyer(network, people.community)
        before, folder = await spent(network, dataset), endpoint.settings.data
        kept = FolderPlace(folder).path(await ledger.identity(network.database))
        known, head = kept.read_text(), await stored_head(network.database, folder)
        # As if an entry had been published after the backup that the database was restored from.
        kept.write_text(json.dumps({"position": head.position + 1, "hash": "00" * 32}))
        asked = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        answer = await network.ask.post(laboratory, PUBLISH, {"input": asked})
        assert answer.status_code == 503
        assert "the database lacks results that were published" in answer.json()["errors"][0]["message"]
        over = datetime.now(UTC).date() - timedelta(days=2)
        await network.database.execute("UPDATE catalog.survey SET closes_on = $2 WHERE id = $1", overdue.survey, over)
        for task in endpoint.publisher.jobs(PUBLISHING):
            with pytest.raises(LedgerRolledBack):
                await task(network.database)
        assert await status_of(network, f"svy_{overdue.survey}") == "OPEN"
        assert (await spent(network, dataset), await releases(network, dataset, "q", "r")) == (before, [])
        kept.write_text(known)
        for task in endpoint.publisher.jobs(PUBLISHING):
            await task(network.database)
        assert await status_of(network, f"svy_{overdue.survey}") == "RELEASED"
        assert await stored_head(network.database, folder) == await ledger.head(network.database)
        paid(await publish(network, laboratory, dataset, "q", "r"))


async def test_a_broken_connection_is_reported_as_an_unavailable_database_and_replaced(fresh: str) -> None:
    async def lost(connection: Connection) -> int:
        pids.append(await connection.fetchval("SELECT pg_backend_pid()"))
        raise asyncpg.InternalClientError

    pids: list[int] = []
    await open_roles(fresh)
    opened = await pool(fresh, Audience.PUBLIC, 1, 5.0)
    connections = ConnectionPool(opened, 5.0)
    try:
        with pytest.raises(RequestError) as asked:
            await connections.run(lost)
        with pytest.raises(RequestError) as written:
            async with connections.write(ANYBODY) as connection:
                await lost(connection)
        assert [refused.value.status for refused in (asked, written)] == [503, 503]
        last = await connections.run(lambda connection: connection.fetchval("SELECT pg_backend_pid()"))
        assert len({*pids, last}) == 3
    finally:
        await connections.close()


async def test_a_transaction_that_is_cancelled_as_it_begins_is_not_left_open(fresh: str) -> None:
    """Its BEGIN may have been carried out: the next to use the connection would be in its transaction."""
    await open_roles(fresh)
    connections = ConnectionPool(await pool(fresh, Audience.PUBLIC, 1, 5.0), 5.0)

    async def read() -> None:
        async with connections.snapshot(ANYBODY) as connection:
            await connection.fetchval("SELECT 1")

    try:
        for steps in range(40):
            reading = asyncio.create_task(read())
            for _ in range(steps):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            async with connections.write(ANYBODY) as connection:
                assert await connection.fetchval("SHOW transaction_read_only") == "off"
    finally:
        await connections.close()
