"""The survey that tests use, and steps that bring it to a status."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest_asyncio

from resolvers.insight import openings
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network

NOTICE, TRACKING_NOTICE = "2026-4", "2026-3"  # in force: for surveys, for tracking
SHOWN = {"noticeVersion": NOTICE, "noticeLanguage": "FR"}  # to whoever sets a consent
CHOICES = [{"code": "YES", "label": "Yes"}, {"code": "NO", "label": "No"}, {"code": "SOME", "label": "Somewhat"}]
TREATED = {"question": "treated", "operator": "EQUALS", "values": ["YES"]}
QUESTIONS: list[dict[str, Any]] = [
    {"key": "treated", "text": "Treated?", "kind": "SINGLE_CHOICE", "required": True, "options": CHOICES},
    {
        "key": "how", "text": "How?", "kind": "MULTIPLE_CHOICE", "required": True, "options": CHOICES, "maxChoices": 2,
        "visibleWhen": [TREATED],
    },
    {"key": "burden", "text": "A burden?", "kind": "SCALE", "required": False, "minimum": 0, "maximum": 10},
    {"key": "words", "text": "What else?", "kind": "TEXT", "required": False},
]  # fmt: skip
YES, NO = {"question": "treated", "codes": ["YES"]}, {"question": "treated", "codes": ["NO"]}
HOW = {"question": "how", "codes": ["SOME"]}
WHOLE = [YES, HOW, {"question": "burden", "number": 7}, {"question": "words", "text": "Sleep."}]


def today() -> date:
    return datetime.now(UTC).date()


def in_days(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def wanted(community_id: UUID, **given: Any) -> dict[str, Any]:
    """A valid input of surveyCreate."""
    return {
        "community": f"com_{community_id}",
        "title": "Sleep",
        "description": "How you sleep.",
        "questions": QUESTIONS,
        "closesOn": in_days(30),
        "offeredTo": ["HOSPITAL"],
    } | given


async def drafted(network: Network, survey_manager: Caller, community_id: UUID, **given: Any) -> str:
    payload = await network.do(survey_manager, "surveyCreate", "survey { id }", **wanted(community_id, **given))
    assert payload["userErrors"] == []
    return str(payload["survey"]["id"])


async def scheduled(network: Network, survey_manager: Caller, community_id: UUID, **given: Any) -> str:
    """The id of a survey that waits: its minimum is out of reach of any noise."""
    survey = await drafted(network, survey_manager, community_id, minimumParticipants=100_000, **given)
    with mock.patch.object(openings, "SURVEYS_YEARLY", 10**9):  # more than a community's surveys may cost
        scheduling = await network.do(survey_manager, "surveySchedule", "survey { id }", survey=survey)
    assert scheduling["userErrors"] == []
    return survey


async def consents(network: Network, who: Caller, *recipients: str, **given: Any) -> None:
    """`who` consents to these recipients, or to hospitals if none is given."""
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, **SHOWN} | given
    if wants["purpose"] == "TRACKING_RESEARCH":
        wants["noticeVersion"] = TRACKING_NOTICE
    kinds = list(recipients or ["HOSPITAL"])
    payload = await network.do(who, "consentSet", "consent { granted }", recipients=kinds, **wants)
    assert payload["userErrors"] == []


async def becomes_ready(network: Network, *surveys: str) -> None:
    """Lets waiting surveys open at the next look, whatever the noise."""
    lowered = "UPDATE research.survey_opening SET threshold = -100000, looked_on = NULL WHERE survey_id = $1"
    for survey in surveys:
        assert await network.database.execute(lowered, key(survey)) == "UPDATE 1"


async def looked_at(network: Network, survey: str) -> str:
    """The status of a waiting survey after a look at whether it opens, if one is due today."""
    async with network.database.transaction():
        await openings.settle(network.database, key(survey))
    await network.deliver()
    return await status_of(network, survey)


async def opens(network: Network, survey: str) -> None:
    """Opens a waiting survey as if enough members could answer it."""
    await network.database.execute("SELECT catalog.open_survey($1)", key(survey))
    assert await status_of(network, survey) == "OPEN"
    await network.deliver()


async def opened(network: Network, survey_manager: Caller, community_id: UUID, *members: User, **given: Any) -> str:
    """The id of an open survey to which these members are invited."""
    for member in members:
        await consents(network, member)
    survey = await scheduled(network, survey_manager, community_id, **given)
    await opens(network, survey)
    return survey


async def submitted(network: Network, who: Caller, survey: str, *answers: dict[str, Any]) -> None:
    payload = await network.do(who, "surveySubmit", "participation { status }", survey=survey, answers=answers or WHOLE)
    assert payload == {"participation": {"status": "COMPLETED"}, "userErrors": []}


async def status_of(network: Network, survey: str) -> str:
    return str(await network.value("SELECT status FROM catalog.survey WHERE id = $1", key(survey)))


async def completed(network: Network, survey: str) -> int:
    """The number of members who have completed it."""
    rows = "SELECT count(*) FROM research.participation WHERE survey_id = $1 AND status = 'COMPLETED'"
    found: int = await network.value(rows, key(survey))
    return found


async def participation(network: Network, who: User, survey: str) -> str | None:
    query = "SELECT status FROM research.participation WHERE member_id = $1 AND survey_id = $2"
    found: str | None = await network.value(query, who.id, key(survey))
    return found


async def answers_in(network: Network, survey: str) -> int:
    """The number of a survey's answers, linked to a participation or not."""
    query = "SELECT count(*) FROM research.answer a JOIN research.answer_sheet s ON s.id = a.answer_sheet_id"
    found: int = await network.value(f"{query} WHERE s.survey_id = $1", key(survey))
    return found


@pytest_asyncio.fixture
async def survey(network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User) -> str:
    """Yields the graph's id of an open survey to which `ada` and `ben` are invited."""
    return await opened(network, survey_manager, community_id, ada, ben)
