"""After a write is after a write: what its payload cannot show is refused before it, or told beside what it shows."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.database import Connection
from models.identity.accounts import StaffRole
from resolvers.transactions import Write
from server.errors import RequestError, unavailable
from server.pools import ConnectionPool
from server.writing import Writing, uncut
from settings import Limits
from tests import factories
from tests.server.test_faults import Held
from tests.support.callers import Place, Someone, place
from tests.support.population import buyer
from tests.support.subscribers import socket
from tests.support.town import town

SLOW = "query { treatments { nodes { id } } }"  # of a table that is held, and that no post is written into
REQUEST_SECONDS = 1.0
LIMITS = {
    "statement_seconds": Limits(statement_seconds=REQUEST_SECONDS, request_seconds=30),
    "request_seconds": Limits(statement_seconds=30, request_seconds=REQUEST_SECONDS),
}


@dataclass
class Exchange:
    """A discussion, and a member who writes in it."""

    here: Place
    author: Someone
    discussion: UUID

    @property
    def id(self) -> str:
        return f"dis_{self.discussion}"

    def mutation(self, selection: str, declared: str = "") -> str:
        return f'mutation{declared} {{ postAdd(input: {{discussion: "{self.id}", body: "Hello"}}) {{ {selection} }} }}'

    async def posts(self) -> int:
        return await self.here.count("care.post", discussion_id=self.discussion)


@asynccontextmanager
async def exchange(dsn: str, **settings: Any) -> AsyncIterator[Exchange]:
    async with place(dsn, **settings) as here:
        community = (await factories.community(here.admin))["id"]
        author = await here.member()
        await factories.membership(here.admin, member_id=author.id, community_id=community)
        about = {"community_id": community, "author_id": author.id}
        yield Exchange(here, author, (await factories.discussion(here.admin, **about))["id"])


@pytest_asyncio.fixture
async def made(fresh: str) -> AsyncIterator[Exchange]:
    async with exchange(fresh) as made:
        yield made


# Before the write


OF_POSTS = "post { discussion { posts(%s) { nodes { id } } } }"
REFUSED: list[tuple[str, str, dict[str, Any]]] = [  # a selection, the variables that it declares, and their values
    ("query { communities(first: 500) { nodes { id } } }", "", {}),
    ("query { communities(first: 0) { nodes { id } } }", "", {}),
    ("query { communities(first: -1) { nodes { id } } }", "", {}),
    ("query { communities(first: 2147483647) { nodes { id } } }", "", {}),
    ("post { id } query { communities(first: 500) { nodes { id } } }", "", {}),
    ("query { ok: communities(first: 5) { nodes { id } } c: communities(first: 101) { nodes { id } } }", "", {}),
    ("query { communities(first: $n) { nodes { id } } }", "($n: Int)", {"n": 500}),
    ("query { communities(first: $n) { nodes { id } } }", "($n: Int = 500)", {}),
    ('query { communities(after: "nonsense") { nodes { id } } }', "", {}),
    ("query { communities(after: $at) { nodes { id } } }", "($at: Cursor)", {"at": ""}),
    ('query { communities(after: "WyIwMDAwMDAwMCIsIDFd") { nodes { id } } }', "", {}),  # of another list
    ("query { communities(after: $at) { nodes { id } } }", "($at: Cursor)", {"at": "nonsense"}),
    ("query { communities { nodes { discussions(first: 500) { nodes { id } } } } }", "", {}),
    ('query { communities { nodes { discussions(after: "x") { nodes { id } } } } }', "", {}),
    ("query { me { observations(first: 500) { nodes { id } } } }", "", {}),
    ("...on PostAddPayload { query { communities(first: 500) { nodes { id } } } }", "", {}),
    ("query { ...on Query { communities(first: 500) { nodes { id } } } }", "", {}),
    ("query { communities(first: 500) @skip(if: $no) { nodes { id } } }", "($no: Boolean!)", {"no": False}),
    ("query { node(id: $id) { id } }", '($id: ID = "com_")', {"id": None}),
    ("query { community(slug: $slug) { id } }", '($slug: String = "x")', {"slug": None}),
    ("post @include(if: $yes) { id }", "($yes: Boolean = true)", {"yes": None}),
    ("post @skip(if: $no) { id }", "($no: Boolean = false)", {"no": None}),
    ("query { communities @include(if: $yes) { nodes { id } } }", "($yes: Boolean = true)", {"yes": None}),
    ("query { communities { nodes { id @skip(if: $no) } } }", "($no: Boolean = false)", {"no": None}),
    (OF_POSTS % "first: 500", "", {}),
    (OF_POSTS % "last: 500", "", {}),
    (OF_POSTS % "first: 1, last: 1", "", {}),
    (OF_POSTS % 'first: 1, before: "x"', "", {}),
    (OF_POSTS % 'before: "x"', "", {}),
    (OF_POSTS % "first: $n", "($n: Int)", {"n": 101}),
    (
        "post { author { posts: __typename } discussion { community { discussions(first: 101) { nodes { id } } } } }",
        "",
        {},
    ),
]


@pytest.mark.parametrize(("selection", "declared", "variables"), REFUSED)
async def test_what_can_be_refused_is_refused_before_anything_is_written(
    made: Exchange, selection: str, declared: str, variables: dict[str, Any]
) -> None:
    answer = await made.here.ask.post(made.author, made.mutation(selection, declared), variables)
    said = answer.json()
    assert (answer.status_code, list(said)) == (400, ["errors"])
    assert {error["extensions"]["code"] for error in said["errors"]} == {"BAD_USER_INPUT"}
    assert await made.posts() == 0


@pytest.mark.parametrize(
    ("selection", "declared", "variables"),
    [
        ("query { communities(first: 100) { nodes { id } } }", "", {}),
        ("query { communities(first: 500) @skip(if: true) { nodes { id } } }", "", {}),
        ("query @include(if: false) { communities(first: 500) { nodes { id } } }", "", {}),
        ("query { communities(first: $n) { nodes { id } } }", "($n: Int)", {"n": None}),
        ('query { node(id: "nonsense") { id } }', "", {}),
        ('query { node(id: "pst_00000000-0000-0000-0000-000000000000") { ...on Post { body } } }', "", {}),
        ("query { __typename __schema { queryType { name } } } __typename", "", {}),
        ("post { id author { pseudonym } discussion { posts(last: 1) { nodes { body } } } }", "", {}),
        ("post { ...P } } } fragment P on Post { author { id", "", {}),
    ],
)
async def test_what_can_be_shown_is_carried_out(
    made: Exchange, selection: str, declared: str, variables: dict[str, Any]
) -> None:
    answer = await made.here.ask(made.author, made.mutation(selection, declared), variables)
    assert "errors" not in answer
    assert await made.posts() == 1


async def test_nothing_is_written_by_any_mutation_of_a_document_with_a_selection_that_is_refused(
    made: Exchange,
) -> None:
    add = f'postAdd(input: {{discussion: "{made.id}", body: "Hello"}})'
    document = f"mutation {{ a: {add} {{ post {{ id }} }} b: {add} {{ {REFUSED[0][0]} }} }}"
    answer = await made.here.ask.post(made.author, document)
    assert (answer.status_code, await made.posts()) == (400, 0)
    declared = '($input: PostAddInput = {discussion: "dis_", body: "Hello"})'
    document = f"mutation{declared} {{ a: {add} {{ post {{ id }} }} b: postAdd(input: $input) {{ post {{ id }} }} }}"
    answer = await made.here.ask.post(made.author, document, {"input": None})
    assert (answer.status_code, await made.posts()) == (400, 0)


async def test_an_id_that_can_name_nothing_is_refused_in_a_quote_before_the_write(fresh: str) -> None:
    async with town(fresh) as here:
        laboratory = await buyer(here)
        quote = 'insightQuote(input: {dataset: "nonsense", variable: "x", by: [], precision: WITHIN_50})'
        name = '{name: "A key", expiresAt: "2027-01-01T00:00:00Z"}'
        document = f"mutation {{ apiKeyCreate(input: {name}) {{ query {{ {quote} {{ affordable }} }} }} }}"
        before = await here.value("SELECT count(*) FROM insight.api_key")
        answer = await here.ask.post(laboratory, document)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (400, "NOT_FOUND")
        assert await here.value("SELECT count(*) FROM insight.api_key") == before


# After the write


def told(answer: dict[str, Any]) -> list[tuple[list[str], str]]:
    """The paths and codes of an answer's errors."""
    return [(error["path"], error["extensions"]["code"]) for error in answer["errors"]]


