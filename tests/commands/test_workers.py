"""A server with several workers: all serve one port, those that end are replaced, and SIGHUP renews them."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from commands.capacity import expect_connections
from commands.cluster import Unavailable
from server.databases.server_connections import database_connections
from settings import Settings
from tests.commands.test_serve import ROOT, served
from tests.support.eventually import eventually

WORKERS = 3
WHO = json.dumps({"query": "{ communities(first: 1) { nodes { name } } }"})
JSON = {"content-type": "application/json"}


@pytest.fixture
def workers(folder: Path, fresh: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    settings = {"COHORTE_DATABASE_URL": fresh, "COHORTE_WORKERS": str(WORKERS), "COHORTE_POOL_SIZE": "1"}
    with served(folder, COHORTE_DEMO="0", **settings) as (process, lines):
        (address,) = (line.split()[1] for line in lines if line.startswith("GraphQL:"))
        yield process, int(address.split(":")[2].partition("/")[0])
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0


def ask(port: int) -> int:
    """The status of a query on a new connection."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("POST", "/graphql", WHO, JSON)
        return connection.getresponse().status


def children(process: "subprocess.Popen[str]") -> set[int]:
    """The workers: what was forked has the command line of its parent, unlike the keeper of a database."""
    tasks = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    own = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    found = set()
    for pid in tasks:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes() == own:
                found.add(int(pid))
    return found


def connections_of(pid: int, port: int) -> int:
    """How many accepted TCP connections to the port the process has open."""
    inodes = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(file.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(row[3] == "01" and row[1].endswith(f":{port:04X}") and row[9] in inodes for row in rows)


@pytest.mark.slow
def test_all_workers_serve_one_port(workers: tuple["subprocess.Popen[str]", int]) -> None:
    process, port = workers
    assert len(children(process)) == WORKERS
    with contextlib.ExitStack() as stack:
        for _ in range(120):  # the kernel divides them by their ports: none gets none of 120
            connection = stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)))
            connection.request("POST", "/graphql", WHO, JSON)
            answer = connection.getresponse()
            assert answer.status == 200
            assert "errors" not in json.load(answer)
        shares = [connections_of(pid, port) for pid in children(process)]
    assert sum(shares) == 120
    assert min(shares) > 0


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(workers: tuple["subprocess.Popen[str]", int]) -> None:
    process, port = workers
    before = children(process)
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: len(children(process) - {killed}) == WORKERS)
    assert children(process) >= before - {killed}
    assert Counter(ask(port) for _ in range(30)) == {200: 30}


@pytest.mark.slow
def test_workers_are_renewed_without_a_refused_request(workers: tuple["subprocess.Popen[str]", int]) -> None:
    process, port = workers
    before = children(process)
    statuses: Counter[int] = Counter()
    renewed = threading.Event()

    def keep_asking() -> None:
        while not renewed.is_set():
            statuses[ask(port)] += 1

    with contextlib.ExitStack() as stack:
        for _ in range(4):
            thread = threading.Thread(target=keep_asking)
            thread.start()
            stack.callback(thread.join)
        stack.callback(renewed.set)
        process.send_signal(signal.SIGHUP)
        eventually(lambda: len(children(process)) == WORKERS and before.isdisjoint(children(process)))
    assert statuses.total() > 0
    assert set(statuses) == {200}


@pytest.mark.slow
def test_workers_end_with_their_parent(workers: tuple["subprocess.Popen[str]", int], folder: Path) -> None:
    process, _ = workers
    left = children(process)
    process.kill()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
    process.returncode = 0  # as the fixture expects of a server that is told to stop


# Workers that serve nothing: `python -c SCRIPT`, which ends with 0 if it is told to stop. Renewed workers fail.
SCRIPT = """
import os, signal, socket, sys
from commands.workers import Workers
started = sys.argv[1] == "started"
def serve(index, listener, ready, parent):
    if started:
        ready()
    signal.pause()
def fails(index, listener, ready, parent):
    raise ValueError
with socket.socket() as one, socket.socket() as other:
    Workers([one, other], serve, lambda: fails).run(lambda: print("ready", flush=True))
"""


@contextlib.contextmanager
def running(how: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", SCRIPT, how]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_workers_that_cannot_be_renewed_are_still_looked_after() -> None:
    with running("started") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        before = children(process)
        process.send_signal(signal.SIGHUP)
        assert "failed" in process.stderr.readline()
        assert "The workers before it go on." in process.stderr.readline()
        assert children(process) == before
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(children(process) - before) == 1)
        process.terminate()
        errors = process.communicate(timeout=60)[1]
        assert process.returncode == 0
        assert "Traceback" not in errors
        assert not any(Path(f"/proc/{pid}").exists() for pid in before)  # it has waited for them


@pytest.mark.slow
def test_workers_are_stopped_while_they_start() -> None:
    with running("starting") as process:
        eventually(lambda: len(children(process)) == 2)
        process.terminate()
        assert process.communicate(timeout=60) == ("", "")
        assert process.returncode == 0


async def test_a_server_does_not_start_if_the_database_has_too_few_free_connections(fresh: str) -> None:
    settings = Settings(database_url=fresh, pool_size=10, workers=20)
    with pytest.raises(Unavailable) as refused:
        await expect_connections(fresh, settings)
    message = str(refused.value)
    needed = 20 * database_connections(settings)
    assert message.startswith(f"The server may open {needed} connections to the database (20 workers with ")
    assert message.endswith("Raise max_connections in PostgreSQL, or lower COHORTE_POOL_SIZE or COHORTE_WORKERS.")
    await expect_connections(fresh, Settings(database_url=fresh, pool_size=1))


async def test_connections_that_others_use_are_counted(fresh: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(5):
            stack.push_async_callback((await asyncpg.connect(fresh)).close)
        with pytest.raises(Unavailable) as refused:
            await expect_connections(fresh, Settings(database_url=fresh, pool_size=100, workers=64))
    used = re.search(r"and has (\d+) in use", str(refused.value))
    assert used is not None
    assert int(used[1]) >= 5


async def test_the_connections_to_standbys_are_counted_too(
    fresh: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("commands.capacity.database_connections", lambda _: 1)
    settings = Settings(database_url=fresh, pool_size=100, workers=2, read_url=("postgresql://127.0.0.1:1/gone", fresh))
    with pytest.raises(Unavailable, match=r"may open 802 connections to standby 2 of COHORTE_READ_URL \(2 workers"):
        await expect_connections(fresh, settings)
    assert "standby 1 cannot be reached: " in caplog.text  # which stops no server
    assert "gone" not in caplog.text
