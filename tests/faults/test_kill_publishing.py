"""Kills or stops the server while it publishes: each publication is complete or absent."""

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app import Cohorte
from resolvers.insight import ledger
from resolvers.insight.freezing import freeze_survey
from resolvers.insight.ledger import Head
from resolvers.jobs import PUBLISHING
from server.rollbacks.head_places import FolderPlace
from server.rollbacks.stored_heads import StoredHead, parse
from tests.commands.test_serve import served
from tests.faults.test_kill import client
from tests.server.test_edge import WHO
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.eventually import becomes
from tests.support.heads import store_head
from tests.support.ids import key
from tests.support.network import Network
from tests.support.object_store import object_store
from tests.support.population import PUBLISH, Crowd, buyer
from tests.support.publishable import GATHERED, PRICES, expect_sound, free, gathered, paid, publishes, releases, spent
from tests.support.surveys import status_of, today

READERS = 3  # of four possible connections
QUESTIONS = [("q", "sex"), ("q", "kind"), ("r", "sex"), ("r", "kind")]  # of which two have one
LAST = QUESTIONS[:3]  # counting takes a quarter of a second each, of the three in which open requests may end
LEAVING_SECONDS = 60
READS = "{ treatments(first: 5) { nodes { id name } } }"
LEDGER = "hashtext('cohorte.ledger')"


@asynccontextmanager
async def unserved_network(dsn: str) -> AsyncIterator[Network]:
    """A network without a server: the superuser's connection to the database, and its events."""
    async with httpx.AsyncClient() as nowhere:
        database = await asyncpg.connect(dsn)
        built = Network(Ask(Cohorte(), nowhere), database)
        await database.add_listener("cohorte_event", lambda *event: built.published.append({"event": str(event[3])}))
        try:
            yield built
        finally:
            await database.close()


@asynccontextmanager
async def life(
    network: Network, dsn: str, folder: Path, heads: str = "", **more: str
) -> AsyncIterator["subprocess.Popen[str]"]:
    """Runs the server as a process until it ends; `network.ask` sends to it."""
    settings = {"COHORTE_DATABASE_URL": dsn, "COHORTE_POOL_SIZE": "4", "COHORTE_RATES": "all=1000000/1000000/60"}
    settings |= {"COHORTE_LEDGER_HEADS": heads} | more
    with served(folder, **settings) as (process, lines):
        async with client(lines) as http:
            network.ask = Ask(network.ask.app, http)
            yield process


async def frozen(network: Network, crowd: Crowd) -> str:
    """The id of a dataset, from a crowd's survey that is closed without a server."""
    async with network.database.transaction():
        made = await freeze_survey(network.database, crowd.survey)
    assert made is not None
    assert made.open
    return f"dst_{made.dataset}"


def input_of(dataset: str, *names: str, **more: str) -> dict[str, Any]:
    return {"input": {"dataset": dataset, "variable": names[0], "by": names[1:], "precision": "WITHIN_20"} | more}


def publishing(network: Network, who: Caller, dataset: str, *names: str, **more: str) -> "asyncio.Task[dict[str, Any]]":
    return asyncio.create_task(network.ask(who, PUBLISH, input_of(dataset, *names, **more)))


