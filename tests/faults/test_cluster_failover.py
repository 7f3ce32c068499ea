"""Takes parts of a Patroni cluster away under load: nothing acknowledged is lost or doubled, and reads go on.

The tests share a cluster, each with a load of its own, and put back what they have taken away. With `-s`, they print
what was counted.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from commands.databases import at, create_missing
from commands.nodes.network import servers
from commands.nodes.processes import Program, free_ports
from commands.nodes.replicated import LEASE_SECONDS, Nodes, database_cluster, missing
from commands.opened import DATABASE
from tests import factories
from tests.faults.test_kill import DAY, POST_ADD, RECORD, KillNetwork, Wish, ask, becomes, expect_kept
from tests.faults.test_kill_publishing import frozen, input_of, unserved_network
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.clusters import becomes_left, quick_folder
from tests.support.network import Network
from tests.support.population import PUBLISH, buyer
from tests.support.publishable import expect_sound, gathered

pytestmark = [pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=f"{missing()}")]

WRITERS, POSTS, DAYS = 10, 24, 8  # of each writer
ENOUGH = 80  # acknowledged writes before something is taken away
PAUSE_SECONDS = 0.25  # between two writes of a writer
MOST_SECONDS = 240.0  # for a test, with some 25 in which there is no primary
MOST_PAUSE_SECONDS = 60.0  # between two acknowledged writes: `ttl` in commands/nodes is 20, and the machine is busy
REJOINING_SECONDS = 90.0  # for all three nodes to be there again
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
    pause_seconds: float = PAUSE_SECONDS
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
            await asyncio.sleep(self.pause_seconds)

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


@dataclass(frozen=True)
class Cluster:
    """The nodes, the servers on them with the proxy before them, and the address of the network's database."""

    nodes: Nodes
    running: Sequence[Program]
    port: int
    dsn: str


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Yields a cluster that the tests share."""
    folder = quick_folder()
    with database_cluster(folder) as nodes:
        asyncio.run(create_missing(nodes.dsn, DATABASE))
        dsn, [port] = at(nodes.dsn, DATABASE), free_ports(1)
        settings = {"COHORTE_DEMO": "0", "COHORTE_WEB": "0", "COHORTE_RATES": "all=1000000/1000000/60"}
        settings["COHORTE_READ_URL"] = nodes.read_url(DATABASE)
        with servers(nodes.home, dsn, port, **settings) as running:
            yield Cluster(nodes, running, port, dsn)
    assert becomes_left(folder)


@dataclass
class Trial:
    """A network under load on a cluster, of which a test takes something away."""

    cluster: Cluster
    network: Network
    load: Load
    dataset: str
    before: dict[str, int]
    writing: list["asyncio.Task[None]"]
    reading: list["asyncio.Task[None]"]

    async def end(self) -> None:
        """Waits until everything that was wished for is acknowledged, and what was read is read again."""
        await asyncio.gather(*self.writing)
        reads = self.load.answered
        await becomes(lambda: more_than(self.load, reads))  # the other pools have a primary again, too
        self.load.stopped = True
        await asyncio.gather(*self.reading)
        print(self.load.told())  # noqa: T201 - for whoever runs it with -s

    async def expect_whole(self) -> None:
        """Checks that everything is there once, that the chain verifies, and that no server had to be started again."""
        assert not any(program.has_ended for program in self.cluster.running)
        self.network.database.terminate()
        async with new_connection(self.network, self.load, self.cluster.dsn):
            await expect_whole(self.network, self.load, self.before, self.dataset)
            await becomes(lambda: is_worked(self.network))


@asynccontextmanager
async def under_load(cluster: Cluster, pause_seconds: float = PAUSE_SECONDS) -> AsyncIterator[Trial]:
    """A network whose members write and read, and whose laboratory publishes, once some of it is acknowledged.

    All nodes are there at the begin, and again at the end.
    """
    await becomes_whole(cluster.nodes)
    async with asyncio.timeout(MOST_SECONDS), connected(cluster.nodes, cluster.port) as network:
        people = await gathered(network)
        dataset = await frozen(network, people)
        laboratory = await buyer(network, people.community)
        load = Load(network.ask.http, await wished(network), pause_seconds)
        before = {table: await load.known.count(table) for table in COUNTED}
        writing = [asyncio.create_task(load.write(writer)) for writer in range(WRITERS)]
        writing.append(asyncio.create_task(load.publish(laboratory, dataset)))
        callers = [ANYBODY if number % 2 else await network.member() for number in range(READERS)]
        reading = [asyncio.create_task(load.read(number, who)) for number, who in enumerate(callers)]
        try:
            await becomes(load.is_in_the_middle)
            yield Trial(cluster, network, load, dataset, before, writing, reading)
        finally:
            for node in cluster.nodes.each:
                node.thaw()
            for task in (*writing, *reading):
                task.cancel()
            await asyncio.gather(*writing, *reading, return_exceptions=True)
    await becomes_whole(cluster.nodes)


async def becomes_whole(nodes: Nodes) -> None:
    """Puts back what a test has taken away, and waits for a primary and two standbys, one of which confirms commits."""
    nodes.etcd.revive()
    for node in nodes.each:
        node.thaw()
        assert node.patroni is not None
        node.patroni.revive()
    async with asyncio.timeout(REJOINING_SECONDS):
        while not await asyncio.to_thread(is_whole, nodes):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.2)


def is_whole(nodes: Nodes) -> bool:
    return nodes.is_synchronous() and sum(node.answers("/replica") for node in nodes.each) == len(nodes.each) - 1


async def test_without_etcd_the_primary_stays_one_and_writes_go_on(cluster: Cluster) -> None:
    async with under_load(cluster, pause_seconds=1.25) as trial:
        primary = cluster.nodes.primary()
        cluster.nodes.etcd.process.kill()
        at_kill = len(trial.load.acknowledged)
        await asyncio.sleep(LEASE_SECONDS + 5)  # the lease that nobody can renew is over
        assert cluster.nodes.etcd.has_ended
        assert cluster.nodes.primary() is primary
        assert len(trial.load.acknowledged) > at_kill + WRITERS
        assert trial.load.longest_pause < LEASE_SECONDS
        cluster.nodes.etcd.revive()
        await trial.end()
        assert cluster.nodes.primary() is primary
        await trial.expect_whole()


async def test_while_no_standby_is_left_nothing_is_acknowledged_and_reads_go_on(cluster: Cluster) -> None:
    async with under_load(cluster) as trial:
        nodes, load = cluster.nodes, trial.load
        primary = nodes.primary()
        assert primary is not None
        others = [node for node in nodes.each if node is not primary]
        [confirming] = [node for node in others if node.answers("/sync")]
        [last] = [node for node in others if node is not confirming]
        last.freeze()
        confirming.kill()
        await asyncio.sleep(2)  # for answers to what was confirmed before
        acknowledged, published = dict(load.acknowledged), list(load.published)
        refused = load.refused
        # Every writer is refused, and sends it again with its key: what waits for a standby is not confirmed by that.
        await becomes(lambda: was_refused(load, refused + 2 * WRITERS))
        assert (load.acknowledged, load.published) == (acknowledged, published)
        last.thaw()
        await trial.end()
        assert nodes.primary() is primary
        assert load.longest_pause < MOST_PAUSE_SECONDS
        during = load.in_outage()
        assert sum(read.well for read in during) > 0.8 * len(during)
        await trial.expect_whole()


@pytest.mark.parametrize("is_frozen", [True, False], ids=["frozen", "killed"])
async def test_a_lost_primary_loses_and_doubles_nothing_and_reads_go_on(cluster: Cluster, *, is_frozen: bool) -> None:
    """Its processes end, and connections with them; or it falls silent, and confirms nothing when it is back."""
    async with under_load(cluster) as trial:
        nodes, load = cluster.nodes, trial.load
        lost, confirming = nodes.primary(), [node for node in nodes.each if node.answers("/sync")]
        assert lost is not None
        if is_frozen:
            lost.freeze()
        else:
            lost.kill()
        at_loss = len(load.acknowledged)
        await trial.end()
        assert nodes.primary() in confirming
        assert at_loss < len(load.known.wishes)
        assert load.refused > 0
        assert load.longest_pause < MOST_PAUSE_SECONDS
        during = load.in_outage()
        assert sum(read.well for read in during) > 0.8 * len(during)  # without standbys, none
        assert {read.reader for read in during if read.stale} == set(range(READERS))
        await trial.expect_whole()
        await becomes_whole(nodes)  # the former primary follows
        assert nodes.primary() in confirming
        await trial.expect_whole()


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
    bought = "SELECT count(*) FROM insight.release WHERE licence_id IS NOT NULL"
    assert await network.value(bought) == len(QUESTIONS)
    await expect_sound(network, dataset)  # with the chain


async def more_than(load: Load, reads: int) -> bool:
    return load.answered > reads + 10


async def was_refused(load: Load, times: int) -> bool:
    return load.refused >= times


async def is_worked(network: Network) -> bool:
    """Whether due work has its locks on the new primary."""
    held = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
    of = " AND application_name IN ('cohorte due', 'cohorte closing')"
    return bool(await network.value(held + of) == 2)
