"""Joining, leaving, discussions and posts: the effect of each mutation, its refusals, and what they leave unchanged."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.ids import key
from tests.support.network import Network


@pytest_asyncio.fixture
async def stranger(network: Network) -> User:
    """Yields a signed-in member of another community."""
    return await network.member((await factories.community(network.database))["id"])


async def started(network: Network, who: User, community_id: UUID, **given: Any) -> str:
    """The id of a discussion with one post."""
    asked = {"community": f"com_{community_id}", "title": "Mornings", "body": "How are yours?"} | given
    payload = await network.do(who, "discussionStart", "discussion { id }", **asked)
    assert payload["userErrors"] == []
    return str(payload["discussion"]["id"])


async def posted(network: Network, who: User, discussion: str, body: str = "Slow ones.") -> str:
    payload = await network.do(who, "postAdd", "post { id }", discussion=discussion, body=body)
    assert payload["userErrors"] == []
    return str(payload["post"]["id"])


async def counts(network: Network, discussion: str) -> tuple[int, int]:
    """A discussion's stored count of posts, and the number of its rows."""
    found = await network.row(
        "SELECT post_count, (SELECT count(*) FROM care.post WHERE discussion_id = d.id) AS posts"
        " FROM care.discussion d WHERE id = $1",
        key(discussion),
    )
    return found["post_count"], found["posts"]


# Communities


@pytest.mark.parametrize("kind", MemberKind)
async def test_a_member_joins_with_their_kind_and_joining_again_changes_nothing(
    network: Network, community_id: UUID, kind: MemberKind
) -> None:
    who = await network.member(kind=kind)
    today = datetime.now(UTC).date().isoformat()
    fields = "membership { community { id viewerMembership { role } } joinedOn role }"
    expected = {
        "membership": {
            "community": {"id": f"com_{community_id}", "viewerMembership": {"role": "MEMBER"}},
            "joinedOn": today,
            "role": "MEMBER",
        },
        "userErrors": [],
    }
    assert await network.do(who, "communityJoin", fields, community=f"com_{community_id}") == expected
    await network.database.execute("UPDATE care.membership SET role = 'AMBASSADOR' WHERE member_id = $1", who.id)
    expected["membership"]["role"] = expected["membership"]["community"]["viewerMembership"]["role"] = "AMBASSADOR"  # type: ignore[index]
    assert await network.do(who, "communityJoin", fields, community=f"com_{community_id}") == expected
    assert await network.value("SELECT count(*) FROM care.membership WHERE member_id = $1", who.id) == 1


async def test_a_members_posts_stay_when_they_leave(network: Network, community_id: UUID, ada: User, ben: User) -> None:
    discussion = await started(network, ada, community_id)
    fields = "community { viewerMembership { role } members { nodes { id } } }"
    left = await network.do(ada, "communityLeave", fields, community=f"com_{community_id}")
    assert left == {
        "community": {"viewerMembership": None, "members": {"nodes": []}},
        "userErrors": [],
    }
    query = "query ($id: ID!) { node(id: $id) { ... on Community { members { nodes { id } } } } }"
    left_behind = await network.ask(ben, query, {"id": f"com_{community_id}"})
    assert left_behind["data"]["node"]["members"]["nodes"] == [{"id": ben.graph_id}]
    assert await network.do(ada, "communityLeave", fields, community=f"com_{community_id}") == left
    assert await counts(network, discussion) == (1, 1)
    assert await network.refused(ada, "postAdd", discussion=discussion, body="Me again") == (
        "NOT_ELIGIBLE",
        "input.discussion",
    )


@pytest.mark.parametrize("mutation", ["communityJoin", "communityLeave"])
@pytest.mark.parametrize("id", ["", "com_", "nonsense", f"com_{UUID(int=1)}", f"dis_{UUID(int=1)}"])
async def test_an_unknown_community_is_not_found(network: Network, ada: User, mutation: str, id: str) -> None:
    before = await network.value("SELECT count(*) FROM care.membership")
    assert await network.refused(ada, mutation, community=id) == ("NOT_FOUND", "input.community")
    assert await network.value("SELECT count(*) FROM care.membership") == before


