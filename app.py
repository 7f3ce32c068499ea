"""Assembles the server from its parts: `create_app(settings)`. Importing it has no side effects."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from models.bounded_connections import ANSWER_SECONDS
from models.connecting import connect as connected_to
from models.database import understands
from models.failures import GONE, reason
from models.installation import install
from models.logins import owner_password, pool, role_dsn, role_password
from models.messages import load_translations
from models.migrations.revisions import expect_current, head
from models.security.kept_tables import RIGHTS
from models.security.publisher import PUBLISHER
from models.viewers import Audience, Login
from planner.cursors import Cursors
from resolvers.export_kinds import export_kinds
from resolvers.exporting import json_schema_text
from resolvers.identity.data_exports_mutations import PATH
from resolvers.identity.outbox import mail_waits
from resolvers.identity.second_factors_rules import key_of
from resolvers.insight.drawing import drawn_apart
from resolvers.insight.ledger import is_sandbox
from resolvers.jobs import MAINTENANCE, PUBLISHING, forget_data_reads, settle_sleeping
from resolvers.leases import end_when_silent
from schema.build import View, build_views, graph_names
from server.callers.read_budgets import MemberReads
from server.callers.sessions import ChangedSessions, Sessions
from server.databases.listening import Listener, Pulse, listen
from server.databases.outages import note_schema
from server.databases.pools import ConnectionPool, half_of
from server.databases.positions import Positions
from server.databases.publisher_pool import CONNECTIONS, STATEMENT_SECONDS, PublisherPool
from server.databases.readiness import Shared
from server.databases.standbys import Pools, Primary, Standby, Standbys
from server.events import sockets
from server.events.broker import Events
from server.files import catalogue, insight_files
from server.files.catalogue import LazyCatalogue
from server.files.dataset_files import CODEBOOKS, Codebooks
from server.files.downloads import MEMBER_ROUTE, Downloads
from server.files.file_making import FileMaking
from server.files.insight_files import InsightFiles
from server.http import routes
from server.http.origins import CoroutineApp, with_cors
from server.http.pages import UNBUILT, NotBuilt, Pages, read_pages
from server.jobs.courier import Courier
from server.jobs.mailer import Mailer, folder_delivery, smtp_delivery
from server.jobs.newsroom import Newsroom
from server.jobs.scheduler import PUBLISHING_LOCK, Scheduler
from server.operations.data_reads import DataReads
from server.operations.documents import Documents
from server.operations.endpoint import Endpoint
from server.operations.errors import RequestError
from server.operations.kept_answers import KeptAnswers
from server.operations.performing import ServedView
from server.operations.trusted_documents import documents_of_views, plan_trusted
from server.rollbacks.departure_keeper import LOCK as DEPARTURES_LOCK
from server.rollbacks.departure_keeper import keeper_of
from server.rollbacks.rollback_guard import guard_of
from server.telemetry import logs
from server.telemetry.digests import Digests
from server.telemetry.exporters import Telemetry
from server.telemetry.metrics import Metrics
from server.telemetry.readings import readings
from settings import Settings

log = logging.getLogger("cohorte.start")

# Connections in the role of the public view besides its own: for what strangers write, for looking up sessions, for
# whether the server is ready, and for recording who reads members' data.
APART = {"identity": 4, "lookups": 2, "readiness": 1, "data reads": 1}
LISTENER_SECONDS = 5.0  # to reach the database
READY_SECONDS = 2.0  # for the database to answer: whoever asks whether the server is ready does not wait for long
# Of one statement of a job. None takes as long, but freezing a survey with more answers than a request may freeze.
JOB_SECONDS, FREEZING_SECONDS = 60.0, 900.0
ENDING_SECONDS = 1.0  # for a background task that was told to end
CLOSING_SECONDS = 1.5  # for the connections' last statements to end
EXPORT_ROUTE = f"{PATH}/{{token}}"
FILE_ROUTES = (EXPORT_ROUTE, MEMBER_ROUTE, insight_files.ROUTE, CODEBOOKS, catalogue.ROUTE)
BUILT_PAGES = Path(__file__).parent / "web" / "dist"
# Further connections to the database by their role: of the listener, mail and webhooks; of a scheduler; of news and the
# publisher's two schedulers.
OTHERS = {"public": 3, "manager": 1, "publisher": 3}


class Cohorte(Starlette):
    """Starlette, except that /graphql bypasses its middleware: that costs as much as the endpoint."""

    endpoint: Endpoint | None = None
    downloads: Downloads | None = None
    pages: Pages | None = None  # of those for browsers
    cors: CoroutineApp | None = None  # serves requests that pages of other origins may make, if any are allowed
    stopping = False  # set as soon as the process is told to stop: it is no longer ready

    # Not a coroutine function, which would be one more coroutine for each request.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        if scope["type"] != "http":
            return self.serve(scope, receive, send)
        if self.cors is not None and any(name == b"origin" for name, _ in scope["headers"]):
            return self.cors(scope, receive, send)
        if self.endpoint is not None and scope["path"] == "/graphql":  # as `serve`, without its calls
            return self.endpoint(scope, receive, send)
        return self.serve(scope, receive, send)

    def serve(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        return self.app_of(scope)(scope, receive, send)

    def app_of(self, scope: Scope) -> CoroutineApp:
        """What serves a request, a socket or the lifespan."""
        if self.endpoint is not None and scope["type"] != "lifespan" and scope["path"] == "/graphql":
            return self.endpoint if scope["type"] == "http" else partial(sockets.serve, self.endpoint)
        return super().__call__

    async def leave(self) -> None:
        """Notifies clients of open sockets and streams that the server stops. Call it before connections are closed."""
        self.stopping = True
        if self.endpoint is not None:
            await self.endpoint.streams.stop()


@dataclass(frozen=True)
class Graph:
    """The four views, and the documents of each with its trusted ones, whose lists have these cursors."""

    views: Mapping[Audience, View]
    documents: Mapping[Audience, Documents]
    digests: Digests
    cursors: Cursors


def read_graph(settings: Settings) -> Graph:
    """Builds the views, and reads the trusted documents without a database.

    Raises UnmarkedError if a type or field of the graph has no audience, ManifestFault if a trusted document cannot be
    served.
    """
    views, digests, cursors = build_views(), Digests(settings.log_key), Cursors()
    return Graph(views, documents_of_views(views, settings, digests, cursors), digests, cursors)


def create_app(
    settings: Settings, traces: Telemetry | None = None, graph: Graph | None = None, *, draws_apart: bool = False
) -> Cohorte:
    """The whole server as an ASGI application; it connects to the database when its lifespan begins.

    With `traces`, operations are traced. With `draws_apart`, another process draws noise for all of this one.

    The `graph` is read here unless it is given. Raises what `read_graph` raises, and ValueError if
    `settings.database_url` is not set.
    """
    owner = settings.database_url
    if owner is None:
        raise ValueError("settings.database_url is not set: commands.serve starts a database and sets it")
    limits = settings.limits
    # The addresses of standbys need no password of the owner's.
    role_key = settings.role_key or (owner_password(owner) if settings.read_url else None)
    graph = graph or read_graph(settings)
    load_translations()
    views, documents, digests = graph.views, graph.documents, graph.digests
    served: dict[Audience, ServedView] = {}
    kinds = export_kinds(graph_names(views.values()))
    health: list[ConnectionPool] = []  # the connection that answers whether the server is ready
    files: dict[str, Callable[[Request], Awaitable[Response]]] = {}  # what answers for each route of FILE_ROUTES
    revision = head()
    endpoint_class: type[Endpoint] = Endpoint
    pool_class: Callable[..., ConnectionPool] = ConnectionPool
    if traces is not None:
        from server.telemetry import tracing  # whose packages are an extra

        endpoint_class = tracing.traced_endpoint(traces.tracer)
        pool_class = partial(tracing.TracedPool, tracer=traces.tracer, digests=digests)

    @asynccontextmanager
    async def lifespan(app: Cohorte) -> AsyncIterator[None]:
        try:
            async with running(app):
                yield
        except Exception as error:  # of which uvicorn would log the message
            if isinstance(error, GONE):
                log.error("the server does not start, because its database cannot be used: %s", reason(error))
            logs.fault("lifespan", error)
            raise

    @asynccontextmanager
    async def running(app: Cohorte) -> AsyncIterator[None]:
        # Of all servers of this database, standbys' and those after a restart: a client pages on wherever it is sent.
        graph.cursors.use(bytes.fromhex(role_password(owner, "cursors", settings.role_key)))
        if settings.migrate:
            await install(owner, settings.role_key, settings.role_prefix)
        else:
            await expect_current(dsn_of(Audience.PUBLIC))
        await asyncio.to_thread(plan_trusted, documents)
        async with AsyncExitStack() as stack:
            if draws_apart:
                stack.enter_context(drawn_apart())
            pools: dict[str, ConnectionPool] = {}
            stack.push_async_callback(close_all, pools)

            def check_pools() -> None:
                for connections in pools.values():
                    connections.check()

            for audience in views:
                connections = pools[audience.view] = await connected(audience, settings.pool_size, of_view=True)
                served[audience] = ServedView(documents[audience], connections)
            # Publications from one dataset take turns by a lock, for as long as they need.
            pools["publisher"] = await connected(PUBLISHER, CONNECTIONS, STATEMENT_SECONDS, lock_seconds=0)
            publisher = PublisherPool(pools["publisher"], guard_of(owner, settings.data, settings.ledger_heads))
            await publisher.verify()
            keeper = keeper_of(settings.data, settings.ledger_heads)
            departing = partial(connect, "cohorte departures", PUBLISHER, FREEZING_SECONDS)
            repeating = await departing()
            try:
                await end_when_silent(repeating)  # others wait for its lock
                await keeper.begin(repeating)
            finally:
                repeating.terminate()
            # Strangers' reads must neither keep anybody from signing in, nor sign-ins anybody from being recognized.
            for name, size in APART.items():
                pools[name] = await connected(Audience.PUBLIC, size)
            for connections in pools.values():
                connections.when_lost = check_pools
            synthetic = await pools["lookups"].run(is_sandbox, repeatable=True)
            if app.pages is not None and synthetic:
                app.pages.show_sandbox()
            health.append(pools["readiness"])
            stack.callback(health.clear)
            pulse = Pulse()
            sessions = Sessions(pools["lookups"], demonstration=settings.demo, pulse=pulse)
            is_listening = asyncio.Event()
            events = Events()
            kept = KeptAnswers(settings.kept_megabytes * 1_000_000, RIGHTS, pulse)
            member_reads = MemberReads(pools["lookups"], settings.members_read, settings.members_read_at_first)
            stack.push_async_callback(member_reads.flush)
            tasks: list[asyncio.Task[None]] = []
            stack.push_async_callback(end_all, tasks)
            tasks.append(asyncio.create_task(member_reads.run()))
            endpoint = endpoint_class(
                served,
                sessions,
                events,
                publisher,
                pools["identity"],
                member_reads,
                DataReads(pools["data reads"]),
                settings,
                digests,
                kept,
                standbys := standbys_of(pools["lookups"]),
            )
            app.downloads = Downloads(endpoint, kinds)
            files[EXPORT_ROUTE], files[MEMBER_ROUTE] = app.downloads.answer, app.downloads.answer_member
            making = FileMaking(limits.request_seconds)
            stack.callback(making.close)
            files[insight_files.ROUTE] = InsightFiles(endpoint, making).answer
            files[CODEBOOKS] = Codebooks(endpoint, making).answer
            files[catalogue.ROUTE] = LazyCatalogue(endpoint, making).answer
            stack.callback(endpoint.planning.close)
            stack.callback(endpoint.computing.close)
            listeners: Sequence[Listener] = (
                sessions,
                ChangedSessions(sessions),
                events,
                kept,
                *([standbys] if standbys else []),
            )
            tasks.append(asyncio.create_task(listen(listener, listeners, is_listening, check_pools, pulse)))
            if standbys is not None:
                sessions.stand_in = standbys.stand_in
                watched = (standbys.primary, *standbys.standbys)
                tasks.extend(asyncio.create_task(each.watch()) for each in watched)
            tasks.append(asyncio.create_task(endpoint.streams.watch()))
            with suppress(TimeoutError):  # without it, tokens are looked up for each request: slower, and as safe
                await asyncio.wait_for(is_listening.wait(), LISTENER_SECONDS)
            deliver = smtp_delivery(settings.mail_url) if settings.mail_url else folder_delivery(settings.data / "mail")
            mailer = Mailer(deliver, settings.mail_from, settings.base if settings.web else None, synthetic=synthetic)
            tasks.append(asyncio.create_task(mailer.outbox.run(lambda: connect("cohorte mail"))))
            newsroom = Newsroom()
            tasks.append(asyncio.create_task(newsroom.outbox.run(lambda: connect("cohorte news", PUBLISHER))))
            key = key_of(settings.second_factor_key)
            courier = Courier(settings.base, key, loopback=settings.demo, synthetic=synthetic)
            tasks.append(asyncio.create_task(courier.outbox.run(lambda: connect("cohorte webhooks"))))
            sleeping = settle_sleeping(settings.sleep_months, settings.sleep_notice_days)
            maintaining = (*MAINTENANCE, forget_data_reads(settings.data_reads_days), sleeping)
            maintenance = Scheduler(lambda: connect("cohorte due", Audience.MANAGER), maintaining)
            tasks.append(asyncio.create_task(maintenance.run()))
            # Apart from what is published, of which one round may take many minutes.
            tasks.append(asyncio.create_task(Scheduler(departing, (keeper.keep,), DEPARTURES_LOCK).run()))
            jobs = publisher.jobs(PUBLISHING)
            closing = partial(connect, "cohorte closing", PUBLISHER, FREEZING_SECONDS)
            tasks.append(asyncio.create_task(Scheduler(closing, jobs, PUBLISHING_LOCK).run()))
            if settings.metrics_port is not None:
                endpoint.metrics = metrics = Metrics()
                metrics.read(readings(endpoint, pools))
                stop = metrics.serve(settings.metrics_host, settings.metrics_port)
                stack.push_async_callback(asyncio.to_thread, stop)
                tasks.append(asyncio.create_task(metrics.watch_loop()))
                age = partial(pools["readiness"].run, mail_waits)
                tasks.append(asyncio.create_task(metrics.watch_mail(age)))
            app.endpoint = endpoint
            stack.callback(endpoint.log.write)
            yield
            app.endpoint = app.downloads = None
            files.clear()

    async def connected(
        login: Login,
        size: int,
        seconds: float = limits.statement_seconds,
        *,
        lock_seconds: float = limits.lock_seconds,
        of_view: bool = False,
        at: str = owner,
    ) -> ConnectionPool:
        """A pool of open connections. In that of a view, whose requests have limits, a statement needs no other.

        It is of the database at the address `at`.
        """
        answer_seconds = None if of_view else seconds + ANSWER_SECONDS
        opened = await pool(
            at,
            login,
            size,
            seconds,
            role_key,
            prefix=settings.role_prefix,
            lock_seconds=lock_seconds,
            answer_seconds=answer_seconds,
        )
        made = pool_class(opened, seconds, half_of(size) if of_view else None, limits.request_seconds)
        await made.fill()
        return made

    def dsn_of(login: Login, at: str = owner) -> str:
        return role_dsn(at, login, role_key, settings.role_prefix)

    def standbys_of(writes: ConnectionPool) -> Standbys | None:
        """The standbys of the settings, if there are any; `writes` are connections to the primary."""
        if not settings.read_url:
            return None
        seconds = settings.read_lag_seconds
        outage_seconds = settings.read_outage_seconds
        primary = Primary(partial(connect, "cohorte primary"), seconds, outage_seconds)
        found = [
            Standby(f"standby {number}", partial(connect, "cohorte standby", at=url), partial(pools_of, url), primary)
            for number, url in enumerate(settings.read_url, 1)
        ]
        kept_seconds = max(seconds, outage_seconds)
        positions = Positions(owner, settings.role_key, kept_seconds, plain=settings.plain_cookie)
        return Standbys(primary, found, writes, positions, seconds)

    async def pools_of(at: str) -> Pools:
        """The pools of a standby, each with that of the primary. Raises what connecting raises."""
        opened: dict[Audience, ConnectionPool] = {}
        try:
            for audience, view in served.items():
                made = opened[audience] = await connected(audience, settings.pool_size, of_view=True, at=at)
                made.primary = view.connections
        except BaseException:
            for each in opened.values():
                each.terminate()
            raise
        return opened

    async def listener() -> asyncpg.Connection:
        return await connect("cohorte listener")

    async def connect(
        name: str, login: Login = Audience.PUBLIC, answer_seconds: float = JOB_SECONDS, at: str = owner
    ) -> asyncpg.Connection:
        return await connected_to(dsn_of(login, at), name, answer_seconds, idle_seconds=0)

    async def is_ready() -> bool:
        if not health or app.stopping:
            return False
        standbys = app.endpoint.standbys if app.endpoint is not None else None
        if standbys is not None and standbys.stand_ins():  # queries are answered, and the rest with 503
            return True
        try:
            async with asyncio.timeout(READY_SECONDS):
                understood = await health[0].run(lambda connection: understands(connection, revision), repeatable=True)
        except (RequestError, asyncpg.PostgresError, TimeoutError):
            return False
        if not understood:
            note_schema(revision)
        return understood and not app.stopping

    def file_route(path: str) -> Route:
        async def show_file(request: Request) -> Response:
            answer = files.get(path)
            return routes.not_found() if answer is None else await answer(request)

        return Route(path, show_file)

    sdl = {audience: view.as_str() for audience, view in views.items()}
    pages = built_pages(settings)
    app = Cohorte(
        routes=routes.routes(
            sdl,
            json_schema_text(kinds),
            Shared(is_ready),
            *map(file_route, FILE_ROUTES),
            *(pages.routes() if pages else [UNBUILT]),
        ),
        exception_handlers={
            404: pages.answer_not_found if pages else routes.handle_not_found,
            405: routes.handle_method_not_allowed,
        },
        lifespan=lifespan,
    )
    app.pages = pages
    app.router.redirect_slashes = False  # to wherever the request's Host header leads
    if settings.origins:
        app.cors = with_cors(app.serve, settings.origins)
    return app


def built_pages(settings: Settings) -> Pages | None:
    """The pages to serve; None if the settings leave them out, or nothing was built."""
    if not settings.web:
        return None
    try:
        return read_pages(BUILT_PAGES, demonstration=settings.demo)
    except NotBuilt:
        return None


async def close_all(pools: Mapping[str, ConnectionPool]) -> None:
    """Closes all pools at once: each would wait as long for statements that do not end."""
    await asyncio.gather(*(close(connections) for connections in pools.values()))


def database_connections(settings: Settings) -> int:
    """How many connections to the database a server has at most; those to its standbys are not counted."""
    watching = 1 if settings.read_url else 0
    apart = CONNECTIONS + sum(APART.values()) + sum(OTHERS.values())
    return len(Audience) * settings.pool_size + apart + watching


def standby_connections(settings: Settings) -> int:
    """How many connections to each standby a server has at most."""
    return len(Audience) * settings.pool_size + 1


async def close(connections: ConnectionPool) -> None:
    try:
        await asyncio.wait_for(connections.close(), CLOSING_SECONDS)
    except TimeoutError:
        connections.pool.terminate()


async def end_all(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Ends tasks together. One that waits for a silent database when it is cancelled is cancelled again."""
    left = set(tasks)
    for _ in range(2):
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=ENDING_SECONDS)
