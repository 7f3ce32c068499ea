"""Fields that Python computes from a row's JSON, wherever they occur, with any selection of their result."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, cast

import asyncpg
import pytest
import pytest_asyncio
import strawberry
from graphql import GraphQLSchema, parse, validate
from sqlalchemy import func

from models import logins
from models.community import communities as tables
from models.rows import Expression, Finished, Row, Rows, Unanswerable, row, select
from models.viewers import ANYBODY, Audience
from planner.declare import column, computed, graph_type, paged, sql
from planner.operations import Planner
from schema.access import PUBLIC
from schema.build import View
from schema.context import Context
from schema.pagination import Node, RelayConnection


@dataclass(frozen=True)
class Letters(Finished):
    """Some of a name's letters."""

    text: str
    is_vowel: bool
    before: "Letters | None" = None


def name_of(community: Row) -> Expression:
    return func.json_build_object("name", community.name, "members", community.member_count)


def slug_of(community: Row) -> Rows:
    again = row(tables.Community)
    return select(again.slug).where(again.id == community.id)


def shouted(found: Any, *, times: int = 1, ends: "list[Ending] | None" = None) -> str:
    if times > 3:
        raise Unanswerable("That is too loud.")
    return str(found["name"]).upper() + "".join(end.mark * end.of_them for end in ends or ()) * times


def letters(found: Any, *, of: list[str] | None = None) -> list[Letters]:
    made: list[Letters] = []
    for letter in found["name"].lower():
        if of is None or letter in of:
            made.append(Letters(letter, letter in "aeiou", made[-1] if made else None))
    return made


def initials(community: Row) -> Rows:
    """A planned expression on one row, without Python."""
    return select(
        func.lower(func.left(community.name, 1)).label("text"), (community.member_count < 0).label("is_vowel")
    )


at_work = threading.Lock()


def alone(found: Any) -> bool:
    """Whether no other computation is going on."""
    alone = at_work.acquire(blocking=False)
    time.sleep(0.002)
    if alone:
        at_work.release()
    return alone


def doubled(found: Any) -> int:
    return int(found) * 2


def how_many() -> Rows:
    return select(func.count()).select_from(row(tables.Community))


def nothing_before(letters: Row) -> None:
    return None


@strawberry.input(description="How to end.")
class Ending:
    mark: str = strawberry.field(description="With what.")
    of_them: int = strawberry.field(default=1, description="With how many.")


@graph_type(audience=PUBLIC, name="Letters")
class LettersType:
    """Some letters."""

    text: str = column("They.")
    is_vowel: bool = column("Whether it is one.")
    before: Annotated["LettersType", strawberry.lazy("tests.planner.test_computed")] | None = sql(
        nothing_before, "What stands before it; null where nothing does, and where it is planned."
    )


@graph_type(audience=PUBLIC, row=tables.Community, prefix="com")
class Community(Node):
    """A community."""

    name: str = column("Its name.")
    slug: str = computed(slug_of, str.upper, "Its slug, as a select has it.")
    shouted: str = computed(
        name_of, shouted, "Its name.", arguments={"times": "How loud.", "ends": "What to end with."}
    )
    alone: bool = computed(name_of, alone, "Whether nothing else was being computed.")
    letters: list[LettersType] = computed(
        name_of,
        letters,
        "All first letters, or some of all.",
        planned=initials,
        unless=("of",),
        arguments={"of": "The letters to look for."},
    )


def communities() -> Rows:
    community = row(tables.Community)
    return select(community).order_by(community.slug.desc(), community.id.desc())


@graph_type(audience=PUBLIC)
class Query:
    """The queries."""

    communities: RelayConnection[Community] = paged(communities, "They.")
    newest: Community | None = sql(lambda: communities().limit(1), "One.")
    many: int = computed(how_many, doubled, "How many there are, twice over.")


SCHEMA: GraphQLSchema = View(Audience.PUBLIC, query=Query)._schema
FIRST = "communities(first: 2) { nodes"


