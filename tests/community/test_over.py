"""What is over: flags of removed posts, removed texts, closed discussions, appointments, and notifications of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from resolvers.community.moderation_mutations import AMBASSADORS
from tests import factories
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network

BODY = "Call me: 555"
FLAG = "SELECT status, staff_id, resolution, resolved_at IS NOT NULL AS resolved FROM care.flag WHERE id = $1"
REMOVED = "query P($id: ID!) { node(id: $id) { ... on Post { body removed removedBody removalReason } } }"
OPEN = {"status": "OPEN", "staff_id": None, "resolution": None, "resolved": False}
LAPSED = OPEN | {"status": "LAPSED", "resolved": True}


@pytest_asyncio.fixture(scope="module")
async def moderator(network: Network) -> User:
    """Yields a signed-in moderator of the module's network."""
    return await network.staff(StaffRole.MODERATOR)


@pytest_asyncio.fixture
async def discussion(network: Network, community_id: UUID, ada: User) -> str:
    """Yields the graph's id of a discussion that `ada` started."""
    asked = {"community": f"com_{community_id}", "title": "Mornings", "body": "How are yours?"}
    return str((await network.do(ada, "discussionStart", "discussion { id }", **asked))["discussion"]["id"])


@pytest_asyncio.fixture
async def post(network: Network, ben: User, discussion: str) -> str:
    """Yields the graph's id of a post by `ben` in the discussion."""
    payload = await network.do(ben, "postAdd", "post { id }", discussion=discussion, body=BODY)
    return str(payload["post"]["id"])


async def flagged(network: Network, who: User, post: str, **given: Any) -> UUID:
    payload = await network.do(who, "postFlag", "__typename", post=post, **{"reason": "SPAM"} | given)
    assert payload["userErrors"] == []
    found = await network.value("SELECT id FROM care.flag WHERE post_id = $1 AND member_id = $2", key(post), who.id)
    return UUID(str(found))


async def done(network: Network, who: Caller, mutation: str, **given: Any) -> None:
    payload = await network.do(who, mutation, "__typename", **given)
    assert payload["userErrors"] == [], payload


async def seen(network: Network, who: Caller, post: str) -> Any:
    return (await network.ask(who, REMOVED, {"id": post}))["data"]["node"]


# Flags


async def test_the_open_flags_of_a_post_lapse_when_its_author_removes_it(
    network: Network, moderator: User, community_id: UUID, ada: User, ben: User, post: str
) -> None:
    dismissed, still = await flagged(network, ada, post), await flagged(network, ben, post)
    await done(network, moderator, "flagResolve", flag=f"flg_{dismissed}", upheld=False, note="Fine")
    await done(network, ben, "postRemove", post=post)
    assert await network.row(FLAG, still) == LAPSED
    assert (await network.row(FLAG, dismissed))["status"] == "DISMISSED"
    for upheld in (True, False):
        refusal = await network.refused(moderator, "flagResolve", flag=f"flg_{still}", upheld=upheld)
        assert refusal == ("TOO_LATE", "input.flag")
    query = "{ flags(status: LAPSED) { nodes { id status resolution resolvedAt } } }"
    (found,) = [
        node for node in (await network.ask(moderator, query))["data"]["flags"]["nodes"] if node["id"] == f"flg_{still}"
    ]
    assert (found["resolution"], found["resolvedAt"] is None) == (None, False)


async def test_the_open_flags_of_a_post_are_upheld_when_a_moderator_removes_it(
    network: Network, moderator: User, ada: User, ben: User, post: str
) -> None:
    flags = [await flagged(network, who, post) for who in (ada, ben)]
    await done(network, moderator, "postRemove", post=post, reason="A number")
    upheld = {"status": "UPHELD", "staff_id": moderator.id, "resolution": "A number", "resolved": True}
    assert [await network.row(FLAG, flag) for flag in flags] == [upheld, upheld]


