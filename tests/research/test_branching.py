"""The rules that show questions: as docs/branching.md says, as a form applies them, as a query and a submission do."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.participations_rules import AnswerEntry, accepted_answers
from resolvers.research.surveys_rules import OPERATORS, definition_refusals
from resolvers.research.visibility_rules import (
    AnswerValue,
    OptionDefinition,
    QuestionDefinition,
    RuleDefinition,
    holds,
    shown,
)
from tests.support.callers import User
from tests.support.forms import shown_by_form
from tests.support.network import Network
from tests.support.surveys import HOW, NO, QUESTIONS, WHOLE, YES, drafted, opened, participation

SINGLE, MULTIPLE = QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE
BRANCHING = (Path(__file__).parents[2] / "docs/branching.md").read_text(encoding="utf-8")
OPTIONS = [{"code": code, "label": code} for code in ("A", "B", "C")]
SURVEYS = 600
RULES = "questions { key kind visibleWhen { question operator values } }"
CHECK = "query ($input: SurveyCheckInput!) { surveyCheck(input: $input) { shown userErrors { code message path } } }"
SUBMIT = "mutation ($input: SurveySubmitInput!) { surveySubmit(input: $input) { userErrors { code message path } } }"
# What the columns of the two tables stand for, with the value B, 5 or 2026-05-01.
OF_CODES: Mapping[str, tuple[QuestionKind, AnswerValue | None]] = {
    "no answer": (SINGLE, None),
    "one answer: the value": (SINGLE, AnswerValue(codes=("B",))),
    "one answer: another": (SINGLE, AnswerValue(codes=("A",))),
    "several options: one is the value": (MULTIPLE, AnswerValue(codes=("A", "B"))),
    "several options: none is": (MULTIPLE, AnswerValue(codes=("A", "C"))),
}
OF_NUMBERS = {"no answer": None, "less, or earlier": 4.5, "equal": 5.0, "greater, or later": 5.5}


def table(first: str) -> list[tuple[str, dict[str, bool]]]:
    """The table of docs/branching.md with a row for this operator: the other cells by their columns."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in BRANCHING.splitlines() if "|" in line]
    start = next(at for at, row in enumerate(rows) if row[0] == first) - 2
    header = rows[start]
    found = []
    for row in rows[start + 2 :]:
        if row[0] == "operator":
            break
        found.append((row[0], {name: cell == "yes" for name, cell in zip(header[1:], row[1:], strict=True)}))
    return found


def test_the_page_on_branching_says_what_the_server_does() -> None:
    by_codes, by_order = table("EQUALS"), table("GREATER_THAN")
    assert {name for name, _ in by_codes + by_order} == {operator.name for operator in RuleOperator}
    for name, cells in by_codes:
        assert cells.keys() == OF_CODES.keys()
        values = () if name == "ANSWERED" else ("B",)
        for column, expected in cells.items():
            kind, answer = OF_CODES[column]
            assert holds(RuleDefinition("q", RuleOperator[name], values), kind, answer) is expected, (name, column)
    for name, cells in by_order:
        assert cells.keys() == OF_NUMBERS.keys()
        for column, expected in cells.items():
            number = OF_NUMBERS[column]
            rule = RuleDefinition("q", RuleOperator[name], ("5.0",))
            answer = None if number is None else AnswerValue(number=number)
            assert holds(rule, QuestionKind.NUMBER, answer) is expected, (name, column)
            rule = RuleDefinition("q", RuleOperator[name], ("2026-05-01",))
            day = None if number is None else AnswerValue(day=date(2026, 5, 1) + timedelta(days=int((number - 5) * 2)))
            assert holds(rule, QuestionKind.DATE, day) is expected, (name, column)


