"""Sends operations as a client does: to the real server over a real socket, as signed-in callers."""

import asyncio
import contextlib
import functools
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import asyncpg
import httpx
import pytest_asyncio
import uvicorn

from app import Cohorte, create_app
from commands.serve import configuration
from models.viewers import Audience
from planner.execution import attach_resolvers
from planner.tables import Tables
from resolvers.export_kinds import export_kinds
from resolvers.exporting import ExportKind, GraphNames
from resolvers.jobs import PublishingJob
from resolvers.rates import rates_of
from schema.build import View, build_views, graph_names
from server.databases.open_connections import Lent
from server.http.connections import Connections
from server.jobs.scheduler import Scheduler
from server.telemetry.exporters import Telemetry
from settings import Limits, Settings
from tests.support.heads import store_head_of
from tests.support.late_outboxes import has_empty_outbox, late_outboxes

# httpx looks for this package, which is not installed, four times a request. A name known to be absent costs no search.
sys.modules["sniffio"] = None  # type: ignore[assignment]

PASSWORD = "demonstration"
SIGN_IN = """
    mutation SignIn($email: EmailAddress!, $password: String!) {
      signIn(input: {email: $email, password: $password}) { token viewer { audience } userErrors { code message path } }
    }
"""
# So that a busy machine fails no test, and few callers can send all documents of the tests.
LIMITS = Limits(statement_seconds=30, lock_seconds=30, request_seconds=60, planned_at_once=10**9)
RATES = rates_of("all=1000000/1000000/60")  # nor send all mutations
SIGN_OUT = "mutation { signOut { userErrors { code } } }"


# uvicorn waits for 0.1 s at its end whether or not a connection is open.
BRIEFLY = SimpleNamespace(**vars(asyncio) | {"sleep": lambda seconds: asyncio.sleep(min(seconds, 0.005))})


class Server(uvicorn.Server):
    """uvicorn's server as commands/serve.py runs it, without handling the test run's signals."""

    def __init__(self, config: uvicorn.Config, app: Cohorte) -> None:
        super().__init__(config)
        self.app, self.leaving = app, asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which ends the process if the application does not start. Raises NotStarted."""
        try:
            await super().startup(sockets)
        except SystemExit:
            raise NotStarted from None

    async def main_loop(self) -> None:
        """Ends when the test does, and not at uvicorn's next tick."""
        await self.on_tick(0)
        await self.leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.app.leave()
        with mock.patch("uvicorn.server.asyncio", BRIEFLY):
            await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Caller:
    """A caller; `token` is None if they have not signed in."""

    name: str
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}


