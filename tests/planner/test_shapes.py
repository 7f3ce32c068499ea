"""Plans that are made before a request are those that requests would make, and are kept for good."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
from graphql import parse, validate

from models.viewers import ANYBODY, Audience
from planner import plans
from planner.operations import Operation, Planner
from planner.plans import Plans
from planner.shapes import ABSENT, SHAPES, plan_ahead, shapes
from tests.golden.pairs import SHAPE, Pair, pairs

PAGE = "query ($after: Cursor, $first: Int) { communities(first: $first, after: $after) { nodes { name } } }"
CONDITIONS = (
    f"query ({' '.join(f'$v{n}: Boolean!' for n in range(12))}) {{ communities {{ nodes {{ "
    f"{' '.join(f'a{n}: name @include(if: $v{n})' for n in range(12))} }} }} }}"
)
SIGN_IN = """
    mutation ($p: String!) {
      signIn(input: {email: "a@b.example", password: $p}) { token query { communities { nodes { name } } } } }
"""


def operation_of(planner: Planner, text: str) -> Operation:
    document = parse(text)
    assert validate(planner.schema, document) == []
    return planner.operation(document, None)


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_a_request_finds_the_plan_that_it_would_have_made(view_planners: dict[Audience, Planner], pair: Pair) -> None:
    planner = view_planners[pair.audience]
    ahead, later = pair.operation(planner), pair.operation(planner)
    made = plan_ahead(ahead)
    kept = len(ahead._plans)
    for given in ({}, SHAPE):
        sent = {name: value for name, value in pair.taken(later, SHAPE).items() if given or is_required(later, name)}
        variables = later.coerce(sent)
        plan = later.plan(variables)
        assert plan is not None
        if made:
            assert ahead.is_planned(variables)
            found = ahead.known_plan(variables)
            assert found is not None
            assert (found.sql, len(found.readers)) == (plan.sql, len(plan.readers))
    assert len(ahead._plans) == kept


def is_required(operation: Operation, name: str) -> bool:
    return next(str(kind).endswith("!") for variable, kind, _ in operation._variables if variable == name)


def test_most_golden_operations_are_planned_ahead(view_planners: dict[Audience, Planner]) -> None:
    unplanned = [pair.name for pair in pairs() if not plan_ahead(pair.operation(view_planners[pair.audience]))]
    assert unplanned == ["patient_node", "patient_nodes"]  # whose types are known by the ids that are requested


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{ communities { nodes { name } } }", 1),
        (PAGE, 2),  # without a cursor and with one; a size is a shape of its own
        ("query ($after: Cursor, $n: Int! ) { communities(first: $n, after: $after) { nodes { name } } }", 0),
        ("query ($n: Int = 5) { communities(first: $n) { nodes { name } } }", 1),
        ("query ($all: Boolean!) { communities { nodes { name slug @include(if: $all) } } }", 2),
        ("query ($all: Boolean = true) { communities { nodes { name slug @skip(if: $all) } } }", 2),
        ("query ($search: String) { communities(search: $search) { nodes { name } } }", 2),
        ("query ($slug: String!) { community(slug: $slug) { name } }", 1),
        ("query ($id: ID!) { node(id: $id) { id } }", 0),
        (CONDITIONS, SHAPES),
    ],
)  # fmt: skip
def test_shapes_are_those_that_can_be_known(view_planners: dict[Audience, Planner], text: str, count: int) -> None:
    planner = view_planners[Audience.PUBLIC]
    operation = operation_of(planner, text)
    assert plan_ahead(operation) == count
    for variables in islice(shapes(operation), SHAPES):
        assert ABSENT not in variables.values.values()
        assert operation.is_planned(variables)


@pytest.mark.parametrize(
    ("audience", "text"),
    [
        (Audience.PUBLIC, SIGN_IN),
        (Audience.PATIENT, "mutation ($i: PostAddInput!) { postAdd(input: $i) { post { author { pseudonym } } } }"),
        (Audience.PATIENT, "subscription ($d: ID!) { postAdded(discussion: $d) { body author { pseudonym } } }"),
        (Audience.PATIENT, "subscription { notificationAdded { kind createdAt } }"),
        (Audience.PUBLIC, "{ dataUses(first: 1) { nodes { ledgerEntry { line } } } }"),
        (Audience.PUBLIC, "{ __schema { types { name } } communities { nodes { name } } }"),
    ],
)  # fmt: skip
def test_other_operations_find_their_plans_too(
    view_planners: dict[Audience, Planner], audience: Audience, text: str
) -> None:
    ahead = operation_of(view_planners[audience], text)
    assert plan_ahead(ahead) == 1
    kept = dict(ahead._plans._kept)
    assert len(kept) > 1
    (variables,) = shapes(ahead)
    later = operation_of(view_planners[audience], text)
    if later.kind.value != "mutation":
        later.make_plans(variables, ANYBODY)
        assert {key: sql_of(plan) for key, plan in later._plans._found.items()} == {
            key: sql_of(plan) for key, plan in kept.items()
        }


def sql_of(plan: Any) -> str | None:
    return None if plan is None else plan.sql


@dataclass
class Sql:
    sql: str


def test_kept_plans_are_neither_evicted_nor_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_CHARACTERS", 1_000)
    found: Plans[Sql] = Plans(0)
    first = Sql("x" * 500)
    found["a"] = first
    found["b"] = None
    found.keep()
    assert found.size == 0
    for number in range(20):
        found[number] = Sql("y" * 300)
    assert "a" in found
    assert "b" in found
    assert found["a"] is first
    assert found["b"] is None
    assert 0 not in found
    assert len(found) == 4  # two of them may be evicted
    found["a"] = Sql("z")
    assert found["a"] is first
    with pytest.raises(KeyError):
        found["c"]
