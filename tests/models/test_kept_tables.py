"""What a view reads of kept tables is decided by watched tables, and each write to one of those is told."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from models.database import TABLE_CHANGED
from models.metadata import metadata
from models.security.kept_tables import OF_MEMBERS, RIGHTS, SCHEMAS, kept_tables, watched_tables
from models.security.read_rules import LICENSED, ORGANIZATION, SCOPES
from models.viewers import Audience
from planner.sources import FUNCTIONS, is_constant
from tests import factories

Admin = asyncpg.Connection
each_audience = pytest.mark.parametrize("audience", list(Audience), ids=lambda audience: audience.view)
# What LICENSED reads, which the statement in RIGHTS asks for at each read.
LICENSED_READS = {"insight.licence", "insight.organization", "insight.dataset"}
LICENSED_CALLS = {"catalog.today", "insight.may_pursue"}
# Results of these depend on settings of a connection, which all connections of a view have in common.
OF_SETTINGS = """
    array_to_string concat_ws convert_to json_agg json_build_array json_build_object jsonb_build_array
    jsonb_build_object row_to_json to_jsonb
""".split()  # noqa: SIM905
SYNTAX = {"coalesce", "greatest", "least", "nullif"}  # which are no functions of PostgreSQL's catalogue


@each_audience
def test_every_kept_table_is_of_the_catalogue_or_of_insights(audience: Audience) -> None:
    kept = kept_tables(audience)
    assert {name.partition(".")[0] for name in kept.watched} <= {"catalog", "insight"}
    assert not kept.watched.keys() & OF_MEMBERS
    assert all(name.startswith(SCHEMAS) for names in kept.watched.values() for name in names)
    assert all(name in names for name, names in kept.watched.items())
    assert kept.guarded <= kept.watched.keys()
    assert bool(kept.guarded) == (audience.view in RIGHTS)


def test_the_tables_whose_answers_are_kept_are_these() -> None:
    for_all = """
        catalog.community catalog.community_indicator catalog.community_treatment catalog.condition catalog.help_line
        catalog.indicator catalog.network_count catalog.notice catalog.privacy_notice catalog.terms catalog.treatment
        insight.category insight.ledger_entry insight.organization insight.variable
    """.split()  # noqa: SIM905
    found = {audience: set(kept_tables(audience).watched) - set(for_all) for audience in Audience}
    assert all(set(for_all) <= kept_tables(audience).watched.keys() for audience in Audience)
    assert found == {
        Audience.PUBLIC: {"insight.dataset"},
        Audience.PATIENT: {"insight.dataset", "catalog.survey"},
        Audience.BUYER: {
            "insight.dataset",
            "insight.insight",
            "insight.cell",
            "insight.statistic",
            "insight.release",
        },
        Audience.MANAGER: set(),
    }
    assert kept_tables(Audience.BUYER).guarded == {
        "insight.insight",
        "insight.cell",
        "insight.statistic",
        "insight.release",
    }


DEPENDS = """
    SELECT n.nspname || '.' || c.relname AS name, pg_get_expr(p.polqual, p.polrelid) AS condition,
        ARRAY(SELECT DISTINCT rn.nspname || '.' || r.relname FROM pg_depend d
              JOIN pg_class r ON r.oid = d.refobjid JOIN pg_namespace rn ON rn.oid = r.relnamespace
              WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid
              AND d.refclassid = 'pg_class'::regclass) AS reads,
        ARRAY(SELECT DISTINCT fn.nspname || '.' || f.proname FROM pg_depend d
              JOIN pg_proc f ON f.oid = d.refobjid JOIN pg_namespace fn ON fn.oid = f.pronamespace
              WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid
              AND d.refclassid = 'pg_proc'::regclass) AS calls
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE p.polcmd IN ('r', '*') AND to_regrole($1) = ANY (p.polroles)
"""


@each_audience
async def test_the_migrated_policies_read_nothing_else(admin: Admin, audience: Audience) -> None:
    """By PostgreSQL's own record of what each policy depends on."""
    kept = kept_tables(audience)
    policies = {row["name"]: row for row in await admin.fetch(DEPENDS, audience.role) if row["name"] in kept.watched}
    for name, policy in policies.items():
        guarded = name in kept.guarded
        assert set(policy["reads"]) <= kept.watched[name] | (LICENSED_READS if guarded else set()), name
        assert set(policy["calls"]) <= (LICENSED_CALLS if guarded else set()), name
        # The viewer, and the time, count within LICENSED alone.
        assert guarded or "current_setting" not in policy["condition"], name
        assert re.search(r"\b(now|current_date|clock_timestamp|random)\b", policy["condition"], re.I) is None, name
        for read in kept.watched[name] - {name}:  # which has a policy of its own
            assert kept.watched[read] <= kept.watched[name], (name, read)
    secured = await admin.fetch("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind <> 'r'")
    assert secured == []


