"""Checks the questions of a survey, and reports each fault with its path. Needs no database."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from models.messages import Message, message
from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.translations_rules import language_refusals
from resolvers.research.visibility_rules import CHOICES, NUMBERS, QuestionDefinition, RuleDefinition, value_of
from resolvers.texts import has_line_ends, is_blank
from resolvers.transactions import Refusal, RefusalCode, Step

QUESTIONS = 100
OPTIONS = 100
RULES = 20
VALUES = 100
BINS = 100
SCALE_STEPS = 100
TEXT_LENGTH = 1_000
LABEL_LENGTH = 300
LARGEST = 1e12  # of bounds and edges: far below where doubles lose precision
OUT_OF_RANGE = message("A number must be between {least:,} and {most:,}.", least=-LARGEST, most=LARGEST)
DAY_WANTED = message("The answer to that question is a day, such as 2026-01-31.")
NUMBER_WANTED = message("The answer to that question is a number.")

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,63}")
# The category of members without an answer, in every dataset.
RESERVED_CODE = "UNKNOWN"

COMPARISONS = {RuleOperator.GREATER_THAN, RuleOperator.LESS_THAN}
SAME = {RuleOperator.EQUALS, RuleOperator.NOT_EQUALS, RuleOperator.IN}
OPERATORS: Mapping[QuestionKind, set[RuleOperator]] = {
    QuestionKind.SINGLE_CHOICE: {RuleOperator.ANSWERED} | SAME,
    QuestionKind.MULTIPLE_CHOICE: {RuleOperator.ANSWERED} | SAME,
    QuestionKind.SCALE: {RuleOperator.ANSWERED} | SAME | COMPARISONS,
    QuestionKind.NUMBER: {RuleOperator.ANSWERED} | SAME | COMPARISONS,
    QuestionKind.DATE: {RuleOperator.ANSWERED} | SAME | COMPARISONS,
    QuestionKind.TEXT: {RuleOperator.ANSWERED},
}


def definition_refusals(questions: Sequence[QuestionDefinition], *path: Step) -> list[Refusal]:
    """The refusals of a survey's questions, whose paths begin with `path`; empty if all are valid."""
    if not 1 <= len(questions) <= QUESTIONS:
        return [_invalid(message("A survey must have 1 to {most} questions.", most=QUESTIONS), *path)]
    found: list[Refusal] = []
    by_key: dict[str, QuestionDefinition] = {}
    for number, question in enumerate(questions):
        place = (*path, number)
        if question.key in by_key:
            found.append(_invalid(message("Another question has this key."), *place, "key"))
        by_key.setdefault(question.key, question)
        found += _question_refusals(question, *place)
    for number, question in enumerate(questions):
        for which, rule in enumerate(question.visible_when):
            found += _rule_refusals(question, rule, by_key, *path, number, "visible_when", which)
    found += [
        _invalid(
            message("The visibility rules of this question depend on its own answer."), *path, number, "visible_when"
        )
        for number, question in enumerate(questions)
        if question is by_key[question.key] and _depends_on_itself(question.key, by_key)
    ]
    return found


def _question_refusals(question: QuestionDefinition, *path: Step) -> Iterator[Refusal]:
    if not KEY.fullmatch(question.key):
        yield _invalid(
            message("A key must be a letter followed by at most 63 letters, digits or underscores."), *path, "key"
        )
    yield from _text_refusals(question.text, TEXT_LENGTH, *path, "text")
    if question.help is not None:
        yield from _text_refusals(question.help, TEXT_LENGTH, *path, "help")
    for number, translation in enumerate(question.translations or ()):
        place = (*path, "translations", number)
        yield from _text_refusals(translation.text, TEXT_LENGTH, *place, "text")
        if translation.help is not None:
            yield from _text_refusals(translation.help, TEXT_LENGTH, *place, "help")
    yield from language_refusals(question.translations or (), *path, "translations")
    if len(question.visible_when) > RULES:
        yield _invalid(message("A question can have at most {most} rules.", most=RULES), *path, "visible_when")
    yield from _option_refusals(question, *path)
    yield from _range_refusals(question, *path)


def _option_refusals(question: QuestionDefinition, *path: Step) -> Iterator[Refusal]:
    most = question.max_choices
    if question.kind not in CHOICES:
        if question.options:
            yield _invalid(message("Only choice questions have options."), *path, "options")
    else:
        if not 2 <= len(question.options) <= OPTIONS:
            yield _invalid(message("A choice question must have 2 to {most} options.", most=OPTIONS), *path, "options")
        seen = set()
        for number, option in enumerate(question.options):
            place = (*path, "options", number)
            if not CODE.fullmatch(option.code):
                yield _invalid(
                    message("A code must be a letter or digit followed by at most 63 letters, digits or underscores."),
                    *place,
                    "code",
                )
            elif option.code == RESERVED_CODE:
                yield _invalid(
                    message("{code} is reserved for missing answers.", code=RESERVED_CODE),
                    *place,
                    "code",
                )
            elif option.code in seen:
                yield _invalid(message("Another option of the question has this code."), *place, "code")
            seen.add(option.code)
            yield from _label_refusals(option.label, *place, "label")
            yield from language_refusals(option.translations or (), *place, "translations")
            for at, translation in enumerate(option.translations or ()):
                yield from _label_refusals(translation.label, *place, "translations", at, "label")
    if most is not None:
        if question.kind is not QuestionKind.MULTIPLE_CHOICE:
            yield _invalid(message("Only multiple-choice questions limit the number of choices."), *path, "max_choices")
        elif not 1 <= most <= max(len(question.options), 1):
            yield _invalid(message("This must be between 1 and the number of options."), *path, "max_choices")