@dataclass
class Ask:
    """A running server, and the SQL statements of its latest operation."""

    app: Cohorte
    http: httpx.AsyncClient
    statements: list[str] = field(default_factory=list)
    connections: Connections = field(default_factory=lambda: Connections(Limits(), 1, 1, ()))  # with those of `http`

    async def __call__(self, who: Caller, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole response, `data` and `errors`, to `query` as `who`; `statements` then holds its SQL."""
        answer: dict[str, Any] = (await self.post(who, query, variables)).json()
        return answer

    async def post(self, who: Caller, query: str, variables: Mapping[str, Any] | None = None) -> httpx.Response:
        """The HTTP response to `query` as `who`."""
        self.statements.clear()
        accept = {"accept": "application/graphql-response+json"}
        asked = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=asked, headers=who.headers | accept)

    async def sign_in(self, name: str, password: str = PASSWORD) -> Caller:
        """A new session of one of the demonstration network's accounts."""
        answer = await self(ANYBODY, SIGN_IN, {"email": f"{name}@demo.example", "password": password})
        assert answer["data"]["signIn"]["userErrors"] == []
        return Caller(name, answer["data"]["signIn"]["token"])

    def listen_to_statements(self) -> None:
        endpoint = self.app.endpoint
        assert endpoint is not None
        of_views = (view.connections for view in endpoint.views.values())
        for connections in (*of_views, endpoint.identity, endpoint.sessions.connections):
            assert len(connections.idle) == connections.pool.get_size()
            for connection in connections.idle:
                connection.add_query_logger(self.record_statement)
            vars(connections)["acquire_counted"] = self.recording(connections.acquire_counted)

    def recording(self, acquire: Callable[[], Awaitable[Lent]]) -> Callable[[], Awaitable[Lent]]:
        """What acquires a connection that is opened later, and records its statements as well."""

        async def acquire_counted() -> Lent:
            connection = await acquire()
            connection.add_query_logger(self.record_statement)
            return connection

        return acquire_counted

    def record_statement(self, query: asyncpg.connection.LoggedQuery) -> None:
        if BACKGROUND not in query.query:
            self.statements.append(query.query)


BACKGROUND = "identity.count_readings("  # written at intervals, of no one operation
ANYBODY = Caller("anybody")
# What the limits of one account are about has tests of its own: tests/identity/test_readings.py, test_joining.py.
UNLIMITED = {
    "members_read": 1_000_000,
    "members_read_at_first": 1_000_000,
    "joins_a_day": 1_000,
    "joins_at_first": 1_000,
}


@functools.cache
def views() -> dict[Audience, View]:
    """The views, built and printed once: that is the slowest part of a server's start."""
    built = build_views()
    for view in built.values():
        vars(view)["as_str"] = functools.cache(view.as_str)
    return built


@functools.cache
def names() -> GraphNames:
    """What these views call rows and columns."""
    return graph_names(views().values())


@functools.cache
def kinds() -> tuple[ExportKind, ...]:
    """What an export of these views contains."""
    return export_kinds(names())


# What every server makes of the same views.
MADE_ONCE = {
    "app.build_views": views,
    "app.graph_names": lambda views: names(),
    "app.export_kinds": lambda names: kinds(),
    "planner.operations.Tables": functools.cache(Tables),
    "planner.operations.attach_resolvers": functools.cache(attach_resolvers),
}


@contextlib.asynccontextmanager
async def serving(
    dsn: str,
    traces: Telemetry | None = None,
    *,
    known_head: bool = True,
    publishing: Sequence[PublishingJob] | None = None,
    filled: bool | None = None,
    **settings: Any,
) -> AsyncIterator[Ask]:
    """The server on the database at `dsn`, on a port of its own of 127.0.0.1, with the demonstration's settings.

    Unless `known_head` is false, the head of its ledger is in the data folder. It does scheduled work, every 30 s,
    if the test says which `publishing` jobs belong to it, be it none: a round takes as long as the rest of a start.
    Its pools are `filled` at the start, as in production, if the test says so, or gives their size or limits of time.
    Otherwise, they open a connection when one is needed, as do those who send mail, news and webhooks if there are none
    yet: of the ten that a start opens, half are left.
    """
    filled = not settings.keys().isdisjoint(("pool_size", "limits")) if filled is None else filled
    with tempfile.TemporaryDirectory() as folder:
        defaults: dict[str, Any] = {
            "database_url": dsn,
            "demo": True,
            "web": False,
            "pool_size": 2,
            "limits": LIMITS,
            "rates": RATES,
            "requests_at_once": 1_000_000,  # nor send all requests
            "kept_megabytes": 0,  # tests count statements, and write without a server
            "data": Path(folder),
            "migrate": False,
            **UNLIMITED,
        }
        made = Settings.model_validate(defaults | settings)
        late = False
        if known_head:
            connection = await asyncpg.connect(dsn)
            try:
                await store_head_of(connection, made.data)
                late = not filled and await has_empty_outbox(connection)
            finally:
                await connection.close()
        async with contextlib.AsyncExitStack() as stack:
            try:
                ask = await stack.enter_async_context(serving_with(made, traces, publishing, filled, late))
            except NotStarted:
                if "migrate" in settings:
                    raise
                # Most databases are copies of one that is migrated, and most tests leave the roles' passwords alone.
                made = made.model_copy(update={"migrate": True})
                ask = await stack.enter_async_context(serving_with(made, traces, publishing, filled, late))
            yield ask


@contextlib.contextmanager
def empty_pools() -> Iterator[None]:
    """Makes pools of connections that are opened when they are first needed."""

    def create_pool(*args: Any, **settings: Any) -> Any:
        return made(*args, **settings | {"init_size": 0})

    made = asyncpg.create_pool
    with mock.patch("asyncpg.create_pool", create_pool):
        yield


class Unscheduled(Scheduler):
    """Does no scheduled work."""

    async def run(self) -> None:
        pass


class NotStarted(RuntimeError):
    """The server did not start. Its log says why."""


@contextlib.asynccontextmanager
async def serving_with(
    settings: Settings, traces: Telemetry | None, publishing: Sequence[PublishingJob] | None, filled: bool, late: bool
) -> AsyncIterator[Ask]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with contextlib.ExitStack() as stack:
            for name, once in MADE_ONCE.items():
                stack.enter_context(mock.patch(name, once))
            app = create_app(settings, traces)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as in commands.serve, for the same reason
        config = configuration(app, settings)
        config.timeout_graceful_shutdown = 5
        server = Server(config, app)
        scheduled = (
            mock.patch("server.jobs.background.Scheduler", Unscheduled)
            if publishing is None
            else mock.patch("server.jobs.background.PUBLISHING", publishing)
        )
        with (
            scheduled,
            contextlib.nullcontext() if filled else empty_pools(),
            late_outboxes() if late else contextlib.nullcontext(),
        ):
            running = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:
                if running.done():
                    await running
                    raise NotStarted
                await asyncio.sleep(0.01)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            # Without `verify`, which reads every certificate of the machine for an address that has none.
            async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False, verify=False) as http:
                ask = Ask(app, http, connections=config.connections)
                ask.listen_to_statements()
                yield ask
        finally:
            server.leaving.set()
            await running


@pytest_asyncio.fixture(scope="session")
async def ask(dsn: str) -> AsyncIterator[Ask]:
    """Yields the server on the database that all tests share, for reads only."""
    async with serving(dsn) as ask:
        yield ask


@pytest_asyncio.fixture(scope="session")
async def patient(ask: Ask) -> Caller:
    """Yields the demonstration's patient, signed in."""
    return await ask.sign_in("patient")


@pytest_asyncio.fixture(scope="session")
async def relative(ask: Ask) -> Caller:
    """Yields the demonstration's relative, signed in."""
    return await ask.sign_in("relative")


@pytest_asyncio.fixture(scope="session")
async def laboratory(ask: Ask) -> Caller:
    """Yields the demonstration's laboratory user, signed in."""
    return await ask.sign_in("laboratory")


@pytest_asyncio.fixture(scope="session")
async def manager(ask: Ask) -> Caller:
    """Yields the demonstration's manager, signed in."""
    return await ask.sign_in("manager")


@pytest_asyncio.fixture(scope="session")
async def moderator(ask: Ask) -> Caller:
    """Yields the demonstration's moderator, signed in."""
    return await ask.sign_in("moderator")


@pytest_asyncio.fixture(scope="session")
async def anybody() -> Caller:
    """Yields a caller who has not signed in."""
    return ANYBODY
