"""Delivery of events to subscribers: by discussion, member and community, across processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.research.surveys import SurveyStatus
from planner.operations import Event
from server.events.broker import MAX_QUEUED, Events, Subscriber, read
from server.operations.errors import RequestError
from tests import factories
from tests.support.client import Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.eventually import until
from tests.support.subscribers import LONG_POST_ADDED, POST_ADDED, announce, held, socket, streams_of, subscribed

NOTIFIED = "subscription { notificationAdded { kind } }"
FLAGGED = "subscription { raised: flagRaised { __typename reason post { body } } }"
OPENED = "subscription($community: String) { surveyOpened(community: $community) { title } }"
POST_ADD = """
    mutation($discussion: ID!, $body: String!) {
      postAdd(input: {discussion: $discussion, body: $body}) { userErrors { code } }
    }
"""
MISSED = "Des événements ont pu être manqués. Veuillez vous réabonner."  # to members whose accounts are French


@dataclass
class EventNetwork:
    """A database to write into, and a server on it."""

    ask: Ask
    owner: asyncpg.Connection

    async def member_of(self, who: Caller) -> UUID:
        found = await self.owner.fetchval(
            "select member_id from identity.account where email = $1", f"{who.name}@demo.example"
        )
        assert isinstance(found, UUID)
        return found

    async def post(self, discussion: UUID, body: str) -> UUID:
        """Inserts a post and publishes its event, in one transaction."""
        async with self.owner.transaction():
            made = await factories.post(self.owner, discussion_id=discussion, body=body)
            await announce(self.owner, "postAdded", made["id"], discussion)
        id = made["id"]
        assert isinstance(id, UUID)
        return id


@pytest_asyncio.fixture(scope="module")
async def database(template: str) -> AsyncIterator[str]:
    """Yields the address of a database to which the module's tests only add."""
    async with clone(template) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="module")
async def processes(database: str) -> AsyncIterator[tuple[EventNetwork, Ask]]:
    """Yields two processes on one database."""
    async with event_network(database) as one, serving(database) as other:
        yield one, other


@pytest_asyncio.fixture
async def here(processes: tuple[EventNetwork, Ask]) -> EventNetwork:
    """Yields a process whose subscriptions of earlier tests have ended."""
    await subscribed(processes[0].ask, 0)
    return processes[0]


@pytest_asyncio.fixture
async def there(processes: tuple[EventNetwork, Ask]) -> Ask:
    """Yields another process on the database of `here`."""
    await subscribed(processes[1], 0)
    return processes[1]


@asynccontextmanager
async def event_network(dsn: str, **settings: Any) -> AsyncIterator[EventNetwork]:
    owner = await asyncpg.connect(dsn)
    try:
        async with serving(dsn, **settings) as ask:
            yield EventNetwork(ask, owner)
    finally:
        await owner.close()


async def test_a_post_is_delivered_in_every_process_only_to_subscribers_of_its_discussion(
    here: EventNetwork, there: Ask
) -> None:
    patient, relative = await here.ask.sign_in("patient"), await there.sign_in("relative")
    moderator = await there.sign_in("moderator")
    followed, other = await factories.discussion(here.owner), await factories.discussion(here.owner)
    variables = {"discussion": f"dis_{followed['id']}"}
    async with (
        socket(here.ask, patient) as first,
        socket(there, relative) as second,
        socket(there, moderator) as third,
    ):
        for made in (first, second, third):
            await made.subscribe("1", POST_ADDED, variables)
        await first.subscribe("2", POST_ADDED, {"discussion": f"dis_{other['id']}"})
        await subscribed(here.ask, 2)
        await subscribed(there, 2)
        author = await factories.member(here.owner, pseudonym="Ada")
        async with here.owner.transaction():
            post = await factories.post(
                here.owner, discussion_id=followed["id"], author_id=author["id"], body="One.\n\u2028\u2029Two."
            )
            await announce(here.owner, "postAdded", post["id"], followed["id"])
            assert await first.quiet()  # it is not committed yet
        answer = {"postAdded": {"body": "One.\n\u2028\u2029Two.", "author": {"pseudonym": "Ada"}}}
        for made in (first, second, third):
            assert await made.data("1") == answer
            assert await made.quiet()


