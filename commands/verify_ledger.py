"""The only place for checking the register from the command line: `python -m commands.verify_ledger`."""

import asyncio
import os
import sys

import asyncpg

from commands.cluster import Unavailable
from commands.serve import database
from resolvers import ledger
from settings import Settings, SettingsError


async def verify(dsn: str) -> tuple[str | None, ledger.Head]:
    """Where the register at `dsn` does not hold, in one sentence, or None; and its head."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await ledger.fault(connection), await ledger.head(connection)
    finally:
        await connection.close()


def main() -> int:
    """Verifies the register of the settings' database; the exit status: 1 where it does not hold."""
    try:
        with database(Settings.from_environment(os.environ)) as dsn:
            fault, head = asyncio.run(verify(dsn))
    except (SettingsError, Unavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        print("The database holds no register: it was never served, nor migrated.", file=sys.stderr)
        return 1
    if fault is not None:
        print(fault, file=sys.stderr)
        return 1
    print(f"The register holds: {head.position} lines; the hash of the last is {head.hash.hex()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
