"""An address with several hosts, of which the first is silent: the others are connected to, and soon at once."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from commands import migrate, verify_ledger
from models import several_hosts
from models.several_hosts import beginning_with, connect_to_any, hosts_of
from server.rollbacks.head_places import DatabasePlace, PlaceFailed
from tests.support.client import ANYBODY, serving
from tests.support.silent import silent_relay

COMMUNITIES = "{ communities { nodes { name } } }"


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a host that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several_hosts, "beginnings", {})


@asynccontextmanager
async def both(silent: int, dsn: str) -> AsyncIterator[str]:
    """The address of a database whose first host is the silent one."""
    async with silent_relay(dsn) as relay:
        yield relay.dsn.replace("@127.0.0.1", f"@127.0.0.1:{silent},127.0.0.1")


async def test_a_silent_host_takes_its_share_of_the_time_and_none_once_another_has_answered(
    silent: int, fresh: str
) -> None:
    async with both(silent, fresh) as dsn:
        with pytest.raises(TimeoutError):
            await asyncpg.connect(dsn, timeout=0.8)  # as asyncpg does it
        for most in (1.5, 0.7):  # of which the silent one has the first 0.8
            before = time.monotonic()
            connection = await connect_to_any(dsn, timeout=1.6)
            assert await connection.fetchval("SELECT 1") == 1
            assert time.monotonic() - before < most
            connection.terminate()


@pytest.mark.slow  # each process waits for the silent host once
async def test_a_server_starts_and_answers_whose_first_host_is_silent(
    silent: int, fresh: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with both(silent, fresh) as dsn:
        monkeypatch.setattr(os, "environ", {"COHORTE_DATABASE_URL": dsn, "COHORTE_DATA": str(tmp_path)})
        assert await asyncio.to_thread(migrate.main, []) == 0
        assert await asyncio.to_thread(verify_ledger.main, []) == 0
        async with serving(dsn, filled=True, known_head=False) as ask:
            assert (await ask.post(ANYBODY, COMMUNITIES)).status_code == 200
            assert (await ask.http.get("/readyz")).status_code == 200


@pytest.mark.slow
async def test_a_place_of_the_ledgers_head_has_several_hosts_too(silent: int, fresh: str) -> None:
    async with both(silent, fresh) as dsn:
        with pytest.raises(PlaceFailed, match="is one of Cohorte's"):  # so it was connected to
            await DatabasePlace(dsn, 1).read(UUID(int=1))


@pytest.mark.parametrize(
    ("address", "hosts", "second_first"),
    [
        ("postgresql://me@h1/db", "h1", None),
        (
            "postgresql://me:a%40,b@h1:1,[::1]:2/db?sslmode=require",
            "h1:1,[::1]:2",
            "postgresql://me:a%40,b@[::1]:2,h1:1/db?sslmode=require",
        ),
        (
            "postgresql://me@/db?host=h1,h2&port=1,2&dbname=a,b",
            "h1,h2",
            "postgresql://me@/db?host=h2%2Ch1&port=2%2C1&dbname=a%2Cb",
        ),
    ],
)
def test_only_the_order_of_hosts_changes(address: str, hosts: str, second_first: str | None) -> None:
    assert hosts_of(address) == hosts
    assert beginning_with(address, 0) == address
    if second_first is not None:
        assert beginning_with(address, 1) == second_first
