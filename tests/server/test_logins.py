"""Each view's connections log in as its own role, for every form of the database's address."""

import asyncio
import re
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from models import logins
from models.security.publisher import LOGINS, PUBLISHER
from models.viewers import Audience, Login
from tests.support.clusters import run

PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER

SECRET = logins.role_password("postgresql://owner:p%40ss@host/database", BUYER.role)


@pytest.mark.parametrize(
    ("owner", "buyer"),
    [
        ("owner:p%40ss@host:6543/cohorte", "cohorte_buyer:{}@host:6543/cohorte"),
        ("owner:p%40ss@host/cohorte?sslmode=verify-full", "cohorte_buyer:{}@host/cohorte?sslmode=verify-full"),
        ("owner:p%40ss@one:5432,two:5433/cohorte", "cohorte_buyer:{}@one:5432,two:5433/cohorte"),
        ("owner:p%40ss@[::1]:5432/cohorte", "cohorte_buyer:{}@[::1]:5432/cohorte"),
        ("owner:p%40ss@/cohorte?host=%2Frun%2Fpg&port=6000", "cohorte_buyer:{}@/cohorte?host=%2Frun%2Fpg&port=6000"),
        ("host/cohorte?user=owner&password=p%40ss&sslmode=require", "cohorte_buyer:{}@host/cohorte?sslmode=require"),
    ],
)
def test_a_roles_database_address_is_the_owners_with_another_login(owner: str, buyer: str) -> None:
    assert logins.role_dsn(f"postgresql://{owner}", BUYER) == f"postgresql://{buyer.format(SECRET)}"


def test_passwords_differ_by_role_and_by_owner() -> None:
    addresses = [f"postgresql://owner:{password}@host/database" for password in ("one", "two")]
    made = {logins.role_password(address, login.role) for address in addresses for login in LOGINS}
    assert len(made) == 10
    assert all(re.fullmatch("[0-9a-f]{64}", password) for password in made)


@pytest.mark.parametrize("address", ["postgresql://owner@host/database", "postgresql://owner:@host/database?sslmode=x"])
async def test_an_address_without_a_password_is_refused_with_a_remedy(address: str) -> None:
    for refused in (logins.open_roles(address), logins.pool(address, BUYER, 1, 1.0)):
        with pytest.raises(logins.NoOwnerPassword, match="Include it in COHORTE_DATABASE_URL"):
            await refused


async def test_only_a_password_that_fails_is_replaced(fresh: str) -> None:
    await run(fresh, "; ".join(f"ALTER ROLE {login.role} PASSWORD NULL" for login in LOGINS))
    owner = await asyncpg.connect(fresh)
    try:
        query = "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'cohorte\\_%' ORDER BY rolname"
        await logins.open_roles(fresh)
        before = [row[0] for row in await owner.fetch(query)]
        assert [verifier.partition(":")[0] for verifier in before] == ["SCRAM-SHA-256$4096"] * 5
        await logins.open_roles(fresh)
        assert [row[0] for row in await owner.fetch(query)] == before
        await owner.execute("ALTER ROLE cohorte_buyer PASSWORD 'another'")
        await logins.open_roles(fresh)
        after = [row[0] for row in await owner.fetch(query)]
        assert [new == old for new, old in zip(after, before, strict=True)] == [False, True, True, True, True]
        assert await asks(fresh, BUYER, "SELECT session_user") == "cohorte_buyer"
    finally:
        await owner.close()


async def test_servers_that_start_concurrently_open_the_roles_together(fresh: str) -> None:
    await run(fresh, "; ".join(f"ALTER ROLE {login.role} PASSWORD NULL" for login in LOGINS))
    await asyncio.gather(*(logins.open_roles(fresh) for _ in range(4)))
    assert [await asks(fresh, login, "SELECT session_user") for login in LOGINS] == [
        "cohorte_public",
        "cohorte_patient",
        "cohorte_buyer",
        "cohorte_manager",
        "cohorte_publisher",
    ]


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ("ALTER ROLE cohorte_buyer BYPASSRLS", "ALTER ROLE cohorte_buyer NOBYPASSRLS"),
        ("ALTER ROLE cohorte_buyer SUPERUSER", "ALTER ROLE cohorte_buyer NOSUPERUSER"),
        ("ALTER ROLE cohorte_buyer CREATEROLE", "ALTER ROLE cohorte_buyer NOCREATEROLE"),
        ("GRANT cohorte_patient TO cohorte_buyer", "REVOKE cohorte_patient FROM cohorte_buyer"),
    ],
)
async def test_a_role_with_excess_rights_stops_the_server(fresh: str, stronger: str, weaker: str) -> None:
    await run(fresh, stronger)
    try:
        with pytest.raises(logins.RoleRefused, match=r"rights: cohorte_buyer\."):
            await logins.open_roles(fresh)
    finally:
        await run(fresh, weaker)  # roles belong to the whole cluster
    await logins.open_roles(fresh)