@asynccontextmanager
async def held_register(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Locks the ledger, which a publisher writes last, so that no publication can commit."""
    holder = await asyncpg.connect(dsn)
    try:
        async with holder.transaction():
            await holder.execute(f"SELECT pg_advisory_xact_lock({LEDGER})")
            yield holder
    finally:
        await holder.close()


async def are_there(database: asyncpg.Connection, many: int) -> bool:
    """Whether this many publishers have debited, counted and written everything, and wait for the ledger."""
    waiting = f"""
        SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objid::bigint = {LEDGER}::bigint & 4294967295
            AND a.usename = 'cohorte_publisher' AND a.datname = current_database()
            AND EXISTS (SELECT FROM pg_locks w WHERE w.pid = l.pid AND w.relation = 'insight.release'::regclass
                AND w.mode = 'RowExclusiveLock' AND w.granted)
    """
    return bool(await database.fetchval(waiting) == many)


async def killed(process: "subprocess.Popen[str]", *asked: "asyncio.Task[Any]") -> None:
    """Kills the server; none of the requests in `asked` gets a response."""
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(answer, httpx.TransportError) for answer in answers] == [True] * len(asked)


async def nobody_publishes(database: asyncpg.Connection) -> bool:
    there = "SELECT FROM pg_stat_activity WHERE usename = 'cohorte_publisher' AND datname = current_database()"
    return not await database.fetchval(f"SELECT EXISTS ({there})")


TABLES = (
    "insight.dataset", "insight.variable", "insight.category", "insight.release", "insight.insight", "insight.cell",
    "insight.statistic", "insight.ledger_entry", "research.enrolment", "research.record", "research.answer_sheet",
    "research.answer", "research.participation", "care.notification", "identity.mutation", "catalog.survey",
)  # fmt: skip


# Of which the last transaction of a freezing writes these, and the pieces before it none.
PUBLISHED = (
    "insight.release", "insight.insight", "insight.cell", "insight.statistic", "insight.ledger_entry",
    "identity.mutation", "catalog.survey",
)  # fmt: skip


async def published(network: Network) -> dict[str, str]:
    """A digest of each table's rows that a publication writes."""
    digests = await everything(network)
    return {table: digests[table] for table in PUBLISHED}


async def everything(network: Network) -> dict[str, str]:
    """A digest of each table's rows that publishing and freezing write or unlink."""
    digest = "SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {} t"
    return {table: str(await network.value(digest.format(table))) for table in TABLES}


async def linked(network: Network, survey: UUID) -> int:
    return int(
        await network.value("SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1", survey)
    )


@pytest.mark.slow
async def test_killing_a_publishing_server_leaves_all_or_nothing_and_stopping_it_answers_open_requests(
    fresh: str, tmp_path: Path
) -> None:
    async with unserved_network(fresh) as network:
        people, closing, overdue = [await gathered(network) for _ in range(3)]
        dataset = await frozen(network, people)
        laboratory, other = [await buyer(network, people.community) for _ in range(2)]
        for task in PUBLISHING:
            await task(network.database)  # else the server would begin with other scheduled work
        await network.deliver()  # and with notifications
        await store_head(fresh, tmp_path)
        await network.database.execute("SELECT catalog.close_survey($1)", closing.survey)

        async with held_register(fresh), life(network, fresh, tmp_path) as process:
            before, _ = await published(network), await network.events()
            asked = publishing(network, laboratory, dataset, "q", "r")
            await becomes(lambda: are_there(network.database, 2))  # one of them freezes
            await killed(process, asked)
            assert await published(network) == before
        # Its backends, which get the ledger's lock after it was killed, end without a commit.
        await becomes(lambda: nobody_publishes(network.database))
        assert await published(network) == before
        assert await network.events() == []
        # Its members were frozen before, piece after piece, and nothing of that is lost.
        made = await network.row("SELECT id, status FROM insight.dataset WHERE survey_id = $1", closing.survey)
        records = await network.value("SELECT count(*) FROM research.record WHERE dataset_id = $1", made["id"])
        assert (made["status"], records, await linked(network, closing.survey)) == ("FREEZING", GATHERED, 0)
        assert await status_of(network, f"svy_{closing.survey}") == "CLOSED"
        assert await kept(network, tmp_path) == StoredHead(await ledger.head(network.database))
        await expect_sound(network, dataset)

        over = today() - timedelta(days=2)
        await network.database.execute("UPDATE catalog.survey SET closes_on = $2 WHERE id = $1", overdue.survey, over)
        async with life(network, fresh, tmp_path) as process:
            for crowd in (closing, overdue):
                await expect_closed(network, crowd)
            assert paid(await publishes(network, laboratory, dataset, "q", "r"))[1] == PRICES[20]
            assert len(await releases(network, dataset, "q", "r")) == 1
        with object_store() as store:
            async with life(network, fresh, tmp_path, store.address) as process:
                await becomes(lambda: is_settled(network, tmp_path))
                behind, sold = (await kept(network, tmp_path)).head, (await spent(network, dataset))[1]
                store.hangs_after = lambda text: parse(text).next is not None  # between the commit and the response
                asked = publishing(network, laboratory, dataset, "q", "twin", clientMutationId="once")
                await becomes(lambda: is_at(network, behind, 1))
                await killed(process, asked)
        left = await kept(network, tmp_path)
        assert (left.head, left.next and left.next.head) == (behind, await ledger.head(network.database))
        assert (await spent(network, dataset))[1] == sold + PRICES[20]
        [result] = await releases(network, dataset, "q", "twin")
        await network.deliver()  # what the killed server has published, and has not notified anybody of
        after = await everything(network)

        async with life(network, fresh, tmp_path) as process:
            assert await kept(network, tmp_path) == StoredHead(await ledger.head(network.database))
            again = await publishing(network, laboratory, dataset, "q", "twin", clientMutationId="once")
            insight, charged = paid(again["data"]["insightPublish"])
            assert charged == PRICES[20]  # the response that was lost
            assert free(await publishes(network, laboratory, dataset, "q", "twin")) == insight
            assert free(await publishes(network, other, dataset, "q", "twin")) == insight
            assert (
                await network.value("SELECT release_id FROM insight.insight WHERE id = $1", key(insight))
                == result["id"]
            )
            assert await everything(network) == after
            await ends_well(network, process, fresh, [laboratory, other], dataset)
        await expect_sound(network, dataset)
        assert await kept(network, tmp_path) == StoredHead(await ledger.head(network.database))


async def kept(network: Network, folder: Path) -> StoredHead:
    found = await FolderPlace(folder).read(await ledger.identity(network.database))
    assert found is not None
    return found


async def is_settled(network: Network, folder: Path) -> bool:
    return await kept(network, folder) == StoredHead(await ledger.head(network.database))


async def is_at(network: Network, head: Head, further: int = 0) -> bool:
    return (await ledger.head(network.database)).position == head.position + further


async def expect_closed(network: Network, crowd: Crowd) -> None:
    """Checks that a survey became a dataset of all respondents, whose answers are unlinked from them."""

    async def is_released() -> bool:
        return await status_of(network, f"svy_{crowd.survey}") == "RELEASED"

    await becomes(is_released)
    made = await network.row("SELECT id, status FROM insight.dataset WHERE survey_id = $1", crowd.survey)
    records = await network.value("SELECT count(*) FROM research.record WHERE dataset_id = $1", made["id"])
    assert (made["status"], records, await linked(network, crowd.survey)) == ("OPEN", GATHERED, 0)
    await expect_sound(network, f"dst_{made['id']}")


async def ends_well(
    network: Network, process: "subprocess.Popen[str]", dsn: str, buyers: list[Caller], dataset: str
) -> None:
    """Checks that a server stopped under load answers open requests, accepts no new ones, and exits soon."""
    http, before = network.ask.http, (await ledger.head(network.database)).position
    async with held_register(dsn) as holder:
        asked = [
            begun(http, buyers[number % 2], PUBLISH, input_of(dataset, *question))
            for number, question in enumerate(LAST)
        ]
        # One holds the ledger's lock and the next waits for it: they publish from the same dataset.
        await becomes(lambda: are_there(network.database, 1))
        # After that, because a read waits for a lock for less than a publication counts on a busy machine.
        await holder.execute("LOCK TABLE catalog.treatment IN ACCESS EXCLUSIVE MODE")
        asked += [begun(http, ANYBODY, READS, {}) for _ in range(READERS)]
        await asyncio.gather(*(sent.wait() for _, sent in asked))
        # What was sent before this has been read. Not by ANYBODY, whose share of the connections the readers hold.
        assert (await network.ask(buyers[0], WHO)).keys() == {"data"}
        process.send_signal(signal.SIGTERM)
        await becomes(lambda: lets_nobody_in(http))
        assert process.poll() is None
    answers = [await answer for answer, _ in asked]
    assert [(answer.status_code, "errors" in answer.json()) for answer in answers] == [(200, False)] * len(asked)
    result = [answer.json()["data"]["insightPublish"] for answer in answers[: len(LAST)]]
    assert [paid(one)[1] for one in result] == [PRICES[20]] * len(LAST)
    assert process.wait(LEAVING_SECONDS) == 0
    assert (await ledger.head(network.database)).position == before + len(LAST)


def begun(
    http: httpx.AsyncClient, who: Caller, query: str, variables: dict[str, Any]
) -> tuple["asyncio.Task[httpx.Response]", asyncio.Event]:
    """A started request, and an event that is set once it was sent completely."""
    sent = asyncio.Event()

    async def trace(name: str, _: object) -> None:
        if name == "http11.send_request_body.complete":
            sent.set()

    asked = {"query": query, "variables": variables}
    request = http.post("/graphql", json=asked, headers=who.headers, extensions={"trace": trace})
    return asyncio.create_task(request), sent


async def lets_nobody_in(http: httpx.AsyncClient) -> bool:
    try:
        _, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    except OSError:
        return True
    writer.close()
    return False


async def test_a_request_that_outlasts_the_shutdown_is_refused_and_rolled_back(network: Network) -> None:
    crowd = await gathered(network)
    dataset, laboratory = await frozen(network, crowd), await buyer(network, crowd.community)
    await network.deliver()
    assert network.ask.app.endpoint is not None
    dsn = network.ask.app.endpoint.settings.database_url
    assert dsn is not None
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    messages: list[dict[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(dict(message))

    body = json.dumps({"query": PUBLISH, "variables": input_of(dataset, "q", "r")}).encode()
    asked.put_nowait({"type": "http.request", "body": body, "more_body": False})
    headers = {"content-type": "application/json"} | laboratory.headers
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    before = await everything(network)
    async with held_register(dsn):
        running = asyncio.ensure_future(network.ask.app(scope, asked.get, send))
        await becomes(lambda: are_there(network.database, 1))
        running.cancel()  # as uvicorn does at the end of its graceful shutdown
        await running
    assert (messages[0]["status"], (b"retry-after", b"2") in messages[0]["headers"]) == (503, True)
    [error] = json.loads(messages[1]["body"])["errors"]
    assert error["message"] == "The server is shutting down. Please try again."
    assert await everything(network) == before
