"""Connection pools and logins: each view, and the publisher, connects as a PostgreSQL role of its own."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import asyncpg

from models.bounded_connections import CONNECT_SECONDS, KEEPALIVES
from models.codecs import use_exact_days
from models.connecting import connect
from models.role_names import PREFIX, role_name
from models.security.publisher import LOGINS, PUBLISHER
from models.session_parameters import set_parameters
from models.several_hosts import connect_to_any
from models.statements import FrugalConnection
from models.viewers import Login

IDLE_SECONDS = 60  # the longest idle time within a transaction
ROUNDS = 4096  # PostgreSQL's default for scram-sha-256; enough, because the passwords have 256 bits

# How PostgreSQL plans the statements of views.
PLANNING = {
    # One plan for all values: statements are written so that none is better for some of them. Otherwise PostgreSQL
    # plans a statement five times, and one whose values make it look cheaper every time.
    "plan_cache_mode": "force_generic_plan",
    # Rows are in memory or on a disk without moving parts. Otherwise PostgreSQL would rather sort all rows of a part of
    # a list than read the first ones in the order of an index.
    "random_page_cost": "1.1",
}


class NoOwnerPassword(ValueError):
    """The database's address contains no password, from which the roles' passwords are derived."""

    def __init__(self) -> None:
        super().__init__(
            "The database's address has no password, from which the passwords of the server's roles are derived. "
            "Include it in COHORTE_DATABASE_URL, as in postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or set "
            "COHORTE_ROLE_KEY."
        )


class RoleRefused(Exception):
    """A role cannot log in, or has more rights than it should; the message names the role and a remedy."""


def role_password(owner_dsn: str, role: str, key: str | None = None) -> str:
    """The password of `role`: the HMAC-SHA256 of its name, keyed with `key` or the owner's password; none is stored.

    Raises NoOwnerPassword if there is no key and the address contains no password.
    """
    key = key or owner_password(owner_dsn)
    return hmac.new(key.encode(), f"cohorte role {role}".encode(), hashlib.sha256).hexdigest()


def owner_password(owner_dsn: str) -> str:
    """The password in the database's address. Raises NoOwnerPassword if there is none."""
    url = urlsplit(owner_dsn)
    password = dict(parse_qsl(url.query)).get("password") or unquote(url.password or "")
    if not password:
        raise NoOwnerPassword
    return password


def role_dsn(owner_dsn: str, login: Login, key: str | None = None, prefix: str = PREFIX) -> str:
    """The owner's address with the role and password of `login`; host, port, database and TLS options stay unchanged.

    The role's name begins with `prefix`.

    The address must name a database, because asyncpg would otherwise use the user's name as one. Raises
    NoOwnerPassword if there is no `key` and it contains no password.
    """
    url = urlsplit(owner_dsn)
    kept = [(name, value) for name, value in parse_qsl(url.query) if name not in ("user", "password", "passfile")]
    role = role_name(login, prefix)
    name_and_password = f"{role}:{role_password(owner_dsn, role, key)}"
    hosts = url.netloc.rpartition("@")[2]
    return url._replace(netloc=f"{name_and_password}@{hosts}", query=urlencode(kept, quote_via=quote)).geturl()


async def open_roles(owner_dsn: str, key: str | None = None, prefix: str = PREFIX) -> None:
    """Ensures that every role can log in, and that none has rights beyond its grants.

    A password is set only if logging in fails, so that servers starting at the same time do not interfere. Raises
    NoOwnerPassword if there is neither a `key` nor an owner's password, and RoleRefused if a role cannot log in or has
    other rights.
    """
    for login in LOGINS:
        if not await logs_in(owner_dsn, login, key, prefix):
            role = role_name(login, prefix)
            await set_password(owner_dsn, role, key)
            if not await logs_in(owner_dsn, login, key, prefix):
                raise RoleRefused(
                    f"The role {role} cannot log in although its password has just been set. "
                    "Allow it to log in with a password in the server's pg_hba.conf, as the owner does."
                )
    await refuse_strong_roles(owner_dsn, prefix)