@pytest.mark.parametrize(("note", "reason"), [("A number", "A number"), (None, "SPAM")])
async def test_an_upheld_flag_upholds_the_other_flags_of_its_post(
    network: Network, moderator: User, ada: User, ben: User, post: str, note: str | None, reason: str
) -> None:
    one, other = await flagged(network, ada, post), await flagged(network, ben, post, reason="ABUSE")
    await done(network, moderator, "flagResolve", flag=f"flg_{one}", upheld=True, note=note)
    upheld = {"status": "UPHELD", "staff_id": moderator.id, "resolved": True}
    assert await network.row(FLAG, one) == upheld | {"resolution": note}
    assert await network.row(FLAG, other) == upheld | {"resolution": reason}


async def test_a_flag_that_is_raised_again_starts_without_its_resolution(
    network: Network, moderator: User, ada: User, post: str
) -> None:
    flag = await flagged(network, ada, post)
    for _ in range(2):
        await done(network, moderator, "flagResolve", flag=f"flg_{flag}", upheld=False, note="Fine")
        assert (await network.row(FLAG, flag))["resolution"] == "Fine"
        assert await flagged(network, ada, post, reason="ABUSE") == flag
        assert await network.row(FLAG, flag) == OPEN


async def test_flagging_a_post_while_it_is_removed_leaves_no_open_flag(
    network: Network, moderator: User, community_id: UUID, ada: User, ben: User, discussion: str
) -> None:
    for _ in range(5):
        made = await network.do(ben, "postAdd", "post { id }", discussion=discussion, body=BODY)
        post = made["post"]["id"]
        flag = {"post": post, "reason": "SPAM"}
        answers = await asyncio.gather(
            network.do(ada, "postFlag", "__typename", **flag),
            network.do(moderator, "postRemove", "__typename", post=post, reason="r"),
            network.do(ben, "postFlag", "__typename", **flag),
        )
        codes = [error["code"] for answer in answers for error in answer["userErrors"]]
        assert set(codes) <= {"TOO_LATE"}
        left = "SELECT count(*) FROM care.flag WHERE post_id = $1 AND status = 'OPEN'"
        assert await network.value(left, key(post)) == 0


@pytest.mark.parametrize("gone", ["suspended", "left"])
async def test_the_posts_of_a_member_who_is_suspended_or_has_left_keep_their_open_flags(
    network: Network, moderator: User, ada: User, ben: User, post: str, gone: str
) -> None:
    """The posts are still read: a moderator still has to decide."""
    flag = await flagged(network, ada, post)
    if gone == "suspended":
        await done(network, moderator, "memberSuspend", member=ben.graph_id, reason="r")
    else:
        await network.database.execute("DELETE FROM care.member WHERE id = $1", ben.id)
    assert await network.row(FLAG, flag) == OPEN
    await done(network, moderator, "flagResolve", flag=f"flg_{flag}", upheld=True)
    assert (await network.row(FLAG, flag))["status"] == "UPHELD"


# Removed posts


async def test_the_author_and_moderators_read_a_text_that_a_moderator_removed(
    network: Network, moderator: User, ada: User, ben: User, post: str
) -> None:
    clerk = await network.staff(StaffRole.SURVEY_MANAGER)
    whole = {"body": BODY, "removed": False, "removedBody": None, "removalReason": None}
    assert [await seen(network, who, post) for who in (ada, ben, moderator)] == [whole] * 3
    await done(network, moderator, "postRemove", post=post, reason="A number")
    gone = {"body": None, "removed": True}
    text, reason = {"removedBody": BODY}, {"removalReason": "A number"}
    none = {"removedBody": None, "removalReason": None}
    for who, fields in ((ben, text | reason), (moderator, text | reason), (ada, none)):
        assert await seen(network, who, post) == gone | fields
    assert await seen(network, clerk, post) is None
    found = await network.ask(ada, f'{{ search: node(id: "{post}") {{ ... on Post {{ discussion {{ id }} }} }} }}')
    assert found["data"]["search"] is not None
    words = 'query S($d: String!) { community(slug: $d) { discussions(search: "555") { nodes { id } } } }'
    slug = await network.value(
        "SELECT c.slug FROM catalog.community c JOIN care.discussion d ON d.community_id = c.id"
        " JOIN care.post p ON p.discussion_id = d.id WHERE p.id = $1",
        key(post),
    )
    assert (await network.ask(ben, words, {"d": slug}))["data"]["community"]["discussions"]["nodes"] == []


