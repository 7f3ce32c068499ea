"""Rules of revisions: what a question that members can see may change, and what is refused at which path."""

from dataclasses import replace
from typing import Any

import pytest

from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.revisions_rules import Asked, revision_refusals
from resolvers.research.surveys_rules import OPTIONS
from resolvers.research.visibility_rules import OptionDefinition, QuestionDefinition, RuleDefinition
from resolvers.spelling import dictionary

Found = list[tuple[str, str]]


def options(**labels: str) -> tuple[OptionDefinition, ...]:
    return tuple(OptionDefinition(code, label) for code, label in labels.items())


def rule(on: str, operator: RuleOperator, *values: str) -> tuple[RuleDefinition, ...]:
    return (RuleDefinition(on, operator, values),)


TAKEN = QuestionDefinition("taken", QuestionKind.SINGLE_CHOICE, "Do you take it?", options=options(a1="Yes", a2="No"))
WEIGHT = QuestionDefinition(
    "weight", QuestionKind.NUMBER, "Wieght in kg", minimum=0, maximum=400, bins=(50, 75, 100), help="Without shoes"
)
PAIN = QuestionDefinition(
    "pain", QuestionKind.SCALE, "How bad is the pain?", minimum=0, maximum=10,
    visible_when=rule("taken", RuleOperator.EQUALS, "a1"),
)  # fmt: skip
DRUGS = QuestionDefinition(
    "drugs", QuestionKind.MULTIPLE_CHOICE, "Which ones?", max_choices=2,
    options=options(asp="Aspirin", ibu="Ibuprofen", none="None of these"),
)  # fmt: skip
SINCE = QuestionDefinition("since", QuestionKind.DATE, "Since when?")
HEAVY = QuestionDefinition(
    "heavy", QuestionKind.TEXT, "Why?", visible_when=rule("weight", RuleOperator.GREATER_THAN, "75")
)
BEFORE = (TAKEN, WEIGHT, PAIN, DRUGS, SINCE, HEAVY)


def refused(asked: Asked, *questions: QuestionDefinition) -> Found:
    found = revision_refusals(asked, questions, dictionary().__contains__, "questions")
    return [(each.code.value, ".".join(map(str, each.path))) for each in found]


def revised(question: QuestionDefinition, **changes: Any) -> Found:
    """The refusals of a survey that is revised in one question, by their paths within that question."""
    asked = {each.key: [each] for each in BEFORE}
    after = [replace(each, **changes) if each is question else each for each in BEFORE]
    start = f"questions.{BEFORE.index(question)}."
    found = refused(asked, *after)
    assert all(path.startswith(start) for _, path in found)
    return [(code, path.removeprefix(start)) for code, path in found]


def too_late(*paths: str) -> Found:
    return [("TOO_LATE", path) for path in paths]


@pytest.mark.parametrize(
    ("question", "changes", "expected"),
    [
        (TAKEN, {"kind": QuestionKind.MULTIPLE_CHOICE}, too_late("kind")),
        (TAKEN, {"kind": QuestionKind.TEXT, "options": ()}, too_late("kind")),
        (PAIN, {"kind": QuestionKind.NUMBER, "bins": (0, 5, 10)}, too_late("kind")),
        (TAKEN, {"options": options(a1="No", a2="Yes")}, too_late("options.0.label", "options.1.label")),
        (TAKEN, {"options": options(a2="Yes", a1="No")}, too_late("options.0.label", "options.1.label")),
        (TAKEN, {"options": options(a1="Yes", a2="Never")}, too_late("options.1.label")),
        (TAKEN, {"options": options(a1="Not yes", a2="No")}, too_late("options.0.label")),
        (TAKEN, {"options": options(a3="Yes", a2="No")}, [("INVALID", "options.0.label")]),
        (TAKEN, {"options": options(a1="Yes", a2="No", a3="yes!")}, [("INVALID", "options.2.label")]),
        (TAKEN, {"text": "Do you not take it?"}, too_late("text")),
        (TAKEN, {"text": "Did you take it?"}, too_late("text")),
        (TAKEN, {"help": "Every day"}, too_late("help")),
        (WEIGHT, {"help": None}, too_late("help")),
        (WEIGHT, {"help": "With shoes"}, too_late("help")),
        (WEIGHT, {"text": "Height in kg"}, too_late("text")),
        (WEIGHT, {"text": "Weight in lb"}, too_late("text")),
        (WEIGHT, {"text": "Height in cm", "bins": (150, 165, 180)}, too_late("bins", "text")),
        (WEIGHT, {"bins": (50, 75)}, too_late("bins")),
        (WEIGHT, {"bins": (50, 75, 100, 125)}, too_late("bins")),
        (WEIGHT, {"minimum": None}, too_late("minimum")),
        (WEIGHT, {"minimum": 1, "maximum": 500}, too_late("minimum", "maximum")),
        (PAIN, {"maximum": 5}, too_late("maximum")),
        (PAIN, {"visible_when": ()}, too_late("visible_when")),
        (PAIN, {"visible_when": rule("taken", RuleOperator.NOT_EQUALS, "a1")}, too_late("visible_when")),
        (PAIN, {"visible_when": rule("taken", RuleOperator.EQUALS, "a2")}, too_late("visible_when")),
        (PAIN, {"visible_when": rule("drugs", RuleOperator.ANSWERED)}, too_late("visible_when")),
        (HEAVY, {"visible_when": rule("weight", RuleOperator.GREATER_THAN, "76")}, too_late("visible_when")),
        (SINCE, {"visible_when": rule("taken", RuleOperator.ANSWERED)}, too_late("visible_when")),
        (DRUGS, {"max_choices": 1}, too_late("max_choices")),
        (DRUGS, {"max_choices": None}, too_late("max_choices")),
        # what "None of these" means depends on the others
        (DRUGS, {"options": (*DRUGS.options, *options(par="Paracetamol"))}, too_late("options.3")),
        (DRUGS, {"options": DRUGS.options[1:]}, too_late("options")),
    ],
)
def test_a_change_of_meaning_is_refused_at_its_path(
    question: QuestionDefinition, changes: dict[str, Any], expected: Found
) -> None:
    assert revised(question, **changes) == expected


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        (WEIGHT, {"text": "Weight in kg"}),
        (WEIGHT, {"text": "  Weight  in kg?"}),
        (WEIGHT, {"help": "without shoes."}),
        (WEIGHT, {"bins": (50.0, 75.0, 100.0), "required": True}),
        (TAKEN, {"options": options(a2="No", a1="Yes")}),
        (TAKEN, {"options": options(a1="yes", a2="No.")}),
        (TAKEN, {"options": options(a1="Yes", a2="No", a3="Sometimes")}),
        (TAKEN, {"options": options(a1="Yes", a2="No", a3="None of these")}),
        (DRUGS, {"options": options(none="None of these", ibu="Ibuprofen", asp="Aspirin")}),
        (DRUGS, {"options": DRUGS.options[:2]}),
        (PAIN, {"visible_when": rule("taken", RuleOperator.IN, "a1")}),
        (PAIN, {"visible_when": rule("taken", RuleOperator.IN, "a1", "a1")}),
        (HEAVY, {"visible_when": rule("weight", RuleOperator.GREATER_THAN, "75.0")}),
    ],
)
def test_what_leaves_the_meaning_alone_is_accepted(question: QuestionDefinition, changes: dict[str, Any]) -> None:
    assert revised(question, **changes) == []


