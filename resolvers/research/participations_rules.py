"""Checks the answers to a survey, and reports each fault with its path. Needs no database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from datetime import date as Day

from models.research.surveys import QuestionKind
from resolvers.research.visibility_rules import CHOICES, NUMBERS, AnswerValue, QuestionDefinition, shown
from resolvers.transactions import Path, Refusal, RefusalCode, Step

TEXT_LENGTH = 5_000
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
FIELDS = ("codes", "number", "date", "text")
FIELD_OF: Mapping[QuestionKind, str] = {
    QuestionKind.SINGLE_CHOICE: "codes",
    QuestionKind.MULTIPLE_CHOICE: "codes",
    QuestionKind.SCALE: "number",
    QuestionKind.NUMBER: "number",
    QuestionKind.DATE: "date",
    QuestionKind.TEXT: "text",
}


@dataclass(frozen=True)
class AnswerEntry:
    """An answer as a client sends it: the question's key, and up to four values, of which one is allowed."""

    question: str
    codes: tuple[str, ...] = ()
    number: float | None = field(default=None, repr=False)
    date: Day | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)


def accepted_answers(
    questions: Sequence[QuestionDefinition], entries: Sequence[AnswerEntry], *path: Step, whole: bool
) -> tuple[dict[str, AnswerValue], list[Refusal]]:
    """The answers to store, by question key, and the refusals of entries, whose paths begin with `path`.

    Entries for hidden questions are dropped together with their faults, and so are empty entries. `whole` also requires
    an answer to every required question that is shown.
    """
    by_key = {question.key: question for question in questions}
    refusals: list[Refusal] = []
    faults: dict[str, Refusal] = {}
    good: dict[str, AnswerValue] = {}
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        place = (*path, number)
        question = by_key.get(entry.question)
        if question is None:
            message = "The survey has no question with this key."
            refusals.append(Refusal(RefusalCode.NOT_FOUND, message, (*place, "question")))
        elif entry.question in seen:
            refusals.append(_invalid("This question has already been answered by another entry.", *place, "question"))
        else:
            seen.add(entry.question)
            fault = _fault(question, entry, *place)
            given = _given(question, entry)
            if fault is not None:
                faults[entry.question] = fault
            elif given is not None:
                good[entry.question] = given
    visible = shown(questions, good)
    refusals += [fault for key, fault in faults.items() if key in visible]
    if whole:
        refusals += [
            _invalid(f"The question {question.key} requires an answer.", *path)
            for question in questions
            if question.required and question.key in visible and question.key not in good and question.key not in faults
        ]
    return {key: given for key, given in good.items() if key in visible}, refusals


def _given(question: QuestionDefinition, entry: AnswerEntry) -> AnswerValue | None:
    if question.kind in CHOICES:
        return AnswerValue(codes=entry.codes) if entry.codes else None
    if question.kind in NUMBERS:
        return None if entry.number is None else AnswerValue(number=entry.number)
    if question.kind is QuestionKind.DATE:
        return None if entry.date is None else AnswerValue(day=entry.date)
    text = (entry.text or "").strip()
    return AnswerValue(text=text) if text else None


def _fault(question: QuestionDefinition, entry: AnswerEntry, *path: Step) -> Refusal | None:
    filled = {"codes": bool(entry.codes), "number": entry.number is not None, "date": entry.date is not None}
    filled["text"] = bool((entry.text or "").strip())
    own = FIELD_OF[question.kind]
    for name in FIELDS:
        if filled[name] and name != own:
            return _invalid(f"Answer this question in the field `{own}`.", *path, name)
    return FAULTS[question.kind](question, entry, (*path, own)) if filled[own] else None


def _codes_fault(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Refusal | None:
    offered = {option.code for option in question.options}
    for number, code in enumerate(entry.codes):
        if code not in offered:
            return _invalid("The question has no such option.", *path, number)
    if len(set(entry.codes)) < len(entry.codes):
        return _invalid("An option is chosen twice.", *path)
    most = 1 if question.kind is QuestionKind.SINGLE_CHOICE else question.max_choices
    if most is not None and len(entry.codes) > most:
        return _invalid(f"Choose at most {most}.", *path)
    return None


def _number_fault(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Refusal | None:
    number = entry.number
    assert number is not None
    if question.kind is QuestionKind.SCALE and number % 1 != 0:
        return _invalid("The answer to a scale must be a whole number.", *path)
    least = float("-inf") if question.minimum is None else question.minimum
    most = float("inf") if question.maximum is None else question.maximum
    if not least <= number <= most or number in (float("inf"), float("-inf")):
        return _invalid("This number is out of range for the question.", *path)
    return None


def _day_fault(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Refusal | None:
    assert entry.date is not None
    return (
        None
        if FIRST_DAY <= entry.date <= LAST_DAY
        else _invalid(f"The day must be between {FIRST_DAY} and {LAST_DAY}.", *path)
    )


def _text_fault(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Refusal | None:
    if len((entry.text or "").strip()) > TEXT_LENGTH:
        return Refusal(RefusalCode.TOO_LONG, f"The limit is {TEXT_LENGTH:,} characters.", path)
    return None


FAULTS: Mapping[QuestionKind, Callable[[QuestionDefinition, AnswerEntry, Path], Refusal | None]] = {
    QuestionKind.SINGLE_CHOICE: _codes_fault,
    QuestionKind.MULTIPLE_CHOICE: _codes_fault,
    QuestionKind.SCALE: _number_fault,
    QuestionKind.NUMBER: _number_fault,
    QuestionKind.DATE: _day_fault,
    QuestionKind.TEXT: _text_fault,
}


def _invalid(message: str, *path: Step) -> Refusal:
    return Refusal(RefusalCode.INVALID, message, path)
