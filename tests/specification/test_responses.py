"""Responses are what the GraphQL specification and GraphQL over HTTP require, whatever the operation."""

from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    find_schema_changes,
    get_introspection_query,
    validate_schema,
)

from models.viewers import Audience
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.network import Network

ACCEPT = {"accept": "application/graphql-response+json"}
FULL = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    one_of=True,
    input_value_deprecation=True,
)
VIEWS = {"public": None, "patient": "patient", "buyer": "laboratory", "manager": "manager"}
# Of each kind of type, the entries that must not be null; all others of SHAPED must be.
KINDS = {
    "SCALAR": set(),
    "OBJECT": {"fields", "interfaces"},
    "INTERFACE": {"fields", "interfaces", "possibleTypes"},
    "UNION": {"possibleTypes"},
    "ENUM": {"enumValues"},
    "INPUT_OBJECT": {"inputFields", "isOneOf"},
}
SHAPED = {"fields", "interfaces", "possibleTypes", "enumValues", "inputFields", "isOneOf", "ofType"}
OPERATIONS = [
    "{ viewer { audience } }",
    "{ nothing }",
    "{",
    "query A { __typename } query B { __typename }",
    "query ($a: Int!) { communities(first: $a) { nodes { slug } } }",
    "{ communities(first: 0) { nodes { slug } } }",
    'mutation { signIn(input: {email: "nobody@demo.example", password: "x"}) { token userErrors { code path } } }',
    "mutation { a: signOut { userErrors { code } } }",
    "subscription { notificationAdded { id } }",
]


async def caller(ask: Ask, name: str | None) -> Caller:
    return await ask.sign_in(name) if name else ANYBODY


@pytest.mark.parametrize("audience", Audience)
def test_each_view_is_a_valid_schema(schemas: dict[Audience, GraphQLSchema], audience: Audience) -> None:
    assert validate_schema(schemas[audience]) == []


@pytest.mark.parametrize(("view", "name"), VIEWS.items())
async def test_introspection_and_the_printed_sdl_are_the_same_schema(ask: Ask, view: str, name: str | None) -> None:
    answer = await ask(await caller(ask, name), FULL)
    printed = build_schema((await ask.http.get(f"/schema/{view}.graphql")).text)
    assert find_schema_changes(build_client_schema(answer["data"]), printed) == []


@pytest.mark.parametrize(("view", "name"), VIEWS.items())
async def test_introspection_has_for_each_kind_of_type_what_it_must_have(ask: Ask, view: str, name: str | None) -> None:
    entries = (
        "kind name description fields(includeDeprecated: true) { name type { kind } args { name } isDeprecated }"
        " interfaces { kind } possibleTypes { kind } enumValues(includeDeprecated: true) { name isDeprecated }"
        " inputFields { name type { kind } } isOneOf ofType { kind }"
    )
    answer = await ask(await caller(ask, name), f"{{ __schema {{ types {{ {entries} }} }} }}")
    types = answer["data"]["__schema"]["types"]
    assert {kind["kind"] for kind in types} >= set(KINDS) - {"INTERFACE", "UNION"}
    for kind in types:
        assert {entry for entry in SHAPED if kind[entry] is not None} == KINDS[kind["kind"]], kind["name"]
        names = [one["name"] for one in kind["fields"] or kind["enumValues"] or kind["inputFields"] or []]
        assert len(names) == len(set(names)), kind["name"]
        assert all(
            not each.startswith("__") for each in [*names, *([] if kind["name"][:2] == "__" else [kind["name"]])]
        )
        assert {one["kind"] for one in kind["possibleTypes"] or []} <= {"OBJECT"}, kind["name"]


