"""Says how far events carry: `python -m bench.fanout` measures what they cost, and simulates networks of all sizes.

Every server receives every event, and each reads it for those of its clients that follow it.
"""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

import asyncpg
from websockets.asyncio.client import ClientConnection, connect

from bench import machine
from bench.cases import cases_of
from bench.comparison import prepare, temporary_folder
from bench.servers import COHORTE, DATA, running
from commands.cluster import cluster
from commands.databases import at
from server.events.broker import CHANNEL

SCALE = 0.1
FOLLOWERS, EVENTS, UNFOLLOWED = 60, 40, 4_000
WRITERS, SECONDS = 16, 3.0
FOLLOW = "subscription($id: ID!) { postAdded(discussion: $id) { body author { pseudonym } } }"
LATEST = """
SELECT p.id AS post, p.discussion_id AS discussion FROM care.post p
WHERE NOT p.removed ORDER BY p.created_at DESC LIMIT 1
"""
# A network in its busiest hour: assumptions, not measurements.
POSTS_A_DAY = 0.3  # of a member
BUSIEST = 0.1  # the part of a day's posts that is written in its busiest hour
ONLINE = 0.02  # the part of all members that follow a discussion at the same time
MEMBERS_OF_ONE = 20  # for each discussion that is open
SOCKETS = 5_000  # of one process
MINUTES = 5  # that are simulated
SIZES = (18_000, 180_000, 1_800_000, 10_000_000)


@dataclass(frozen=True)
class Costs:
    """Microseconds of CPU time."""

    unfollowed: float  # of a server, for an event that none of its clients follows
    read: float  # of a server, for each client that an event is read for
    database: float  # of the database, likewise


@dataclass(frozen=True)
class Hour:
    """What happens in a second of the busiest hour."""

    servers: int
    events: float  # each of which every server receives
    followed: float  # the part of the events received that some client of the server follows
    reads: float  # of all servers


def simulated(members: int, seed: int = 1) -> Hour:
    """A network whose discussions are as popular as 1, 1/2, 1/3 and so on, for reading and for writing."""
    drawn = random.Random(seed)
    discussions = range(ceil(members / MEMBERS_OF_ONE))
    weights = list(accumulate(1 / (1 + rank) for rank in discussions))
    online = ceil(members * ONLINE)
    servers = ceil(online / SOCKETS)
    followers: dict[int, Counter[int]] = {}
    for discussion in drawn.choices(discussions, cum_weights=weights, k=online):
        followers.setdefault(discussion, Counter())[drawn.randrange(servers)] += 1
    number = ceil(members * POSTS_A_DAY * BUSIEST * MINUTES / 60)
    of_events = [followers.get(each, Counter()) for each in drawn.choices(discussions, cum_weights=weights, k=number)]
    seconds = MINUTES * 60
    return Hour(
        servers,
        number / seconds,
        sum(map(len, of_events)) / (number * servers),
        sum(each.total() for each in of_events) / seconds,
    )


async def costs() -> Costs:
    """What events cost a server of the demonstration and its database."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        superuser = stack.enter_context(cluster(folder / "database", throwaway=True))
        dsn = at(superuser, "bench")
        postmaster, _ = await prepare(superuser, dsn, folder / DATA, SCALE)
        ours = stack.enter_context(running(COHORTE, dsn, folder))
        tokens = [case.token for case in (await cases_of(dsn, FOLLOWERS))["list"]]
        connection = await asyncpg.connect(dsn)
        try:
            row = await connection.fetchrow(LATEST)
            assert row is not None

            async def cpu() -> tuple[float, float]:
                backends = machine.cpu_of_all(machine.children_of(postmaster))
                return machine.cpu_seconds(ours.process.pid), sum(backends.values())

            async def publish(discussion: str) -> None:
                event = {"kind": "postAdded", "subject": str(row["post"]), "about": discussion}
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, json.dumps(event))

            address = ours.address.replace("http", "ws", 1) + "/graphql"
            async with contextlib.AsyncExitStack() as sockets:
                followers = [await sockets.enter_async_context(following(address, each, row)) for each in tokens]
                before = await cpu()
                for _ in range(UNFOLLOWED):
                    await publish(str(row["post"]))
                await asyncio.sleep(1)
                between = await cpu()
                for _ in range(EVENTS):
                    await publish(str(row["discussion"]))
                    await asyncio.gather(*(each.recv() for each in followers))
                after = await cpu()
        finally:
            await connection.close()
    reads = len(tokens) * EVENTS / 1e6
    unfollowed = (between[0] - before[0]) * 1e6 / UNFOLLOWED
    return Costs(unfollowed, (after[0] - between[0]) / reads, (after[1] - between[1]) / reads)


@contextlib.asynccontextmanager
async def following(address: str, token: str, row: asyncpg.Record) -> AsyncIterator[ClientConnection]:
    """A socket whose subscription has begun."""
    async with connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        await socket.recv()
        variables = {"id": f"dis_{row['discussion']}"}
        payload = {"query": FOLLOW, "variables": variables}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        await socket.send(json.dumps({"type": "ping"}))
        await socket.recv()
        yield socket


async def commits() -> dict[str, float]:
    """Commits a second of as many writers on a disk, without and with a notification in each."""
    with temporary_folder(in_memory=False) as folder, cluster(folder / "database") as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE written (id bigint GENERATED ALWAYS AS IDENTITY, body text)")
        await connection.close()
        insert = "INSERT INTO written (body) VALUES ('a post')"
        kinds = {"alone": insert, "with a notification": f"WITH w AS ({insert}) SELECT pg_notify('{CHANNEL}', '')"}
        return {name: await rate(dsn, statement) for name, statement in kinds.items()}


async def rate(dsn: str, statement: str) -> float:
    done = 0

    async def write(connection: asyncpg.Connection) -> None:
        nonlocal done
        while time.monotonic() < ends:
            await connection.execute(statement)
            done += 1

    connections = [await asyncpg.connect(dsn) for _ in range(WRITERS)]
    ends = time.monotonic() + SECONDS
    await asyncio.gather(*map(write, connections))
    for each in connections:
        await each.close()
    return done / SECONDS


def main() -> None:
    found = asyncio.run(costs())
    print(
        f"An event costs a server {found.unfollowed:.0f} µs if nobody follows it there, and for each client that "
        f"follows it {found.read:.0f} µs, and the database {found.database:.0f} µs."
    )
    written = asyncio.run(commits())
    print(f"Commits a second, {WRITERS} writers: " + ", ".join(f"{name} {each:.0f}" for name, each in written.items()))
    print("\n| members | processes | events a second | followed there | reads a second | cores: servers | database |")
    print("|---|---|---|---|---|---|---|")
    for members in SIZES:
        hour = simulated(members)
        servers = (hour.events * hour.servers * found.unfollowed + hour.reads * found.read) / 1e6
        print(
            f"| {members:,} | {hour.servers} | {hour.events:,.1f} | {hour.followed:.0%} | {hour.reads:,.0f} "
            f"| {servers:.1f} | {hour.reads * found.database / 1e6:.1f} |"
        )


if __name__ == "__main__":
    main()
