"""Answering: drafts, sending, sending anew, withdrawing; whom and what is refused, and what then stays."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from models.identity.members import MemberKind
from tests import factories
from tests.support.surveys import (
    HOW,
    NO,
    QUESTIONS,
    WHOLE,
    YES,
    answers_in,
    completed,
    consents,
    drafted,
    in_days,
    opened,
    participation,
    scheduled,
    submitted,
    uuid,
)
from tests.support.town import Person, Town

OWN = """
    query ($id: ID!) {
      survey(id: $id) { participation { status answers { question { key } codes number date text } } }
    }
"""


@pytest_asyncio.fixture
async def survey(here: Town, boss: Person, home: UUID, ada: Person, ben: Person) -> str:
    return await opened(here, boss, home, ada, ben)


async def own(here: Town, who: Person, survey: str) -> tuple[str, dict[str, Any]]:
    """The viewer's status and answers, as the graph shows them."""
    answer = await here.ask(who, OWN, {"id": survey})
    part = answer["data"]["survey"]["participation"]
    values = {
        one["question"]["key"]: one["codes"] or one["number"] or one["date"] or one["text"] for one in part["answers"]
    }
    return part["status"], values


async def refusals(here: Town, who: Person, mutation: str, **given: Any) -> list[tuple[str, str]]:
    payload = await here.do(who, mutation, "participation { status }", **given)
    assert payload["participation"] is None
    return [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]


async def test_answers_are_sent_and_counted_once(here: Town, survey: str, ada: Person, ben: Person) -> None:
    assert await participation(here, ada, survey) == "INVITED"
    await submitted(here, ada, survey)
    whole = {"treated": ["YES"], "how": ["SOME"], "burden": 7, "words": "Sleep."}
    assert await own(here, ada, survey) == ("COMPLETED", whole)
    assert await own(here, ben, survey) == ("INVITED", {})
    assert await completed(here, survey) == 1
    await submitted(here, ada, survey, NO)
    assert await own(here, ada, survey) == ("COMPLETED", {"treated": ["NO"]})
    assert await completed(here, survey) == 1
    assert await answers_in(here, survey) == 1
    sheets = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
    assert await here.value(sheets, uuid(survey)) == 1


async def test_a_draft_is_kept_and_replaced_and_counts_for_nothing(here: Town, survey: str, ada: Person) -> None:
    payload = await here.do(ada, "surveySave", "participation { status }", survey=survey, answers=[YES])
    assert payload == {"participation": {"status": "STARTED"}, "userErrors": []}
    assert await own(here, ada, survey) == ("STARTED", {"treated": ["YES"]})
    await here.do(ada, "surveySave", "participation { status }", survey=survey, answers=WHOLE[2:])
    assert await own(here, ada, survey) == ("STARTED", {"burden": 7, "words": "Sleep."})
    assert await completed(here, survey) == 0
    await submitted(here, ada, survey)
    assert await refusals(here, ada, "surveySave", survey=survey, answers=[NO]) == [("CONFLICT", "input.survey")]
    assert (await own(here, ada, survey))[0] == "COMPLETED"


