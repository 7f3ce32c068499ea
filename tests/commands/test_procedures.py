"""What docs/operating.md tells operators to do, carried out: another prefix of the roles, another key of the roles."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from commands import migrate, roles
from models.logins import role_dsn
from models.security.publisher import LOGINS
from models.viewers import Audience
from resolvers.jobs import PUBLISHING
from tests.commands.test_operating import without_login
from tests.commands.test_role_prefixes import fetch
from tests.faults.test_kill import KillNetwork
from tests.support.client import ANYBODY, Ask, serving
from tests.support.clusters import run
from tests.support.eventually import becomes

KEY, NEXT_KEY = "k" * 32, "n" * 32
HELLO, OWN = "{ viewer { audience } }", "{ me { member { id } } }"
PUBLIC = {"data": {"viewer": {"audience": "PUBLIC"}}}
END_CONNECTIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename LIKE $1
"""
RIGHTS = """
    SELECT count(*) FROM (
        SELECT relacl AS acl FROM pg_class UNION ALL SELECT attacl FROM pg_attribute
        UNION ALL SELECT proacl FROM pg_proc UNION ALL SELECT nspacl FROM pg_namespace
    ) o CROSS JOIN aclexplode(o.acl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname LIKE $1
"""


@pytest_asyncio.fixture
async def prefix(server: str) -> AsyncIterator[str]:
    """Yields a prefix for roles. To be requested before a database, which is dropped first."""
    made = f"moved{secrets.token_hex(4)}"
    yield made
    for login in LOGINS:
        await run(server, f"DROP ROLE IF EXISTS {login.role.replace('cohorte', made)}")


def settings(prefix: str, key: str) -> dict[str, object]:
    """Those of a server, without a login of the owner's."""
    return {"known_head": False, "demo": False, "migrate": False, "role_key": key, "role_prefix": prefix}


async def test_an_installation_is_moved_to_another_prefix_and_the_former_roles_keep_no_right(
    prefix: str, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = without_login(fresh)
    owner = await asyncpg.connect(fresh)
    community = UUID(str(await owner.fetchval("SELECT id FROM catalog.community ORDER BY id LIMIT 1")))
    member, id = await KillNetwork(owner).member(community)
    assert await owner.fetchval(RIGHTS, "cohorte\\_%") > 100
    given = {"COHORTE_DATABASE_URL": fresh, "COHORTE_ROLE_PREFIX": prefix, "COHORTE_ROLE_KEY": KEY, "COHORTE_DEMO": "0"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert await asyncio.to_thread(roles.main, ["apply"]) == 0
    assert await asyncio.to_thread(migrate.main) == 0
    async with serving(bare, publishing=PUBLISHING, **settings(prefix, KEY)) as ask:  # type: ignore[arg-type]
        assert await ask(member, OWN) == {"data": {"me": {"member": {"id": f"mbr_{id}"}}}}
    assert await owner.fetchval(RIGHTS, "cohorte\\_%") == 0
    assert await owner.fetchval("SELECT count(*) FROM pg_policies WHERE roles::text LIKE '%cohorte\\_%'") == 0
    await owner.close()


@pytest.mark.slow
async def test_the_roles_key_is_replaced_while_a_server_runs(prefix: str, fresh: str) -> None:
    bare = without_login(fresh)
    await roles.apply(fresh, prefix)
    await migrate.migrate(fresh, KEY, prefix)
    async with serving(bare, filled=True, publishing=PUBLISHING, **settings(prefix, KEY)) as before:  # type: ignore[arg-type]
        assert await before(ANYBODY, HELLO) == PUBLIC
        await migrate.migrate(fresh, NEXT_KEY, prefix)
        assert await before(ANYBODY, HELLO) == PUBLIC  # by the connections that it has
        async with serving(bare, publishing=PUBLISHING, **settings(prefix, NEXT_KEY)) as after:  # type: ignore[arg-type]
            assert await after(ANYBODY, HELLO) == PUBLIC
        login = role_dsn(bare, Audience.PUBLIC, KEY, prefix)
        try:
            await fetch(login, "SELECT 1")
            raise AssertionError("the former key still opens the database")
        except asyncpg.InvalidPasswordError:
            pass
        assert await fetch(fresh, END_CONNECTIONS, f"{prefix}\\_%") > 0
        await becomes(lambda: answers(before, 503))
        await migrate.migrate(fresh, KEY, prefix)  # with this server's key, as the table of incidents says
        await becomes(lambda: answers(before, 200))


async def answers(ask: Ask, status: int) -> bool:
    return (await ask.post(ANYBODY, "{ communities(first: 1) { nodes { name } } }")).status_code == status
