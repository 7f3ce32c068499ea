"""Where a survey stands: what opens it and whom it then asks, what closing cuts, and twins."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.identity.members import MemberKind, Sex
from tests import factories
from tests.support.surveys import (
    NO,
    answers_in,
    completed,
    consents,
    drafted,
    in_days,
    opened,
    participation,
    scheduled,
    status_of,
    submitted,
    uuid,
)
from tests.support.town import Person, Town


async def test_a_scheduled_survey_waits_for_its_day_and_for_enough_members(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person
) -> None:
    early = await scheduled(here, boss, home, minimumParticipants=1)
    assert await status_of(here, early) == "WAITING"
    for who in (ada, ben):
        await consents(here, who)
    assert await status_of(here, early) == "OPEN"
    assert await status_of(here, await scheduled(here, boss, home, minimumParticipants=3)) == "WAITING"
    later = await scheduled(here, boss, home, opensOn=in_days(1))
    assert (await status_of(here, later), await participation(here, ada, later)) == ("WAITING", None)
    now = await scheduled(here, boss, home, opensOn=in_days(0))
    assert (await status_of(here, now), await participation(here, ada, now)) == ("OPEN", "INVITED")
    for survey in (early, later, now):
        assert await here.refused(boss, "surveySchedule", survey=survey) == ("CONFLICT", "input.survey")
    past = await drafted(here, boss, home)
    await here.database.execute("UPDATE catalog.survey SET closes_on = current_date - 2 WHERE id = $1", uuid(past))
    assert await here.refused(boss, "surveySchedule", survey=past) == ("TOO_LATE", "input.survey")
    assert await status_of(here, past) == "DRAFT"
    assert await here.refused(boss, "surveySchedule", survey="svy_x") == ("NOT_FOUND", "input.survey")


@pytest.mark.parametrize(
    ("eligibility", "asked"),
    [
        (None, {"plain", "woman", "treated"}),
        ({}, {"plain", "woman", "treated"}),
        ({"kinds": ["RELATIVE"]}, {"relative"}),
        ({"kinds": ["RELATIVE", "PATIENT"]}, {"relative", "plain", "woman", "treated"}),
        ({"sexes": ["FEMALE"]}, {"woman"}),
        ({"bornFrom": 1980}, {"treated"}),
        ({"bornTo": 1979}, {"woman"}),
        ({"bornFrom": 1970, "bornTo": 1990}, {"woman", "treated"}),
        ({"regions": ["Bretagne", "Corse"]}, {"treated"}),
        ({"treatments": ["this"]}, {"treated"}),
        ({"treatments": ["other"]}, set()),
    ],
)
async def test_a_survey_asks_whom_it_is_for(
    here: Town, boss: Person, home: UUID, eligibility: dict[str, Any] | None, asked: set[str]
) -> None:
    members = {
        "plain": await here.member(home),
        "woman": await here.member(home),
        "treated": await here.member(home),
        "relative": await here.member(home, kind=MemberKind.RELATIVE),
        "association": await here.member(home, kind=MemberKind.ASSOCIATION),
    }
    treatments = {name: (await factories.treatment(here.database))["id"] for name in ("this", "other")}
    await factories.course(here.database, member_id=members["treated"].id, treatment_id=treatments["this"])
    about = "UPDATE care.profile SET sex = $2, birth_year = $3, region = $4 WHERE member_id = $1"
    await here.database.execute(about, members["plain"].id, Sex.UNKNOWN, None, None)
    await here.database.execute(about, members["woman"].id, Sex.FEMALE, 1979, None)
    await here.database.execute(about, members["treated"].id, Sex.MALE, 1980, "Bretagne")
    for who in members.values():
        await consents(here, who)
    if eligibility and "treatments" in eligibility:
        eligibility = {"treatments": [f"trt_{treatments[name]}" for name in eligibility["treatments"]]}
    survey = await scheduled(here, boss, home, eligibility=eligibility, minimumParticipants=max(len(asked), 1))
    assert await status_of(here, survey) == ("OPEN" if asked else "WAITING")
    invited = {name for name, who in members.items() if await participation(here, who, survey) == "INVITED"}
    assert invited == asked


async def test_closing_cuts_every_link_between_members_and_their_answers(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person
) -> None:
    cat = await here.member(home)
    survey = await opened(here, boss, home, ada, ben, cat)
    await submitted(here, ada, survey)
    await submitted(here, ben, survey, NO)
    await here.do(cat, "surveySave", "__typename", survey=survey, answers=[NO])
    sheets = "SELECT id FROM research.answer_sheet WHERE survey_id = $1"
    before = {row["id"] for row in await here.database.fetch(sheets, uuid(survey))}
    payload = await here.do(boss, "surveyClose", "survey { status closesOn completedCount }", survey=survey)
    assert payload["survey"] == {"status": "CLOSED", "closesOn": in_days(0), "completedCount": 2}
    after = {row["id"] for row in await here.database.fetch(sheets, uuid(survey))}
    assert (len(before), len(after), before & after) == (3, 2, set())
    assert await answers_in(here, survey) == 5
    parts = await here.database.fetch(
        """
        SELECT status, answer_sheet_id, completed_at = date_trunc('day', completed_at, 'UTC') AS is_a_day
        FROM research.participation WHERE survey_id = $1 ORDER BY status
        """,
        uuid(survey),
    )
    assert [tuple(row) for row in parts] == [("COMPLETED", None, True)] * 2 + [("STARTED", None, None)]
    texts = "SELECT a.text FROM research.answer a JOIN research.answer_sheet s ON s.id = a.answer_sheet_id"
    kept = await here.database.fetch(f"{texts} WHERE s.survey_id = $1 AND a.text IS NOT NULL", uuid(survey))
    assert [row["text"] for row in kept] == ["Sleep."]
    shown = "query ($id: ID!) { survey(id: $id) { participation { status answers { text } } } }"
    own = (await here.ask(ada, shown, {"id": survey}))["data"]["survey"]["participation"]
    assert own == {"status": "COMPLETED", "answers": []}
    assert await completed(here, survey) == 2
    for mutation in ("surveyClose", "surveyRevise"):
        assert await here.refused(boss, mutation, survey=survey) == ("TOO_LATE", "input.survey")
    assert await here.refused(boss, "surveySchedule", survey=survey) == ("CONFLICT", "input.survey")


async def test_no_answer_can_be_told_by_where_or_when_it_was_written(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person
) -> None:
    survey = await opened(here, boss, home, ada, ben)
    for who in (ada, ben):
        await submitted(here, who, survey)
    await here.do(boss, "surveyClose", "__typename", survey=survey)
    for table, of_survey in (
        ("research.participation", "survey_id = $1"),
        ("research.answer_sheet", "survey_id = $1"),
        ("research.answer", "answer_sheet_id IN (SELECT id FROM research.answer_sheet WHERE survey_id = $1)"),
    ):
        written = await here.database.fetch(f"SELECT DISTINCT xmin::text FROM {table} WHERE {of_survey}", uuid(survey))
        assert len(written) == 1, table
    in_place = "SELECT id FROM research.answer_sheet WHERE survey_id = $1 ORDER BY ctid"
    ids = [row["id"] for row in await here.database.fetch(in_place, uuid(survey))]
    assert ids == sorted(ids)


async def test_what_was_never_scheduled_cannot_be_closed_and_what_waits_can(
    here: Town, boss: Person, home: UUID
) -> None:
    draft, waiting = await drafted(here, boss, home), await scheduled(here, boss, home)
    assert await here.refused(boss, "surveyClose", survey=draft) == ("TOO_EARLY", "input.survey")
    assert await status_of(here, draft) == "DRAFT"
    assert (await here.do(boss, "surveyClose", "survey { status }", survey=waiting))["survey"] == {"status": "CLOSED"}


async def test_twins_schedule_and_close_once(here: Town, boss: Person, home: UUID, ada: Person, ben: Person) -> None:
    for who in (ada, ben):
        await consents(here, who)
    survey = await drafted(here, boss, home)
    await here.events()
    for mutation, expected in (("surveySchedule", "CONFLICT"), ("surveyClose", "TOO_LATE")):
        made = await asyncio.gather(*(here.do(boss, mutation, "survey { id }", survey=survey) for _ in range(4)))
        codes = sorted(str([error["code"] for error in one["userErrors"]]) for one in made)
        assert codes == sorted(["[]"] + [f"['{expected}']"] * 3)
    told = [one["kind"] for one in await here.events()]
    assert (told.count("surveyOpened"), told.count("notificationAdded")) == (1, 2)
    assert await status_of(here, survey) == "CLOSED"