async def test_answers_to_hidden_questions_are_dropped(here: Town, survey: str, ada: Person) -> None:
    await here.do(ada, "surveySave", "participation { status }", survey=survey, answers=[NO, HOW])
    assert await own(here, ada, survey) == ("STARTED", {"treated": ["NO"]})
    await submitted(here, ada, survey, NO, {"question": "how", "codes": ["NEVER"]})
    assert await own(here, ada, survey) == ("COMPLETED", {"treated": ["NO"]})


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], [("INVALID", "input.answers")]),
        ([YES], [("INVALID", "input.answers")]),
        ([YES, {"question": "how", "codes": ["NEVER"]}], [("INVALID", "input.answers.1.codes.0")]),
        ([YES, {"question": "how", "codes": ["YES", "NO", "SOME"]}], [("INVALID", "input.answers.1.codes")]),
        ([NO, {"question": "burden", "number": 11}], [("INVALID", "input.answers.1.number")]),
        ([NO, {"question": "burden", "number": 1.5}], [("INVALID", "input.answers.1.number")]),
        ([NO, {"question": "words", "text": "w" * 5001}], [("TOO_LONG", "input.answers.1.text")]),
        ([NO, {"question": "nothing", "text": "x"}], [("NOT_FOUND", "input.answers.1.question")]),
        ([NO, NO], [("INVALID", "input.answers.1.question")]),
        (
            [{"question": "burden", "number": 11}, {"question": "nothing"}],
            [
                ("NOT_FOUND", "input.answers.1.question"),
                ("INVALID", "input.answers.0.number"),
                ("INVALID", "input.answers"),
            ],
        ),
    ],
)  # fmt: skip
async def test_bad_answers_are_refused_and_those_before_stay(
    here: Town, survey: str, ada: Person, answers: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    await here.do(ada, "surveySave", "participation { status }", survey=survey, answers=[YES])
    assert await refusals(here, ada, "surveySubmit", survey=survey, answers=answers) == expected
    assert await own(here, ada, survey) == ("STARTED", {"treated": ["YES"]})
    assert await completed(here, survey) == 0


async def test_withdrawn_answers_are_gone_at_once_and_may_be_given_again(
    here: Town, survey: str, ada: Person, ben: Person
) -> None:
    await submitted(here, ada, survey)
    await submitted(here, ben, survey, NO)
    for _ in range(2):  # once more changes nothing
        payload = await here.do(ada, "surveyWithdraw", "participation { status completedAt }", survey=survey)
        assert payload == {"participation": {"status": "WITHDRAWN", "completedAt": None}, "userErrors": []}
        assert await answers_in(here, survey) == 1
        assert await here.value("SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1", uuid(survey)) == 1
        assert await completed(here, survey) == 1
    assert await own(here, ben, survey) == ("COMPLETED", {"treated": ["NO"]})
    await submitted(here, ada, survey, NO)
    assert await completed(here, survey) == 2


async def test_who_is_not_asked_is_refused_and_nothing_is_written(
    here: Town, boss: Person, home: UUID, survey: str, ada: Person
) -> None:
    elsewhere = (await factories.community(here.database))["id"]
    stranger, silent, narrow = await here.member(elsewhere), await here.member(home), await here.member(home)
    relative = await here.member(home, kind=MemberKind.RELATIVE)
    await consents(here, stranger)
    await consents(here, narrow, "INSURER")
    await consents(here, relative)
    for who in (stranger, silent, narrow, relative):
        for mutation in ("surveySave", "surveySubmit"):
            assert await here.refused(who, mutation, survey=survey, answers=WHOLE) == ("NOT_ELIGIBLE", "input.survey")
        assert await here.refused(who, "surveyWithdraw", survey=survey) == ("NOT_FOUND", "input.survey")
        assert await participation(here, who, survey) is None
    assert await answers_in(here, survey) == 0


async def test_a_member_who_left_or_took_consent_back_can_withdraw_and_not_answer(
    here: Town, survey: str, ada: Person, home: UUID
) -> None:
    await submitted(here, ada, survey)
    assert (await here.do(ada, "communityLeave", "community { id }", community=f"com_{home}"))["userErrors"] == []
    assert await here.refused(ada, "surveySubmit", survey=survey, answers=[NO]) == ("NOT_ELIGIBLE", "input.survey")
    assert (await own(here, ada, survey))[1]["treated"] == ["YES"]
    await here.do(ada, "surveyWithdraw", "participation { status }", survey=survey)
    assert await answers_in(here, survey) == 0


async def test_a_survey_that_is_not_open_takes_no_answers(here: Town, boss: Person, home: UUID, ada: Person) -> None:
    ben = await here.member(home)
    await consents(here, ada)
    await consents(here, ben)
    waiting = await scheduled(here, boss, home, opensOn=in_days(3))
    draft = await drafted(here, boss, home)
    assert await here.refused(ada, "surveySubmit", survey=waiting, answers=[NO]) == ("TOO_EARLY", "input.survey")
    assert await here.refused(ada, "surveySave", survey=draft, answers=[NO]) == ("NOT_FOUND", "input.survey")
    assert await here.refused(ada, "surveyWithdraw", survey=draft) == ("NOT_FOUND", "input.survey")
    for nonsense in ("svy_x", f"com_{home}", f"svy_{home}"):
        assert await here.refused(ada, "surveySubmit", survey=nonsense, answers=[]) == ("NOT_FOUND", "input.survey")
    past = await scheduled(here, boss, home)
    await here.database.execute("UPDATE catalog.survey SET closes_on = current_date - 2 WHERE id = $1", uuid(past))
    assert await here.refused(ada, "surveySubmit", survey=past, answers=[NO]) == ("TOO_LATE", "input.survey")
    closed = await scheduled(here, boss, home)
    await submitted(here, ada, closed)
    await here.do(boss, "surveyClose", "survey { id }", survey=closed)
    for mutation, given in (
        ("surveySave", {"answers": [NO]}),
        ("surveySubmit", {"answers": [NO]}),
        ("surveyWithdraw", {}),
    ):
        assert await here.refused(ada, mutation, survey=closed, **given) == ("TOO_LATE", "input.survey")
    assert await answers_in(here, closed) == 4


async def test_answers_of_an_earlier_version_stay_with_their_questions(
    here: Town, boss: Person, survey: str, ada: Person, ben: Person
) -> None:
    await submitted(here, ada, survey)
    asked = [QUESTIONS[0], {"key": "new", "text": "New?", "kind": "DATE", "required": True}]
    revised = await here.do(
        boss, "surveyRevise", "survey { version questions { key } }", survey=survey, questions=asked
    )
    assert revised["survey"] == {"version": 2, "questions": [{"key": "treated"}, {"key": "new"}]}
    assert (await own(here, ada, survey))[1]["burden"] == 7
    assert await here.refused(ben, "surveySubmit", survey=survey, answers=[NO]) == ("INVALID", "input.answers")
    new = {"question": "new", "date": "2026-01-31"}
    assert await refusals(here, ben, "surveySubmit", survey=survey, answers=[YES, HOW, new]) == [
        ("NOT_FOUND", "input.answers.1.question")
    ]
    await submitted(here, ben, survey, YES, new)
    assert await own(here, ben, survey) == ("COMPLETED", {"treated": ["YES"], "new": "2026-01-31"})
    await submitted(here, ada, survey, NO, new)
    assert await own(here, ada, survey) == ("COMPLETED", {"treated": ["NO"], "new": "2026-01-31"})
    assert await completed(here, survey) == 2


async def test_a_member_that_is_erased_takes_its_answers_along(
    here: Town, survey: str, ada: Person, ben: Person
) -> None:
    await submitted(here, ada, survey)
    await submitted(here, ben, survey, NO)
    await here.database.execute("DELETE FROM care.member WHERE id = $1", ada.id)
    assert await completed(here, survey) == 1
    assert await answers_in(here, survey) == 1
    assert await here.value("SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1", uuid(survey)) == 1


async def test_a_suspended_member_keeps_its_part_in_surveys(here: Town, survey: str, ada: Person) -> None:
    await factories.suspension(here.database, member_id=ada.id)
    await submitted(here, ada, survey, NO)
    assert (await here.do(ada, "surveyWithdraw", "__typename", survey=survey))["userErrors"] == []
    assert await answers_in(here, survey) == 0
