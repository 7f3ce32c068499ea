"""Members with very many rows are erased in pieces: nobody reads anything of them from the first piece on."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.metadata import metadata
from models.security.publisher import LOGINS
from resolvers import jobs
from tests.identity.test_personal_data import ADDRESS, DELETE, Leaving, dump, leaving
from tests.support.client import ANYBODY, SIGN_IN
from tests.support.eventually import becomes
from tests.support.exports import exported
from tests.support.network import Network
from tests.support.newcomers import PASSWORD, becomes_closed, done
from tests.support.pieces import note_pieces, watched

__all__ = ["leaving"]
WORDS = ("Small Patient", ADDRESS)
# Of one indicator of their own, on as many days: more than the first piece deletes.
MANY_ROWS = """
    INSERT INTO care.own_observation (member_id, own_indicator_id, value, observed_on)
    SELECT i.member_id, i.id, 1, $3::date - nth FROM care.own_indicator i, generate_series(1, $2) nth
    WHERE i.member_id = $1
"""
A_FEW = 100  # rows beside those that may be very many
OF_MEMBER = "SELECT child, reference, is_deleted FROM identity.references_to_members($1)"


@pytest.fixture(autouse=True)
def no_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own jobs leave the rest to the test."""
    monkeypatch.setattr("server.jobs.background.MAINTENANCE", ())


@pytest_asyncio.fixture
async def burdened(leaving: Leaving) -> AsyncIterator[Leaving]:
    """Yields a member with a row in every table, and with more rows than are deleted at once."""
    first = await leaving.owner.fetchval(
        "SELECT min(observed_on) FROM care.own_observation WHERE member_id = $1", leaving.viewer.member
    )
    await leaving.owner.execute(MANY_ROWS, leaving.viewer.member, 5_000, first)
    yield leaving


async def rows_of(owner: asyncpg.Connection, member: object, *, many: bool) -> dict[str, int]:
    """How many rows each table has that refer to a member: the tables that may have many, or the others."""
    found = {}
    for child, reference, _ in await owner.fetch(OF_MEMBER, many):
        count = await owner.fetchval(f"SELECT count(*) FROM {child} WHERE {reference} = $1", member)
        if count:
            found[f"{child}.{reference}"] = count
    return found


@pytest.mark.slow
async def test_nobody_reads_anything_of_a_member_who_has_left_before_all_rows_are_deleted(burdened: Leaving) -> None:
    owner, ask, member = burdened.owner, burdened.ask, burdened.viewer.member
    network = Network(ask, owner)
    moderator, reader = await ask.sign_in("moderator"), await ask.sign_in("patient")
    administrator = await network.staff(StaffRole.ADMINISTRATOR)
    discussion = await owner.fetchval("SELECT id FROM care.discussion WHERE title = 'Rare question'")
    await owner.execute(
        "INSERT INTO care.post_reaction (post_id, member_id, reaction)"
        " SELECT id, $2, 'HUG' FROM care.post WHERE discussion_id = $1 ON CONFLICT DO NOTHING",
        discussion,
        member,
    )
    before = await rows_of(owner, member, many=False)
    assert len(before) >= 20
    assert await done(ask, burdened.who, DELETE, {"password": PASSWORD}) == []

    assert await rows_of(owner, member, many=False) == {}
    left = await rows_of(owner, member, many=True)
    assert left["care.own_observation.member_id"] >= 3_000
    # No row says who they were, but for ids that lead to a row which no role reads.
    many = {child for child, *_ in await owner.fetch(OF_MEMBER, True)}
    rows = await dump(owner)
    assert [(table, row) for table, found in rows.items() for row in found if any(word in row for word in WORDS)] == []
    named = {table for table, found in rows.items() for row in found if str(member) in row}
    assert named <= many | {"care.member"}
    digest = "SELECT EXISTS (SELECT FROM identity.departure WHERE digest = identity.departure_digest('member ' || $1))"
    assert await owner.fetchval(digest, str(member))
    for login in LOGINS:
        if await owner.fetchval("SELECT has_table_privilege($1, 'care.member', 'SELECT')", login.role):
            assert await as_role(owner, login.role, member) == 0

    # They cannot sign in, and their session has ended.
    answer = await ask.post(ANYBODY, SIGN_IN, {"email": ADDRESS, "password": PASSWORD})
    assert answer.json()["data"]["signIn"]["userErrors"][0]["code"] == "WRONG_CREDENTIALS"
    await becomes_closed(ask, burdened.who)
    # Their posts stay, under no name; neither members nor staff find them by id or by pseudonym.
    posts = "posts { nodes { author { id } reactions { reaction count } } }"
    document = f'{{ discussion(id: "dis_{discussion}") {{ author {{ id }} {posts} }} }}'
    for who in (reader, moderator):
        found = (await ask(who, document))["data"]["discussion"]
        assert found["author"] is None
        assert not [post for post in found["posts"]["nodes"] if post["author"] and str(member) in post["author"]["id"]]
        assert {one["reaction"] for post in found["posts"]["nodes"] for one in post["reactions"]}.isdisjoint({"HUG"})
        for query in (f'{{ node(id: "mbr_{member}") {{ id }} }}', '{ node: member(pseudonym: "Small Patient") { id } }',
                      f'{{ node: member(pseudonym: "{member}") {{ id }} }}'):  # fmt: skip
            assert await ask(who, query) == {"data": {"node": None}}
    # Administrators see it once it takes too long, and not before: that somebody has left is no affair of theirs.
    late = "{ viewer { erasuresLate } }"
    assert await ask(administrator, late) == {"data": {"viewer": {"erasuresLate": False}}}
    await owner.execute("UPDATE care.member SET left_at = left_at - interval '61 minutes' WHERE id = $1", member)
    assert await ask(administrator, late) == {"data": {"viewer": {"erasuresLate": True}}}
    assert await ask(moderator, late) == {"data": {"viewer": {"erasuresLate": None}}}

    await jobs.erase_members(owner)
    assert await ask(administrator, late) == {"data": {"viewer": {"erasuresLate": False}}}
    named = {table for table, found in (await dump(owner)).items() for row in found if str(member) in row}
    assert named == set()
    found = (await ask(reader, document))["data"]["discussion"]
    assert found["author"] is None
    assert found["posts"]["nodes"]


