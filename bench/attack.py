"""Measures the latency of one caller while another sends the worst that is allowed, as fast as they can.

`python -m bench --attacks` measures nothing else.
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

SECONDS = 8.0
PROCESSES = 4  # that attack at the same time
MOST_ROUNDS = 5_000  # of each of them
MOST_TIMES = 5  # the quiet p95: what another's may become
PAUSE_SECONDS = 0.02
# The attacker's own address, or else they would use up what the other's may do.
FROM = ("127.0.0.2", 0)
IP_BIND_ADDRESS_NO_PORT = 24  # of Linux; Python 3.11 does not name it
AT_ONCE = 100  # connections, or subscriptions on one of them
CONNECTIONS = 50  # of each process that attacks: one address may have 200
HOLD_SECONDS = 0.2
TIMEOUT_SECONDS = 30.0
TINY = '{ community(slug: "multiple-sclerosis") { name memberCount } }'
BRANCH = (
    "communities(first: 1) { edges { cursor node { id treatments(first: 1) { edges { cursor node { id } } "
    "pageInfo { endCursor hasNextPage } } } } pageInfo { endCursor startCursor } }"
)
MEMBERS = (
    "{ communities(first: 40) { nodes { members(first: 5) { nodes "
    "{ communities { members(first: 1) { nodes { pseudonym } } } } } } } }"
)
SIZED = "query ($a: Int, $b: Int) {" + " ".join(
    f"x{at}: {BRANCH}".replace("first: 1", "first: $a", 1).replace("first: 1", "first: $b") for at in range(45)
) + "}"  # fmt: skip
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
PING = b"\x89\x80\0\0\0\0"  # the shortest frame
PINGS = 40_000  # as much as the server's event loop reads of a connection at once
NOTIFICATIONS = "subscription { notificationAdded { id createdAt } }"


@dataclass(frozen=True)
class Target:
    """A server, and the session of the one who attacks it."""

    host: str
    port: int
    token: str


def opened(target: Target, timeout: float = TIMEOUT_SECONDS) -> socket.socket:
    """A connection from the attacker's address.

    Its port is chosen when it connects. If it were chosen when it is bound, ports of connections that were closed a
    minute ago could be used by nobody else, and the other caller would soon find none.
    """
    made = socket.socket()
    try:
        made.settimeout(timeout)
        made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        made.bind(FROM)
        made.connect((target.host, target.port))
    except BaseException:
        made.close()
        raise
    return made


Attack = Callable[[Target], list[int]]  # one round; the statuses of its responses


def new_document() -> str:
    prefix = "x" + secrets.token_hex(4)
    return "{" + " ".join(f"{prefix}{at}: {BRANCH}" for at in range(45)) + "}"


def sending(document: Callable[[], str]) -> Attack:
    return lambda target: [status_of(target, "POST", "/graphql", json.dumps({"query": document()}))]


def export(target: Target) -> list[int]:
    return [status_of(target, "GET", "/me/export.json")]


def hashing(target: Target) -> list[int]:
    """One password of an account that does not exist, which takes as long as another."""
    email = f"{secrets.token_hex(8)}@people.example"
    document = f'mutation {{ signIn(input: {{email: "{email}", password: "wrong password"}}) {{ token }} }}'
    return [status_of(target, "POST", "/graphql", json.dumps({"query": document}))]


def connections(target: Target) -> list[int]:
    """Connections that are held in the middle of a request's headers."""
    with contextlib.ExitStack() as held:
        for _ in range(AT_ONCE):
            with contextlib.suppress(OSError):
                held.enter_context(opened(target, 1)).sendall(b"POST /graphql HTTP/1.1\r\nhost: ")
        time.sleep(HOLD_SECONDS)
    return []


def subscriptions(target: Target) -> list[int]:
    """A socket on which one subscription after another begins."""
    address = f"ws://{target.host}:{target.port}/graphql"
    with connect(address, sock=opened(target), subprotocols=["graphql-transport-ws"], proxy=None) as ws:  # type: ignore[list-item]
        ws.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {target.token}"}}))
        ws.recv(TIMEOUT_SECONDS)
        for number in range(AT_ONCE):
            ws.send(json.dumps({"type": "subscribe", "id": str(number), "payload": {"query": NOTIFICATIONS}}))
        with contextlib.suppress(TimeoutError):
            while True:
                ws.recv(HOLD_SECONDS)
    return [101]


def frames(target: Target) -> list[int]:
    """A stranger's socket that sends pings, as fast as the server takes them."""
    with opened(target) as ws:
        ws.sendall(UPGRADE)
        status = int(ws.recv(1_000).split()[1])
        ws.settimeout(HOLD_SECONDS)
        with contextlib.suppress(TimeoutError):
            ws.sendall(PING * PINGS)
    return [status]


