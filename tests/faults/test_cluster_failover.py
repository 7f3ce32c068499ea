"""Breaks parts of a Patroni cluster under load: nothing acknowledged is lost or doubled, and reads go on.

With `-s`, it prints what was counted.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from commands.databases import at, create_missing
from commands.nodes.network import servers
from commands.nodes.processes import Program, free_ports, wait_for
from commands.nodes.replicated import START_SECONDS, DatabaseNode, Nodes, database_cluster, missing
from commands.opened import DATABASE
from tests import factories
from tests.faults.test_kill import DAY, POST_ADD, RECORD, KillNetwork, Wish, ask, expect_kept
from tests.faults.test_kill_publishing import frozen, input_of, unserved_network
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.clusters import becomes_left, quick_folder
from tests.support.eventually import becomes
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import PUBLISH, buyer
from tests.support.publishable import expect_sound, gathered

WRITERS, POSTS, DAYS = 10, 24, 8  # of each writer
ENOUGH = 80  # acknowledged writes before the primary is killed
PAUSE_SECONDS = 0.25  # between two writes of a writer
MOST_SECONDS = 480.0  # for all, with some 25 in which there is no primary: a minute and a half on a quiet machine
MOST_PAUSE_SECONDS = 60.0  # between two acknowledged writes: `ttl` in commands/nodes is 20, and the machine is busy
QUESTIONS = [("q", "r"), ("q", "twin"), ("r", "twin"), ("q", "sex"), ("r", "sex"), ("q", "kind"), ("r", "kind")]
READ = {"query": "{ communities { nodes { name } } }"}
READERS = 4  # half of whom are signed in
MISCOUNTED = "care.discussion d WHERE post_count <> (SELECT count(*) FROM care.post WHERE discussion_id = d.id)"
TOLD = "care.notification WHERE subject_id IN (SELECT id FROM care.post)"
COUNTED = ("care.post", "care.observation", TOLD)


@dataclass
class Load:
    """Writers, readers and a laboratory that send until everything they wish for is acknowledged."""

    http: httpx.AsyncClient
    known: KillNetwork
    acknowledged: dict[int, dict[str, Any]] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    refused: int = 0
    reads: list["Answered"] = field(default_factory=list)
    stopped: bool = False
    acknowledged_at: float = field(default_factory=time.monotonic)  # the latest
    outage: tuple[float, float] = (0.0, 0.0)  # the longest time without an acknowledged write

    @property
    def longest_pause(self) -> float:
        return self.outage[1] - self.outage[0]

    @property
    def answered(self) -> int:
        return sum(read.well for read in self.reads)

    def in_outage(self) -> Sequence["Answered"]:
        return [read for read in self.reads if self.outage[0] < read.at < self.outage[1]]

    def longest_read_pause(self) -> float:
        """Of any reader, between two answers."""
        pauses = [0.0]
        for reader in range(READERS):
            answered = [read.at for read in self.reads if read.well and read.reader == reader]
            pauses.extend(later - earlier for earlier, later in pairwise(answered))
        return max(pauses)

    def note(self, number: int, made: dict[str, Any]) -> None:
        now = time.monotonic()
        if now - self.acknowledged_at > self.longest_pause:
            self.outage = self.acknowledged_at, now
        self.acknowledged_at = now
        self.acknowledged[number] = made

    async def write(self, writer: int) -> None:
        """Sends each of a writer's wishes until it is acknowledged."""
        for number in range(writer, len(self.known.wishes), WRITERS):
            while (made := await ask(self.http, self.known.wishes[number])) is None:
                self.refused += 1
                await asyncio.sleep(PAUSE_SECONDS)
            self.note(number, made)
            await asyncio.sleep(PAUSE_SECONDS)

    async def publish(self, who: Caller, dataset: str) -> None:
        """Publishes each question, until it is acknowledged."""
        for question in QUESTIONS:
            given = input_of(dataset, *question, clientMutationId=str(uuid4()))
            while (made := await self.published_once(who, given)) is None:
                self.refused += 1
                await asyncio.sleep(PAUSE_SECONDS)
            self.published.append(made)
            await asyncio.sleep(2.0)

    async def published_once(self, who: Caller, given: dict[str, Any]) -> str | None:
        wish = Wish(who, PUBLISH.replace("insightPublish", "made: insightPublish"), given["input"])
        made = await ask(self.http, wish)
        return None if made is None else str(made["insight"]["id"])

    async def read(self, reader: int, who: Caller) -> None:
        while not self.stopped:
            well = stale = False
            try:
                answer = await self.http.post("/graphql", json=READ, headers=who.headers)
                well, stale = answer.status_code == 200, "warning" in answer.headers
            except httpx.TransportError:
                pass
            self.reads.append(Answered(reader, time.monotonic(), well, stale))
            await asyncio.sleep(PAUSE_SECONDS)

    def told(self) -> str:
        """What was counted."""
        during = self.in_outage()
        well, stale = sum(read.well for read in during), sum(read.stale for read in during)
        return (
            f"writes: {len(self.acknowledged)} acknowledged, {self.refused} refused, longest pause "
            f"{self.longest_pause:.1f} s; reads in it: {well} of {len(during)} answered, {stale} of them by standbys "
            f"that stood in; longest pause of a reader {self.longest_read_pause():.1f} s"
        )

    async def is_in_the_middle(self) -> bool:
        return len(self.acknowledged) >= ENOUGH and len(self.published) >= 1


