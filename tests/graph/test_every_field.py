"""Every field of every view, requested once from rows that have a value for it, returns what its type promises."""

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

import asyncpg
import pytest
from graphql import (
    ExecutionResult,
    GraphQLSchema,
    build_schema,
    execute,
    is_abstract_type,
    is_object_type,
    parse,
    validate,
)

from models.logins import open_roles, pool
from models.security.read_rules import open_tables
from models.viewers import Audience, Viewer
from planner.marks import bare
from planner.operations import Operation, Planner
from schema.build import View
from schema.context import Context
from tests.support.client import views
from tests.support.documents import elsewhere, every_field, every_field_however_far
from tests.support.small_network import SmallNetwork, small_network

ROOTS = ("Query", "Mutation", "Subscription")

Written = Callable[[GraphQLSchema, Mapping[str, str]], Iterator[str]]

near_and_far = pytest.mark.parametrize(
    "written", [every_field, pytest.param(every_field_however_far, marks=pytest.mark.slow)]
)


class Reads(Protocol):
    """A connection or a pool."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...


@pytest.mark.slow
async def test_every_field_returns_what_its_type_promises(fresh: str) -> None:
    """However far from the query it is; those near it are in tests/graph/test_nodes.py, which needs their ids."""
    await open_roles(fresh)
    network = await inserted(fresh)
    for audience, view in views().items():
        planner = Planner(view._schema, audience, open_tables=open_tables(audience))
        connections = await pool(fresh, audience, 1, 30.0)
        try:
            documents = every_field_however_far(view._schema, network.values)
            found = await answers_to(planner, connections, documents, network.viewers[audience])
        finally:
            await connections.close()
        expect_promised(audience, view, planner, found)


async def inserted(dsn: str) -> SmallNetwork:
    connection = await asyncpg.connect(dsn)
    try:
        return await small_network(connection)
    finally:
        await connection.close()


async def answers_to(
    planner: Planner, connections: Reads, documents: Iterable[str], viewer: Viewer
) -> dict[str, object]:
    """The answers to these documents, and to those of fields that only objects elsewhere have values of."""
    every = (*documents, *elsewhere(planner.schema))
    return {document: await answered(planner, connections, document, viewer) for document in every}


def expect_promised(audience: Audience, view: View, planner: Planner, answers: Mapping[str, object]) -> None:
    """Checks that every field of the view has a value in one of the answers, and none that its type excludes."""
    given: set[tuple[str, str]] = set()
    promised = build_schema(view.as_str())
    for kind in promised.type_map.values():
        if is_abstract_type(kind):
            kind.resolve_type = lambda value, *_: value["__t"]
    for document, answer in answers.items():
        # graphql-core reads it as a finished result and refuses nulls, values or types that the schema excludes.
        read = execute(promised, valid(planner, document).document, root_value=answer, field_resolver=by_key)
        assert isinstance(read, ExecutionResult)
        assert (audience, document, read.errors, read.data) == (audience, document, None, answer)
        given |= values_in(answer)
    mend = "make a row that has a value for each of these, in tests/support/small_network.py"
    assert (audience, of_rows(view) - given) == (audience, set()), mend


# Of insights of two datasets, whose values are those of tests/insight/test_changes.py.
COMPARISONS = {"Change", "InsightChange", "MeanChange", "MeanTrend", "ShareChange", "TrendPoint"}
ONLY_BETWEEN_DATASETS = {("Insight", "changeFrom"), ("Insight", "comparable"), ("InsightTrend", "means")}
QUOTES = ("Quote", "QuoteObstacle", "QuoteSuggestion", "PrecisionPrice")


def by_key(parent: Any, info: Any, **arguments: Any) -> Any:
    return parent[info.path.key]


def of_rows(view: View) -> set[tuple[str, str]]:
    """Every field of a view, except root fields and fields of results that take an input."""
    kinds = [kind for kind in view._schema.type_map.values() if is_object_type(kind) and not kind.name.startswith("__")]
    names = {
        kind.name for kind in kinds if not kind.name.endswith((*ROOTS, "Payload", *QUOTES, "Check", "UserError"))
    } - COMPARISONS
    found = {(kind.name, name) for kind in kinds if kind.name in names for name in kind.fields}
    return found - ONLY_BETWEEN_DATASETS


def values_in(answer: object) -> set[tuple[str, str]]:
    """The type and name of each field that has a value other than null or an empty list anywhere in a response."""
    if isinstance(answer, list):
        return set().union(*map(values_in, answer))
    if not isinstance(answer, dict):
        return set()
    kind = answer.get("__typename") or answer.get("__t")
    own = {(str(kind), key.removeprefix(f"{kind}_")) for key, value in answer.items() if value not in (None, [])}
    return own.union(*map(values_in, answer.values()))


@functools.lru_cache(maxsize=128)  # documents are sent for each of many ids, roles or languages
def valid(planner: Planner, document: str) -> Operation:
    parsed = parse(document)
    assert validate(planner.schema, parsed) == []
    return planner.operation(parsed, None)


async def answered(
    planner: Planner,
    connections: Reads,
    document: str,
    viewer: Viewer,
    variables: Mapping[str, Any] | None = None,
) -> object:
    operation = valid(planner, document)
    coerced = operation.coerce(variables or {})
    plan = operation.plan(coerced)
    if plan is not None:
        return json.loads(bare(await connections.fetchval(plan.sql, *plan.values(coerced, viewer))))

    async def read(sql: str, values: Sequence[Any]) -> str | None:
        return cast(str | None, await connections.fetchval(sql, *values))

    context = Context(viewer=viewer, read=read, write=cast(Any, None), settings=cast(Any, None))
    result = await operation.execute(coerced, context)
    assert (document, result.errors) == (document, None)
    return result.data
