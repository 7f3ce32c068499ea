"""A server whose database is slow, overloaded or gone, or whose client disconnects."""

import asyncio

import asyncpg

from models.viewers import Audience
from resolvers.jobs import PUBLISHING
from settings import Limits
from tests.server.test_edge import PUBLIC, WHO
from tests.support.client import ANYBODY, serving
from tests.support.eventually import becomes, until
from tests.support.waiters import waiters


class Held:
    """Locks a table, so that reads of it wait."""

    def __init__(self, dsn: str, table: str) -> None:
        self.dsn, self.table = dsn, table

    async def __aenter__(self) -> "Held":
        self.connection = await asyncpg.connect(self.dsn)
        self.transaction = self.connection.transaction()
        await self.transaction.start()
        await self.connection.execute(f"lock table {self.table} in access exclusive mode")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.transaction.rollback()
        await self.connection.close()

    async def waiters(self) -> int:
        """How many connections of views wait: the scheduler, which publishes counts of communities, may wait too."""
        found = await waiters(self.connection)
        return len([each for each in found if each.table == self.table and each.role != "cohorte_publisher"])

    async def until(self, waiters: int) -> None:
        await becomes(self.waiters, lambda found: found == waiters)


COMMUNITIES = "{ communities { nodes { name } } }"


async def test_the_statement_of_a_disconnected_client_is_cancelled(fresh: str) -> None:
    async with serving(fresh, filled=True) as ask, Held(fresh, "catalog.community") as held:
        asked = asyncio.create_task(ask.post(ANYBODY, COMMUNITIES))
        await held.until(1)
        asked.cancel()
        await held.until(0)
        assert await ask(ANYBODY, WHO) == PUBLIC


async def test_a_statement_that_takes_too_long_is_reported_with_its_limit(fresh: str) -> None:
    async with (
        serving(fresh, filled=True, limits=Limits(statement_seconds=0.2)) as ask,
        Held(fresh, "catalog.community"),
    ):
        answer = await ask.post(ANYBODY, COMMUNITIES)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        extensions = {"code": "LIMIT_EXCEEDED", "limit": "statement_seconds", "most": 0.2}
        assert [error["extensions"] for error in answer.json()["errors"]] == [extensions]
        assert await ask(ANYBODY, WHO) == PUBLIC


async def test_a_request_that_waits_too_long_for_a_connection_is_refused(fresh: str) -> None:
    async with serving(fresh, pool_size=1, limits=Limits(request_seconds=1)) as ask:
        async with Held(fresh, "catalog.community") as held:
            answers = await asyncio.gather(*(ask.post(ANYBODY, COMMUNITIES) for _ in range(3)))
            assert [answer.status_code for answer in answers] == [503] * 3
            limits = [answer.json()["errors"][0]["extensions"]["limit"] for answer in answers]
            assert limits == ["request_seconds"] * 3
            await held.until(0)
        assert (await ask.post(ANYBODY, COMMUNITIES)).status_code == 200


async def test_the_queue_of_requests_is_bounded(fresh: str) -> None:
    async with serving(fresh, pool_size=1) as ask:
        assert ask.app.endpoint is not None
        views = ask.app.endpoint.views
        for view in views.values():
            view.connections.max_busy = 2
        async with Held(fresh, "catalog.community") as held:
            waiting = [asyncio.create_task(ask.post(ANYBODY, COMMUNITIES)) for _ in range(2)]
            await held.until(1)
            await until(lambda: views[Audience.PUBLIC].connections.busy >= 2)
            answer = await ask.post(ANYBODY, COMMUNITIES)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert [(await one).status_code for one in waiting] == [200, 200]


async def test_cut_connections_are_reported_and_replaced(fresh: str) -> None:
    async with serving(fresh, filled=True, publishing=PUBLISHING) as ask:
        owner = await asyncpg.connect(fresh)
        ours = "usename like 'cohorte~_%' escape '~' and datname = current_database()"
        await owner.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {ours}")
        await owner.close()
        answers = [await ask.post(ANYBODY, WHO) for _ in range(6)]
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert answers[-1].json() == PUBLIC
