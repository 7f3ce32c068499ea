"""Starts three PostgreSQL nodes under Patroni, with etcd, behind HAProxy, on loopback, for trials and tests.

    with database_cluster(folder) as nodes:
        ... nodes.dsn, nodes.primary() ...

The three are of the binaries that we ship. One node is the primary, one confirms each commit, and the third follows.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from commands.cluster import ALWAYS, ENCRYPTS, SUPERUSER, SystemAccount, Unavailable, binaries, open_private, place
from commands.nodes import launcher, proxy
from commands.nodes.processes import Program, free_ports, process, program, wait_for

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/cluster/bin/python"
SCOPE, NODES = "cohorte", 3
START_SECONDS = 120.0
# After so long without a word from the primary's Patroni, another node may be promoted: Patroni's least.
LEASE_SECONDS = 20
SMALL = ("max_connections=150", "shared_buffers=64MB", "max_wal_size=256MB", "wal_keep_size=64MB")
REPLICATOR = "replicator"


@dataclass
class DatabaseNode:
    """One PostgreSQL with its Patroni: where they listen, and Patroni once it was started."""

    name: str
    folder: Path
    port: int
    rest_port: int
    patroni: Program | None = None
    running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def answers(self, path: str) -> bool:
        """Whether Patroni answers with 200, as it does for what the node is: /primary, /replica, /sync."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest_port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def postmaster(self) -> int | None:
        """The process of PostgreSQL, if it runs."""
        try:
            process = int((self.folder / "pgdata/postmaster.pid").read_text().splitlines()[0])
            return process if Path(f"/proc/{process}").exists() else None
        except (OSError, IndexError, ValueError):  # it is copied, or being started
            return None

    def kill(self) -> None:
        """Ends Patroni and PostgreSQL at once, as when the machine is gone."""
        postmaster = self.postmaster()
        assert self.patroni is not None
        assert postmaster is not None
        self.patroni.process.kill()
        os.kill(postmaster, signal.SIGKILL)
        self.patroni.process.wait()


@dataclass
class Nodes:
    """The nodes, and the address of whichever is the primary."""

    dsn: str
    home: Path
    each: Sequence[DatabaseNode]
    others: list[Program] = field(default_factory=list)  # etcd, and the proxy

    def read_url(self, database: str) -> str:
        """For COHORTE_READ_URL: the address of each node, whichever of them are standbys."""
        return " ".join(f"postgresql://127.0.0.1:{node.port}/{database}" for node in self.each)

    def primary(self) -> DatabaseNode | None:
        return next((node for node in self.each if node.answers("/primary")), None)

    def is_synchronous(self) -> bool:
        """Whether there is a primary, and another node that confirms its commits."""
        return self.primary() is not None and any(node.answers("/sync") for node in self.each)


def missing() -> str | None:
    """What is not installed, and how to install it; None if nothing is missing."""
    programs = [name for name in ("etcd", "haproxy") if program(name) is None]
    if programs:
        return f"{' and '.join(programs)} not found. On Debian: apt-get install etcd-server haproxy"
    return None if PYTHON.exists() else "Patroni is not installed: make .venv/cluster"


@contextlib.contextmanager
def database_cluster(folder: Path) -> Iterator[Nodes]:
    """The running nodes, with a synchronous standby. They and their files are gone afterwards.

    Raises Unavailable if something is not installed or does not start.
    """
    if lacking := missing():
        raise Unavailable(lacking)
    account = SystemAccount(folder / "node1/pgdata")
    home = place(folder, account)
    with open_private(home / "starting") as lock:  # by which `place` knows a folder of ours
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"Another cluster runs in {home}. Set COHORTE_DATA to another folder.") from None
        for left in home.iterdir():  # by one that was killed
            if left.is_dir():
                shutil.rmtree(left)
        with running_nodes(home, account) as nodes:
            yield nodes


@contextlib.contextmanager
def running_nodes(home: Path, account: SystemAccount) -> Iterator[Nodes]:
    programs = binaries(home, account)
    etcd_port, peer_port, address, *ports = free_ports(3 + 2 * NODES)
    passwords = {name: secrets.token_urlsafe(24) for name in (SUPERUSER, REPLICATOR)}
    each = [
        DatabaseNode(f"node{number + 1}", home / f"node{number + 1}", ports[2 * number], ports[2 * number + 1])
        for number in range(NODES)
    ]
    dsn = f"postgresql://{SUPERUSER}:{quote(passwords[SUPERUSER])}@127.0.0.1:{address}/postgres"
    nodes = Nodes(dsn, home, each)
    try:
        with contextlib.ExitStack() as stack:
            etcd = stack.enter_context(process("etcd", etcd_command(home, etcd_port, peer_port), home))
            nodes.others.append(etcd)
            wait_for(lambda: is_healthy(etcd_port), home / "etcd.log", START_SECONDS, etcd)
            for node in each:
                stack.push(node.running)
                write_configuration(node, programs, account, etcd_port, passwords)
                start_node(node, account)
            stack.callback(stop_together, each)
            rows = [proxy.Backend(node.name, node.port, node.rest_port) for node in each]
            nodes.others.append(stack.enter_context(proxy.running(home, "database", proxy.database(address, rows))))
            started = [node.patroni for node in each if node.patroni is not None]
            wait_for(nodes.is_synchronous, home / "node1.log", START_SECONDS, *started)
            wait_for(lambda: answers(address), home / "haproxy-database.log", START_SECONDS)
            yield nodes
    finally:
        shutil.rmtree(home, ignore_errors=True)


