"""The only place where the server is put together: `create_app(settings)`; nothing happens at import."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import asyncpg
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from models.connections import open_roles, pool, role_dsn
from models.migrations.run import head, upgrade
from models.publisher import PUBLISHER
from models.scopes import open_tables
from models.viewers import Audience, Login
from models.viewing import is_at
from planner.operations import Planner
from resolvers.due import PUBLISHING
from schema.build import build_views
from server import pages, sockets
from server.connections import Connections
from server.documents import Documents
from server.due import CLOSING, Due
from server.endpoint import Endpoint, Served
from server.errors import Refusal
from server.events import Events
from server.heads import KeptHead
from server.listening import listen
from server.mail import Mail, by_smtp, into_folder
from server.publishing import CONNECTIONS, STATEMENT_SECONDS, Publishing
from server.sessions import Sessions
from settings import Settings

LISTENER_SECONDS = 5.0  # to reach the database


class Cohorte(Starlette):
    """Starlette, but /graphql is answered before any of its layers, which cost as much as the answer's own Python."""

    endpoint: Endpoint | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql" and self.endpoint is not None:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql" and self.endpoint is not None:
            await sockets.serve(self.endpoint, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def leave(self) -> None:
        """Tells who has a socket or a stream open that the server stops: to be called before connections are closed."""
        if self.endpoint is not None:
            await self.endpoint.streams.stop()


def create_app(settings: Settings) -> Cohorte:
    """The whole server as an ASGI application; it opens the database when its lifespan begins.

    Raises UnmarkedError when a type or field of the graph names no audience, ValueError without a database's address.
    Its lifespan raises Forgotten for a database that lacks what was published from it.
    """
    owner = settings.database_url
    if owner is None:
        raise ValueError("settings.database_url is not set: commands.serve starts a database and sets it")
    limits = settings.limits
    views = build_views()
    served: dict[Audience, Served] = {}
    revision = head()

    @asynccontextmanager
    async def lifespan(app: Cohorte) -> AsyncIterator[None]:
        await upgrade(owner)
        await open_roles(owner)
        async with AsyncExitStack() as stack:
            for audience, view in views.items():
                opened = await pool(owner, audience, settings.pool_size, limits.statement_seconds)
                connections = Connections(opened, limits.statement_seconds)
                stack.push_async_callback(close, connections)
                documents = Documents(
                    Planner(view._schema, audience, limits.page, open_tables(audience)),
                    audience,
                    limits,
                    introspection=settings.demo or audience is not Audience.PUBLIC,
                )
                served[audience] = Served(documents, connections)
            opened = await pool(owner, PUBLISHER, CONNECTIONS, STATEMENT_SECONDS)
            publishing = Publishing(Connections(opened, STATEMENT_SECONDS), KeptHead(settings.data, owner))
            stack.push_async_callback(close, publishing.connections)
            await publishing.begin()
            sessions = Sessions(served[Audience.PUBLIC].connections, demonstration=settings.demo)
            heard = asyncio.Event()
            events = Events()
            endpoint = Endpoint(served, sessions, events, publishing, settings)
            listening = asyncio.create_task(listen(listener, (sessions, events), heard))
            stack.push_async_callback(end, listening)
            stack.push_async_callback(end, asyncio.create_task(endpoint.streams.watch()))
            with suppress(TimeoutError):  # without it tokens are looked up each time: slower, and as safe
                await asyncio.wait_for(heard.wait(), LISTENER_SECONDS)
            deliver = by_smtp(settings.mail_url) if settings.mail_url else into_folder(settings.data / "mail")
            mail = Mail(deliver, settings.mail_from)
            stack.push_async_callback(end, asyncio.create_task(mail.run(lambda: connect("cohorte mail"))))
            due = Due(lambda: connect("cohorte due", Audience.MANAGER))
            stack.push_async_callback(end, asyncio.create_task(due.run()))
            closing = Due(lambda: connect("cohorte closing", PUBLISHER), publishing.tasks(PUBLISHING), CLOSING)
            stack.push_async_callback(end, asyncio.create_task(closing.run()))
            app.endpoint = endpoint
            stack.callback(endpoint.log.write)
            yield
            app.endpoint = None

    async def listener() -> asyncpg.Connection:
        return await connect("cohorte listener")

    async def connect(name: str, login: Login = Audience.PUBLIC) -> asyncpg.Connection:
        address = role_dsn(owner, login)
        return await asyncpg.connect(address, timeout=LISTENER_SECONDS, server_settings={"application_name": name})

    async def is_ready() -> bool:
        if set(served) != set(views):
            return False
        try:
            return await served[Audience.PUBLIC].connections.ask(lambda connection: is_at(connection, revision))
        except (Refusal, asyncpg.PostgresError):
            return False

    return Cohorte(
        routes=pages.routes({audience: view.as_str() for audience, view in views.items()}, is_ready),
        exception_handlers={404: pages.say_not_found, 405: pages.say_not_allowed},
        lifespan=lifespan,
    )


async def close(connections: Connections) -> None:
    try:
        await asyncio.wait_for(connections.close(), 5)
    except TimeoutError:
        connections.pool.terminate()


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
