"""Connections that are lost during a COMMIT: a mutation is carried out once, or its outcome is reported as unknown."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.viewers import Audience
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY, Caller, serving
from tests.support.clusters import clone
from tests.support.lossy import Cut, LossyRelay, lossy_relay
from tests.support.network import Network
from tests.support.subscribers import socket

UNKNOWN = {"code": "OUTCOME_UNKNOWN"}
FAILURES = [Cut.REQUEST, Cut.REPLY]


@dataclass
class Conversation:
    """A discussion behind a relay that can lose COMMITs, and a member who posts in it."""

    server: Network
    relay: LossyRelay
    author: User
    discussion: UUID

    def post_add(self, body: str, alias: str = "postAdd", key: str | None = None) -> str:
        given = f'discussion: "dis_{self.discussion}", body: "{body}"' + (f', clientMutationId: "{key}"' if key else "")
        return f"{alias}: postAdd(input: {{{given}}}) {{ post {{ body }} userErrors {{ code }} }}"

    async def send(self, *fields: str, who: Caller | None = None) -> httpx.Response:
        return await self.server.ask.post(who or self.author, f"mutation {{ {' '.join(fields)} }}")

    async def posts(self) -> list[str]:
        found = await self.server.database.fetch(
            "SELECT body FROM care.post WHERE discussion_id = $1 ORDER BY created_at", self.discussion
        )
        return [post["body"] for post in found]


@pytest_asyncio.fixture(scope="module")
async def behind_relay(template: str) -> AsyncIterator[tuple[Network, LossyRelay]]:
    """Yields a server that reaches its database through a relay, for one test after the other."""
    async with clone(template) as dsn, lossy_relay(dsn) as relay, serving(relay.dsn, filled=True) as ask:
        admin = await asyncpg.connect(dsn)
        try:
            yield Network(ask, admin), relay
        finally:
            await admin.close()


@pytest_asyncio.fixture
async def conversation(behind_relay: tuple[Network, LossyRelay]) -> Conversation:
    """Yields the test's own discussion, and a relay that loses nothing yet."""
    server, relay = behind_relay
    relay.cuts = []
    community = (await factories.community(server.database))["id"]
    author = await server.member()
    await factories.membership(server.database, member_id=author.id, community_id=community)
    discussion = await factories.discussion(server.database, community_id=community, author_id=author.id)
    return Conversation(server, relay, author, discussion["id"])


def posted(body: str) -> dict[str, Any]:
    return {"post": {"body": body}, "userErrors": []}


@pytest.mark.parametrize("cut", FAILURES)
async def test_without_an_idempotency_key_the_outcome_is_unknown(conversation: Conversation, cut: Cut) -> None:
    conversation.relay.cuts = [cut]
    answer = await conversation.send(conversation.post_add("Hello"))
    assert (answer.status_code, "retry-after" in answer.headers) == (200, False)
    (error,) = answer.json()["errors"]
    assert (answer.json()["data"], error["path"], error["extensions"]) == ({"postAdd": None}, ["postAdd"], UNKNOWN)
    assert "may have been carried out or not" in error["message"]
    assert "Hello" not in answer.text
    assert await conversation.posts() == (["Hello"] if cut is Cut.REPLY else [])
    # The next request has another connection.
    assert (await conversation.send(conversation.post_add("Next"))).json() == {"data": {"postAdd": posted("Next")}}


@pytest.mark.parametrize("cuts", [[cut] for cut in FAILURES] + [[Cut.REQUEST, Cut.REPLY], [Cut.REPLY, Cut.REQUEST]])
async def test_with_an_idempotency_key_it_is_carried_out_once(conversation: Conversation, cuts: list[Cut]) -> None:
    conversation.relay.cuts = [*cuts]
    for _ in range(2):
        answer = await conversation.send(conversation.post_add("Hello", key="k"))
        assert answer.json() == {"data": {"postAdd": posted("Hello")}}
    assert (conversation.relay.cuts, await conversation.posts()) == ([], ["Hello"])


async def test_with_an_idempotency_key_a_server_that_gives_up_may_be_asked_again(conversation: Conversation) -> None:
    conversation.relay.cuts = [Cut.REPLY, Cut.REQUEST, Cut.REQUEST]
    answer = await conversation.send(conversation.post_add("Hello", key="k"))
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    answer = await conversation.send(conversation.post_add("Hello", key="k"))
    assert answer.json() == {"data": {"postAdd": posted("Hello")}}
    assert await conversation.posts() == ["Hello"]


