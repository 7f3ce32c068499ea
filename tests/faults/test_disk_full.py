"""The disk of PostgreSQL's files is full: nothing acknowledged is lost, and everything goes on when space is back."""

import contextlib
import secrets
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from commands import revival
from commands.cluster import cluster
from commands.databases import at, create_missing
from commands.opened import DATABASE
from commands.revival import kept_running
from tests import factories
from tests.commands.test_serve import served
from tests.faults.test_kill import POST_ADD, KillNetwork, Wish, ask, client, expect_kept
from tests.support.client import Caller
from tests.support.clusters import becomes_left
from tests.support.eventually import becomes

MEGABYTES, MOST_POSTS, MOST_MESSAGES = 200, 500, 500
GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
READ = {"query": "{ communities { nodes { name } } }"}


@pytest.fixture
def disk(folder: Path) -> Iterator[Path]:
    """Yields a small file system of the test's own."""
    folder.chmod(0o711)
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, timeout=30, check=False).returncode == 0
    except OSError:
        done = False
    if not done:
        pytest.skip("needs the right to mount a file system, as root has outside of most containers")
    yield disk
    assert becomes_left(disk / "postgresql")
    subprocess.run(["umount", str(disk)], timeout=30, check=True)


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leaves no byte free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    try:
        yield
    finally:
        ballast.unlink()


class Writer:
    """Posts of one member, each with a key of its own, and those that were acknowledged."""

    def __init__(self, http: httpx.AsyncClient, known: KillNetwork, who: Caller, discussion: str) -> None:
        self.http, self.known, self.who, self.discussion = http, known, who, discussion
        self.acknowledged: dict[int, dict[str, object]] = {}

    async def post(self) -> bool:
        """Adds another post; whether that was acknowledged."""
        text = {"body": secrets.token_urlsafe(2_000), "clientMutationId": f"post {len(self.known.wishes)}"}
        self.known.wishes.append(Wish(self.who, POST_ADD, text | {"discussion": self.discussion}))
        return await self.again()

    async def again(self) -> bool:
        """Sends the latest post once more."""
        made = await ask(self.http, self.known.wishes[-1])
        if made is not None:
            self.acknowledged[len(self.known.wishes) - 1] = made
        return made is not None

    async def status(self) -> int:
        return (await self.http.post("/graphql", json=READ)).status_code

    async def is_read(self) -> bool:
        return await self.status() == 200


@pytest.mark.slow
async def test_a_full_disk_loses_nothing_and_writing_goes_on_when_space_is_back(
    folder: Path, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revival, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(revival, "PAUSES_SECONDS", (0.2,))
    with cluster(disk / "postgresql") as server, kept_running(disk / "postgresql", server):
        await create_missing(server, DATABASE)
        dsn = at(server, DATABASE)
        settings = {"COHORTE_DATABASE_URL": dsn, "COHORTE_DEMO": "0", "COHORTE_RATES": "all=1000000/1000000/60"}
        with served(tmp_path, **settings, COHORTE_KEPT_MEGABYTES="0") as (process, lines):
            database = await asyncpg.connect(dsn)
            known = KillNetwork(database)
            community = (await factories.community(database))["id"]
            (_, author), (who, _) = [await known.member(community) for _ in range(2)]
            discussion = await factories.discussion(database, community_id=community, author_id=author)
            async with client(lines) as http:
                writer = Writer(http, known, who, f"dis_{discussion['id']}")
                for _ in range(5):
                    assert await writer.post()
                with full(disk):
                    while await writer.post():
                        assert len(known.wishes) < MOST_POSTS
                    assert await writer.status() in (200, 503)
                    with contextlib.suppress(*GONE):  # PostgreSQL ends once its log of changes has no room
                        for _ in range(MOST_MESSAGES):
                            await database.execute("SELECT pg_logical_emit_message(true, '', repeat('x', 1000000))")
                    assert not await writer.again()
                    assert await writer.status() in (200, 503)
                await becomes(writer.again)
                await becomes(writer.is_read)
                assert await writer.post()
                assert len(writer.acknowledged) >= 7
                assert process.poll() is None
            database.terminate()
            known.database = await asyncpg.connect(dsn)
            await expect_kept(known, writer.acknowledged)
            posts = await known.count("care.post WHERE author_id IS NOT NULL")
            assert posts == len(known.wishes)
            await known.database.close()
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
