"""Creates the server's roles, and gives them their rights again, whatever rights they have."""

import re
from collections.abc import Iterator, Mapping

import asyncpg

from models import functions
from models.columns import SCHEMAS
from models.role_names import PREFIX, named, role_name
from models.security import policies
from models.security.publisher import LOGINS

GRANT = re.compile(r"^(?:GRANT|REVOKE)\b[^;]*;", re.MULTILINE)
POLICY = re.compile(r"CREATE POLICY (\w+) ON ([\w.]+)")
# Of the table that stores the revision, which the server reads to know whether it understands the schema.
ON_REVISION = "GRANT SELECT ON public.migration TO cohorte_public"

DROP_POLICIES = """
    DO $$
    DECLARE one record;
    BEGIN
        FOR one IN SELECT * FROM pg_policies WHERE schemaname = ANY ('{schemas}') LOOP
            EXECUTE format('DROP POLICY %I ON %I.%I', one.policyname, one.schemaname, one.tablename);
        END LOOP;
    END $$"""
# Not those of extensions, which belong to somebody else.
REVOKE_FROM_PUBLIC = """
    DO $$
    DECLARE one regprocedure;
    BEGIN
        FOR one IN
            SELECT p.oid FROM pg_proc p LEFT JOIN pg_depend e ON e.objid = p.oid AND e.deptype = 'e'
            WHERE p.pronamespace::regnamespace::text = ANY ('{schemas}') AND e.objid IS NULL
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
        END LOOP;
    END $$"""
# From the roles of a former prefix: servers that log in as them may be of another installation.
REVOKE_FROM_FORMER = """
    DO $$
    DECLARE former text;
    BEGIN
        FOR former IN
            SELECT r.rolname FROM pg_roles r
            WHERE r.rolname ~ '_({kinds})$' AND r.rolname <> ALL ('{{{roles}}}') AND NOT r.rolsuper
                AND has_schema_privilege(r.oid, 'catalog', 'USAGE')
        LOOP
            EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA {schemas} FROM %I', former);
            EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schemas} FROM %I', former);
            EXECUTE format('REVOKE ALL ON SCHEMA {schemas} FROM %I', former);
            EXECUTE format('REVOKE ALL ON public.migration FROM %I', former);
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), former);
        END LOOP;
    END $$"""
ALLOW_CONNECTING = """
    DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO {roles}', current_database()); END $$"""
INCOMPLETE = """
    SELECT EXISTS (SELECT FROM unnest($2::text[], $3::text[]) u (schema, role)
            WHERE NOT has_schema_privilege(u.role, u.schema, 'USAGE'))
        OR EXISTS (SELECT FROM unnest($4::text[]) p
            WHERE p NOT IN (SELECT format('%s on %s.%s', policyname, schemaname, tablename) FROM pg_policies))
        OR EXISTS (SELECT FROM pg_proc p LEFT JOIN pg_depend e ON e.objid = p.oid AND e.deptype = 'e'
            WHERE p.pronamespace::regnamespace::text = ANY ($1) AND e.objid IS NULL
                AND has_function_privilege('public', p.oid, 'EXECUTE'))"""


class LostRights(Exception):
    """The database was restored without its policies, and is at an older revision; the message gives the remedy."""


def creation(prefix: str, verifiers: Mapping[str, str] | None = None) -> Iterator[str]:
    """The statements that create the roles that are missing, with the stored forms of their passwords, by role."""
    for role in (role_name(login, prefix) for login in LOGINS):
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN"
            f" CREATE ROLE {role} LOGIN NOINHERIT; END IF;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        if verifiers is not None:
            yield f"ALTER ROLE {role} LOGIN NOINHERIT PASSWORD '{verifiers[role]}'"


async def create_roles(connection: asyncpg.Connection, prefix: str = PREFIX) -> None:
    """Creates the roles that are missing. Raises asyncpg.InsufficientPrivilegeError if the user may not."""
    for statement in creation(prefix):
        await connection.execute(statement)


async def give_rights(connection: asyncpg.Connection, prefix: str = PREFIX) -> None:
    """Replaces all policies and rights of the roles by those that the code declares, in one transaction.

    The database must be at this version's revision, its owner is connected, and the roles exist.
    """
    async with connection.transaction():
        for statement in rights():
            await connection.execute(named(statement, prefix))


def rights() -> Iterator[str]:
    """The statements of `give_rights`."""
    roles, schemas = ", ".join(login.role for login in LOGINS), ", ".join(SCHEMAS)
    yield "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
    yield ALLOW_CONNECTING.format(roles=roles)
    yield DROP_POLICIES.format(schemas=f"{{{schemas}}}")
    for kind in ("TABLES", "FUNCTIONS"):
        yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {schemas} FROM {roles}"
    yield f"REVOKE ALL ON SCHEMA {schemas} FROM {roles}"
    kinds = "|".join(login.role.removeprefix(f"{PREFIX}_") for login in LOGINS)
    yield REVOKE_FROM_FORMER.format(kinds=kinds, roles=roles, schemas=schemas)
    yield REVOKE_FROM_PUBLIC.format(schemas=f"{{{schemas}}}")
    for schema in SCHEMAS:
        yield f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(login.role for login in policies.USERS[schema])}"
    yield ON_REVISION
    yield from policies.statements()
    for file in (*functions.before_tables(), *functions.after_tables()):
        yield from GRANT.findall(file.read_text(encoding="utf-8"))


async def are_complete(connection: asyncpg.Connection, prefix: str = PREFIX) -> bool:
    """Whether no policy and no schema's rights are missing, and nobody else may execute a function.

    This finds what a restore leaves out, and no single grant. The roles exist.
    """
    pairs = [(schema, role_name(login, prefix)) for schema, users in policies.USERS.items() for login in users]
    declared = [" on ".join(found) for text in policies.statements() for found in POLICY.findall(text)]
    incomplete = await connection.fetchval(
        INCOMPLETE,
        list(SCHEMAS),
        [schema for schema, _ in pairs],
        [role for _, role in pairs],
        declared,
    )
    return not incomplete


async def refuse_lost_rights(connection: asyncpg.Connection) -> None:
    """Raises LostRights if tables have row-level security and none has a policy: migrations build on them."""
    lost = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace::regnamespace::text = ANY ($1))
            AND NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = ANY ($1))
        """,
        list(SCHEMAS),
    )
    if lost:
        raise LostRights(
            "The database has lost its policies: it was restored while the server's roles did not exist. Create them "
            "first (python -m commands.roles create), and restore it again, as docs/operating.md says."
        )
