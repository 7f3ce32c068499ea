"""Assembles the server from its parts: `create_app(settings)`. Importing it has no side effects."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from models.database import is_at
from models.logins import open_roles, pool, role_dsn
from models.migrations.run import head, upgrade
from models.security.publisher import PUBLISHER
from models.security.read_rules import open_tables
from models.viewers import Audience, Login
from planner.operations import Planner
from resolvers.export_kinds import export_kinds
from resolvers.exporting import json_schema_text
from resolvers.identity.data_exports_mutations import PATH
from resolvers.jobs import MAINTENANCE, PUBLISHING, forget_data_reads
from schema.build import build_views, graph_names
from server import routes, sockets
from server.broker import Events
from server.data_reads import DataReads
from server.documents import Documents
from server.downloads import Downloads
from server.endpoint import Endpoint, ServedView
from server.errors import RequestError
from server.listening import listen
from server.mailer import Mailer, folder_delivery, smtp_delivery
from server.pools import ConnectionPool
from server.publisher_pool import CONNECTIONS, STATEMENT_SECONDS, PublisherPool
from server.read_budgets import MemberReads
from server.rollback_guard import LedgerHeadFile
from server.scheduler import PUBLISHING_LOCK, Scheduler
from server.sessions import Sessions
from settings import Settings

SIGN_INS, LOOKUPS = 4, 2  # connections for what strangers write, and for looking up sessions
LISTENER_SECONDS = 5.0  # to reach the database


class Cohorte(Starlette):
    """Starlette, except that /graphql bypasses its middleware: that costs as much as the endpoint."""

    endpoint: Endpoint | None = None
    downloads: Downloads | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql" and self.endpoint is not None:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql" and self.endpoint is not None:
            await sockets.serve(self.endpoint, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def leave(self) -> None:
        """Notifies clients of open sockets and streams that the server stops. Call it before connections are closed."""
        if self.endpoint is not None:
            await self.endpoint.streams.stop()


def create_app(settings: Settings) -> Cohorte:
    """The whole server as an ASGI application; it connects to the database when its lifespan begins.

    Raises UnmarkedError if a type or field of the graph has no audience, ValueError if `settings.database_url` is not
    set. Its lifespan raises LedgerRolledBack if the database lacks ledger entries that were published from it.
    """
    owner = settings.database_url
    if owner is None:
        raise ValueError("settings.database_url is not set: commands.serve starts a database and sets it")
    limits = settings.limits
    views = build_views()
    served: dict[Audience, ServedView] = {}
    kinds = export_kinds(graph_names(views.values()))
    health: list[ConnectionPool] = []  # the connection that answers whether the server is ready
    revision = head()

    @asynccontextmanager
    async def lifespan(app: Cohorte) -> AsyncIterator[None]:
        await upgrade(owner)
        await open_roles(owner)
        async with AsyncExitStack() as stack:
            for audience, view in views.items():
                opened = await pool(owner, audience, settings.pool_size, limits.statement_seconds)
                connections = ConnectionPool(opened, limits.statement_seconds)
                stack.push_async_callback(close, connections)
                documents = Documents(
                    Planner(view._schema, audience, open_tables(audience), limits.answer_bytes),
                    audience,
                    limits,
                    introspection=settings.demo or audience is not Audience.PUBLIC,
                    most_cost=settings.most_cost(audience.view),
                )
                served[audience] = ServedView(documents, connections)
            opened = await pool(owner, PUBLISHER, CONNECTIONS, STATEMENT_SECONDS)
            publisher = PublisherPool(ConnectionPool(opened, STATEMENT_SECONDS), LedgerHeadFile(settings.data, owner))
            stack.push_async_callback(close, publisher.connections)
            await publisher.verify()
            # Strangers' reads must neither keep anybody from signing in, nor sign-ins anybody from being recognized.
            identity, lookups, readiness, trail = [await own_pool(size) for size in (SIGN_INS, LOOKUPS, 1, 1)]
            for own in (identity, lookups, readiness, trail):
                stack.push_async_callback(close, own)
            health.append(readiness)
            stack.callback(health.clear)
            sessions = Sessions(lookups, demonstration=settings.demo)
            pools = served[Audience.PUBLIC].connections, served[Audience.PATIENT].connections
            app.downloads = Downloads(*pools, sessions, kinds, limits.export_seconds)
            is_listening = asyncio.Event()
            events = Events()
            member_reads = MemberReads(lookups, settings.members_read, settings.members_read_at_first)
            stack.push_async_callback(member_reads.flush)
            stack.push_async_callback(end, asyncio.create_task(member_reads.run()))
            endpoint = Endpoint(served, sessions, events, publisher, identity, member_reads, DataReads(trail), settings)
            stack.callback(endpoint.planning.close)
            listening = asyncio.create_task(listen(listener, (sessions, events), is_listening))
            stack.push_async_callback(end, listening)
            stack.push_async_callback(end, asyncio.create_task(endpoint.streams.watch()))
            with suppress(TimeoutError):  # without it, tokens are looked up for each request: slower, and as safe
                await asyncio.wait_for(is_listening.wait(), LISTENER_SECONDS)
            deliver = smtp_delivery(settings.mail_url) if settings.mail_url else folder_delivery(settings.data / "mail")
            mailer = Mailer(deliver, settings.mail_from)
            stack.push_async_callback(end, asyncio.create_task(mailer.run(lambda: connect("cohorte mail"))))
            maintaining = (*MAINTENANCE, forget_data_reads(settings.data_reads_days))
            maintenance = Scheduler(lambda: connect("cohorte due", Audience.MANAGER), maintaining)
            stack.push_async_callback(end, asyncio.create_task(maintenance.run()))
            jobs = publisher.jobs(PUBLISHING)
            publishing = Scheduler(lambda: connect("cohorte closing", PUBLISHER), jobs, PUBLISHING_LOCK)
            stack.push_async_callback(end, asyncio.create_task(publishing.run()))
            app.endpoint = endpoint
            stack.callback(endpoint.log.write)
            yield
            app.endpoint = app.downloads = None

    async def own_pool(size: int) -> ConnectionPool:
        opened = await pool(owner, Audience.PUBLIC, size, limits.statement_seconds)
        return ConnectionPool(opened, limits.statement_seconds)

    async def listener() -> asyncpg.Connection:
        return await connect("cohorte listener")

    async def connect(name: str, login: Login = Audience.PUBLIC) -> asyncpg.Connection:
        address = role_dsn(owner, login)
        return await asyncpg.connect(address, timeout=LISTENER_SECONDS, server_settings={"application_name": name})

    async def is_ready() -> bool:
        if not health:
            return False
        try:
            return await health[0].run(lambda connection: is_at(connection, revision))
        except (RequestError, asyncpg.PostgresError):
            return False

    async def download(request: Request) -> Response:
        downloads = app.downloads
        return routes.not_found() if downloads is None else await downloads.answer(request)

    sdl = {audience: view.as_str() for audience, view in views.items()}
    app = Cohorte(
        routes=routes.routes(sdl, json_schema_text(kinds), is_ready, Route(f"{PATH}/{{token}}", download)),
        exception_handlers={404: routes.handle_not_found, 405: routes.handle_method_not_allowed},
        lifespan=lifespan,
    )
    return app


async def close(connections: ConnectionPool) -> None:
    try:
        await asyncio.wait_for(connections.close(), 5)
    except TimeoutError:
        connections.pool.terminate()


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
