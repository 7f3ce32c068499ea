"""Membership of a community is a diagnosis: who learns of it, along every path, by how the member shares."""

from typing import Any
from uuid import UUID

import pytest

from models.identity.accounts import StaffRole
from models.identity.members import CareLinkStatus, MemberKind, MembershipRole, Sharing
from tests import factories
from tests.support.callers import User
from tests.support.network import Network

PATHS = """query ($slug: String!, $name: String!, $member: ID!, $community: ID!, $post: ID!) {
    community(slug: $slug) { ...Lists }
    there: node(id: $community) { ...Lists }
    member(pseudonym: $name) { ...Communities }
    node(id: $member) { ...Communities }
    nodes(ids: [$member]) { ...Communities }
    post: node(id: $post) { ... on Post { author { ...Communities } discussion { author { ...Communities } } } }
}
fragment Lists on Community {
    members { nodes { pseudonym } edges { node { pseudonym } } pageInfo { hasNextPage startCursor } }
    ambassadors { pseudonym }
}
fragment Communities on Member { pseudonym communities { slug } }"""


def shown(answer: Any, slug: str, name: str) -> set[bool]:
    """For each path of an answer, whether it shows that the member belongs to the community."""
    found = set()
    for place in (answer["community"], answer["there"]):
        found.add(name in [one["pseudonym"] for one in place["members"]["nodes"]])
        found.add(name in [one["node"]["pseudonym"] for one in place["members"]["edges"]])
        found.add(name in [one["pseudonym"] for one in place["ambassadors"]])
        if not place["members"]["nodes"]:
            found.add(place["members"]["pageInfo"]["startCursor"] is not None)
    post = answer["post"]
    authors = () if post is None else (post["author"], post["discussion"]["author"])
    members = [answer["member"], answer["node"], *answer["nodes"], *authors]
    for member in [each for each in members if each is not None]:
        assert member["pseudonym"] == name  # a member who writes is seen to, and their pseudonym is no secret
        found.add(slug in [one["slug"] for one in member["communities"]])
    return found


async def asked(network: Network, who: User, member: User, community: Any, post: UUID) -> set[bool]:
    variables = {
        "slug": community["slug"], "name": member.name, "member": member.graph_id,
        "community": f"com_{community['id']}", "post": f"pst_{post}",
    }  # fmt: skip
    answer = await network.ask(who, PATHS, variables)
    assert "errors" not in answer, answer
    return shown(answer["data"], community["slug"], member.name)


@pytest.mark.parametrize("sharing", Sharing)
async def test_every_path_shows_a_membership_to_whom_the_member_shares_it_with(
    network: Network, sharing: Sharing
) -> None:
    here, elsewhere = [await factories.community(network.database) for _ in range(2)]
    member = await network.member(here["id"], elsewhere["id"], sharing=sharing)
    await network.database.execute(
        "UPDATE care.membership SET role = $2 WHERE member_id = $1", member.id, MembershipRole.AMBASSADOR.value
    )
    discussion = await factories.discussion(network.database, community_id=here["id"], author_id=member.id)
    post = (await factories.post(network.database, discussion_id=discussion["id"], author_id=member.id))["id"]
    relative, invited = await network.member(), await network.member()
    for viewer, status in ((relative, CareLinkStatus.ACCEPTED), (invited, CareLinkStatus.INVITED)):
        await factories.care_link(network.database, patient_id=member.id, relative_id=viewer.id, status=status)
    everybody, here_only = sharing is Sharing.ALL_MEMBERS, sharing is not Sharing.ONLY_ME
    expected = [
        (member, True),
        (relative, True),
        (invited, everybody),
        (await network.member(here["id"]), here_only),
        # A community that both belong to does not show another one.
        (await network.member(elsewhere["id"]), everybody),
        (await network.member(), everybody),
        (await network.staff(StaffRole.MODERATOR), True),
        # Staff who are not moderators read of associations only.
        (await network.staff(StaffRole.DATA_STEWARD, StaffRole.SURVEY_MANAGER), False),
        (await network.staff(), False),
    ]
    for viewer, sees in expected:
        assert await asked(network, viewer, member, here, post) == {sees}


async def test_a_membership_follows_the_members_setting(network: Network, community_id: UUID, ada: User) -> None:
    stranger = await network.member()
    query = "query ($name: String!) { member(pseudonym: $name) { communities { id } } }"

    async def communities() -> int:
        return len((await network.ask(stranger, query, {"name": ada.name}))["data"]["member"]["communities"])

    for sharing, count in (("ALL_MEMBERS", 1), ("ONLY_ME", 0), ("ALL_MEMBERS", 1), ("MY_COMMUNITIES", 0)):
        await network.do(ada, "profileUpdate", "__typename", sharing=sharing)
        assert await communities() == count
    await network.do(ada, "profileUpdate", "__typename", sharing="ALL_MEMBERS")
    another = await factories.community(network.database)
    await network.do(ada, "communityJoin", "__typename", community=f"com_{another['id']}")  # shared from the start
    assert await communities() == 2
    bare = await factories.member(network.database)  # without a profile, which shares with nobody
    await factories.membership(network.database, member_id=bare["id"], community_id=community_id)
    of_bare = "SELECT sharing FROM care.membership WHERE member_id = $1"
    assert await network.value(of_bare, bare["id"]) == "ONLY_ME"
    await factories.profile(network.database, member_id=bare["id"], sharing=Sharing.ALL_MEMBERS)
    assert await network.value(of_bare, bare["id"]) == "ALL_MEMBERS"


@pytest.mark.parametrize(("kind", "verified", "seen"), [
    (MemberKind.ASSOCIATION, True, True), (MemberKind.ASSOCIATION, False, False), (MemberKind.RELATIVE, False, False),
])  # fmt: skip
async def test_only_verified_associations_are_shown_to_everybody(
    network: Network, community_id: UUID, kind: MemberKind, verified: bool, seen: bool
) -> None:
    found = await network.member(community_id, kind=kind, verified=verified, sharing=Sharing.ONLY_ME)
    query = "query ($id: ID!) { node(id: $id) { ... on Community { members { nodes { id } } associations { id } } } }"
    if kind is MemberKind.ASSOCIATION:  # verified, or no longer, after they have joined
        await network.database.execute("UPDATE care.member SET verified = NOT verified WHERE id = $1", found.id)
        await network.database.execute("UPDATE care.member SET verified = NOT verified WHERE id = $1", found.id)
    steward = await network.staff(StaffRole.DATA_STEWARD)
    for viewer, is_member_shown in ((await network.member(), seen), (steward, kind is MemberKind.ASSOCIATION)):
        there = (await network.ask(viewer, query, {"id": f"com_{community_id}"}))["data"]["node"]
        this = [{"id": found.graph_id}]
        assert there["members"]["nodes"] == (this if is_member_shown else [])
        assert there["associations"] == (this if seen else [])


async def test_pages_of_members_leave_hidden_ones_out_without_a_gap(network: Network, community_id: UUID) -> None:
    """A short page, or a cursor of a member who is left out, would tell of them."""
    sharings = [Sharing.ALL_MEMBERS, Sharing.ONLY_ME] * 4
    members = [await network.member(community_id, sharing=sharing) for sharing in sharings]
    query = """query ($id: ID!, $after: Cursor) { node(id: $id) { ... on Community {
        members(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }"""
    stranger, found, after = await network.member(), [], None
    while True:
        variables = {"id": f"com_{community_id}", "after": after}
        page = (await network.ask(stranger, query, variables))["data"]["node"]["members"]
        assert len(page["nodes"]) == 2
        found += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert set(found) == {one.graph_id for one in members[::2]}