@dataclass(frozen=True)
class Answered:
    """A read: who sent it, when it was answered, whether well, and whether with the warning that it may be stale."""

    reader: int
    at: float
    well: bool
    stale: bool


async def wished(network: Network) -> KillNetwork:
    """The writers' wishes: posts in two discussions, and observations of three indicators."""
    known = KillNetwork(network.database)
    community = (await factories.community(known.database))["id"]
    _, author = await known.member(community)
    about = {"community_id": community, "author_id": author}
    discussions = [(await factories.discussion(known.database, **about))["id"] for _ in range(2)]
    indicators = [f"ind_{(await factories.indicator(known.database))['id']}" for _ in range(3)]
    writers = [(await known.member(community))[0] for _ in range(WRITERS)]
    for number in range(WRITERS * (POSTS + DAYS)):
        who, turn = writers[number % WRITERS], number // WRITERS
        if turn % 4:
            text = {"clientMutationId": f"post {number}", "body": f"Post {number}"}
            known.wishes.append(Wish(who, POST_ADD, text | {"discussion": f"dis_{discussions[number % 2]}"}))
        else:
            entries = [{"indicator": indicator, "value": place} for place, indicator in enumerate(indicators)]
            day = (DAY + timedelta(days=turn)).isoformat()
            known.wishes.append(
                Wish(who, RECORD, {"clientMutationId": f"day {day}", "observedOn": day, "entries": entries})
            )
    return known


@asynccontextmanager
async def connected(nodes: Nodes, port: int) -> AsyncIterator[Network]:
    """The network behind the proxy at `port`, with a connection to the primary."""
    address = f"http://127.0.0.1:{port}"
    async with (
        unserved_network(at(nodes.dsn, DATABASE)) as network,
        httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http,
    ):
        network.ask = Ask(network.ask.app, http)
        yield network


@contextmanager
def primary_killed(nodes: Nodes) -> Iterator[None]:
    primary_of(nodes).kill()
    yield


@contextmanager
def primary_frozen(nodes: Nodes) -> Iterator[None]:
    """As a host that is gone without closing a connection; it comes back."""
    node = primary_of(nodes)
    postmaster = node.postmaster()
    assert node.patroni is not None
    assert postmaster is not None
    with stopped([*family(node.patroni.process.pid), *family(postmaster)]):
        yield


@contextmanager
def standby_killed(nodes: Nodes) -> Iterator[None]:
    """The one that confirms commits."""
    next(node for node in nodes.each if node.answers("/sync")).kill()
    yield


@contextmanager
def etcd_frozen(nodes: Nodes) -> Iterator[None]:
    with stopped([nodes.others[0].process.pid]):
        yield


@contextmanager
def stopped(processes: list[int]) -> Iterator[None]:
    """Processes that run on afterwards."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def primary_of(nodes: Nodes) -> DatabaseNode:
    node = nodes.primary()
    assert node is not None
    return node


def family(process: int) -> list[int]:
    """A process and its descendants."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [process, *(each for child in children for each in family(int(child)))]


@dataclass
class Clustered:
    """The nodes, two servers on them with their proxy, the database's address, and the proxy's port."""

    nodes: Nodes
    running: Sequence[Program]
    dsn: str
    port: int

    def mend(self) -> None:
        """Starts the nodes again that a fault has ended, and waits until two follow the primary."""
        for node in self.nodes.each:
            assert node.patroni is not None
            node.patroni.revive()
        wait_for(self.is_whole, self.nodes.each[0].patroni.log, START_SECONDS)  # type: ignore[union-attr]

    def is_whole(self) -> bool:
        following = [node for node in self.nodes.each if node.answers("/replica")]
        return self.nodes.is_synchronous() and len(following) == len(self.nodes.each) - 1


