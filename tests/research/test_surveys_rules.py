"""Rules for a survey's questions: every fault has its path, and a survey with every kind of question has none."""

from dataclasses import replace
from typing import Any

import pytest

from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.surveys_rules import definition_refusals
from resolvers.research.visibility_rules import OptionDefinition, QuestionDefinition, RuleDefinition

SINGLE, MULTIPLE = QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE
SCALE, NUMBER, DATE, TEXT = QuestionKind.SCALE, QuestionKind.NUMBER, QuestionKind.DATE, QuestionKind.TEXT
IS, IN, MORE, ANSWERED = RuleOperator.EQUALS, RuleOperator.IN, RuleOperator.GREATER_THAN, RuleOperator.ANSWERED

OPTIONS = (OptionDefinition("YES", "Yes"), OptionDefinition("NO", "No"), OptionDefinition("MAYBE", "It depends"))
ASKED = {
    "single": QuestionDefinition("single", SINGLE, "Do you sleep?", options=OPTIONS),
    "multiple": QuestionDefinition("multiple", MULTIPLE, "What helps?", options=OPTIONS, max_choices=2),
    "scale": QuestionDefinition("scale", SCALE, "How well?", minimum=0, maximum=10),
    "number": QuestionDefinition("number", NUMBER, "How long?", minimum=0, maximum=24, bins=(0, 4, 8, 24)),
    "date": QuestionDefinition("date", DATE, "Since when?"),
    "text": QuestionDefinition("text", TEXT, "What else?", help="In your own words."),
}


def faults(questions: list[QuestionDefinition]) -> list[tuple[str, str]]:
    """Code and path of each refusal."""
    return [(one.code.value, ".".join(map(str, one.path))) for one in definition_refusals(questions, "questions")]