def _label_refusals(label: str, *path: Step) -> Iterator[Refusal]:
    yield from _text_refusals(label, LABEL_LENGTH, *path)
    if has_line_ends(label.strip()):
        yield _invalid(message("This must be a single line, without tabs."), *path)


def _range_refusals(question: QuestionDefinition, *path: Step) -> Iterator[Refusal]:
    least, most = question.minimum, question.maximum
    for name, bound in (("minimum", least), ("maximum", most)):
        if bound is None:
            if question.kind is QuestionKind.SCALE:
                yield _invalid(message("A scale must have a minimum and a maximum."), *path, name)
        elif question.kind not in NUMBERS:
            yield _invalid(message("Only scale and number questions have bounds."), *path, name)
        elif not _is_number(bound):
            yield _invalid(OUT_OF_RANGE, *path, name)
        elif question.kind is QuestionKind.SCALE and bound != int(bound):
            yield _invalid(message("The bounds of a scale must be whole numbers."), *path, name)
    if least is not None and most is not None:
        if not least < most:
            yield _invalid(message("The maximum must be greater than the minimum."), *path, "maximum")
        elif question.kind is QuestionKind.SCALE and most - least > SCALE_STEPS:
            yield _invalid(message("A scale can have at most {most} steps.", most=SCALE_STEPS), *path, "maximum")
    bins = question.bins
    if question.kind is not QuestionKind.NUMBER:
        if bins:
            yield _invalid(message("Only number questions have bins."), *path, "bins")
    elif not 2 <= len(bins) <= BINS:
        # Required before anybody answers: bins chosen after looking at the answers would reveal something about them.
        yield _invalid(
            message("A number question must have the edges of its bins: 2 to {most} numbers.", most=BINS), *path, "bins"
        )
    elif not all(map(_is_number, bins)):
        yield _invalid(OUT_OF_RANGE, *path, "bins")
    elif any(low >= high for low, high in pairwise(bins)):
        yield _invalid(message("The edges of bins must be in ascending order."), *path, "bins")


def _rule_refusals(
    question: QuestionDefinition, rule: RuleDefinition, by_key: Mapping[str, QuestionDefinition], *path: Step
) -> Iterator[Refusal]:
    on = by_key.get(rule.question)
    if on is None:
        yield _invalid(message("The survey has no question with this key."), *path, "question")
        return
    if on.key == question.key:
        yield _invalid(message("A question cannot depend on itself."), *path, "question")
        return
    if rule.operator not in OPERATORS[on.kind]:
        yield _invalid(message("Answers to that kind of question do not support this operator."), *path, "operator")
        return
    fewest, most = _values_of(rule.operator)
    if not fewest <= len(rule.values) <= most:
        yield _invalid(message("This operator takes a different number of values."), *path, "values")
        return
    codes = {option.code for option in on.options}
    for number, value in enumerate(rule.values):
        place = (*path, "values", number)
        try:
            parsed = value_of(on.kind, value)
        except ValueError:
            yield _invalid(DAY_WANTED if on.kind is QuestionKind.DATE else NUMBER_WANTED, *place)
            continue
        if on.kind in CHOICES and parsed not in codes:
            yield _invalid(message("That question has no such option."), *place)
        elif isinstance(parsed, float) and not _is_within(parsed, on.minimum, on.maximum):
            yield _invalid(message("This number is out of range for that question."), *place)
        elif isinstance(parsed, date) and parsed.isoformat() != value:
            yield _invalid(DAY_WANTED, *place)


def _values_of(operator: RuleOperator) -> tuple[int, int]:
    if operator is RuleOperator.ANSWERED:
        return 0, 0
    return (1, VALUES) if operator is RuleOperator.IN else (1, 1)


def _depends_on_itself(key: str, by_key: Mapping[str, QuestionDefinition]) -> bool:
    seen: set[str] = set()
    # A rule of its own on its own answer has been refused at its place.
    ahead = [rule.question for rule in by_key[key].visible_when if rule.question != key]
    while ahead:
        on = ahead.pop()
        if on == key:
            return True
        if on not in seen and on in by_key:
            seen.add(on)
            ahead += [rule.question for rule in by_key[on].visible_when]
    return False


def _text_refusals(text: str, most: int, *path: Step) -> Iterator[Refusal]:
    if is_blank(text):
        yield _invalid(message("This must not be empty."), *path)
    elif len(text) > most:
        yield Refusal(RefusalCode.TOO_LONG, message("The limit is {limit:,} characters.", limit=most), path)


def _is_number(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST


def _is_within(value: float, least: float | None, most: float | None) -> bool:
    return _is_number(value) and (least is None or value >= least) and (most is None or value <= most)


def _invalid(reason: Message, *path: Step) -> Refusal:
    return Refusal(RefusalCode.INVALID, reason, path)
