"""Policies and grants of discussions: forbidden statements, run as a view's role, change no other member's rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.community.discussions import Reaction
from models.identity.accounts import StaffRole
from models.viewers import Audience
from tests import factories
from tests.support.records import undone

Admin = asyncpg.Connection
PATIENT, MANAGER = Audience.PATIENT, Audience.MANAGER

# Rows that no member's statement may change: for each table, the rows that are not the member's own.
OTHERS = {
    "care.membership": "member_id <> $1",
    "care.discussion": "$1::uuid IS NOT NULL",
    "care.post": "author_id IS DISTINCT FROM $1",
    "care.post_reaction": "member_id <> $1",
    "care.flag": "member_id IS DISTINCT FROM $1",
    "care.suspension": "$1::uuid IS NOT NULL",
    "care.removal": "$1::uuid IS NOT NULL",
    "care.removed_text": "$1::uuid IS NOT NULL",
    "catalog.community": "$1::uuid IS NOT NULL",
}


@dataclass
class Scene:
    """Two members in communities of their own, each with a discussion, a post, a reaction and a flag."""

    admin: Admin
    viewer: UUID
    other: UUID
    home: UUID
    away: UUID
    mine: UUID
    theirs: UUID
    post: UUID
    theirs_post: UUID
    moderator: UUID
    clerk: UUID
    treatment: UUID

    def named(self, statement: str) -> str:
        for name, value in vars(self).items():
            statement = statement.replace("{" + name + "}", f"'{value}'")
        return statement

    async def others(self) -> dict[str, Any]:
        """A digest of each table's rows that are not the viewer's own."""
        return {
            table: await self.admin.fetchval(
                f"SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM {table} x WHERE {rows}", self.viewer
            )
            for table, rows in OTHERS.items()
        }

    @asynccontextmanager
    async def acting(self, audience: Audience, id: UUID) -> AsyncIterator[None]:
        assert audience.setting is not None
        await self.admin.execute(f"SET LOCAL ROLE {audience.role}")
        await self.admin.execute("SELECT set_config($1, $2, true)", audience.setting, str(id))
        yield
        await self.admin.execute("RESET ROLE")
        await self.admin.execute("SELECT set_config($1, '', true)", audience.setting)

    async def refused(self, audience: Audience, id: UUID, statement: str) -> bool:
        """Whether the role may not run the statement at all."""
        attempt = self.admin.transaction()
        await attempt.start()
        try:
            async with self.acting(audience, id):
                await self.admin.execute(self.named(statement))
        except asyncpg.InsufficientPrivilegeError:
            return True
        finally:
            await attempt.rollback()
        return False

    async def changed(self, audience: Audience, id: UUID, statement: str) -> int:
        """The number of rows that the statement changes."""
        async with self.acting(audience, id):
            status: str = await self.admin.execute(self.named(statement))
        return int(status.rpartition(" ")[2])


@pytest_asyncio.fixture(scope="module")
async def prepared(dsn: str) -> AsyncIterator[Scene]:
    """Yields two members' rows in discussions, in a transaction that is rolled back after the last test."""
    admin = await asyncpg.connect(dsn)
    async with undone(admin):
        yield await scene_of(admin)
    await admin.close()


@pytest_asyncio.fixture
async def scene(prepared: Scene) -> AsyncIterator[Scene]:
    """Yields two members' rows in discussions, as no test has changed them."""
    async with undone(prepared.admin):
        yield prepared


async def scene_of(admin: Admin) -> Scene:
    made: dict[str, Any] = {
        "viewer": (await factories.member(admin))["id"],
        "other": (await factories.member(admin))["id"],
    }
    for who, place, discussion, post in (
        ("viewer", "home", "mine", "post"),
        ("other", "away", "theirs", "theirs_post"),
    ):
        member = made[who]
        made[place] = (await factories.community(admin))["id"]
        await factories.membership(admin, member_id=member, community_id=made[place])
        made[discussion] = (await factories.discussion(admin, community_id=made[place], author_id=member))["id"]
        made[post] = (await factories.post(admin, discussion_id=made[discussion], author_id=member))["id"]
        await factories.post_reaction(admin, post_id=made[post], member_id=member, reaction=Reaction.HUG)
        await factories.flag(admin, post_id=made[post], member_id=member)
    for name, role in (("moderator", StaffRole.MODERATOR), ("clerk", StaffRole.SURVEY_MANAGER)):
        made[name] = (await factories.staff(admin, roles=[role]))["id"]
    made["treatment"] = (await factories.treatment(admin))["id"]
    return Scene(admin, **made)


