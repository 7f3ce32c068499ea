"""Reads the objects of a database as SQL: tables, functions, triggers, views, policies and grants."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import asyncpg

from models.columns import SCHEMAS


@dataclass(frozen=True)
class Item:
    """An object, grant or setting of a database, with the statements that create and drop it.

    `table` is the table that it belongs to, if any. `actions` are the clauses of ALTER TABLE that set a column's type,
    default and NOT NULL.
    """

    kind: str
    name: str
    table: str | None
    create: str
    drop: str
    actions: tuple[str, ...] = ()


Catalogue = Mapping[tuple[str, str], Item]

GRANTEE = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(a.grantee::regrole::text) END"
EXPRESSION = "pg_get_expr(d.adbin, d.adrelid)"

# One query for each kind, in the order in which a database is built: name, table, the statement that creates it, the
# one that drops it. Rows that may depend on each other are in the order of their creation.
QUERIES = {
    "table": """
        SELECT c.oid::regclass::text, c.oid::regclass::text, '', format('DROP TABLE %s', c.oid::regclass)
        FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text = any($1) ORDER BY c.oid""",
    "column": f"""
        SELECT format('%s.%I', c.oid::regclass, a.attname), c.oid::regclass::text,
            format('ALTER TABLE %s ADD COLUMN %I %s%s%s', c.oid::regclass, a.attname,
                format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', {EXPRESSION})
                    WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || {EXPRESSION} ELSE '' END,
                CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END),
            format('ALTER TABLE %s DROP COLUMN %I', c.oid::regclass, a.attname),
            CASE WHEN a.attgenerated = '' THEN ARRAY[
                format('ALTER COLUMN %I TYPE %s', a.attname, format_type(a.atttypid, a.atttypmod)),
                format('ALTER COLUMN %I %s', a.attname, coalesce('SET DEFAULT ' || {EXPRESSION}, 'DROP DEFAULT')),
                format('ALTER COLUMN %I %s NOT NULL', a.attname, CASE WHEN a.attnotnull THEN 'SET' ELSE 'DROP' END)
            ] ELSE ARRAY[]::text[] END
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text = any($1) ORDER BY c.oid, a.attnum""",
    "constraint": """
        SELECT format('%I on %s', conname, conrelid::regclass), conrelid::regclass::text,
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
            format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
        FROM pg_constraint
        WHERE connamespace::regnamespace::text = any($1) AND conrelid <> 0 AND contype IN ('p', 'u', 'f', 'c', 'x')
        ORDER BY array_position(ARRAY['p', 'u', 'c', 'x', 'f'], contype::text), conrelid::regclass::text, conname""",
    "index": """
        SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid),
            format('DROP INDEX %s', i.indexrelid::regclass)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace::regnamespace::text = any($1)
            AND NOT EXISTS (
                SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
        ORDER BY i.indrelid::regclass::text, i.indexrelid::regclass::text""",
    "function": """
        SELECT p.oid::regprocedure::text, NULL, pg_get_functiondef(p.oid),
            format('DROP FUNCTION %s', p.oid::regprocedure)
        FROM pg_proc p LEFT JOIN pg_depend e ON e.objid = p.oid AND e.deptype = 'e'
        WHERE p.pronamespace::regnamespace::text = any($1) AND e.objid IS NULL ORDER BY p.oid""",
    "owner": """
        SELECT p.oid::regprocedure::text, NULL, format('ALTER FUNCTION %s OWNER TO %s', p.oid::regprocedure,
            CASE WHEN pg_get_userbyid(proowner) = current_user THEN 'CURRENT_USER'
                ELSE quote_ident(pg_get_userbyid(proowner)) END), ''
        FROM pg_proc p LEFT JOIN pg_depend e ON e.objid = p.oid AND e.deptype = 'e'
        WHERE p.pronamespace::regnamespace::text = any($1) AND e.objid IS NULL ORDER BY p.oid""",
    "view": """
        SELECT c.oid::regclass::text, NULL,
            format('CREATE VIEW %s%s AS %s', c.oid::regclass,
                ' WITH (' || array_to_string(c.reloptions, ', ') || ')', rtrim(pg_get_viewdef(c.oid), ';')),
            format('DROP VIEW %s', c.oid::regclass)
        FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace::regnamespace::text = any($1) ORDER BY c.oid""",
    "trigger": """
        SELECT format('%I on %s', t.tgname, t.tgrelid::regclass), t.tgrelid::regclass::text,
            pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE
                format('; ALTER TABLE %s %s TRIGGER %I', t.tgrelid::regclass, CASE t.tgenabled WHEN 'D' THEN 'DISABLE'
                    WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, t.tgname) END,
            format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relnamespace::regnamespace::text = any($1) ORDER BY t.oid""",
    "row-level security": """
        SELECT format('%s%s', c.oid::regclass, forced.forced), c.oid::regclass::text,
            format('ALTER TABLE %s%s ROW LEVEL SECURITY', c.oid::regclass, forced.turn_on),
            format('ALTER TABLE %s%s ROW LEVEL SECURITY', c.oid::regclass, forced.turn_off)
        FROM pg_class c
        JOIN (VALUES ('', false, ' ENABLE', ' DISABLE'), (', forced', true, ' FORCE', ' NO FORCE'))
            forced (forced, is_forced, turn_on, turn_off)
            ON CASE WHEN forced.is_forced THEN c.relforcerowsecurity ELSE c.relrowsecurity END
        WHERE c.relnamespace::regnamespace::text = any($1) ORDER BY c.oid""",
    "policy": """
        SELECT format('%I on %s', p.polname, p.polrelid::regclass), p.polrelid::regclass::text,
            format('CREATE POLICY %I ON %s%s FOR %s TO %s%s%s', p.polname, p.polrelid::regclass,
                CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END,
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                    WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r::regrole::text) END, ', ' ORDER BY r)
                    FROM unnest(p.polroles) r),
                ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
            format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass)
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace::regnamespace::text = any($1) ORDER BY p.oid""",
    "schema grant": f"""
        SELECT format('%s on %s to %s', privilege_type, n.nspname, {GRANTEE}), NULL,
            format('GRANT %s ON SCHEMA %I TO %s', privilege_type, n.nspname, {GRANTEE}),
            format('REVOKE %s ON SCHEMA %I FROM %s', privilege_type, n.nspname, {GRANTEE})
        FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
        WHERE n.nspname = any($1) AND a.grantee <> n.nspowner ORDER BY 1""",
    "table grant": f"""
        SELECT format('%s on %s to %s', privilege_type, c.oid::regclass, {GRANTEE}), c.oid::regclass::text,
            format('GRANT %s ON %s TO %s', privilege_type, c.oid::regclass, {GRANTEE}),
            format('REVOKE %s ON %s FROM %s', privilege_type, c.oid::regclass, {GRANTEE})
        FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
        WHERE c.relkind IN ('r', 'v') AND c.relnamespace::regnamespace::text = any($1) AND a.grantee <> c.relowner
        ORDER BY c.oid, privilege_type, 1""",
    "column grant": f"""
        SELECT format('%s on columns of %s to %s', a.privilege_type, c.oid::regclass, {GRANTEE}), c.oid::regclass::text,
            format('GRANT %s (%s) ON %s TO %s', a.privilege_type,
                string_agg(quote_ident(attname), ', ' ORDER BY attname), c.oid::regclass, {GRANTEE}),
            format('REVOKE %s (%s) ON %s FROM %s', a.privilege_type,
                string_agg(quote_ident(attname), ', ' ORDER BY attname), c.oid::regclass, {GRANTEE})
        FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
        WHERE c.relnamespace::regnamespace::text = any($1) AND NOT t.attisdropped
        GROUP BY c.oid, a.privilege_type, a.grantee ORDER BY c.oid, a.privilege_type, 1""",
    "function grant": f"""
        SELECT format('%s on %s to %s', privilege_type, p.oid::regprocedure, {GRANTEE}), NULL,
            format('GRANT %s ON FUNCTION %s TO %s', privilege_type, p.oid::regprocedure, {GRANTEE}),
            format('REVOKE %s ON FUNCTION %s FROM %s', privilege_type, p.oid::regprocedure, {GRANTEE})
        FROM pg_proc p LEFT JOIN pg_depend e ON e.objid = p.oid AND e.deptype = 'e',
            aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        WHERE p.pronamespace::regnamespace::text = any($1) AND e.objid IS NULL AND a.grantee <> p.proowner
        ORDER BY p.oid, 1""",
}
KINDS = tuple(QUERIES)
OF_TABLES = ("table", "column", "constraint", "index")  # what the classes of the tables declare
GUARDS = ("row-level security", "policy", "schema grant", "table grant", "column grant")  # what policies.py declares
SOURCES = ("function", "owner", "view", "trigger", "function grant")  # what models/functions declares


async def read(dsn: str) -> Catalogue:
    """Everything in the schemas of Cohorte, except objects of extensions."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "pg_catalog"})  # all names are qualified
    try:
        return {
            (kind, row[0]): Item(kind, row[0], row[1], row[2], row[3], *map(tuple, row[4:]))
            for kind, query in QUERIES.items()
            for row in await connection.fetch(query, list(SCHEMAS))
        }
    finally:
        await connection.close()


def differing(found: Catalogue, wanted: Catalogue, kinds: Collection[str] = KINDS) -> list[Item]:
    """The items that differ: as in `wanted`, or as in `found` if they are not wanted."""
    keys = [key for key in (*wanted, *(key for key in found if key not in wanted)) if key[0] in kinds]
    return [wanted.get(key) or found[key] for key in keys if found.get(key) != wanted.get(key)]