def sized() -> dict[str, object]:
    """A document that the server knows, with sizes of pages that are new to it."""
    first, second = secrets.randbelow(100) + 1, secrets.randbelow(100) + 1
    return {"query": SIZED, "variables": {"a": first, "b": second}}


def on_many_connections(request: Callable[[], dict[str, object]]) -> Attack:
    """Requests that are all ready at the same time, each on a connection of its own."""

    def attack(target: Target) -> list[int]:
        statuses = []
        with contextlib.ExitStack() as held:
            many = [held.enter_context(opened(target)) for _ in range(CONNECTIONS)]
            for each in many:
                body = json.dumps(request()).encode()
                each.sendall(
                    b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                    b"authorization: Bearer %b\r\ncontent-length: %d\r\n\r\n%b"
                    % (target.token.encode(), len(body), body)
                )
            for each in many:
                if received := each.recv(1_000):
                    statuses.append(int(received.split()[1]))
        return statuses

    return attack


ATTACKS: Mapping[str, Attack] = {
    "new documents": sending(new_document),
    "documents that are too costly": sending(lambda: new_document().replace("first: 1)", "first: 100)")),
    "documents that are not valid": sending(lambda: new_document().replace("pageInfo", "unknown")),
    "cached documents with new page sizes on many connections": on_many_connections(sized),
    "cached query on 200 connections": on_many_connections(lambda: {"query": TINY}),
    "nested lists": sending(lambda: MEMBERS),
    "exports": export,
    "connections": connections,
    "subscriptions": subscriptions,
    "frames": frames,
    "hashing": hashing,
}


def status_of(target: Target, method: str, path: str, body: str | None = None) -> int:
    """The status of the response to one request, which is read to its end."""
    headers = {"content-type": "application/json"} if body else {}
    if target.token:
        headers["authorization"] = f"Bearer {target.token}"
    with contextlib.closing(HTTPConnection(target.host, target.port)) as http:
        http.sock = opened(target)
        http.request(method, path, body, headers)
        response = http.getresponse()
        response.read()
        return response.status


def attack(name: str, target: Target, seconds: float) -> None:
    """Carries out one round of an attack after another, for so many seconds or `MOST_ROUNDS`."""
    ends = time.monotonic() + seconds
    for _ in range(MOST_ROUNDS):
        # A server that refuses a connection or ends it defends itself.
        with contextlib.suppress(OSError, HTTPException, WebSocketException):
            ATTACKS[name](target)
        if time.monotonic() > ends:
            return


def report(address: str, victim: str, attacker: str, seconds: float = SECONDS) -> list[str]:
    """The victim's p95 while nothing else happens and during each attack, as lines of a page."""
    load = os.getloadavg()[0]
    quiet = asyncio.run(p95(address, victim, seconds))
    found = {}
    for name in ATTACKS:
        command = [sys.executable, "-m", "bench.attack", name, address, attacker, str(seconds + 5)]
        attackers = [subprocess.Popen(command) for _ in range(PROCESSES)]
        try:
            time.sleep(1)
            found[name] = asyncio.run(p95(address, victim, seconds))
        finally:
            for process in attackers:
                process.kill()
                process.wait()
    return lines(quiet, found, asyncio.run(p95(address, victim, seconds)), load)


def lines(quiet: float, found: Mapping[str, float], afterwards: float, load: float) -> list[str]:
    """What was measured, in seconds, with whether it holds; `afterwards` is the p95 without an attack once more."""
    over = [name for name, taken in found.items() if taken > MOST_TIMES * quiet]
    rows = {"none": quiet} | dict(found) | {"none, afterwards": afterwards}
    return [
        f"The load average was {load:.1f} before: others' work, which lengthens all of them.",
        "",
        "| attack | p95 of the other, ms | times the quiet one | |",
        "|---|---|---|---|",
        *(
            f"| {name} | {taken * 1000:.1f} | {taken / quiet:.1f} | {'over' if name in over else 'holds'} |"
            for name, taken in rows.items()
        ),
        "",
        f"More than {MOST_TIMES} times the quiet p95: {', '.join(over)}."
        if over
        else f"None is more than {MOST_TIMES} times the quiet p95.",
    ]


async def p95(address: str, token: str, seconds: float) -> float:
    taken = []
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=TIMEOUT_SECONDS) as http:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            begins = time.perf_counter()
            try:
                answer = await http.post(address, json={"query": TINY}, headers={"authorization": f"Bearer {token}"})
                answer.raise_for_status()
            except httpx.HTTPError:
                taken.append(TIMEOUT_SECONDS)  # no answer, or a refusal, is as bad as the longest wait
            else:
                taken.append(time.perf_counter() - begins)
            await asyncio.sleep(PAUSE_SECONDS)
    return statistics.quantiles(taken, n=20)[-1]


def main(name: str, address: str, token: str, seconds: str) -> None:
    url = urlsplit(address)
    attack(name, Target(url.hostname or "", url.port or 80, token), float(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:5])