async def as_role(owner: asyncpg.Connection, role: str, member: object) -> int:
    """How many rows of a member a role reads as any viewer, as themselves too."""
    async with owner.transaction():
        for setting in ("member", "organization", "staff"):
            await owner.execute("SELECT set_config($1, $2, true)", f"cohorte.{setting}", str(member))
        await owner.execute(f"SET LOCAL ROLE {role}")
        count: int = await owner.fetchval("SELECT count(*) FROM care.member WHERE id = $1", member)
        await owner.execute("RESET ROLE")
    return count


async def test_an_erasure_that_is_killed_goes_on_and_keeps_no_lock_for_long(burdened: Leaving) -> None:
    owner, member = burdened.owner, burdened.viewer.member
    assert await done(burdened.ask, burdened.who, DELETE, {"password": PASSWORD}) == []
    left = (await rows_of(owner, member, many=True))["care.own_observation.member_id"]
    dsn = burdened.ask.app.endpoint.settings.database_url  # type: ignore[union-attr]
    assert dsn is not None
    other = await asyncpg.connect(dsn)
    await other.execute("BEGIN")
    assert await other.fetchval("SELECT identity.go_on_erasing(1000)") is True
    assert await owner.fetchval("SELECT identity.go_on_erasing(1000)") is False  # it is left to whoever has it
    other.terminate()
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'care.own_observation'::regclass"

    async def is_undone() -> bool:
        return bool(await owner.fetchval(held) == 0)

    await becomes(is_undone)
    assert (await rows_of(owner, member, many=True))["care.own_observation.member_id"] == left
    counts = []
    while await owner.fetchval("SELECT identity.go_on_erasing(1000)"):
        counts.append((await rows_of(owner, member, many=True)).get("care.own_observation.member_id", 0))
    assert all(0 <= before - after <= 1_000 for before, after in zip([left, *counts], counts, strict=False))
    assert len(counts) >= left // 1_000
    assert await owner.fetchval("SELECT count(*) FROM care.member WHERE id = $1", member) == 0


async def test_who_is_leaving_joins_nothing_and_consents_to_nothing(burdened: Leaving) -> None:
    """A request of theirs that began before the erasure and goes on after it."""
    owner, member = burdened.owner, burdened.viewer.member
    assert await done(burdened.ask, burdened.who, DELETE, {"password": PASSWORD}) == []
    community = await owner.fetchval("SELECT id FROM catalog.community ORDER BY id LIMIT 1")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute("INSERT INTO care.membership (member_id, community_id) VALUES ($1, $2)", member, community)
    async with owner.transaction():
        await owner.execute("SELECT set_config('cohorte.member', $1, true)", str(member))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute("SELECT research.set_consent('SURVEY_RESEARCH', true, '{LABORATORY}', '2026-1', 'EN')")


@pytest.mark.slow
async def test_a_member_with_a_hundred_thousand_rows_is_exported_and_erased_in_pieces(burdened: Leaving) -> None:
    """With `-s`, it prints for how long a transaction holds its locks."""
    owner, member = burdened.owner, burdened.viewer.member
    dsn = burdened.ask.app.endpoint.settings.database_url  # type: ignore[union-attr]
    assert dsn is not None
    first = await owner.fetchval("SELECT min(observed_on) FROM care.own_observation WHERE member_id = $1", member)
    await owner.execute(MANY_ROWS, member, 95_000, first)
    await note_pieces(owner)
    async with watched(dsn, "exporting 100,000 rows") as pieces:
        found = await exported(burdened.ask, burdened.who)
    assert len(found["ownObservations"]) > 95_000
    assert pieces.rows <= A_FEW
    async with watched(dsn, "deleting the account") as pieces:
        assert await done(burdened.ask, burdened.who, DELETE, {"password": PASSWORD}) == []
    assert pieces.rows <= jobs.ERASED_AT_ONCE + A_FEW
    async with watched(dsn, "erasing 100,000 rows") as pieces:
        for _ in range(200):  # each as long as others wait for, however slow the machine is
            if not await owner.fetchval("SELECT count(*) FROM care.member WHERE id = $1", member):
                break
            await jobs.erase_members(owner)
    assert 0 < pieces.rows <= jobs.ERASED_AT_ONCE + A_FEW
    assert str(member) not in str(await dump(owner))


def test_every_table_that_may_have_many_rows_of_a_member_is_one_of_ours() -> None:
    names = {table.fullname for table in metadata.sorted_tables}
    source = Path("models/functions/identity/personal_data.sql").read_text(encoding="utf-8")
    listed = source[source.index("unnest('{") + 9 : source.index("}'::text[])")]
    assert {name.strip() for name in listed.split(",")} <= names
