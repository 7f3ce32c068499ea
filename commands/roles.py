"""Creates the server's roles in a cluster, or gives them their rights in a database again: `python -m commands.roles`.

docs/operating.md says when to use it.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import asyncpg

from commands.databases import at
from models.connecting import COMMAND_SECONDS, connect
from models.failures import OF_OWNER, UNREACHABLE, reason
from models.logins import NoOwnerPassword, stored_password
from models.migrations.revisions import OtherRevision, expect_current
from models.role_names import role_name
from models.security.privileges import create_roles, creation, give_rights
from models.security.publisher import LOGINS
from settings import Settings, SettingsError


def main(arguments: Sequence[str]) -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m commands.roles",
        description="Create the roles that the server logs in as, which belong to a whole cluster, and give them their "
        "rights in the database of COHORTE_DATABASE_URL.",
    )
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    actions.add_parser(
        "script",
        help="print SQL with which an administrator of the cluster creates the roles, with their passwords' hashes; "
        "without connecting to a database",
    )
    actions.add_parser("create", help="create the roles that are missing, before a backup is restored")
    actions.add_parser("apply", help="replace all policies and rights of the roles by those of this version")
    given = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
        if given.action == "script":
            print(script(settings), end="")
            return 0
        if settings.database_url is None:
            print("Set COHORTE_DATABASE_URL: the embedded database has its roles by itself.", file=sys.stderr)
            return 1
        work = create if given.action == "create" else apply
        asyncio.run(work(settings.database_url, settings.role_prefix))
    except (SettingsError, NoOwnerPassword, OtherRevision) as error:
        print(error, file=sys.stderr)
        return 1
    except UNREACHABLE as error:
        print(f"Nothing was changed: {reason(error, OF_OWNER)}.", file=sys.stderr)
        return 1
    print("The roles exist." if given.action == "create" else "The roles have the rights of this version.")
    return 0


def script(settings: Settings) -> str:
    """The SQL for an administrator, who may carry it out again. Raises NoOwnerPassword without a key or password."""
    roles = [role_name(login, settings.role_prefix) for login in LOGINS]
    address = settings.database_url or ""
    verifiers = {role: stored_password(address, role, settings.role_key) for role in roles}
    lines = "".join(f"{statement};\n" for statement in creation(settings.role_prefix, verifiers))
    return (
        "-- Creates the roles that Cohorte's servers log in as, and sets their passwords, of which these are hashes.\n"
        "-- To be carried out in any database of the cluster by a superuser, or by who may create roles.\n"
        f"BEGIN;\n{lines}COMMIT;\n"
    )


async def create(dsn: str, role_prefix: str) -> None:
    """Creates the roles that are missing. The database need not exist yet, but `postgres` then has to."""
    try:
        connection = await connect(dsn, answer_seconds=COMMAND_SECONDS)
    except asyncpg.InvalidCatalogNameError:
        connection = await connect(at(dsn, "postgres"), answer_seconds=COMMAND_SECONDS)
    try:
        await create_roles(connection, role_prefix)
    finally:
        await connection.close()


async def apply(dsn: str, role_prefix: str) -> None:
    """Gives the roles their rights in the database. Raises OtherRevision if it is at another revision."""
    await expect_current(dsn, exactly=True)
    connection = await connect(dsn, answer_seconds=COMMAND_SECONDS)
    try:
        await create_roles(connection, role_prefix)
        await give_rights(connection, role_prefix)
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
