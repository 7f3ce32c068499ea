"""A server that has published does without OpenDP, and leaves no process behind, however it ends."""

import asyncio
import signal
from pathlib import Path

import asyncpg
import pytest

from tests.commands.test_serve import served
from tests.faults.test_shutdown import END_SECONDS
from tests.insight.test_noise_process import state

PUBLISHED = "SELECT EXISTS (SELECT FROM insight.count_release WHERE kind = 'NETWORK')"


def children(process: int) -> list[int]:
    """Those that draw noise."""
    found = [int(pid) for each in Path(f"/proc/{process}/task").glob("*/children") for pid in each.read_text().split()]
    return [pid for pid in found if b"noise_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_server_that_has_published_has_not_loaded_opendp_and_leaves_nothing_behind(
    fresh: str, tmp_path: Path, number: signal.Signals
) -> None:
    """The counts of the network are due at once, and are published as are insights."""
    database = await asyncpg.connect(fresh)
    try:
        with served(tmp_path, COHORTE_DATABASE_URL=fresh) as (process, _):
            async with asyncio.timeout(60):
                while not await database.fetchval(PUBLISHED):  # noqa: ASYNC110 - no event reports it
                    await asyncio.sleep(0.1)
            assert "opendp" not in Path(f"/proc/{process.pid}/maps").read_text()
            [child] = children(process.pid)
            assert "opendp" in Path(f"/proc/{child}/maps").read_text()
            process.send_signal(number)
            assert process.wait(END_SECONDS) == (0 if number is signal.SIGTERM else -number)
            async with asyncio.timeout(END_SECONDS):
                while state(child) is not None:  # noqa: ASYNC110 - no event reports it
                    await asyncio.sleep(0.02)
    finally:
        await database.close()
