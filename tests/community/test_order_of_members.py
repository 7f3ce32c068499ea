"""The list of a community's members tells nobody who joined later than whom, which nobody but the member is shown."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.identity.accounts import StaffRole
from models.identity.members import Sharing
from planner.cursors import Cursors
from tests import factories
from tests.support.callers import User
from tests.support.network import Network
from tests.support.subscribers import event_stream, socket, subscribed

PAIRS = 40  # of members, of whom the second joined on the day after the first
MOST_RIGHT = 33  # whoever guesses each pair is right of more with a probability of 5 in a million
PAGE = """query ($slug: String!, $after: Cursor) { community(slug: $slug) {
    members(first: 33, after: $after) { nodes { pseudonym } pageInfo { hasNextPage endCursor } } } }"""


async def joined(network: Network, *, by_time: bool) -> str:
    """The slug of a community whose members joined one a day. Their ids are random, or in the order of the days."""
    community = await factories.community(network.database)
    for number in range(2 * PAIRS):
        given = {"id": UUID(int=(number << 90) + int(community["id"]) % 2**90)} if by_time else {}
        columns = {
            "pseudonym": f"{community['slug']} {number}",
            "kind": "PATIENT",
            "joined_on": date(2026, 1, 1),
        } | given
        member = await network.value(
            f"INSERT INTO care.member ({', '.join(columns)}) VALUES"
            f" ({', '.join(f'${at}' for at in range(1, len(columns) + 1))}) RETURNING id", *columns.values(),
        )  # fmt: skip
        await network.database.execute(
            "INSERT INTO care.profile (member_id, sharing) VALUES ($1, 'ALL_MEMBERS')", member
        )
        await factories.membership(
            network.database, member_id=member, community_id=community["id"],
            joined_on=date(2026, 1, 1) + timedelta(days=number),
        )  # fmt: skip
    slug: str = community["slug"]
    return slug


async def listed(network: Network, who: User, slug: str) -> list[int]:
    """The numbers of the community's members, in the order of the list."""
    found: list[int] = []
    after, more = None, True
    while more:
        answer = await network.ask(who, PAGE, {"slug": slug, "after": after})
        page = answer["data"]["community"]["members"]
        found += [int(one["pseudonym"].rpartition(" ")[2]) for one in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


def guessed(numbers: list[int]) -> int:
    """Of how many pairs a reader is right who takes one order of the list, or the other, for that of joining."""
    assert sorted(numbers) == list(range(2 * PAIRS))
    right = sum(numbers.index(2 * pair) < numbers.index(2 * pair + 1) for pair in range(PAIRS))
    return max(right, PAIRS - right)


@pytest.mark.parametrize("reader", ["member", "moderator"])
async def test_the_order_of_members_does_not_tell_who_joined_later(network: Network, reader: str) -> None:
    who = await (network.member() if reader == "member" else network.staff(StaffRole.MODERATOR))
    numbers = await listed(network, who, await joined(network, by_time=False))
    assert guessed(numbers) <= MOST_RIGHT
    # As it would be with ids that say when they were given.
    assert guessed(await listed(network, who, await joined(network, by_time=True))) == PAIRS


async def test_an_order_by_day_would_tell(network: Network) -> None:
    """As the list was read before."""
    slug = await joined(network, by_time=False)
    rows = await network.database.fetch(
        "SELECT m.pseudonym FROM care.member m JOIN care.membership s ON s.member_id = m.id JOIN catalog.community c"
        " ON c.id = s.community_id WHERE c.slug = $1 ORDER BY s.joined_on DESC, s.member_id DESC", slug
    )  # fmt: skip
    assert guessed([int(row["pseudonym"].rpartition(" ")[2]) for row in rows]) == PAIRS


async def test_pages_stay_the_same_while_members_join_and_leave(network: Network) -> None:
    slug, who = await joined(network, by_time=False), await network.member()
    before = await listed(network, who, slug)
    community = await network.value("SELECT id FROM catalog.community WHERE slug = $1", slug)
    await network.database.execute(
        "DELETE FROM care.membership s USING care.member m WHERE m.id = s.member_id AND m.pseudonym = $1", f"{slug} 7"
    )
    assert await listed(network, who, slug) == [number for number in before if number != 7]
    again = await network.value("SELECT id FROM care.member WHERE pseudonym = $1", f"{slug} 7")
    await factories.membership(network.database, member_id=again, community_id=community)
    assert await listed(network, who, slug) == before


EDGES = "{ nodes { id } edges { cursor } }"
LISTS = {
    "members": f"community(slug: $slug) {{ members(PAGE) {EDGES} }}",
    "members of a node": f"node(id: $id) {{ ... on Community {{ members(PAGE) {EDGES} }} }}",
    "discussions": f"community(slug: $slug) {{ discussions(PAGE) {EDGES} }}",
    "posts": f"community(slug: $slug) {{ discussions(first: 1) {{ nodes {{ posts(PAGE) {EDGES} }} }} }}",
    "treatments": f"community(slug: $slug) {{ treatments(PAGE) {EDGES} }}",
}


@pytest.mark.parametrize("planted", [False, True], ids=["bound", "of every parent"])
@pytest.mark.parametrize(("name", "argument"), [*((name, "after") for name in LISTS), ("posts", "before")])
async def test_a_cursor_of_one_communitys_list_is_refused_in_anothers(
    network: Network, monkeypatch: pytest.MonkeyPatch, name: str, argument: str, planted: bool
) -> None:
    if planted:
        tag = Cursors.tag
        monkeypatch.setattr(Cursors, "tag", lambda self, name, _, *language: tag(self, name, None, *language))
    places, who = [], await network.member()
    for _ in range(2):
        community = await factories.community(network.database)
        of = {"community_id": community["id"]}
        for _ in range(2):
            member = await factories.member(network.database, sharing=Sharing.ALL_MEMBERS)
            await factories.membership(network.database, member_id=member["id"], **of)
            treatment = await factories.treatment(network.database)
            await factories.community_treatment(network.database, treatment_id=treatment["id"], **of)
        for _ in range(2):
            discussion = await factories.discussion(network.database, **of)
            for _ in range(2):
                await factories.post(network.database, discussion_id=discussion["id"])
        places.append({"slug": community["slug"], "id": f"com_{community['id']}"})
    # Each case has a document of its own, since plans are cached by its text.
    text = f"query {'Planted' if planted else 'Bound'}($slug: String!, $id: ID!, $at: Cursor) {{"
    text += f" node(id: $id) {{ id }} community(slug: $slug) {{ id }} list: {LISTS[name]} }}"
    first = text.replace("PAGE", "first: 1, after: $at")
    cursor, *_ = cursors_in(await network.ask(who, first, places[0]))
    paged = text.replace("PAGE", f"{'first' if argument == 'after' else 'last'}: 1, {argument}: $at")
    own = await network.ask(who, paged, places[0] | {"at": cursor})
    assert "errors" not in own, own
    other = await network.ask(who, paged, places[1] | {"at": cursor})
    if planted:
        assert "errors" not in other, other
    else:
        [error] = other["errors"]
        assert error["message"] == f"The argument '{argument}' is not a cursor of this list."
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


POST_ADDED = """subscription SUBSCRIPTION($discussion: ID!, $at: Cursor) { postAdded(discussion: $discussion) {
    body discussion { posts(first: 9, after: $at) { nodes { body } } } } }"""
PLAIN = "subscription($discussion: ID!) { postAdded(discussion: $discussion) { body } }"
POSTS = "query POSTS($id: ID!) { node(id: $id) { ... on Discussion { posts(first: 1) { edges { cursor } } } } }"


@pytest.mark.parametrize("planted", [False, True], ids=["bound", "of every parent"])
async def test_a_cursor_of_another_discussion_ends_a_subscription_at_its_first_event(
    network: Network, monkeypatch: pytest.MonkeyPatch, planted: bool
) -> None:
    """Only the statement that reads the event knows the discussion, so the subscription has begun by then."""
    if planted:
        tag = Cursors.tag
        monkeypatch.setattr(Cursors, "tag", lambda self, name, _, *language: tag(self, name, None, *language))
    community = (await factories.community(network.database))["id"]
    who, discussions = await network.member(community), []
    for _ in range(2):
        made = await factories.discussion(network.database, community_id=community)
        await factories.post(network.database, discussion_id=made["id"])
        discussions.append(f"dis_{made['id']}")
    # Each case has documents of its own, since plans are cached by their text.
    case = "Planted" if planted else "Bound"
    first, text = POSTS.replace("POSTS", case), POST_ADDED.replace("SUBSCRIPTION", case)
    own, other = [cursors_in(await network.ask(who, first, {"id": each}))[0] for each in discussions]
    given, refusal = {"discussion": discussions[0]}, "The argument 'after' is not a cursor of this list."
    async with (
        socket(network.ask, who) as stream,
        event_stream(network.ask, who, text, given | {"at": other}) as events,
    ):
        assert await events.receive() == (":", None)
        await stream.subscribe("own", text, given | {"at": own})
        await stream.subscribe("other", text, given | {"at": other})
        await stream.subscribe("plain", PLAIN, given)
        await subscribed(network.ask, 4)
        for body in ("One", "Two"):
            await network.do(who, "postAdd", "__typename", discussion=discussions[0], body=body)
        messages = [await stream.receive() for _ in range(6 if planted else 5)]
        bodies: dict[str, list[str]] = {}
        for message in messages:
            if message["type"] == "next":
                bodies.setdefault(message["id"], []).append(message["payload"]["data"]["postAdded"]["body"])
        kind, data = await events.receive()
        if planted:
            assert bodies == {key: ["One", "Two"] for key in ("own", "other", "plain")}
            assert data["data"]["postAdded"]["body"] == "One"
            return
        assert bodies == {key: ["One", "Two"] for key in ("own", "plain")}
        [ended] = [message for message in messages if message["type"] != "next"]
        assert (ended["type"], ended["id"]) == ("error", "other")
        assert kind == "next"
        for [error] in (ended["payload"], data["errors"]):
            assert (error["message"], error["extensions"]) == (refusal, {"code": "BAD_USER_INPUT"})
        assert await events.receive() == ("complete", None)
        assert await stream.quiet()
        await subscribed(network.ask, 2)


async def test_a_cursor_of_another_field_is_refused_before_a_subscription_begins(network: Network) -> None:
    community = await factories.community(network.database)
    who = await network.member(community["id"])
    made = await factories.discussion(network.database, community_id=community["id"])
    first = "query ($slug: String!) { community(slug: $slug) { members(first: 1) { edges { cursor } } } }"
    [cursor] = cursors_in(await network.ask(who, first, {"slug": community["slug"]}))
    text = POST_ADDED.replace("SUBSCRIPTION", "Another")
    async with socket(network.ask, who) as stream:
        await stream.subscribe("1", text, {"discussion": f"dis_{made['id']}", "at": cursor})
        await stream.subscribe("2", text, {"discussion": f"dis_{made['id']}", "at": "c29tZXRoaW5n"})
        ended = [await stream.receive() for _ in range(2)]
    assert {(message["type"], message["id"]) for message in ended} == {("error", "1"), ("error", "2")}
    refusal = "The argument 'after' is not a cursor of this list."
    assert [error["message"] for message in ended for error in message["payload"]] == [refusal] * 2


def cursors_in(answer: Any) -> list[str]:
    if isinstance(answer, list):
        return [cursor for each in answer for cursor in cursors_in(each)]
    if isinstance(answer, dict):
        return [each for key, value in answer.items() for each in ([value] if key == "cursor" else cursors_in(value))]
    return []
