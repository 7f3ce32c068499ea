"""Appeals against removals: who appeals, once and in time, who decides, and what ends with the post or the member."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from resolvers.community.appeals_mutations import APPEAL_DAYS, APPEAL_MOST
from tests import factories
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network

WHY = "I named nobody."
LIST = "query ($status: AppealStatus) { appeals(first: 50, status: $status) { nodes { id text status post { id } } } }"
OF_POST = "query ($id: ID!) { node(id: $id) { ... on Post { body appeal { id text status resolution } } } }"


@pytest_asyncio.fixture(scope="module")
async def remover(network: Network) -> User:
    """Yields the moderator who removes posts."""
    return await network.staff(StaffRole.MODERATOR)


@pytest_asyncio.fixture(scope="module")
async def second(network: Network) -> User:
    """Yields another moderator."""
    return await network.staff(StaffRole.MODERATOR)


@pytest_asyncio.fixture
async def post(network: Network, community_id: UUID, ada: User) -> str:
    """Yields the graph's id of a post by `ada`."""
    asked = {"community": f"com_{community_id}", "title": "Mornings", "body": "How are yours?"}
    made = await network.do(ada, "discussionStart", "discussion { lastPost { id } }", **asked)
    return str(made["discussion"]["lastPost"]["id"])


async def removed(network: Network, remover: User, post: str) -> str:
    await network.do(remover, "postRemove", "__typename", post=post, reason="It names somebody.")
    return post


async def appealed(network: Network, who: User, post: str) -> str:
    fields = "post { appeal { id text status resolution } }"
    made = await network.do(who, "removalAppeal", fields, post=post, text=f" {WHY} ")
    appeal = made["post"]["appeal"]
    assert (appeal["text"], appeal["status"], appeal["resolution"]) == (WHY, "OPEN", None)
    return str(appeal["id"])


async def shown(network: Network, who: User, post: str) -> dict[str, object]:
    found: dict[str, object] = (await network.ask(who, OF_POST, {"id": post}))["data"]["node"]
    return found


async def notified(network: Network, who: User) -> int:
    return await network.count("care.notification", member_id=who.id, kind="MODERATION")


async def test_an_accepted_appeal_restores_the_post(
    network: Network, ada: User, ben: User, remover: User, second: User, post: str
) -> None:
    appeal = await appealed(network, ada, await removed(network, remover, post))
    assert (await shown(network, ben, post))["appeal"] is None  # between the author and the moderators
    assert await network.refused(ben, "removalAppeal", post=post, text=WHY) == ("NOT_FOUND", "input.post")
    listed = (await network.ask(second, LIST, {"status": "OPEN"}))["data"]["appeals"]["nodes"]
    assert {"id": appeal, "text": WHY, "status": "OPEN", "post": {"id": post}} in listed
    assert await notified(network, ada) == 1
    given = {"appeal": appeal, "accepted": True}
    decided = "appeal { status resolution post { removed } }"
    for _ in range(2):  # repeating it changes nothing
        made = await network.do(second, "appealResolve", decided, reason="It does not.", **given)
        assert made["appeal"] == {"status": "ACCEPTED", "resolution": "It does not.", "post": {"removed": False}}
        assert await notified(network, ada) == 2
    assert (await shown(network, ada, post))["body"] == "How are yours?"
    given["accepted"] = False
    assert await network.refused(second, "appealResolve", reason="No", **given) == ("CONFLICT", "input.accepted")
    # A removal after that can be appealed too.
    assert await appealed(network, ada, await removed(network, remover, post)) != appeal


async def test_a_declined_appeal_gives_the_reason_and_cannot_be_repeated(
    network: Network, ada: User, remover: User, second: User, post: str
) -> None:
    appeal = await appealed(network, ada, await removed(network, remover, post))
    await network.do(second, "appealResolve", "__typename", appeal=appeal, accepted=False, reason=" It names Anne. ")
    mine = (await shown(network, ada, post))["appeal"]
    assert mine == {"id": appeal, "text": WHY, "status": "DECLINED", "resolution": "It names Anne."}
    assert await notified(network, ada) == 2
    assert await network.refused(ada, "removalAppeal", post=post, text=WHY) == ("TAKEN", "input.post")
    assert (await shown(network, ada, post))["body"] is None
    await network.do(remover, "postRestore", "__typename", post=post)  # moderators may still change their minds
    assert ((await shown(network, ada, post))["appeal"] or {})["status"] == "DECLINED"  # type: ignore[index]


async def test_an_appeal_is_accepted_if_the_post_is_restored_otherwise(
    network: Network, ada: User, remover: User, post: str
) -> None:
    await appealed(network, ada, await removed(network, remover, post))
    await network.do(remover, "postRestore", "__typename", post=post, note="My mistake.")
    mine = (await shown(network, ada, post))["appeal"]
    assert isinstance(mine, dict)
    assert (mine["status"], mine["resolution"]) == ("ACCEPTED", "My mistake.")


async def test_whoever_removed_the_post_leaves_the_decision_to_another_moderator(
    own_network: Network,
) -> None:
    network = own_network
    community = (await factories.community(network.database))["id"]
    ada, remover = await network.member(community), await network.staff(StaffRole.MODERATOR)
    discussion = await factories.discussion(network.database, community_id=community)
    appeals = []
    for _ in range(2):
        row = await factories.post(network.database, discussion_id=discussion["id"], author_id=ada.id)
        appeals.append(await appealed(network, ada, await removed(network, remover, f"pst_{row['id']}")))
    await network.staff(StaffRole.SURVEY_MANAGER)
    given = {"accepted": False, "reason": "It does."}
    assert await network.refusals(remover, "appealResolve", appeal=appeals[0], **given) == []  # there is no other
    await network.staff(StaffRole.MODERATOR, StaffRole.DATA_STEWARD)
    refused = await network.refused(remover, "appealResolve", appeal=appeals[1], **given)
    assert refused == ("NOT_ELIGIBLE", "input.appeal")
    assert await network.value("SELECT status FROM care.appeal WHERE id = $1", key(appeals[1])) == "OPEN"


