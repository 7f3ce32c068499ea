"""A survey's lifecycle: what opens it, whom it invites, what closing it deletes, and concurrent requests."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.identity.members import MemberKind, Sex
from models.metadata import metadata
from models.security.publisher import PUBLISHER
from resolvers.jobs import settle_surveys
from tests import factories
from tests.server.test_scheduler import as_
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.surveys import (
    HOW,
    NO,
    YES,
    answers_in,
    becomes_ready,
    completed,
    consents,
    drafted,
    in_days,
    opened,
    opens,
    participation,
    scheduled,
    status_of,
    submitted,
)

pytestmark = pytest.mark.usefixtures("hurried")


async def test_a_scheduled_survey_waits_for_its_day_and_for_enough_members(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    for who in (ada, ben):
        await consents(network, who)
    early = await scheduled(network, survey_manager, community_id)
    later = await scheduled(network, survey_manager, community_id, opensOn=in_days(1))
    now = await scheduled(network, survey_manager, community_id, opensOn=in_days(0))
    await becomes_ready(network, later, now)
    async with as_(PUBLISHER, network) as publisher:
        await settle_surveys(publisher)
    await network.deliver()
    assert (await status_of(network, later), await participation(network, ada, later)) == ("WAITING", None)
    assert (await status_of(network, now), await participation(network, ada, now)) == ("OPEN", "INVITED")
    assert await status_of(network, early) == "WAITING"
    for survey in (early, later, now):
        assert await network.refused(survey_manager, "surveySchedule", survey=survey) == ("CONFLICT", "input.survey")
    past = await drafted(network, survey_manager, community_id)
    await network.database.execute("UPDATE catalog.survey SET closes_on = current_date - 2 WHERE id = $1", key(past))
    assert await network.refused(survey_manager, "surveySchedule", survey=past) == ("TOO_LATE", "input.survey")
    assert await status_of(network, past) == "DRAFT"
    assert await network.refused(survey_manager, "surveySchedule", survey="svy_x") == ("NOT_FOUND", "input.survey")


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
async def test_a_survey_invites_only_eligible_members(
    network: Network,
    survey_manager: User,
    community_id: UUID,
    eligibility: dict[str, Any] | None,
    asked: set[str],
) -> None:
    members = {
        "plain": await network.member(community_id),
        "woman": await network.member(community_id),
        "treated": await network.member(community_id),
        "relative": await network.member(community_id, kind=MemberKind.RELATIVE),
        "association": await network.member(community_id, kind=MemberKind.ASSOCIATION),
    }
    treatments = {name: (await factories.treatment(network.database))["id"] for name in ("this", "other")}
    await factories.course(network.database, member_id=members["treated"].id, treatment_id=treatments["this"])
    about = "UPDATE care.profile SET sex = $2, birth_year = $3, region = $4 WHERE member_id = $1"
    await network.database.execute(about, members["plain"].id, Sex.UNKNOWN, None, None)
    await network.database.execute(about, members["woman"].id, Sex.FEMALE, 1979, None)
    await network.database.execute(about, members["treated"].id, Sex.MALE, 1980, "Bretagne")
    for who in members.values():
        await consents(network, who)
    if eligibility and "treatments" in eligibility:
        eligibility = {"treatments": [f"trt_{treatments[name]}" for name in eligibility["treatments"]]}
    survey = await opened(network, survey_manager, community_id, eligibility=eligibility)
    invited = {name for name, who in members.items() if await participation(network, who, survey) == "INVITED"}
    assert invited == asked


async def test_closing_deletes_every_answer_and_keeps_who_took_part(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    cat = await network.member(community_id)
    survey = await opened(network, survey_manager, community_id, ada, ben, cat)
    other = await opened(network, survey_manager, community_id, ada)
    for one in (survey, other):
        await submitted(network, ada, one)
    await submitted(network, ben, survey, NO)
    await network.do(cat, "surveySave", "__typename", survey=survey, answers=[NO])
    payload = await network.do(
        survey_manager, "surveyClose", "survey { status closesOn progress { completed } dataset { id } }", survey=survey
    )
    assert payload["survey"] == {"status": "CLOSED", "closesOn": in_days(0), "progress": None, "dataset": None}
    await network.freeze()
    sheets = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
    assert [await network.value(sheets, key(one)) for one in (survey, other)] == [0, 1]
    assert (await answers_in(network, survey), await answers_in(network, other)) == (0, 4)
    parts = await network.database.fetch(
        """
        SELECT status, answer_sheet_id, completed_at = date_trunc('day', completed_at, 'UTC') AS is_a_day
        FROM research.participation WHERE survey_id = $1 ORDER BY status
        """,
        key(survey),
    )
    assert [tuple(row) for row in parts] == [("COMPLETED", None, True)] * 2 + [("LAPSED", None, None)]
    shown = "query ($id: ID!) { survey(id: $id) { participation { status answers { text } } } }"
    own = (await network.ask(ada, shown, {"id": survey}))["data"]["survey"]["participation"]
    assert own == {"status": "COMPLETED", "answers": []}
    assert await completed(network, survey) == 2
    for mutation in ("surveyClose", "surveyRevise"):
        assert await network.refused(survey_manager, mutation, survey=survey) == ("TOO_LATE", "input.survey")
    assert await network.refused(survey_manager, "surveySchedule", survey=survey) == ("CONFLICT", "input.survey")


async def test_no_value_of_a_closed_survey_is_found_in_any_table(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, ben)
    words = {"question": "words", "text": "an umbrella of walnuts"}
    for who in (ada, ben):
        await submitted(network, who, survey, YES, HOW, words)
    tables = [table.fullname for table in metadata.sorted_tables]
    found = "SELECT count(*) FROM {} t WHERE t::text LIKE '%umbrella of walnuts%'"
    assert sum([await network.value(found.format(table)) for table in tables]) == 2
    await network.do(survey_manager, "surveyClose", "__typename", survey=survey)
    await network.freeze()
    assert sum([await network.value(found.format(table)) for table in tables]) == 0


async def test_no_participation_shows_when_it_was_given(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, ben)
    for who in (ada, ben):
        await submitted(network, who, survey)
    await network.do(survey_manager, "surveyClose", "__typename", survey=survey)
    closed = await network.value("SELECT pg_current_xact_id()::text::bigint")
    await network.freeze()
    written = await network.database.fetch(
        "SELECT member_id, xmin::text::bigint AS by FROM research.participation WHERE survey_id = $1", key(survey)
    )
    # Each is written again, in an order that their members' ids decide.
    assert [row["by"] > closed for row in written] == [True] * 2
    parts = [(row["by"], row["member_id"].hex[0]) for row in written]
    assert sorted(parts) == sorted(parts, key=lambda one: (one[1], one[0]))
    assert len({by for by, _ in parts}) == len({part for _, part in parts})


async def test_a_scheduled_survey_can_be_closed_and_a_draft_cannot(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    draft, waiting = (
        await drafted(network, survey_manager, community_id),
        await scheduled(network, survey_manager, community_id),
    )
    assert await network.refused(survey_manager, "surveyClose", survey=draft) == ("TOO_EARLY", "input.survey")
    assert await status_of(network, draft) == "DRAFT"
    assert (await network.do(survey_manager, "surveyClose", "survey { status }", survey=waiting))["survey"] == {
        "status": "CLOSED"
    }


async def test_concurrent_requests_schedule_and_close_once(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    for who in (ada, ben):
        await consents(network, who)
    survey = await drafted(network, survey_manager, community_id, minimumParticipants=100_000)
    await network.events()
    for mutation, expected in (("surveySchedule", "CONFLICT"), ("surveyClose", "TOO_LATE")):
        if mutation == "surveyClose":
            await opens(network, survey)
        made = await asyncio.gather(
            *(network.do(survey_manager, mutation, "survey { id }", survey=survey) for _ in range(4))
        )
        codes = sorted(str([error["code"] for error in one["userErrors"]]) for one in made)
        assert codes == sorted(["[]"] + [f"['{expected}']"] * 3)
    of_survey = "SELECT id::text FROM care.notification WHERE subject_id = $1"
    notified = {row["id"] for row in await network.database.fetch(of_survey, key(survey))}
    events = [(one["kind"], one["subject"]) for one in await network.events()]
    assert [kind for kind, _ in events].count("surveyOpened") == 1
    assert sorted(id for kind, id in events if kind == "notificationAdded" and id in notified) == sorted(notified)
    assert len(notified) == 2
    assert await status_of(network, survey) == "CLOSED"
