"""The community of a post, which triggers keep that of its discussion, and searches that depend on it."""

from uuid import UUID

import asyncpg
import pytest

from models.viewers import Audience
from tests import factories
from tests.support.moving import move_members

pytestmark = pytest.mark.usefixtures("hurried")

Admin = asyncpg.Connection


async def posted(admin: Admin, community: UUID, **given: str) -> tuple[UUID, UUID]:
    discussion: UUID = (await factories.discussion(admin, community_id=community))["id"]
    post: UUID = (await factories.post(admin, discussion_id=discussion, **given))["id"]
    return discussion, post


async def community_of(admin: Admin, post: UUID) -> UUID:
    found: UUID = await admin.fetchval("SELECT community_id FROM care.post WHERE id = $1", post)
    return found


async def test_a_post_is_in_the_community_of_its_discussion_and_moves_with_it(admin: Admin) -> None:
    community, other = [(await factories.community(admin))["id"] for _ in range(2)]
    discussion, post = await posted(admin, community, community_id=other)
    _, stays = await posted(admin, community)
    assert await community_of(admin, post) == community
    await admin.execute("UPDATE care.discussion SET community_id = $2 WHERE id = $1", discussion, other)
    assert [await community_of(admin, each) for each in (post, stays)] == [other, community]


async def test_posts_are_found_where_their_community_has_merged(admin: Admin) -> None:
    target = (await factories.community(admin))["id"]
    community = (await factories.community(admin))["id"]
    _, post = await posted(admin, community, body="Zonite helps.")
    found = """
        SELECT array_agg(id) FROM care.post
        WHERE catalog.words_there(search, community_id) @@ catalog.search_query_there('zonite', $1)
        """
    assert await admin.fetchval(found, community) == [post]
    await admin.execute(
        "UPDATE catalog.community SET status = 'MERGED', merged_into_id = $2 WHERE id = $1", community, target
    )
    await move_members(admin, community)
    assert await admin.fetchval(found, community) is None
    assert await admin.fetchval(found, target) == [post]


@pytest.mark.parametrize("statement", ["INSERT INTO care.post (community_id) VALUES (NULL)",
    "UPDATE care.post SET community_id = NULL"])  # fmt: skip
@pytest.mark.parametrize("audience", [Audience.PATIENT, Audience.MANAGER])
async def test_nobody_chooses_it(admin: Admin, statement: str, audience: Audience) -> None:
    await admin.execute(f"SET LOCAL ROLE {audience.role}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await admin.execute(statement)
