"""The community of an evaluation, which triggers keep that of its course, and whom it is listed for."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from models.identity.members import Sharing
from models.viewers import Audience
from tests import factories
from tests.support.callers import User
from tests.support.moving import move_members
from tests.support.network import Network

pytestmark = pytest.mark.usefixtures("hurried")

Admin = asyncpg.Connection


async def community_of(admin: Admin, evaluation: UUID) -> UUID | None:
    found: UUID | None = await admin.fetchval("SELECT community_id FROM care.evaluation WHERE id = $1", evaluation)
    return found


async def test_an_evaluation_is_in_the_community_of_its_course_whatever_is_given(admin: Admin) -> None:
    community, other = [(await factories.community(admin))["id"] for _ in range(2)]
    for here in (community, None):
        course = await factories.course(admin, community_id=here)
        of = {"course_id": course["id"], "member_id": course["member_id"], "treatment_id": course["treatment_id"]}
        evaluation = await factories.evaluation(admin, community_id=other, **of)
        assert await community_of(admin, evaluation["id"]) == here


async def test_an_evaluation_moves_with_its_course_alone(admin: Admin) -> None:
    community, target = [(await factories.community(admin))["id"] for _ in range(2)]
    moved, stays = [await factories.course(admin, community_id=community) for _ in range(2)]
    evaluations = [
        await factories.evaluation(
            admin, course_id=course["id"], member_id=course["member_id"], treatment_id=course["treatment_id"]
        )
        for course in (moved, stays)
    ]
    for place in (target, None, community):
        await admin.execute("UPDATE care.course SET community_id = $2 WHERE id = $1", moved["id"], place)
        assert [await community_of(admin, each["id"]) for each in evaluations] == [place, community]


async def test_evaluations_move_when_their_community_merges(admin: Admin) -> None:
    target = (await factories.community(admin))["id"]
    community = (await factories.community(admin))["id"]
    course = await factories.course(admin, community_id=community)
    evaluation = await factories.evaluation(
        admin, course_id=course["id"], member_id=course["member_id"], treatment_id=course["treatment_id"]
    )
    await admin.execute(
        "UPDATE catalog.community SET status = 'MERGED', merged_into_id = $2 WHERE id = $1", community, target
    )
    await move_members(admin, community)
    assert await community_of(admin, evaluation["id"]) == target


@pytest.mark.parametrize("statement", ["INSERT INTO care.evaluation (community_id) VALUES (NULL)",
    "UPDATE care.evaluation SET community_id = NULL"])  # fmt: skip
async def test_members_do_not_choose_it(admin: Admin, statement: str) -> None:
    await admin.execute(f"SET LOCAL ROLE {Audience.PATIENT.role}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await admin.execute(statement)


# Whom it is listed for

LISTED = """query ($treatment: String!, $here: String!, $there: String!, $author: String!) {
    treatment(slug: $treatment) {
        all: evaluations { nodes { comment } pageInfo { endCursor } }
        here: evaluations(community: $here) { edges { node { comment } } }
        there: evaluations(community: $there) { nodes { comment } }
    }
    member(pseudonym: $author) { courses { community { slug } evaluation { comment } } }
}"""
COMMENT = [{"comment": "a comment"}]


@pytest.mark.parametrize("sharing", Sharing)
async def test_an_evaluation_tells_nobody_of_a_community_that_its_member_does_not_share(
    network: Network, sharing: Sharing
) -> None:
    """The author belongs to two communities, and each reader to one, to both or to none of them."""
    here, there, elsewhere = [await factories.community(network.database) for _ in range(3)]
    author = await network.member(here["id"], there["id"], sharing=sharing)
    treatment = await factories.treatment(network.database)
    of = {"member_id": author.id, "treatment_id": treatment["id"]}
    course = await factories.course(network.database, community_id=here["id"], **of)
    await factories.evaluation(network.database, course_id=course["id"], comment="a comment", **of)
    relative = await network.member(elsewhere["id"])
    await factories.care_link(network.database, patient_id=author.id, relative_id=relative.id)
    readers = [  # whether they share the community of the course with the author, and whether any
        (await network.member(here["id"]), True, True),
        (await network.member(there["id"]), False, True),
        (await network.member(here["id"], there["id"]), True, True),
        (await network.member(elsewhere["id"]), False, False),
    ]
    asked = {
        "treatment": treatment["slug"], "here": here["slug"], "there": there["slug"], "author": author.name
    }  # fmt: skip
    expected: list[tuple[User, bool, bool]] = [(author, True, True), (relative, True, True)]
    for reader, in_it, in_any in readers:
        everybody, communities = sharing is Sharing.ALL_MEMBERS, sharing is Sharing.MY_COMMUNITIES
        expected.append((reader, everybody or (communities and in_it), everybody or (communities and in_any)))
    for reader, listed, read in expected:
        answer = await network.ask(reader, LISTED, asked)
        assert "errors" not in answer, answer
        found = answer["data"]["treatment"]
        assert found["all"]["nodes"] == (COMMENT if listed else [])
        assert (found["all"]["pageInfo"]["endCursor"] is not None) is listed
        assert found["here"]["edges"] == ([{"node": COMMENT[0]}] if listed else [])
        assert found["there"]["nodes"] == []
        place = {"slug": here["slug"]} if listed else None
        courses = [{"community": place, "evaluation": COMMENT[0]}] if read else []
        assert answer["data"]["member"]["courses"] == courses, (sharing, listed, read)


async def test_pages_of_evaluations_have_those_of_every_part_in_one_order(network: Network) -> None:
    """Shared with all, with two communities of the reader, their own, and a patient's: read in pages of every size."""
    communities = [(await factories.community(network.database))["id"] for _ in range(3)]
    treatment = await factories.treatment(network.database)
    reader = await network.member(*communities[:2], sharing=Sharing.ONLY_ME)
    patient = await network.member(communities[2], sharing=Sharing.ONLY_ME)
    await factories.care_link(network.database, patient_id=patient.id, relative_id=reader.id)
    shown = []
    for number in range(24):
        author, place, sharing = [
            (reader, communities[0], None), (patient, communities[2], None),
            (None, communities[0], Sharing.MY_COMMUNITIES), (None, communities[1], Sharing.MY_COMMUNITIES),
            (None, communities[2], Sharing.ALL_MEMBERS), (None, communities[2], Sharing.MY_COMMUNITIES),
        ][number * 5 % 6]  # fmt: skip
        author = author or await network.member(place, sharing=sharing)
        of = {"member_id": author.id, "treatment_id": treatment["id"]}
        day = factories.DAY + timedelta(days=number // 3)
        course = await factories.course(network.database, community_id=place, **of)
        made = await factories.evaluation(
            network.database, course_id=course["id"], evaluated_on=day, comment=str(number), **of
        )
        if (place, sharing) != (communities[2], Sharing.MY_COMMUNITIES):
            shown.append((day, made["id"], str(number)))
    expected = [comment for _, _, comment in sorted(shown, reverse=True)]
    query = """query ($slug: String!, $first: Int!, $after: Cursor) { treatment(slug: $slug) {
        evaluations(first: $first, after: $after) { nodes { comment } pageInfo { endCursor hasNextPage } } } }"""
    for first in (1, 2, 3, 7, 20):
        found: list[str] = []
        after, more = None, True
        while more:
            variables = {"slug": treatment["slug"], "first": first, "after": after}
            answer = await network.ask(reader, query, variables)
            assert "errors" not in answer, answer
            page = answer["data"]["treatment"]["evaluations"]
            found += [each["comment"] for each in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert found == expected


async def test_whom_it_is_shared_with_follows_the_profile_the_memberships_and_the_course(admin: Admin) -> None:
    member = (await factories.member(admin, sharing=Sharing.MY_COMMUNITIES))["id"]
    here, there = [(await factories.community(admin))["id"] for _ in range(2)]
    course = await factories.course(admin, member_id=member, community_id=here)
    of = {"member_id": member, "treatment_id": course["treatment_id"], "course_id": course["id"]}
    made = (await factories.evaluation(admin, sharing="ALL_MEMBERS", **of))["id"]

    async def shared() -> str:
        found: str = await admin.fetchval("SELECT sharing FROM care.evaluation WHERE id = $1", made)
        return found

    assert await shared() == "ONLY_ME"
    await factories.membership(admin, member_id=member, community_id=here)
    assert await shared() == "MY_COMMUNITIES"
    await admin.execute("UPDATE care.course SET community_id = $2 WHERE id = $1", course["id"], there)
    assert await shared() == "ONLY_ME"
    await admin.execute("UPDATE care.membership SET community_id = $2 WHERE member_id = $1", member, there)
    assert await shared() == "MY_COMMUNITIES"
    await admin.execute("UPDATE care.profile SET sharing = 'ALL_MEMBERS' WHERE member_id = $1", member)
    assert await shared() == "ALL_MEMBERS"
    await admin.execute("UPDATE care.profile SET sharing = 'MY_COMMUNITIES' WHERE member_id = $1", member)
    await admin.execute("DELETE FROM care.membership WHERE member_id = $1", member)
    assert await shared() == "ONLY_ME"
    await admin.execute("UPDATE care.course SET community_id = NULL WHERE id = $1", course["id"])
    await admin.execute("DELETE FROM care.profile WHERE member_id = $1", member)
    assert await shared() == "ONLY_ME"
