"""Payloads: a selection is refused before the mutation writes, or fails at its path beside the rest of the payload."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.database import Connection
from models.identity.accounts import StaffRole
from models.viewers import ANYBODY, Viewer
from resolvers.transactions import Result, Write, run_once
from server.databases.pools import ConnectionPool
from server.operations.commit_guard import CommitGuard, uncancelled
from server.operations.errors import RequestError, unavailable
from settings import Limits
from tests import factories
from tests.server.test_faults import Held
from tests.support.callers import User
from tests.support.eventually import until
from tests.support.network import Network, network_on
from tests.support.population import buyer
from tests.support.subscribers import socket
from tests.support.waiters import waiters

SLOW = "query { treatments { nodes { id } } }"  # of a table that the test locks, and that posting does not use
REQUEST_SECONDS = 1.0
LIMITS = {
    "statement_seconds": Limits(statement_seconds=REQUEST_SECONDS, request_seconds=30),
    "request_seconds": Limits(statement_seconds=30, request_seconds=REQUEST_SECONDS),
}


@dataclass
class Conversation:
    """A discussion of a test's own, and a member who posts in it."""

    server: Network
    author: User
    discussion: UUID

    @property
    def id(self) -> str:
        return f"dis_{self.discussion}"

    def mutation(self, selection: str, declared: str = "") -> str:
        return f'mutation{declared} {{ postAdd(input: {{discussion: "{self.id}", body: "Hello"}}) {{ {selection} }} }}'

    async def posts(self) -> int:
        return await self.server.count("care.post", discussion_id=self.discussion)


async def conversation_on(network: Network) -> Conversation:
    community = (await factories.community(network.database))["id"]
    author = await network.member(community)
    about = {"community_id": community, "author_id": author.id}
    return Conversation(network, author, (await factories.discussion(network.database, **about))["id"])


@asynccontextmanager
async def open_conversation(dsn: str, **settings: Any) -> AsyncIterator[Conversation]:
    async with network_on(dsn, **settings) as network:
        yield await conversation_on(network)


@pytest_asyncio.fixture(scope="module", autouse=True)
async def few_to_collect(network: Network) -> None:
    """Leaves out of collections what is there already: each would visit all that the tests before these hold."""
    gc.collect()
    gc.freeze()


@pytest_asyncio.fixture(autouse=True)
async def no_tasks_left() -> AsyncIterator[None]:
    """Fails a test that leaves tasks behind, or an exception that nobody retrieves."""
    loop, before = asyncio.get_running_loop(), asyncio.all_tasks()
    handler, reported = loop.get_exception_handler(), []
    loop.set_exception_handler(lambda _, context: reported.append(context))
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:  # a scheduled job of the server may be at work, and ends by itself
        _, left = await asyncio.wait(left, timeout=5)
    gc.collect()  # an exception that was not retrieved is reported with the end of its task
    loop.set_exception_handler(handler)
    assert (left, reported) == (set(), [])


@pytest_asyncio.fixture
async def conversation(network: Network) -> Conversation:
    """Yields a discussion of the test's own."""
    return await conversation_on(network)


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
async def test_a_refused_selection_is_refused_before_anything_is_written(
    conversation: Conversation, selection: str, declared: str, variables: dict[str, Any]
) -> None:
    mutation = conversation.mutation(selection, declared)
    answer = await conversation.server.ask.post(conversation.author, mutation, variables)
    body = answer.json()
    assert (answer.status_code, list(body)) == (400, ["errors"])
    assert {error["extensions"]["code"] for error in body["errors"]} == {"BAD_USER_INPUT"}
    assert await conversation.posts() == 0


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
async def test_a_mutation_with_a_valid_selection_is_carried_out(
    conversation: Conversation, selection: str, declared: str, variables: dict[str, Any]
) -> None:
    answer = await conversation.server.ask(conversation.author, conversation.mutation(selection, declared), variables)
    assert "errors" not in answer
    assert await conversation.posts() == 1


