"""A server behind PgBouncer: what works by sessions, with the limits that it asks for, and what is refused."""

import asyncpg
import pytest

from commands.cluster import Unavailable
from commands.opened import probe
from models.session_parameters import NoSessions, expect_sessions
from server.operations.errors import RequestError
from settings import Limits, Settings
from tests import factories
from tests.support.client import ANYBODY
from tests.support.network import network_on
from tests.support.poolers import needs_pgbouncer, pooler
from tests.support.subscribers import event_stream

LIMITS = Limits(statement_seconds=7, lock_seconds=1.25)
GIVEN = """
    SELECT name || ' ' || setting || coalesce(unit, '') FROM pg_settings WHERE name IN ('statement_timeout',
        'lock_timeout', 'idle_in_transaction_session_timeout', 'jit', 'plan_cache_mode', 'random_page_cost', 'TimeZone')
"""
ASKED = {
    "statement_timeout 7000ms",
    "lock_timeout 1250ms",
    "idle_in_transaction_session_timeout 60000ms",
    "jit off",
    "plan_cache_mode force_generic_plan",
    "random_page_cost 1.1",
    "TimeZone UTC",
}


@pytest.mark.slow
@pytest.mark.parametrize("mode", [pytest.param("session", marks=needs_pgbouncer), None])
async def test_the_limits_of_a_server_are_set_with_a_pooler_as_without(fresh: str, mode: str | None) -> None:
    if mode is None:
        await serve_and_try(fresh)
        return
    async with pooler(fresh, mode) as address:
        await expect_sessions(address)
        await serve_and_try(address)


async def serve_and_try(address: str) -> None:
    async with network_on(address, filled=True, publishing=(), limits=LIMITS) as network:
        community = await factories.community(network.database)
        ada = await network.member(community["id"])
        discussion = await factories.discussion(network.database, community_id=community["id"])
        endpoint = network.ask.app.endpoint
        assert endpoint is not None
        pools = [
            *(view.connections for view in endpoint.views.values()),
            endpoint.identity,
            endpoint.sessions.connections,
        ]
        for pool in pools:
            found = await pool.run(lambda connection: connection.fetch(GIVEN))
            assert {row[0] for row in found} == ASKED
        publisher = endpoint.publisher.connections
        found = await publisher.run(lambda connection: connection.fetch(GIVEN))
        assert {"statement_timeout 60000ms", "lock_timeout 0ms"} < {row[0] for row in found}
        document = f'subscription {{ postAdded(discussion: "dis_{discussion["id"]}") {{ body }} }}'
        async with event_stream(network.ask, ada, document) as stream:
            for body in ("One", "Two", "Three"):  # each statement runs often enough to be prepared
                await network.do(ada, "postAdd", "post { body }", discussion=f"dis_{discussion['id']}", body=body)
                while (event := await stream.receive())[1] is None:
                    pass
                assert event == ("next", {"data": {"postAdded": {"body": body}}})
        with pytest.raises(RequestError):
            await pools[0].run(lambda connection: connection.fetchval("SELECT pg_sleep(30)"))
        assert (await network.ask(ANYBODY, "{ communities { nodes { name } } }"))["data"]


@needs_pgbouncer
@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_a_pooler_without_sessions_is_refused_in_a_sentence(fresh: str, mode: str) -> None:
    async with pooler(fresh, mode) as address:
        for _ in range(3):  # whichever of the pooler's sessions it gets
            with pytest.raises(NoSessions):
                await expect_sessions(address)
        with pytest.raises(Unavailable) as refused:
            await probe(Settings(database_url=address))
    assert str(refused.value) == (
        "COHORTE_DATABASE_URL leads to a pooler that does not keep a session for each connection, such as PgBouncer in "
        "transaction mode. Time limits, prepared statements, notifications and the locks of jobs need one. Set "
        "pool_mode = session for this database in the pooler, or use the address of PostgreSQL itself."
    )


@needs_pgbouncer
async def test_a_pooler_by_transaction_with_one_session_is_refused_too(fresh: str) -> None:
    async with pooler(fresh, "transaction", pool_size=1) as address:
        with pytest.raises(NoSessions):
            await expect_sessions(address)


async def test_postgresql_itself_keeps_sessions(fresh: str) -> None:
    await expect_sessions(fresh)
    connection = await asyncpg.connect(fresh)
    assert await connection.fetchval("SELECT current_setting('cohorte.probe', true)") is None
    await connection.close()