def random_survey(random: Random) -> list[dict[str, Any]]:
    """Questions of every kind, as inputs: their rules depend on others in some order, which is not theirs."""
    made: list[dict[str, Any]] = []
    for number in range(random.randint(1, 8)):
        kind = random.choice(list(QuestionKind))
        question: dict[str, Any] = {
            "key": f"q_{number}",
            "text": "?",
            "kind": kind.name,
            "required": random.random() < 0.4,
        }
        if kind in (SINGLE, MULTIPLE):
            question["options"] = OPTIONS
        if kind is QuestionKind.SCALE:
            question |= {"minimum": 0, "maximum": 3}
        if kind is QuestionKind.NUMBER:
            question["bins"] = [0, 3]
        question["visibleWhen"] = [
            random_rule(random, random.choice(made)) for _ in range(random.randint(0, 2)) if made
        ]
        made.append(question)
    random.shuffle(made)
    return made


def random_rule(random: Random, on: Mapping[str, Any]) -> dict[str, Any]:
    kind = QuestionKind[on["kind"]]
    operator = random.choice(sorted(OPERATORS[kind], key=lambda one: one.name))
    values: list[str] = []
    if operator is not RuleOperator.ANSWERED:
        values = [random_value(random, kind) for _ in range(random.randint(1, 2) if operator is RuleOperator.IN else 1)]
    return {"question": on["key"], "operator": operator.name, "values": values}


def random_value(random: Random, kind: QuestionKind) -> str:
    if kind in (SINGLE, MULTIPLE):
        return random.choice("ABC")
    if kind is QuestionKind.DATE:
        return f"2026-05-0{random.randint(1, 3)}"
    return random.choice(["0", "1", "2", "3", "1.0", "2e0"])


