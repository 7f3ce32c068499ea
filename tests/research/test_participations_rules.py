"""Which answers a survey accepts: the faults of each kind of question, hidden questions, drafts and invariants."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.participations_rules import AnswerEntry, accepted_answers
from resolvers.research.surveys_rules import definition_refusals
from resolvers.research.visibility_rules import AnswerValue, OptionDefinition, QuestionDefinition, RuleDefinition, shown

SINGLE, MULTIPLE = QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE
SCALE, NUMBER, DATE, TEXT = QuestionKind.SCALE, QuestionKind.NUMBER, QuestionKind.DATE, QuestionKind.TEXT
OPTIONS = (OptionDefinition("YES", "Yes"), OptionDefinition("NO", "No"), OptionDefinition("MAYBE", "It depends"))
TREATED = RuleDefinition("treated", RuleOperator.EQUALS, ("YES",))
QUESTIONS = [
    QuestionDefinition("treated", SINGLE, "Are you treated?", required=True, options=OPTIONS),
    QuestionDefinition("how", MULTIPLE, "How?", required=True, options=OPTIONS, max_choices=2, visible_when=(TREATED,)),
    QuestionDefinition("burden", SCALE, "How heavy is it?", minimum=0, maximum=10, visible_when=(TREATED,)),
    QuestionDefinition("years", NUMBER, "For how many years?", minimum=0, maximum=90, bins=(0, 5, 90)),
    QuestionDefinition("since", DATE, "Since which day?"),
    QuestionDefinition("words", TEXT, "What else?"),
]
YES, NO = AnswerEntry("treated", codes=("YES",)), AnswerEntry("treated", codes=("NO",))
HOW = AnswerEntry("how", codes=("MAYBE",))


def answered(*entries: AnswerEntry, whole: bool = True) -> tuple[dict[str, AnswerValue], list[tuple[str, str]]]:
    kept, refusals = accepted_answers(QUESTIONS, entries, "answers", whole=whole)
    return kept, [(one.code.value, ".".join(map(str, one.path))) for one in refusals]


def test_valid_answers_of_every_kind_are_stored_unchanged() -> None:
    entries = [
        YES,
        AnswerEntry("how", codes=("NO", "YES")),
        AnswerEntry("burden", number=7.0),
        AnswerEntry("years", number=2.5),
        AnswerEntry("since", date=date(2026, 1, 31)), AnswerEntry("words", text="  Sleep.\n"),
    ]  # fmt: skip
    assert answered(*entries) == (
        {
            "treated": AnswerValue(codes=("YES",)),
            "how": AnswerValue(codes=("NO", "YES")),
            "burden": AnswerValue(number=7.0),
            "years": AnswerValue(number=2.5),
            "since": AnswerValue(day=date(2026, 1, 31)),
            "words": AnswerValue(text="Sleep."),
        },
        [],
    )


@pytest.mark.parametrize(
    ("entry", "code", "place"),
    [
        (AnswerEntry("nothing", text="x"), "NOT_FOUND", "question"),
        (YES, "INVALID", "question"),
        (AnswerEntry("years", number=-1.0), "INVALID", "number"),
        (AnswerEntry("years", number=90.5), "INVALID", "number"),
        (AnswerEntry("years", number=float("nan")), "INVALID", "number"),
        (AnswerEntry("years", codes=("YES",)), "INVALID", "codes"),
        (AnswerEntry("burden", number=5.5), "INVALID", "number"),
        (AnswerEntry("burden", number=11.0), "INVALID", "number"),
        (AnswerEntry("since", date=date(1899, 12, 31)), "INVALID", "date"),
        (AnswerEntry("since", text="May"), "INVALID", "text"),
        (AnswerEntry("words", text="w" * 5_001), "TOO_LONG", "text"),
        (AnswerEntry("words", number=1.0), "INVALID", "number"),
        (AnswerEntry("words", text="words", date=date(2026, 1, 1)), "INVALID", "date"),
    ],
)
def test_an_invalid_answer_is_refused_with_its_path(entry: AnswerEntry, code: str, place: str) -> None:
    assert answered(YES, HOW, entry)[1] == [(code, f"answers.2.{place}")]
    assert answered(YES, HOW, entry, whole=False)[1] == [(code, f"answers.2.{place}")]


@pytest.mark.parametrize(
    ("codes", "place"),
    [
        (("NEVER",), "codes.0"),
        (("YES", "NEVER"), "codes.1"),
        (("YES", "YES"), "codes"),
        (("YES", "NO", "MAYBE"), "codes"),
    ],
)
def test_invalid_choices_are_refused_with_their_paths(codes: tuple[str, ...], place: str) -> None:
    assert answered(YES, AnswerEntry("how", codes=codes))[1] == [("INVALID", f"answers.1.{place}")]


def test_a_single_choice_question_takes_one_choice() -> None:
    assert answered(AnswerEntry("treated", codes=("YES", "NO")))[1] == [("INVALID", "answers.0.codes")]


def test_a_visible_required_question_must_be_answered_on_submission() -> None:
    assert answered(YES) == ({"treated": AnswerValue(codes=("YES",))}, [("INVALID", "answers.how")])
    assert answered() == ({}, [("INVALID", "answers.treated")])
    assert answered(YES, whole=False) == ({"treated": AnswerValue(codes=("YES",))}, [])
    assert answered(YES, AnswerEntry("how"))[1] == [("INVALID", "answers.how")]


def test_a_required_question_that_is_hidden_need_not_be_answered() -> None:
    assert answered(NO) == ({"treated": AnswerValue(codes=("NO",))}, [])


def test_answers_to_hidden_questions_are_dropped_with_their_faults() -> None:
    entries = (HOW, AnswerEntry("burden", number=99.0), NO)
    assert answered(*entries) == ({"treated": AnswerValue(codes=("NO",))}, [])
    assert answered(*entries, whole=False) == ({"treated": AnswerValue(codes=("NO",))}, [])


def test_an_empty_entry_is_no_answer() -> None:
    empty = (AnswerEntry("years"), AnswerEntry("since"), AnswerEntry("words", text=" \t"))
    assert answered(NO, *empty) == ({"treated": AnswerValue(codes=("NO",))}, [])


def test_a_refusal_does_not_repeat_the_input() -> None:
    entries = [
        AnswerEntry("Zzyzx", text="Zzyzx"),
        AnswerEntry("treated", codes=("Zzyzx",)),
        AnswerEntry("years", number=31337.0),
    ]
    refusals = accepted_answers(QUESTIONS, entries, "answers", whole=True)[1]
    assert len(refusals) == 3
    assert not any(word in str(refusals) for word in ("Zzyzx", "31337"))
    assert not any(word in repr(AnswerEntry("a", number=31337.0, text="Zzyzx")) for word in ("Zzyzx", "31337"))


KEYS = [f"q{number}" for number in range(6)]


@st.composite
def surveys(draw: st.DrawFn) -> list[QuestionDefinition]:
    """Generates questions whose rules depend only on earlier ones in some order, then shuffles them."""
    made: list[QuestionDefinition] = []
    for key in draw(st.permutations(KEYS)):
        kind = draw(st.sampled_from([SINGLE, MULTIPLE, SCALE, TEXT]))
        question = QuestionDefinition(key, kind, "What?", required=draw(st.booleans()))
        if kind in (SINGLE, MULTIPLE):
            question = replace(question, options=OPTIONS)
        if kind is SCALE:
            question = replace(question, minimum=0.0, maximum=3.0)
        rules = []
        for on in draw(st.lists(st.sampled_from(made), max_size=2)) if made else []:
            operator = RuleOperator.ANSWERED
            values: tuple[str, ...] = ()
            if on.kind is not TEXT:
                operator = draw(st.sampled_from([RuleOperator.EQUALS, RuleOperator.NOT_EQUALS, RuleOperator.ANSWERED]))
            if operator is not RuleOperator.ANSWERED:
                offered = ["0", "1", "2", "3"] if on.kind is SCALE else [option.code for option in on.options]
                values = (draw(st.sampled_from(offered)),)
            rules.append(RuleDefinition(on.key, operator, values))
        made.append(replace(question, visible_when=tuple(rules)))
    return draw(st.permutations(made))


@st.composite
def entries(draw: st.DrawFn, question: QuestionDefinition) -> AnswerEntry:
    """An entry for a question: mostly of its kind, and mostly with a value that it offers."""
    some: dict[str, Any] = {
        "codes": draw(st.sampled_from([("YES",), ("NO",), ("MAYBE",), ("NEVER",), ("YES", "NO"), ()])),
        "number": draw(st.sampled_from([0.0, 1.0, 3.0, 4.0, None])),
        "text": draw(st.sampled_from(["words", "", None])),
    }
    fitting = "codes" if question.options else "number" if question.kind is SCALE else "text"
    kept = draw(st.sampled_from([fitting] * 6 + ["codes", "number", "text", "all"]))
    return AnswerEntry(question.key, **{name: some[name] for name in some if kept in (name, "all")})


@st.composite
def submissions(draw: st.DrawFn) -> tuple[list[QuestionDefinition], list[AnswerEntry], bool]:
    """A survey, and what is sent for most of its questions, for some of them twice; whether it is all."""
    questions = draw(surveys())
    asked = [one for one in questions if draw(st.integers(0, 9)) < 8] + draw(
        st.lists(st.sampled_from(questions), max_size=1)
    )
    return questions, [draw(entries(one)) for one in asked], draw(st.booleans())


@settings(max_examples=80, deadline=None)
@given(submissions())
def test_no_answer_to_a_hidden_question_is_stored(
    sent: tuple[list[QuestionDefinition], list[AnswerEntry], bool],
) -> None:
    expect_none_kept_of_hidden_questions(*sent)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(submissions())
def test_no_answer_to_a_hidden_question_is_stored_in_many_surveys(
    sent: tuple[list[QuestionDefinition], list[AnswerEntry], bool],
) -> None:
    expect_none_kept_of_hidden_questions(*sent)


def expect_none_kept_of_hidden_questions(
    questions: list[QuestionDefinition], sent: list[AnswerEntry], whole: bool
) -> None:
    assert definition_refusals(questions, "questions") == []
    kept, refusals = accepted_answers(questions, sent, "answers", whole=whole)
    asked = shown(questions, kept)
    assert set(kept) <= asked
    if whole and not refusals:
        assert {question.key for question in questions if question.required} & asked <= set(kept)
    # Stored answers can be submitted again and are stored completely.
    again = [AnswerEntry(key, one.codes, one.number, one.day, one.text) for key, one in kept.items()]
    assert accepted_answers(questions, again, "answers", whole=False) == (kept, [])
