"""Verifies the public ledger from the command line: `python -m commands.verify_ledger`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import asyncpg

from commands.cluster import Unavailable
from commands.opened import database
from models.connecting import COMMAND_SECONDS, connect
from models.failures import FAILURES, reason
from resolvers.insight import ledger
from settings import Settings, SettingsError


async def verify(dsn: str) -> tuple[str | None, ledger.Head]:
    """The first fault of the ledger at `dsn`, in one sentence, or None if it is valid; and its head."""
    connection = await connect(dsn, answer_seconds=COMMAND_SECONDS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await ledger.fault(connection), await ledger.head(connection)
    finally:
        await connection.close()


def main(arguments: Sequence[str] = ()) -> int:
    """Verifies the ledger of the settings' database; returns the exit status, 1 if the ledger is not valid."""
    argparse.ArgumentParser(
        prog="python -m commands.verify_ledger",
        description="Verify every entry of the public ledger, its releases and its charges, in the database of "
        "COHORTE_DATABASE_URL, or in the embedded one. The exit status is 1 if anything does not hold.",
    ).parse_args(arguments)
    try:
        with database(Settings.from_environment(os.environ)) as dsn:
            fault, head = asyncio.run(verify(dsn))
    except (SettingsError, Unavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        print("The database has no ledger: it was never migrated.", file=sys.stderr)
        return 1
    except FAILURES as error:
        print(f"The ledger could not be read: {reason(error)}.", file=sys.stderr)
        return 1
    if fault is not None:
        print(fault, file=sys.stderr)
        return 1
    print(f"The ledger is valid: {head.position} entries. Hash of the last entry: {head.hash.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
