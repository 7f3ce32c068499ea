"""A backup is restored into a new cluster as docs/operating.md says, and served from there with all its rights."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from commands import roles
from commands.databases import at
from commands.migrate import migrate
from models.installation import install
from models.migrations import catalogue
from models.migrations.revisions import head
from models.migrations.run import upgrade
from models.role_names import PREFIX, named
from models.security.privileges import LostRights, are_complete
from settings import Settings
from tests.support import backups
from tests.support.callers import open_session
from tests.support.client import ANYBODY, Caller, serving
from tests.support.clusters import quick_folder, run, throwaway_cluster

KEY = "k" * 32
HELLO = "{ viewer { audience } communities(first: 2) { nodes { name } } }"
OWN_DATA = "{ viewer { member { pseudonym } audience } }"


@pytest.fixture
def other_cluster() -> Iterator[str]:
    """Yields the superuser's address of a cluster in which no role of Cohorte exists."""
    with throwaway_cluster() as dsn:
        yield dsn


@pytest.fixture
def file() -> Iterator[Path]:
    folder = quick_folder()
    yield folder / "backup.dump"
    shutil.rmtree(folder)


PARSED = ("constraint", "trigger")
CASTS = re.compile(r"::character varying|::text(\[\])?|[()]")  # which conditions gain when they are parsed again


async def everything(dsn: str) -> list[str]:
    """All objects, policies and rights, in an order that a backup keeps."""
    return sorted(
        " ".join([item.kind, item.name, CASTS.sub("", item.create) if item.kind in PARSED else item.create])
        for item in (await catalogue.read(dsn)).values()
    )


async def member_session(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        found = await connection.fetchval(
            "SELECT a.id FROM identity.account a JOIN care.member m ON m.id = a.member_id WHERE m.kind = 'PATIENT'"
            " ORDER BY a.id LIMIT 1"
        )
        return await open_session(connection, found)
    finally:
        await connection.close()


@pytest.mark.slow
async def test_a_backup_is_restored_into_a_new_cluster_and_served(fresh: str, other_cluster: str, file: Path) -> None:
    member = Caller("a member", await member_session(fresh))
    backups.dump(fresh, file)
    # The cluster's administrator; the owner may create no roles.
    await run(other_cluster, roles.script(Settings(role_key=KEY)))
    owner = await backups.owned(other_cluster, "keeper", "restored")
    assert backups.restore(owner, file, *backups.OPTIONS) == (0, "")
    assert await migrate(owner, KEY, PREFIX) == head()
    as_superuser = at(other_cluster, "restored")
    assert await everything(owner) == await everything(fresh)
    policies = await count(as_superuser, "SELECT count(*) FROM pg_policies")
    assert policies == await count(fresh, "SELECT count(*) FROM pg_policies") > 100
    bare = f"postgresql:///restored?{owner.partition('?')[2]}"
    async with (
        serving(fresh) as before,
        serving(bare, known_head=False, role_key=KEY, migrate=False) as after,
    ):
        for who in (ANYBODY, member):
            document = HELLO if who is ANYBODY else OWN_DATA
            assert await after(who, document) == await before(who, document)


@pytest.mark.slow
async def test_a_backup_restored_without_roles_is_repaired(fresh: str, other_cluster: str, file: Path) -> None:
    backups.dump(fresh, file)
    owner = await backups.owned(other_cluster, "keeper", "restored", "CREATEROLE")
    status, errors = backups.restore(owner, file, "--no-owner")
    assert status == 1
    assert errors.count("error:") > 400
    assert await count(owner, "SELECT count(*) FROM pg_policies") == 0
    # An older one cannot be: its migrations build on what is lost.
    await run(owner, "UPDATE public.migration SET version_num = '0071'")
    with pytest.raises(LostRights, match=r"commands\.roles create"):
        await install(owner, KEY)
    await run(owner, f"UPDATE public.migration SET version_num = '{head()}'")
    await install(owner, KEY)
    assert await everything(owner) == await everything(fresh)


@pytest.mark.slow
async def test_an_older_backup_without_its_grants_is_migrated_with_all_rights(other_cluster: str, file: Path) -> None:
    old = await backups.owned(other_cluster, "keeper", "old", "CREATEROLE")
    await upgrade(old, "0071")
    backups.dump(old, file)
    await run(at(other_cluster, "postgres"), "CREATE DATABASE restored OWNER keeper")
    restored = backups.as_user(at(other_cluster, "restored"), "keeper")
    assert backups.restore(restored, file, *backups.OPTIONS) == (0, "")
    for dsn in (old, restored):
        await install(dsn, KEY)
    assert await everything(restored) == await everything(old)


async def count(dsn: str, query: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval(query)
        return found
    finally:
        await connection.close()


# What a restore, or a hand, may have taken away


@pytest.mark.parametrize(
    "damage",
    [
        "DROP POLICY patient_reads ON care.observation",
        "REVOKE USAGE ON SCHEMA care FROM cohorte_manager",
        "GRANT EXECUTE ON FUNCTION identity.delete_account(uuid) TO PUBLIC",
    ],
)
async def test_missing_rights_are_found_and_given_back(fresh: str, damage: str) -> None:
    before = await everything(fresh)
    await run(fresh, damage)
    assert not await complete(fresh)
    await install(fresh)
    assert await complete(fresh)
    assert await everything(fresh) == before


async def test_all_rights_are_replaced_by_those_of_the_code(fresh: str) -> None:
    before = await everything(fresh)
    await run(
        fresh,
        "GRANT SELECT ON care.observation TO cohorte_public; GRANT SELECT (body) ON care.post TO cohorte_buyer;"
        "CREATE POLICY open ON care.observation FOR SELECT TO cohorte_public USING (true);"
        "REVOKE SELECT ON catalog.community FROM cohorte_patient;"
        "GRANT EXECUTE ON FUNCTION identity.erase(identity.account, text) TO cohorte_public;"
        "ALTER TABLE care.observation DISABLE ROW LEVEL SECURITY; GRANT USAGE ON SCHEMA research TO cohorte_public",
    )
    assert await everything(fresh) != before
    await roles.apply(fresh, PREFIX)
    assert await everything(fresh) == before
    await roles.apply(fresh, PREFIX)
    assert await everything(fresh) == before


async def complete(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return await are_complete(connection)
    finally:
        await connection.close()


def test_names_of_roles_alone_are_replaced() -> None:
    sql = "GRANT SELECT ON a TO cohorte_public, cohorte_patient; NOTIFY cohorte_event; cohorte_publisher_x"
    assert (
        named(sql, "east")
        == "GRANT SELECT ON a TO east_public, east_patient; NOTIFY cohorte_event; cohorte_publisher_x"
    )
    assert named(sql, PREFIX) == sql
