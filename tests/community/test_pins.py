"""Pinned discussions: who may pin, one for each association and community, and everything that ends a pin."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from tests import factories
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network

PINNED = "{ node(id: %s) { ... on Community { pinned { id } } } }"


@pytest_asyncio.fixture(scope="module")
async def moderator(network: Network) -> User:
    """Yields a signed-in moderator."""
    return await network.staff(StaffRole.MODERATOR)


@pytest_asyncio.fixture
async def association(network: Network, community_id: UUID) -> User:
    """Yields a signed-in verified association of the test's community."""
    return await network.member(community_id, kind=MemberKind.ASSOCIATION, verified=True)


async def started(network: Network, who: User, community: UUID) -> str:
    given = {"community": f"com_{community}", "title": "Our meetings", "body": "Each Monday."}
    payload = await network.do(who, "discussionStart", "discussion { id }", **given)
    assert payload["userErrors"] == []
    return str(payload["discussion"]["id"])


async def pin(network: Network, who: User, discussion: str, *, pinned: bool = True) -> list[tuple[str, str]]:
    return await network.refusals(who, "discussionPin", discussion=discussion, pinned=pinned)


async def pinned(network: Network, who: User, community: UUID) -> list[str]:
    answer = await network.ask(who, PINNED % f'"com_{community}"')
    return [each["id"] for each in answer["data"]["node"]["pinned"]]


async def test_an_association_keeps_one_discussion_at_the_top_of_each_of_its_communities(
    network: Network, community_id: UUID, association: User, ada: User, moderator: User
) -> None:
    other = (await factories.community(network.database))["id"]
    await network.do(association, "communityJoin", "__typename", community=f"com_{other}")
    first, second = [await started(network, association, community_id) for _ in range(2)]
    elsewhere = await started(network, association, other)
    for discussion in (first, first, elsewhere):
        payload = await network.do(
            association, "discussionPin", "discussion { community { pinned { id } } }",
            discussion=discussion, pinned=True,
        )  # fmt: skip
        assert payload == {"discussion": {"community": {"pinned": [{"id": discussion}]}}, "userErrors": []}
    assert await pin(network, association, second) == []  # instead of the first
    assert await pinned(network, ada, community_id) == [second]
    assert await pinned(network, moderator, community_id) == [second]
    assert await pinned(network, await network.staff(StaffRole.DATA_STEWARD), community_id) == []
    assert await pinned(network, ada, other) == [elsewhere]
    ally = await network.member(community_id, kind=MemberKind.ASSOCIATION, verified=True)
    theirs = await started(network, ally, community_id)
    assert await pin(network, ally, theirs) == []
    assert await pinned(network, ada, community_id) == [theirs, second]  # the latest first
    assert await pin(network, association, first, pinned=False) == []  # which is not pinned
    assert await pin(network, ally, second, pinned=False) == []  # nor by them
    assert await pinned(network, ada, community_id) == [theirs, second]
    assert await pin(network, association, second, pinned=False) == []
    assert await pinned(network, ada, community_id) == [theirs]


async def test_pinned_discussions_stay_in_the_list_and_its_pages(
    network: Network, community_id: UUID, association: User, ada: User
) -> None:
    made = [await started(network, who, community_id) for who in (association, ada, association, ada)]
    assert await pin(network, association, made[0]) == []
    query = """query ($id: ID!, $after: Cursor) { node(id: $id) { ... on Community {
        discussions(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } } } }"""
    found, after = [], None
    for _ in made:
        answer = await network.ask(ada, query, {"id": f"com_{community_id}", "after": after})
        page = answer["data"]["node"]["discussions"]
        found += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert found == made[::-1]


async def test_only_verified_associations_pin_and_only_what_they_started(
    network: Network, community_id: UUID, association: User, ada: User, moderator: User
) -> None:
    own, hers = await started(network, association, community_id), await started(network, ada, community_id)
    unverified = await network.member(community_id, kind=MemberKind.ASSOCIATION)
    theirs = await started(network, unverified, community_id)
    for who, discussion, code in (
        (ada, hers, "NOT_ELIGIBLE"),
        (ada, own, "NOT_ELIGIBLE"),
        (unverified, theirs, "NOT_ELIGIBLE"),
        (association, hers, "NOT_ELIGIBLE"),
        (association, f"dis_{UUID(int=1)}", "NOT_FOUND"),
        (association, f"pst_{key(own)}", "NOT_FOUND"),
        (association, "none", "NOT_FOUND"),
    ):
        assert await pin(network, who, discussion) == [(code, "input.discussion")]
    await network.do(association, "communityLeave", "__typename", community=f"com_{community_id}")
    assert await pin(network, association, own) == [("NOT_ELIGIBLE", "input.discussion")]
    await network.do(association, "communityJoin", "__typename", community=f"com_{community_id}")
    closed = {"discussion": own, "closed": True}
    await network.do(moderator, "discussionClose", "__typename", **closed)
    assert await pin(network, association, own) == [("TOO_LATE", "input.discussion")]
    assert await pin(network, association, own, pinned=False) == []
    assert await pinned(network, ada, community_id) == []


async def first_post(network: Network, discussion: str) -> str:
    query = "SELECT id FROM care.post WHERE discussion_id = $1 ORDER BY created_at, id LIMIT 1"
    return f"pst_{await network.value(query, key(discussion))}"


async def close(network: Network, association: User, moderator: User, discussion: str) -> None:
    await network.do(moderator, "discussionClose", "__typename", discussion=discussion, closed=True)
    await network.do(moderator, "discussionClose", "__typename", discussion=discussion, closed=False)


