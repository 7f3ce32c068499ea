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

from models.database import understands
from models.failures import GONE, reason
from models.installation import install
from models.logins import role_password
from models.messages import load_translations
from models.migrations.revisions import expect_current, head
from models.security.kept_tables import RIGHTS
from models.viewers import Audience
from planner.cursors import Cursors
from resolvers.export_kinds import export_kinds
from resolvers.exporting import ExportKind, json_schema_text
from resolvers.identity.data_exports_mutations import PATH
from resolvers.identity.outbox import mail_waits
from resolvers.insight.drawing import drawn_apart
from resolvers.insight.ledger import is_sandbox
from resolvers.leases import end_when_silent
from schema.build import View, build_views, graph_names
from server.callers.read_budgets import MemberReads
from server.callers.sessions import ChangedSessions, Sessions
from server.databases.listening import Listener, Pulse, listen
from server.databases.outages import note_schema
from server.databases.pools import ConnectionPool
from server.databases.publisher_pool import PublisherPool
from server.databases.readiness import Shared
from server.databases.server_connections import APART, ServerConnections, close_all
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
from server.jobs.background import Background, schedulers, senders
from server.operations.data_reads import DataReads
from server.operations.documents import Documents
from server.operations.endpoint import Endpoint
from server.operations.errors import RequestError
from server.operations.kept_answers import KeptAnswers
from server.operations.performing import ServedView
from server.operations.trusted_documents import documents_of_views, plan_trusted
from server.rollbacks.departure_keeper import DepartureKeeper, keeper_of
from server.rollbacks.rollback_guard import guard_of
from server.telemetry import logs
from server.telemetry.digests import Digests
from server.telemetry.exporters import Telemetry
from server.telemetry.metrics import Metrics
from server.telemetry.readings import readings
from settings import Settings

log = logging.getLogger("cohorte.start")

LISTENER_SECONDS = 5.0  # to reach the database
READY_SECONDS = 2.0  # for the database to answer: whoever asks whether the server is ready does not wait for long
EXPORT_ROUTE = f"{PATH}/{{token}}"
FILE_ROUTES = (EXPORT_ROUTE, MEMBER_ROUTE, insight_files.ROUTE, CODEBOOKS, catalogue.ROUTE)
BUILT_PAGES = Path(__file__).parent / "web" / "dist"

Answer = Callable[[Request], Awaitable[Response]]