async def test_a_text_that_its_author_removed_is_deleted(
    network: Network, moderator: User, ben: User, post: str
) -> None:
    await done(network, ben, "postRemove", post=post)
    none = {"body": None, "removed": True, "removedBody": None, "removalReason": None}
    assert [await seen(network, who, post) for who in (ben, moderator)] == [none] * 2
    assert await network.value("SELECT count(*) FROM care.removed_text WHERE post_id = $1", key(post)) == 0
    await done(network, moderator, "postRemove", post=post, reason="r")  # changes nothing
    assert await seen(network, ben, post) == none
    assert await network.refused(moderator, "postRestore", post=post) == ("TOO_LATE", "input.post")


async def test_a_removed_text_is_exported_and_erased_with_its_author(
    network: Network, moderator: User, ben: User, post: str
) -> None:
    await done(network, moderator, "postRemove", post=post, reason="A number")
    await network.database.execute("DELETE FROM care.member WHERE id = $1", ben.id)
    assert await network.value("SELECT count(*) FROM care.removed_text WHERE post_id = $1", key(post)) == 0
    assert await network.refused(moderator, "postRestore", post=post) == ("TOO_LATE", "input.post")


async def test_a_restored_post_is_as_it_was_and_its_flags_are_dismissed(
    network: Network, moderator: User, ada: User, ben: User, post: str
) -> None:
    dismissed, upheld = await flagged(network, ada, post), await flagged(network, ben, post)
    await done(network, moderator, "flagResolve", flag=f"flg_{dismissed}", upheld=False, note="Fine")
    await done(network, moderator, "postRemove", post=post, reason="A number")
    whole = {"body": BODY, "removed": False, "removedBody": None, "removalReason": None}
    given = {"post": post, "note": " No number "}
    fields = "post { body removed removedBody removalReason }"
    payloads = await asyncio.gather(*(network.do(moderator, "postRestore", fields, **given) for _ in range(3)))
    assert payloads == [{"post": whole, "userErrors": []}] * 3
    assert await seen(network, ben, post) == whole
    decided = {"status": "DISMISSED", "staff_id": moderator.id, "resolved": True}
    assert await network.row(FLAG, dismissed) == decided | {"resolution": "Fine"}
    assert await network.row(FLAG, upheld) == decided | {"resolution": "No number"}
    about = "SELECT count(*) FROM care.notification WHERE member_id = $1 AND kind = 'MODERATION' AND subject_id = $2"
    assert await network.value(about, ben.id, key(post)) == 2  # removed, and restored once
    # It can be edited, flagged and removed again.
    await done(network, ben, "postEdit", post=post, body="Write to me.")
    assert await flagged(network, ada, post) == dismissed
    await done(network, moderator, "postRemove", post=post, reason="An address")
    assert (await seen(network, ben, post))["removedBody"] == "Write to me."


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({"post": f"pst_{uuid4()}"}, ("NOT_FOUND", "input.post")), ({"note": "n" * 1_001}, ("TOO_LONG", "input.note"))],
)
async def test_a_refused_restoration_changes_nothing(
    network: Network, moderator: User, ben: User, post: str, given: dict[str, Any], refusal: tuple[str, str]
) -> None:
    await done(network, moderator, "postRemove", post=post, reason="A number")
    assert await network.refused(moderator, "postRestore", **{"post": post} | given) == refusal
    assert (await seen(network, ben, post))["removed"] is True


@pytest.mark.parametrize("roles", [[], [StaffRole.SURVEY_MANAGER, StaffRole.DATA_STEWARD]])
async def test_only_moderators_restore_close_and_appoint(
    network: Network, moderator: User, community_id: UUID, ada: User, discussion: str, post: str, roles: list[StaffRole]
) -> None:
    await done(network, moderator, "postRemove", post=post, reason="A number")
    clerk = await network.staff(*roles)
    moderating: dict[str, dict[str, Any]] = {
        "postRestore": {"post": post},
        "discussionClose": {"discussion": discussion, "closed": True},
        "ambassadorAppoint": {"member": ada.graph_id, "community": f"com_{community_id}", "appointed": True},
    }
    for mutation, given in moderating.items():
        answer = await network.answer(clerk, mutation, "__typename", **given)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await network.value("SELECT removed FROM care.post WHERE id = $1", key(post))
    assert not await network.value("SELECT closed FROM care.discussion WHERE id = $1", key(discussion))
    assert await network.value("SELECT count(*) FROM care.membership WHERE role = 'AMBASSADOR'"
                               " AND community_id = $1", community_id) == 0  # fmt: skip


