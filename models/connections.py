"""The only place that knows how connections log in: each view's, and the publisher's, as a role of its own."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import asyncpg

from models.publisher import LOGINS
from models.viewers import Login

IDLE_SECONDS = 60  # within a transaction
ROUNDS = 4096  # PostgreSQL's own figure for scram-sha-256; the passwords are 256 random-looking bits


class NoOwnerPassword(ValueError):
    """The database's address names no password, from which those of the views' roles are made."""

    def __init__(self) -> None:
        super().__init__(
            "The database's address has no password. The passwords of the roles that the server reads with are made "
            "from it: write it into COHORTE_DATABASE_URL, as in postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        )


class RoleRefused(Exception):
    """One of the roles cannot log in, or may do more than it should; the text says which, and what to do."""


def role_password(owner_dsn: str, role: str) -> str:
    """The password of `role`: HMAC-SHA256 of its name under the owner's password, so that nothing needs storing.

    Raises NoOwnerPassword.
    """
    url = urlsplit(owner_dsn)
    password = dict(parse_qsl(url.query)).get("password") or unquote(url.password or "")
    if not password:
        raise NoOwnerPassword
    return hmac.new(password.encode(), f"cohorte role {role}".encode(), hashlib.sha256).hexdigest()


def role_dsn(owner_dsn: str, login: Login) -> str:
    """The owner's address with the role of `login` in it; host, port, database and TLS stay as they are written.

    The address must name a database: asyncpg would take the user's name for one. Raises NoOwnerPassword.
    """
    url = urlsplit(owner_dsn)
    kept = [(name, value) for name, value in parse_qsl(url.query) if name not in ("user", "password", "passfile")]
    name_and_password = f"{login.role}:{role_password(owner_dsn, login.role)}"
    hosts = url.netloc.rpartition("@")[2]
    return url._replace(netloc=f"{name_and_password}@{hosts}", query=urlencode(kept, quote_via=quote)).geturl()


async def open_roles(owner_dsn: str) -> None:
    """Makes sure that every role can log in, and that none may do more than its grants say.

    A password is set only where logging in fails, so that servers starting together do not undo one another's.
    Raises NoOwnerPassword, RoleRefused.
    """
    for login in LOGINS:
        if not await logs_in(owner_dsn, login):
            await set_password(owner_dsn, login)
            if not await logs_in(owner_dsn, login):
                raise RoleRefused(
                    f"The role {login.role} cannot log in although its password has just been set: "
                    "the server's pg_hba.conf must let it in as it does the owner, by password."
                )
    await refuse_strong_roles(owner_dsn)


async def pool(owner_dsn: str, login: Login, size: int, statement_seconds: float) -> "asyncpg.Pool[asyncpg.Record]":
    """`size` open connections as the role of `login`; a statement of theirs is cancelled after `statement_seconds`.

    Nothing is reset when one is given back, which would be a second round trip: whoever sets anything on one must do
    so within a transaction. Statements stay prepared for good. JSON comes as text. Raises NoOwnerPassword.
    """
    return await asyncpg.create_pool(
        role_dsn(owner_dsn, login),
        min_size=size,
        max_size=size,
        reset=leave_as_it_is,
        max_inactive_connection_lifetime=0,
        max_queries=2**62,  # a new connection would have to prepare everything again
        statement_cache_size=2_000,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,  # no limit: 15 KB, the default, is less than a dashboard's statement
        server_settings={
            "application_name": f"cohorte {login.view}",
            "timezone": "UTC",
            "statement_timeout": str(max(1, round(statement_seconds * 1000))),
            # A server that hangs between two statements gives up its locks, the register's among them.
            "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
            "jit": "off",  # compiling costs more than any of these statements takes
        },
    )


async def leave_as_it_is(connection: object) -> None:
    pass


async def logs_in(owner_dsn: str, login: Login) -> bool:
    try:
        connection = await asyncpg.connect(role_dsn(owner_dsn, login))
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        return False
    await connection.close()
    return True


async def set_password(owner_dsn: str, login: Login) -> None:
    verifier = scram_verifier(role_password(owner_dsn, login.role), secrets.token_bytes(16))
    owner = await asyncpg.connect(owner_dsn)
    try:
        for patience in (0.05, 0.1, 0.2, 0.4, None):
            try:
                # A utility statement takes no parameters; the verifier is base64 and punctuation, the role ours.
                await owner.execute(f"ALTER ROLE {login.role} PASSWORD '{verifier}'")
            except asyncpg.InternalServerError:
                # "tuple concurrently updated": a server of another database of this cluster is doing the same.
                if patience is None:
                    raise
                await asyncio.sleep(patience)
            except asyncpg.InsufficientPrivilegeError as error:
                raise RoleRefused(
                    f"The role {login.role} does not log in with the password made for it, and the database's owner "
                    "may not set one: let the owner be who made the role, or a superuser."
                ) from error
            else:
                return
    finally:
        await owner.close()


async def refuse_strong_roles(owner_dsn: str) -> None:
    """A role of that name may have been there before, with more than a wall can bear."""
    owner = await asyncpg.connect(owner_dsn)
    try:
        strong = await owner.fetchval(
            """
            SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) FROM pg_roles r
            WHERE r.rolname = any($1::text[]) AND (
                r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid))
            """,
            [login.role for login in LOGINS],
        )
    finally:
        await owner.close()
    if strong:
        raise RoleRefused(f"More than reading is given to {strong}: take its attributes and memberships away.")


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL stores for a password of ASCII characters (RFC 5803): the password itself is never sent."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_64, client_64, server_64 = (base64.b64encode(part).decode() for part in (salt, client, server))
    return f"SCRAM-SHA-256${ROUNDS}:{salt_64}${client_64}:{server_64}"