def random_answers(
    random: Random, questions: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Entries that would be accepted, and the same answers as the form has them; some have no value."""
    entries: list[dict[str, Any]] = []
    texts: dict[str, list[str]] = {}
    for question in questions:
        if random.random() < 0.3:
            continue
        key, kind = question["key"], QuestionKind[question["kind"]]
        given: dict[str, Any]
        if kind in (SINGLE, MULTIPLE):
            codes = random.sample("ABC", random.randint(0, 1 if kind is SINGLE else 3))
            given, texts[key] = {"codes": codes}, codes
        elif kind is QuestionKind.DATE:
            given, texts[key] = {"date": (day := random_value(random, kind))}, [day]
        elif kind is QuestionKind.TEXT:
            given, texts[key] = {"text": (text := random.choice([" ", "words"]))}, [text]
        else:
            number = random.randint(0, 3)
            given, texts[key] = {"number": number}, [str(number)]
        entries.append({"question": key} | given)
    random.shuffle(entries)
    return entries, texts


def defined(question: Mapping[str, Any]) -> QuestionDefinition:
    return QuestionDefinition(
        question["key"],
        QuestionKind[question["kind"]],
        question["text"],
        question["required"],
        options=tuple(OptionDefinition(**option) for option in question.get("options", ())),
        minimum=question.get("minimum"),
        maximum=question.get("maximum"),
        bins=tuple(question.get("bins", ())),
        visible_when=tuple(
            RuleDefinition(rule["question"], RuleOperator[rule["operator"]], tuple(rule["values"]))
            for rule in question["visibleWhen"]
        ),
    )


def entry(given: Mapping[str, Any]) -> AnswerEntry:
    day = date.fromisoformat(given["date"]) if "date" in given else None
    return AnswerEntry(given["question"], tuple(given.get("codes", ())), given.get("number"), day, given.get("text"))


def test_a_form_that_follows_the_page_shows_what_the_server_does() -> None:
    hidden = 0
    for seed in range(SURVEYS):
        random = Random(seed)
        survey = random_survey(random)
        entries, texts = random_answers(random, survey)
        questions = [defined(question) for question in survey]
        assert definition_refusals(questions, "questions") == []
        good, refusals = accepted_answers(questions, [entry(each) for each in entries], "answers", whole=False)
        assert refusals == []
        by_server = shown(questions, good)
        assert set(shown_by_form(survey, texts)) == by_server, seed
        hidden += len(questions) - len(by_server)
    assert hidden > SURVEYS / 2


@pytest.mark.parametrize("seed", range(6))
async def test_the_check_says_what_a_submission_does(
    network: Network, survey_manager: User, ada: User, ben: User, community_id: Any, seed: int
) -> None:
    random = Random(seed)
    survey = await opened(network, survey_manager, community_id, ada, ben, questions=random_survey(random))
    asked = await network.ask(ada, f"query ($id: ID!) {{ survey(id: $id) {{ {RULES} }} }}", {"id": survey})
    questions = asked["data"]["survey"]["questions"]
    for _ in range(5):
        entries, texts = random_answers(random, questions)
        answer = await network.ask(ada, CHECK, {"input": {"survey": survey, "answers": entries}})
        check = answer["data"]["surveyCheck"]
        assert check["shown"] == shown_by_form(questions, texts)
        assert await participation(network, ada, survey) in ("INVITED", "COMPLETED", "STARTED")
        submitted = await network.ask(ada, SUBMIT, {"input": {"survey": survey, "answers": entries}})
        assert submitted["data"]["surveySubmit"]["userErrors"] == check["userErrors"]


async def test_a_check_reports_every_fault_at_its_path_and_saves_nothing(
    network: Network, survey: str, ada: User, ben: User
) -> None:
    answers = [
        {"question": "burden", "number": 11.5},
        {"question": "nothing", "codes": ["x"]},
        {"question": "words", "text": "a\x07b"},
    ]
    for document in (CHECK, SUBMIT):
        answer = await network.ask(ada, document, {"input": {"survey": survey, "answers": answers}})
        (result,) = answer["data"].values()
        assert sorted((error["code"], ".".join(error["path"])) for error in result["userErrors"]) == [
            ("INVALID", "input.answers.0.number"),
            ("INVALID", "input.answers.0.number"),
            ("INVALID", "input.answers.2.text"),
            ("INVALID", "input.answers.treated"),
            ("NOT_FOUND", "input.answers.1.question"),
        ]
    assert await participation(network, ada, survey) == "INVITED"
    answer = await network.ask(ada, CHECK, {"input": {"survey": survey, "answers": WHOLE}})
    assert answer["data"]["surveyCheck"] == {"shown": ["treated", "how", "burden", "words"], "userErrors": []}
    answer = await network.ask(ada, CHECK, {"input": {"survey": survey, "answers": [NO, HOW]}})
    assert answer["data"]["surveyCheck"] == {"shown": ["treated", "burden", "words"], "userErrors": []}


async def test_staff_check_drafts_which_members_cannot_see(
    network: Network, survey_manager: User, ada: User, community_id: Any
) -> None:
    draft = await drafted(network, survey_manager, community_id)
    given = {"input": {"survey": draft, "answers": [YES]}}
    checked = (await network.ask(survey_manager, CHECK, given))["data"]["surveyCheck"]
    assert checked["shown"] == [question["key"] for question in QUESTIONS]
    assert [error["path"] for error in checked["userErrors"]] == [["input", "answers", "how"]]
    for unknown in (draft, "svy_x", "pst_00000000-0000-4000-8000-000000000000"):
        answer = await network.ask(ada, CHECK, {"input": {"survey": unknown, "answers": []}})
        check = answer["data"]["surveyCheck"]
        assert check["shown"] == []
        assert [(error["code"], error["path"]) for error in check["userErrors"]] == [("NOT_FOUND", ["input", "survey"])]


def test_the_descriptions_say_when_a_rule_holds_without_an_answer() -> None:
    for operator in RuleOperator:
        without = holds(RuleDefinition("q", operator, ("B",)), SINGLE, None)
        says = re.search(r"(True|False) if there is no answer|There is an answer", operator.description)
        assert says, operator
        assert (says[1] == "True") is without
