"""Checks that the oracle can read every field, argument and table, without a database and before a random run does."""

import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type, is_object_type

from models.identity.accounts import StaffRole
from models.security.read_rules import SCOPES
from models.viewers import Audience, Viewer
from planner.declared import Column
from planner.tables import Tables
from tests.oracle.execution import COLUMNS, arguments_of, column_of
from tests.oracle.rows import Everything, scope
from tests.oracle.shared import TABLES, readers
from tests.support.documents import takes_input

FILES = "tests/oracle/shared.py (the network), tests/oracle/own.py (members, surveys) or tests/oracle/insights.py"
ELSEWHERE = {  # arguments that no generated operation gives, and the test that tries them
    "Insight.cells": {
        "by": "tests/insight/test_insights_reading.py",
        "where": "tests/insight/test_insights_reading.py",
    },
    "Insight.changeFrom": {"by": "tests/insight/test_changes.py", "where": "tests/insight/test_changes.py"},
    "Insight.trend": {"by": "tests/insight/test_changes.py", "where": "tests/insight/test_changes.py"},
    "Insight.totals": {"by": "tests/insight/test_means.py", "where": "tests/insight/test_means.py"},
    "Insight.statistics": {
        "by": "tests/insight/test_insights_reading.py",
        "where": "tests/insight/test_insights_reading.py",
    },
}
PAGES = ("Connection", "Edge", "PageInfo")  # `tests.oracle.execution.paged` makes them of every list


def objects(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """The types that a query without an input object reaches, without those of pages."""
    waiting: list[Any] = [schema.query_type]
    reached = set()
    while waiting:
        kind = waiting.pop()
        if kind.name in reached:
            continue
        reached.add(kind.name)
        if is_abstract_type(kind):
            waiting += schema.get_possible_types(kind)
        elif is_object_type(kind):
            waiting += [get_named_type(field.type) for field in kind.fields.values() if not takes_input(field)]
            if not kind.name.endswith(PAGES):
                yield kind


def unread(schema: GraphQLSchema) -> Iterator[str]:
    """Fields and arguments of a view that the oracle cannot read, each with the file in which to add a reader."""
    tables = Tables(schema)
    for kind in objects(schema):
        for name, field in kind.fields.items():
            coordinate, reader = f"{kind.name}.{name}", readers.get(f"{kind.name}.{name}")
            if takes_input(field):
                continue
            if reader is None:
                yield from unread_column(tables, kind.name, name)
                continue
            takes = inspect.signature(reader).parameters
            for argument in arguments_of(dict.fromkeys(field.args)):
                if argument not in takes and argument not in ELSEWHERE.get(coordinate, ()):
                    file = reader.__module__.replace(".", "/")
                    yield f"{coordinate}: its reader takes no {argument!r}: add the parameter to it in {file}.py"


def unread_column(tables: Tables, kind: str, name: str) -> Iterator[str]:
    """A field without a reader is a column of its row, under the name that the oracle looks for."""
    source = tables.sources[kind, name]
    if not isinstance(source, Column):
        yield f"{kind}.{name}: no reader: write one, @field({f'{kind}.{name}'!r}), in {FILES}"
    elif name == "id" and kind not in TABLES:
        yield f"{kind}.{name}: no prefix: add {kind} to TABLES in tests/oracle/shared.py"
    elif column_of(kind, name) != (of := source.of or tables.python_names[kind, name]):
        yield f"{kind}.{name}: its column is {of!r}: add it to COLUMNS in tests/oracle/execution.py"


def test_the_oracle_reads_every_field_and_argument(schemas: dict[Audience, GraphQLSchema]) -> None:
    missing = dict.fromkeys(each for schema in schemas.values() for each in unread(schema))
    if missing:
        pytest.fail("\n".join(["the oracle cannot read these:", *missing]), pytrace=False)


def test_every_reader_is_of_a_field_that_exists(schemas: dict[Audience, GraphQLSchema]) -> None:
    fields = {f"{kind.name}.{name}" for schema in schemas.values() for kind in objects(schema) for name in kind.fields}
    left = sorted({*readers, *COLUMNS} - fields)
    assert left == [], f"no view has these fields: delete their readers in {FILES}, and their COLUMNS"


def coordinates(missing: Iterable[str]) -> dict[str, str]:
    return {each.partition(": ")[0]: each for each in missing}


@pytest.mark.parametrize("audience", Audience, ids=lambda audience: audience.view)
def test_the_oracle_has_a_scope_for_every_readable_table(audience: Audience) -> None:
    tables: Everything = defaultdict(list) | {
        "insight.organization": [{"id": UUID(int=1), "kind": "LABORATORY"}],
        "identity.staff": [{"id": UUID(int=1), "roles": [role.value for role in StaffRole]}],
    }
    viewer = Viewer(audience, member=UUID(int=1), organization=UUID(int=1), staff=UUID(int=1))
    known, readable = set(scope(tables, viewer, date.min)), {n for n, s in SCOPES.items() if audience in s.readers}
    file = "tests/oracle/rows.py"
    assert known - readable == set(), (
        f"models/security/read_rules.py lets {audience.view} read none of these: see `scope` in {file}"
    )
    assert readable - known == set(), (
        f"say in `scope`, or for staff in OF_STAFF, in {file} which rows of these tables {audience.view} sees"
    )


def test_a_forgotten_reader_and_a_forgotten_argument_are_named(
    schemas: dict[Audience, GraphQLSchema], monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schemas[Audience.PATIENT]
    missing = set(coordinates(unread(schema)))  # reported by the test above
    monkeypatch.delitem(readers, "Post.reactions", raising=False)
    monkeypatch.delitem(COLUMNS, "Answer.date", raising=False)
    monkeypatch.setitem(readers, "Query.treatments", lambda seen, search=None: None)
    named = coordinates(unread(schema))
    assert set(named) == missing | {"Post.reactions", "Answer.date", "Query.treatments"}
    assert "'kind'" in named["Query.treatments"]
