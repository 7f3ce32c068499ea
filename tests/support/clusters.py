"""Starts a throw-away PostgreSQL cluster, clones its template for tests, and checks that nothing is left."""

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import asyncpg

from commands.cluster import SUPERUSER, THROWAWAY, SystemAccount, binaries, cluster
from commands.databases import at

TEMPLATE = "template_cohorte"
PROGRAMS = "COHORTE_TEST_POSTGRESQL"  # /usr/lib/postgresql/15/bin, for example
SCALE = 0.02  # of the demonstration network: 360 members
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30  # a container's default of 64 MB is too small
# Files are in memory: PostgreSQL reads them itself, without its processes for that, and has the kernel copy them.
IN_MEMORY = ("io_method=sync", "file_copy_method=clone")

numbers = count(1)


def quick_folder() -> Path:
    """A new empty folder, in memory where there is room: a clone there takes 12 ms, on a disk 340.

    Not pytest's tmp_path: as root its parents are closed to the account that PostgreSQL runs as.
    """
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="cohorte-test-", dir=MEMORY if roomy else None))


@contextlib.contextmanager
def throwaway_cluster(folder: Path | None = None, on_start: Callable[[], None] = lambda: None) -> Iterator[str]:
    with another_version(), cluster(folder or quick_folder(), throwaway=True, on_start=on_start) as dsn:
        yield dsn


@contextlib.asynccontextmanager
async def copied_cluster(run_folder: Path) -> AsyncIterator[str]:
    """A throw-away cluster with the template. The first worker of a run makes it, and each has a copy of its files.

    All workers of the run, and nobody else, use `run_folder`.
    """
    note, folder = run_folder / "original_cluster", quick_folder()
    with contextlib.ExitStack() as stack:
        with locked(note):
            original = Path(note.read_text() or folder)
            if not (original / "pgdata").exists():  # nobody has made it, or whoever did was killed
                original = quick_folder()
                await make_template(stack.enter_context(throwaway_cluster(original)))
                stop(original)
                note.write_text(str(original))
                stack.callback(forget, note)
            dsn = stack.enter_context(throwaway_cluster(folder, partial(copy_files, original, folder)))
        yield dsn


@contextlib.contextmanager
def locked(note: Path) -> Iterator[None]:
    with note.open("a") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def forget(note: Path) -> None:
    """Has nobody begin to copy a cluster, which is deleted next."""
    with locked(note):
        note.write_text("")


def stop(home: Path) -> None:
    """Stops the server of a cluster, whose files stay for as long as it is used."""
    account = SystemAccount(home / "pgdata")
    account.run(binaries(home, account) / "pg_ctl", "stop", "-D", home / "pgdata", "-m", "fast", "-w")


def copy_files(original: Path, home: Path) -> None:
    subprocess.run(["cp", "-Rp", original / "pgdata", original / "password", home], check=True)


@contextlib.contextmanager
def another_version() -> Iterator[None]:
    """Uses the PostgreSQL whose programs are in the folder that PROGRAMS names, if it does, instead of the embedded."""
    folder = os.environ.get(PROGRAMS)
    if not folder:
        with mock.patch("commands.cluster.THROWAWAY", (*THROWAWAY, *IN_MEMORY)):  # since version 18
            yield
        return
    locale = ("--locale=C.UTF-8", "-E", "UTF8")  # before version 17, PostgreSQL has no builtin one
    with (
        mock.patch("commands.cluster.binaries", return_value=Path(folder)),
        mock.patch("commands.cluster.LOCALE", locale),
    ):
        yield


async def make_template(dsn: str) -> None:
    """A migrated database with a small demonstration network, unless there is one.

    Nothing may be connected to it while it is cloned.
    """
    from commands import seed  # imported here: tests without a database need neither the tables nor the seeder
    from models.migrations.run import upgrade

    if await has_template(dsn):
        return
    await run(dsn, f"create database {TEMPLATE}")
    await upgrade(at(dsn, TEMPLATE))
    try:
        await seed.seed(at(dsn, TEMPLATE), SCALE)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        error.add_note("No migration makes what models/ declares: run `python -m commands.new migration NAME TABLE`")
        raise
    await open_roles_quickly(at(dsn, TEMPLATE))
    await run(dsn, f"alter database {TEMPLATE} with allow_connections false")


async def has_template(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return bool(await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", TEMPLATE))
    finally:
        await connection.close()


async def open_roles_quickly(dsn: str) -> None:
    """Sets passwords that are hashed in one round, of roles and superuser: the tests log in thousands of times."""
    from models import logins

    with mock.patch.object(logins, "ROUNDS", 1):
        await logins.open_roles(dsn)
        verifier = logins.scram_verifier(str(urlsplit(dsn).password), secrets.token_bytes(16))
    await run(dsn, f"alter role {SUPERUSER} password '{verifier}'")


@contextlib.asynccontextmanager
async def clone(dsn: str, template: str = TEMPLATE) -> AsyncIterator[str]:
    """A copy of a template for one user, as the superuser's address of it; dropped afterwards, whoever is in it.

    Policies do not bind the superuser: a test of scope logs in as a view's role.
    """
    name = f"test_{os.getpid()}_{next(numbers)}"
    await run(dsn, f"create database {name} template {template} strategy file_copy")
    try:
        yield at(dsn, name)
    finally:
        await run(dsn, f"drop database {name} with (force)")


async def run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def becomes_left(folder: Path) -> bool:
    """Whether all users of the cluster in `folder` end within a minute."""
    for _ in range(1_200):
        if is_left(folder):
            return True
        time.sleep(0.05)
    return False


def is_left(folder: Path) -> bool:
    """Whether nobody uses `folder`: no lock is held, no server runs and no process names it."""
    with contextlib.suppress(FileNotFoundError), (folder / "users").open() as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return not (folder / "pgdata/postmaster.pid").exists() and not processes_of(folder)


def processes_of(folder: Path) -> list[str]:
    if Path("/proc/self").exists():
        commands = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                commands.append((entry / "cmdline").read_text().replace("\0", " "))
    else:
        commands = subprocess.run(["ps", "-axww", "-o", "command="], capture_output=True, text=True).stdout.splitlines()
    return [command for command in commands if str(folder) in command]