async def test_one_refused_selection_refuses_all_mutations_of_the_operation(
    conversation: Conversation,
) -> None:
    add = f'postAdd(input: {{discussion: "{conversation.id}", body: "Hello"}})'
    document = f"mutation {{ a: {add} {{ post {{ id }} }} b: {add} {{ {REFUSED[0][0]} }} }}"
    answer = await conversation.server.ask.post(conversation.author, document)
    assert (answer.status_code, await conversation.posts()) == (400, 0)
    declared = '($input: PostAddInput = {discussion: "dis_", body: "Hello"})'
    document = f"mutation{declared} {{ a: {add} {{ post {{ id }} }} b: postAdd(input: $input) {{ post {{ id }} }} }}"
    answer = await conversation.server.ask.post(conversation.author, document, {"input": None})
    assert (answer.status_code, await conversation.posts()) == (400, 0)


async def test_a_quote_with_a_malformed_id_is_refused_before_anything_is_written(network: Network) -> None:
    laboratory = await buyer(network)
    quote = 'insightQuote(input: {dataset: "nonsense", variable: "x", by: [], precision: WITHIN_50})'
    name = '{name: "A key", expiresAt: "2027-01-01T00:00:00Z"}'
    document = f"mutation {{ apiKeyCreate(input: {name}) {{ query {{ {quote} {{ affordable }} }} }} }}"
    before = await network.value("SELECT count(*) FROM insight.api_key")
    answer = await network.ask.post(laboratory, document)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "NOT_FOUND")
    assert await network.value("SELECT count(*) FROM insight.api_key") == before


# After the write


def errors_of(answer: dict[str, Any]) -> list[tuple[list[str], str]]:
    """The paths and codes of an answer's errors."""
    return [(error["path"], error["extensions"]["code"]) for error in answer["errors"]]


OVER_LIMIT = (["postAdd", "query", "treatments"], "LIMIT_EXCEEDED")


async def over_http(conversation: Conversation, document: str) -> dict[str, Any]:
    answer = await conversation.server.ask.post(conversation.author, document)
    assert answer.status_code == 200
    assert "retry-after" not in answer.headers
    found: dict[str, Any] = answer.json()
    return found


async def over_events(conversation: Conversation, document: str) -> dict[str, Any]:
    headers = conversation.author.headers | {"accept": "text/event-stream"}
    answer = await conversation.server.ask.http.post("/graphql", json={"query": document}, headers=headers)
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.text.split("data: ", 1)[1].split("\n", 1)[0])
    return found


async def over_a_socket(conversation: Conversation, document: str) -> dict[str, Any]:
    async with socket(conversation.server.ask, conversation.author) as opened:
        await opened.subscribe("1", document)
        message = await opened.receive()
        assert message["type"] == "next"
        found: dict[str, Any] = message["payload"]
        return found


@pytest.mark.slow
@pytest.mark.parametrize("send", [over_http, over_events, over_a_socket])
@pytest.mark.parametrize("limit", LIMITS)
async def test_a_slow_selection_is_an_error_at_its_path_beside_the_payload(
    fresh: str, limit: str, send: Callable[[Conversation, str], Awaitable[dict[str, Any]]]
) -> None:
    async with open_conversation(fresh, limits=LIMITS[limit]) as conversation, Held(fresh, "catalog.treatment"):
        answer = await send(conversation, conversation.mutation(f"post {{ body }} {SLOW} userErrors {{ code }}"))
        assert answer["data"] == {"postAdd": {"post": {"body": "Hello"}, "query": None, "userErrors": []}}
        assert errors_of(answer) == [OVER_LIMIT]
        assert answer["errors"][0]["extensions"]["limit"] == limit
        assert "again" not in answer["errors"][0]["message"]
        assert await conversation.posts() == 1


async def test_a_mutation_that_its_client_completed_sends_nothing_to_the_next_operation_of_the_id(fresh: str) -> None:
    async with open_conversation(fresh) as conversation, Held(fresh, "catalog.treatment") as held:
        async with socket(conversation.server.ask, conversation.author) as opened:
            await opened.subscribe("1", conversation.mutation(f"post {{ body }} {SLOW}"))
            await held.until(1)
            await opened.send("complete", id="1")
            await held.until(0)
            await opened.subscribe("1", "{ viewer { audience } }")
            assert await opened.data("1") == {"viewer": {"audience": "PATIENT"}}
        assert await conversation.posts() == 1


async def test_a_client_that_disconnects_after_the_commit_leaves_the_write(fresh: str) -> None:
    async with open_conversation(fresh) as conversation, Held(fresh, "catalog.treatment") as held:
        running = asyncio.create_task(over_http(conversation, conversation.mutation(f"post {{ body }} {SLOW}")))
        await held.until(1)
        running.cancel()
        await held.until(0)  # the statement is cancelled
        assert await conversation.posts() == 1