def test_questions_can_be_moved_removed_and_added() -> None:
    asked = {each.key: [each] for each in BEFORE}
    assert refused(asked, *reversed(BEFORE)) == []
    assert refused(asked, WEIGHT, replace(WEIGHT, key="height", text="Height in cm", bins=(150, 165, 180))) == []


def test_a_removed_key_returns_only_as_what_it_was() -> None:
    asked = {"weight": [WEIGHT], "taken": [TAKEN, TAKEN]}
    assert refused(asked, TAKEN, WEIGHT) == []
    other = replace(WEIGHT, text="Height in cm", bins=(150, 165, 180))
    assert refused(asked, TAKEN, other) == too_late("questions.1.bins", "questions.1.text")


def test_a_removed_code_returns_only_as_what_it_was() -> None:
    three = replace(TAKEN, options=options(a1="Yes", a2="No", a3="Sometimes"))
    asked = {"taken": [three, TAKEN]}
    assert refused(asked, three) == []
    other = replace(three, options=options(a1="Yes", a2="No", a3="Always"))
    assert refused(asked, other) == too_late("questions.0.options.2.label")
    again = replace(three, options=options(a1="Yes", a2="No", a4="Sometimes"))
    assert refused(asked, again) == [("INVALID", "questions.0.options.2.label")]


def test_an_option_does_not_return_beside_one_that_stands_for_the_rest() -> None:
    every = options(asp="Aspirin", ibu="Ibuprofen", none="None of these")
    versions = [replace(DRUGS, options=each) for each in (every[:2], every[:1], (every[0], every[2]))]
    assert refused({"drugs": versions[:2]}, replace(DRUGS, options=every)) == []
    assert refused({"drugs": versions}, replace(DRUGS, options=every)) == too_late("questions.0.options.1")


def test_options_with_one_label_may_stay() -> None:
    twice = replace(TAKEN, options=options(a1="Yes", a2="Yes"))
    assert refused({"taken": [twice]}, twice) == []


def test_small_steps_do_not_lead_from_one_word_to_another() -> None:
    first, second, third = (replace(SINCE, text=text) for text in ("Which haed?", "Which head?", "Which hand?"))
    assert refused({"since": [first]}, second) == []
    assert refused({"since": [first]}, third) == []
    assert refused({"since": [first, second]}, third) == too_late("questions.0.text")
    assert refused({"since": [first, second]}, first) == []


def test_a_correction_may_not_lead_to_the_label_of_another_option() -> None:
    asked = {"taken": [replace(TAKEN, options=options(a1="haed", a2="hand"))]}
    assert refused(asked, replace(TAKEN, options=options(a1="head", a2="hand"))) == []
    found = refused(asked, replace(TAKEN, options=options(a1="hand", a2="hand")))
    assert found == [("INVALID", "questions.0.options.0.label")]


def test_retired_options_count_towards_the_limit() -> None:
    labels = {f"c{n}": f"{n}" for n in range(OPTIONS)}
    asked = {"taken": [replace(TAKEN, options=options(**labels))]}
    fewer = options(**{code: label for code, label in labels.items() if code != "c0"}, extra="Extra")
    assert refused(asked, replace(TAKEN, options=fewer)) == too_late("questions.0.options")


def test_every_fault_of_every_question_is_reported_at_once() -> None:
    asked = {each.key: [each] for each in BEFORE}
    swapped = replace(TAKEN, options=options(a1="No", a2="Yes"))
    height = replace(WEIGHT, text="Height in cm", bins=(150, 165, 180))
    assert refused(asked, swapped, height, replace(PAIN, minimum=1)) == too_late(
        "questions.0.options.0.label",
        "questions.0.options.1.label",
        "questions.1.bins",
        "questions.1.text",
        "questions.2.minimum",
    )