class Cohorte(Starlette):
    """Starlette, except that /graphql bypasses its middleware: that costs as much as the endpoint."""

    endpoint: Endpoint | None = None
    downloads: Downloads | None = None
    files: Mapping[str, Answer] = {}  # what answers for each route of FILE_ROUTES, while the server runs
    health: ConnectionPool | None = None  # whose connection answers whether the server is ready
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

    async def is_ready(self, revision: str) -> bool:
        """Whether the server answers, from a database whose schema a server of this `revision` understands."""
        if self.health is None or self.stopping:
            return False
        standbys = self.endpoint.standbys if self.endpoint is not None else None
        if standbys is not None and standbys.stand_ins():  # queries are answered, and the rest with 503
            return True
        try:
            async with asyncio.timeout(READY_SECONDS):
                understood = await self.health.run(
                    lambda connection: understands(connection, revision), repeatable=True
                )
        except (RequestError, asyncpg.PostgresError, TimeoutError):
            return False
        if not understood:
            note_schema(revision)
        return understood and not self.stopping

    async def show_file(self, route: str, request: Request) -> Response:
        answer = self.files.get(route)
        return routes.not_found() if answer is None else await answer(request)


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
    if settings.database_url is None:
        raise ValueError("settings.database_url is not set: commands.serve starts a database and sets it")
    graph = graph or read_graph(settings)
    load_translations()
    kinds = export_kinds(graph_names(graph.views.values()))
    lifespan = Lifespan(settings, settings.database_url, graph, kinds, draws_apart)
    if traces is not None:
        from server.telemetry import tracing  # whose packages are an extra

        lifespan.endpoint_class = tracing.traced_endpoint(traces.tracer)
        lifespan.pool_class = partial(tracing.TracedPool, tracer=traces.tracer, digests=graph.digests)
    pages = built_pages(settings)
    revision = head()

    def file_route(path: str) -> Route:
        async def show(request: Request) -> Response:
            return await app.show_file(path, request)

        return Route(path, show)

    app = Cohorte(
        routes=routes.routes(
            {audience: view.as_str() for audience, view in graph.views.items()},
            json_schema_text(kinds),
            Shared(lambda: app.is_ready(revision)),
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


@dataclass
class Lifespan:
    """Opens what answers requests when the server starts, and closes it when the server stops."""

    settings: Settings
    owner: str  # the owner's address of the database
    graph: Graph
    kinds: Sequence[ExportKind]
    draws_apart: bool
    endpoint_class: type[Endpoint] = Endpoint
    pool_class: Callable[..., ConnectionPool] = ConnectionPool

    @asynccontextmanager
    async def __call__(self, app: Cohorte) -> AsyncIterator[None]:
        try:
            await self.prepare()
            async with AsyncExitStack() as stack:
                await self.open(app, stack)
                yield
                app.endpoint, app.downloads, app.files = None, None, {}
        except Exception as error:  # of which uvicorn would log the message
            if isinstance(error, GONE):
                log.error("the server does not start, because its database cannot be used: %s", reason(error))
            logs.fault("lifespan", error)
            raise

    async def prepare(self) -> None:
        """Migrates the database, or checks that it is migrated, and plans the trusted documents."""
        settings = self.settings
        # Of all servers of this database, standbys' and those after a restart: a client pages on wherever it is sent.
        self.graph.cursors.use(bytes.fromhex(role_password(self.owner, "cursors", settings.role_key)))
        if settings.migrate:
            await install(self.owner, settings.role_key, settings.role_prefix)
        else:
            await expect_current(self.connections().address_of(Audience.PUBLIC))
        await asyncio.to_thread(plan_trusted, self.graph.documents)

    async def open(self, app: Cohorte, stack: AsyncExitStack) -> None:
        """Connects, repeats what a restored backup has undone, and starts what works beside requests."""
        settings, connections = self.settings, self.connections()
        if self.draws_apart:
            stack.enter_context(drawn_apart())
        pools: dict[str, ConnectionPool] = {}
        stack.push_async_callback(close_all, pools)
        await self.open_pools(connections, pools)
        publisher = PublisherPool(pools["publisher"], guard_of(self.owner, settings.data, settings.ledger_heads))
        await publisher.verify()
        keeper = keeper_of(settings.data, settings.ledger_heads)
        await repeat_departures(keeper, connections)
        synthetic = await pools["lookups"].run(is_sandbox, repeatable=True)
        if app.pages is not None and synthetic:
            app.pages.show_sandbox()
        app.health = pools["readiness"]
        stack.callback(setattr, app, "health", None)
        pulse = Pulse()
        member_reads = MemberReads(pools["lookups"], settings.members_read, settings.members_read_at_first)
        stack.push_async_callback(member_reads.flush)
        background = Background()
        stack.push_async_callback(background.end)
        background.start(member_reads.run())
        views = {each: ServedView(self.graph.documents[each], pools[each.view]) for each in self.graph.views}
        endpoint = self.endpoint_class(
            views,
            Sessions(pools["lookups"], demonstration=settings.demo, pulse=pulse),
            Events(),
            publisher,
            pools["identity"],
            member_reads,
            DataReads(pools["data reads"]),
            settings,
            self.graph.digests,
            KeptAnswers(settings.kept_megabytes * 1_000_000, RIGHTS, pulse),
            connections.standbys({each: pools[each.view] for each in views}, pools["lookups"]),
        )
        stack.callback(endpoint.planning.close)
        stack.callback(endpoint.computing.close)
        self.serve_files(app, endpoint, stack)
        await listen_to_database(endpoint, connections, pools, pulse, background)
        background.start(
            endpoint.streams.watch(),
            *senders(settings, connections, synthetic=synthetic),
            *schedulers(settings, connections, publisher, keeper),
        )
        if settings.metrics_port is not None:
            endpoint.metrics = metrics = Metrics()
            metrics.read(readings(endpoint, pools))
            stop = metrics.serve(settings.metrics_host, settings.metrics_port)
            stack.push_async_callback(asyncio.to_thread, stop)
            background.start(metrics.watch_loop(), metrics.watch_mail(partial(pools["readiness"].run, mail_waits)))
        app.endpoint = endpoint
        stack.callback(endpoint.log.write)

    def connections(self) -> ServerConnections:
        return ServerConnections(self.settings, self.owner, self.pool_class)

    async def open_pools(self, connections: ServerConnections, pools: dict[str, ConnectionPool]) -> None:
        """Opens the pools by their names, into `pools`. Where one loses a connection, all look at theirs."""
        for audience in self.graph.views:
            pools[audience.view] = await connections.view_pool(audience)
        pools["publisher"] = await connections.publisher_pool()
        # Strangers' reads must neither keep anybody from signing in, nor sign-ins anybody from being recognized.
        for name, size in APART.items():
            pools[name] = await connections.pool(Audience.PUBLIC, size)
        for each in pools.values():
            each.when_lost = partial(check_all, pools)

    def serve_files(self, app: Cohorte, endpoint: Endpoint, stack: AsyncExitStack) -> None:
        making = FileMaking(self.settings.limits.request_seconds)
        stack.callback(making.close)
        app.downloads = Downloads(endpoint, self.kinds)
        app.files = {
            EXPORT_ROUTE: app.downloads.answer,
            MEMBER_ROUTE: app.downloads.answer_member,
            insight_files.ROUTE: InsightFiles(endpoint, making).answer,
            CODEBOOKS: Codebooks(endpoint, making).answer,
            catalogue.ROUTE: LazyCatalogue(endpoint, making).answer,
        }


async def repeat_departures(keeper: DepartureKeeper, connections: ServerConnections) -> None:
    """Repeats the erasures and withdrawals that a restored backup has undone. Raises DeparturesUnknown."""
    connection = await connections.connect_for_freezing("cohorte departures")
    try:
        await end_when_silent(connection)  # others wait for its lock
        await keeper.begin(connection)
    finally:
        connection.terminate()


async def listen_to_database(
    endpoint: Endpoint,
    connections: ServerConnections,
    pools: Mapping[str, ConnectionPool],
    pulse: Pulse,
    background: Background,
) -> None:
    """Starts to follow what changes in the database, and how far its standbys are."""
    sessions, standbys = endpoint.sessions, endpoint.standbys
    is_listening = asyncio.Event()
    listeners: list[Listener] = [sessions, ChangedSessions(sessions), endpoint.events, endpoint.kept]
    if standbys is not None:
        listeners.append(standbys)
    connect = partial(connections.connect, "cohorte listener")
    background.start(listen(connect, listeners, is_listening, partial(check_all, pools), pulse))
    if standbys is not None:
        sessions.stand_in = standbys.stand_in
        background.start(*(each.watch() for each in (standbys.primary, *standbys.standbys)))
    with suppress(TimeoutError):  # without it, tokens are looked up for each request: slower, and as safe
        await asyncio.wait_for(is_listening.wait(), LISTENER_SECONDS)


def check_all(pools: Mapping[str, ConnectionPool]) -> None:
    for connections in pools.values():
        connections.check()
