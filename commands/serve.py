"""Starts a complete server: `python -m commands.serve`, which `make run` calls.

Starts the database, migrates it unless told otherwise, creates the demonstration network if requested, then serves
HTTP. The address is printed once the server accepts requests.
"""

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Nothing has begun while the modules below are imported: Ctrl-C ends the process, without a traceback of an import.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import asyncio
import gc
import logging
import math
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType

import anyio.lowlevel
import uvicorn

from app import Cohorte, Graph, create_app, read_graph
from commands import interruption
from commands.cluster import Unavailable
from commands.listeners import (
    BACKLOG,
    listen,
    listen_on,
    listeners,
    refuse_open_demonstration,
    refuse_open_plain_cookie,
)
from commands.opened import database
from commands.preparing import must_grow, prepared, prepared_apart
from commands.progress import say
from commands.workers import Ready, Serve, WorkerFailed, Workers
from resolvers.heap import use_one_heap
from server.databases.server_connections import database_connections, standby_connections
from server.demonstration_accounts import NAMES, PASSWORD, addresses
from server.events import sockets
from server.http.connections import Connections
from server.http.descriptors import TooFewDescriptors, connections_left
from server.http.protocols import Configuration
from server.operations.manifests import ManifestFault
from server.operations.planning import SWITCH_SECONDS
from server.telemetry import log_format
from server.telemetry.exporters import Telemetry, TelemetryMissing, telemetry
from settings import Settings, SettingsError, unknown, variable

log = logging.getLogger("cohorte.serve")

# For requests in progress to finish once the server stops; after this they are cancelled. With what closing streams and
# connections may take, a process ends within the ten seconds that container engines wait before they kill it.
FINISHING_SECONDS = 3
# For the first request on a connection that was accepted just before: uvicorn closes connections without one.
ACCEPTED_SECONDS = 0.1
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
        timeout_graceful_shutdown=FINISHING_SECONDS,
        **sockets.uvicorn_options(limits),
    )


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
        for name, resembled in unknown(os.environ).items():
            log.warning("%s is no setting and has no effect%s", name, f": is {resembled} meant?" if resembled else "")
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
