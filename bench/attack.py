"""Measures the latency of one caller while another sends the worst that is allowed, as fast as they can."""

import asyncio
import json
import secrets
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import httpx

SECONDS = 8
PAUSE_SECONDS = 0.02
TINY = '{ community(slug: "multiple-sclerosis") { name memberCount } }'
BRANCH = (
    "communities(first: 1) { edges { cursor node { id treatments(first: 1) { edges { cursor node { id } } "
    "pageInfo { endCursor hasNextPage } } } } pageInfo { endCursor startCursor } }"
)
MEMBERS = (
    "{ communities(first: 40) { nodes { members(first: 5) { nodes "
    "{ communities { members(first: 1) { nodes { pseudonym } } } } } } } }"
)


def new_document() -> str:
    prefix = "x" + secrets.token_hex(4)
    return "{" + " ".join(f"{prefix}{at}: {BRANCH}" for at in range(45)) + "}"


# Each returns the next document to send.
ATTACKS: dict[str, Callable[[], str]] = {
    "new documents": new_document,
    "documents that are too costly": lambda: new_document().replace("first: 1)", "first: 100)"),
    "documents that are not valid": lambda: new_document().replace("pageInfo", "unknown"),
    "nested lists": lambda: MEMBERS,
}


def send(address: str, token: str, name: str) -> None:
    """Sends requests of an attack one after another, until the process is ended."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    while True:
        body = json.dumps({"query": ATTACKS[name]()}).encode()
        try:
            urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=30).read()
        except urllib.error.HTTPError as refused:
            refused.read()


def report(address: str, victim: str, attacker: str) -> list[str]:
    """The victim's p95 while nothing else happens and during each attack, as lines of a table."""
    quiet = asyncio.run(p95(address, victim))
    lines = [
        "| attack | p95 of the other, ms | times the quiet one |",
        "|---|---|---|",
        f"| none | {quiet * 1000:.1f} | 1.0 |",
    ]
    for name in ATTACKS:
        command = [sys.executable, "-m", "bench.attack", address, attacker, name]
        attackers = [subprocess.Popen(command) for _ in range(4)]
        try:
            time.sleep(1)
            found = asyncio.run(p95(address, victim))
        finally:
            for process in attackers:
                process.kill()
                process.wait()
        lines.append(f"| {name} | {found * 1000:.1f} | {found / quiet:.1f} |")
    return lines


async def p95(address: str, token: str) -> float:
    taken = []
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=30) as http:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            begins = time.perf_counter()
            answer = await http.post(address, json={"query": TINY}, headers={"authorization": f"Bearer {token}"})
            taken.append(time.perf_counter() - begins)
            answer.raise_for_status()
            await asyncio.sleep(PAUSE_SECONDS)
    return statistics.quantiles(taken, n=20)[-1]


if __name__ == "__main__":
    send(*sys.argv[1:4])
