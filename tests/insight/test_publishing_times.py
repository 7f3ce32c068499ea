"""When a publication is answered says nothing about how many records were counted."""

import asyncio
from unittest import mock

import pytest

from privacy import noise
from resolvers import pacing
from resolvers.insight.insights_mutations import COUNTING_SECONDS
from resolvers.pacing import in_steps_of
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.population import publish
from tests.support.publishable import free, paid


async def ends(takes: float, step: float | None) -> float:
    """After how many seconds work is done that takes so many, in a loop in which nothing else takes time."""
    clock = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal clock
        clock += seconds

    def now() -> float:
        return clock

    with mock.patch.object(pacing, "now", now), mock.patch.object(asyncio, "sleep", sleep):
        async with in_steps_of(step):
            clock += takes
    return clock - 100


async def test_work_of_any_duration_within_a_step_ends_with_the_step() -> None:
    found = [await ends(takes, COUNTING_SECONDS) for takes in (0.0, 0.001, 0.055, 0.2, 0.2499)]
    assert found == pytest.approx([COUNTING_SECONDS] * 5)
    assert await ends(COUNTING_SECONDS * 1.3, COUNTING_SECONDS) == pytest.approx(2 * COUNTING_SECONDS)
    assert await ends(0.07, None) == pytest.approx(0.07)


async def test_counting_ends_with_a_step_before_anything_of_it_is_written_and_what_is_free_does_not_wait(
    network: Network, dataset: str, licensed_buyer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, float]] = []
    draw, wait_out = noise.draw, pacing.wait_out

    def drawn(counts: list[int], *of: int) -> list[int]:
        done.append(("drawn", 0))
        return draw(counts, *of)

    async def waits(seconds: float, began: float) -> None:
        # Nothing is written yet, and the ledger, for which others wait, is not locked.
        written = await network.value(
            "SELECT count(*) FROM pg_locks WHERE relation = 'insight.cell'::regclass"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert written == 0
        done.append(("waited", seconds))
        await wait_out(seconds, began)

    monkeypatch.setattr(noise, "draw", drawn)
    monkeypatch.setattr(pacing, "wait_out", waits)
    paid(await publish(network, licensed_buyer, dataset, "q", "r"))
    assert done == [("drawn", 0), ("waited", COUNTING_SECONDS)]
    free(await publish(network, licensed_buyer, dataset, "r", "q"))
    assert len(done) == 2
