"""Writers that wait for a row that somebody has locked: nobody else waits for them, and they do not wait for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from models.viewers import Audience
from settings import Limits
from tests import factories
from tests.faults.test_silent_database import POST
from tests.support.callers import User
from tests.support.client import ANYBODY, LIMITS, PASSWORD, SIGN_IN, serving
from tests.support.eventually import becomes
from tests.support.network import Network

ME = "{ me { id } }"
POOL = 4


@dataclass
class Crowd:
    """Members who post in a discussion, and others who do something else."""

    network: Network
    discussion: UUID
    writers: list[User]
    others: list[User]

    async def post(self, who: User) -> httpx.Response:
        given = {"discussion": f"dis_{self.discussion}", "body": "Hello"}
        return await self.network.ask.post(who, POST, {"input": given})

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Holds the lock of the discussion's row, which each post waits for."""
        async with self.network.database.transaction():
            await self.network.database.execute("SELECT FROM care.discussion WHERE id = $1 FOR UPDATE", self.discussion)
            yield

    async def waiting(self) -> int:
        await self.network.database.execute("SELECT pg_stat_clear_snapshot()")  # which `locked` would keep
        found: int = await self.network.value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return found


@asynccontextmanager
async def crowd(dsn: str, **limits: Any) -> AsyncIterator[Crowd]:
    admin = await asyncpg.connect(dsn)
    async with serving(dsn, pool_size=POOL, limits=replace(LIMITS, **limits)) as ask:
        network = Network(ask, admin)
        community = (await factories.community(admin))["id"]
        members = [await network.member() for _ in range(16)]
        for member in members:
            await factories.membership(admin, member_id=member.id, community_id=community)
        discussion = await factories.discussion(admin, community_id=community, author_id=members[0].id)
        yield Crowd(network, discussion["id"], members[:12], members[12:])
    await admin.close()


async def test_reading_and_signing_in_go_on_while_many_writers_wait_for_one_row(fresh: str) -> None:
    async with crowd(fresh) as people:
        ask = people.network.ask
        async with people.locked():
            writing = [asyncio.create_task(people.post(who)) for who in people.writers]

            async def all_wait() -> bool:
                assert ask.app.endpoint is not None
                connections = ask.app.endpoint.views[Audience.PATIENT].connections
                return connections.busy == len(writing) and await people.waiting() == POOL // 2

            await becomes(all_wait)
            for _ in range(5):
                answers = await asyncio.gather(
                    *(ask.post(who, ME) for who in [*people.others, *people.writers]),
                    ask.post(ANYBODY, SIGN_IN, {"email": "nobody@example.org", "password": PASSWORD}),
                    ask.http.get("/readyz"),
                )
                assert {answer.status_code for answer in answers} == {200}
            assert await people.waiting() == POOL // 2
            assert not any(task.done() for task in writing)
        assert {(await task).status_code for task in writing} == {200}


async def test_a_writer_waits_for_a_lock_for_a_short_time_only(fresh: str) -> None:
    async with crowd(fresh, lock_seconds=0.1) as people:
        async with people.locked():
            for answer in await asyncio.gather(*(people.post(who) for who in people.writers)):
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "2"
                message = answer.json()["errors"][0]["message"]
                assert message == "Another change of the same data is in progress. Please try again."
        written = "SELECT count(*) FROM care.post WHERE discussion_id = $1"
        assert await people.network.value(written, people.discussion) == 0
        assert (await people.post(people.writers[0])).status_code == 200


async def test_publications_wait_for_one_another(fresh: str) -> None:
    async with serving(fresh, filled=True, limits=replace(LIMITS, lock_seconds=0.1)) as ask:
        endpoint = ask.app.endpoint
        assert endpoint is not None
        shown = "SELECT current_setting('lock_timeout')"

        async def lock_timeout(connections: Any) -> str:
            found: str = await connections.run(lambda connection: connection.fetchval(shown))
            return found

        assert await lock_timeout(endpoint.publisher.connections) == "0"
        others = (endpoint.identity, endpoint.sessions.connections, endpoint.data_reads.connections)
        views = (view.connections for view in endpoint.views.values())
        assert {await lock_timeout(connections) for connections in (*others, *views)} == {"100ms"}


async def test_two_transactions_that_wait_for_each_other_are_ended_before_the_limit_for_locks(fresh: str) -> None:
    admin = await asyncpg.connect(fresh)
    deadlock = await admin.fetchval("SELECT setting::int / 1000.0 FROM pg_settings WHERE name = 'deadlock_timeout'")
    await admin.close()
    assert float(deadlock) < Limits().lock_seconds < Limits().statement_seconds


async def test_nobody_who_joins_waits_for_an_erasure_of_many_rows(fresh: str) -> None:
    """What may be many rows is gone before the erasure waits for the rows that others change, too."""
    async with crowd(fresh) as people:
        network, leaving = people.network, people.writers[0]
        community = await network.value("SELECT community_id FROM care.discussion WHERE id = $1", people.discussion)
        await factories.observation(network.database, member_id=leaving.id)
        await factories.post(network.database, discussion_id=people.discussion, author_id=leaving.id)
        await factories.notification(network.database, member_id=leaving.id)
        own = """
            SELECT (SELECT count(*) FROM (SELECT FROM care.observation WHERE member_id = $1 FOR UPDATE SKIP LOCKED) o)
                + (SELECT count(*) FROM (SELECT FROM care.notification WHERE member_id = $1 FOR UPDATE SKIP LOCKED) n)
                + (SELECT count(*) FROM (SELECT FROM care.post WHERE author_id = $1 FOR UPDATE SKIP LOCKED) p)
            """
        assert await network.value(own, leaving.id) == 3
        other = await asyncpg.connect(fresh)
        try:
            async with network.database.transaction():
                await network.database.execute("SELECT FROM catalog.community WHERE id = $1 FOR UPDATE", community)
                erase = "SELECT identity.erase(a, 'ACCOUNT_DELETED') FROM identity.account a WHERE a.member_id = $1"
                erasing = asyncio.create_task(other.execute(erase, leaving.id))

                async def waits() -> bool:
                    return await people.waiting() == 1

                await becomes(waits)
                assert await network.value(own, leaving.id) == 0  # the erasure has locked and deleted them
            await erasing
        finally:
            await other.close()
        assert await network.count("care.observation", member_id=leaving.id) == 0
