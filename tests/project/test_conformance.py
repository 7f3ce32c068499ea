"""docs/conformance.md is what `make conformance` would write of its results, with today's versions, lists and views."""

import re

import pytest
from graphql import GraphQLSchema, build_schema

from commands.sdl import FOLDER as VIEWS
from models.viewers import Audience
from tests.clients.against_schemathesis import ENDING
from tests.clients.documents import operations
from tests.clients.results import CALLERS, PAGE, expected, page, results_of

SLACK = 0.1  # of a number: `make conformance` takes ten minutes, which a field or two are not worth


def test_the_page_has_the_versions_the_probes_and_the_requirements_of_this_tree() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(results_of(text)) == text, "run `make conformance`, and commit docs/conformance.md"


def test_the_page_has_a_result_of_each_suite_for_each_of_its_callers() -> None:
    results = results_of(PAGE.read_text(encoding="utf-8"))
    assert list(results) == expected()
    assert all(results.values())


@pytest.mark.parametrize("view", CALLERS)
@pytest.mark.parametrize("suite", ["schemathesis", "gql.tada", "ariadne-codegen"])
def test_the_page_is_of_about_as_many_fields_and_documents_as_the_view_has(suite: str, view: str) -> None:
    schema = build_schema((VIEWS / f"{view}.graphql").read_text(encoding="utf-8"))
    has = len(fields(schema)) if suite == "schemathesis" else len(operations(schema, Audience[view.upper()]))
    found = re.match(r"\d+", results_of(PAGE.read_text(encoding="utf-8"))[suite, view])
    assert found is not None
    assert abs(int(found[0]) - has) <= SLACK * has, "run `make conformance`, and commit docs/conformance.md"


def fields(schema: GraphQLSchema) -> list[str]:
    """The fields of the roots of which schemathesis makes operations."""
    roots = [root for root in (schema.query_type, schema.mutation_type) if root]
    return [name for root in roots for name in root.fields if not re.search(ENDING, name)]