async def test_posts_are_delivered_in_order_each_with_one_statement(here: EventNetwork) -> None:
    patient = await here.ask.sign_in("patient")
    discussion = (await factories.discussion(here.owner))["id"]
    async with socket(here.ask, patient) as made:
        await made.subscribe("1", POST_ADDED, {"discussion": f"dis_{discussion}"})
        await subscribed(here.ask, 1)
        assert await made.quiet()  # the statement with which it subscribed has been counted
        here.ask.statements.clear()
        for number in range(30):
            await here.post(discussion, f"Post {number}")
        assert [(await made.data("1"))["postAdded"]["body"] for _ in range(30)] == [
            f"Post {number}" for number in range(30)
        ]
        assert len(here.ask.statements) == 30
        await made.send("complete", id="1")
        await subscribed(here.ask, 0)
        await here.post(discussion, "Nobody follows it.")
        assert await made.quiet()
        assert len(here.ask.statements) == 30


async def test_only_a_successful_mutation_delivers_a_post(here: EventNetwork) -> None:
    patient, relative = await here.ask.sign_in("patient"), await here.ask.sign_in("relative")
    member = await here.member_of(patient)
    community = (await factories.community(here.owner))["id"]
    await factories.membership(here.owner, member_id=member, community_id=community)
    discussion = (await factories.discussion(here.owner, community_id=community))["id"]
    about = {"discussion": f"dis_{discussion}"}
    async with socket(here.ask, relative) as made:
        await made.subscribe("1", POST_ADDED, about)
        await subscribed(here.ask, 1)
        for body, codes in (("x" * 100_000, ["TOO_LONG"]), ("Heard", [])):
            answer = await here.ask(patient, POST_ADD, about | {"body": body})
            assert [error["code"] for error in answer["data"]["postAdd"]["userErrors"]] == codes
        assert (await made.data("1"))["postAdded"]["body"] == "Heard"
        assert await made.quiet()


async def test_an_event_without_a_row_is_not_delivered(here: EventNetwork) -> None:
    patient = await here.ask.sign_in("patient")
    discussion = (await factories.discussion(here.owner))["id"]
    async with socket(here.ask, patient) as made:
        await made.subscribe("1", POST_ADDED, {"discussion": f"dis_{discussion}"})
        await subscribed(here.ask, 1)
        transaction = here.owner.transaction()
        await transaction.start()
        await here.post(discussion, "Rolled back")
        await transaction.rollback()
        await announce(here.owner, "postAdded", uuid4(), discussion)
        for nonsense in ("", "{", "[]", '{"kind": "postAdded"}', '{"kind": "postAdded", "subject": 7}'):
            await here.owner.execute("select pg_notify('cohorte_event', $1)", nonsense)
        await here.post(discussion, "Told")
        assert (await made.data("1"))["postAdded"]["body"] == "Told"


async def test_a_notification_is_delivered_only_to_its_member_even_if_the_event_is_forged(here: EventNetwork) -> None:
    patient, relative = await here.ask.sign_in("patient"), await here.ask.sign_in("relative")
    own, other = await here.member_of(patient), await here.member_of(relative)
    async with socket(here.ask, patient) as theirs, socket(here.ask, relative) as others:
        for made in (theirs, others):
            await made.subscribe("1", NOTIFIED)
        await subscribed(here.ask, 2)
        assert await theirs.quiet()  # the statements with which they subscribed have been counted
        here.ask.statements.clear()
        notification = await factories.notification(here.owner, member_id=own)
        await announce(here.owner, "notificationAdded", notification["id"], own)
        assert await theirs.data("1") == {"notificationAdded": {"kind": "SURVEY_OPEN"}}
        assert await others.quiet()
        assert len(here.ask.statements) == 1  # the other event ran no statement
        await announce(here.owner, "notificationAdded", notification["id"], other)
        assert await others.quiet()
        assert len(here.ask.statements) == 2  # it ran a statement, and the policy hid the row