# Closed discussions


async def test_a_closed_discussion_takes_no_posts_and_edits_until_it_is_open_again(
    network: Network, moderator: User, ada: User, ben: User, discussion: str, post: str
) -> None:
    closing = {"discussion": discussion, "closed": True}
    payload = await network.do(moderator, "discussionClose", "discussion { closed }", **closing)
    assert payload == {"discussion": {"closed": True}, "userErrors": []}
    await done(network, moderator, "discussionClose", **closing)
    added = await network.refused(ada, "postAdd", discussion=discussion, body="One more.")
    assert added == ("TOO_LATE", "input.discussion")
    assert await network.refused(ben, "postEdit", post=post, body="Mine.") == ("TOO_LATE", "input.post")
    assert await network.value("SELECT body FROM care.post WHERE id = $1", key(post)) == BODY
    # Read, reacted to, flagged and removed.
    await done(network, ada, "postReact", post=post, reaction="HUG", on=True)
    flag = await flagged(network, ada, post)
    await done(network, ben, "postRemove", post=post)
    assert await network.row(FLAG, flag) == LAPSED
    await done(network, moderator, "discussionClose", discussion=discussion, closed=False)
    await done(network, ada, "postAdd", discussion=discussion, body="One more.")


async def test_an_unknown_discussion_is_not_found(network: Network, moderator: User, post: str) -> None:
    for id in (f"dis_{uuid4()}", post, "nonsense"):
        refusal = await network.refused(moderator, "discussionClose", discussion=id, closed=True)
        assert refusal == ("NOT_FOUND", "input.discussion")


async def test_no_post_comes_after_the_end_of_a_discussion(
    network: Network, moderator: User, ada: User, ben: User, discussion: str
) -> None:
    """Posts that waited while the discussion was being closed are refused."""
    closing = network.database.transaction()
    await closing.start()
    await network.database.execute("UPDATE care.discussion SET closed = true WHERE id = $1", key(discussion))
    waiting = [
        asyncio.create_task(network.do(who, "postAdd", "__typename", discussion=discussion, body="b"))
        for who in (ada, ben)
    ]
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in waiting)
    await closing.commit()
    for payload in await asyncio.gather(*waiting):
        assert payload["userErrors"] == [{"code": "TOO_LATE", "path": ["input", "discussion"]}]
    assert await network.value("SELECT post_count FROM care.discussion WHERE id = $1", key(discussion)) == 1


# Ambassadors


async def ambassadors(network: Network, who: Caller, community: UUID) -> list[str]:
    query = f'{{ node(id: "com_{community}") {{ ... on Community {{ ambassadors {{ pseudonym }} }} }} }}'
    found = (await network.ask(who, query))["data"]["node"]["ambassadors"]
    return [member["pseudonym"] for member in found]


async def role(network: Network, who: User) -> list[str]:
    answer = await network.ask(who, "{ me { memberships { role } } }")
    return [membership["role"] for membership in answer["data"]["me"]["memberships"]]


def appointment(who: User, community: UUID, appointed: bool = True) -> dict[str, Any]:
    return {"member": who.graph_id, "community": f"com_{community}", "appointed": appointed}


async def test_moderators_appoint_ambassadors_whom_members_see(
    network: Network, moderator: User, community_id: UUID, ada: User, ben: User
) -> None:
    fields = "member { id } community { ambassadors { pseudonym } }"
    for _ in range(2):
        payload = await network.do(moderator, "ambassadorAppoint", fields, **appointment(ada, community_id))
        made = {"member": {"id": ada.graph_id}, "community": {"ambassadors": [{"pseudonym": ada.name}]}}
        assert payload == made | {"userErrors": []}
    assert [await ambassadors(network, who, community_id) for who in (ada, ben, moderator)] == [[ada.name]] * 3
    assert (await role(network, ada), await role(network, ben)) == (["AMBASSADOR"], ["MEMBER"])
    for _ in range(2):
        await done(network, moderator, "ambassadorAppoint", **appointment(ada, community_id, False))
    assert (await ambassadors(network, ben, community_id), await role(network, ada)) == ([], ["MEMBER"])