async def test_concurrent_joins_make_members_and_change_no_published_count(
    network: Network, community_id: UUID
) -> None:
    joining = [await network.member() for _ in range(15)]
    community = f"com_{community_id}"
    asked = [network.do(who, "communityJoin", "__typename", community=community) for who in joining for _ in range(2)]
    payloads = await asyncio.gather(*asked)
    assert [payload["userErrors"] for payload in payloads] == [[]] * 30
    assert await network.value("SELECT count(*) FROM care.membership WHERE community_id = $1", community_id) == 15
    await network.do(joining[0], "communityLeave", "__typename", community=community)
    await network.database.execute("DELETE FROM care.member WHERE id = any($1)", [who.id for who in joining[:11]])
    assert await network.value("SELECT count(*) FROM care.membership WHERE community_id = $1", community_id) == 4
    assert await network.value("SELECT member_count FROM catalog.community WHERE id = $1", community_id) == 0


# Discussions


async def test_a_discussion_is_started_with_a_first_post_and_topics(
    network: Network, community_id: UUID, ada: User
) -> None:
    treatment, indicator = await factories.treatment(network.database), await factories.indicator(network.database)
    payload = await network.do(
        ada,
        "discussionStart",
        "discussion { community { id } title author { id } postCount closed posts { nodes { body author { id } } }"
        " about { ... on Treatment { slug } ... on Indicator { name } } }"
        ,
        community=f"com_{community_id}",
        title="  Mornings ",
        body="  indented\n\n\tas *written*  ",
        about=[f"ind_{indicator['id']}", f"trt_{treatment['id']}"],
    )  # fmt: skip
    assert payload == {
        "discussion": {
            "community": {"id": f"com_{community_id}"},
            "title": "Mornings",
            "author": {"id": ada.graph_id},
            "postCount": 1,
            "closed": False,
            "posts": {"nodes": [{"body": "  indented\n\n\tas *written*  ", "author": {"id": ada.graph_id}}]},
            "about": [{"name": indicator["name"]}, {"slug": treatment["slug"]}],
        },
        "userErrors": [],
    }
    assert await network.value("SELECT last_post_at = max(p.created_at) FROM care.discussion d JOIN care.post p"
                            " ON p.discussion_id = d.id WHERE d.author_id = $1 GROUP BY d.id", ada.id)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"title": "Hi"}, ("INVALID", "input.title")),
        ({"title": "  \n "}, ("INVALID", "input.title")),
        ({"title": "t" * 151}, ("TOO_LONG", "input.title")),
        ({"title": "One\nTwo"}, ("INVALID", "input.title")),
        ({"body": " \n"}, ("INVALID", "input.body")),
        ({"body": "b" * 10_001}, ("TOO_LONG", "input.body")),
        ({"body": "a\x07b"}, ("INVALID", "input.body")),
        ({"body": "a\x85b"}, ("INVALID", "input.body")),
        ({"community": f"com_{uuid4()}"}, ("NOT_FOUND", "input.community")),
        ({"about": [f"trt_{uuid4()}"]}, ("NOT_FOUND", "input.about.0")),
        ({"about": ["nonsense"]}, ("NOT_FOUND", "input.about.0")),
        ({"about": [f"ind_{uuid4()}"] * 6}, ("INVALID", "input.about")),
    ],
)
async def test_a_refused_discussion_is_not_created(
    network: Network, community_id: UUID, ada: User, given: dict[str, Any], refusal: tuple[str, str]
) -> None:
    asked = {"community": f"com_{community_id}", "title": "Mornings", "body": "How are yours?"} | given
    assert await network.refused(ada, "discussionStart", **asked) == refusal
    assert await network.value("SELECT count(*) FROM care.discussion WHERE author_id = $1", ada.id) == 0
    assert await network.value("SELECT count(*) FROM care.post WHERE author_id = $1", ada.id) == 0


async def test_concurrent_requests_with_one_id_start_one_discussion(
    network: Network, community_id: UUID, ada: User
) -> None:
    given = {"community": f"com_{community_id}", "title": "Mornings", "body": "How?", "clientMutationId": "m"}
    payloads = await asyncio.gather(
        *(network.do(ada, "discussionStart", "discussion { id }", **given) for _ in range(3))
    )
    assert payloads == [payloads[0]] * 3
    assert await network.value("SELECT count(*) FROM care.discussion WHERE community_id = $1", community_id) == 1
    assert await network.value("SELECT count(*) FROM care.post WHERE author_id = $1", ada.id) == 1


