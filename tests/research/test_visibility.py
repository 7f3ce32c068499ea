"""Which answers show which question: a table of every operator and kind, and how hidden answers count."""

from datetime import date

import pytest

from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.visibility_rules import AnswerValue, QuestionDefinition, RuleDefinition, holds, shown

SINGLE, MULTIPLE = QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE
SCALE, NUMBER, DATE, TEXT = QuestionKind.SCALE, QuestionKind.NUMBER, QuestionKind.DATE, QuestionKind.TEXT
IS, IS_NOT, IN = RuleOperator.EQUALS, RuleOperator.NOT_EQUALS, RuleOperator.IN
MORE, LESS, ANSWERED = RuleOperator.GREATER_THAN, RuleOperator.LESS_THAN, RuleOperator.ANSWERED

YES, NO, BOTH = AnswerValue(codes=("YES",)), AnswerValue(codes=("NO",)), AnswerValue(codes=("NO", "YES"))
FIVE, MAY = AnswerValue(number=5.0), AnswerValue(day=date(2026, 5, 1))


@pytest.mark.parametrize(
    ("kind", "operator", "values", "answer", "expected"),
    [
        (SINGLE, IS, ("YES",), YES, True),
        (SINGLE, IS, ("YES",), NO, False),
        (SINGLE, IS, ("YES",), None, False),
        (SINGLE, IS_NOT, ("YES",), NO, True),
        (SINGLE, IS_NOT, ("YES",), YES, False),
        (SINGLE, IS_NOT, ("YES",), None, True),
        (SINGLE, IN, ("YES", "MAYBE"), YES, True),
        (SINGLE, IN, ("YES", "MAYBE"), NO, False),
        (SINGLE, IN, ("YES", "MAYBE"), None, False),
        (SINGLE, ANSWERED, (), NO, True),
        (SINGLE, ANSWERED, (), None, False),
        (SINGLE, ANSWERED, (), AnswerValue(), False),
        (MULTIPLE, IS, ("YES",), BOTH, True),
        (MULTIPLE, IS_NOT, ("YES",), BOTH, False),
        (MULTIPLE, IS_NOT, ("MAYBE",), BOTH, True),
        (MULTIPLE, IN, ("MAYBE", "NO"), BOTH, True),
        (SCALE, IS, ("5",), FIVE, True),
        (SCALE, IS, ("5.0",), FIVE, True),
        (SCALE, IS, ("4",), FIVE, False),
        (SCALE, IN, ("4", "5"), FIVE, True),
        (SCALE, MORE, ("4",), FIVE, True),
        (SCALE, MORE, ("5",), FIVE, False),
        (SCALE, MORE, ("10",), FIVE, False),
        (SCALE, MORE, ("4",), None, False),
        (NUMBER, LESS, ("10",), FIVE, True),
        (NUMBER, LESS, ("5",), FIVE, False),
        (NUMBER, LESS, ("10",), None, False),
        (NUMBER, IS_NOT, ("5",), FIVE, False),
        (NUMBER, ANSWERED, (), AnswerValue(number=0.0), True),
        (DATE, MORE, ("2026-04-30",), MAY, True),
        (DATE, MORE, ("2026-05-01",), MAY, False),
        (DATE, LESS, ("2026-11-01",), MAY, True),
        (DATE, IS, ("2026-05-01",), MAY, True),
        (DATE, IS_NOT, ("2026-05-01",), None, True),
        (TEXT, ANSWERED, (), AnswerValue(text="words"), True),
        (TEXT, ANSWERED, (), None, False),
    ],
)
def test_whether_a_rule_holds(
    kind: QuestionKind, operator: RuleOperator, values: tuple[str, ...], answer: AnswerValue | None, expected: bool
) -> None:
    assert holds(RuleDefinition("other", operator, values), kind, answer) is expected


def asked(key: str, *rules: RuleDefinition) -> QuestionDefinition:
    return QuestionDefinition(key, SINGLE, visible_when=rules)


def test_a_question_without_rules_is_always_shown() -> None:
    assert shown([asked("a"), asked("b")], {}) == {"a", "b"}


def test_all_rules_of_a_question_must_hold() -> None:
    questions = [
        asked("a"),
        asked("b"),
        asked("c", RuleDefinition("a", IS, ("YES",)), RuleDefinition("b", IS, ("YES",))),
    ]
    assert shown(questions, {"a": YES, "b": NO}) == {"a", "b"}
    assert shown(questions, {"a": YES, "b": YES}) == {"a", "b", "c"}


def test_the_answer_to_a_hidden_question_is_ignored() -> None:
    questions = [
        asked("a"),
        asked("b", RuleDefinition("a", IS, ("YES",))),
        asked("c", RuleDefinition("b", IS, ("YES",))),
    ]
    assert shown(questions, {"a": YES, "b": YES}) == {"a", "b", "c"}
    assert shown(questions, {"a": NO, "b": YES}) == {"a"}


def test_a_question_may_depend_on_a_later_one() -> None:
    questions = [asked("a", RuleDefinition("b", ANSWERED)), asked("b")]
    assert shown(questions, {"b": NO}) == {"a", "b"}
    assert shown(questions, {"a": YES}) == {"b"}


def test_a_hidden_question_counts_as_unanswered_for_excluding_rules() -> None:
    questions = [
        asked("a"),
        asked("b", RuleDefinition("a", IS, ("YES",))),
        asked("c", RuleDefinition("b", IS_NOT, ("YES",))),
    ]
    assert shown(questions, {"a": YES, "b": YES}) == {"a", "b"}
    assert shown(questions, {"a": NO, "b": YES}) == {"a", "c"}


def test_a_chain_of_a_hundred_rules_is_followed() -> None:
    chain = [asked("q0")] + [
        asked(f"q{number}", RuleDefinition(f"q{number - 1}", IS, ("YES",))) for number in range(1, 100)
    ]
    answers = {f"q{number}": YES for number in range(100)}
    assert len(shown(chain[::-1], answers)) == 100
    assert shown(chain[::-1], answers | {"q0": NO}) == {"q0"}
