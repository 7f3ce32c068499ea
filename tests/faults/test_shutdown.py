"""A server that is told to stop under load ends in time: nothing hangs, nothing is lost, and clients are told."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app import create_app
from commands.serve import Server, configuration
from server.events.sockets import PROTOCOL
from settings import Settings
from tests import factories
from tests.commands.test_serve import served
from tests.faults.test_kill import POST_ADD, KillNetwork, client
from tests.support.client import Caller
from tests.support.eventually import becomes
from tests.support.subscribers import POST_ADDED

END_SECONDS = 10.0  # after which container engines kill
READERS, SOCKETS, STREAMS, STUCK = 8, 5, 5, 4
WHO = {"query": "{ communities(first: 3) { nodes { name } } }"}


async def test_readiness_ends_at_the_signal_and_before_the_listener_closes(fresh: str, tmp_path: Path) -> None:
    settings = Settings(database_url=fresh, data=tmp_path)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            assert (await http.get("/readyz")).status_code == 200
            server = Server(configuration(app, settings), app, lambda: None)
            server.handle_exit(signal.SIGTERM, None)
            answer = await http.get("/readyz")
            assert (answer.status_code, answer.json()) == (503, {"ready": False})
            assert (await http.get("/healthz")).status_code == 200


@contextlib.asynccontextmanager
async def stuck(database: str, discussion: UUID) -> AsyncIterator[None]:
    """Holds the lock that all posts in a discussion wait for."""
    holder = await asyncpg.connect(database)
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("SELECT FROM care.discussion WHERE id = $1 FOR UPDATE", discussion)
    try:
        yield
    finally:
        await transaction.rollback()
        await holder.close()


async def reads(http: httpx.AsyncClient, statuses: list[int]) -> None:
    """Sends requests until the server refuses connections."""
    while True:
        try:
            statuses.append((await http.post("/graphql", json=WHO)).status_code)
        except httpx.TransportError:
            return


async def subscribes(address: str, who: Caller, topic: dict[str, str], ready: asyncio.Event) -> int | None:
    """Holds a socket with a subscription; the code with which the server closes it."""
    async with connect(address, subprotocols=[PROTOCOL], proxy=None) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init", "payload": who.headers}))
        await socket.recv()
        payload = {"query": POST_ADDED, "variables": topic}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        await socket.send(json.dumps({"type": "ping"}))
        await socket.recv()
        ready.set()
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
        return socket.close_code


async def streams(http: httpx.AsyncClient, who: Caller, topic: dict[str, str], ready: asyncio.Event) -> str:
    """Holds an event stream until its end; its text."""
    body = {"query": POST_ADDED, "variables": topic}
    headers = {"accept": "text/event-stream"} | who.headers
    text = ""
    async with http.stream("POST", "/graphql", json=body, headers=headers) as response:
        async for part in response.aiter_text():
            ready.set()
            text += part
    return text


async def silent(address: str) -> None:
    """Opens connections that never send a whole request, and one whose response is never read."""
    host, port = address.removeprefix("http://").split(":")
    for start in (b"", b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(start)
        kept.append(writer)
    _, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"query": "{ " + " ".join(f"a{n}: communities {{ nodes {{ name }} }}" for n in range(20)) + " }"})
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode() * 50)
    kept.append(writer)


kept: list[asyncio.StreamWriter] = []


@pytest.mark.slow
async def test_a_server_under_load_ends_within_ten_seconds_of_sigterm(fresh: str, tmp_path: Path) -> None:
    database = await asyncpg.connect(fresh)
    network = KillNetwork(database)
    community = (await factories.community(database))["id"]
    who, author = await network.member(community)
    about = {"community_id": community, "author_id": author}
    discussion = (await factories.discussion(database, **about))["id"]
    waiting = (await factories.discussion(database, **about))["id"]
    topic = {"discussion": f"dis_{discussion}"}
    posts = await network.count("care.post")
    settings = {"COHORTE_DATABASE_URL": fresh, "COHORTE_LOG_LEVEL": "info"}
    try:
        with served(tmp_path, **settings) as (process, lines):
            async with client(lines) as http, stuck(fresh, waiting):
                address = str(http.base_url).rstrip("/")
                statuses: list[int] = []
                ready = [asyncio.Event() for _ in range(SOCKETS + STREAMS)]
                reading = [asyncio.create_task(reads(http, statuses)) for _ in range(READERS)]
                socket_address = address.replace("http", "ws", 1) + "/graphql"
                sockets = [
                    asyncio.create_task(subscribes(socket_address, who, topic, ready[number]))
                    for number in range(SOCKETS)
                ]
                opened = [
                    asyncio.create_task(streams(http, who, topic, ready[SOCKETS + number])) for number in range(STREAMS)
                ]
                given = {"discussion": f"dis_{waiting}", "body": "A post that waits for a lock"}
                writing = [asyncio.create_task(writes(http, who, given)) for _ in range(STUCK)]
                await silent(address)
                async with asyncio.timeout(90):
                    await asyncio.gather(*(event.wait() for event in ready))
                    await becomes(network.is_waited_for, lambda waited_for: waited_for and len(statuses) >= 50)
                since = time.monotonic()
                process.send_signal(signal.SIGTERM)
                await asyncio.to_thread(process.wait, 90)
                took = time.monotonic() - since
                assert await asyncio.gather(*sockets) == [1001] * SOCKETS
                texts = await asyncio.gather(*opened)
                assert [text for text in texts if "event: complete" in text] == []
                assert set(await asyncio.gather(*writing)) <= {503, None}
                await asyncio.gather(*reading)
            assert process.returncode == 0
        assert took < END_SECONDS
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 50
        assert await network.count("care.post") == posts  # what was waiting for the lock is rolled back
        left = "usename LIKE 'cohorte~_%' ESCAPE '~' AND datname = current_database()"
        assert await network.count(f"pg_stat_activity WHERE {left}") == 0
    finally:
        for writer in kept:
            writer.close()
        await database.close()


async def writes(http: httpx.AsyncClient, who: Caller, given: dict[str, Any]) -> int | None:
    """The status of a post that waits for a lock; None if the connection was cut."""
    try:
        body = {"query": POST_ADD, "variables": {"input": given}}
        headers = who.headers | {"accept": "application/graphql-response+json"}
        return (await http.post("/graphql", json=body, headers=headers)).status_code
    except httpx.TransportError:
        return None
