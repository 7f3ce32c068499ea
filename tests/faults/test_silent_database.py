"""A database that falls silent: its connections stay open and answer nothing, as when its host is gone."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from models.bounded_connections import KEEPALIVES, OPTIONS, BoundedConnection
from models.logins import pool
from models.viewers import Audience
from resolvers.jobs import PUBLISHING
from server.databases import listening, server_connections
from server.databases.pools import ConnectionPool
from server.jobs import background, outbox
from server.jobs.scheduler import Scheduler
from server.operations.errors import RequestError
from settings import Limits
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY, PASSWORD, SIGN_IN, Caller, serving
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.silent import SilentRelay, Way, silent_relay

pytestmark = pytest.mark.slow

BRIEF = Limits(statement_seconds=2, request_seconds=4)
COMMUNITIES = "{ communities { nodes { name } } }"
POST = "mutation ($input: PostAddInput!) { postAdd(input: $input) { post { body } userErrors { code } } }"
# What a deadline may take longer on a busy machine. Without deadlines, requests took 30 s and stopping took 36.
SLACK_SECONDS = 15
STOPPING_SECONDS = 10  # docs/operating.md
LONG_SECONDS = 60  # longer than everything together takes on a busy machine, and shorter than waits without end
JOBS = {f"cohorte {name}" for name in ("listener", "mail", "news", "due", "closing")}


@dataclass
class Behind:
    """A server that reaches its database through the relay, and a discussion there."""

    network: Network
    relay: SilentRelay
    author: User
    discussion: UUID

    async def read(self, who: Caller = ANYBODY) -> httpx.Response:
        return await self.network.ask.post(who, COMMUNITIES)

    async def write(self, body: str, **more: Any) -> httpx.Response:
        given = {"discussion": f"dis_{self.discussion}", "body": body} | more
        return await self.network.ask.post(self.author, POST, {"input": given})

    async def sign_in(self) -> httpx.Response:
        return await self.network.ask.post(ANYBODY, SIGN_IN, {"email": "nobody@example.org", "password": PASSWORD})

    async def ready(self) -> httpx.Response:
        return await self.network.ask.http.get("/readyz")

    async def all(self) -> list[httpx.Response]:
        """Responses of each kind: more of each than its pool has connections."""
        kinds: list[Callable[[], Awaitable[httpx.Response]]] = [
            self.read,
            partial(self.read, self.author),
            partial(self.write, "Hello"),
            self.sign_in,
            self.ready,
        ]
        return await asyncio.gather(*(kind() for kind in kinds for _ in range(6)))

    async def all_in_time(self) -> list[httpx.Response]:
        """As `all`. Raises TimeoutError if a response takes much longer than the limit of a request."""
        async with asyncio.timeout(BRIEF.request_seconds + SLACK_SECONDS):
            return await self.all()

    async def works(self) -> bool:
        return {answer.status_code for answer in await self.all()} == {200}

    async def posts(self) -> list[str]:
        rows = await self.network.database.fetch("SELECT body FROM care.post ORDER BY created_at")
        return [row["body"] for row in rows]


def is_refused(answer: httpx.Response) -> bool:
    """Whether a response says that the database is unavailable, and when to try again."""
    if answer.url.path == "/readyz":
        return (answer.status_code, answer.json()) == (503, {"ready": False})
    return answer.status_code == 503 and "retry-after" in answer.headers


@pytest_asyncio.fixture
async def behind(fresh: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Behind]:
    """Yields a server whose limits and jobs are quick, so that silence is noticed within seconds.

    Raises TimeoutError if it takes much longer to stop than it may.
    """
    for module, name, value in (
        (server_connections, "JOB_SECONDS", 1.0),
        (server_connections, "FREEZING_SECONDS", 1.0),
        (listening, "CHECK_SECONDS", 1.0),
        (outbox, "CHECK_SECONDS", 1.0),
        (background, "Scheduler", partial(Scheduler, period_seconds=1.0)),
    ):
        monkeypatch.setattr(module, name, value)
    async with silent_relay(fresh) as relay:
        admin = await asyncpg.connect(fresh)
        async with asyncio.timeout(2 * LONG_SECONDS), AsyncExitStack() as stack:
            ask = await stack.enter_async_context(serving(relay.dsn, pool_size=4, limits=BRIEF, publishing=PUBLISHING))
            network = Network(ask, admin)
            community = (await factories.community(admin))["id"]
            author = await network.member()
            await factories.membership(admin, member_id=author.id, community_id=community)
            about = {"community_id": community, "author_id": author.id}
            discussion = await factories.discussion(admin, **about)
            made = Behind(network, relay, author, discussion["id"])
            await becomes(made.works)
            yield made
            async with asyncio.timeout(STOPPING_SECONDS + SLACK_SECONDS):
                await stack.aclose()  # the server's end
        await admin.close()


@pytest.mark.parametrize("lost", [None, *Way])
async def test_connections_whose_host_is_gone_are_let_go_and_replaced(behind: Behind, lost: Way | None) -> None:
    behind.relay.move(lost)
    answers = await behind.all_in_time()
    assert [answer.text for answer in answers if answer.status_code != 200 and not is_refused(answer)] == []
    assert any(is_refused(answer) for answer in answers)
    await becomes(behind.works)  # on new connections

    async def are_replaced() -> bool:
        return behind.relay.silent == 0

    await becomes(are_replaced)  # those of each pool and job, also where nobody has sent a request

    async def are_back() -> bool:
        return {row[0] for row in await behind.network.database.fetch(NAMES)} >= JOBS

    await becomes(are_back)
    endpoint = behind.network.ask.app.endpoint
    assert endpoint is not None
    assert endpoint.events.listening
    assert endpoint.sessions.listening


NAMES = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"


async def test_a_database_that_answers_nobody_is_reported_in_time_and_works_on_when_it_answers(behind: Behind) -> None:
    behind.relay.freeze()
    for _ in range(2):
        assert [answer.text for answer in await behind.all_in_time() if not is_refused(answer)] == []
    behind.relay.thaw()
    await becomes(behind.works)


async def test_a_server_stops_while_its_database_is_silent(behind: Behind) -> None:
    waiting = [asyncio.create_task(behind.all_in_time()) for _ in range(2)]
    behind.relay.freeze()
    # What is pending is refused, and the fixture stops the server, in time.
    for answers in await asyncio.gather(*waiting):
        assert {answer.status_code for answer in answers} <= {200, 503}


async def test_a_commit_that_is_not_answered_is_not_waited_for(behind: Behind) -> None:
    before = await behind.posts()
    behind.relay.silent_role = b"cohorte_patient"
    behind.relay.silent_at = b"COMMIT;"
    answer = await behind.write("Without a key")
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["OUTCOME_UNKNOWN"]
    behind.relay.silent_at = b"COMMIT;"
    key = str(uuid4())

    async def is_made() -> bool:
        answer = await behind.write("With a key", clientMutationId=key)
        assert answer.status_code == 200 or is_refused(answer)
        return answer.status_code == 200

    await becomes(is_made)  # by the server, which repeats it, or by its client
    assert await behind.posts() == [*before, "With a key"]  # neither of the two commits was received


async def test_connections_that_were_cut_while_idle_are_replaced_without_an_error(behind: Behind) -> None:
    async def is_well() -> bool:
        return {answer.status_code for answer in await behind.all()} == {200}

    await becomes(is_well)  # after what other tests have left unanswered
    ours = "usename LIKE 'cohorte~_%' ESCAPE '~' AND datname = current_database()"
    await behind.network.value(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {ours}")
    answers = await behind.all()
    assert [answer.text for answer in answers if answer.status_code != 200] == []


async def test_an_event_that_cannot_be_read_ends_after_the_limit(fresh: str) -> None:
    async with silent_relay(fresh) as relay, opened(relay.dsn, size=2) as connections:
        relay.move()
        with pytest.raises(RequestError) as refused:
            await connections.read_for_event("SELECT 'x'", ())
        assert refused.value.status == 503
        assert await connections.read_for_event("SELECT 'x'", ()) == "x"


async def test_a_request_that_is_cut_off_does_not_wait_for_its_connection_which_still_counts(fresh: str) -> None:
    async with silent_relay(fresh) as relay, opened(relay.dsn, size=2) as connections:
        relay.freeze()
        reading = asyncio.create_task(connections.read("SELECT 'x'", (), "a caller"))
        await asyncio.sleep(0)
        assert connections.busy == 1
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert connections.busy == 1
        assert connections.shares.held == {"a caller": 1}
        await asyncio.wait(connections.returning)
        assert connections.busy == 0
        assert connections.shares.held == {}

        async def are_ended() -> bool:
            return connections.pool.get_size() == 0

        await becomes(are_ended)  # the idle one too
        relay.thaw()
        assert await connections.read("SELECT 'x'", ()) == "x"


async def test_a_cancellation_that_is_not_confirmed_ends_the_connection(fresh: str) -> None:
    async with silent_relay(fresh) as relay:
        connection = await asyncpg.connect(relay.dsn, connection_class=BoundedConnection)
        relay.move()
        with pytest.raises(TimeoutError):
            await connection.execute("SELECT", timeout=0.01)
        with pytest.raises((asyncpg.InterfaceError, TimeoutError)):
            async with asyncio.timeout(LONG_SECONDS):
                await connection.execute("SELECT")  # waits for the confirmation first
        assert connection.was_unanswered()
        assert connection.is_closed()


async def test_a_cancellation_that_is_confirmed_leaves_the_connection(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 5  # a busy machine may take a second to confirm
    monkeypatch.setattr("models.bounded_connections.ANSWER_SECONDS", seconds)
    connection = await asyncpg.connect(fresh, connection_class=BoundedConnection)
    with pytest.raises(TimeoutError):
        await connection.execute("SELECT pg_sleep(60)", timeout=0.01)
    assert await connection.fetchval("SELECT 1") == 1
    await asyncio.sleep(seconds)  # after which it would have been ended
    assert await connection.fetchval("SELECT 1") == 1
    assert not connection.was_unanswered()
    await connection.close()


async def test_closing_a_silent_connection_ends(fresh: str) -> None:
    async with silent_relay(fresh) as relay:
        connection = await asyncpg.connect(relay.dsn, connection_class=BoundedConnection)
        relay.move()
        async with asyncio.timeout(LONG_SECONDS):
            await connection.close()
        assert connection.is_closed()


async def test_the_kernel_watches_both_ends_of_every_connection(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[socket.socket] = []
    monkeypatch.setattr("models.bounded_connections.watch", lambda opened: watched.append(opened))
    async with silent_relay(fresh) as relay, serving(relay.dsn, pool_size=2, publishing=PUBLISHING):
        admin = await asyncpg.connect(fresh)
        served = await admin.fetch(f"{NAMES} AND application_name LIKE 'cohorte %'")
        await admin.close()
        assert len(watched) >= len(served) >= 4 * 2 + 2 + 4 + 5


async def test_a_watched_socket_has_the_options(fresh: str) -> None:
    async with silent_relay(fresh) as relay:
        connection = await asyncpg.connect(relay.dsn, connection_class=BoundedConnection, server_settings=KEEPALIVES)
        opened = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        for name, value in OPTIONS.items():
            if (option := getattr(socket, name, None)) is not None:
                assert opened.getsockopt(socket.IPPROTO_TCP, option) == value
        given = await connection.fetch("SELECT name, reset_val FROM pg_settings WHERE name LIKE 'tcp~_%' ESCAPE '~'")
        assert {row["name"]: row["reset_val"] for row in given} == KEEPALIVES
        await connection.close()


@asynccontextmanager
async def opened(dsn: str, size: int) -> AsyncIterator[ConnectionPool]:
    """A pool of the public view's connections, whose statements may take a second."""
    made = ConnectionPool(await pool(dsn, Audience.PUBLIC, size, 1.0), 1.0)
    await made.fill()
    try:
        yield made
    finally:
        made.pool.terminate()
