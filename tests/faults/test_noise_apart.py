"""A server that has published does without OpenDP, and leaves no process behind, however it ends."""

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.faults.test_kill_publishing import frozen, life, unserved_network
from tests.faults.test_shutdown import END_SECONDS
from tests.support.eventually import eventually, has_ended
from tests.support.heads import store_head
from tests.support.population import buyer
from tests.support.publishable import PRICES, gathered, paid, publishes


def drawing(server: int) -> list[int]:
    """The processes that draw noise for a server."""
    found = [int(pid) for each in Path(f"/proc/{server}/task").glob("*/children") for pid in each.read_text().split()]
    return [pid for pid in found if b"noise_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.slow
async def test_a_server_that_has_published_has_not_loaded_opendp_and_leaves_nothing_behind(
    fresh: str, tmp_path: Path
) -> None:
    async with unserved_network(fresh) as network:
        people = await gathered(network)
        dataset, laboratory = await frozen(network, people), await buyer(network, people.community)
        await store_head(fresh, tmp_path)
        for by, number, status in (("r", signal.SIGTERM, 0), ("twin", signal.SIGKILL, -signal.SIGKILL)):
            async with life(network, fresh, tmp_path) as process:
                assert paid(await publishes(network, laboratory, dataset, "q", by))[1] == PRICES[20]
                assert "opendp" not in Path(f"/proc/{process.pid}/maps").read_text()
                [child] = drawing(process.pid)
                assert "opendp" in Path(f"/proc/{child}/maps").read_text()
                process.send_signal(number)
                assert process.wait(END_SECONDS) == status
                eventually(partial(has_ended, child))