@pytest.mark.parametrize("document", OPERATIONS)
@pytest.mark.parametrize("accept", ["application/graphql-response+json", "application/json"])
async def test_every_response_is_a_map_of_data_or_errors(ask: Ask, document: str, accept: str) -> None:
    answer = await ask.http.post("/graphql", json={"query": document}, headers={"accept": accept})
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
    assert set(body) in ({"data"}, {"errors"}, {"data", "errors"})
    assert "errors" not in body or (isinstance(body["errors"], list) and body["errors"])
    for error in body.get("errors", []):
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert isinstance(error["message"], str)
        assert error["message"]
        assert isinstance(error["extensions"], dict)
    if "application/graphql-response+json" in accept:
        assert (200 <= answer.status_code < 300) is ("data" in body)


@pytest.mark.parametrize(
    "document",
    [
        "# a comment\nquery Q { viewer { audience } }",
        '"A description" query Q { viewer { audience } }',
        '"""A description""" query Q("of a variable" $a: Boolean = true) { viewer { audience @include(if: $a) } }',
        '{ ...F } "of a fragment" fragment F on Query { viewer { audience } }'.replace("{ ...F }", "query Q { ...F }"),
        "\ufeffquery Q,,, { viewer,{ audience, } }",
        "query Q {\r\nviewer\r{ audience } }",
    ],
)
async def test_descriptions_comments_and_ignored_characters_change_nothing(ask: Ask, document: str) -> None:
    assert await ask(ANYBODY, document) == {"data": {"viewer": {"audience": "PUBLIC"}}}


async def test_fields_are_returned_in_the_order_of_the_document(ask: Ask) -> None:
    text = (
        "{ z: __typename viewer { b: audience __typename } a: __typename ...F viewer { c: audience } }"
        " fragment F on Query { viewer { a: audience } y: __typename }"
    )
    answer = await ask(ANYBODY, text)
    assert list(answer["data"]) == ["z", "viewer", "a", "y"]
    assert list(answer["data"]["viewer"]) == ["b", "__typename", "a", "c"]


async def test_an_operation_is_selected_by_its_name(ask: Ask) -> None:
    query = "query A { a: __typename } query B { b: __typename } mutation C { c: __typename }"
    for name, key in (("A", "a"), ("B", "b"), ("C", "c")):
        answer = await ask.http.post("/graphql", json={"query": query, "operationName": name}, headers=ACCEPT)
        assert list(answer.json()["data"]) == [key]
    for unknown in (None, "D", "a"):
        answer = await ask.http.post("/graphql", json={"query": query, "operationName": unknown}, headers=ACCEPT)
        assert (answer.status_code, set(answer.json())) == (400, {"errors"})


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        ("$a: Int!", {}),
        ("$a: Int!", {"a": None}),
        ("$a: Int", {"a": "1"}),
        ("$a: Int", {"a": 1.5}),
        ("$a: Int", {"a": True}),
        ("$a: Int", {"a": 2**31}),
        ("$a: Int", {"a": [1]}),
        ("$a: Int", {"a": {}}),
    ],
)
async def test_variables_that_do_not_fit_their_type_are_a_request_error(
    ask: Ask, declared: str, given: dict[str, Any]
) -> None:
    query = f"query ({declared}) {{ communities(first: $a) {{ nodes {{ slug }} }} }}"
    answer = await ask.post(ANYBODY, query, given)
    assert (answer.status_code, set(answer.json())) == (400, {"errors"})
    assert ask.statements == []


async def test_mutations_of_an_operation_run_one_after_the_other(own_network: Network) -> None:
    ask, ada = own_network.ask, await own_network.member()
    text = (
        'mutation { a: profileUpdate(input: {about: "First"}) { me { member { about } } }'
        ' b: profileUpdate(input: {about: "Second"}) { me { member { about } } }'
        ' c: profileUpdate(input: {about: "Third"}) { me { member { about } } } }'
    )
    answer = await ask(ada, text)
    assert list(answer["data"].items()) == [
        ("a", {"me": {"member": {"about": "First"}}}),
        ("b", {"me": {"member": {"about": "Second"}}}),
        ("c", {"me": {"member": {"about": "Third"}}}),
    ]
