"""Kills the server during writes while every client retries: nothing acknowledged is lost, nothing is doubled."""

import asyncio
import hashlib
import secrets
import signal
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from models.identity.members import Sharing
from tests import factories
from tests.commands.test_serve import served
from tests.support.client import Caller
from tests.support.eventually import becomes

WRITERS, STUCK = 10, 4  # members, and posts being written when the server is killed, however fast it is
POSTS = OBSERVATIONS = 50
ENOUGH = 30  # acknowledged writes
DAY = date(2026, 3, 2)

POST_ADD = "mutation ($input: PostAddInput!) { made: postAdd(input: $input) { post { id } userErrors { code } } }"
RECORD = """
    mutation ($input: ObservationsRecordInput!) {
        made: observationsRecord(input: $input) { observations { id value } userErrors { code } }
    }
"""


@dataclass(frozen=True)
class Wish:
    """A write that a caller wants once, however often they send it."""

    who: Caller
    mutation: str
    input: dict[str, Any]


@dataclass
class KillNetwork:
    """Signed-in members, and the rows that they write about."""

    database: asyncpg.Connection
    stuck: UUID = field(default_factory=lambda: UUID(int=0))  # the discussion whose row is locked, so that writes wait
    wishes: list[Wish] = field(default_factory=list)

    async def member(self, community: UUID) -> tuple[Caller, UUID]:
        member = await factories.member(self.database, sharing=Sharing.ONLY_ME)
        await factories.membership(self.database, member_id=member["id"], community_id=community)
        account = await factories.account(
            self.database, member_id=member["id"], created_at=factories.NOON - timedelta(300)
        )
        token = secrets.token_urlsafe()
        digest = hashlib.sha256(token.encode()).digest()
        await factories.session(self.database, account_id=account["id"], token_hash=digest)
        return Caller(member["pseudonym"], token), member["id"]

    async def make(self) -> None:
        community = (await factories.community(self.database))["id"]
        _, author = await self.member(community)
        about = {"community_id": community, "author_id": author}
        discussions = [(await factories.discussion(self.database, **about))["id"] for _ in range(2)]
        self.stuck = (await factories.discussion(self.database, **about))["id"]
        indicators = [f"ind_{(await factories.indicator(self.database))['id']}" for _ in range(3)]
        writers = [(await self.member(community))[0] for _ in range(WRITERS)]
        waiting = [(await self.member(community))[0] for _ in range(STUCK)]
        for number in range(POSTS):
            id = {"clientMutationId": f"post {number}", "body": f"Post {number}"}
            if number < STUCK:
                self.wishes.append(Wish(waiting[number], POST_ADD, id | {"discussion": f"dis_{self.stuck}"}))
            else:
                where = f"dis_{discussions[number % 2]}"
                self.wishes.append(Wish(writers[number % WRITERS], POST_ADD, id | {"discussion": where}))
        for number in range(OBSERVATIONS):
            day = (DAY + timedelta(days=number // WRITERS)).isoformat()
            entries = [{"indicator": indicator, "value": place} for place, indicator in enumerate(indicators)]
            wanted = {"clientMutationId": f"day {day}", "observedOn": day, "entries": entries}
            self.wishes.append(Wish(writers[number % WRITERS], RECORD, wanted))

    async def count(self, query: str) -> int:
        found: int = await self.database.fetchval(f"SELECT count(*) FROM {query}")
        return found

    async def is_waited_for(self) -> bool:
        """Whether a statement waits for a lock."""
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(await self.database.fetchval(f"SELECT EXISTS ({waiting})"))


async def ask(http: httpx.AsyncClient, wish: Wish) -> dict[str, Any] | None:
    """The payload of a write; None if the server did not acknowledge it."""
    try:
        answer = await http.post(
            "/graphql",
            json={"query": wish.mutation, "variables": {"input": wish.input}},
            headers=wish.who.headers | {"accept": "application/graphql-response+json"},
        )
    except httpx.TransportError:
        return None
    if answer.status_code >= 500:  # also of a proxy, which does not answer in JSON
        return None
    result = answer.json()
    if "errors" in result:
        return None
    made: dict[str, Any] = result["data"]["made"]
    assert made["userErrors"] == []
    return made


def client(lines: list[str]) -> httpx.AsyncClient:
    [address] = [line.split()[-1] for line in lines if line.startswith("GraphQL:")]
    limits = httpx.Limits(max_connections=POSTS + OBSERVATIONS)
    return httpx.AsyncClient(base_url=address.removesuffix("/graphql"), limits=limits, timeout=30, trust_env=False)


@pytest.mark.slow
async def test_acknowledged_writes_survive_a_kill_and_retries_double_nothing(fresh: str, tmp_path: Path) -> None:
    database, holder = await asyncpg.connect(fresh), await asyncpg.connect(fresh)
    network = KillNetwork(database)
    await network.make()
    before = {table: await network.count(table) for table in ("care.post", "care.notification", "care.observation")}
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("SELECT FROM care.discussion WHERE id = $1 FOR UPDATE", network.stuck)
    acknowledged: dict[int, dict[str, Any]] = {}
    settings = {"COHORTE_DATABASE_URL": fresh, "COHORTE_POOL_SIZE": "8", "COHORTE_RATES": "all=1000000/1000000/60"}
    try:
        with served(tmp_path, **settings) as (process, lines):
            async with client(lines) as http:

                async def wish(number: int) -> None:
                    if (made := await ask(http, network.wishes[number])) is not None:
                        acknowledged[number] = made

                async def is_in_the_middle() -> bool:
                    return len(acknowledged) >= ENOUGH

                tries = [asyncio.create_task(wish(number)) for number in range(len(network.wishes))]
                await becomes(is_in_the_middle)
                process.send_signal(signal.SIGKILL)
                assert process.wait(60) == -signal.SIGKILL
                await asyncio.gather(*tries)
        assert ENOUGH <= len(acknowledged) <= len(network.wishes) - STUCK

        with served(tmp_path, **settings) as (process, lines):
            await expect_kept(network, acknowledged)
            async with client(lines) as http:
                again = [asyncio.create_task(ask(http, wish)) for wish in network.wishes]
                # The killed server's writes still wait in the database, and their retries wait behind them.
                await becomes(network.is_waited_for)
                await transaction.rollback()
                answers = await asyncio.gather(*again)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        assert {number: answers[number] for number in acknowledged} == acknowledged
        assert None not in answers
        await expect_kept(network, dict(enumerate(answers)))  # type: ignore[arg-type]  # none is None
        assert {table: await network.count(table) - was for table, was in before.items()} == {
            "care.post": POSTS,
            "care.notification": POSTS,  # each notified the discussion's author
            "care.observation": OBSERVATIONS * 3,
        }
        assert await network.count("identity.mutation WHERE result IS NOT NULL") == POSTS + OBSERVATIONS
        counted = "care.discussion d WHERE post_count <> (SELECT count(*) FROM care.post WHERE discussion_id = d.id)"
        assert await network.count(counted) == 0
    finally:
        await holder.close()
        await database.close()


async def expect_kept(network: KillNetwork, made: dict[int, dict[str, Any]]) -> None:
    """Checks that every acknowledged write is in the database as requested, with its notifications."""
    for number, answer in made.items():
        wanted = network.wishes[number].input
        if "body" in wanted:
            id = UUID(answer["post"]["id"].removeprefix("pst_"))
            query = "SELECT count(*) FROM care.notification WHERE subject_id = $1"
            assert await network.database.fetchval("SELECT body FROM care.post WHERE id = $1", id) == wanted["body"]
            assert await network.database.fetchval(query, id) == 1
        else:
            ids = [UUID(observation["id"].removeprefix("obs_")) for observation in answer["observations"]]
            rows = await network.database.fetch(
                "SELECT o.value, o.observed_on FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)"
                " JOIN care.observation o USING (id) ORDER BY place",
                ids,
            )
            day = date.fromisoformat(wanted["observedOn"])
            assert [tuple(row) for row in rows] == [(entry["value"], day) for entry in wanted["entries"]]