MEMBERS_MAY_NOT = """
INSERT INTO care.membership (member_id, community_id) VALUES ({other}, {home})
INSERT INTO care.membership (member_id, community_id, role) VALUES ({viewer}, {away}, 'AMBASSADOR')
UPDATE care.membership SET role = 'AMBASSADOR'
INSERT INTO care.discussion (community_id, author_id, title) VALUES ({home}, {other}, 'Title')
INSERT INTO care.discussion (community_id, author_id, title) VALUES ({home}, NULL, 'Title')
INSERT INTO care.discussion (community_id, author_id, title) VALUES ({away}, {viewer}, 'Title')
INSERT INTO care.discussion (community_id, author_id, title, post_count) VALUES ({home}, {viewer}, 'Title', 100)
UPDATE care.discussion SET closed = false
UPDATE care.discussion SET post_count = 7
DELETE FROM care.discussion
INSERT INTO care.discussion_topic (discussion_id, position, treatment_id) VALUES ({theirs}, 1, {treatment})
UPDATE care.discussion_topic SET position = position + 100
DELETE FROM care.discussion_topic
INSERT INTO care.post (discussion_id, author_id, body) VALUES ({mine}, {other}, 'Body')
INSERT INTO care.post (discussion_id, author_id, body) VALUES ({mine}, NULL, 'Body')
INSERT INTO care.post (discussion_id, author_id, body) VALUES ({theirs}, {viewer}, 'Body')
INSERT INTO care.post (discussion_id, author_id, body, created_at) VALUES ({mine}, {viewer}, 'Body', now())
UPDATE care.post SET author_id = {viewer}
UPDATE care.post SET created_at = now()
UPDATE care.post SET discussion_id = {mine}
DELETE FROM care.post
INSERT INTO care.post_reaction (post_id, member_id, reaction) VALUES ({post}, {other}, 'HUG')
UPDATE care.post_reaction SET member_id = {viewer} WHERE post_id = {theirs_post}
INSERT INTO care.flag (post_id, member_id, reason) VALUES ({post}, {other}, 'SPAM')
INSERT INTO care.flag (post_id, member_id, reason, status) VALUES ({theirs_post}, {viewer}, 'SPAM', 'UPHELD')
UPDATE care.flag SET status = 'UPHELD'
UPDATE care.flag SET resolution = 'Fine' WHERE status <> 'OPEN'
DELETE FROM care.flag
INSERT INTO care.removal (post_id, reason) VALUES ({theirs_post}, 'r')
INSERT INTO care.removed_text (post_id, body) VALUES ({theirs_post}, 'b')
UPDATE care.removed_text SET author_id = {viewer}
DELETE FROM care.removed_text
INSERT INTO care.suspension (member_id, reason) VALUES ({other}, 'r')
UPDATE care.suspension SET until = now()
DELETE FROM care.suspension
SELECT care.restore_post({theirs_post}, NULL)
UPDATE catalog.community SET member_count = 7
SELECT research.include_members({home})
UPDATE care.member SET verified = true
SELECT care.notify_member({other}, 'MODERATION', 'pst', {post})
SELECT care.tell({other}, 'MODERATION', 'pst', {post})
SELECT care.tell({other}, 'REPLY', 'pst', {theirs_post})
"""
SUSPENDED_MAY_NOT = """
INSERT INTO care.discussion (community_id, author_id, title) VALUES ({home}, {viewer}, 'Title')
INSERT INTO care.post (discussion_id, author_id, body) VALUES ({mine}, {viewer}, 'Body')
INSERT INTO care.post_reaction (post_id, member_id, reaction) VALUES ({theirs_post}, {viewer}, 'HUG')
UPDATE care.post SET body = 'Again' WHERE id = {post}
"""
MODERATORS_MAY_NOT = """
UPDATE care.post SET body = 'Words of mine' WHERE id = {post}
UPDATE care.post SET author_id = NULL
UPDATE care.post SET edited_at = now()
DELETE FROM care.post
INSERT INTO care.post (discussion_id, author_id, body) VALUES ({mine}, {viewer}, 'Body')
INSERT INTO care.discussion (community_id, author_id, title) VALUES ({home}, {viewer}, 'Title')
UPDATE care.discussion SET title = 'Words of mine'
UPDATE care.discussion SET author_id = NULL
DELETE FROM care.discussion
INSERT INTO care.removed_text (post_id, body) VALUES ({post}, 'Words of mine')
UPDATE care.removed_text SET body = 'Words of mine'
DELETE FROM care.removed_text
INSERT INTO care.membership (member_id, community_id) VALUES ({viewer}, {away})
UPDATE care.membership SET joined_on = now()
UPDATE care.membership SET community_id = {away}
DELETE FROM care.membership
UPDATE care.flag SET reason = 'SPAM'
UPDATE care.flag SET status = 'DISMISSED', staff_id = {clerk}
UPDATE care.flag SET status = 'OPEN', staff_id = {moderator}
DELETE FROM care.flag
INSERT INTO care.removal (post_id, staff_id, reason) VALUES ({post}, {clerk}, 'r')
INSERT INTO care.suspension (member_id, staff_id, reason) VALUES ({viewer}, {clerk}, 'r')
DELETE FROM care.suspension
"""
CLERKS_MAY_NOT = """
INSERT INTO care.removal (post_id, staff_id, reason) VALUES ({post}, {clerk}, 'r')
INSERT INTO care.suspension (member_id, staff_id, reason) VALUES ({viewer}, {clerk}, 'r')
SELECT care.restore_post({post}, NULL)
"""