def test_a_survey_with_every_kind_of_question_has_no_fault() -> None:
    rules = (
        RuleDefinition("single", IN, ("YES", "MAYBE")),
        RuleDefinition("multiple", RuleOperator.NOT_EQUALS, ("NO",)),
        RuleDefinition("scale", MORE, ("5",)),
        RuleDefinition("number", RuleOperator.LESS_THAN, ("7.5",)),
        RuleDefinition("date", MORE, ("2020-02-29",)),
        RuleDefinition("text", ANSWERED),
    )
    assert faults([*ASKED.values(), QuestionDefinition("last", TEXT, "And?", visible_when=rules)]) == []


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("text", {"key": "1st"}, [("INVALID", "key")]),
        ("text", {"key": "a b"}, [("INVALID", "key")]),
        ("text", {"key": "k" * 65}, [("INVALID", "key")]),
        ("text", {"key": "k" * 64}, []),
        ("text", {"text": " \n"}, [("INVALID", "text")]),
        ("text", {"text": "t" * 1_001}, [("TOO_LONG", "text")]),
        ("text", {"help": ""}, [("INVALID", "help")]),
        ("text", {"options": OPTIONS}, [("INVALID", "options")]),
        ("text", {"minimum": 1.0}, [("INVALID", "minimum")]),
        ("text", {"bins": (1.0, 2.0)}, [("INVALID", "bins")]),
        ("text", {"max_choices": 1}, [("INVALID", "max_choices")]),
        ("date", {"maximum": 1.0}, [("INVALID", "maximum")]),
        ("single", {"options": ()}, [("INVALID", "options")]),
        ("single", {"options": OPTIONS[:1]}, [("INVALID", "options")]),
        ("single", {"options": (*OPTIONS, OptionDefinition("YES", "Again"))}, [("INVALID", "options.3.code")]),
        ("single", {"options": (*OPTIONS, OptionDefinition("a b", "Spaced"))}, [("INVALID", "options.3.code")]),
        ("single", {"options": (*OPTIONS, OptionDefinition("UNKNOWN", "Unknown"))}, [("INVALID", "options.3.code")]),
        ("single", {"options": (*OPTIONS, OptionDefinition("OTHER", " "))}, [("INVALID", "options.3.label")]),
        ("single", {"max_choices": 2}, [("INVALID", "max_choices")]),
        ("multiple", {"max_choices": 0}, [("INVALID", "max_choices")]),
        ("multiple", {"max_choices": 4}, [("INVALID", "max_choices")]),
        ("multiple", {"max_choices": None}, []),
        ("scale", {"minimum": None}, [("INVALID", "minimum")]),
        ("scale", {"maximum": 9.5}, [("INVALID", "maximum")]),
        ("scale", {"maximum": 0.0}, [("INVALID", "maximum")]),
        ("scale", {"maximum": 101.0}, [("INVALID", "maximum")]),
        ("scale", {"maximum": float("inf")}, [("INVALID", "maximum"), ("INVALID", "maximum")]),
        ("number", {"minimum": 30.0}, [("INVALID", "maximum")]),
        ("number", {"minimum": None, "maximum": None}, []),
        ("number", {"bins": ()}, [("INVALID", "bins")]),
        ("number", {"bins": (1.0,)}, [("INVALID", "bins")]),
        ("number", {"bins": (1.0, 1.0)}, [("INVALID", "bins")]),
        ("number", {"bins": (2.0, 1.0)}, [("INVALID", "bins")]),
        ("number", {"bins": (1.0, float("nan"))}, [("INVALID", "bins")]),
    ],
)
def test_a_fault_is_reported_with_its_path(kind: str, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    questions = [ASKED["date"] if kind != "date" else ASKED["text"], replace(ASKED[kind], **change)]
    assert faults(questions) == [(code, f"questions.1.{place}") for code, place in expected]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RuleDefinition("nothing", ANSWERED), "question"),
        (RuleDefinition("last", ANSWERED), "question"),
        (RuleDefinition("single", MORE, ("YES",)), "operator"),
        (RuleDefinition("text", IS, ("words",)), "operator"),
        (RuleDefinition("single", IS), "values"),
        (RuleDefinition("single", IS, ("YES", "NO")), "values"),
        (RuleDefinition("single", IN), "values"),
        (RuleDefinition("single", ANSWERED, ("YES",)), "values"),
        (RuleDefinition("single", IN, ("YES", "NEVER")), "values.1"),
        (RuleDefinition("scale", IS, ("five",)), "values.0"),
        (RuleDefinition("scale", IS, ("11",)), "values.0"),
        (RuleDefinition("scale", IS, ("nan",)), "values.0"),
        (RuleDefinition("number", MORE, ("inf",)), "values.0"),
        (RuleDefinition("date", IS, ("2026-02-30",)), "values.0"),
        (RuleDefinition("date", IS, ("20260228",)), "values.0"),
    ],
)
def test_an_impossible_rule_is_reported_with_its_path(rule: RuleDefinition, expected: str) -> None:
    questions = [*ASKED.values(), QuestionDefinition("last", TEXT, "And?", visible_when=(rule,))]
    assert faults(questions) == [("INVALID", f"questions.6.visible_when.0.{expected}")]


def test_question_keys_are_unique() -> None:
    assert faults([ASKED["text"], ASKED["date"], ASKED["text"]]) == [("INVALID", "questions.2.key")]


def test_circular_questions_are_reported_and_those_depending_on_them_are_not() -> None:
    questions = [
        QuestionDefinition("a", TEXT, "A?", visible_when=(RuleDefinition("c", ANSWERED),)),
        QuestionDefinition("b", TEXT, "B?", visible_when=(RuleDefinition("a", ANSWERED),)),
        QuestionDefinition("c", TEXT, "C?", visible_when=(RuleDefinition("b", ANSWERED),)),
        QuestionDefinition("d", TEXT, "D?", visible_when=(RuleDefinition("c", ANSWERED),)),
    ]
    assert faults(questions) == [("INVALID", f"questions.{number}.visible_when") for number in range(3)]
    assert faults([replace(questions[0], visible_when=()), *questions[1:]]) == []


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_survey_has_one_to_a_hundred_questions(count: int, fits: bool) -> None:
    questions = [QuestionDefinition(f"q{number}", TEXT, "What?") for number in range(count)]
    assert faults(questions) == ([] if fits else [("INVALID", "questions")])


def test_a_refusal_does_not_repeat_the_input() -> None:
    rules = (RuleDefinition("Zzyzx", ANSWERED), RuleDefinition("single", IS, ("Zzyzx",)))
    bad = replace(ASKED["text"], key="Zzyzx Zzyzx", text="Zzyzx" * 300, visible_when=rules)
    refusals = definition_refusals([ASKED["single"], bad], "questions")
    assert len(refusals) == 4
    assert "Zzyzx" not in str(refusals)