async def test_a_topic_is_given_at_most_once(network: Network, community_id: UUID, ada: User) -> None:
    topic = f"trt_{(await factories.treatment(network.database))['id']}"
    asked = {"community": f"com_{community_id}", "title": "Mornings", "body": "How?", "about": [topic, topic]}
    assert await network.refused(ada, "discussionStart", **asked) == ("INVALID", "input.about.1")
    # A treatment's key is not an indicator's.
    asked["about"] = [topic.replace("trt", "ind")]
    assert await network.refused(ada, "discussionStart", **asked) == ("NOT_FOUND", "input.about.0")


async def test_texts_of_the_maximum_length_are_accepted(network: Network, community_id: UUID, ada: User) -> None:
    discussion = await started(network, ada, community_id, title="t" * 150, body="é" * 10_000)
    assert await network.value("SELECT length(title) FROM care.discussion WHERE id = $1", key(discussion)) == 150


async def test_non_members_of_a_community_read_but_do_not_write(
    network: Network, community_id: UUID, ada: User, stranger: User
) -> None:
    discussion = await started(network, ada, community_id)
    asked = {"community": f"com_{community_id}", "title": "Mornings", "body": "How are yours?"}
    assert await network.refused(stranger, "discussionStart", **asked) == ("NOT_ELIGIBLE", "input.community")
    asked = {"discussion": discussion, "body": "Hello"}
    assert await network.refused(stranger, "postAdd", **asked) == ("NOT_ELIGIBLE", "input.discussion")
    assert await network.value("SELECT count(*) FROM care.post WHERE author_id = $1", stranger.id) == 0
    assert await network.value("SELECT count(*) FROM care.discussion WHERE author_id = $1", stranger.id) == 0
    seen = await network.ask(
        stranger, "query D($id: ID!) { discussion(id: $id) { title postCount } }", {"id": discussion}
    )
    assert seen == {"data": {"discussion": {"title": "Mornings", "postCount": 1}}}


async def test_the_public_and_manager_views_lack_these_mutations(network: Network, community_id: UUID) -> None:
    manager = await network.staff(StaffRole.MODERATOR)
    for who in (ANYBODY, manager):
        answer = await network.answer(who, "postAdd", "__typename", discussion="dis_", body="Hello")
        assert "data" not in answer
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


# Posts


async def test_adding_a_post_notifies_the_discussions_author(
    network: Network, community_id: UUID, ada: User, ben: User
) -> None:
    discussion = await started(network, ada, community_id)
    await network.events()
    payload = await network.do(
        ben,
        "postAdd",
        "post { id body author { id } discussion { postCount lastPost { body } } editedAt removed }"
        " query { me { member { id } } }",
        discussion=discussion,
        body="Slow ones.",
    )
    post = payload["post"].pop("id")
    assert payload == {
        "post": {
            "body": "Slow ones.",
            "author": {"id": ben.graph_id},
            "discussion": {"postCount": 2, "lastPost": {"body": "Slow ones."}},
            "editedAt": None,
            "removed": False,
        },
        "query": {"me": {"member": {"id": ben.graph_id}}},
        "userErrors": [],
    }
    query = "{ me { notifications { nodes { kind subject { id } } } } }"
    assert await network.ask(ada, query) == {
        "data": {"me": {"notifications": {"nodes": [{"kind": "REPLY", "subject": {"id": post}}]}}}
    }
    assert await network.ask(ben, query) == {"data": {"me": {"notifications": {"nodes": []}}}}
    events = await network.events()
    assert {"kind": "postAdded", "subject": str(key(post)), "about": str(key(discussion))} in events
    assert sorted(event["kind"] for event in events) == ["notificationAdded", "postAdded"]


async def test_members_are_not_notified_of_their_own_posts_or_after_leaving(
    network: Network, community_id: UUID, ada: User, ben: User
) -> None:
    discussion = await started(network, ada, community_id)
    await posted(network, ada, discussion)
    await network.database.execute("UPDATE care.discussion SET author_id = NULL WHERE id = $1", key(discussion))
    await posted(network, ben, discussion)
    assert (
        await network.value("SELECT count(*) FROM care.notification WHERE member_id = any($1)", [ada.id, ben.id]) == 0
    )
    assert await counts(network, discussion) == (3, 3)


