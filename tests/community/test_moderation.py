"""Moderation: removing posts, resolving flags, suspending members, and who may not."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network

Inputs = dict[str, dict[str, Any]]  # inputs of mutations, by name

NOTIFICATIONS = "{ me { notifications { nodes { kind subject { id } } } } }"


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
    payload = await network.do(ben, "postAdd", "post { id }", discussion=discussion, body="Call me: 555")
    return str(payload["post"]["id"])


async def kept(network: Network, post: str) -> dict[str, Any]:
    """A post's text, its removal and flags, and the notifications about it."""
    return dict(
        await network.row(
            "SELECT body, removed, (SELECT reason FROM care.removal WHERE post_id = p.id) AS why,"
            " (SELECT count(*) FROM care.notification n WHERE n.member_id = p.author_id AND n.kind = 'MODERATION')"
            " AS notified FROM care.post p WHERE id = $1",
            key(post),
        )
    )


WHOLE = {"body": "Call me: 555", "removed": False, "why": None, "notified": 0}


async def flagged(network: Network, who: User, post: str, **given: Any) -> str:
    await network.do(who, "postFlag", "__typename", post=post, **{"reason": "PERSONAL_DATA"} | given)
    flag = await network.value("SELECT id FROM care.flag WHERE post_id = $1 AND member_id = $2", key(post), who.id)
    return f"flg_{flag}"


@pytest.mark.parametrize("roles", [[], [StaffRole.SURVEY_MANAGER, StaffRole.DATA_STEWARD]])
async def test_only_moderators_moderate(
    network: Network, ada: User, ben: User, post: str, roles: list[StaffRole]
) -> None:
    flag, clerk = await flagged(network, ada, post), await network.staff(*roles)
    moderating: Inputs = {
        "postRemove": {"post": post, "reason": "No"},
        "flagResolve": {"flag": flag, "upheld": True},
        "memberSuspend": {"member": ben.graph_id, "reason": "No"},
    }
    for mutation, given in moderating.items():
        answer = await network.answer(clerk, mutation, "__typename", **given)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await kept(network, post) == WHOLE
    assert await network.value("SELECT status FROM care.flag WHERE id = $1", key(flag)) == "OPEN"
    assert await network.value("SELECT count(*) FROM care.suspension WHERE member_id = $1", ben.id) == 0


