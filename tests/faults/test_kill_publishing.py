"""The only place that kills the server while it publishes, and ends it while much is asked: all is kept, or nothing."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app import Cohorte
from models.identity.accounts import StaffRole
from resolvers.insight import ledger
from resolvers.insight.freezing import close_survey
from resolvers.insight.ledger import EMPTY, Head
from resolvers.jobs import PUBLISHING
from server.rollback_guard import LedgerHeadFile
from tests.commands.test_serve import served
from tests.faults.test_kill import becomes, client
from tests.server.test_edge import WHO
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.population import PUBLISH, Crowd, buyer
from tests.support.publishable import PRICES, expect_sound, free, gathered, key, paid, publishes, releases, spent
from tests.support.surveys import status_of, today
from tests.support.town import Town

READERS = 3  # of four who could have a connection
QUESTIONS = [("q", "sex"), ("q", "kind"), ("r", "sex"), ("r", "kind")]  # of which two have one
LEAVING_SECONDS = 20
CLOSE = "mutation ($input: SurveyCloseInput!) { surveyClose(input: $input) { survey { id } userErrors { code } } }"
READS = "{ treatments(first: 5) { nodes { id name } } }"
LEDGER = "hashtext('cohorte.ledger')"


@asynccontextmanager
async def network(dsn: str) -> AsyncIterator[Town]:
    """The database as the superuser sees it, and what is told of it; nobody serves it yet."""
    async with httpx.AsyncClient() as nowhere:
        database = await asyncpg.connect(dsn)
        built = Town(Ask(Cohorte(), nowhere), database)
        await database.add_listener("cohorte_event", lambda *heard: built.told.append({"event": str(heard[3])}))
        try:
            yield built
        finally:
            await database.close()


@asynccontextmanager
async def life(here: Town, dsn: str, folder: Path) -> AsyncIterator["subprocess.Popen[str]"]:
    """One life of the server: whoever asks `here` asks it."""
    with served(folder, COHORTE_DATABASE_URL=dsn, COHORTE_POOL_SIZE="4") as (process, lines):
        async with client(lines) as http:
            here.ask = Ask(here.ask.app, http)
            yield process


async def frozen(here: Town, crowd: Crowd) -> str:
    """The dataset of a crowd's survey, which is closed without a server."""
    async with here.database.transaction():
        made = await close_survey(here.database, crowd.survey)
    assert made is not None
    assert made.open
    return f"dst_{made.dataset}"


def input_of(dataset: str, *names: str, **more: str) -> dict[str, Any]:
    return {"input": {"dataset": dataset, "variable": names[0], "by": names[1:], "precision": "WITHIN_20"} | more}


def publishing(here: Town, who: Caller, dataset: str, *names: str, **more: str) -> "asyncio.Task[dict[str, Any]]":
    return asyncio.create_task(here.ask(who, PUBLISH, input_of(dataset, *names, **more)))


def closing_of(here: Town, who: Caller, survey: UUID) -> "asyncio.Task[dict[str, Any]]":
    return asyncio.create_task(here.ask(who, CLOSE, {"input": {"survey": f"svy_{survey}"}}))