async def test_a_flag_is_delivered_to_staff(here: EventNetwork) -> None:
    moderator = await here.ask.sign_in("moderator")
    async with socket(here.ask, moderator) as made:
        await made.subscribe("1", FLAGGED)
        await subscribed(here.ask, 1)
        post = await factories.post(here.owner, body="Buy it")
        flag = await factories.flag(here.owner, post_id=post["id"])
        await announce(here.owner, "flagRaised", flag["id"], post["id"])
        assert await made.data("1") == {"raised": {"__typename": "Flag", "reason": "SPAM", "post": {"body": "Buy it"}}}


async def test_a_survey_is_delivered_by_community_or_to_its_members(here: EventNetwork) -> None:
    patient = await here.ask.sign_in("patient")
    joined, strange = await factories.community(here.owner), await factories.community(here.owner)
    await factories.membership(here.owner, member_id=await here.member_of(patient), community_id=joined["id"])
    async with socket(here.ask, patient) as made:
        await made.subscribe("own", OPENED)
        await subscribed(here.ask, 1)
        await made.subscribe("strange", OPENED, {"community": strange["slug"]})
        await subscribed(here.ask, 2)
        drafted = await factories.survey(here.owner, community_id=joined["id"], status=SurveyStatus.DRAFT)
        await announce(here.owner, "surveyOpened", drafted["id"], joined["id"])
        for community, title in ((joined, "Of a joined one"), (strange, "Of a strange one")):
            survey = await factories.survey(here.owner, community_id=community["id"], title=title)
            await announce(here.owner, "surveyOpened", survey["id"], community["id"])
        received = [await made.receive() for _ in range(2)]
        assert {(each["id"], each["payload"]["data"]["surveyOpened"]["title"]) for each in received} == {
            ("own", "Of a joined one"),
            ("strange", "Of a strange one"),
        }
        assert await made.quiet()


async def test_only_a_revoked_sessions_sockets_close_and_in_every_process(here: EventNetwork, there: Ask) -> None:
    first, second = await here.ask.sign_in("patient"), await here.ask.sign_in("patient")
    async with socket(there, first) as closed, socket(there, second) as kept, socket(there) as anybodys:
        await closed.subscribe("1", NOTIFIED)
        await here.ask(first, "mutation { signOut { userErrors { code } } }")
        assert await closed.closed() == (4403, "Forbidden")
        assert await kept.quiet()
        assert await anybodys.quiet()
        await held(there, 2)
        await subscribed(there, 0)


@pytest.mark.parametrize(
    "change",
    [
        "delete from identity.session",
        "update identity.session set expires_at = now() - interval '1 second'",
        "update identity.staff set roles = '{}'",
    ],
)
async def test_a_changed_session_is_detected_without_a_notification(fresh: str, change: str) -> None:
    async with event_network(fresh) as network, socket(network.ask, await network.ask.sign_in("moderator")) as made:
        await streams_of(network.ask).check()
        assert await made.quiet()
        await network.owner.execute(change)
        # An unreadable notification may concern any session.
        await network.owner.execute("select pg_notify('session_revoked', 'nonsense')")
        assert await made.closed() == (4403, "Forbidden")