OVER = (["postAdd", "query", "treatments"], "LIMIT_EXCEEDED")


async def over_http(made: Exchange, document: str) -> dict[str, Any]:
    answer = await made.here.ask.post(made.author, document)
    assert answer.status_code == 200
    assert "retry-after" not in answer.headers
    found: dict[str, Any] = answer.json()
    return found


async def over_events(made: Exchange, document: str) -> dict[str, Any]:
    headers = made.author.headers | {"accept": "text/event-stream"}
    answer = await made.here.ask.http.post("/graphql", json={"query": document}, headers=headers)
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.text.split("data: ", 1)[1].split("\n", 1)[0])
    return found


async def over_a_socket(made: Exchange, document: str) -> dict[str, Any]:
    async with socket(made.here.ask, made.author) as opened:
        await opened.subscribe("1", document)
        message = await opened.hear()
        assert message["type"] == "next"
        found: dict[str, Any] = message["payload"]
        return found


@pytest.mark.parametrize("asked", [over_http, over_events, over_a_socket])
@pytest.mark.parametrize("limit", LIMITS)
async def test_a_slow_selection_is_told_at_its_path_and_the_payload_comes(
    fresh: str, limit: str, asked: Callable[[Exchange, str], Awaitable[dict[str, Any]]]
) -> None:
    async with exchange(fresh, limits=LIMITS[limit]) as made, Held(fresh, "catalog.treatment"):
        answer = await asked(made, made.mutation(f"post {{ body }} {SLOW} userErrors {{ code }}"))
        assert answer["data"] == {"postAdd": {"post": {"body": "Hello"}, "query": None, "userErrors": []}}
        assert told(answer) == [OVER]
        assert answer["errors"][0]["extensions"]["limit"] == limit
        assert await made.posts() == 1


