"""Runs the server against clients that others wrote: `make conformance`.

Not part of `make test`, which needs nothing but Python.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands.node import node
from tests import factories
from tests.clients.results import Results, scenarios
from tests.server.test_events import NOTIFIED, EventNetwork, event_network
from tests.support.client import SIGN_OUT, Ask, Caller
from tests.support.subscribers import POST_ADDED, held, streams_of, subscribed

WAIT_SECONDS = 60.0
WHO = "{ viewer { audience } }"
PATIENT = {"data": {"viewer": {"audience": "PATIENT"}}}


@dataclass
class Client:
    process: asyncio.subprocess.Process

    async def ask(self, id: str, query: str, variables: dict[str, Any] | None = None) -> None:
        await self.write({"id": id, "query": query, "variables": variables})

    async def write(self, line: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        await self.process.stdin.drain()

    async def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(WAIT_SECONDS):
            line: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return line


@asynccontextmanager
async def client(protocol: str, ask: Ask, who: Caller) -> AsyncIterator[Client]:
    process = await asyncio.create_subprocess_exec(
        str(node()),
        str(Path(__file__).parent / "client.mjs"),
        protocol,
        str(ask.http.base_url.join("/graphql")),
        who.token or "",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Client(process)
    finally:
        process.kill()
        await process.wait()


@dataclass
class Followed:
    """A network, one of its discussions, and a client's subscription to its posts."""

    network: EventNetwork
    who: Caller
    made: Client
    discussion: Any

    async def receives(self, body: str) -> None:
        await self.network.post(self.discussion, body)
        answer = await self.made.receive()
        assert (answer["id"], answer["next"]["data"]["postAdded"]["body"]) == ("post", body)


@asynccontextmanager
async def followed(protocol: str, dsn: str) -> AsyncIterator[Followed]:
    async with event_network(dsn) as network:
        who = await network.ask.sign_in("patient")
        async with client(protocol, network.ask, who) as made:
            discussion = (await factories.discussion(network.owner))["id"]
            await made.ask("post", POST_ADDED, {"discussion": f"dis_{discussion}"})
            await subscribed(network.ask, 1)
            yield Followed(network, who, made, discussion)


@pytest.mark.parametrize("protocol", ["ws", "sse"])
async def test_operations_of_every_kind_are_answered(protocol: str, fresh: str, results: Results) -> None:
    results[f"graphql-{protocol}", "patient"] = f"{scenarios()} of {scenarios()} scenarios"
    async with followed(protocol, fresh) as at:
        await at.receives("First")
        for query, answer in ((WHO, PATIENT), ("mutation { __typename }", {"data": {"__typename": "Mutation"}})):
            await at.made.ask("once", query)
            assert await at.made.receive() == {"id": "once", "next": answer}
            assert await at.made.receive() == {"id": "once", "complete": True}
        await at.receives("Second, with a list: [1,\n2]")
        await at.made.write({"stop": "post"})
        await subscribed(at.network.ask, 0)


@pytest.mark.parametrize("protocol", ["ws", "sse"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ secret", "GRAPHQL_PARSE_FAILED"),
        ("{ secret }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { postAdded(discussion: "x") { id } }', "BAD_USER_INPUT"),
    ],
)
async def test_an_error_reaches_only_its_own_operation(protocol: str, fresh: str, query: str, code: str) -> None:
    async with followed(protocol, fresh) as at:
        await at.made.ask("wrong", query)
        received = await at.made.receive()
        errors = received["error"] if protocol == "ws" else received["next"]["errors"]
        assert (received["id"], [error["extensions"]["code"] for error in errors]) == ("wrong", [code])
        if protocol == "sse":
            assert await at.made.receive() == {"id": "wrong", "complete": True}
        await at.receives("Still delivered")


@pytest.mark.parametrize(("protocol", "code"), [("ws", 4403), ("sse", 401)])
async def test_a_client_with_an_invalid_token_gets_a_final_error(protocol: str, code: int, ask: Ask) -> None:
    async with client(protocol, ask, Caller("stranger", "a" * 43)) as made:
        await made.ask("1", NOTIFIED)
        assert await made.receive() == {"id": "1", "error": code}


@pytest.mark.parametrize("protocol", ["ws", "sse"])
async def test_closing_a_session_ends_its_subscriptions(protocol: str, fresh: str) -> None:
    async with followed(protocol, fresh) as at:
        await at.network.ask(at.who, SIGN_OUT)
        received = await at.made.receive()
        if protocol == "ws":
            assert received == {"id": "post", "error": 4403}
        else:
            assert received["next"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert await at.made.receive() == {"id": "post", "complete": True}
        await held(at.network.ask, 0)


@pytest.mark.parametrize("protocol", ["ws", "sse"])
async def test_a_client_subscribes_again_after_a_server_restart(protocol: str, fresh: str) -> None:
    async with followed(protocol, fresh) as at:
        await at.receives("Before")
        await at.network.ask.app.leave()
        streams_of(at.network.ask).stopping = False
        await subscribed(at.network.ask, 1)
        await at.receives("After")
