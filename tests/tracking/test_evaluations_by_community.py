"""The community of an evaluation, which triggers keep that of its course."""

from uuid import UUID

import asyncpg
import pytest

from models.viewers import Audience
from tests import factories
from tests.support.moving import move_members

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
