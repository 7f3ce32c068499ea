"""A statement runs without its viewer only if its role reads every row of every table it names."""

import re
from collections.abc import Iterator

import asyncpg
import pytest
from graphql import parse, validate
from sqlalchemy import Table, func, select

from models.metadata import metadata
from models.security.read_rules import SAME_FOR_ALL, SCOPES, open_tables
from models.viewers import SETTINGS, Audience
from planner.compiling import CONSTANT, compiled
from planner.expressions import Json
from planner.operations import Planner
from tests.golden.pairs import SHAPE, pairs
from tests.support.documents import Walk, every_field, selected, takes_input

Admin = asyncpg.Connection
TABLES = {table.fullname: table for table in metadata.sorted_tables}
OURS = re.compile(rf"\b(?:{'|'.join(sorted({str(table.schema) for table in metadata.sorted_tables}))})\.\w+")
VALUES = {name: f'"{value}"' for name, value in SHAPE.items()} | {
    "node": f'"{SHAPE["post"]}"',
    "ids": f'["{SHAPE["post"]}", "com_none"]',
    "dataset": '"dst_none"',
    "insight": '"ins_none"',
    "changeFrom.insight": '"ins_none"',
    "interval": "WEEK",
    "precision": "WITHIN_20",
}

with_a_viewer = pytest.mark.parametrize("audience", list(SETTINGS), ids=lambda audience: audience.view)


def carries(sql: str) -> bool:
    return "set_config(" in sql


@with_a_viewer
@pytest.mark.parametrize("name", TABLES)
def test_a_statement_carries_its_viewer_unless_the_role_reads_every_row_of_its_table(
    name: str, audience: Audience
) -> None:
    assert carries(reading(audience, TABLES[name])) == (SCOPES[name].readers.get(audience) not in SAME_FOR_ALL)


@with_a_viewer
def test_one_guarded_table_or_one_of_our_functions_makes_a_statement_carry_its_viewer(audience: Audience) -> None:
    community, account = TABLES["catalog.community"], TABLES["identity.account"]
    assert not carries(reading(audience, community))
    inner = select(account.c.id).limit(1).scalar_subquery()
    for value in (inner, func.catalog.search_query("any"), func.coalesce(func.insight.epsilon(1, 2), 0)):
        inside = Json("o$", select(value.label("v")).select_from(community))
        body = Json("o$", select(inside.label("o")))
        assert carries(compiled(body, {}, audience.setting, open_tables(audience)).sql)


def reading(audience: Audience, table: Table) -> str:
    rows = select(next(iter(table.alias().c)).label("v"))
    return compiled(Json("o$", rows), {}, audience.setting, open_tables(audience)).sql


def test_no_table_is_open_without_a_declaration(view_planners: dict[Audience, Planner]) -> None:
    for text in ('{ community(slug: "any") { name } }', "{ notices { id } }"):
        for audience, planner in view_planners.items():
            if validate(planner.schema, parse(text), hide_suggestions=True) == [] and audience in SETTINGS:
                assert carries(sql_of(Planner(planner.schema, audience), text) or "")


@pytest.mark.parametrize(
    "audience",
    [Audience.PATIENT, Audience.BUYER, pytest.param(Audience.MANAGER, marks=pytest.mark.slow)],
    ids=lambda audience: audience.view,
)
def test_no_statement_without_a_viewer_names_a_guarded_table(
    audience: Audience, view_planners: dict[Audience, Planner]
) -> None:
    found: dict[bool, int] = {True: 0, False: 0}
    for text in questions(view_planners[audience]):
        sql = sql_of(view_planners[audience], text)
        if sql is not None:
            found[carries(sql)] += 1
            named = set(OURS.findall(sql)) - CONSTANT
            assert carries(sql) == (not named <= open_tables(audience)), (text, named)
    assert min(found.values()) > 5


def questions(planner: Planner) -> Iterator[str]:
    """Documents with every field of the view, beside all others and beside few."""
    yield from every_field(planner.schema, VALUES)
    yield from (pair.text for pair in pairs() if pair.audience is planner.audience)
    query = planner.schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if not takes_input(field):
            for depth in (1, 2, 3):
                yield f"{{ {selected(query.name, name, field, Walk(planner.schema, VALUES), depth)} }}"


def sql_of(planner: Planner, text: str) -> str | None:
    """The statement that answers a document; None unless there is exactly one."""
    assert validate(planner.schema, parse(text)) == []
    operation = planner.operation(parse(text), None)
    given = {name: value for name, value in SHAPE.items() if f"${name}:" in text}
    plan = operation.plan(operation.coerce(given))
    return None if plan is None else plan.sql


@with_a_viewer
async def test_a_role_reads_every_row_of_its_open_tables(admin: Admin, audience: Audience) -> None:
    """The migrated tables have no row-level security, or a read policy that is the same for every viewer."""
    guarded = await admin.fetch(
        "SELECT n.nspname || '.' || c.relname AS name,"
        " (SELECT array_agg(p.qual) FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname"
        "  AND p.cmd IN ('SELECT', 'ALL') AND $1 = any(p.roles) AND p.permissive = 'PERMISSIVE') AS conditions"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relrowsecurity",
        audience.role,
    )
    conditions = {row["name"]: row["conditions"] for row in guarded}
    assert len(conditions) > 20
    for name in open_tables(audience) & set(conditions):
        (condition,) = conditions[name]
        assert " ".join(condition.split()) in {
            "true",
            "(NOT leaving)",
            "((status)::text <> 'DRAFT'::text)",
            f"(EXISTS ( SELECT FROM catalog.community c WHERE (c.id = {name.partition('.')[2]}.community_id)))",
        }
    assert await admin.fetchval("SELECT count(*) FROM pg_policies WHERE permissive <> 'PERMISSIVE'") == 0
