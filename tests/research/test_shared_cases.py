"""The rules that show questions, by the table of cases with which the pages' own copy of them is tested too."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from commands.web import WEB
from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.participations_rules import AnswerEntry, accepted_answers
from resolvers.research.visibility_rules import CHOICES, NUMBERS, OptionDefinition, QuestionDefinition, RuleDefinition
from resolvers.research.visibility_rules import shown as shown_questions

TABLE = WEB / "tests" / "branching.json"
CASES = json.loads(TABLE.read_text(encoding="utf-8"))


def definition(question: Mapping[str, Any]) -> QuestionDefinition:
    return QuestionDefinition(
        question["key"],
        QuestionKind[question["kind"]],
        options=tuple(OptionDefinition(each["code"], each["code"]) for each in question.get("options", ())),
        minimum=question.get("minimum"),
        maximum=question.get("maximum"),
        max_choices=question.get("maxChoices"),
        visible_when=tuple(
            RuleDefinition(rule["question"], RuleOperator[rule["operator"]], tuple(rule["values"]))
            for rule in question.get("visibleWhen", ())
        ),
    )


def entry(question: QuestionDefinition, given: Mapping[str, Any]) -> AnswerEntry:
    """What a client sends; nothing of a number or a day that is none, which the graph takes in no answer."""
    typed: str = given.get("typed", "") * given.get("times", 1)
    try:
        if question.kind in CHOICES:
            return AnswerEntry(question.key, codes=tuple(given["codes"]))
        if question.kind in NUMBERS:
            return AnswerEntry(question.key, number=float(typed))
        if question.kind is QuestionKind.DATE:
            return AnswerEntry(question.key, date=date.fromisoformat(typed))
    except ValueError:
        return AnswerEntry(question.key)
    return AnswerEntry(question.key, text=typed)


def shown_by_server(questions: Sequence[Mapping[str, Any]], given: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The keys of the questions that are shown, in order."""
    defined = [definition(each) for each in questions]
    entries = [entry(each, given[each.key]) for each in defined if each.key in given]
    answers, _ = accepted_answers(defined, entries, whole=False)
    found = shown_questions(defined, answers)
    return [each.key for each in defined if each.key in found]


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["name"])
def test_the_server_shows_the_questions_of_the_table(case: Mapping[str, Any]) -> None:
    always = [each["key"] for each in CASES["questions"] if "visibleWhen" not in each]
    found = shown_by_server(CASES["questions"], case["given"])
    assert [key for key in found if key not in always] == case["shown"]
    assert set(always) <= set(found)


def test_the_table_has_every_operator_and_kind_with_each_of_its_outcomes() -> None:
    rules = {
        (by_key["kind"], rule["operator"], each["key"])
        for each in CASES["questions"]
        for rule in each.get("visibleWhen", ())
        for by_key in CASES["questions"]
        if by_key["key"] == rule["question"]
    }
    assert {kind for kind, _, _ in rules} == {each.name for each in QuestionKind}
    assert {operator for _, operator, _ in rules} == {each.name for each in RuleOperator}
    for _, _, key in rules:
        assert {key in case["shown"] for case in CASES["cases"]} == {True, False}, key