async def test_a_role_that_may_not_log_in_is_named(fresh: str) -> None:
    await run(fresh, "ALTER ROLE cohorte_buyer NOLOGIN")
    try:
        with pytest.raises(logins.RoleRefused, match="cohorte_buyer cannot log in"):
            await logins.open_roles(fresh)
    finally:
        await run(fresh, "ALTER ROLE cohorte_buyer LOGIN")


async def test_an_owner_who_may_not_set_passwords_is_reported(fresh: str) -> None:
    await run(fresh, "CREATE ROLE weak LOGIN PASSWORD 'weak'")
    try:
        address = urlsplit(fresh)._replace(netloc="weak:weak@").geturl()
        with pytest.raises(logins.RoleRefused, match="owner may not set one"):
            await logins.open_roles(address)
    finally:
        await run(fresh, "DROP ROLE weak")
    await logins.open_roles(fresh)


async def test_a_pools_connections_have_the_settings_for_reads(fresh: str) -> None:
    await logins.open_roles(fresh)
    async with await logins.pool(fresh, MANAGER, 2, 0.25) as pool:
        assert pool.get_size() == 2
        found = await pool.fetchrow(
            "SELECT current_user::text AS role, current_setting('timezone') AS zone,"
            " current_setting('statement_timeout') AS timeout, current_setting('application_name') AS name"
        )
        assert found is not None
        assert dict(found) == {"role": "cohorte_manager", "zone": "UTC", "timeout": "250ms", "name": "cohorte manager"}
        with pytest.raises(asyncpg.QueryCanceledError):
            await pool.fetch("SELECT pg_sleep(5)")
        assert await pool.fetchval("""SELECT '{"a": 1}'::json""") == '{"a": 1}'


@pytest.mark.parametrize("login", LOGINS)
async def test_a_statement_of_a_view_is_planned_once(fresh: str, login: Login) -> None:
    """Whatever its values. What the publisher counts differs more than what clients read."""
    await logins.open_roles(fresh)
    async with await logins.pool(fresh, login, 1, 5.0) as pool, pool.acquire() as connection:
        for number in range(7):
            assert await connection.fetchval("SELECT $1::integer + 1", number) == number + 1
        planned = "SELECT custom_plans FROM pg_prepared_statements WHERE statement = 'SELECT $1::integer + 1'"
        assert (await connection.fetchval(planned) > 0) is (login is PUBLISHER)


async def test_a_pool_sends_only_the_statement_and_prepares_it_once(fresh: str) -> None:
    await logins.open_roles(fresh)
    long = "SELECT " + ", ".join(f"{number} AS n{number}" for number in range(1_500))
    assert len(long) > 15_360
    counted = "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1"
    async with await logins.pool(fresh, PUBLIC, 1, 5.0) as pool:
        sent: list[str] = []
        async with pool.acquire() as connection:
            connection.add_query_logger(lambda record: sent.append(record.query))
            for _ in range(3):
                await connection.fetch(long)
        async with pool.acquire() as connection:
            assert await connection.fetchval(counted, long) == 1
        assert sent == [long, long, long, counted]  # and no reset between them


async def test_a_viewer_is_set_only_for_the_transaction(fresh: str) -> None:
    await logins.open_roles(fresh)
    async with await logins.pool(fresh, PATIENT, 1, 5.0) as pool:
        assert await pool.fetchval("SELECT set_config('cohorte.member', 'x', true)") == "x"
        assert await pool.fetchval("SELECT current_setting('cohorte.member', true)") == ""


async def asks(owner_dsn: str, login: Login, query: str) -> object:
    connection = await asyncpg.connect(logins.role_dsn(owner_dsn, login))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_an_owners_password_may_contain_any_character(fresh: str) -> None:
    password = "p@ss:w/o%rd é?#&'"
    await run(fresh, "CREATE ROLE strange LOGIN SUPERUSER")
    try:
        verifier = logins.scram_verifier("plain", b"0123456789abcdef")
        await run(fresh, f"ALTER ROLE strange PASSWORD '{verifier}'")
        address = urlsplit(fresh)
        plain = address._replace(netloc="strange:plain@").geturl()
        connection = await asyncpg.connect(plain)
        await connection.execute(f"""ALTER ROLE strange PASSWORD '{password.replace("'", "''")}'""")
        await connection.close()
        odd = address._replace(netloc=f"strange:{quote(password, safe='')}@").geturl()
        await logins.open_roles(odd)
        assert await asks(odd, BUYER, "SELECT session_user") == "cohorte_buyer"
    finally:
        await run(fresh, "DROP ROLE strange")
    await logins.open_roles(fresh)
