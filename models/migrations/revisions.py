"""The revision of a database, and that of this version of the server; without Alembic, which migrations need."""

from functools import cache
from pathlib import Path

import asyncpg

from models.connecting import connect
from models.database import understands

VERSIONS = Path(__file__).parent / "versions"
MARKED = "0079"  # the revision from which on the database says which servers it is compatible with

BACK = "To go back to this version, restore a backup from before the migration: docs/operating.md has the steps."


class UnknownRevision(Exception):
    """The database is at a revision that this version cannot migrate; the message gives the remedy."""


class OtherRevision(Exception):
    """The database is at a revision that this version cannot serve, and is not to be migrated; with the remedy."""


async def expect_current(dsn: str, *, exactly: bool = False) -> str:
    """The database's revision. `dsn` is the owner's or the public role's.

    Raises OtherRevision unless it is the latest one, or, if not `exactly`, a newer one with which this version works.
    """
    connection = await connect(dsn)
    try:
        found = await revision_of(connection)
        if found is not None and (found == head() or (not exactly and await understands(connection, head()))):
            return found
    finally:
        await connection.close()
    remedy = "Migrate it as its owner (python -m commands.migrate)."
    if found is not None and found > head():
        remedy = f"Use the version that migrated it, or a later one. {BACK}"
    raise OtherRevision(
        f"The database is not at revision {head()}, which this version of Cohorte needs, but "
        f"{'was never migrated' if found is None else f'at {found}'}. {remedy}"
    )


async def is_current(dsn: str) -> bool:
    """Whether nothing has to be migrated: asked first, because loading Alembic's environment takes long."""
    connection = await connect(dsn)
    try:
        return await understands(connection, head())
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


async def revision_of(connection: asyncpg.Connection) -> str | None:
    """The database's revision; None if it was never migrated."""
    try:
        found: str | None = await connection.fetchval("SELECT version_num FROM public.migration")
    except asyncpg.UndefinedTableError:
        return None
    return found


@cache
def head() -> str:
    """The latest revision, as stored in public.migration after an `upgrade`."""
    return max(path.stem[1:5] for path in VERSIONS.glob("r[0-9][0-9][0-9][0-9]_*.py"))
