"""The size of responses: limited while they are made, and made without holding the event loop."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from graphql import GraphQLString

from planner.computing import Computing, PassthroughExecutor
from planner.declared import Computed
from planner.plans import TOO_LARGE, bounded
from server.operations.answers import AnswerSize
from server.operations.errors import RequestError
from settings import Limits
from tests.support import subscribers
from tests.support.client import ANYBODY, Ask, serving

MOST = 3_000
LARGE = "communities(first: 100) { nodes { id slug name description } }"
LEDGER = "dataUses(first: 3) { nodes { ledgerEntry { line } } }"
OVER = {"code": "LIMIT_EXCEEDED", "limit": "answer_bytes", "most": MOST}


@pytest_asyncio.fixture
async def small(fresh: str) -> AsyncIterator[Ask]:
    """Yields a server whose responses may have MOST bytes."""
    async with serving(fresh, limits=Limits(statement_seconds=30, request_seconds=60, answer_bytes=MOST)) as ask:
        yield ask


async def refused(ask: Ask, text: str, who: Any = ANYBODY) -> dict[str, Any]:
    answer = await ask.post(who, text)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    found: dict[str, Any] = error["extensions"]
    return found


async def test_postgresql_returns_no_more_than_the_limit(admin: asyncpg.Connection) -> None:
    await admin.execute("CREATE SEQUENCE times")
    text = "SELECT b.o::text FROM (SELECT repeat('é', 5 * nextval('times')::int) AS o) b"
    assert await admin.fetchval(bounded(text, 10)) == "é" * 5  # evaluated once, and measured in bytes
    assert await admin.fetchval(bounded(text, 19)) == TOO_LARGE
    assert await admin.fetchval(bounded("SELECT NULL::text", 1)) is None


def test_sizes_add_up() -> None:
    size = AnswerSize(10)
    assert size.text("12345") == "12345"
    assert size.text(None) is None
    size.count(5)
    for more in (1, 0):
        with pytest.raises(RequestError):
            size.count(more)
    with pytest.raises(RequestError):
        AnswerSize(10).text(TOO_LARGE)


async def test_a_planned_response_over_the_limit_is_refused(small: Ask) -> None:
    assert await refused(small, f"{{ {LARGE} }}") == OVER
    answer = await small(ANYBODY, "{ communities(first: 3) { nodes { name } } }")
    assert len(answer["data"]["communities"]["nodes"]) == 3


async def test_an_executed_response_over_the_limit_is_refused(small: Ask) -> None:
    """Each of its parts is within the limit, but not all together."""
    assert await refused(small, f"{{ {LEDGER} {LARGE} }}") == OVER
    parts = " ".join(
        f"a{number}: dataUses(first: 2) {{ nodes {{ purpose ledgerEntry {{ hash }} }} }}" for number in range(20)
    )
    assert await refused(small, f"{{ {LEDGER} {parts} }}") == OVER


async def test_no_more_is_computed_once_the_limit_is_exceeded() -> None:
    made = list[str]()

    def finish(value: str) -> str:
        made.append(value)
        return value

    size = AnswerSize(10)
    source = Computed(finish, False, False, (), finish=finish, cost=1)
    info = SimpleNamespace(return_type=GraphQLString, context=SimpleNamespace(count_bytes=size.count))
    of_no_use: Any = None  # for a leaf
    fields = Computing(of_no_use, of_no_use)
    results = await asyncio.gather(
        *(fields.compute(source, letter * 6, {}, info) for letter in "abcd"), return_exceptions=True
    )
    assert [type(result) for result in results] == [str, RequestError, RequestError, RequestError]
    assert made == ["aaaaaa", "bbbbbb"]


async def test_a_mutation_that_is_done_says_so(small: Ask) -> None:
    patient = await small.sign_in("patient")
    text = f'mutation {{ accountUpdate(input: {{locale: "fr"}}) {{ userErrors {{ code }} query {{ {LARGE} }} }} }}'
    answer = await small.post(patient, text)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 200
    assert (error["path"], error["extensions"]) == (["accountUpdate", "query", "communities"], OVER)
    assert (await small(patient, "{ viewer { locale } }")) == {"data": {"viewer": {"locale": "fr"}}}


async def test_an_event_over_the_limit_ends_its_subscription(small: Ask) -> None:
    patient = await small.sign_in("patient")
    found = await small(patient, "{ me { member { communities { discussions(first: 1) { nodes { id } } } } } }")
    groups = found["data"]["me"]["member"]["communities"]
    discussion = next(one["id"] for group in groups for one in group["discussions"]["nodes"])
    async with subscribers.socket(small, patient) as socket:
        await socket.subscribe("1", subscribers.LONG_POST_ADDED, {"discussion": discussion})
        add = "mutation ($d: ID!, $b: String!) { postAdd(input: {discussion: $d, body: $b}) { userErrors { code } } }"
        await subscribers.subscribed(small, 1)
        await small(patient, add, {"d": discussion, "b": "long " * 100})
        message = await socket.receive()
        assert (message["type"], message["payload"][0]["extensions"]) == ("error", OVER)


async def test_rows_without_computed_fields_are_not_completed_again(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What graphql-core completes, on the event loop, does not depend on the number of rows."""
    completed = list[int]()
    original = PassthroughExecutor.complete_value

    def counting(self: Any, *given: Any) -> Any:
        completed[-1] += 1
        return original(self, *given)

    monkeypatch.setattr(PassthroughExecutor, "complete_value", counting)
    expected = await ask(ANYBODY, "{ communities(first: 50) { nodes { id slug name condition { icd10 } } } }")
    for size in (1, 50):
        completed.append(0)
        rows = f"communities(first: {size}) {{ nodes {{ id slug name condition {{ icd10 }} }} }}"
        answer = await ask(ANYBODY, f"{{ {LEDGER} {rows} }}")
        assert answer["data"]["communities"]["nodes"] == expected["data"]["communities"]["nodes"][:size]
    assert completed[0] == completed[1]
