"""Writes the SQL of roles, grants and row-level security, from the scopes (reading) and writes of each table."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Table

from models.columns import SCHEMAS
from models.metadata import metadata
from models.security.publisher import LOGINS, PUBLISHER, PUBLISHES, READS
from models.security.read_rules import EVERY
from models.security.read_rules import SCOPES as SCOPES
from models.security.write_rules import WRITES as WRITES
from models.security.write_rules import Delete, Insert, Update, policy
from models.viewers import Audience, Login

# Columns that no role may read. A statement that selects the whole row is refused too.
SECRET_COLUMNS = {
    "identity.session": {"token_hash"},
    "identity.second_factor": {"secret", "last_step", "credential_id", "public_key", "sign_count"},
    "insight.api_key": {"secret_hash"},
    "insight.webhook": {"secret", "previous_secret"},
}

# The roles with USAGE on each schema. Rights on its tables and functions are granted one by one.
USERS: Mapping[str, Sequence[Login]] = {
    "catalog": LOGINS,
    "identity": LOGINS,
    "care": (Audience.PATIENT, Audience.MANAGER, PUBLISHER),
    "research": (Audience.PATIENT, PUBLISHER),
    "insight": LOGINS,
}


def before_tables() -> Iterator[str]:
    """The SQL of schemas and roles, for an empty database. Functions are created without EXECUTE for PUBLIC.

    Roles belong to the whole cluster: one that exists already is left unchanged. Their passwords are set when the
    server starts (models/logins.py).
    """
    yield "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
    for login in LOGINS:
        yield (
            f"DO $$ BEGIN CREATE ROLE {login.role} LOGIN NOINHERIT;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    for schema in SCHEMAS:
        yield f"CREATE SCHEMA {schema}"
        yield f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(login.role for login in USERS[schema])}"


def statements() -> Iterator[str]:
    """The SQL of grants and policies of all tables, for a database in which no role has rights on a table yet.

    Row-level security is enabled but not forced: it does not apply to the tables' owner, who migrates, seeds and signs
    members in. No view connects as the owner. Raises KeyError if a table has no scope.
    """
    for table in metadata.sorted_tables:
        yield from statements_on(table)


def statements_on(table: Table) -> Iterator[str]:
    """The SQL of grants and policies of one table. Raises KeyError if it has no scope."""
    written = writing(table)
    yield from reading(table, read_by(table), written)
    for writer, commands in written.items():
        for command in commands:
            yield from command.statements(table, writer)


def read_by(table: Table) -> Mapping[Login, str]:
    """The roles that may read a table, each with its condition on rows."""
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
    # A table with policies for writing needs policies for reading too. `true` costs nothing.
    if set(readers.values()) == {EVERY} and not written:
        return
    yield f"ALTER TABLE {table.fullname} ENABLE ROW LEVEL SECURITY"
    for reader, condition in readers.items():
        yield policy(table, reader, "reads", f"FOR SELECT TO {reader.role} USING ({condition})")