def start_node(node: DatabaseNode, account: SystemAccount) -> None:
    """Starts Patroni, which starts PostgreSQL: as a standby, if it is not the first."""
    command = [PYTHON, "-P", launcher.__file__, account.uid, account.gid, node.folder / "patroni.json"]
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    node.patroni = node.running.enter_context(process(node.name, command, node.folder.parent, environment))


def stop_together(nodes: Sequence[DatabaseNode]) -> None:
    """Tells all nodes to stop, before any is waited for."""
    for node in nodes:
        if node.patroni is not None and not node.patroni.has_ended:
            node.patroni.process.terminate()


def etcd_command(home: Path, port: int, peer_port: int) -> list[object]:
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        str(program("etcd")), "--name", "one", "--data-dir", home / "etcd", "--quota-backend-bytes", 64 << 20,
        "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
        "--initial-advertise-peer-urls", peer, "--initial-cluster", f"one={peer}",
    ]  # fmt: skip


def is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(json.load(answer)["health"] == "true")
    except (OSError, ValueError):
        return False


def answers(port: int) -> bool:
    """Whether PostgreSQL is reached at this port: it says whether it would encrypt the connection."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
            probe.sendall(ENCRYPTS)
            return probe.recv(1) in (b"N", b"S")
    except OSError:
        return False


def write_configuration(
    node: DatabaseNode, programs: Path, account: SystemAccount, etcd_port: int, passwords: dict[str, str]
) -> None:
    """Writes the node's configuration, of which JSON is YAML too. It has the passwords."""
    node.folder.mkdir(mode=0o700)
    file = node.folder / "patroni.json"
    file.touch(0o600)
    text = json.dumps(configuration(node, programs, etcd_port, passwords), indent=1)
    file.write_text(text, encoding="utf-8")
    for path in (node.folder, file):
        os.chown(path, account.uid, account.gid)


def configuration(node: DatabaseNode, programs: Path, etcd_port: int, passwords: dict[str, str]) -> dict[str, Any]:
    quiet = dict(option.split("=", 1) for option in (*SMALL, *ALWAYS))
    del quiet["listen_addresses"], quiet["unix_socket_permissions"]
    listen, rest = f"127.0.0.1:{node.port}", f"127.0.0.1:{node.rest_port}"
    logins = {"superuser": SUPERUSER, "replication": REPLICATOR}
    return {
        "scope": SCOPE,
        "name": node.name,
        "restapi": {"listen": rest, "connect_address": rest},
        "etcd3": {"host": f"127.0.0.1:{etcd_port}"},
        "bootstrap": {
            "dcs": {
                "ttl": LEASE_SECONDS,
                "loop_wait": 2,
                "retry_timeout": 5,
                # A commit is acknowledged once a standby has it, also if there is none at the moment.
                "synchronous_mode": True,
                "synchronous_mode_strict": True,
                # Without etcd, the primary stays one as long as it reaches all other nodes.
                "failsafe_mode": True,
                "postgresql": {"use_pg_rewind": True, "parameters": {**quiet, "unix_socket_directories": ""}},
            },
            "initdb": [
                {"encoding": "UTF8"},
                {"locale": "C"},
                {"locale-provider": "builtin"},
                {"builtin-locale": "C.UTF-8"},
                {"auth": "scram-sha-256"},
            ],
        },
        "postgresql": {
            "listen": listen,
            "connect_address": listen,
            "data_dir": str(node.folder / "pgdata"),
            "bin_dir": str(programs),
            "pgpass": str(node.folder / "pgpass"),
            "authentication": {use: {"username": name, "password": passwords[name]} for use, name in logins.items()},
            "pg_hba": ["host all all 127.0.0.1/32 scram-sha-256", "host replication all 127.0.0.1/32 scram-sha-256"],
            "basebackup": [{"checkpoint": "fast"}],
        },
        "log": {"level": "WARNING"},
    }