async def remove(network: Network, association: User, moderator: User, discussion: str) -> None:
    post = await first_post(network, discussion)
    await network.do(moderator, "postRemove", "__typename", post=post, reason="Wrong day.")
    assert await pin(network, association, discussion) == [("TOO_LATE", "input.discussion")]
    await network.do(moderator, "postRestore", "__typename", post=post)


async def remove_own(network: Network, association: User, moderator: User, discussion: str) -> None:
    await network.do(association, "postRemove", "__typename", post=await first_post(network, discussion))


async def unverify(network: Network, association: User, moderator: User, discussion: str) -> None:
    given = {"member": association.graph_id, "reason": "Wrong."}
    await network.do(moderator, "associationVerify", "__typename", verified=False, **given)
    await network.do(moderator, "associationVerify", "__typename", verified=True, **given)


async def rename(network: Network, association: User, moderator: User, discussion: str) -> None:
    await network.do(association, "profileUpdate", "__typename", pseudonym=f"Re {association.name}")


async def rename_fully(network: Network, association: User, moderator: User, discussion: str) -> None:
    await network.do(association, "associationUpdate", "__typename", fullName="Another Association")


async def suspend(network: Network, association: User, moderator: User, discussion: str) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    given = {"member": association.graph_id, "reason": "Spam."}
    await network.do(moderator, "memberSuspend", "__typename", until=until, **given)
    assert await pin(network, association, discussion) == [("NOT_ELIGIBLE", "input.discussion")]
    await network.do(moderator, "memberSuspend", "__typename", until="2020-01-01T00:00:00Z", **given)


async def leave(network: Network, association: User, moderator: User, discussion: str) -> None:
    community = await network.value("SELECT community_id FROM care.discussion WHERE id = $1", key(discussion))
    for mutation in ("communityLeave", "communityJoin"):
        await network.do(association, mutation, "__typename", community=f"com_{community}")


async def move(network: Network, association: User, moderator: User, discussion: str) -> None:
    other = (await factories.community(network.database))["id"]
    await network.database.execute("UPDATE care.discussion SET community_id = $1 WHERE id = $2", other, key(discussion))


async def delete(network: Network, association: User, moderator: User, discussion: str) -> None:
    await network.database.execute("DELETE FROM care.member WHERE id = $1", association.id)


@pytest.mark.parametrize(
    "end", [close, remove, remove_own, unverify, rename, rename_fully, suspend, leave, move, delete]
)
async def test_a_pin_ends_for_good_with_what_it_stands_on(
    network: Network, community_id: UUID, association: User, ada: User, moderator: User, end: Any
) -> None:
    discussion = await started(network, association, community_id)
    other = await network.member(community_id, kind=MemberKind.ASSOCIATION, verified=True)
    theirs = await started(network, other, community_id)
    assert await pin(network, other, theirs) == []
    assert await pin(network, association, discussion) == []
    assert await pinned(network, ada, community_id) == [discussion, theirs]
    await end(network, association, moderator, discussion)
    assert await pinned(network, ada, community_id) == [theirs]
    assert await network.count("care.pin", member_id=association.id) == 0


async def test_other_changes_leave_a_pin(
    network: Network, community_id: UUID, association: User, ada: User, moderator: User
) -> None:
    discussion = await started(network, association, community_id)
    assert await pin(network, association, discussion) == []
    reply = await network.do(ada, "postAdd", "post { id }", discussion=discussion, body="Thank you.")
    await network.do(moderator, "postRemove", "__typename", post=reply["post"]["id"], reason="Spam.")
    given = {"member": association.graph_id, "reason": "Lifted.", "until": "2020-01-01T00:00:00Z"}
    await network.do(moderator, "memberSuspend", "__typename", **given)
    await network.do(moderator, "discussionClose", "__typename", discussion=discussion, closed=False)
    await network.do(association, "associationUpdate", "__typename", phone="3114")
    other = (await factories.community(network.database))["id"]
    for mutation in ("communityJoin", "communityLeave"):
        await network.do(association, mutation, "__typename", community=f"com_{other}")
    await network.do(
        association, "postEdit", "__typename", post=await first_post(network, discussion), body="Each Tuesday."
    )
    assert await pinned(network, ada, community_id) == [discussion]


async def test_a_pin_and_what_ends_it_at_once_leave_no_pin(
    network: Network, community_id: UUID, association: User, moderator: User
) -> None:
    for _ in range(3):
        discussion = await started(network, association, community_id)
        await asyncio.gather(
            network.refusals(association, "discussionPin", discussion=discussion, pinned=True),
            network.do(moderator, "discussionClose", "__typename", discussion=discussion, closed=True),
        )
        assert await network.count("care.pin", discussion_id=key(discussion)) == 0
    discussion = await started(network, association, community_id)
    await asyncio.gather(
        network.refusals(association, "discussionPin", discussion=discussion, pinned=True),
        network.do(moderator, "memberSuspend", "__typename", member=association.graph_id, reason="Spam."),
    )
    assert await network.count("care.pin", member_id=association.id) == 0


async def test_the_database_refuses_what_the_write_function_does(
    network: Network, community_id: UUID, association: User, ada: User
) -> None:
    hers = key(await started(network, ada, community_id))
    own = key(await started(network, association, community_id))
    other = (await factories.community(network.database))["id"]
    for member, community, discussion in (
        (association.id, community_id, hers),
        (association.id, other, own),
        (ada.id, community_id, hers),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await network.database.execute(
                "INSERT INTO care.pin (member_id, community_id, discussion_id) VALUES ($1, $2, $3)",
                member,
                community,
                discussion,
            )