@pytest.mark.parametrize("mutation", ["postAdd", "postEdit"])
@pytest.mark.parametrize(
    ("body", "code"), [("", "INVALID"), ("b" * 10_001, "TOO_LONG"), ("a\x0bb", "INVALID"), ("a\x1bb", "INVALID")]
)
async def test_a_post_with_an_invalid_body_is_not_stored(
    network: Network, community_id: UUID, ada: User, mutation: str, body: str, code: str
) -> None:
    discussion = await started(network, ada, community_id)
    post = await posted(network, ada, discussion, "first")
    await network.events()
    asked = {"discussion": discussion} if mutation == "postAdd" else {"post": post}
    assert await network.refused(ada, mutation, body=body, **asked) == (code, "input.body")
    assert await counts(network, discussion) == (2, 2)
    assert await network.value("SELECT body FROM care.post WHERE id = $1", key(post)) == "first"
    assert await network.events() == []


async def test_a_closed_discussion_takes_no_posts_but_authors_can_still_remove_theirs(
    network: Network, community_id: UUID, ada: User
) -> None:
    discussion = await started(network, ada, community_id)
    post = await posted(network, ada, discussion)
    await network.database.execute("UPDATE care.discussion SET closed = true WHERE id = $1", key(discussion))
    assert await network.refused(ada, "postAdd", discussion=discussion, body="x") == ("TOO_LATE", "input.discussion")
    assert await network.refused(ada, "postEdit", post=post, body="x") == ("TOO_LATE", "input.post")
    assert await counts(network, discussion) == (2, 2)
    assert await network.value("SELECT edited_at FROM care.post WHERE id = $1", key(post)) is None
    assert (await network.do(ada, "postRemove", "post { removed }", post=post))["post"] == {"removed": True}


async def test_whoever_has_left_a_community_removes_their_posts_there_and_does_not_edit_them(
    network: Network, community_id: UUID, ben: User
) -> None:
    discussion = await started(network, ben, community_id)
    post = await posted(network, ben, discussion, "As it was")
    await network.do(ben, "communityLeave", "__typename", community=f"com_{community_id}")
    assert await network.refused(ben, "postEdit", post=post, body="x") == ("NOT_ELIGIBLE", "input.post")
    assert await network.value("SELECT body FROM care.post WHERE id = $1", key(post)) == "As it was"
    assert (await network.do(ben, "postRemove", "post { removed }", post=post))["post"] == {"removed": True}
    await network.do(ben, "communityJoin", "__typename", community=f"com_{community_id}")
    again = await posted(network, ben, discussion, "Back")
    edited = await network.do(ben, "postEdit", "post { body }", post=again, body="Back again")
    assert edited["post"] == {"body": "Back again"}


async def test_an_unknown_discussion_or_post_is_not_found(network: Network, ada: User) -> None:
    for id in ("nonsense", f"dis_{uuid4()}", f"pst_{uuid4()}"):
        assert await network.refused(ada, "postAdd", discussion=id, body="x") == ("NOT_FOUND", "input.discussion")
        on_posts: dict[str, dict[str, Any]] = {
            "postEdit": {"body": "x"},
            "postRemove": {},
            "postReact": {"reaction": "HUG", "on": True},
            "postFlag": {"reason": "SPAM"},
        }
        for mutation, given in on_posts.items():
            assert await network.refused(ada, mutation, post=id, **given) == ("NOT_FOUND", "input.post")


async def test_concurrent_posts_are_all_counted_and_ordered_as_stored(network: Network, community_id: UUID) -> None:
    people = [await network.member(community_id) for _ in range(8)]
    discussion = await started(network, people[0], community_id)
    payloads = await asyncio.gather(
        *(network.do(who, "postAdd", "post { createdAt }", discussion=discussion, body="Me too") for who in people * 3)
    )
    assert [payload["userErrors"] for payload in payloads] == [[]] * 24
    assert await counts(network, discussion) == (25, 25)
    times = [payload["post"]["createdAt"] for payload in payloads]
    assert len(set(times)) == 24
    last = await network.row("SELECT last_post_at FROM care.discussion WHERE id = $1", key(discussion))
    assert last["last_post_at"] == max(map(datetime.fromisoformat, times))


async def test_a_new_post_comes_last_even_if_the_clock_was_set_back(
    network: Network, community_id: UUID, ada: User
) -> None:
    discussion = await started(network, ada, community_id)
    ahead = datetime.now(UTC) + timedelta(hours=3)
    await factories.post(network.database, discussion_id=key(discussion), created_at=ahead, body="From tomorrow")
    await posted(network, ada, discussion)
    last = await network.row("SELECT last_post_at FROM care.discussion WHERE id = $1", key(discussion))
    assert last["last_post_at"] == ahead + timedelta(microseconds=1)


