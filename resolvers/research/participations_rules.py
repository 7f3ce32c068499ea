"""Checks the answers to a survey, and reports each fault with its path. Needs no database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from datetime import date as Day

from models.messages import Message, message
from models.research.surveys import QuestionKind
from resolvers.research.visibility_rules import CHOICES, NUMBERS, AnswerValue, QuestionDefinition, shown
from resolvers.texts import is_blank
from resolvers.transactions import Key, Path, Refusal, RefusalCode, Step

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
    an answer to every required question that is shown; the path of a missing one ends with the question's key.
    """
    by_key = {question.key: question for question in questions}
    refusals: list[Refusal] = []
    faults: dict[str, list[Refusal]] = {}
    good: dict[str, AnswerValue] = {}
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        place = (*path, number)
        question = by_key.get(entry.question)
        if question is None:
            reason = message("The survey has no question with this key.")
            refusals.append(Refusal(RefusalCode.NOT_FOUND, reason, (*place, "question")))
        elif entry.question in seen:
            refusals.append(
                _invalid(message("This question has already been answered by another entry."), *place, "question")
            )
        else:
            seen.add(entry.question)
            found = _faults(question, entry, *place)
            given = _given(question, entry)
            if found:
                faults[entry.question] = found
            elif given is not None:
                good[entry.question] = given
    visible = shown(questions, good)
    refusals += [fault for key, found in faults.items() if key in visible for fault in found]
    if whole:
        refusals += [
            _invalid(message("The question `{key}` requires an answer.", key=question.key), *path, Key(question.key))
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
    return None if entry.text is None or is_blank(entry.text) else AnswerValue(text=entry.text.strip())


def _faults(question: QuestionDefinition, entry: AnswerEntry, *path: Step) -> list[Refusal]:
    filled = {"codes": bool(entry.codes), "number": entry.number is not None, "date": entry.date is not None}
    filled["text"] = not is_blank(entry.text or "")
    own = FIELD_OF[question.kind]
    reason = message("Answer this question in the field `{field}`.", field=own)
    found = [_invalid(reason, *path, name) for name in FIELDS if filled[name] and name != own]
    return found + list(FAULTS[question.kind](question, entry, (*path, own))) if filled[own] else found


def _codes_faults(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Iterator[Refusal]:
    offered = {option.code for option in question.options}
    for number, code in enumerate(entry.codes):
        if code not in offered:
            yield _invalid(message("The question has no such option."), *path, number)
    if len(set(entry.codes)) < len(entry.codes):
        yield _invalid(message("An option is chosen twice."), *path)
    most = 1 if question.kind is QuestionKind.SINGLE_CHOICE else question.max_choices
    if most is not None and len(entry.codes) > most:
        yield _invalid(message("Choose at most {most}.", most=most), *path)


def _number_faults(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Iterator[Refusal]:
    number = entry.number
    assert number is not None
    if question.kind is QuestionKind.SCALE and number % 1 != 0:
        yield _invalid(message("The answer to a scale must be a whole number."), *path)
    least = float("-inf") if question.minimum is None else question.minimum
    most = float("inf") if question.maximum is None else question.maximum
    if not least <= number <= most or number in (float("inf"), float("-inf")):
        yield _invalid(message("This number is out of range for the question."), *path)


def _day_faults(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Iterator[Refusal]:
    assert entry.date is not None
    if not FIRST_DAY <= entry.date <= LAST_DAY:
        yield _invalid(
            message("The day must be between {first} and {last}.", first=FIRST_DAY, last=LAST_DAY),
            *path,
        )


def _text_faults(question: QuestionDefinition, entry: AnswerEntry, path: Path) -> Iterator[Refusal]:
    if len((entry.text or "").strip()) > TEXT_LENGTH:
        yield Refusal(RefusalCode.TOO_LONG, message("The limit is {limit:,} characters.", limit=TEXT_LENGTH), path)


FAULTS: Mapping[QuestionKind, Callable[[QuestionDefinition, AnswerEntry, Path], Iterator[Refusal]]] = {
    QuestionKind.SINGLE_CHOICE: _codes_faults,
    QuestionKind.MULTIPLE_CHOICE: _codes_faults,
    QuestionKind.SCALE: _number_faults,
    QuestionKind.NUMBER: _number_faults,
    QuestionKind.DATE: _day_faults,
    QuestionKind.TEXT: _text_faults,
}


def _invalid(reason: Message, *path: Step) -> Refusal:
    return Refusal(RefusalCode.INVALID, reason, path)
