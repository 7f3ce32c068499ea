"""Migrates the database at COHORTE_DATABASE_URL, as its owner: `python -m commands.migrate`.

Also sets the passwords of the roles that the server logs in as, so that it can be served without the owner's password.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import asyncpg
from sqlalchemy.exc import DBAPIError

from models.logins import NoOwnerPassword, RoleRefused, open_roles
from models.migrations.run import UnknownRevision, head, upgrade
from settings import Settings, SettingsError


def main(arguments: Sequence[str] = ()) -> int:
    """Migrates the database of the settings; the exit status."""
    argparse.ArgumentParser(
        prog="python -m commands.migrate",
        description="Migrate the database of COHORTE_DATABASE_URL to the newest revision.",
    ).parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
        if settings.database_url is None:
            print("Set COHORTE_DATABASE_URL: the embedded database is migrated whenever it is served.", file=sys.stderr)
            return 1
        asyncio.run(migrate(settings.database_url, settings.role_key))
    except (SettingsError, UnknownRevision, NoOwnerPassword, RoleRefused) as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
        print(f"The database could not be migrated: {summary(error)}.", file=sys.stderr)
        return 1
    print(f"The database is at revision {head()}.")
    return 0


async def migrate(dsn: str, role_key: str | None) -> None:
    await upgrade(dsn)
    await open_roles(dsn, role_key)


def summary(error: Exception) -> str:
    """An error without its text, which may repeat rows of the database or its address: its class, code and names."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    while cause is not None and not isinstance(cause, asyncpg.PostgresError) and cause.__cause__ is not None:
        cause = cause.__cause__
    names = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")
    known = [f"{name} {value}" for name in names if (value := getattr(cause, name, None))]
    return ", ".join([type(cause).__name__, *known])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