async def test_a_repeated_request_adds_one_post(network: Network, community_id: UUID, ada: User, ben: User) -> None:
    discussion = await started(network, ada, community_id)
    given = {"discussion": discussion, "body": "Once", "clientMutationId": "a"}
    payloads = await asyncio.gather(*(network.do(ben, "postAdd", "post { id body }", **given) for _ in range(4)))
    assert {payload["post"]["id"] for payload in payloads} == {payloads[0]["post"]["id"]}
    assert await network.do(ben, "postAdd", "post { id body }", **given) == payloads[0]
    assert await counts(network, discussion) == (2, 2)
    assert await network.value("SELECT count(*) FROM care.notification WHERE member_id = $1", ada.id) == 1
    other = given | {"body": "Twice"}
    assert await network.refused(ben, "postAdd", **other) == ("CONFLICT", "input.clientMutationId")
    assert await counts(network, discussion) == (2, 2)
    await network.do(ada, "postAdd", "post { id }", **given)  # request ids of other callers are separate
    assert await counts(network, discussion) == (3, 3)


@pytest.mark.parametrize(("days_old", "most"), [(6, 5), (8, 30)])
async def test_hourly_posts_are_limited_more_strictly_for_new_members(
    network: Network, community_id: UUID, days_old: int, most: int
) -> None:
    who = await network.member(community_id, days_old=days_old)
    discussion = await started(network, who, community_id)
    payloads = await asyncio.gather(
        *(network.do(who, "postAdd", "post { id }", discussion=discussion, body="Hello") for _ in range(most + 2))
    )
    refusals = [payload["userErrors"] for payload in payloads if payload["userErrors"]]
    assert refusals == [[{"code": "LIMIT_REACHED", "path": ["input", "body"]}]] * 3
    assert await counts(network, discussion) == (most, most)
    asked = {"community": f"com_{community_id}", "title": "Mornings", "body": "How are yours?"}
    assert await network.refused(who, "discussionStart", **asked) == ("LIMIT_REACHED", "input.body")
    assert await network.value("SELECT count(*) FROM care.discussion WHERE author_id = $1", who.id) == 1
    # Removed posts count too; those older than an hour do not.
    post = next(payload["post"]["id"] for payload in payloads if payload["post"])
    await network.do(who, "postRemove", "__typename", post=post)
    assert await network.refused(who, "postAdd", discussion=discussion, body="x") == ("LIMIT_REACHED", "input.body")
    await network.database.execute(
        "UPDATE care.post SET created_at = created_at - interval '61 minutes' WHERE id = $1", key(post)
    )
    await posted(network, who, discussion)


async def test_only_the_author_edits_a_post(network: Network, community_id: UUID, ada: User, ben: User) -> None:
    discussion = await started(network, ada, community_id)
    post = await posted(network, ada, discussion, "befor")
    assert await network.refused(ben, "postEdit", post=post, body="mine") == ("NOT_FOUND", "input.post")
    assert await network.value("SELECT body FROM care.post WHERE id = $1", key(post)) == "befor"
    edited = await network.do(ada, "postEdit", "post { body createdAt editedAt removed }", post=post, body="before")
    assert edited["post"]["body"] == "before"
    assert edited["post"]["editedAt"] > edited["post"]["createdAt"]
    assert await counts(network, discussion) == (2, 2)
    found = "query D($id: ID!) { discussion(id: $id) { community { discussions(search: %s) { nodes { id } } } } }"
    for word, hits in {"befor": [{"id": discussion}], "before": [{"id": discussion}], "afterwards": []}.items():
        answer = await network.ask(ben, found % f'"{word}"', {"id": discussion})
        assert answer["data"]["discussion"]["community"]["discussions"]["nodes"] == hits


