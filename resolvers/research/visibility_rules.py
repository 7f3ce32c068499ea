"""Decides which questions of a survey are shown, by their rules and the answers given. Needs no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from models.languages import Language
from models.research.surveys import QuestionKind, RuleOperator

CHOICES = frozenset({QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE})
NUMBERS = frozenset({QuestionKind.SCALE, QuestionKind.NUMBER})

Comparable: TypeAlias = str | float | date


@dataclass(frozen=True)
class RuleDefinition:
    """A condition on the answer to the question whose key is `question`."""

    question: str
    operator: RuleOperator
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class OptionTranslation:
    """An option's label in another language than English."""

    language: Language
    label: str


@dataclass(frozen=True)
class OptionDefinition:
    """An option of a choice question; without `translations`, it keeps those that it had."""

    code: str
    label: str
    translations: tuple[OptionTranslation, ...] | None = None


@dataclass(frozen=True)
class QuestionTranslation:
    """A question's texts in another language than English."""

    language: Language
    text: str
    help: str | None = None


@dataclass(frozen=True)
class QuestionDefinition:
    """The definition of a question, which is shown if all of its rules hold.

    Without `translations`, it keeps those that it had.
    """

    key: str
    kind: QuestionKind
    text: str = ""
    required: bool = False
    help: str | None = None
    options: tuple[OptionDefinition, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    bins: tuple[float, ...] = ()
    max_choices: int | None = None
    visible_when: tuple[RuleDefinition, ...] = ()
    translations: tuple[QuestionTranslation, ...] | None = None


@dataclass(frozen=True)
class AnswerValue:
    """The value of an answer, in the one field that fits its question's kind."""

    codes: tuple[str, ...] = ()
    number: float | None = None
    day: date | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)


def shown(questions: Sequence[QuestionDefinition], answers: Mapping[str, AnswerValue]) -> frozenset[str]:
    """The keys of the questions that are shown, given these answers.

    An answer to a hidden question is ignored. A question that does not exist has no answer. Raises RecursionError if
    rules form a cycle, which `definition_refusals` refuses, as it does unknown questions.
    """
    by_key = {question.key: question for question in questions}
    known: dict[str, bool] = {}

    def is_shown(key: str) -> bool:
        if key not in known:
            known[key] = all(is_met(rule) for rule in by_key[key].visible_when)
        return known[key]

    def is_met(rule: RuleDefinition) -> bool:
        question = by_key.get(rule.question)
        if question is None:
            return rule.operator is RuleOperator.NOT_EQUALS
        return holds(rule, question.kind, counting(rule.question))

    def counting(key: str) -> AnswerValue | None:
        return answers.get(key) if is_shown(key) else None

    return frozenset(key for key in by_key if is_shown(key))


def holds(rule: RuleDefinition, kind: QuestionKind, answer: AnswerValue | None) -> bool:
    """Whether a rule on a question of this kind holds. Without an answer, only NOT_EQUALS holds.

    If several options are chosen, one of them among the rule's values suffices.
    """
    given = () if answer is None else comparable_values(kind, answer)
    wanted = [value_of(kind, value) for value in rule.values]
    match rule.operator:
        case RuleOperator.ANSWERED:
            return bool(given)
        case RuleOperator.EQUALS | RuleOperator.IN:
            return any(value in wanted for value in given)
        case RuleOperator.NOT_EQUALS:
            return not any(value in wanted for value in given)
        case RuleOperator.GREATER_THAN:
            return any(value > least for value in given for least in wanted)  # type: ignore[operator]  # of one kind
        case RuleOperator.LESS_THAN:
            return any(value < most for value in given for most in wanted)  # type: ignore[operator]  # of one kind


def comparable_values(kind: QuestionKind, answer: AnswerValue) -> tuple[Comparable, ...]:
    """The answer's values for a question of this kind, comparable with `value_of`; empty without an answer."""
    if kind in CHOICES:
        return answer.codes
    value = answer.number if kind in NUMBERS else answer.day if kind is QuestionKind.DATE else answer.text
    return () if value is None else (value,)


def value_of(kind: QuestionKind, text: str) -> Comparable:
    """A rule's value, parsed for a question of this kind. Raises ValueError if it does not fit."""
    if kind in NUMBERS:
        return float(text)
    return date.fromisoformat(text) if kind is QuestionKind.DATE else text