def lines(statements: str) -> list[str]:
    return statements.strip().split("\n")


@pytest.mark.parametrize("statement", lines(MEMBERS_MAY_NOT))
async def test_a_member_may_not(scene: Scene, statement: str) -> None:
    assert await scene.refused(PATIENT, scene.viewer, statement)


@pytest.mark.parametrize("statement", lines(MEMBERS_MAY_NOT))
async def test_each_forbidden_statement_is_valid_for_the_owner(scene: Scene, statement: str) -> None:
    if not any(name in statement for name in ("care.tell", "restore_post")):
        await scene.admin.execute(scene.named(statement))


@pytest.mark.parametrize(
    ("statement", "own"),
    [
        ("UPDATE care.post SET body = 'Mine'", 1),
        ("UPDATE care.post SET body = NULL, removed = true", 1),
        ("DELETE FROM care.membership", 1),
        ("DELETE FROM care.post_reaction", 1),
        ("UPDATE care.flag SET note = 'Mine', status = 'OPEN'", 1),
    ],
)
async def test_a_statement_without_a_condition_changes_the_viewers_own_rows(
    scene: Scene, statement: str, own: int
) -> None:
    before = await scene.others()
    assert await scene.changed(PATIENT, scene.viewer, statement) == own
    assert await scene.others() == before


@pytest.mark.parametrize("audience", [PATIENT, MANAGER])
async def test_a_statement_without_a_viewer_changes_nothing(scene: Scene, audience: Audience) -> None:
    async with scene.acting(audience, scene.viewer):
        await scene.admin.execute("SELECT set_config($1, '', true)", audience.setting)
        assert await scene.admin.execute("UPDATE care.post SET body = NULL, removed = true") == "UPDATE 0"
        assert await scene.admin.fetch("SELECT id FROM care.flag") == []


async def test_members_read_only_their_own_flags_suspensions_and_removals(scene: Scene) -> None:
    for member, post in ((scene.viewer, scene.post), (scene.other, scene.theirs_post)):
        await factories.suspension(scene.admin, member_id=member)
        await factories.removal(scene.admin, post_id=post)
    async with scene.acting(PATIENT, scene.viewer):
        assert [row["member_id"] for row in await scene.admin.fetch("SELECT * FROM care.flag")] == [scene.viewer]
        assert [row["member_id"] for row in await scene.admin.fetch("SELECT * FROM care.suspension")] == [scene.viewer]
        assert [row["post_id"] for row in await scene.admin.fetch("SELECT * FROM care.removal")] == [scene.post]


@pytest.mark.parametrize("until", [None, datetime.now(UTC) + timedelta(hours=1)])
@pytest.mark.parametrize("statement", lines(SUSPENDED_MAY_NOT))
async def test_a_suspended_member_may_not(scene: Scene, statement: str, until: datetime | None) -> None:
    assert not await scene.refused(PATIENT, scene.viewer, statement)
    await factories.suspension(scene.admin, member_id=scene.viewer, until=until)
    assert await scene.refused(PATIENT, scene.viewer, statement)
    removing = "UPDATE care.post SET body = NULL, removed = true"
    assert await scene.changed(PATIENT, scene.viewer, removing) == 1
    await scene.admin.execute("UPDATE care.suspension SET until = now() - interval '1 second'")
    await scene.admin.execute("UPDATE care.post SET body = 'Back', removed = false WHERE id = $1", scene.post)
    assert not await scene.refused(PATIENT, scene.viewer, statement)


