"""Every code with which a query can be refused reaches the client as it is."""

import uuid
from types import ModuleType
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLError

from models.languages import Language
from models.messages import message
from planner.declared import CHECK
from planner.tables import DEFINITION
from resolvers.insight import analysis_plans, quotes
from resolvers.research import participations_mutations
from resolvers.transactions import Forbidden, RefusalCode, refused
from schema.user_errors import refusal_error
from server.operations.errors import CODES, Code, execution_error
from server.operations.results import response_of
from tests.support.client import Ask, Caller, views

REASON = message("You may not do this.")
DATASET = f"dst_{uuid.UUID(int=1)}"
ASKED = 'variable: "x", precision: WITHIN_50'
# Each query that takes an input: its caller, its arguments, and the function that it calls first.
QUESTIONS: dict[str, tuple[str, str, ModuleType, str]] = {
    "insightQuote": ("laboratory", f'dataset: "{DATASET}", {ASKED}', quotes, "dataset_of"),
    "insightPlanQuote": (
        "laboratory",
        f'dataset: "{DATASET}", questions: [{{{ASKED}}}]',
        analysis_plans,
        "dataset_of",
    ),
    "surveyCheck": ("patient", 'survey: "SURVEY", answers: []', participations_mutations, "questions_of"),
}


@pytest.mark.parametrize("code", RefusalCode)
def test_a_refusal_of_a_query_keeps_its_code(code: RefusalCode) -> None:
    error = refusal_error(refused(code, REASON, "name"), Language.EN)
    _, codes = response_of(ExecutionResult(data=None, errors=[error]), Language.EN)
    assert codes == (code.value,)
    assert execution_error(error, None)["extensions"]["argument"] == ["input", "name"]


def test_a_code_that_is_neither_is_an_internal_error() -> None:
    error = GraphQLError("planted", extensions={"code": "PLANTED"})
    assert execution_error(error, "1") == {
        "message": "Internal server error.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "id": "1"},
    }
    assert {*Code, *(code.value for code in RefusalCode)} == CODES


def test_every_query_that_takes_an_input_is_tried() -> None:
    found = {
        name
        for view in views().values()
        for name, field in view._schema.query_type.fields.items()  # type: ignore[union-attr]
        if (declared := field.extensions.get(DEFINITION)) is not None and CHECK in declared.metadata
    }
    assert found == set(QUESTIONS)


async def error_of(ask: Ask, name: str, laboratory: Caller, patient: Caller) -> dict[str, Any]:
    who, given, _, _ = QUESTIONS[name]
    if "SURVEY" in given:
        found = await ask(patient, "{ communities(first: 40) { nodes { surveys(first: 1) { nodes { id } } } } }")
        communities = found["data"]["communities"]["nodes"]
        surveys = [survey["id"] for community in communities for survey in community["surveys"]["nodes"]]
        given = given.replace("SURVEY", surveys[0])
    caller = {"laboratory": laboratory, "patient": patient}[who]
    response = await ask.post(caller, f"{{ {name}(input: {{{given}}}) {{ __typename }} }}")
    [error] = response.json()["errors"]
    return dict(error)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_each_query_is_refused_with_the_code_of_its_refusal(
    ask: Ask, laboratory: Caller, patient: Caller, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async def refusing(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr(QUESTIONS[name][2], QUESTIONS[name][3], refusing)
    for code in RefusalCode:
        raised: Exception = refused(code, REASON)
        error = await error_of(ask, name, laboratory, patient)
        assert error["extensions"]["code"] == code.value
    raised = Forbidden()
    error = await error_of(ask, name, laboratory, patient)
    assert error["extensions"]["code"] == "FORBIDDEN"
