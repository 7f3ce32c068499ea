"""Writes the files of something new: `python -m commands.new migration NAME [TABLE ...]`.

A migration is written from what the code declares (the tables' classes, models/functions and
models/security/policies.py) and a database that is migrated to the newest revision; both are made in a throw-away
PostgreSQL. If tables are named (`care.bookmark`), other tables stay as they are. Functions, triggers, views, policies
and grants that differ are always included.
"""

import argparse
import asyncio
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from commands.cluster import Unavailable, cluster
from commands.databases import at, create_missing
from models.metadata import metadata
from models.migrations import catalogue, declared, difference, revisions, run
from models.security import policies

VERSIONS = Path(run.__file__).parent / "versions"
MODULE = '''"""{title}."""

from models.migrations import frozen

revision = "{revision}"
down_revision = "{previous}"
# Makes older servers not ready. If they work with it, say `compatible_since = "{previous}"`, or else why they do not:
# CONTRIBUTING.md, "Migrations and older servers".
upgrade, downgrade = frozen.steps(__file__)
'''


class NotWritten(Exception):
    """Nothing can be written; the text says why."""


def main(arguments: Sequence[str]) -> int:
    """Writes what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.new", description="Writes the files of something new.")
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    migration = kinds.add_parser("migration", help="a migration to what the code declares")
    migration.add_argument("name", metavar="NAME", help="what it does, such as bookmarks or drop_old_columns")
    migration.add_argument("tables", metavar="TABLE", nargs="*", help="a table to make or change: care.bookmark")
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="cohorte-new-"))
    try:
        with cluster(folder, throwaway=True) as dsn:
            asyncio.run(write_migration(dsn, given.name, given.tables))
    except (NotWritten, Unavailable) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


async def write_migration(server: str, name: str, tables: Collection[str] = ()) -> None:
    """Writes the migration's two files, tries them out, and prints what it wrote.

    `server` is the address of a database of a cluster for its superuser. Raises Refused if nothing differs, for a name
    or table that is wrong, and if PostgreSQL refuses the sources or what was written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise NotWritten(f"{name} is no name for a migration: use words in lower case, joined by _.")
    async with scratch(server) as migrated, scratch(server) as wanted:
        await freeze(migrated, wanted, name, tables)


@asynccontextmanager
async def scratch(server: str) -> AsyncIterator[str]:
    """A new empty database, as its superuser's address; dropped afterwards."""
    database = f"scratch_{secrets.token_hex(4)}"
    await create_missing(server, database)
    try:
        yield at(server, database)
    finally:
        connection = await asyncpg.connect(server)
        await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
        await connection.close()


async def freeze(migrated: str, wanted: str, name: str, tables: Collection[str]) -> None:
    """As `write_migration`, with the addresses of two empty databases."""
    if unguarded := [table.fullname for table in metadata.sorted_tables if table.fullname not in policies.SCOPES]:
        raise NotWritten(f"{', '.join(unguarded)}: no scope. Name who reads it in models/security/read_rules.py.")
    await run.upgrade(migrated)
    try:
        await declared.build(wanted)
    except declared.WrongSource as error:
        raise NotWritten(str(error)) from error
    except (asyncpg.PostgresError, SQLAlchemyError) as error:
        raise NotWritten(
            f"PostgreSQL refuses what the tables' classes or models/security/policies.py declare: {error}"
        ) from error
    found, target = await catalogue.read(migrated), await catalogue.read(wanted)
    if unknown := {table for table in tables if ("table", table) not in {**found, **target}}:
        raise NotWritten(f"{', '.join(sorted(unknown))}: no such table. Is its module imported in models/metadata.py?")
    script = difference.script(difference.statements(found, target, metadata, tables))
    if not script.strip():
        raise NotWritten("Nothing differs: the newest revision is what the code declares.")

    previous = revisions.head()
    revision = f"{int(previous) + 1:04d}"
    module = VERSIONS / f"r{revision}_{name}.py"
    title = name.replace("_", " ").capitalize()
    module.write_text(MODULE.format(title=title, revision=revision, previous=previous), encoding="utf-8")
    module.with_suffix(".sql").write_text(script, encoding="utf-8")
    for path in (module.with_suffix(".sql"), module):
        print(f"wrote {path.relative_to(VERSIONS.parents[2])}")
    revisions.head.cache_clear()
    try:
        await run.upgrade(migrated)
    except Exception as error:  # whatever PostgreSQL or Alembic makes of it, its author needs to read
        raise NotWritten(f"It is written, but fails: {error}") from error
    for item in catalogue.differing(await catalogue.read(migrated), target):
        print(f"Still differs: {item.kind} {item.name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
