"""Two installations in one cluster have roles of their own, and neither can use what is the other's."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from commands import roles
from commands.databases import at, create_missing
from commands.migrate import migrate
from commands.preparing import prepare
from models.installation import install
from models.logins import RoleRefused, role_dsn
from models.migrations.revisions import head
from models.security.publisher import LOGINS
from models.viewers import Audience
from resolvers.jobs import PUBLISHING
from settings import Settings, SettingsError
from tests.commands.test_operating import without_login
from tests.support import backups
from tests.support.client import ANYBODY, serving
from tests.support.clusters import run

KEYS = {"east": "e" * 32, "west": "w" * 32}
HELLO = "{ viewer { audience } communities(first: 1) { nodes { name } } }"
ANSWER = {"data": {"viewer": {"audience": "PUBLIC"}, "communities": {"nodes": []}}}


@pytest_asyncio.fixture
async def prefixes(server: str) -> AsyncIterator[dict[str, str]]:
    """Yields the owner's address of an empty database by the prefix of its roles."""
    made = {prefix: f"test_{prefix}_{secrets.token_hex(4)}" for prefix in KEYS}
    for name in made.values():
        await create_missing(server, name)
    yield {prefix: at(server, name) for prefix, name in made.items()}
    for prefix, name in made.items():
        await run(server, f"DROP DATABASE {name} WITH (FORCE)")
        for login in LOGINS:
            await run(server, f"DROP ROLE IF EXISTS {login.role.replace('cohorte', prefix)}")
    await run(server, "DROP ROLE IF EXISTS keeper")


@pytest.mark.slow
async def test_two_installations_in_one_cluster_serve_side_by_side(prefixes: dict[str, str]) -> None:
    for prefix, dsn in prefixes.items():
        assert await migrate(dsn, KEYS[prefix], prefix) == head()
        others = "SELECT count(*) FROM pg_policies WHERE roles::text LIKE '%cohorte%'"
        assert await fetch(dsn, others) == 0
        assert await fetch(dsn, "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid"
                                " JOIN pg_database b ON b.oid = d.dbid WHERE b.datname = current_database()"
                                " AND r.rolname LIKE 'cohorte\\_%'") == 0  # fmt: skip
    # Both have migrated, and each starts again.
    for _ in range(2):
        for prefix, dsn in prefixes.items():
            bare = without_login(dsn)
            await prepare(bare, Settings(database_url=bare, role_key=KEYS[prefix], role_prefix=prefix, migrate=False))
            given: dict[str, Any] = {"demo": False, "migrate": False, "role_key": KEYS[prefix], "role_prefix": prefix}
            async with serving(bare, known_head=False, filled=True, publishing=PUBLISHING, **given) as ask:
                assert await ask(ANYBODY, HELLO) == ANSWER
                assert (await ask.http.get("/readyz")).json() == {"ready": True}
                used = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE $1"
                assert await fetch(dsn, used, f"{prefix}\\_%") > 10
                assert await fetch(dsn, used, "cohorte\\_%") == 0
    # Either's roles may do nothing in the other's database.
    stranger = role_dsn(prefixes["west"], Audience.PATIENT, KEYS["east"], "east")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(stranger, "SELECT count(*) FROM catalog.community")


@pytest.mark.slow
async def test_rights_can_be_given_again_to_used_another_prefix(prefixes: dict[str, str]) -> None:
    dsn = prefixes["east"]
    await migrate(dsn, KEYS["east"], "east")
    rights = (
        "SELECT string_agg(format('%s %s %s', c.oid, a.grantee::regrole, a.privilege_type), ' ' ORDER BY c.oid,"
        " a.grantee::regrole::text, a.privilege_type) FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE a.grantee::regrole::text LIKE 'east%'"
    )
    before = await fetch(dsn, rights)
    await roles.apply(dsn, "east")
    assert await fetch(dsn, rights) == before
    # An installation is moved to a prefix of its own, such as one that has shared its roles until now.
    await roles.apply(dsn, "west")
    assert await fetch(dsn, rights) is None
    await install(dsn, KEYS["west"], "west")
    assert await fetch(dsn, rights.replace("east", "west")) == before.replace("east", "west")


@pytest.mark.parametrize("prefix", ["", "1a", "Cohorte", "a-b", "a b", "a" * 41, "pg_x", "a'; --", "é"])
def test_a_prefix_needs_no_quotes(prefix: str) -> None:
    with pytest.raises(ValueError, match="role_prefix"):
        Settings(role_prefix=prefix)
    if prefix:
        with pytest.raises(SettingsError):
            Settings.from_environment({"COHORTE_ROLE_PREFIX": prefix})


def test_the_longest_role_fits_into_an_identifier() -> None:
    longest = Settings(role_prefix="a" * 40).role_prefix
    assert max(len(login.role.replace("cohorte", longest)) for login in LOGINS) <= 63


# An owner who may create no roles


@pytest.mark.slow
async def test_an_owner_without_createrole_migrates_once_the_administrator_made_the_roles(
    server: str, prefixes: dict[str, str]
) -> None:
    await run(server, "CREATE ROLE keeper LOGIN PASSWORD 'keeper'")
    name = prefixes["east"].partition("?")[0].rpartition("/")[2]
    await run(server, f"ALTER DATABASE {name} OWNER TO keeper")
    owner = backups.as_user(prefixes["east"], "keeper")
    with pytest.raises(RoleRefused, match=r"commands\.roles script"):
        await install(owner, KEYS["east"], "east")
    assert await fetch(owner, "SELECT to_regclass('public.migration')") is None
    script = await printed_script(COHORTE_ROLE_KEY=KEYS["east"], COHORTE_ROLE_PREFIX="east")
    assert KEYS["east"] not in script
    for _ in range(2):  # it may be carried out again
        await run(server, script)
    assert await migrate(owner, KEYS["east"], "east") == head()
    # The server has the key, and neither the owner's password nor any right of theirs.
    bare = without_login(owner)
    async with serving(
        bare, known_head=False, demo=False, migrate=False, role_key=KEYS["east"], role_prefix="east"
    ) as ask:
        assert await ask(ANYBODY, HELLO) == ANSWER
    login = role_dsn(bare, Audience.PUBLIC, KEYS["east"], "east")
    for forbidden in ("CREATE TABLE public.x ()", "UPDATE public.migration SET version_num = '1'", "CREATE ROLE x"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(login, forbidden)
    # Another key needs the administrator again, which is said in a sentence.
    with pytest.raises(RoleRefused, match=r"commands\.roles script"):
        await install(owner, "n" * 32, "east")
    await run(server, await printed_script(COHORTE_ROLE_KEY="n" * 32, COHORTE_ROLE_PREFIX="east"))
    await install(owner, "n" * 32, "east")


async def printed_script(**variables: str) -> str:
    """What the command prints, which reaches no database."""
    command = (sys.executable, "-m", "commands.roles", "script")
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        env={"PATH": os.defpath} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return str(done.stdout)


async def fetch(dsn: str, query: str, *values: object) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query, *values)
    finally:
        await connection.close()