@dataclass
class ToyGraph:
    """A small graph of computed fields on the shared database."""

    planner: Planner
    pool: asyncpg.Pool
    names: list[str]
    statements: int = 0

    async def __call__(self, text: str, variables: dict[str, Any] | None = None) -> Any:
        """`data`, or the messages and codes of the errors."""
        assert validate(SCHEMA, parse(text)) == []
        operation = self.planner.operation(parse(text), None)
        context = Context(viewer=ANYBODY, read=self.read, write=cast(Any, None), settings=cast(Any, None))
        result = await operation.execute(operation.coerce(variables or {}), context)
        if result.errors:
            return [(error.message, error.path, (error.extensions or {}).get("code")) for error in result.errors]
        return result.data

    async def read(self, sql: str, values: Any) -> str:
        self.statements += 1
        text: str = await self.pool.fetchval(sql, *values)
        return text

    def is_planned(self, text: str, variables: dict[str, Any] | None = None) -> bool:
        operation = self.planner.operation(parse(text), None)
        return operation.plan(operation.coerce(variables or {})) is not None


@pytest_asyncio.fixture(scope="module")
async def toy_graph(dsn: str) -> AsyncIterator[ToyGraph]:
    """Yields the small graph, connected to the shared database."""
    await logins.open_roles(dsn)
    async with await logins.pool(dsn, Audience.PUBLIC, 2, 30.0) as pool:
        names = await pool.fetch("select name from catalog.community order by slug desc, id desc limit 2")
        yield ToyGraph(Planner(SCHEMA, Audience.PUBLIC), pool, [found["name"] for found in names])


async def test_computed_fields_use_the_rows_json_in_one_statement(toy_graph: ToyGraph) -> None:
    text = f"{{ {FIRST} {{ name shouted aloud: shouted }} edges {{ node {{ slug }} }} }} newest {{ shouted }} }}"
    toy_graph.statements = 0
    answer = await toy_graph(text)
    assert [node["shouted"] for node in answer["communities"]["nodes"]] == [name.upper() for name in toy_graph.names]
    assert answer["communities"]["nodes"][0] == {
        "name": toy_graph.names[0], "shouted": toy_graph.names[0].upper(), "aloud": toy_graph.names[0].upper(),
    }  # fmt: skip
    assert [edge["node"]["slug"].isupper() for edge in answer["communities"]["edges"]] == [True, True]
    assert answer["newest"] == {"shouted": toy_graph.names[0].upper()}
    assert toy_graph.statements == 2  # one for each root field
    assert not toy_graph.is_planned(text)


async def test_arguments_are_plain_values_and_nulls_are_omitted(toy_graph: ToyGraph) -> None:
    name = toy_graph.names[0].upper()
    text = """query ($times: Int, $ends: [Ending!], $mark: String!) {
      newest { a: shouted(times: $times, ends: $ends) b: shouted(ends: [{mark: $mark, ofThem: 2}, {mark: "?"}]) }
    }"""
    assert await toy_graph(text, {"times": None, "mark": "!"}) == {"newest": {"a": name, "b": f"{name}!!?"}}
    assert await toy_graph(text, {"times": 2, "ends": [{"mark": "!"}], "mark": "."}) == {
        "newest": {"a": f"{name}!!", "b": f"{name}..?"}
    }


async def test_a_refused_computation_is_reported_with_path_and_code(toy_graph: ToyGraph) -> None:
    assert await toy_graph("{ newest { name loud: shouted(times: 4) } }") == [
        ("That is too loud.", ["newest", "loud"], "BAD_USER_INPUT")
    ]


OBJECTS = """query ($of: [String!], $with: Boolean!) {
  newest { first: letters(of: $of) { __typename t: text ...F @include(if: $with) } }
}
fragment F on Letters { ... @skip(if: false) { before { text } } ... on Letters { isVowel text @skip(if: $with) } }"""