def test_a_guarded_condition_without_its_licences_does_not_depend_on_the_viewer() -> None:
    for name in kept_tables(Audience.BUYER).guarded:
        condition = SCOPES[name].readers[Audience.BUYER]
        assert ORGANIZATION not in condition.replace(LICENSED, ""), name


async def test_every_watched_table_tells_each_kind_of_write(admin: Admin) -> None:
    rows = await admin.fetch(
        "SELECT n.nspname || '.' || c.relname AS name, c.relkind::text AS kind, t.tgenabled::text AS enabled,"
        " t.tgtype AS type, t.tgqual IS NULL AND t.tgattr::text = '' AS always FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE t.tgfoid = 'catalog.tell_change'::regproc AND NOT t.tgisinternal"
    )
    after_each_write_of_a_statement = 4 | 8 | 16 | 32  # INSERT, DELETE, UPDATE, TRUNCATE; neither ROW nor BEFORE
    told = {row["name"] for row in rows}
    assert sorted(told) == list(watched_tables())
    for row in rows:
        found = (row["kind"], row["enabled"], row["type"], row["always"])
        assert found == ("r", "O", after_each_write_of_a_statement, True), row["name"]


async def test_no_watched_table_has_partitions_or_parents(admin: Admin) -> None:
    """A write to one of them would fire no trigger of the other."""
    related = await admin.fetch(
        "SELECT n.nspname || '.' || c.relname AS name FROM pg_inherits i"
        " JOIN pg_class c ON c.oid IN (i.inhrelid, i.inhparent) JOIN pg_namespace n ON n.oid = c.relnamespace"
    )
    assert not {row["name"] for row in related} & set(watched_tables())


@pytest.mark.parametrize("name", sorted(FUNCTIONS - SYNTAX))
async def test_a_function_of_kept_statements_returns_the_same_for_the_same(admin: Admin, name: str) -> None:
    kinds = {
        row[0]
        for row in await admin.fetch(
            "SELECT provolatile::text FROM pg_proc WHERE proname = $1 AND pronamespace = 'pg_catalog'::regnamespace",
            name,
        )
    }
    if name == "set_config":
        return  # which a statement calls to set its viewer, who is one of its values
    assert kinds, name
    assert kinds <= ({"i", "s"} if name in OF_SETTINGS else {"i"}), (name, kinds)


@pytest.mark.parametrize(
    ("sql", "constant"),
    [
        ("SELECT lower(c.name) FROM catalog.community c WHERE c.slug = $1", True),
        ("SELECT 'now()' FROM catalog.community AS c", True),
        ("SELECT c.locale, c.username FROM catalog.community AS c JOIN (VALUES (1)) AS v (x) ON true", True),
        ("SELECT now()", False),
        ("SELECT c.name FROM catalog.community c WHERE c.opened_on <= CURRENT_DATE", False),
        ("SELECT LOCALTIMESTAMP", False),
        ("SELECT catalog.today()", False),
        ("SELECT random ( )", False),
        ('SELECT "now"()', False),
        ("SELECT current_setting('cohorte.member')", False),
        ("SELECT care.viewer_communities()", False),
    ],
)
def test_a_statement_that_calls_what_may_differ_is_not_constant(sql: str, constant: bool) -> None:
    assert is_constant(sql) == constant


@pytest_asyncio.fixture
async def told(fresh: str) -> AsyncIterator[tuple[asyncpg.Connection, list[str]]]:
    """Yields a connection to a database of the test's own, and the tables that are told of."""
    connection, heard = await asyncpg.connect(fresh), list[str]()
    await connection.add_listener(TABLE_CHANGED, lambda *about: heard.append(about[3]))
    yield connection, heard
    await connection.close()


async def test_a_table_is_told_once_when_its_transaction_commits(told: tuple[asyncpg.Connection, list[str]]) -> None:
    connection, heard = told
    async with connection.transaction():
        made = await factories.community(connection)
        await factories.community(connection)
        await connection.execute("UPDATE catalog.community SET name = 'Other' WHERE id = $1", made["id"])
        assert heard == []
    await connection.fetchval("SELECT 1")
    assert "catalog.community" in heard
    assert len(heard) == len(set(heard))


async def test_what_is_rolled_back_is_not_told(told: tuple[asyncpg.Connection, list[str]]) -> None:
    connection, heard = told
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("UPDATE catalog.community SET name = 'Other'")
    await transaction.rollback()
    await connection.fetchval("SELECT 1")
    assert heard == []


def test_every_table_that_is_watched_exists() -> None:
    assert set(watched_tables()) <= {table.fullname for table in metadata.sorted_tables}