async def test_a_moderator_removes_a_post_and_its_author_may_read_why(
    network: Network,
    moderator: User,
    ada: User,
    ben: User,
    discussion: str,
    post: str,
) -> None:
    fields = "post { body removed removalReason discussion { postCount } }"
    removed = {"body": None, "removed": True, "removalReason": "A number", "discussion": {"postCount": 2}}
    given = {"post": post, "reason": " A number "}
    payloads = await asyncio.gather(*(network.do(moderator, "postRemove", fields, **given) for _ in range(3)))
    assert payloads == [{"post": removed, "userErrors": []}] * 3
    assert await kept(network, post) == {"body": None, "removed": True, "why": "A number", "notified": 1}
    assert await network.ask(ben, NOTIFICATIONS) == {
        "data": {"me": {"notifications": {"nodes": [{"kind": "MODERATION", "subject": {"id": post}}]}}}
    }
    reasons = "query P($id: ID!) { node(id: $id) { ... on Post { removalReason } } }"
    for who, reason in ((ben, "A number"), (ada, None), (moderator, "A number")):
        assert (await network.ask(who, reasons, {"id": post}))["data"] == {"node": {"removalReason": reason}}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, ("INVALID", "input.reason")),
        ({"reason": None}, ("INVALID", "input.reason")),
        ({"reason": "  "}, ("INVALID", "input.reason")),
        ({"reason": "r" * 1_001}, ("TOO_LONG", "input.reason")),
        ({"reason": "r", "post": f"pst_{uuid4()}"}, ("NOT_FOUND", "input.post")),
    ],
)
async def test_a_removal_needs_a_reason(
    network: Network, moderator: User, post: str, given: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert await network.refused(moderator, "postRemove", **{"post": post} | given) == refusal
    assert await kept(network, post) == WHOLE


async def test_a_post_can_be_removed_after_its_author_has_left(network: Network, moderator: User, post: str) -> None:
    await network.database.execute("UPDATE care.post SET author_id = NULL WHERE id = $1", key(post))
    payload = await network.do(moderator, "postRemove", "post { removed }", post=post, reason="A number")
    assert payload == {"post": {"removed": True}, "userErrors": []}


@pytest.mark.parametrize(("note", "why"), [("A number", "A number"), (None, "PERSONAL_DATA")])
async def test_an_upheld_flag_removes_its_post(
    network: Network, moderator: User, ada: User, post: str, note: str | None, why: str
) -> None:
    flag = await flagged(network, ada, post, note="There is a number")
    payloads = await asyncio.gather(
        *(
            network.do(
                moderator,
                "flagResolve",
                "flag { status note resolution post { body } }",
                flag=flag,
                upheld=True,
                note=note,
            )
            for _ in range(3)
        )
    )
    decided = {"status": "UPHELD", "note": "There is a number", "resolution": note, "post": {"body": None}}
    assert payloads == [{"flag": decided, "userErrors": []}] * 3
    assert await kept(network, post) == {"body": None, "removed": True, "why": why, "notified": 1}
    found = await network.row("SELECT staff_id, resolved_at <= now() AS now FROM care.flag WHERE id = $1",
                           key(flag))  # fmt: skip
    assert found == {"staff_id": moderator.id, "now": True}
    assert await network.refused(moderator, "flagResolve", flag=flag, upheld=False) == ("CONFLICT", "input.upheld")
    assert await network.value("SELECT status FROM care.flag WHERE id = $1", key(flag)) == "UPHELD"


async def test_dismissing_a_flag_keeps_the_post_and_allows_a_new_flag(
    network: Network, moderator: User, ada: User, post: str
) -> None:
    flag = await flagged(network, ada, post)
    payload = await network.do(moderator, "flagResolve", "flag { status }", flag=flag, upheld=False)
    assert payload == {"flag": {"status": "DISMISSED"}, "userErrors": []}
    assert await network.refused(moderator, "flagResolve", flag=flag, upheld=True) == ("CONFLICT", "input.upheld")
    assert await kept(network, post) == WHOLE
    assert await flagged(network, ada, post, reason="ABUSE") == flag
    assert await network.value("SELECT status FROM care.flag WHERE id = $1", key(flag)) == "OPEN"


async def test_a_flag_is_resolved_once_by_concurrent_moderators(
    network: Network, moderator: User, ada: User, post: str
) -> None:
    other = await network.staff(StaffRole.MODERATOR)
    flag = await flagged(network, ada, post)
    payloads = await asyncio.gather(
        network.do(moderator, "flagResolve", "__typename", flag=flag, upheld=True),
        network.do(other, "flagResolve", "__typename", flag=flag, upheld=False),
    )
    refusals = [payload["userErrors"] for payload in payloads]
    assert sorted(map(len, refusals)) == [0, 1]
    assert [{"code": "CONFLICT", "path": ["input", "upheld"]}] in refusals
    status = await network.value("SELECT status FROM care.flag WHERE id = $1", key(flag))
    assert status == ("UPHELD" if refusals[0] == [] else "DISMISSED")
    assert (await kept(network, post))["removed"] is (status == "UPHELD")


async def test_an_unknown_flag_or_member_is_not_found(network: Network, moderator: User, post: str) -> None:
    for id in (f"flg_{uuid4()}", post, "nonsense"):
        assert await network.refused(moderator, "flagResolve", flag=id, upheld=True) == ("NOT_FOUND", "input.flag")
    for id in (f"mbr_{uuid4()}", post, "nonsense"):
        assert await network.refused(moderator, "memberSuspend", member=id, reason="r") == ("NOT_FOUND", "input.member")
    assert await kept(network, post) == WHOLE


async def test_suspended_members_read_discussions_but_do_not_write(
    network: Network,
    moderator: User,
    community_id: UUID,
    ada: User,
    ben: User,
    discussion: str,
    post: str,
) -> None:
    fields = "member { id suspension { until reason } }"
    payload = await network.do(moderator, "memberSuspend", fields, member=ben.graph_id, reason=" Insults ")
    suspension = {"until": None, "reason": "Insults"}
    assert payload == {"member": {"id": ben.graph_id, "suspension": suspension}, "userErrors": []}
    own = "{ me { member { suspension { until reason } } notifications { nodes { kind } } } }"
    assert await network.ask(ben, own) == {
        "data": {"me": {"member": {"suspension": suspension}, "notifications": {"nodes": [{"kind": "MODERATION"}]}}}
    }
    seen = f'{{ node(id: "{ben.graph_id}") {{ ... on Member {{ pseudonym suspension {{ reason }} }} }} }}'
    assert await network.ask(ada, seen) == {"data": {"node": {"pseudonym": ben.name, "suspension": None}}}
    writing: Inputs = {
        "discussionStart": {"community": f"com_{community_id}", "title": "Mornings", "body": "b"},
        "postAdd": {"discussion": discussion, "body": "b"},
        "postEdit": {"post": post, "body": "b"},
        "postReact": {"post": post, "reaction": "HUG", "on": True},
    }
    for mutation, given in writing.items():
        code, _ = await network.refused(ben, mutation, **given)
        assert (mutation, code) == (mutation, "NOT_ELIGIBLE")
    written = await network.row(
        "SELECT count(*) AS posts, max(body) AS body FROM care.post WHERE author_id = $1", ben.id
    )
    assert written == {"posts": 1, "body": "Call me: 555"}
    assert await network.value("SELECT count(*) FROM care.post_reaction WHERE member_id = $1", ben.id) == 0
    read = await network.ask(ben, f'{{ discussion(id: "{discussion}") {{ posts {{ nodes {{ body }} }} }} }}')
    assert read["data"]["discussion"]["posts"]["nodes"] == [{"body": "How are yours?"}, {"body": "Call me: 555"}]
    # Suspended members may still request help, remove their posts and leave.
    still_open: Inputs = {
        "postFlag": {"post": post, "reason": "SELF_HARM_RISK"},
        "postReact": {"post": post, "reaction": "HUG", "on": False},
        "postRemove": {"post": post},
        "communityLeave": {"community": f"com_{community_id}"},
    }
    for mutation, given in still_open.items():
        assert await network.do(ben, mutation, "__typename", **given) == {
            "__typename": f"{mutation[0].upper()}{mutation[1:]}Payload",
            "userErrors": [],
        }


async def test_a_suspension_ends_by_itself_or_is_lifted(
    network: Network, moderator: User, ben: User, discussion: str
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    fields = "member { suspension { until } }"

    async def suspended(until: datetime) -> Any:
        given = {"member": ben.graph_id, "reason": "r", "until": until.isoformat()}
        payload = await network.do(moderator, "memberSuspend", fields, **given)
        assert payload["userErrors"] == []
        return payload["member"]["suspension"]

    tomorrow = now + timedelta(days=1)
    assert await suspended(tomorrow) == {"until": tomorrow.isoformat()}
    refusal = ("NOT_ELIGIBLE", "input.discussion")
    assert await network.refused(ben, "postAdd", discussion=discussion, body="b") == refusal
    assert await suspended(now - timedelta(minutes=1)) is None
    assert (await network.do(ben, "postAdd", "__typename", discussion=discussion, body="b"))["userErrors"] == []
    assert await network.value("SELECT count(*) FROM care.suspension WHERE member_id = $1", ben.id) == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"reason": " "}, ("INVALID", "input.reason")),
        ({"reason": "r" * 1_001}, ("TOO_LONG", "input.reason")),
        ({"reason": "r", "until": "0001-01-01T00:00:00+14:00"}, ("INVALID", "input.until")),
    ],
)
async def test_a_refused_suspension_suspends_nobody(
    network: Network,
    moderator: User,
    ben: User,
    given: dict[str, Any],
    refusal: tuple[str, str],
) -> None:
    assert await network.refused(moderator, "memberSuspend", member=ben.graph_id, **given) == refusal
    assert await network.value("SELECT count(*) FROM care.suspension WHERE member_id = $1", ben.id) == 0
    assert await network.value("SELECT count(*) FROM care.notification WHERE member_id = $1", ben.id) == 0


async def test_a_repeated_request_suspends_and_notifies_once(network: Network, moderator: User, ben: User) -> None:
    given = {"member": ben.graph_id, "reason": "r", "clientMutationId": "once"}
    payloads = await asyncio.gather(*(network.do(moderator, "memberSuspend", "__typename", **given) for _ in range(3)))
    assert [payload["userErrors"] for payload in payloads] == [[]] * 3
    assert await network.value("SELECT count(*) FROM care.notification WHERE member_id = $1", ben.id) == 1