async def test_an_appointment_ends_with_a_suspension_and_with_the_membership(
    network: Network, moderator: User, community_id: UUID, ada: User, ben: User
) -> None:
    for who in (ada, ben):
        await done(network, moderator, "ambassadorAppoint", **appointment(who, community_id))
    now = datetime.now(UTC)
    suspending = {"member": ada.graph_id, "reason": "r"}
    await done(network, moderator, "memberSuspend", **suspending, until=(now - timedelta(hours=1)).isoformat())
    assert await role(network, ada) == ["AMBASSADOR"]  # no suspension
    await done(network, moderator, "memberSuspend", **suspending, until=(now + timedelta(hours=1)).isoformat())
    assert await ambassadors(network, ada, community_id) == [ben.name]
    refusal = await network.refused(moderator, "ambassadorAppoint", **appointment(ada, community_id))
    assert refusal == ("NOT_ELIGIBLE", "input.member")
    await done(network, moderator, "memberSuspend", **suspending, until=(now - timedelta(hours=1)).isoformat())
    assert await role(network, ada) == ["MEMBER"]
    await done(network, moderator, "ambassadorAppoint", **appointment(ada, community_id))
    for mutation in ("communityLeave", "communityJoin"):
        await done(network, ben, mutation, community=f"com_{community_id}")
    assert await ambassadors(network, ben, community_id) == [ada.name]


async def test_refused_appointments(network: Network, moderator: User, community_id: UUID, ada: User) -> None:
    stranger, elsewhere = await network.member(), (await factories.community(network.database))["id"]
    for given, refusal in (
        (appointment(stranger, community_id), ("NOT_ELIGIBLE", "input.member")),
        (appointment(ada, elsewhere), ("NOT_ELIGIBLE", "input.member")),
        (appointment(ada, uuid4()), ("NOT_FOUND", "input.community")),
        (appointment(ada, community_id) | {"member": f"mbr_{uuid4()}"}, ("NOT_FOUND", "input.member")),
        (appointment(ada, community_id) | {"member": "nonsense"}, ("NOT_FOUND", "input.member")),
    ):
        assert await network.refused(moderator, "ambassadorAppoint", **given) == refusal
    for _ in range(AMBASSADORS):
        member = (await factories.member(network.database))["id"]
        joined = {"member_id": member, "community_id": community_id, "role": "AMBASSADOR"}
        await factories.membership(network.database, **joined)
    refusal = await network.refused(moderator, "ambassadorAppoint", **appointment(ada, community_id))
    assert refusal == ("LIMIT_REACHED", "input.community")
    assert await role(network, ada) == ["MEMBER"]


# Notifications


async def notified(network: Network, who: User) -> list[str]:
    answer = await network.ask(who, "{ me { notifications { nodes { kind } } } }")
    return [node["kind"] for node in answer["data"]["me"]["notifications"]["nodes"]]


@pytest.mark.parametrize("by_author", [True, False])
async def test_the_notification_of_a_reply_goes_with_the_reply(
    network: Network, moderator: User, ada: User, ben: User, discussion: str, post: str, by_author: bool
) -> None:
    other = await network.do(ben, "postAdd", "post { id }", discussion=discussion, body="Another")
    assert await notified(network, ada) == ["REPLY", "REPLY"]
    who, reason = (ben, {}) if by_author else (moderator, {"reason": "r"})
    await done(network, who, "postRemove", post=post, **reason)
    assert await notified(network, ada) == ["REPLY"]
    subject = "SELECT subject_id FROM care.notification WHERE member_id = $1"
    assert await network.value(subject, ada.id) == key(other["post"]["id"])
    assert await notified(network, ben) == ([] if by_author else ["MODERATION"])