@pytest.mark.parametrize("days", [APPEAL_DAYS - 1, APPEAL_DAYS + 1])
async def test_an_appeal_is_possible_for_a_month(
    network: Network, ada: User, remover: User, post: str, days: int
) -> None:
    await removed(network, remover, post)
    moved = "UPDATE care.removal SET created_at = $2 WHERE post_id = $1"
    await network.database.execute(moved, key(post), datetime.now(UTC) - timedelta(days=days))
    expected = [] if days < APPEAL_DAYS else [("TOO_LATE", "input.post")]
    assert await network.refusals(ada, "removalAppeal", post=post, text=WHY) == expected


async def test_only_what_a_moderator_removed_is_appealed_and_every_fault_is_reported(
    network: Network, ada: User, post: str, remover: User
) -> None:
    assert await network.refused(ada, "removalAppeal", post=post, text=WHY) == ("NOT_ELIGIBLE", "input.post")
    await network.do(ada, "postRemove", "__typename", post=post)
    both = await network.refusals(ada, "removalAppeal", post=post, text=" \n")
    assert sorted(both) == [("INVALID", "input.text"), ("NOT_ELIGIBLE", "input.post")]
    unknown = {"post": f"pst_{UUID(int=0, version=4)}", "text": "x" * (APPEAL_MOST + 1)}
    both = await network.refusals(ada, "removalAppeal", **unknown)
    assert sorted(both) == [("NOT_FOUND", "input.post"), ("TOO_LONG", "input.text")]
    both = await network.refusals(remover, "appealResolve", appeal="apl_x", accepted=True, reason=" ")
    assert sorted(both) == [("INVALID", "input.reason"), ("NOT_FOUND", "input.appeal")]
    assert await network.count("care.appeal", author_id=ada.id) == 0


async def test_of_two_appeals_at_once_one_is_stored(network: Network, ada: User, remover: User, post: str) -> None:
    await removed(network, remover, post)
    tried = [network.refusals(ada, "removalAppeal", post=post, text=WHY) for _ in range(4)]
    assert sorted(await asyncio.gather(*tried), key=len) == [[], *[[("TAKEN", "input.post")]] * 3]
    assert await network.count("care.appeal", author_id=ada.id) == 1


async def test_a_suspended_member_may_appeal_and_their_appeals_leave_with_them(
    network: Network, ada: User, remover: User, post: str
) -> None:
    await network.do(remover, "memberSuspend", "__typename", member=ada.graph_id, reason="Spam.")
    await appealed(network, ada, await removed(network, remover, post))
    await network.database.execute("DELETE FROM care.member WHERE id = $1", ada.id)
    assert await network.count("care.appeal", post_id=key(post)) == 0


async def test_members_and_moderators_write_appeals_within_their_bounds(admin: asyncpg.Connection) -> None:
    post, other = await factories.post(admin), await factories.post(admin)
    viewer, moderator = post["author_id"], (await factories.staff(admin, roles=["MODERATOR"]))["id"]
    at = {one["id"]: (await factories.removal(admin, post_id=one["id"]))["created_at"] for one in (post, other)}
    insert = "INSERT INTO care.appeal (post_id, author_id, removed_at, text) VALUES ($1, $2, $3, 'No.')"

    async def refused(query: str, *values: object) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with admin.transaction():
                await admin.execute(query, *values)

    async with admin.transaction():
        await admin.execute("SET LOCAL ROLE cohorte_patient")
        await admin.execute("SELECT set_config('cohorte.member', $1, true)", str(viewer))
        await refused(insert, other["id"], viewer, at[other["id"]])  # another's post
        await refused(insert, post["id"], other["author_id"], at[post["id"]])  # in another's name
        await refused(insert, post["id"], viewer, at[post["id"]] - timedelta(days=1))  # against no removal
        await admin.execute(insert, post["id"], viewer, at[post["id"]])
        await refused("UPDATE care.appeal SET status = 'ACCEPTED'")
        await refused("DELETE FROM care.appeal")
        await admin.execute("RESET ROLE")
        theirs = await factories.appeal(admin, post_id=other["id"], author_id=other["author_id"])
        await admin.execute("SET LOCAL ROLE cohorte_patient")
        assert [row["author_id"] for row in await admin.fetch("SELECT * FROM care.appeal")] == [viewer]
        await admin.execute("SET LOCAL ROLE cohorte_manager")
        await admin.execute("SELECT set_config('cohorte.staff', $1, true)", str(moderator))
        decide = "UPDATE care.appeal SET status = $1, staff_id = $2, resolved_at = now() WHERE id = $3"
        await refused(decide, "ACCEPTED", moderator, theirs["id"])  # without the post
        await refused(decide, "DECLINED", None, theirs["id"])  # without a name
        await admin.execute(decide, "DECLINED", moderator, theirs["id"])
        assert await admin.execute(decide, "DECLINED", moderator, theirs["id"]) == "UPDATE 0"  # decided already
        await admin.execute("RESET ROLE")
