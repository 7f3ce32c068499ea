"""Execution is what chapters 3 and 6 of the GraphQL specification require: coercion, directives, merging and nulls."""

from itertools import product
from typing import Any

import pytest

from tests.support.client import ANYBODY, Ask
from tests.support.insights import Published

FIRST = "communities(first: 1) { nodes { slug } }"


async def data(ask: Ask, document: str, variables: dict[str, Any] | None = None) -> Any:
    answer = await ask(ANYBODY, document, variables)
    assert "errors" not in answer, answer
    return answer["data"]


async def refused(ask: Ask, document: str, variables: dict[str, Any] | None = None) -> str:
    """The code of a request error."""
    answer = await ask(ANYBODY, document, variables)
    assert "data" not in answer
    return str(answer["errors"][0]["extensions"]["code"])


# Nulls


async def test_an_error_of_a_field_that_is_never_null_makes_its_parent_null(published: Published) -> None:
    query = """query ($id: ID!) {
      before: insight(id: $id) { id }
      failed: insight(id: $id) { id cells(by: "nothing") { count } dataset { title } }
      after: insight(id: $id) { dataset { id } }
    }"""
    id = published.ids["fatigue"]
    answer = await published.server.ask(published.who["licensed"], query, {"id": id})
    (error,) = answer["errors"]
    assert error["path"] == ["failed", "cells"]
    assert answer["data"] == {
        "before": {"id": id}, "failed": None, "after": {"dataset": {"id": published.ids["dataset"]}},
    }  # fmt: skip
    assert list(answer["data"]) == ["before", "failed", "after"]


async def test_an_error_goes_up_to_the_nearest_position_that_may_be_null(published: Published) -> None:
    """Through objects and lists that are never null, up to all data."""
    query = """query ($id: ID!) {
      dataset(id: $id) { id insights(first: 1) { nodes { id cells(by: "nothing") { count } } } }
      other: dataset(id: $id) { id }
    }"""
    id = published.ids["dataset"]
    answer = await published.server.ask(published.who["licensed"], query, {"id": id})
    (error,) = answer["errors"]
    assert error["path"] == ["dataset", "insights", "nodes", 0, "cells"]
    assert answer["data"] == {"dataset": None, "other": {"id": id}}


# Lists


async def test_one_value_counts_as_a_list_of_it(published: Published) -> None:
    query = """query ($id: ID!, $where: [CategoryFilter!], $by: [String!]) {
      insight(id: $id) {
        lists: cells(where: [{variable: "sex", in: ["FEMALE"]}], by: ["sex"]) { count }
        values: cells(where: {variable: "sex", in: "FEMALE"}, by: "sex") { count }
        variables: cells(where: $where, by: $by) { count }
      }
    }"""
    where = {"variable": "sex", "in": "FEMALE"}
    found = (await published("licensed", query, {"where": where, "by": "sex"}))["insight"]
    assert found["lists"]
    assert found["values"] == found["variables"] == found["lists"]


async def test_null_is_no_list_of_null_and_a_list_may_be_empty(published: Published) -> None:
    query = """query ($id: ID!, $by: [String!]) {
      insight(id: $id) { all: cells { count } given: cells(by: $by) { count } }
    }"""
    null = (await published("licensed", query, {"by": None}))["insight"]
    empty = (await published("licensed", query, {"by": []}))["insight"]
    assert null["given"] == null["all"]
    assert 0 < len(empty["given"]) < len(empty["all"])
    answer = await published.server.ask(
        published.who["licensed"], query, {"id": published.ids["fatigue"], "by": [None]}
    )
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


# Directives


