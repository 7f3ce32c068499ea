"""The cost of operations: what counts, with which variables, and that it is known before a document is validated."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import get_introspection_query, get_named_type, is_interface_type, is_leaf_type, is_scalar_type, parse

from models.viewers import Audience
from planner.costs import (
    CHARACTERS_A_FIELD,
    COSTLIEST,
    FIELDS_A_NODE,
    IN_PYTHON,
    INTROSPECTION,
    KNOWN,
    LIST_SIZE,
    MUTATION,
)
from planner.declared import PAGE_SIZE, Column, Sql
from planner.operations import Planner
from resolvers.community.discussions_rules import BODY_MOST
from schema.insight.insights import EXPORT_COST, RECONCILED_COST, TABLE_CELLS
from schema.text_lengths import LEGAL_LENGTH
from settings import Settings
from tests.golden.pairs import pairs

NONE: Mapping[str, Any] = {}
SHORT = {  # of some hundred characters at most, although others of their name are longer
    "HelpLine.description",
    "Variable.description",
    "Webhook.description",
}

Planners = dict[Audience, Planner]

NESTED = "{ communities(first: %s) { nodes { name treatments(first: %s) { nodes { name } } } } }"
SIZED = "query ($n: Int%s) { communities(first: $n) { nodes { name } } }"
PAGE = "communities(first: 10) { nodes { name } }"


def cost(planner: Planner, text: str, variables: Mapping[str, Any] = NONE, name: str | None = None) -> int:
    """The cost of an operation, in which `<page>` is PAGE."""
    operation = planner.costs.operation(parse(text.replace("<page>", PAGE)), name)
    assert operation is not None
    total = operation.total(variables)
    assert operation.total(variables) == total  # and from its cache
    return total


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("{ viewer { audience } }", 2 + 1),
        ("{ communities { nodes { name } } }", 3 + PAGE_SIZE),
        ("{ communities(first: 7) { nodes { name } } }", 3 + 7),
        ("{ communities(first: 7) { edges { cursor node { name } } pageInfo { hasNextPage } } }", 7 + 7),
        ("{ communities(first: 7) { nodes { name } edges { cursor } } }", 5 + 7 + 7),
        ("{ communities(first: 7) { a: nodes { name } b: nodes { name } } }", 5 + 7 + 7),
        ("{ communities(first: 7) { pageInfo { hasNextPage } } }", 3 + 7),  # its rows are read all the same
        (NESTED % (10, 20), 6 + 10 + 10 * 20),
        (NESTED % (100, 100), 6 + 100 + 100 * 100),
        ("{ indicators(first: 7) { name } }", 2 + 7),
        ("{ indicators { name } }", 2 + PAGE_SIZE),
        ("{ regions }", 1),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 2 + 3),
        ("{ nodes(ids: []) { id } }", 2 + 1),
        ('{ nodes(ids: "a") { id } }', 2 + 100),  # not a list
        ('{ nodes(ids: ["a", "b"]) { ... on Community { treatments(first: 9) { nodes { name } } } } }', 4 + 2 + 2 * 9),
        ("{ notices { version } }", 2 + LIST_SIZE),
        ("{ communities(first: 7) { nodes { condition { icd10 } } } }", 4 + 7 + 7),
        ("{ dataUses(first: 7) { nodes { ledgerEntry { line } } } }", 4 + 7 + 7 + 7 * 5),
        # Under many aliases, one node is as large as many.
        ("{ communities(first: 7) { nodes {" + " ".join(f"a{n}: name" for n in range(30)) + "} } }", 32 + 7 + 7 * 3),
        (
            "{ communities(first: 7) { edges { node {" + " ".join(f"a{n}: name" for n in range(30)) + "} } } }",
            33 + 7 + 7 * 3,
        ),
        # Merged fields are returned once.
        ("{ <page> <page> }", 6 + 10),
        ("{ a: <page> b: <page> }", 6 + 20),
        ("{ ...F ...F } fragment F on Query { <page> }", 6 + 10),
        ("{ ... on Query { ... { <page> } } }", 3 + 10),
        ("{ a: communities(first: 3) { ...F } b: communities(first: 5) { ...F } }"
         "fragment F on CommunityConnection { nodes { name } }", 6 + 8),
        ("{ __typename }", 1),
        ("{ __schema { types { name } } }", 3 + INTROSPECTION),
        ("{ communities(first: 10) @skip(if: true) { nodes { name } } }", 3),
        ("{ ... @include(if: false) { <page> } }", 3),
        ("{ ... @include(if: true) { <page> } }", 3 + 10),
        # Not valid, which is reported later, but not free.
        ("{ communities(first: 0) { nodes { name } } }", 3 + 1),
        ("{ communities(first: 1000000) { nodes { name } } }", 3 + 100),
        ("{ communities(first: %s) { nodes { name } } }" % ("9" * 5_000), 3 + 100),
        ('{ communities(first: "x") { nodes { name } } }', 3 + PAGE_SIZE),
        ("{ unknown { unknown } communities { unknown } ...F ... on Unknown { a } }", 5 + PAGE_SIZE),
        ("mutation { signOut { userErrors { code } } }", 3),  # not in this view
        ('mutation { verifyEmail(input: {email: "a@b.example", code: "x", password: "x"}) { query { <page> } } }',
         5 + MUTATION + 1 + 1 + 10),
        ("subscription { x }", 1),
    ],
)  # fmt: skip
def test_what_counts(view_planners: Planners, text: str, total: int) -> None:
    assert cost(view_planners[Audience.PUBLIC], text) == total


@pytest.mark.parametrize(
    ("default", "variables", "size"),
    [
        ("", {"n": 7}, 7),
        ("", {}, PAGE_SIZE),
        ("", {"n": None}, PAGE_SIZE),
        (" = 5", {}, 5),
        (" = 5", {"n": 7}, 7),
        (" = 5", {"n": None}, PAGE_SIZE),
        ("", {"n": 10**30}, 100),
        ("", {"n": -1}, 1),
        # Refused later; meanwhile it counts as the most that may be requested.
        ("", {"n": "1"}, 100),
        ("", {"n": True}, 100),
        ("", {"n": [1]}, 100),
        ("", {"n": 1.0}, 100),
        (f" = {'9' * 5_000}", {}, 100),
    ],
)
def test_the_size_of_a_page_may_be_a_variable(
    view_planners: Planners, default: str, variables: dict[str, Any], size: int
) -> None:
    assert cost(view_planners[Audience.PUBLIC], SIZED % default, variables) == 3 + size


@pytest.mark.parametrize(("ids", "nodes"), [([], 1), (["a"], 1), (["a"] * 60, 60), (["a"] * 101, 100), (None, 100)])
def test_the_number_of_ids_may_be_a_variable(view_planners: Planners, ids: object, nodes: int) -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    operation = view_planners[Audience.PUBLIC].costs.operation(parse(text), None)
    assert operation is not None
    for given, many in ((ids, nodes), (["a"] * 7, 7), (ids, nodes)):  # from its cache too
        assert operation.total({"ids": given}) == 2 + many


def test_a_cached_cost_is_that_of_the_same_variables_only(view_planners: Planners) -> None:
    operation = view_planners[Audience.PUBLIC].costs.operation(parse(SIZED % " = 5"), None)
    assert operation is not None
    values: list[tuple[dict[str, Any], int]] = [
        ({"n": True}, 103), ({"n": 1}, 4), ({}, 8), ({"n": None}, 23), ({"n": "None"}, 103), ({"n": "default"}, 103),
    ]  # fmt: skip
    for _ in range(2):
        assert [operation.total(variables) for variables, _ in values] == [total for _, total in values]
    for size in range(1, 1_000):
        operation.total({"n": size})
    assert len(operation.known) <= KNOWN


def test_a_condition_may_be_a_variable(view_planners: Planners) -> None:
    text = "query ($if: Boolean = false) { ... @skip(if: $if) { a: <page> } ... @include(if: $if) { b: <page> } }"
    planner = view_planners[Audience.PUBLIC]
    assert cost(planner, text) == cost(planner, text, {"if": True}) == 6 + 10
    skipped = "query ($if: Boolean!, $n: Int) { ... @skip(if: $if) { communities(first: $n) { nodes { name } } } }"
    operation = planner.costs.operation(parse(skipped), None)
    assert operation is not None
    # What it depends on is known although it was skipped at first.
    assert [operation.total({"if": skip, "n": 50}) for skip in (True, False)] == [3, 53]
    assert operation.total({"if": False, "n": 60}) == 63


def test_the_operation_that_is_named_counts(view_planners: Planners) -> None:
    text = "query A { regions } query B { <page> }"
    planner = view_planners[Audience.PUBLIC]
    assert (cost(planner, text, name="A"), cost(planner, text, name="B")) == (1, 13)
    assert planner.costs.operation(parse(text.replace("<page>", PAGE)), None) is None
    assert planner.costs.operation(parse(text.replace("<page>", PAGE)), "C") is None


def test_nodes_multiply_through_lists(view_planners: Planners) -> None:
    planner = view_planners[Audience.PATIENT]
    inner = "pseudonym"
    for _ in range(4):
        inner = f"communities {{ members(first: 100) {{ nodes {{ {inner} }} }} }}"
    assert cost(planner, f"{{ me {{ member {{ {inner} }} }} }}") == COSTLIEST
    assert cost(
        planner, "{ me { member { communities { members(first: 100) { nodes { communities { name } } } } } } }"
    ) == (7 + 2 + LIST_SIZE + LIST_SIZE * 100 + LIST_SIZE * 100 * LIST_SIZE)


def test_a_computed_field_costs_what_it_takes(view_planners: Planners) -> None:
    planner = view_planners[Audience.BUYER]
    for name in ("csv", "jsonStat"):
        exports = "{ insight(id: 1) { " + " ".join(f"e{n}: {name}" for n in range(30)) + " } }"
        assert cost(planner, exports) == 31 + 1 + 3 + 30 * EXPORT_COST
    reconciled = "{ insight(id: 1) { reconciled { cells { count category { code } } } } }"
    assert cost(planner, reconciled) == 6 + 1 + RECONCILED_COST + 1 + 2 * TABLE_CELLS
    assert cost(planner, "{ insightQuote(input: {}) { affordable } }") == 2 + 1 + IN_PYTHON
    assert cost(planner, "{ insightPlanQuote(input: {}) { affordable } }") == 2 + 1 + 10 * IN_PYTHON


def test_a_long_text_costs_what_its_bytes_do(view_planners: Planners) -> None:
    planner = view_planners[Audience.PATIENT]
    body = BODY_MOST // CHARACTERS_A_FIELD // FIELDS_A_NODE
    posts = "{ discussion(id: 1) { posts(first: 50) { nodes { %s } } } }"
    assert cost(planner, posts % "id") == 4 + 1 + 50
    assert cost(planner, posts % "body") == 4 + 1 + 50 * (1 + body)
    # A hundred aliases of a text in each of five posts, which may be nearly 5 MB.
    aliases = " ".join(f"a{number}: body" for number in range(99))
    assert cost(planner, posts.replace("50", "5") % aliases) > 5 * 99 * body
    public = view_planners[Audience.PUBLIC]
    terms = LEGAL_LENGTH // CHARACTERS_A_FIELD // FIELDS_A_NODE
    assert cost(public, "{ terms { text } }") == 2 + 1 + terms
    assert cost(public, "{ " + " ".join(f"a{n}: terms {{ text }}" for n in range(99)) + " }") > 1_000


def test_texts_without_a_bound_of_some_hundred_characters_say_how_long_they_may_be(view_planners: Planners) -> None:
    """Names of fields for texts that people write at length."""
    long = {"body", "comment", "description", "help", "note", "reason", "resolution", "searchWords", "text"}
    without = {
        f"{kind}.{name}"
        for planner in view_planners.values()
        for (kind, name), source in planner.tables.sources.items()
        if name in long and isinstance(source, (Column, Sql)) and not source.characters
        if is_scalar_type(get_named_type(planner.schema.type_map[kind].fields[name].type))  # type: ignore[attr-defined]
    }
    assert without == SHORT


def test_introspection_and_golden_operations_fit(view_planners: Planners) -> None:
    settings = Settings()
    for audience, planner in view_planners.items():
        assert cost(planner, get_introspection_query()) <= settings.most_cost(audience.view)
    for pair in pairs():
        # Half of the limit: as much again may be added to each without a thought.
        assert cost(view_planners[pair.audience], pair.text) <= settings.most_cost(pair.audience.view) / 2, pair.name


@pytest.mark.parametrize("audience", Audience)
def test_a_field_of_an_interface_costs_as_much_as_that_of_its_costliest_type(
    view_planners: Planners, audience: Audience
) -> None:
    planner = view_planners[audience]
    schema = planner.schema
    compared = 0
    for interface in filter(is_interface_type, schema.type_map.values()):
        for name, field in interface.fields.items():
            selected = name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ __typename }}"
            costs = {
                each.name: cost(planner, f'{{ node(id: "x") {{ ... on {each.name} {{ {selected} }} }} }}')
                for each in (interface, *schema.get_possible_types(interface))
            }
            assert costs.pop(interface.name) == max(costs.values()), (interface.name, name)
            compared += len(costs)
    assert compared > 5


def test_a_dashboard_costs_the_same_through_an_interface(view_planners: Planners) -> None:
    text = "{ me { dashboard { series { %s } } } }"
    inside = "points { mean }"
    found = [
        cost(view_planners[Audience.PATIENT], text % each) for each in (inside, f"... on TrackedSeries {{ {inside} }}")
    ]
    assert found[0] == found[1] > 500