async def test_what_is_read_beside_a_slow_selection_is_shown(fresh: str) -> None:
    async with exchange(fresh, limits=Limits(request_seconds=REQUEST_SECONDS)) as made:
        async with Held(fresh, "catalog.treatment"):
            slow = 'query { viewer { audience } treatment(slug: "x") { id } }'
            answer = await over_http(made, made.mutation(slow))
        assert answer["data"] == {"postAdd": {"query": {"viewer": {"audience": "PATIENT"}, "treatment": None}}}
        assert told(answer) == [(["postAdd", "query", "treatment"], "LIMIT_EXCEEDED")]


async def test_objects_that_cannot_be_read_are_null_beside_the_user_errors(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(pool: ConnectionPool, sql: str, values: Any) -> str:
        raise unavailable()

    async with place(fresh) as here:
        mia = await here.member()
        one = f"ind_{(await factories.indicator(here.admin))['id']}"
        entries = f'{{observedOn: "2026-03-02", entries: [{{indicator: "{one}", value: 3}}]}}'
        monkeypatch.setattr(ConnectionPool, "read", away)
        document = (
            f"mutation {{ observationsRecord(input: {entries}) {{ observations {{ value }} userErrors {{ code }} }} }}"
        )
        answer = await here.ask(mia, document)
        assert answer["data"] == {"observationsRecord": {"observations": None, "userErrors": []}}
        assert told(answer) == [(["observationsRecord", "observations"], "INTERNAL_SERVER_ERROR")]
        assert await here.count("care.observation", member_id=mia.id) == 1


async def test_connections_that_are_cut_after_the_commit_lose_what_was_being_read_alone(fresh: str) -> None:
    async with exchange(fresh) as made, Held(fresh, "catalog.treatment") as held:
        asked = asyncio.create_task(over_http(made, made.mutation(f"post {{ body }} {SLOW}")))
        await held.until(1)
        waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        await made.here.admin.execute(waiting)
        answer = await asked
        assert answer["data"] == {"postAdd": {"post": {"body": "Hello"}, "query": None}}
        assert told(answer) == [(OVER[0], "INTERNAL_SERVER_ERROR")]
        assert await made.posts() == 1


@pytest.mark.parametrize("limit", LIMITS)
async def test_a_second_mutation_that_fails_leaves_the_first_ones_payload(fresh: str, limit: str) -> None:
    async with exchange(fresh, limits=LIMITS[limit]) as made:
        other = await factories.discussion(made.here.admin, community_id=(await home(made)), author_id=made.author.id)
        add = 'postAdd(input: {discussion: "dis_%s", body: "Hello"}) { post { body } }'
        document = f"mutation {{ a: {add % made.discussion} b: {add % other['id']} c: {add % made.discussion} }}"
        holder = await asyncpg.connect(fresh)
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("SELECT FROM care.discussion WHERE id = $1 FOR UPDATE", other["id"])
        try:
            answer = await over_http(made, document)
        finally:
            await transaction.rollback()
            await holder.close()
        third = None if limit == "request_seconds" else {"post": {"body": "Hello"}}
        assert answer["data"] == {"a": {"post": {"body": "Hello"}}, "b": None, "c": third}
        assert told(answer) == [(["b"], "LIMIT_EXCEEDED")] + [(["c"], "LIMIT_EXCEEDED")] * (third is None)
        assert await made.posts() == 1 + (third is not None)
        assert await made.here.count("care.post", discussion_id=other["id"]) == 0


async def home(made: Exchange) -> UUID:
    found: UUID = await made.here.admin.fetchval(
        "SELECT community_id FROM care.discussion WHERE id = $1", made.discussion
    )
    return found


async def test_a_mutation_that_is_forbidden_leaves_the_payload_of_the_one_before(fresh: str) -> None:
    async with place(fresh) as here:
        manager = await here.staff(StaffRole.SURVEY_MANAGER)
        mia = await here.member()
        document = """mutation ($member: ID!) {
            a: signOut { userErrors { code } }
            b: memberSuspend(input: {member: $member, reason: "x"}) { userErrors { code } } }"""
        answer = await here.ask(manager, document, {"member": f"mbr_{mia.id}"})
        assert answer["data"] == {"a": {"userErrors": []}, "b": None}
        assert told(answer) == [(["b"], "FORBIDDEN")]


async def test_a_write_that_is_over_time_is_not_carried_out_and_may_be_tried_again(fresh: str) -> None:
    async with exchange(fresh, limits=Limits(request_seconds=REQUEST_SECONDS)) as made:
        async with Held(fresh, "care.post"):
            answer = await made.here.ask.post(made.author, made.mutation("post { id }"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["errors"][0]["extensions"]["limit"] == "request_seconds"
        assert await made.posts() == 0


# Where it is cut, without a database


class Transaction:
    """A transaction whose COMMIT waits until it may go on."""

    def __init__(self) -> None:
        self.sent, self.go_on, self.done = asyncio.Event(), asyncio.Event(), ""

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Connection]:
        try:
            yield None  # type: ignore[misc]
        except BaseException:
            self.done = "rolled back"
            raise
        self.sent.set()
        await self.go_on.wait()
        self.done = "committed"


async def operation(writing: Writing, write: Write, before: float = 0.0) -> list[Any]:
    async def mutation() -> str:
        async with writing.carrying(write)():
            await asyncio.sleep(before)
        return "written"

    async def read() -> str:
        await asyncio.sleep(60)
        return "read"

    found: list[Any] = [await writing.step(mutation())]
    for _ in range(2):
        try:
            found.append(await writing.step(read()))
        except RequestError as error:
            found.append(error.status)
    return found


async def test_a_commit_that_was_sent_is_waited_for_and_the_rest_cut_short() -> None:
    writing, transaction = Writing(), Transaction()
    asked = asyncio.create_task(writing.answered(operation(writing, transaction), unavailable))
    await transaction.sent.wait()
    asked.cancel()
    await asyncio.sleep(0.01)
    assert not asked.done()
    transaction.go_on.set()
    assert await asked == ["written", 503, 503]
    assert (transaction.done, writing.committed) == ("committed", True)


async def test_a_write_that_is_cut_before_its_commit_is_rolled_back() -> None:
    writing, transaction = Writing(), Transaction()
    asked = asyncio.create_task(writing.answered(operation(writing, transaction, before=60), unavailable))
    await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (transaction.done, writing.committed) == ("rolled back", False)


async def test_what_is_read_after_a_commit_is_cut_short() -> None:
    writing, transaction = Writing(), Transaction()
    transaction.go_on.set()
    asked = asyncio.create_task(writing.answered(operation(writing, transaction), unavailable))
    while not writing.committed:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)
    asked.cancel()
    assert await asked == ["written", 503, 503]


async def test_a_commit_that_fails_is_none() -> None:
    async def failing() -> None:
        await asyncio.sleep(0.01)
        raise asyncpg.SerializationError

    waiting = asyncio.create_task(uncut(failing()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncpg.SerializationError):
        await waiting