@pytest.mark.parametrize("cut", FAILURES)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_among_several_mutations_only_the_lost_one_is_unknown(
    conversation: Conversation, cut: Cut, place: int
) -> None:
    names = ["a", "b", "c"]
    conversation.relay.cuts = [cut if number == place else None for number in range(3)]
    answer = await conversation.send(*(conversation.post_add(name, name) for name in names))
    assert answer.status_code == 200
    assert answer.json()["data"] == {name: None if name == names[place] else posted(name) for name in names}
    errors = [(error["path"], error["extensions"]) for error in answer.json()["errors"]]
    assert errors == [([names[place]], UNKNOWN)]
    assert await conversation.posts() == [name for name in names if cut is Cut.REPLY or name != names[place]]


async def test_a_key_that_gives_up_after_an_unknown_outcome_asks_for_no_retry(conversation: Conversation) -> None:
    conversation.relay.cuts = [Cut.REPLY, *[Cut.REQUEST] * 3]
    answer = await conversation.send(conversation.post_add("a", "a"), conversation.post_add("b", "b", key="k"))
    assert (answer.status_code, "retry-after" in answer.headers) == (200, False)
    assert answer.json()["data"] == {"a": None, "b": None}
    assert [error["path"] for error in answer.json()["errors"]] == [["a"], ["b"]]
    assert answer.json()["errors"][0]["extensions"] == UNKNOWN
    assert await conversation.posts() == ["a"]


@pytest.mark.parametrize("cut", FAILURES)
async def test_an_attempt_that_is_counted_apart_can_be_repeated(conversation: Conversation, cut: Cut) -> None:
    """The first COMMIT of `signIn` is of the counted attempt; the second is its own."""
    sign_in = 'signIn(input: {email: "x@people.example", password: "wrong password"}) { userErrors { code } }'
    conversation.relay.cuts = [cut]
    answer = await conversation.send(sign_in, who=ANYBODY)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    answer = await conversation.send(sign_in, who=ANYBODY)
    assert answer.json() == {"data": {"signIn": {"userErrors": [{"code": "WRONG_CREDENTIALS"}]}}}


@pytest.mark.parametrize("cut", FAILURES)
async def test_the_outcome_is_unknown_over_a_web_socket_too(conversation: Conversation, cut: Cut) -> None:
    conversation.relay.cuts = [cut]
    async with socket(conversation.server.ask, conversation.author) as opened:
        await opened.send("subscribe", id="1", payload={"query": f"mutation {{ {conversation.post_add('Hello')} }}"})
        answer = await opened.receive()
    assert answer["type"] == "next"
    assert answer["payload"]["data"] == {"postAdd": None}
    assert answer["payload"]["errors"][0]["extensions"] == UNKNOWN


async def test_staff_and_buyers_are_answered_alike(conversation: Conversation) -> None:
    moderator = await conversation.server.staff(StaffRole.MODERATOR)
    suspend = (
        f'memberSuspend(input: {{member: "mbr_{conversation.author.id}", reason: "r"}}) {{ userErrors {{ code }} }}'
    )
    conversation.relay.cuts = [Cut.REPLY]
    answer = await conversation.send(suspend, who=moderator)
    assert answer.json()["errors"][0]["extensions"] == UNKNOWN
    assert await conversation.server.count("care.suspension", member_id=conversation.author.id) == 1


async def test_a_connection_that_was_cut_before_its_commit_was_sent_wrote_nothing(conversation: Conversation) -> None:
    """PostgreSQL rolls back: the request can be repeated, with a key or without."""
    admin = conversation.server.database
    await admin.execute(
        "CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
        " CREATE TRIGGER cut AFTER INSERT ON care.post FOR EACH ROW EXECUTE FUNCTION public.cut()"
    )
    answer = await conversation.send(conversation.post_add("Hello"))
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    await admin.execute("DROP TRIGGER cut ON care.post")
    assert (await conversation.send(conversation.post_add("Hello"))).json() == {"data": {"postAdd": posted("Hello")}}
    assert await conversation.posts() == ["Hello"]


async def test_a_connection_that_is_lost_after_its_commit_loses_no_response(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = conversation.server.ask.app.endpoint
    assert endpoint is not None
    connections = endpoint.views[Audience.PATIENT].connections

    class Releasing:
        """The pool, whose first release fails, as of a connection that was cut."""

        def __init__(self, pool: Any) -> None:
            self.pool, self.failed = pool, False

        def __getattr__(self, name: str) -> Any:
            return getattr(self.pool, name)

        async def release(self, connection: Any) -> None:
            await self.pool.release(connection)
            if not self.failed:
                self.failed = True
                raise asyncpg.InterfaceError("connection is closed")

    pool = Releasing(connections.pool)
    monkeypatch.setattr(connections, "pool", pool)
    monkeypatch.setattr(connections, "closing", True)  # so that the connection is released
    assert (await conversation.send(conversation.post_add("Hello"))).json() == {"data": {"postAdd": posted("Hello")}}
    assert pool.failed
    assert await conversation.posts() == ["Hello"]
