"""The only place where what a role may read and write becomes SQL: grants, and row-level security."""

from collections.abc import Iterator

from sqlalchemy import Table

from models.everything import metadata
from models.scopes import SCOPES as SCOPES
from models.scopes import Scope
from models.writes import WRITES as WRITES
from models.writes import policy

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
    yield from reading(table, SCOPES[table.fullname])
    for writer, commands in WRITES.get(table.fullname, {}).items():
        for command in commands:
            yield from command.statements(table, writer)


def reading(table: Table, scope: Scope) -> Iterator[str]:
    secret = SECRET_COLUMNS.get(table.fullname, set())
    columns = f" ({', '.join(c.name for c in table.columns if c.name not in secret)})" if secret else ""
    if scope.readers:
        yield f"GRANT SELECT{columns} ON {table.fullname} TO {', '.join(reader.role for reader in scope.readers)}"
    # A table that a role writes has policies for writing, and so needs them for reading too: `true` costs nothing.
    if scope.by_grant and table.fullname not in WRITES:
        return
    yield f"ALTER TABLE {table.fullname} ENABLE ROW LEVEL SECURITY"
    for reader, condition in scope.readers.items():
        yield policy(table, reader, "reads", f"FOR SELECT TO {reader.role} USING ({condition})")
