"""The servers that are compared: how each is started, and how a workload's case is sent to it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.workloads import Case, Workload
from commands import node
from settings import PREFIX, Settings

PEERS = Path(__file__).parent / "peers"
LIMIT, OURS = "limit", "Cohorte"
DATA, PROFILE = "data", "profile.json"  # in the folder of a run
STARTING_SECONDS = 60
# The load generator sends what hundreds of callers would.
LOADED: Mapping[str, str] = {"COHORTE_REQUESTS_AT_ONCE": "1000000", "COHORTE_REQUESTS_A_SECOND": "1000000"}
POOL = Settings().pool_size  # of every server: what `make run` has
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
PINNED = len(CORES) >= 2  # servers on the first core; wrk and PostgreSQL on the second


class NotStarted(Exception):
    """A server ended before it accepted connections, or does not accept any."""


@dataclass(frozen=True)
class Request:
    """What wrk sends."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def of_limit(workload: Workload, case: Case) -> Request:
    return Request(f"/{workload.name}?{'&'.join(workload.bound(case))}")


def of_ours(workload: Workload, case: Case) -> Request:
    return posted(workload.operation, workload.variables(case), authorization=f"Bearer {case.token}")


def of_peer(workload: Workload, case: Case) -> Request:
    return posted(workload.operation, workload.variables(case), **{"x-member": case.member or ""})


def of_postgraphile(workload: Workload, case: Case) -> Request:
    return posted(workload.postgraphile, {"value": case.value, "member": case.member})


def posted(query: str, variables: dict[str, str] | dict[str, str | None], **headers: str) -> Request:
    body = json.dumps({"query": query, "variables": variables})
    return Request("/graphql", {"content-type": "application/json"} | headers, body)


@dataclass(frozen=True)
class Server:
    """A kind of server. Its command is called when it is started, since Node may not be installed."""

    name: str
    command: Callable[[], list[str]]
    request: Callable[[Workload, Case], Request]
    is_node: bool = False


def python(module: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-m", module]


def of_node(script: str) -> Callable[[], list[str]]:
    return lambda: [str(node.node()), str(PEERS / script)]


COHORTE = Server(OURS, python("commands.serve"), of_ours)
SERVERS = (
    Server(LIMIT, python("bench.limit"), of_limit),
    COHORTE,
    Server("PostGraphile", of_node("postgraphile.mjs"), of_postgraphile, is_node=True),
    Server("Mercurius", of_node("mercurius.mjs"), of_peer, is_node=True),
    Server("Strawberry", python("bench.peers.plain"), of_peer),
)
PROFILED = Server(OURS, python("bench.profiled"), of_ours)


@dataclass(frozen=True)
class Running:
    """A server that accepts connections."""

    server: Server
    address: str
    process: "subprocess.Popen[bytes]"

    @property
    def name(self) -> str:
        return self.server.name


@contextlib.contextmanager
def running(
    server: Server, dsn: str, folder: Path, more: Mapping[str, str] = LOADED, *, pinned: bool = True
) -> Iterator[Running]:
    """Starts a server, on the first core if it is `pinned`, with `more` in its environment. Raises NotStarted."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        server.command(), env=environment(dsn, port, folder) | dict(more), stdout=subprocess.DEVNULL
    )
    try:
        if pinned:
            pin(process.pid, 0)
        wait_for(server, port, process)
        yield Running(server, f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(30)


def environment(dsn: str, port: int, folder: Path) -> dict[str, str]:
    """What `make run` sets, an address and a database, without settings of the shell that starts the benchmark."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "OTEL_"))}
    return inherited | {
        "COHORTE_DEMO": "1", "COHORTE_DATABASE_URL": dsn, "COHORTE_PORT": str(port), "COHORTE_DATA": str(folder / DATA),
        "BENCH_DATABASE_URL": dsn, "BENCH_NODE_DATABASE_URL": for_node(dsn), "BENCH_PORT": str(port),
        "BENCH_POOL": str(POOL), "BENCH_PROFILE": str(folder / PROFILE),
        "NODE_ENV": "production", "GRAPHILE_ENV": "production",
    }  # fmt: skip


def for_node(dsn: str) -> str:
    """The address of a database on a Unix socket as node-postgres writes it."""
    url = urlsplit(dsn)
    folder = parse_qs(url.query)["host"][0]
    return f"socket://{url.username}:{url.password}@{folder}/?db={url.path[1:]}"


def pin(process: int, place: int) -> None:
    if PINNED:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(process, {CORES[place]})


def wait_for(server: Server, port: int, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise NotStarted(f"{server.name} ended with status {process.returncode} before it accepted connections.")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)
    raise NotStarted(f"{server.name} has accepted no connection for {STARTING_SECONDS} s.")
