"""How an embedded cluster starts, is shared, survives crashes, and leaves nothing behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from commands.cluster import Unavailable, answers, cluster
from commands.databases import at, create_missing
from tests.support.clusters import becomes_left, is_left, processes_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# Uses the cluster in a process of its own: prints the address and stays.
USER = """
import signal, sys, time
from pathlib import Path
from commands.cluster import cluster
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background hands on that it ignores it
with cluster(Path(sys.argv[1]), throwaway=sys.argv[2] == "1") as dsn:
    print(dsn, flush=True)
    time.sleep(120)
"""


@contextlib.contextmanager
def user(folder: Path, throwaway: bool = False) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", USER, str(folder), str(int(throwaway))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("postgresql://cohorte:")
            yield process
        finally:
            process.kill()


async def one_value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_cluster_starts_keeps_its_rows_and_stops_completely(folder: Path) -> None:
    starts: list[Path] = []
    with cluster(folder, on_start=lambda: starts.append(folder)) as dsn:
        assert starts == [folder]
        assert await one_value(dsn, "show server_version_num") >= "180000"  # type: ignore[operator]
        await one_value(dsn, "create table note as select 'kept' as text")
    assert becomes_left(folder)
    assert not answers(folder / "pgdata")
    with cluster(folder) as dsn:
        assert await one_value(dsn, "select text from note") == "kept"
    assert becomes_left(folder)


async def test_the_last_of_two_processes_that_share_a_cluster_stops_it(folder: Path) -> None:
    with user(folder) as other, cluster(folder, on_start=lambda: pytest.fail("it is running")) as dsn:
        other.kill()
        other.wait()
        assert await one_value(dsn, "select 1") == 1
    assert becomes_left(folder)


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_stops_cleanly_however_its_user_ends(folder: Path, blow: signal.Signals) -> None:
    with user(folder) as process:
        process.send_signal(blow)
        process.wait(timeout=60)
    assert becomes_left(folder)
    assert "database system is shut down" in (folder / "pgdata/server.log").read_text().splitlines()[-1]


async def test_a_committed_row_survives_a_killed_server(folder: Path) -> None:
    with cluster(folder) as dsn:
        await one_value(dsn, "create table note as select 'kept' as text")
        os.kill(int((folder / "pgdata/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        while answers(folder / "pgdata"):
            time.sleep(0.01)
        with cluster(folder) as again:
            assert again == dsn
            assert await one_value(again, "select text from note") == "kept"
    assert becomes_left(folder)


async def test_a_stale_process_id_that_was_reused_does_not_prevent_the_start(folder: Path) -> None:
    with cluster(folder):
        os.kill(int((folder / "pgdata/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        while answers(folder / "pgdata"):
            time.sleep(0.01)
        with subprocess.Popen(["sleep", "60"]) as bystander:
            pid_file = folder / "pgdata/postmaster.pid"
            pid_file.write_text("\n".join([str(bystander.pid), *pid_file.read_text().split("\n")[1:]]))
            with cluster(folder) as dsn:
                assert await one_value(dsn, "select 1") == 1
            assert bystander.poll() is None
            bystander.kill()


def test_a_throwaway_cluster_is_deleted_after_its_user_was_killed(folder: Path) -> None:
    with user(folder, throwaway=True) as process:
        assert (folder / "pgdata").exists()
        process.kill()
        process.wait()
    assert becomes_left(folder)
    assert not folder.exists()


async def test_a_path_with_spaces_that_is_too_long_for_a_socket_works(folder: Path) -> None:
    folder.chmod(0o711)
    with cluster(folder / "a b" / ("long " * 30).strip()) as dsn:
        assert await one_value(dsn, "select 1") == 1
        assert "cohorte-" in dsn.partition("?host=")[2]


async def test_nobody_connects_without_the_password(folder: Path) -> None:
    with cluster(folder) as dsn:
        password = (folder / "password").read_text()
        assert len(password) >= 32
        with pytest.raises(asyncpg.InvalidPasswordError):
            await one_value(dsn.replace(password, "guess"), "select 1")


async def test_values_that_people_entered_are_not_in_the_database_log(folder: Path) -> None:
    with cluster(folder) as dsn:
        await one_value(dsn, "create table account (mail text primary key)")
        with pytest.raises(asyncpg.UniqueViolationError, match="mail"):
            await one_value(dsn, "insert into account values ('me@example.org'), ('me@example.org') returning mail")
        with pytest.raises(asyncpg.DataError):
            await one_value(dsn, "select 'me@example.org'::text::int")
    assert becomes_left(folder)
    assert "me@example.org" not in (folder / "pgdata/server.log").read_text()


def test_a_folder_with_other_files_is_refused_and_left_unchanged(folder: Path) -> None:
    (folder / "letter").write_text("dear")
    folder.chmod(0o750)
    with pytest.raises(Unavailable, match="contains other files"), cluster(folder):
        pass
    assert [path.name for path in folder.iterdir()] == ["letter"]
    assert folder.stat().st_mode & 0o777 == 0o750


async def test_a_database_is_created_once(folder: Path) -> None:
    with cluster(folder) as dsn:
        await create_missing(dsn, 'a "b"')
        await create_missing(dsn, 'a "b"')
        assert await one_value(at(dsn, 'a "b"'), "select current_database()") == 'a "b"'


async def test_a_process_that_leaves_a_cluster_to_others_leaves_no_process_behind(folder: Path) -> None:
    with user(folder) as other:
        before = processes_of(folder)
        for _ in range(2):
            with cluster(folder) as dsn:
                assert len(processes_of(folder)) > len(before)
        assert sorted(processes_of(folder)) == sorted(before)
        assert await one_value(dsn, "select 1") == 1  # and the server runs on for the other
        other.kill()
        other.wait()
    assert becomes_left(folder)


def test_a_cluster_that_does_not_start_leaves_no_process_behind(folder: Path) -> None:
    def fails() -> None:
        raise RuntimeError("fails")

    with pytest.raises(RuntimeError, match="fails"), cluster(folder, on_start=fails):
        pass
    assert is_left(folder)
