"""A thousand sockets connect at once to a server that has just started: every subscription begins, and gets events."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from websockets import CloseCode
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from server.events.sockets import PROTOCOL
from tests import factories
from tests.faults.test_kill_publishing import life, unserved_network
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.subscribers import POST_ADDED

MEMBERS, SOCKETS_OF_ONE = 100, 10
SETTINGS = {"COHORTE_CONNECTIONS_FROM": "3000"}
STORM_SECONDS = 240.0  # so that a busy machine fails no test
PAUSE_SECONDS = 2.0  # at most, before a client tries again
POST_SECONDS = 1.0  # between posts, until every client has received one


@contextlib.asynccontextmanager
async def initialised(address: str, who: Caller) -> AsyncIterator[ClientConnection]:
    """A socket, after as many tries as it takes: a client of graphql-ws tries again after 4408, and after no answer."""
    while True:
        async with contextlib.AsyncExitStack() as stack:
            try:
                dialled = connect(address, subprotocols=[PROTOCOL], proxy=None, open_timeout=60, ping_interval=None)  # type: ignore[list-item]
                socket = await stack.enter_async_context(dialled)
                await socket.send(json.dumps({"type": "connection_init", "payload": who.headers}))
                assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            except (OSError, InvalidMessage, InvalidStatus, ConnectionClosed):
                await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
                continue
            yield socket
            return


async def first_message(address: str, who: Caller, discussion: str) -> str:
    """The type of what a subscription gets first: `next` is an event, and after `error` no client tries again.

    A server that cannot begin it yet closes the socket with 1013, and clients try again.
    """
    while True:
        async with initialised(address, who) as socket:
            payload = {"query": POST_ADDED, "variables": {"discussion": discussion}}
            try:
                await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
                return str(json.loads(await socket.recv())["type"])
            except ConnectionClosed as closed:
                if closed.rcvd is None or closed.rcvd.code != CloseCode.TRY_AGAIN_LATER:
                    raise
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))


async def first_messages(network: Network, members: Sequence[Caller], discussion: str) -> Counter[str]:
    """How many subscriptions of all members get what first, while one of the members posts."""
    address = str(network.ask.http.base_url.join("/graphql")).replace("http", "ws", 1)
    followed = [
        asyncio.create_task(first_message(address, each, discussion)) for each in members for _ in range(SOCKETS_OF_ONE)
    ]
    async with asyncio.timeout(STORM_SECONDS):
        while not all(each.done() for each in followed):
            await network.do(members[0], "postAdd", "post { id }", discussion=discussion, body="Who is here?")
            await asyncio.wait(followed, timeout=POST_SECONDS)
    return Counter(each.result() for each in followed)


@pytest.mark.slow
async def test_no_subscription_is_lost_when_a_thousand_sockets_connect_at_once(fresh: str, tmp_path: Path) -> None:
    async with unserved_network(fresh) as network:
        community = (await factories.community(network.database))["id"]
        members = [await network.member(community) for _ in range(MEMBERS)]
        made = await factories.discussion(network.database, community_id=community, author_id=members[0].id)
        async with life(network, fresh, tmp_path, **SETTINGS):
            first = await first_messages(network, members, f"dis_{made['id']}")
        assert first == Counter(next=MEMBERS * SOCKETS_OF_ONE)
