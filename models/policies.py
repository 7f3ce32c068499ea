"""The only place where what a role may read and write becomes SQL: grants, and row-level security."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Table

from models.everything import metadata
from models.publisher import PUBLISHER, PUBLISHES, READS
from models.scopes import EVERY
from models.scopes import SCOPES as SCOPES
from models.viewers import Login
from models.writes import WRITES as WRITES
from models.writes import Delete, Insert, Update, policy

# Columns that no role may read: a statement that names the whole row is refused too.
SECRET_COLUMNS = {"identity.session": {"token_hash"}, "insight.api_key": {"secret_hash"}}


def statements() -> Iterator[str]:
    """The grants and policies of every table in SQL, for a database where no role has a right on one yet.

    Row-level security is enabled, not forced: it does not bind the tables' owner, who migrates, seeds and signs members
    in, and as whom no view's connection logs in. Raises KeyError on a table without a scope.
    """
    for table in metadata.sorted_tables:
        yield from statements_on(table)


def statements_on(table: Table) -> Iterator[str]:
    """The grants and policies of one table. Raises KeyError where it has no scope."""
    written = writing(table)
    yield from reading(table, read_by(table), written)
    for writer, commands in written.items():
        for command in commands:
            yield from command.statements(table, writer)


def read_by(table: Table) -> Mapping[Login, str]:
    """Who reads a table, and the condition that a row meets for it."""
    found: dict[Login, str] = {}
    found.update(SCOPES[table.fullname].readers.items())
    if table.fullname in READS:
        found[PUBLISHER] = EVERY
    return found


def writing(table: Table) -> Mapping[Login, Sequence[Insert | Update | Delete]]:
    found: dict[Login, Sequence[Insert | Update | Delete]] = {}
    found.update(WRITES.get(table.fullname, {}).items())
    if table.fullname in PUBLISHES:
        found[PUBLISHER] = PUBLISHES[table.fullname]
    return found


def reading(table: Table, readers: Mapping[Login, str], written: Mapping[Login, object]) -> Iterator[str]:
    secret = SECRET_COLUMNS.get(table.fullname, set())
    columns = f" ({', '.join(c.name for c in table.columns if c.name not in secret)})" if secret else ""
    if readers:
        yield f"GRANT SELECT{columns} ON {table.fullname} TO {', '.join(reader.role for reader in readers)}"
    # A table that a role writes has policies for writing, and so needs them for reading too: `true` costs nothing.
    if set(readers.values()) == {EVERY} and not written:
        return
    yield f"ALTER TABLE {table.fullname} ENABLE ROW LEVEL SECURITY"
    for reader, condition in readers.items():
        yield policy(table, reader, "reads", f"FOR SELECT TO {reader.role} USING ({condition})")