async def test_a_socket_that_ends_after_the_commit_leaves_the_write(fresh: str) -> None:
    async with open_conversation(fresh) as conversation, Held(fresh, "catalog.treatment") as held:
        async with socket(conversation.server.ask, conversation.author) as opened:
            await opened.subscribe("1", conversation.mutation(f"post {{ body }} {SLOW}"))
            await held.until(1)
        await held.until(0)
        assert await conversation.posts() == 1


async def test_fields_beside_a_slow_selection_are_returned(fresh: str) -> None:
    async with open_conversation(fresh, limits=Limits(request_seconds=REQUEST_SECONDS)) as conversation:
        async with Held(fresh, "catalog.treatment"):
            slow = 'query { viewer { audience } treatment(slug: "x") { id } }'
            answer = await over_http(conversation, conversation.mutation(slow))
        assert answer["data"] == {"postAdd": {"query": {"viewer": {"audience": "PATIENT"}, "treatment": None}}}
        assert errors_of(answer) == [(["postAdd", "query", "treatment"], "LIMIT_EXCEEDED")]


async def test_objects_that_cannot_be_read_are_null_beside_the_user_errors(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(pool: ConnectionPool, sql: str, values: Any) -> str:
        raise unavailable()

    async with network_on(fresh) as server:
        mia = await server.member()
        one = f"ind_{(await factories.indicator(server.database))['id']}"
        entries = f'{{observedOn: "2026-03-02", entries: [{{indicator: "{one}", value: 3}}]}}'
        monkeypatch.setattr(ConnectionPool, "read", unreachable)
        document = (
            f"mutation {{ observationsRecord(input: {entries}) {{ observations {{ value }} userErrors {{ code }} }} }}"
        )
        answer = await server.ask(mia, document)
        assert answer["data"] == {"observationsRecord": {"observations": None, "userErrors": []}}
        assert errors_of(answer) == [(["observationsRecord", "observations"], "INTERNAL_SERVER_ERROR")]
        assert await server.count("care.observation", member_id=mia.id) == 1


async def test_a_connection_cut_after_the_commit_fails_only_the_field_that_it_reads(fresh: str) -> None:
    async with open_conversation(fresh) as conversation, Held(fresh, "catalog.treatment") as held:
        running = asyncio.create_task(over_http(conversation, conversation.mutation(f"post {{ body }} {SLOW}")))
        for _ in range(2):  # a read whose connection was cut is repeated once
            await held.until(1)
            for waiter in await waiters(conversation.server.database):
                await conversation.server.database.execute("SELECT pg_terminate_backend($1, 5000)", waiter.pid)
        answer = await running
        assert answer["data"] == {"postAdd": {"post": {"body": "Hello"}, "query": None}}
        assert errors_of(answer) == [(OVER_LIMIT[0], "INTERNAL_SERVER_ERROR")]
        assert await conversation.posts() == 1


@pytest.mark.parametrize("limit", LIMITS)
async def test_a_failing_mutation_leaves_the_payloads_of_the_others(fresh: str, limit: str) -> None:
    async with open_conversation(fresh, limits=LIMITS[limit]) as conversation:
        about = {"community_id": await community_of(conversation), "author_id": conversation.author.id}
        other = await factories.discussion(conversation.server.database, **about)
        add = 'postAdd(input: {discussion: "dis_%s", body: "Hello"}) { post { body } }'
        first = add % conversation.discussion
        document = f"mutation {{ a: {first} b: {add % other['id']} c: {first} }}"
        holder = await asyncpg.connect(fresh)
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("SELECT FROM care.discussion WHERE id = $1 FOR UPDATE", other["id"])
        try:
            answer = await over_http(conversation, document)
        finally:
            await transaction.rollback()
            await holder.close()
        third = None if limit == "request_seconds" else {"post": {"body": "Hello"}}
        assert answer["data"] == {"a": {"post": {"body": "Hello"}}, "b": None, "c": third}
        assert errors_of(answer) == [(["b"], "LIMIT_EXCEEDED")] + [(["c"], "LIMIT_EXCEEDED")] * (third is None)
        assert await conversation.posts() == 1 + (third is not None)
        assert await conversation.server.count("care.post", discussion_id=other["id"]) == 0


async def community_of(conversation: Conversation) -> UUID:
    found: UUID = await conversation.server.database.fetchval(
        "SELECT community_id FROM care.discussion WHERE id = $1", conversation.discussion
    )
    return found


async def test_a_forbidden_mutation_leaves_the_payload_of_the_previous_one(fresh: str) -> None:
    async with network_on(fresh) as server:
        manager = await server.staff(StaffRole.SURVEY_MANAGER)
        mia = await server.member()
        document = """mutation ($member: ID!) {
            a: accountUpdate(input: {locale: "fr"}) { userErrors { code } }
            b: memberSuspend(input: {member: $member, reason: "x"}) { userErrors { code } } }"""
        answer = await server.ask(manager, document, {"member": f"mbr_{mia.id}"})
        assert answer["data"] == {"a": {"userErrors": []}, "b": None}
        assert errors_of(answer) == [(["b"], "FORBIDDEN")]


async def test_a_write_over_the_time_limit_is_rolled_back_and_may_be_retried(fresh: str) -> None:
    async with open_conversation(fresh, limits=Limits(request_seconds=REQUEST_SECONDS)) as conversation:
        async with Held(fresh, "care.post"):
            answer = await conversation.server.ask.post(conversation.author, conversation.mutation("post { id }"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["errors"][0]["extensions"]["limit"] == "request_seconds"
        assert await conversation.posts() == 0


# Cancelled at each point, without a database


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


async def operation(guard: CommitGuard, write: Write, before: float = 0.0) -> list[Any]:
    async def mutation() -> str:
        async with guard.guarded(write)():
            await asyncio.sleep(before)
        return "written"

    async def read() -> str:
        await asyncio.sleep(60)
        return "read"

    found: list[Any] = [await guard.await_step(mutation())]
    for _ in range(2):
        try:
            found.append(await guard.await_step(read()))
        except RequestError as error:
            found.append(error.status)
    return found


async def test_a_commit_that_was_sent_is_awaited_and_later_steps_fail() -> None:
    guard, transaction = CommitGuard(), Transaction()
    running = asyncio.create_task(guard.run(operation(guard, transaction), unavailable))
    await transaction.sent.wait()
    running.cancel()
    await asyncio.sleep(0.01)
    assert not running.done()
    transaction.go_on.set()
    assert await running == ["written", 503, 503]
    assert (transaction.done, guard.committed) == ("committed", True)


async def test_an_operation_cancelled_before_its_commit_is_rolled_back() -> None:
    guard, transaction = CommitGuard(), Transaction()
    running = asyncio.create_task(guard.run(operation(guard, transaction, before=60), unavailable))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (transaction.done, guard.committed) == ("rolled back", False)


async def test_steps_after_a_commit_are_cut_short() -> None:
    guard, transaction = CommitGuard(), Transaction()
    transaction.go_on.set()
    running = asyncio.create_task(guard.run(operation(guard, transaction), unavailable))
    await until(lambda: guard.committed)
    running.cancel()
    assert await running == ["written", 503, 503]


async def test_a_failed_commit_raises_its_error_although_its_caller_was_cancelled() -> None:
    async def failing() -> None:
        await asyncio.sleep(0.01)
        raise asyncpg.SerializationError

    waiting = asyncio.create_task(uncancelled(failing()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncpg.SerializationError):
        await waiting


async def test_a_write_cancelled_during_a_commit_that_fails_is_not_tried_again() -> None:
    guard, sent = CommitGuard(), []

    @asynccontextmanager
    async def conflicting() -> AsyncIterator[Connection]:
        yield None  # type: ignore[misc]
        sent.append("COMMIT")
        await asyncio.sleep(0.05)
        raise asyncpg.SerializationError

    async def work(_: Connection, __: Viewer) -> Result:
        return {}

    mutation = guard.await_step(run_once(guard.guarded(conflicting), ANYBODY, work))
    running = asyncio.create_task(guard.run(mutation, unavailable))
    await until(lambda: sent)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (sent, guard.committed) == (["COMMIT"], False)


async def test_an_operation_cancelled_three_times_has_ended_with_its_caller() -> None:
    guard, ended = CommitGuard(), []

    async def stubborn() -> None:
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        await asyncio.sleep(0.05)
        ended.append(True)

    running = asyncio.create_task(guard.run(stubborn(), unavailable))
    for _ in range(3):
        await asyncio.sleep(0.01)
        running.cancel()
    await running
    assert ended == [True]