@pytest.mark.parametrize(("skip", "include"), list(product((True, False), repeat=2)))
async def test_a_selection_is_there_if_it_is_included_and_not_skipped(ask: Ask, skip: bool, include: bool) -> None:
    query = f"""query ($skip: Boolean!, $include: Boolean!) {{
      viewer {{ audience }}
      field: viewer @skip(if: $skip) @include(if: $include) {{ audience }}
      ... @skip(if: $skip) @include(if: $include) {{ inline: viewer {{ audience }} }}
      ...spread @skip(if: $skip) @include(if: $include)
      deep: communities(first: 1) {{ nodes {{ id slug @skip(if: $skip) @include(if: $include) }} }}
      literal: viewer @skip(if: {str(skip).lower()}) @include(if: {str(include).lower()}) {{ audience }}
    }}
    fragment spread on Query {{ spread: viewer {{ audience }} }}"""
    found = await data(ask, query, {"skip": skip, "include": include})
    there = include and not skip
    assert [key for key in found if key not in ("viewer", "deep")] == (
        ["field", "inline", "spread", "literal"] if there else []
    )
    assert all(("slug" in node) is there for node in found["deep"]["nodes"])


async def test_a_field_that_is_skipped_once_stays_where_it_is_selected_again(ask: Ask) -> None:
    found = await data(ask, "{ viewer @skip(if: true) { audience } viewer { __typename } }")
    assert list(found["viewer"]) == ["__typename"]
    assert await data(ask, "{ viewer @skip(if: true) { audience } }") == {}
    assert await refused(ask, "{ viewer @skip { audience } }") == "GRAPHQL_VALIDATION_FAILED"


# Arguments and variables


async def test_a_variable_without_a_value_leaves_the_default(ask: Ask) -> None:
    query = "query ($n: Int) { given: communities(first: $n) { nodes { id } } left: communities { nodes { id } } }"
    found = await data(ask, query)
    assert found["given"] == found["left"]
    query = "query ($n: Int! = 2) { communities(first: $n) { nodes { id } } }"
    assert [len((await data(ask, query, given))["communities"]["nodes"]) for given in ({}, {"n": 1})] == [2, 1]
    assert await refused(ask, query, {"n": None}) == "BAD_USER_INPUT"


@pytest.mark.parametrize("value", ["1.0", '"1"', "true", "A", "[1]", "{n: 1}", "2147483648"])
async def test_an_argument_of_another_type_is_refused(ask: Ask, value: str) -> None:
    query = f"{{ communities(first: {value}) {{ nodes {{ id }} }} }}"
    assert await refused(ask, query) == "GRAPHQL_VALIDATION_FAILED"


async def test_an_enum_value_is_a_name_in_a_document_and_a_string_in_variables(ask: Ask) -> None:
    query = "query ($in: Language!) @inContext(language: $in) { viewer { audience } }"
    assert await data(ask, query, {"in": "FR"})
    for value in ("fr", "XX", 1, None, ["XX"]):
        assert await refused(ask, query, {"in": value}) == "BAD_USER_INPUT"
    assert await data(ask, query.replace("($in: Language!)", "").replace("$in", "FR"))
    assert (
        await refused(ask, query.replace("($in: Language!)", "").replace("$in", '"FR"')) == "GRAPHQL_VALIDATION_FAILED"
    )


# Selections


async def test_fields_of_one_key_are_merged_with_all_that_they_select(ask: Ask) -> None:
    query = f"""{{
      {FIRST} communities(first: 1) {{ nodes {{ name }} pageInfo {{ hasNextPage }} }}
      ... on Query {{ communities(first: 1) {{ nodes {{ id slug }} }} }}
    }}"""
    found = (await data(ask, query))["communities"]
    assert list(found) == ["nodes", "pageInfo"]
    assert [list(node) for node in found["nodes"]] == [["slug", "name", "id"]]
    assert (
        await refused(ask, f"{{ {FIRST} communities(first: 2) {{ nodes {{ slug }} }} }}") == "GRAPHQL_VALIDATION_FAILED"
    )


async def test_a_fragment_applies_to_objects_of_its_type(ask: Ask) -> None:
    (community,) = (await data(ask, "{ communities(first: 1) { nodes { id name } } }"))["communities"]["nodes"]
    query = """query ($id: ID!) { node(id: $id) {
      __typename ... on Dataset { title } ... on Community { name } ... on Node { id }
    } }"""
    found = await data(ask, query, {"id": community["id"]})
    assert found["node"] == {"__typename": "Community"} | community
