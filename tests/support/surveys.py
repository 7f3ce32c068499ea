"""The survey that tests use, and steps that bring it to a status."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.client import Caller
from tests.support.town import Person, Town

NOTICE = "2025-1"
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


def wanted(home: UUID, **given: Any) -> dict[str, Any]:
    """An input that surveyCreate takes; it opens once two can answer."""
    return {
        "community": f"com_{home}",
        "title": "Sleep",
        "description": "How you sleep.",
        "questions": QUESTIONS,
        "minimumParticipants": 2,
        "closesOn": in_days(30),
        "offeredTo": ["HOSPITAL"],
    } | given


async def drafted(here: Town, boss: Caller, home: UUID, **given: Any) -> str:
    payload = await here.do(boss, "surveyCreate", "survey { id }", **wanted(home, **given))
    assert payload["userErrors"] == []
    return str(payload["survey"]["id"])


async def scheduled(here: Town, boss: Caller, home: UUID, **given: Any) -> str:
    survey = await drafted(here, boss, home, **given)
    assert (await here.do(boss, "surveySchedule", "survey { id }", survey=survey))["userErrors"] == []
    return survey


async def consents(here: Town, who: Caller, *recipients: str, **given: Any) -> None:
    """`who` allows its answers to be used for these, hospitals if none is named."""
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "noticeVersion": NOTICE} | given
    kinds = list(recipients or ["HOSPITAL"])
    payload = await here.do(who, "consentSet", "consent { granted }", recipients=kinds, **wants)
    assert payload["userErrors"] == []


async def opened(here: Town, boss: Caller, home: UUID, *members: Person, **given: Any) -> str:
    """The id of an open survey to which these members, at least two, are invited."""
    for member in members:
        await consents(here, member)
    survey = await scheduled(here, boss, home, **given)
    assert await status_of(here, survey) == "OPEN"
    return survey


async def submitted(here: Town, who: Caller, survey: str, *answers: dict[str, Any]) -> None:
    payload = await here.do(who, "surveySubmit", "participation { status }", survey=survey, answers=answers or WHOLE)
    assert payload == {"participation": {"status": "COMPLETED"}, "userErrors": []}


def uuid(id: str) -> UUID:
    return UUID(id[4:])


async def status_of(here: Town, survey: str) -> str:
    return str(await here.value("SELECT status FROM catalog.survey WHERE id = $1", uuid(survey)))


async def completed(here: Town, survey: str) -> int:
    """The count that the house is shown, which the rows must agree with."""
    kept = await here.value("SELECT completed_count FROM catalog.survey_progress WHERE survey_id = $1", uuid(survey))
    rows = "SELECT count(*) FROM research.participation WHERE survey_id = $1 AND status = 'COMPLETED'"
    assert (kept or 0) == await here.value(rows, uuid(survey))
    return kept or 0


async def participation(here: Town, who: Person, survey: str) -> str | None:
    query = "SELECT status FROM research.participation WHERE member_id = $1 AND survey_id = $2"
    found: str | None = await here.value(query, who.id, uuid(survey))
    return found


async def answers_in(here: Town, survey: str) -> int:
    """How many answers there are to a survey, whoever's; a sheet that nobody's participation leads to is none's."""
    query = "SELECT count(*) FROM research.answer a JOIN research.answer_sheet s ON s.id = a.answer_sheet_id"
    found: int = await here.value(f"{query} WHERE s.survey_id = $1", uuid(survey))
    return found
