"""An address with several hosts, of which the first is silent: the others are connected to, and soon at once."""

import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from commands import migrate, verify_ledger
from models import several_hosts
from models.several_hosts import beginning_with, connect_to_any, hosts_of
from server.rollbacks.head_places import DatabasePlace, PlaceFailed
from tests.server.test_outgoing import certificate
from tests.support.client import ANYBODY, serving
from tests.support.silent import silent_address, silent_relay

HOST = "database.cohorte.example"
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


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The addresses of hosts that no name server knows."""
    known: dict[str, list[str]] = {}
    system = socket.getaddrinfo

    def getaddrinfo(host: Any, *given: Any, **more: Any) -> Any:
        return [one for address in known.get(host, [host]) for one in system(address, *given, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_silent_address_of_a_name_takes_its_share_and_none_once_another_has_answered(
    accepts: bool, fresh: str, names: dict[str, list[str]]
) -> None:
    async with silent_relay(fresh) as relay:
        port = urlsplit(relay.dsn).port
        assert port is not None
        with silent_address(port, accepts=accepts) as address:
            names[HOST] = [address, "127.0.0.1"]
            dsn = relay.dsn.replace("@127.0.0.1", f"@{HOST}")
            with pytest.raises(TimeoutError):
                await asyncpg.connect(dsn, timeout=0.8)  # as asyncpg does it
            for most in (1.5, 0.7):  # of which the silent one has the first 0.8
                before = time.monotonic()
                connection = await connect_to_any(dsn, timeout=1.6)
                assert await connection.fetchval("SELECT 1") == 1
                assert time.monotonic() - before < most
                with pytest.raises(TimeoutError):
                    await connection.fetchval("SELECT pg_sleep(9)", timeout=0.1)
                async with asyncio.timeout(5):  # it is cancelled where it runs
                    assert await connection.fetchval("SELECT 1") == 1
                connection.terminate()
            names[HOST] = ["127.0.0.3", "127.0.0.1"]  # which refuses
            connection = await connect_to_any(dsn, timeout=1.6)
            connection.terminate()


async def test_a_name_that_is_not_found_is_passed_over_and_one_that_hangs_takes_its_share(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with silent_relay(fresh) as relay:
        port = urlsplit(relay.dsn).port
        dsn = relay.dsn.replace("@127.0.0.1", f"@{HOST}:{port},127.0.0.1")

        def unknown(*_: Any, **__: Any) -> Any:
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        connection = await connect_to_any(dsn, timeout=10)
        connection.terminate()
        with pytest.raises(socket.gaierror):
            await connect_to_any(relay.dsn.replace("@127.0.0.1", f"@{HOST}"), timeout=10)
        answering = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answering.wait() and [])
        several_hosts.beginnings.clear()
        try:
            for most in (1.5, 0.7):
                before = time.monotonic()
                connection = await connect_to_any(dsn, timeout=1.6)
                assert time.monotonic() - before < most
                connection.terminate()
        finally:
            answering.set()


@pytest.mark.parametrize("named", [HOST, "other.cohorte.example"])
@pytest.mark.parametrize("negotiation", ["postgres", "direct"])
async def test_a_certificate_is_checked_for_the_name_of_the_address(
    named: str, negotiation: str, fresh: str, names: dict[str, list[str]], tmp_path: Path
) -> None:
    """The PostgreSQL of the tests has no TLS: a relay has."""
    server, _ = certificate(tmp_path, named)
    names[HOST] = ["127.0.0.3", "127.0.0.1"]
    async with silent_relay(fresh) as relay:
        at = urlsplit(relay.dsn)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if negotiation == "postgres":
                await reader.readexactly(8)
                writer.write(b"S")
                await writer.start_tls(server)
            back, forth = await asyncio.open_connection(at.hostname, at.port)

            async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
                while data := await source.read(10_000):
                    target.write(data)
                target.close()

            await asyncio.gather(copy(reader, forth), copy(back, writer))

        tls = server if negotiation == "direct" else None
        listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        port = listening.sockets[0].getsockname()[1]
        given = f"sslmode=verify-full&sslrootcert={tmp_path / 'certificate.pem'}&sslnegotiation={negotiation}"
        dsn = f"{at._replace(netloc=f'{at.username}:{at.password}@{HOST}:{port}').geturl()}?{given}"
        if named == HOST:
            connection = await connect_to_any(dsn, timeout=10)
            assert await connection.fetchval("SELECT 1") == 1
            connection.terminate()
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect_to_any(dsn, timeout=10)
        listening.close()


@pytest.mark.parametrize(
    ("host", "name"),
    [("h1", "h1"), ("h1:5432", "h1"), ("10.0.0.1:5432", "10.0.0.1"), ("[::1]:5432", ""), ("/run/postgresql", ""),
     ("", "")],
)  # fmt: skip
def test_only_names_are_looked_up(host: str, name: str) -> None:
    assert several_hosts.name_of(host) == name