async def test_returned_objects_are_read_by_attribute(toy_graph: ToyGraph) -> None:
    there = [letter for letter in toy_graph.names[0].lower() if letter in "aeior"]
    answer = await toy_graph(OBJECTS, {"of": list("aeior"), "with": True})
    assert answer["newest"]["first"] == [
        {
            "__typename": "Letters",
            "t": letter,
            "before": {"text": there[at - 1]} if at else None,
            "isVowel": letter != "r",
        }
        for at, letter in enumerate(there)
    ]
    assert len(there) > 2
    assert list(answer["newest"]["first"][0]) == ["__typename", "t", "before", "isVowel"]
    assert await toy_graph(OBJECTS, {"of": [], "with": False}) == {"newest": {"first": []}}


@pytest.mark.parametrize("variables", [{}, {"of": None}])
async def test_a_field_is_planned_if_no_argument_needs_a_computation(
    toy_graph: ToyGraph, variables: dict[str, Any]
) -> None:
    variables |= {"with": True}
    assert toy_graph.is_planned(OBJECTS, variables)
    letter = toy_graph.names[0][0].lower()
    expected = {"newest": {"first": [{"__typename": "Letters", "t": letter, "before": None, "isVowel": False}]}}
    assert await toy_graph(OBJECTS, variables) == expected
    operation = toy_graph.planner.operation(parse(OBJECTS), None)
    coerced = operation.coerce(variables)
    plan = operation.plan(coerced)
    assert plan is not None
    assert json.loads(await toy_graph.read(plan.sql, plan.values(coerced, ANYBODY))) == expected


async def test_variables_decide_whether_a_document_is_planned_or_computed(toy_graph: ToyGraph) -> None:
    operation = toy_graph.planner.operation(parse(OBJECTS), None)
    shapes: list[tuple[dict[str, Any], bool]] = [({}, True), ({"of": ["a"]}, False), ({"of": ["e"]}, False)]
    for variables, planned in shapes:
        assert (operation.plan(operation.coerce({"with": True} | variables)) is not None) is planned
    assert len(operation._plans) == 2  # which variables are given, not their values, is part of a plan's key


async def test_planned_fields_stay_planned_beside_computed_ones(toy_graph: ToyGraph) -> None:
    text = '{ newest { shouted whole: letters { text } some: letters(of: ["zz"]) { text } } }'
    assert await toy_graph(text) == {
        "newest": {
            "shouted": toy_graph.names[0].upper(),
            "whole": [{"text": toy_graph.names[0][0].lower()}],
            "some": [],
        }
    }


async def test_a_computed_field_may_be_a_root_field_beside_planned_ones(toy_graph: ToyGraph) -> None:
    count = await toy_graph.pool.fetchval("select count(*) from catalog.community")
    assert await toy_graph("{ many newest { name } again: many }") == {
        "many": count * 2,
        "newest": {"name": toy_graph.names[0]},
        "again": count * 2,
    }


async def test_computations_of_an_operation_run_one_at_a_time(toy_graph: ToyGraph) -> None:
    aliases = " ".join(f"a{number}: alone" for number in range(5))
    answer = await toy_graph(f"{{ communities(first: 5) {{ nodes {{ {aliases} }} }} newest {{ {aliases} }} }}")
    assert [set(node.values()) for node in answer["communities"]["nodes"]] == [{True}] * 5
    assert set(answer["newest"].values()) == {True}


async def test_an_operation_can_be_cancelled_between_computations(toy_graph: ToyGraph) -> None:
    aliases = " ".join(f"a{number}: alone" for number in range(50))
    task = asyncio.create_task(toy_graph(f"{{ communities(first: 9) {{ nodes {{ {aliases} }} }} }}"))
    while not at_work.locked():  # noqa: ASYNC110 - a thread has no event to wait for
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(at_work.acquire)  # the running computation finishes, and no other starts
    at_work.release()
    await asyncio.sleep(0.01)
    assert not at_work.locked()


def test_the_source_of_a_computation_takes_only_bound_arguments() -> None:
    def sized(community: Row, *, size: int) -> Expression:
        return func.left(community.name, size)

    with pytest.raises(TypeError, match="must not change the statement"):
        computed(sized, str, "It.")
