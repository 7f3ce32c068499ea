"""Answering surveys: drafts, submission, re-submission, withdrawal, and what a refusal leaves unchanged."""

from typing import Any
from uuid import UUID

import pytest

from models.identity.members import MemberKind
from tests import factories
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
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
)

OWN = """
    query ($id: ID!) {
      survey(id: $id) { participation { status answers { question { key } codes number date text } } }
    }
"""


async def own(network: Network, who: User, survey: str) -> tuple[str, dict[str, Any]]:
    """The viewer's status and answers, as the graph shows them."""
    answer = await network.ask(who, OWN, {"id": survey})
    part = answer["data"]["survey"]["participation"]
    values = {
        one["question"]["key"]: one["codes"] or one["number"] or one["date"] or one["text"] for one in part["answers"]
    }
    return part["status"], values


async def refusals(network: Network, who: User, mutation: str, **given: Any) -> list[tuple[str, str]]:
    payload = await network.do(who, mutation, "participation { status }", **given)
    assert payload["participation"] is None
    return [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]


async def test_answers_are_submitted_and_counted_once(network: Network, survey: str, ada: User, ben: User) -> None:
    assert await participation(network, ada, survey) == "INVITED"
    await submitted(network, ada, survey)
    whole = {"treated": ["YES"], "how": ["SOME"], "burden": 7, "words": "Sleep."}
    assert await own(network, ada, survey) == ("COMPLETED", whole)
    assert await own(network, ben, survey) == ("INVITED", {})
    assert await completed(network, survey) == 1
    await submitted(network, ada, survey, NO)
    assert await own(network, ada, survey) == ("COMPLETED", {"treated": ["NO"]})
    assert await completed(network, survey) == 1
    assert await answers_in(network, survey) == 1
    sheets = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
    assert await network.value(sheets, key(survey)) == 1


async def test_a_draft_is_stored_and_replaced_but_not_counted(network: Network, survey: str, ada: User) -> None:
    payload = await network.do(ada, "surveySave", "participation { status }", survey=survey, answers=[YES])
    assert payload == {"participation": {"status": "STARTED"}, "userErrors": []}
    assert await own(network, ada, survey) == ("STARTED", {"treated": ["YES"]})
    await network.do(ada, "surveySave", "participation { status }", survey=survey, answers=WHOLE[2:])
    assert await own(network, ada, survey) == ("STARTED", {"burden": 7, "words": "Sleep."})
    assert await completed(network, survey) == 0
    await submitted(network, ada, survey)
    assert await refusals(network, ada, "surveySave", survey=survey, answers=[NO]) == [("CONFLICT", "input.survey")]
    assert (await own(network, ada, survey))[0] == "COMPLETED"


async def test_answers_to_hidden_questions_are_dropped(network: Network, survey: str, ada: User) -> None:
    await network.do(ada, "surveySave", "participation { status }", survey=survey, answers=[NO, HOW])
    assert await own(network, ada, survey) == ("STARTED", {"treated": ["NO"]})
    await submitted(network, ada, survey, NO, {"question": "how", "codes": ["NEVER"]})
    assert await own(network, ada, survey) == ("COMPLETED", {"treated": ["NO"]})


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], [("INVALID", "input.answers.treated")]),
        ([YES], [("INVALID", "input.answers.how")]),
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
                ("INVALID", "input.answers.treated"),
            ],
        ),
    ],
)  # fmt: skip
async def test_invalid_answers_are_refused_and_earlier_ones_stay(
    network: Network,
    survey: str,
    ada: User,
    answers: list[dict[str, Any]],
    expected: list[tuple[str, str]],
) -> None:
    await network.do(ada, "surveySave", "participation { status }", survey=survey, answers=[YES])
    assert await refusals(network, ada, "surveySubmit", survey=survey, answers=answers) == expected
    assert await own(network, ada, survey) == ("STARTED", {"treated": ["YES"]})
    assert await completed(network, survey) == 0


async def test_withdrawn_answers_are_deleted_at_once_and_can_be_submitted_again(
    network: Network, survey: str, ada: User, ben: User
) -> None:
    await submitted(network, ada, survey)
    await submitted(network, ben, survey, NO)
    for _ in range(2):  # once more changes nothing
        payload = await network.do(ada, "surveyWithdraw", "participation { status completedAt }", survey=survey)
        assert payload == {"participation": {"status": "WITHDRAWN", "completedAt": None}, "userErrors": []}
        assert await answers_in(network, survey) == 1
        assert await network.value("SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1", key(survey)) == 1
        assert await completed(network, survey) == 1
    assert await own(network, ben, survey) == ("COMPLETED", {"treated": ["NO"]})
    await submitted(network, ada, survey, NO)
    assert await completed(network, survey) == 2


