"""Makes a database ready for this version's servers: roles, schema, rights and passwords, where they are missing."""

import asyncpg

from models.connecting import connect
from models.logins import RoleRefused, open_roles
from models.migrations.revisions import head, is_current, revision_of
from models.role_names import PREFIX, role_name
from models.security.privileges import are_complete, create_roles, give_rights, refuse_lost_rights
from models.security.publisher import LOGINS


async def install(dsn: str, key: str | None = None, role_prefix: str = PREFIX) -> None:
    """Creates roles, migrates, gives back rights that a restore has left out, and sets passwords, as the owner.

    Each only where it is needed, so that servers may do so whenever they start. Raises RoleRefused, NoOwnerPassword,
    LostRights, UnknownRevision and asyncpg's errors.
    """
    await require_roles(dsn, role_prefix)
    if not await is_current(dsn):
        from models.migrations.run import upgrade  # not above: Alembic takes memory, and a server seldom needs it

        await upgrade(dsn, role_prefix=role_prefix)
    await restore_rights(dsn, role_prefix)
    await open_roles(dsn, key, role_prefix)


async def require_roles(dsn: str, role_prefix: str = PREFIX) -> None:
    """Creates the roles that are missing. Raises RoleRefused if the owner may not, and LostRights."""
    names = [role_name(login, role_prefix) for login in LOGINS]
    connection = await connect(dsn)
    try:
        found = await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = ANY ($1)", names)
        if found < len(names):
            await create_roles(connection, role_prefix)
        if await revision_of(connection) not in (None, head()):
            await refuse_lost_rights(connection)
    except asyncpg.InsufficientPrivilegeError:
        raise RoleRefused(
            "The server's roles do not exist, and the database's owner may not create roles. Give the database's "
            "administrator what `python -m commands.roles script` prints."
        ) from None
    finally:
        await connection.close()


async def restore_rights(dsn: str, role_prefix: str = PREFIX) -> None:
    """Gives the roles their rights if a restore has left them out, in a database at this version's revision."""
    connection = await connect(dsn)
    try:
        if await revision_of(connection) == head() and not await are_complete(connection, role_prefix):
            await give_rights(connection, role_prefix)
    finally:
        await connection.close()
