"""Migrates the database at COHORTE_DATABASE_URL: `python -m commands.migrate`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

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
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    if settings.database_url is None:
        print("Set COHORTE_DATABASE_URL: the embedded database is migrated whenever it is served.", file=sys.stderr)
        return 1
    try:
        asyncio.run(upgrade(settings.database_url))
    except UnknownRevision as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The database is at revision {head()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
