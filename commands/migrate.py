"""Migrates the database at COHORTE_DATABASE_URL, as its owner: `python -m commands.migrate`.

Also creates the roles that the server logs in as, with their rights and passwords, as far as they are missing, so that
it can be served without the owner's password.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from models.failures import OF_OWNER, UNREACHABLE, reason
from models.installation import install
from models.logins import NoOwnerPassword, RoleRefused
from models.migrations.revisions import UnknownRevision, expect_current
from models.security.privileges import LostRights
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
        revision = asyncio.run(migrate(settings.database_url, settings.role_key, settings.role_prefix))
    except (SettingsError, UnknownRevision, NoOwnerPassword, RoleRefused, LostRights) as error:
        print(error, file=sys.stderr)
        return 1
    except UNREACHABLE as error:
        print(f"The database could not be migrated: {reason(error, OF_OWNER)}.", file=sys.stderr)
        return 1
    print(f"The database is at revision {revision}.")
    return 0


async def migrate(dsn: str, role_key: str | None, role_prefix: str) -> str:
    """The revision that the database is at, which may be newer than this version's if this version works with it."""
    await install(dsn, role_key, role_prefix)
    return await expect_current(dsn)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