async def pool(
    owner_dsn: str,
    login: Login,
    size: int,
    statement_seconds: float,
    key: str | None = None,
    *,
    prefix: str = PREFIX,
    lock_seconds: float = 0,
    answer_seconds: float | None = None,
) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool of `size` connections as the role of `login`; statements are cancelled after `statement_seconds`.

    PostgreSQL ends a statement that waits for a lock for `lock_seconds`, if that is not 0. With `answer_seconds`, a
    connection that has not answered for that long is given up: otherwise, whoever waits must have a limit.

    Connections are not reset on release, which would cost a second round trip: set parameters within a transaction
    only. Statements that run twice stay prepared, within the bounds of `models.statements`. JSON values are returned as
    text. Raises NoOwnerPassword if there is no `key` and the owner's address contains no password.
    """
    parameters = {
        "statement_timeout": str(max(1, round(statement_seconds * 1000))),
        # A server that hangs between two statements must release its locks, including that of the ledger.
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "lock_timeout": str(round(lock_seconds * 1000)),
        "jit": "off",  # compiling takes longer than any of these statements
        **({} if login is PUBLISHER else PLANNING),
        **KEEPALIVES,
    }

    async def prepare(connection: asyncpg.Connection) -> None:
        await set_parameters(connection, parameters)
        await use_exact_days(connection)

    made: asyncpg.Pool[asyncpg.Record] = await asyncpg.create_pool(  # type: ignore[call-overload]  # of `connect`
        role_dsn(owner_dsn, login, key, prefix),
        init_size=size,
        min_size=0,  # asyncpg would try to replace lost ones on its own, with a traceback each time
        max_size=size,
        timeout=CONNECT_SECONDS,
        command_timeout=answer_seconds,
        init=prepare,
        reset=leave_as_it_is,
        max_inactive_connection_lifetime=0,
        max_queries=2**62,  # never replaced: a new connection would have to prepare all statements again
        connect=connect_to_any,
        connection_class=FrugalConnection,
        statement_cache_size=2_000,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,  # the connection decides: a dashboard's statement exceeds the default of 15 KB
        server_settings={"application_name": f"cohorte {login.view}", "timezone": "UTC"},
    )
    return made


async def leave_as_it_is(connection: object) -> None:
    pass


async def logs_in(owner_dsn: str, login: Login, key: str | None = None, prefix: str = PREFIX) -> bool:
    """Whether the role can log in with its derived password. Raises NoOwnerPassword."""
    try:
        connection = await connect(role_dsn(owner_dsn, login, key, prefix))
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        return False
    await connection.close()
    return True


def stored_password(owner_dsn: str, role: str, key: str | None = None) -> str:
    """The derived password of a role as PostgreSQL stores it, with a new salt. Raises NoOwnerPassword."""
    return scram_verifier(role_password(owner_dsn, role, key), secrets.token_bytes(16))


async def set_password(owner_dsn: str, role: str, key: str | None = None) -> None:
    """Sets the role's password to the derived one. Raises RoleRefused if the owner may not set it."""
    verifier = stored_password(owner_dsn, role, key)
    owner = await connect(owner_dsn)
    try:
        for patience in (0.05, 0.1, 0.2, 0.4, None):
            try:
                # Utility statements take no parameters. The verifier is base64 and punctuation, the role an identifier.
                await owner.execute(f"ALTER ROLE {role} PASSWORD '{verifier}'")
            except asyncpg.InternalServerError:
                # "tuple concurrently updated": a server of another database of this cluster is doing the same.
                if patience is None:
                    raise
                await asyncio.sleep(patience)
            except asyncpg.InsufficientPrivilegeError as error:
                raise RoleRefused(
                    f"The role {role} cannot log in with its derived password, and the database's owner may not "
                    "set one. Connect as the role's creator or as a superuser, or give the database's administrator "
                    "what `python -m commands.roles script` prints with the same COHORTE_ROLE_KEY."
                ) from error
            else:
                return
    finally:
        await owner.close()


async def refuse_strong_roles(dsn: str, prefix: str = PREFIX) -> None:
    """Raises RoleRefused if a role has rights beyond its grants: it may have existed before, with more rights.

    Any role may connect for it, with the address `dsn`.
    """
    connection = await connect(dsn)
    try:
        strong = await connection.fetchval(
            """
            SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) FROM pg_roles r
            WHERE r.rolname = any($1::text[]) AND (
                r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid))
            """,
            [role_name(login, prefix) for login in LOGINS],
        )
    finally:
        await connection.close()
    if strong:
        raise RoleRefused(f"These roles have too many rights: {strong}. Revoke their attributes and memberships.")


def scram_verifier(password: str, salt: bytes) -> str:
    """The SCRAM-SHA-256 verifier of an ASCII password, as PostgreSQL stores it (RFC 5803). The password is not sent."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_64, client_64, server_64 = (base64.b64encode(part).decode() for part in (salt, client, server))
    return f"SCRAM-SHA-256${ROUNDS}:{salt_64}${client_64}:{server_64}"