async def test_subscribers_are_informed_that_events_may_have_been_missed(fresh: str) -> None:
    async with event_network(fresh, filled=True) as network:
        patient = await network.ask.sign_in("patient")
        discussion = (await factories.discussion(network.owner))["id"]
        variables = {"discussion": f"dis_{discussion}"}
        async with socket(network.ask, patient) as made:
            await made.subscribe("1", POST_ADDED, variables)
            await subscribed(network.ask, 1)
            # Without the right to log in, the listener cannot reconnect.
            await network.owner.execute("alter role cohorte_public nologin")
            try:
                listener = "application_name = 'cohorte listener' and datname = current_database()"
                await network.owner.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {listener}")
                received = await made.receive()
                assert (received["type"], received["id"]) == ("error", "1")
                assert received["payload"] == [{"message": MISSED, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
                await made.subscribe("2", POST_ADDED, variables)  # which a client repeats until it begins
                assert await made.closed() == (1013, "Try again later")
                await subscribed(network.ask, 0)
            finally:
                await network.owner.execute("alter role cohorte_public login")
            endpoint = network.ask.app.endpoint
            assert endpoint is not None
            await until(lambda: endpoint.events.listening)
        async with socket(network.ask, patient) as made:
            await made.subscribe("3", POST_ADDED, variables)
            await subscribed(network.ask, 1)
            await network.post(discussion, "Heard again")
            assert (await made.data("3"))["postAdded"]["body"] == "Heard again"


@pytest.mark.slow
async def test_a_slow_reader_is_dropped_and_others_get_their_events(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.events.broker.MAX_QUEUED", 10)
    async with event_network(fresh) as network:
        slow, quick = await network.ask.sign_in("patient"), await network.ask.sign_in("relative")
        discussion = (await factories.discussion(network.owner))["id"]
        variables = {"discussion": f"dis_{discussion}"}
        async with socket(network.ask, quick) as reads, socket(network.ask, slow, max_queue=1) as sleeps:
            for made in (reads, sleeps):
                await made.subscribe("1", LONG_POST_ADDED, variables)
            await subscribed(network.ask, 2)
            for number in range(40):  # 20 MB: more than its connection holds
                await network.post(discussion, f"{number} " + "x" * 20_000)
                assert (await reads.data("1"))["postAdded"]["body"].startswith(f"{number} ")
            await held(network.ask, 1)
            await subscribed(network.ask, 1)
            await network.post(discussion, "Still delivered")
            assert (await reads.data("1"))["postAdded"]["body"] == "Still delivered"


async def test_a_stopping_server_closes_its_sockets_with_a_reason(fresh: str) -> None:
    async with serving(fresh) as ask:
        opened = socket(ask, await ask.sign_in("patient"))
        made = await opened.__aenter__()
        await made.subscribe("1", NOTIFIED)
        await subscribed(ask, 1)
    assert await made.closed() == (1001, "Going away")
    await opened.__aexit__(None, None, None)


async def test_a_subscribers_queue_is_bounded() -> None:
    events, dropped = Events(), []
    events.started()
    kind, about = "postAdded", uuid4()
    with events.subscribed(kind, about, lambda: dropped.append(True)) as subscriber:
        for number in range(MAX_QUEUED):
            events.notified(None, 0, "", payload(kind, UUID(int=number), about))
        assert dropped == []
        events.notified(None, 0, "", payload(kind, uuid4(), about))
        assert (dropped, len(subscriber.queued)) == ([True], MAX_QUEUED)
        events.lost()
        assert [(await subscriber.next()).subject.int for _ in range(MAX_QUEUED)] == list(range(MAX_QUEUED))
        with pytest.raises(RequestError):
            await subscriber.next()
    assert events.subscribers == {}
    with pytest.raises(RequestError), events.subscribed(kind, about, lambda: None):
        pass


async def test_subscribers_get_only_the_topics_they_subscribed_to() -> None:
    events = Events()
    events.started()
    about = uuid4()
    with (
        events.subscribed("postAdded", about, lambda: None) as one,
        events.subscribed("postAdded", None, lambda: None) as all,
        events.subscribed("flagRaised", None, lambda: None) as other,
    ):
        for this in (about, uuid4(), None):
            events.notified(None, 0, "", payload("postAdded", UUID(int=1), this))
        assert [len(each.queued) for each in (one, all, other)] == [1, 3, 0]


def test_invalid_events_are_ignored() -> None:
    id = uuid4()
    assert read(payload("a", id, None)) == Event("a", id, None)
    for nonsense in (
        "",
        "null",
        "5",
        "[1]",
        '{"kind":"a"}',
        '{"kind":"a","subject":"b"}',
        '{"kind":"a","subject":null}',
    ):
        assert read(nonsense) is None
    assert Subscriber(lambda: None).missed is False


def payload(kind: str, subject: UUID, about: UUID | None) -> str:
    received = "null" if about is None else f'"{about}"'
    return f'{{"kind": "{kind}", "subject": "{subject}", "about": {received}}}'
