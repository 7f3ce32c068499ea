"""An embedded PostgreSQL that ends is started again, at the same address and with its rows."""

import fcntl
import json
import logging
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from commands import revival
from commands.cluster import SystemAccount, answers, cluster, open_private, reply, start
from commands.revival import kept_running
from tests.commands.test_cluster import one_value
from tests.commands.test_serve import JSON, served
from tests.support.clusters import becomes_left
from tests.support.eventually import eventually
from tests.support.logged import logged

pytestmark = pytest.mark.slow

LOGGER = "cohorte.postgresql"
ENDED = "PostgreSQL has ended, and is started again: server.log.1 has its last messages"
SILENT = "PostgreSQL runs, but does not answer: look at the disk, the memory and the load of the machine"
BACK = "PostgreSQL answers again"
STUCK = "PostgreSQL cannot be started: see server.log. It is tried again until it can be"
STARTED = "PostgreSQL is started again"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Has the server looked at, and started, more often."""
    monkeypatch.setattr(revival, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(revival, "PAUSES_SECONDS", (0.05,))
    caplog.set_level(logging.WARNING, "cohorte.postgresql")


def postmaster(folder: Path) -> int:
    return int((folder / "pgdata/postmaster.pid").read_text().split()[0])


def kill(folder: Path) -> None:
    os.kill(postmaster(folder), signal.SIGKILL)


def starts_of(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Has a list grow by each attempt to start a server."""
    attempts: list[Path] = []

    def started(home: Path, programs: Path, account: SystemAccount, options: tuple[str, ...], sockets: Path) -> None:
        attempts.append(home)
        start(home, programs, account, options, sockets)

    monkeypatch.setattr(revival, "start", started)
    return attempts


async def test_a_killed_server_is_started_again_with_its_rows(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with cluster(folder) as dsn, kept_running(folder, dsn):
        await one_value(dsn, "create table note as select 'kept' as text")
        for number in (1, 2):
            first = postmaster(folder)
            kill(folder)
            eventually(lambda number=number: caplog.messages.count(STARTED) == number)  # type: ignore[misc]
            assert postmaster(folder) != first
            assert await one_value(dsn, "select text from note") == "kept"
            assert (folder / "pgdata/server.log.1").exists()
        assert logged(caplog, LOGGER) == [ENDED, STARTED] * 2


async def test_the_address_stays_the_same_where_the_socket_is_elsewhere(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.chmod(0o711)
    deep = folder / ("long " * 30).strip()
    with cluster(deep) as dsn, kept_running(deep, dsn):
        kill(deep)
        eventually(lambda: STARTED in caplog.messages)
        assert await one_value(dsn, "select 1") == 1
    assert becomes_left(deep)


async def test_a_server_that_cannot_be_started_is_tried_until_it_can_be(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = starts_of(monkeypatch)
    with cluster(folder) as dsn, kept_running(folder, dsn):
        control, away = folder / "pgdata/global/pg_control", folder / "pgdata/global/away"
        control.rename(away)
        kill(folder)
        eventually(lambda: len(attempts) >= 3)
        away.rename(control)
        eventually(lambda: STARTED in caplog.messages)
        assert await one_value(dsn, "select 1") == 1
        assert logged(caplog, LOGGER) == [ENDED, STUCK, STARTED]


@pytest.mark.parametrize("error", [subprocess.TimeoutExpired("pg_ctl", 600), RuntimeError()])
async def test_whatever_prevents_a_start_it_is_tried_again(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    errors = [error, error]

    def started(*given: Any) -> None:
        if errors:
            raise errors.pop()
        start(*given)

    monkeypatch.setattr(revival, "start", started)
    with cluster(folder) as dsn, kept_running(folder, dsn):
        kill(folder)
        eventually(lambda: STARTED in caplog.messages)
        assert await one_value(dsn, "select 1") == 1
    assert (errors, logged(caplog, LOGGER)) == ([], [ENDED, STUCK, STARTED])


async def test_whatever_prevents_looking_it_is_looked_again(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def failing(pgdata: Path) -> bytes | None:
        looks.append(pgdata)
        if len(looks) == 1:
            raise subprocess.TimeoutExpired("sh", 600)
        return reply(pgdata)

    monkeypatch.setattr(revival, "reply", failing)
    with cluster(folder) as dsn, kept_running(folder, dsn):
        eventually(lambda: len(looks) > 1)
        kill(folder)
        eventually(lambda: STARTED in caplog.messages)
        assert await one_value(dsn, "select 1") == 1


async def test_a_server_that_accepts_connections_and_does_not_answer_is_reported_and_nothing_started_beside_it(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.cluster.ANSWER_SECONDS", 0.2)
    attempts = starts_of(monkeypatch)
    with cluster(folder) as dsn, kept_running(folder, dsn):
        frozen = postmaster(folder)
        os.kill(frozen, signal.SIGSTOP)
        try:
            eventually(lambda: SILENT in caplog.messages)
            assert not answers(folder / "pgdata")
        finally:
            os.kill(frozen, signal.SIGCONT)
        eventually(lambda: BACK in caplog.messages)
        assert await one_value(dsn, "select 1") == 1
    assert (logged(caplog, LOGGER), attempts) == ([SILENT, BACK], [])


async def test_who_looks_waits_for_no_other_process_that_starts_it(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = starts_of(monkeypatch)
    with cluster(folder) as dsn, open_private(folder / "starting") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        with kept_running(folder, dsn):
            kill(folder)
            eventually(lambda: ENDED in caplog.messages)
        assert not [thread for thread in threading.enumerate() if thread.name == "postgresql"]  # it has left at once
        fcntl.flock(starting, fcntl.LOCK_UN)
        assert attempts == []
        with kept_running(folder, dsn):
            eventually(lambda: STARTED in caplog.messages)
            assert await one_value(dsn, "select 1") == 1
        assert len(attempts) == 1


async def test_one_of_two_that_share_a_cluster_starts_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = starts_of(monkeypatch)
    with cluster(folder) as dsn, kept_running(folder, dsn), kept_running(folder, dsn):
        kill(folder)
        eventually(lambda: starts != [] and answers(folder / "pgdata"))  # the other looks now, if not before
        time.sleep(0.5)
        assert len(starts) == 1
        assert await one_value(dsn, "select 1") == 1


async def test_nothing_is_started_after_the_end(folder: Path) -> None:
    with cluster(folder) as dsn:
        with kept_running(folder, dsn):
            pass
        kill(folder)
        eventually(lambda: not answers(folder / "pgdata"))
        time.sleep(0.5)
        assert not answers(folder / "pgdata")
        with cluster(folder):  # whose end leaves no file of the killed server behind
            pass


def test_a_server_whose_embedded_database_is_killed_answers_again(folder: Path) -> None:
    folder.chmod(0o711)
    # Without answers from memory, which need no database.
    with served(folder, COHORTE_DEMO="0", COHORTE_KEPT_MEGABYTES="0") as (process, lines):
        (address,) = [line.split()[-1] for line in lines if line.startswith("GraphQL:")]
        body = json.dumps({"query": "{ communities(first: 1) { nodes { name } } }"}).encode()

        def is_answered() -> bool:
            try:
                with urlopen(Request(address, body, JSON), timeout=20) as response:
                    return bool(response.status == 200)
            except OSError:
                return False

        assert is_answered()
        kill(folder / "postgresql")
        eventually(lambda: not answers(folder / "postgresql/pgdata"))
        eventually(lambda: answers(folder / "postgresql/pgdata"))  # until then, a session of the killed one may answer
        eventually(is_answered)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert process.returncode == 0
    assert becomes_left(folder / "postgresql")
