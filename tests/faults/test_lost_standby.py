"""A synchronous standby that is lost: PostgreSQL holds back what is written until one confirms it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from commands.databases import at
from models.bounded_connections import BoundedConnection
from models.migrations.run import upgrade
from models.replication import is_asynchronous, note_write
from models.viewers import Audience
from resolvers.jobs import PUBLISHING
from server.callers.rate_limits import COUNT
from tests import factories
from tests.faults.test_row_locks import ME
from tests.faults.test_silent_database import POST
from tests.support.callers import User
from tests.support.client import LIMITS, serving
from tests.support.clusters import open_roles_quickly, run, throwaway_cluster
from tests.support.eventually import becomes
from tests.support.network import Network

pytestmark = pytest.mark.slow

POOL = 4
BRIEF = replace(LIMITS, statement_seconds=0.5, lock_seconds=0.2, request_seconds=3)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
MEMBERS = f"{WAITING} AND usename = 'cohorte_patient'"


@dataclass
class Pair:
    """A primary that is to wait for its standby, and a server. Each writer has a discussion, whose row posts lock."""

    network: Network
    dsn: str
    writers: list[tuple[User, UUID]]

    async def post(self, nth: int, body: str, **more: Any) -> httpx.Response:
        author, discussion = self.writers[nth]
        given = {"discussion": f"dis_{discussion}", "body": body} | more
        return await self.network.ask.post(author, POST, {"input": given})

    async def posts(self) -> list[str]:
        return [row["body"] for row in await self.network.database.fetch("SELECT body FROM care.post")]

    @asynccontextmanager
    async def standby_lost(self) -> AsyncIterator[None]:
        """No standby confirms a commit within the block."""
        await self.await_standbys("nobody")
        try:
            yield
        finally:
            await self.await_standbys("")

            async def nothing_waits() -> bool:
                return bool(await self.network.value(WAITING) == 0)

            await becomes(nothing_waits)

    async def await_standbys(self, names: str) -> None:
        await self.network.database.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        await self.network.database.execute("SELECT pg_reload_conf()")

        async def is_in_force() -> bool:
            return bool(await self.network.value("SHOW synchronous_standby_names") == names)

        await becomes(is_in_force)


@pytest_asyncio.fixture(scope="module")
async def database() -> AsyncIterator[str]:
    """Yields a migrated database in a cluster of the module's own: others' commits wait for no standby."""
    with throwaway_cluster() as cluster:
        await run(cluster, "CREATE DATABASE cohorte")
        dsn = at(cluster, "cohorte")
        await upgrade(dsn)
        await open_roles_quickly(dsn)
        await run(dsn, "ALTER DATABASE cohorte SET synchronous_commit = 'on'")
        yield dsn


@pytest_asyncio.fixture
async def pair(database: str) -> AsyncIterator[Pair]:
    admin = await asyncpg.connect(database)
    async with serving(database, pool_size=POOL, limits=BRIEF, publishing=PUBLISHING) as ask:
        network = Network(ask, admin)
        community = (await factories.community(admin))["id"]
        writers = []
        for _ in range(12):
            author = await network.member()
            about = {"community_id": community, "author_id": author.id}
            await factories.membership(admin, member_id=author.id, community_id=community)
            writers.append((author, (await factories.discussion(admin, **about))["id"]))
        yield Pair(network, database, writers)
        await admin.execute("DELETE FROM care.post")
    await admin.close()


async def test_nothing_is_acknowledged_or_shown_that_no_standby_has_confirmed(pair: Pair) -> None:
    key = str(uuid4())
    async with pair.standby_lost():
        for _ in range(3):  # a retry would find the result of the first attempt if that was committed
            answer = await pair.post(0, "With a key", clientMutationId=key)
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        # PostgreSQL lets one transaction at a time commit that notifies: this one gives up, and is not committed.
        answer = await pair.post(1, "After another")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert await pair.posts() == []
    assert (await pair.post(0, "With a key", clientMutationId=key)).status_code == 200
    assert await pair.posts() == ["With a key"]


async def test_without_a_key_the_outcome_is_unknown(pair: Pair) -> None:
    async with pair.standby_lost():
        answer = await pair.post(0, "Without a key")
        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["OUTCOME_UNKNOWN"]
        assert await pair.posts() == []
    assert await pair.posts() == ["Without a key"]


async def test_reading_goes_on_while_all_that_is_written_waits(pair: Pair) -> None:
    ask = pair.network.ask
    async with pair.standby_lost():
        for _ in range(2):
            writing = [asyncio.create_task(pair.post(nth, "Hello")) for nth in range(12)]

            async def some_wait() -> bool:
                return bool(await pair.network.value(MEMBERS) > 0)

            await becomes(some_wait)
            for _ in range(5):
                answers = await asyncio.gather(*(ask.post(who, ME) for who, _ in pair.writers), ask.http.get("/readyz"))
                assert {answer.status_code for answer in answers} == {200}
            await asyncio.gather(*writing)
            assert 0 < await pair.network.value(MEMBERS) <= POOL // 2
    assert ask.app.endpoint is not None
    connections = ask.app.endpoint.views[Audience.PATIENT].connections

    async def all_are_back() -> bool:
        return connections.busy == 0

    await becomes(all_are_back)
    assert {(await pair.post(nth, "Hello")).status_code for nth in range(12)} == {200}


async def test_what_is_counted_waits_for_no_standby(pair: Pair) -> None:
    async with pair.standby_lost():
        connection = await asyncpg.connect(pair.dsn, command_timeout=10)  # what waits ends in an error
        await connection.fetch(COUNT, [b"subject"], [10], [60])
        member = str(pair.writers[0][0].id)
        await connection.execute("SELECT identity.count_readings($1, $2, $3)", [member], ["7"], [member])
        assert await note_write(connection, member) > 0
        await connection.close()


async def test_a_job_whose_commit_takes_too_long_leaves_it_to_postgresql(pair: Pair) -> None:
    connection = await asyncpg.connect(pair.dsn, command_timeout=0.5, connection_class=BoundedConnection)
    pid = connection.get_server_pid()
    about = await pair.network.row(
        "SELECT author_id, community_id FROM care.discussion WHERE id = $1", pair.writers[0][1]
    )
    async with pair.standby_lost():
        with pytest.raises(TimeoutError):
            async with connection.transaction():
                await factories.discussion(connection, **about)

        async def is_ended() -> bool:
            return connection.is_closed()

        await becomes(is_ended)
        assert await pair.network.value(f"{WAITING} AND pid = $1", pid) == 1
        assert await pair.network.count("care.discussion", **about) == 1
    assert await pair.network.count("care.discussion", **about) == 2


async def test_a_primary_that_waits_for_standbys_is_not_asynchronous(pair: Pair) -> None:
    database = pair.network.database
    assert not await is_asynchronous(database)  # there is no standby
    assert await is_asynchronous(database, with_standbys=True)
    async with pair.standby_lost():
        assert not await is_asynchronous(database, with_standbys=True)