async def test_whoever_has_left_a_community_may_remove_their_posts_there_and_not_edit_them(scene: Scene) -> None:
    editing = "UPDATE care.post SET body = 'Again' WHERE id = {post}"
    assert not await scene.refused(PATIENT, scene.viewer, editing)
    await scene.admin.execute("DELETE FROM care.membership WHERE member_id = $1", scene.viewer)
    assert await scene.refused(PATIENT, scene.viewer, editing)
    assert await scene.changed(PATIENT, scene.viewer, "UPDATE care.post SET body = NULL, removed = true") == 1


async def test_a_closed_discussion_accepts_no_statement_that_adds_to_it(scene: Scene) -> None:
    await scene.admin.execute("UPDATE care.discussion SET closed = true WHERE id = $1", scene.mine)
    for statement in (
        "INSERT INTO care.post (discussion_id, author_id, body) VALUES ({mine}, {viewer}, 'Body')",
        "UPDATE care.post SET body = 'Again' WHERE id = {post}",
    ):
        assert await scene.refused(PATIENT, scene.viewer, statement)


@pytest.mark.parametrize("statement", lines(MODERATORS_MAY_NOT))
async def test_a_moderator_may_not(scene: Scene, statement: str) -> None:
    assert await scene.refused(MANAGER, scene.moderator, statement)


async def test_staff_who_are_not_moderators_change_nothing(scene: Scene) -> None:
    for statement in lines(CLERKS_MAY_NOT):
        assert await scene.refused(MANAGER, scene.clerk, statement)
        assert not await scene.refused(MANAGER, scene.moderator, statement.replace("{clerk}", "{moderator}"))
    removing = "UPDATE care.post SET body = NULL, removed = true WHERE id = {post}"
    deciding = "UPDATE care.flag SET status = 'UPHELD', staff_id = {clerk} WHERE post_id = {post}"
    assert await scene.changed(MANAGER, scene.clerk, removing) == 0
    assert await scene.changed(MANAGER, scene.clerk, deciding) == 0
    assert await scene.changed(MANAGER, scene.moderator, removing) == 1
    assert await scene.changed(MANAGER, scene.moderator, deciding.replace("{clerk}", "{moderator}")) == 1
    for statement in (
        "UPDATE care.discussion SET closed = true WHERE id = {mine}",
        "UPDATE care.membership SET role = 'AMBASSADOR' WHERE member_id = {viewer}",
    ):
        assert await scene.changed(MANAGER, scene.clerk, statement) == 0
        assert await scene.changed(MANAGER, scene.moderator, statement) == 1


@pytest.mark.parametrize(("until", "over"), [(None, False), (timedelta(hours=1), False), (-timedelta(hours=1), True)])
async def test_a_suspended_member_cannot_be_made_an_ambassador(
    scene: Scene, until: timedelta | None, over: bool
) -> None:
    end = until and datetime.now(UTC) + until
    await factories.suspension(scene.admin, member_id=scene.viewer, until=end)
    appointing = "UPDATE care.membership SET role = 'AMBASSADOR' WHERE member_id = {viewer}"
    assert await scene.refused(MANAGER, scene.moderator, appointing) is not over


async def test_the_text_of_a_removed_post_is_read_by_its_author_and_by_moderators(scene: Scene) -> None:
    for member, post in ((scene.viewer, scene.post), (scene.other, scene.theirs_post), (None, None)):
        given = {} if post is None else {"post_id": post}
        await factories.removed_text(scene.admin, author_id=member, **given)
    for audience, who, count in (
        (PATIENT, scene.viewer, 1),
        (PATIENT, uuid4(), 0),
        (MANAGER, scene.clerk, 0),
        (MANAGER, scene.moderator, 3),
        (MANAGER, uuid4(), 0),
    ):
        async with scene.acting(audience, who):
            found = await scene.admin.fetch("SELECT post_id FROM care.removed_text")
        assert len(found) == count
        assert who != scene.viewer or found[0]["post_id"] == scene.post


async def test_a_search_uses_its_index_behind_the_policies(scene: Scene) -> None:
    await scene.admin.execute("SET LOCAL enable_seqscan = off")
    async with scene.acting(PATIENT, scene.viewer):
        plan = await scene.admin.fetch(
            "EXPLAIN SELECT id FROM care.post WHERE catalog.words_there(search, community_id)"
            " @@ (SELECT catalog.search_query_there('metformin', gen_random_uuid()))"
        )
    assert any("ix_post_search" in row[0] for row in plan), plan


async def test_an_unknown_viewer_id_gives_no_access(scene: Scene) -> None:
    statement = "INSERT INTO care.post (discussion_id, author_id, body) VALUES ({mine}, {viewer}, 'Body')"
    assert await scene.refused(PATIENT, uuid4(), statement)
