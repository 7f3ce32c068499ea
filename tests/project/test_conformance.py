"""docs/conformance.md is what `make conformance` would write of its results, with today's versions, lists and views."""

import re

import pytest
from graphql import GraphQLSchema

from models.viewers import Audience
from tests.clients.results import CALLERS, PAGE, expected, fields_tried, page, results_of


def test_the_page_has_the_versions_the_probes_and_the_requirements_of_this_tree() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(results_of(text)) == text, "run `make conformance`, and commit docs/conformance.md"


def test_the_page_has_a_result_of_each_suite_for_each_of_its_callers() -> None:
    results = results_of(PAGE.read_text(encoding="utf-8"))
    assert list(results) == expected()
    assert all(results.values())


@pytest.mark.parametrize("audience", Audience)
def test_the_page_is_of_all_fields_of_the_roots(schemas: dict[Audience, GraphQLSchema], audience: Audience) -> None:
    assert list(CALLERS) == [each.view for each in Audience]
    result = results_of(PAGE.read_text(encoding="utf-8"))["schemathesis", audience.view]
    tried, now = int(re.match(r"\d+", result)[0]), fields_tried(schemas[audience])  # type: ignore[index]
    assert tried == now, (
        f"the {audience.view} view has {now} fields in its roots, and docs/conformance.md is of {tried}: "
        "run `make conformance`, and commit docs/conformance.md"
    )
