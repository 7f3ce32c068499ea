"""Variables of a nullable type that have a default, and are null where a value is required."""

from typing import Any

import pytest

from tests.support.client import Ask, Caller

OPERATIONS = {
    "an argument": 'query ($v: ID = "com_1") { node(id: $v) { id } }',
    "a slug": 'query ($v: String = "epilepsy") { community(slug: $v) { id } }',
    "an item of a list": 'query ($v: ID = "com_1") { nodes(ids: [$v, "y"]) { id } }',
    "a list": 'query ($v: [ID!] = ["com_1"]) { nodes(ids: $v) { id } }',
    "an enum": 'query ($v: Interval = WEEK) { me { member { series(indicator: "ind_1", interval: $v) { mean } } } }',
    "an argument below": 'query ($v: ID = "ind_1") { me { dashboard(indicators: [$v]) { series { latest { id } } } } }',
    "a condition": "query ($v: Boolean = true) { me { id @include(if: $v) } }",
    "a condition of a fragment": "query ($v: Boolean = true) { me { ... @skip(if: $v) { id } } }",
    "a directive of the operation": "query ($v: Language = FR) @inContext(language: $v) { regions }",
    "an input": 'mutation ($v: AccountUpdateInput = {locale: "fr"}) { accountUpdate(input: $v) { query { regions } } }',
    "a field of an input": 'mutation ($v: String = "fr") { accountUpdate(input: {locale: $v}) { query { regions } } }',
    "a fragment": 'query ($v: ID = "com_1") { ...all } fragment all on Query { node(id: $v) { id } }',
}


@pytest.mark.parametrize("document", OPERATIONS.values(), ids=OPERATIONS)
async def test_null_where_a_value_is_required_is_refused(ask: Ask, patient: Caller, document: str) -> None:
    answer = await ask.post(patient, document, {"v": None})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["message"] == "Variable '$v' must not be null: it is used where a value is required."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["locations"] == [{"line": 1, "column": document.index("$v") + 1}]


@pytest.mark.parametrize("document", OPERATIONS.values(), ids=OPERATIONS)
async def test_the_default_is_used_where_it_is_not_given(ask: Ask, patient: Caller, document: str) -> None:
    answer = await ask.post(patient, document)
    assert "must not be null" not in answer.text


async def test_filters_that_are_null_do_not_leave_the_filter_out(ask: Ask, laboratory: Caller) -> None:
    document = """
        query ($id: ID!, $codes: [String!] = ["X"], $name: String = "x") {
          insight(id: $id) { cells(where: [{variable: $name, in: $codes}]) { count } }
        }
    """
    given: dict[str, Any] = {"id": "ins_1", "codes": None, "name": None}
    errors = (await ask(laboratory, document, given))["errors"]
    assert [error["message"].split()[1] for error in errors] == ["'$codes'", "'$name'"]


async def test_null_stays_allowed_where_it_means_that_nothing_is_given(ask: Ask, patient: Caller) -> None:
    document = "query ($n: Int = 3, $text: String) { communities(first: $n, search: $text) { nodes { id } } }"
    answer = await ask(patient, document, {"n": None, "text": None})
    assert len(answer["data"]["communities"]["nodes"]) == 20
