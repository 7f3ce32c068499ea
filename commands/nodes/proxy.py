"""Runs HAProxy on loopback: before PostgreSQL it leads to the primary, and before servers to those that are ready."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.nodes.processes import Program, process, program

GLOBAL = """
global
    maxconn 1000
defaults
    maxconn 1000
    timeout connect 4s
    timeout check 2s
    # Connections to the database are idle for long; the kernel watches those to a host that is gone.
    timeout client 3h
    timeout server 3h
    option clitcpka
    option srvtcpka
    default-server inter 1s fall 2 rise 1
"""


@dataclass(frozen=True)
class Backend:
    """Where a server listens on loopback, and where its state is asked for."""

    name: str
    port: int
    check_port: int


def database(port: int, nodes: Sequence[Backend]) -> str:
    """A configuration that leads to the primary alone. Connections to a node that no longer is one are cut."""
    rows = [f"server {node.name} 127.0.0.1:{node.port} check port {node.check_port}" for node in nodes]
    return section("database", port, "tcp", "/primary", ["default-server on-marked-down shutdown-sessions", *rows])


def network(port: int, servers: Sequence[Backend]) -> str:
    """A configuration that shares requests among the servers that are ready."""
    rows = [f"server {server.name} 127.0.0.1:{server.port} check" for server in servers]
    return section("network", port, "http", "/readyz", ["balance roundrobin", "option redispatch", *rows])


def section(name: str, port: int, mode: str, path: str, lines: Sequence[str]) -> str:
    head = [f"mode {mode}", f"bind 127.0.0.1:{port}", f"option httpchk GET {path}", "http-check expect status 200"]
    return "\n    ".join([f"{GLOBAL}listen {name}", *head, *lines]) + "\n"


@contextlib.contextmanager
def running(folder: Path, name: str, configuration: str) -> Iterator[Program]:
    """HAProxy with this configuration, which is written to a file in `folder`."""
    file = folder / f"{name}.cfg"
    file.write_text(configuration, encoding="utf-8")
    with process(f"haproxy-{name}", [program("haproxy"), "-db", "-f", file], folder) as started:
        yield started