@asynccontextmanager
async def held_register(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody can write into the register meanwhile, which is what a publisher does last."""
    holder = await asyncpg.connect(dsn)
    try:
        async with holder.transaction():
            await holder.execute(f"SELECT pg_advisory_xact_lock({LEDGER})")
            yield holder
    finally:
        await holder.close()


async def are_there(database: asyncpg.Connection, many: int) -> bool:
    """Whether so many publishers have debited, counted and said everything, and wait for the register."""
    waiting = f"""
        SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objid::bigint = {LEDGER}::bigint & 4294967295
            AND a.usename = 'cohorte_publisher' AND a.datname = current_database()
            AND EXISTS (SELECT FROM pg_locks w WHERE w.pid = l.pid AND w.relation = 'insight.release'::regclass
                AND w.mode = 'RowExclusiveLock' AND w.granted)
    """
    return bool(await database.fetchval(waiting) == many)


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """No head can be kept meanwhile, which is what the server does between a commit and its answer."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


async def killed(process: "subprocess.Popen[str]", *asked: "asyncio.Task[Any]") -> None:
    """Kills it; nobody who `asked` is told anything."""
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
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


async def everything(here: Town) -> dict[str, str]:
    """A digest of each table's rows: of what publishing and freezing write, and of what they cut."""
    digest = "SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {} t"
    return {table: str(await here.value(digest.format(table))) for table in TABLES}


async def linked(here: Town, survey: UUID) -> int:
    return int(
        await here.value("SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1", survey)
    )


@pytest.mark.slow
async def test_killed_whenever_it_has_said_and_spent_all_or_nothing_and_ended_it_answers_who_had_begun(
    fresh: str, tmp_path: Path
) -> None:
    async with network(fresh) as here:
        people, closing, overdue = [await gathered(here) for _ in range(3)]
        dataset = await frozen(here, people)
        laboratory, other = [await buyer(here, people.community) for _ in range(2)]
        boss = await here.staff(StaffRole.SURVEY_MANAGER)
        for task in PUBLISHING:
            await task(here.database)  # else the server would begin with what is due
        kept = LedgerHeadFile(tmp_path, fresh)

        async with life(here, fresh, tmp_path) as process:
            before, _ = await everything(here), await here.events()
            async with held_register(fresh):
                asked = publishing(here, laboratory, dataset, "q", "r")
                close = closing_of(here, boss, closing.survey)
                await becomes(lambda: are_there(here.database, 2))
                await killed(process, asked, close)
                assert await everything(here) == before
        # Its backends, which the register lets in after its death, go without a commit.
        await becomes(lambda: nobody_publishes(here.database))
        assert await everything(here) == before
        assert await here.events() == []
        assert (await status_of(here, f"svy_{closing.survey}"), await linked(here, closing.survey)) == ("OPEN", 240)
        assert kept.read() == await ledger.head(here.database) != EMPTY
        await expect_sound(here, dataset)

        over = today() - timedelta(days=2)
        await here.database.execute("UPDATE catalog.survey SET closes_on = $2 WHERE id = $1", overdue.survey, over)
        async with life(here, fresh, tmp_path) as process:
            assert (await closing_of(here, boss, closing.survey))["data"]["surveyClose"]["userErrors"] == []
            for crowd in (closing, overdue):  # of which the one is done by what is due
                await expect_closed(here, crowd)
            assert paid(await publishes(here, laboratory, dataset, "q", "r"))[1] == PRICES[20]
            assert len(await releases(here, dataset, "q", "r")) == 1
            await becomes(lambda: is_at(here, kept.read()))
            behind, sold = kept.read(), (await spent(here, dataset))[1]
            with held_folder(tmp_path):
                asked = publishing(here, laboratory, dataset, "q", "twin", clientMutationId="once")
                await becomes(lambda: is_at(here, behind, 1))
                await killed(process, asked)
        assert kept.read() == behind
        assert (await spent(here, dataset))[1] == sold + PRICES[20]
        [said] = await releases(here, dataset, "q", "twin")
        after = await everything(here)

        async with life(here, fresh, tmp_path) as process:
            assert kept.read() == await ledger.head(here.database) != behind
            again = await publishing(here, laboratory, dataset, "q", "twin", clientMutationId="once")
            insight, charged = paid(again["data"]["insightPublish"])
            assert charged == PRICES[20]  # the answer that it did not hear
            assert free(await publishes(here, laboratory, dataset, "q", "twin")) == insight
            assert free(await publishes(here, other, dataset, "q", "twin")) == insight
            assert await here.value("SELECT release_id FROM insight.insight WHERE id = $1", key(insight)) == said["id"]
            assert await everything(here) == after
            await ends_well(here, process, fresh, [laboratory, other], dataset)
        await expect_sound(here, dataset)
        assert kept.read() == await ledger.head(here.database)


async def is_at(here: Town, head: Head, further: int = 0) -> bool:
    return (await ledger.head(here.database)).position == head.position + further


async def expect_closed(here: Town, crowd: Crowd) -> None:
    """Its survey becomes a dataset of all who have answered, of whom nobody is linked to the answers any more."""

    async def is_released() -> bool:
        return await status_of(here, f"svy_{crowd.survey}") == "RELEASED"

    await becomes(is_released)
    made = await here.row("SELECT id, status FROM insight.dataset WHERE survey_id = $1", crowd.survey)
    records = await here.value("SELECT count(*) FROM research.record WHERE dataset_id = $1", made["id"])
    assert (made["status"], records, await linked(here, crowd.survey)) == ("OPEN", 240, 0)
    await expect_sound(here, f"dst_{made['id']}")


async def ends_well(here: Town, process: "subprocess.Popen[str]", dsn: str, buyers: list[Caller], dataset: str) -> None:
    """Ended while many ask, it answers all who had begun, lets nobody else in, and is soon gone without complaint."""
    http, before = here.ask.http, (await ledger.head(here.database)).position
    async with held_register(dsn) as holder:
        await holder.execute("LOCK TABLE catalog.treatment IN ACCESS EXCLUSIVE MODE")
        asked = [
            begun(http, buyers[number % 2], PUBLISH, input_of(dataset, *question))
            for number, question in enumerate(QUESTIONS)
        ] + [begun(http, ANYBODY, READS, {}) for _ in range(READERS)]
        await asyncio.gather(*(sent.wait() for _, sent in asked))
        # One is at the register, and the next waits for it, for they ask the same dataset.
        await becomes(lambda: are_there(here.database, 1))
        assert (await here.ask(ANYBODY, WHO)).keys() == {"data"}  # what was sent before this has been read
        process.send_signal(signal.SIGTERM)
        await becomes(lambda: lets_nobody_in(http))
        assert process.poll() is None
    answers = [await answer for answer, _ in asked]
    assert [(answer.status_code, "errors" in answer.json()) for answer in answers] == [(200, False)] * len(asked)
    said = [answer.json()["data"]["insightPublish"] for answer in answers[: len(QUESTIONS)]]
    assert [paid(one)[1] for one in said] == [PRICES[20]] * len(QUESTIONS)
    assert process.wait(LEAVING_SECONDS) == 0
    assert (await ledger.head(here.database)).position == before + len(QUESTIONS)


def begun(
    http: httpx.AsyncClient, who: Caller, query: str, variables: dict[str, Any]
) -> tuple["asyncio.Task[httpx.Response]", asyncio.Event]:
    """A request, and the event that the whole of it was sent."""
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


async def test_what_takes_longer_than_the_servers_end_is_told_so_and_undone(here: Town) -> None:
    crowd, boss = await gathered(here), await here.staff(StaffRole.SURVEY_MANAGER)
    assert here.ask.app.endpoint is not None
    dsn = here.ask.app.endpoint.settings.database_url
    assert dsn is not None
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told: list[dict[str, Any]] = []

    async def tell(message: MutableMapping[str, Any]) -> None:
        told.append(dict(message))

    body = json.dumps({"query": CLOSE, "variables": {"input": {"survey": f"svy_{crowd.survey}"}}}).encode()
    asked.put_nowait({"type": "http.request", "body": body, "more_body": False})
    headers = {"content-type": "application/json"} | boss.headers
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    before = await everything(here)
    async with held_register(dsn):
        running = asyncio.ensure_future(here.ask.app(scope, asked.get, tell))
        await becomes(lambda: are_there(here.database, 1))
        running.cancel()  # as uvicorn does when its patience ends
        await running
    assert (told[0]["status"], (b"retry-after", b"2") in told[0]["headers"]) == (503, True)
    [error] = json.loads(told[1]["body"])["errors"]
    assert error["message"] == "The server is shutting down. Please try again."
    assert await everything(here) == before