async def test_a_removed_post_keeps_its_place_and_flags_but_loses_its_text(
    network: Network, community_id: UUID, ada: User, ben: User
) -> None:
    discussion = await started(network, ada, community_id)
    post = await posted(network, ben, discussion, "Regrettable")
    await network.do(ada, "postFlag", "__typename", post=post, reason="ABUSE")
    assert await network.refused(ada, "postRemove", post=post) == ("NOT_FOUND", "input.post")
    assert await network.value("SELECT body FROM care.post WHERE id = $1", key(post)) == "Regrettable"
    expected = {"post": {"body": None, "removed": True, "author": {"id": ben.graph_id}}, "userErrors": []}
    for _ in range(2):
        assert await network.do(ben, "postRemove", "post { body removed author { id } }", post=post) == expected
    assert await counts(network, discussion) == (2, 2)
    kept = await network.row("SELECT search::text, (SELECT count(*) FROM care.flag WHERE post_id = p.id) AS flags,"
                          " (SELECT count(*) FROM care.removal WHERE post_id = p.id) AS removals"
                          " FROM care.post p WHERE id = $1", key(post))  # fmt: skip
    assert kept == {"search": "", "flags": 1, "removals": 0}
    assert await network.refused(ben, "postEdit", post=post, body="No") == ("TOO_LATE", "input.post")
    assert await network.refused(ada, "postFlag", post=post, reason="SPAM") == ("TOO_LATE", "input.post")
    react = {"post": post, "reaction": "HUG", "on": True}
    assert await network.refused(ada, "postReact", **react) == ("TOO_LATE", "input.post")
    assert await network.value("SELECT count(*) FROM care.post_reaction WHERE post_id = $1", key(post)) == 0


async def test_a_post_that_is_edited_and_removed_concurrently_is_removed(
    network: Network, community_id: UUID, ada: User
) -> None:
    discussion = await started(network, ada, community_id)
    for _ in range(5):
        post = await posted(network, ada, discussion)
        await asyncio.gather(
            network.do(ada, "postEdit", "__typename", post=post, body="Again"),
            network.do(ada, "postRemove", "__typename", post=post),
        )
        kept = await network.row("SELECT body, removed FROM care.post WHERE id = $1", key(post))
        assert kept == {"body": None, "removed": True}


async def test_members_add_and_remove_a_reaction_idempotently(
    network: Network, community_id: UUID, ada: User, stranger: User
) -> None:
    post = await posted(network, ada, await started(network, ada, community_id))
    fields = "post { reactions { reaction count } viewerReactions }"

    async def react(who: User, reaction: str, on: bool) -> Any:
        payload = await network.do(who, "postReact", fields, post=post, reaction=reaction, on=on)
        assert payload["userErrors"] == []
        return payload["post"]

    hugged = {"reactions": [{"reaction": "HUG", "count": 1}], "viewerReactions": ["HUG"]}
    assert await asyncio.gather(*(react(stranger, "HUG", True) for _ in range(3))) == [hugged] * 3
    both = await react(ada, "HUG", True)
    assert both == {"reactions": [{"reaction": "HUG", "count": 2}], "viewerReactions": ["HUG"]}
    assert await react(stranger, "HUG", False) == {**hugged, "viewerReactions": []}
    assert await react(stranger, "HUG", False) == {**hugged, "viewerReactions": []}
    assert (await react(stranger, "THANKS", True))["viewerReactions"] == ["THANKS"]


async def test_flagging_a_post_again_replaces_the_members_flag(
    network: Network, community_id: UUID, ada: User, ben: User, stranger: User
) -> None:
    discussion = await started(network, ada, community_id)
    post = await posted(network, ada, discussion)
    await network.events()
    twice = [{"reason": "SPAM", "note": " Buy this "}, {"reason": "ABUSE", "note": "  "}]
    for given in twice:
        payload = await network.do(ben, "postFlag", "post { id }", post=post, **given)
        assert payload == {"post": {"id": post}, "userErrors": []}
    await asyncio.gather(*(network.do(stranger, "postFlag", "__typename", post=post, reason="SPAM") for _ in range(3)))
    flags = await network.database.fetch(
        "SELECT id, member_id, reason, note, status FROM care.flag WHERE post_id = $1 ORDER BY created_at", key(post)
    )
    assert [tuple(flag)[1:] for flag in flags] == [
        (ben.id, "ABUSE", None, "OPEN"),
        (stranger.id, "SPAM", None, "OPEN"),
    ]
    events = await network.events()
    assert {(event["kind"], event["subject"], event["about"]) for event in events} == {
        ("flagRaised", str(flag["id"]), str(key(discussion))) for flag in flags
    }
    long = {"post": post, "reason": "SPAM", "note": "n" * 1_001}
    assert await network.refused(ben, "postFlag", **long) == ("TOO_LONG", "input.note")
    assert await network.value("SELECT reason FROM care.flag WHERE id = $1", flags[0]["id"]) == "ABUSE"