async def test_members_who_are_not_invited_are_refused_and_nothing_is_stored(
    network: Network, survey_manager: User, community_id: UUID, survey: str, ada: User
) -> None:
    elsewhere = (await factories.community(network.database))["id"]
    stranger, silent, narrow = (
        await network.member(elsewhere),
        await network.member(community_id),
        await network.member(community_id),
    )
    relative = await network.member(community_id, kind=MemberKind.RELATIVE)
    await consents(network, stranger)
    await consents(network, narrow, "INSURER")
    await consents(network, relative)
    for who in (stranger, silent, narrow, relative):
        for mutation in ("surveySave", "surveySubmit"):
            assert await network.refused(who, mutation, survey=survey, answers=WHOLE) == (
                "NOT_ELIGIBLE",
                "input.survey",
            )
        assert await network.refused(who, "surveyWithdraw", survey=survey) == ("NOT_FOUND", "input.survey")
        assert await participation(network, who, survey) is None
    for who, lacking in (
        (stranger, "Join the survey's community first, with `communityJoin`."),
        (silent, "Consent first, with `consentSet`, to every kind of organization in the survey's `offeredTo`."),
        (narrow, "Consent first, with `consentSet`, to every kind of organization in the survey's `offeredTo`."),
        (relative, "The survey is for eligible members of its community whose consent covers its recipients."),
    ):
        payload = await network.do(who, "surveySubmit", "userErrors { message }", survey=survey, answers=WHOLE)
        assert [error["message"] for error in payload["userErrors"]] == [lacking]
    assert await answers_in(network, survey) == 0


async def test_members_who_left_or_withdrew_consent_can_withdraw_answers_but_not_answer(
    network: Network, survey: str, ada: User, community_id: UUID
) -> None:
    await submitted(network, ada, survey)
    assert (await network.do(ada, "communityLeave", "community { id }", community=f"com_{community_id}"))[
        "userErrors"
    ] == []
    assert await network.refused(ada, "surveySubmit", survey=survey, answers=[NO]) == ("NOT_ELIGIBLE", "input.survey")
    assert (await own(network, ada, survey))[1]["treated"] == ["YES"]
    await network.do(ada, "surveyWithdraw", "participation { status }", survey=survey)
    assert await answers_in(network, survey) == 0


async def test_a_survey_that_is_not_open_takes_no_answers(
    network: Network, survey_manager: User, community_id: UUID, ada: User
) -> None:
    ben = await network.member(community_id)
    await consents(network, ada)
    await consents(network, ben)
    waiting = await scheduled(network, survey_manager, community_id, opensOn=in_days(3))
    draft = await drafted(network, survey_manager, community_id)
    assert await network.refused(ada, "surveySubmit", survey=waiting, answers=[NO]) == ("TOO_EARLY", "input.survey")
    assert await network.refused(ada, "surveySave", survey=draft, answers=[NO]) == ("NOT_FOUND", "input.survey")
    assert await network.refused(ada, "surveyWithdraw", survey=draft) == ("NOT_FOUND", "input.survey")
    for nonsense in ("svy_x", f"com_{community_id}", f"svy_{community_id}"):
        assert await network.refused(ada, "surveySubmit", survey=nonsense, answers=[]) == ("NOT_FOUND", "input.survey")
    past = await opened(network, survey_manager, community_id)
    await network.database.execute("UPDATE catalog.survey SET closes_on = current_date - 2 WHERE id = $1", key(past))
    assert await network.refused(ada, "surveySubmit", survey=past, answers=[NO]) == ("TOO_LATE", "input.survey")
    closed = await opened(network, survey_manager, community_id)
    await submitted(network, ada, closed)
    await network.do(survey_manager, "surveyClose", "survey { id }", survey=closed)
    await network.freeze()
    for mutation, given in (
        ("surveySave", {"answers": [NO]}),
        ("surveySubmit", {"answers": [NO]}),
        ("surveyWithdraw", {}),
    ):
        assert await network.refused(ada, mutation, survey=closed, **given) == ("TOO_LATE", "input.survey")
    assert (await answers_in(network, closed), await participation(network, ada, closed)) == (0, "COMPLETED")


async def test_answers_to_an_earlier_version_stay_with_their_questions(
    network: Network, survey_manager: User, survey: str, ada: User, ben: User
) -> None:
    await submitted(network, ada, survey)
    asked = [QUESTIONS[0], {"key": "new", "text": "New?", "kind": "DATE", "required": True}]
    revised = await network.do(
        survey_manager, "surveyRevise", "survey { version questions { key } }", survey=survey, questions=asked
    )
    assert revised["survey"] == {"version": 2, "questions": [{"key": "treated"}, {"key": "new"}]}
    assert (await own(network, ada, survey))[1]["burden"] == 7
    assert await network.refused(ben, "surveySubmit", survey=survey, answers=[NO]) == ("INVALID", "input.answers.new")
    new = {"question": "new", "date": "2026-01-31"}
    assert await refusals(network, ben, "surveySubmit", survey=survey, answers=[YES, HOW, new]) == [
        ("NOT_FOUND", "input.answers.1.question")
    ]
    await submitted(network, ben, survey, YES, new)
    assert await own(network, ben, survey) == ("COMPLETED", {"treated": ["YES"], "new": "2026-01-31"})
    await submitted(network, ada, survey, NO, new)
    assert await own(network, ada, survey) == ("COMPLETED", {"treated": ["NO"], "new": "2026-01-31"})
    assert await completed(network, survey) == 2


async def test_erasing_a_member_deletes_their_answers(network: Network, survey: str, ada: User, ben: User) -> None:
    await submitted(network, ada, survey)
    await submitted(network, ben, survey, NO)
    await network.database.execute("DELETE FROM care.member WHERE id = $1", ada.id)
    assert await completed(network, survey) == 1
    assert await answers_in(network, survey) == 1
    assert await network.value("SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1", key(survey)) == 1


async def test_suspended_members_still_participate_in_surveys(network: Network, survey: str, ada: User) -> None:
    await factories.suspension(network.database, member_id=ada.id)
    await submitted(network, ada, survey, NO)
    assert (await network.do(ada, "surveyWithdraw", "__typename", survey=survey))["userErrors"] == []
    assert await answers_in(network, survey) == 0