@pytest_asyncio.fixture(scope="module")
async def clustered() -> AsyncIterator[Clustered]:
    """Yields the cluster that the faults break one after the other: it takes half a minute to start."""
    folder = quick_folder()
    with database_cluster(folder) as nodes:
        await create_missing(nodes.dsn, DATABASE)
        dsn, [port] = at(nodes.dsn, DATABASE), free_ports(1)
        settings = {"COHORTE_DEMO": "0", "COHORTE_WEB": "0", "COHORTE_RATES": "all=1000000/1000000/60"}
        settings["COHORTE_READ_URL"] = nodes.read_url(DATABASE)
        with servers(nodes.home, dsn, port, **settings) as running:
            yield Clustered(nodes, running, dsn, port)
    assert becomes_left(folder)


@pytest.mark.slow
@pytest.mark.skipif(missing() is not None, reason=f"{missing()}")
@pytest.mark.parametrize("fault", [primary_killed, primary_frozen, standby_killed, etcd_frozen])
async def test_a_fault_loses_and_doubles_nothing_and_reads_go_on(
    clustered: Clustered, fault: Callable[[Nodes], AbstractContextManager[None]]
) -> None:
    clustered.mend()
    nodes = clustered.nodes
    async with asyncio.timeout(MOST_SECONDS), connected(nodes, clustered.port) as network:
        people = await gathered(network)
        dataset = await frozen(network, people)
        laboratory = await buyer(network, people.community)
        load = Load(network.ask.http, await wished(network))
        before = {table: await load.known.count(table) for table in COUNTED}
        tasks = [asyncio.create_task(load.write(writer)) for writer in range(WRITERS)]
        tasks.append(asyncio.create_task(load.publish(laboratory, dataset)))
        callers = [ANYBODY if number % 2 else await network.member() for number in range(READERS)]
        readers = [asyncio.create_task(load.read(number, who)) for number, who in enumerate(callers)]
        await becomes(load.is_in_the_middle)
        first, confirming = primary_of(nodes), [node for node in nodes.each if node.answers("/sync")]
        with fault(nodes):
            at_fault = len(load.acknowledged)
            await asyncio.gather(*tasks)
            reads = load.answered
            await becomes(lambda: more_than(load, reads))  # the other pools have a primary again, too
            load.stopped = True
            await asyncio.gather(*readers)
            print(fault.__name__, load.told())  # noqa: T201 - for whoever runs it with -s
            during = load.in_outage()
            assert not any(program.has_ended for program in clustered.running)  # no server had to be started again
            assert at_fault < len(load.known.wishes)
            assert load.longest_pause < MOST_PAUSE_SECONDS
            assert sum(read.well for read in during) > 0.8 * len(during)  # without standbys, none
            if fault in (primary_killed, primary_frozen):
                assert nodes.primary() in confirming
                assert load.refused > 0
                assert {read.reader for read in during if read.stale} == set(range(READERS))
            else:
                assert nodes.primary() is first
            network.database.terminate()
            async with new_connection(network, load, clustered.dsn):
                await expect_whole(network, load, before, dataset)
                await becomes(lambda: is_worked(network))
    clustered.mend()  # what was frozen or killed follows the primary again


@asynccontextmanager
async def new_connection(network: Network, load: Load, dsn: str) -> AsyncIterator[None]:
    """Replaces the connection that was lost with the primary."""
    network.database = load.known.database = await asyncpg.connect(dsn)
    try:
        yield
    finally:
        await network.database.close()


async def expect_whole(network: Network, load: Load, before: dict[str, int], dataset: str) -> None:
    """Checks that everything that was acknowledged is there once."""
    await expect_kept(load.known, load.acknowledged)
    assert {table: await load.known.count(table) - was for table, was in before.items()} == {
        "care.post": WRITERS * POSTS,
        TOLD: WRITERS * POSTS,  # each notified the discussion's author
        "care.observation": WRITERS * DAYS * 3,
    }
    assert await load.known.count(MISCOUNTED) == 0
    assert len(set(load.published)) == len(QUESTIONS)
    bought = "SELECT count(*) FROM insight.release WHERE licence_id IS NOT NULL AND dataset_id = $1"
    assert await network.value(bought, key(dataset)) == len(QUESTIONS)
    await expect_sound(network, dataset)  # with the chain


async def more_than(load: Load, reads: int) -> bool:
    return load.answered > reads + 10


async def is_worked(network: Network) -> bool:
    """Whether due work has its locks on the new primary."""
    held = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
    of = " AND application_name IN ('cohorte due', 'cohorte closing')"
    return bool(await network.value(held + of) == 2)
