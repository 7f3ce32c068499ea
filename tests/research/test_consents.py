"""Consents: what they open and count, what withdrawal deletes at once, their history and refusals."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.members import MemberKind
from tests.support.surveys import (
    NO,
    NOTICE,
    answers_in,
    completed,
    consents,
    in_days,
    opened,
    participation,
    scheduled,
    status_of,
    submitted,
    uuid,
)
from tests.support.town import Person, Town

HISTORY = """
    SELECT granted, recipients, notice_version FROM research.consent_change
    WHERE member_id = $1 AND purpose = 'SURVEY_RESEARCH' ORDER BY changed_at
"""
TOLD = "SELECT count(*) FROM care.notification WHERE member_id = $1 AND subject_type = 'svy' AND subject_id = $2"


async def history(here: Town, who: Person) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await here.database.fetch(HISTORY, who.id)]


async def takes_back(here: Town, who: Person) -> None:
    given = {"purpose": "SURVEY_RESEARCH", "granted": False, "noticeVersion": NOTICE}
    payload = await here.do(who, "consentSet", "consent { granted recipients }", **given)
    assert payload == {"consent": {"granted": False, "recipients": []}, "userErrors": []}


async def readiness(here: Town, who: Person, home: UUID) -> tuple[int, bool]:
    slug = await here.value("SELECT slug FROM catalog.community WHERE id = $1", home)
    query = "query ($slug: String!) { community(slug: $slug) { readiness { consenting ready } } }"
    found = (await here.ask(who, query, {"slug": slug}))["data"]["community"]["readiness"]
    return found["consenting"], found["ready"]


async def test_a_consent_shows_the_decision_and_keeps_its_history(here: Town, ada: Person, ben: Person) -> None:
    fields = "consent { purpose granted recipients noticeVersion }"
    given = {"purpose": "SURVEY_RESEARCH", "granted": True, "noticeVersion": NOTICE}
    payload = await here.do(ada, "consentSet", fields, recipients=["MUTUAL", "HOSPITAL", "MUTUAL"], **given)
    assert payload == {
        "consent": {
            "purpose": "SURVEY_RESEARCH",
            "granted": True,
            "recipients": ["HOSPITAL", "MUTUAL"],
            "noticeVersion": NOTICE,
        },
        "userErrors": [],
    }
    await here.do(ada, "consentSet", fields, **given)  # the same again: recipients stay, and nothing has changed
    await takes_back(here, ada)
    await consents(here, ada, "INSURER")
    await consents(here, ada, "INSURER", purpose="TRACKING_RESEARCH")
    assert await history(here, ada) == [
        (True, ["HOSPITAL", "MUTUAL"], NOTICE),
        (False, [], NOTICE),
        (True, ["INSURER"], NOTICE),
    ]
    assert await history(here, ben) == []
    own = "SELECT purpose, recipients FROM research.consent WHERE member_id = $1 ORDER BY purpose"
    assert [tuple(row) for row in await here.database.fetch(own, ada.id)] == [
        ("SURVEY_RESEARCH", ["INSURER"]),
        ("TRACKING_RESEARCH", ["INSURER"]),
    ]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"noticeVersion": "2024-9"}, "input.noticeVersion"),
        ({"noticeVersion": "2999-1"}, "input.noticeVersion"),
        ({"noticeVersion": ""}, "input.noticeVersion"),
        ({"recipients": []}, "input.recipients"),
        ({"recipients": None}, "input.recipients"),
        ({"granted": False, "recipients": ["HOSPITAL"]}, "input.recipients"),
        ({"granted": False, "recipients": [], "noticeVersion": "2999-1"}, "input.noticeVersion"),
    ],
)
async def test_an_invalid_consent_is_refused_and_not_stored(
    here: Town, ada: Person, given: dict[str, Any], path: str
) -> None:
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "recipients": ["HOSPITAL"], "noticeVersion": NOTICE}
    assert await here.refused(ada, "consentSet", **wants | given) == ("INVALID", path)
    assert await history(here, ada) == []
    assert await here.value("SELECT count(*) FROM research.consent WHERE member_id = $1", ada.id) == 0


async def test_consenting_needs_the_newest_notice_and_withdrawing_does_not(here: Town, ada: Person) -> None:
    await consents(here, ada)
    await here.database.execute(
        """
        INSERT INTO catalog.notice (purpose, version, in_force_on, text)
        VALUES ('SURVEY_RESEARCH', '2026-1', current_date, 'New.'),
            ('SURVEY_RESEARCH', '2999-1', current_date + 1, 'Not yet.')
        """
    )
    try:
        query = "{ notices { purpose version text } }"
        shown = (await here.ask(ada, query))["data"]["notices"]
        assert [(one["purpose"], one["version"]) for one in shown] == [
            ("SURVEY_RESEARCH", "2026-1"),
            ("TRACKING_RESEARCH", NOTICE),
        ]
        wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "noticeVersion": NOTICE}
        assert await here.refused(ada, "consentSet", **wants) == ("INVALID", "input.noticeVersion")
        await takes_back(here, ada)
        assert await here.refused(ada, "consentSet", **wants | {"noticeVersion": "2999-1"}) == (
            "INVALID",
            "input.noticeVersion",
        )
        await consents(here, ada, noticeVersion="2026-1")
    finally:
        await here.database.execute("DELETE FROM catalog.notice WHERE in_force_on >= current_date")


async def test_readiness_counts_consenting_patients_to_the_nearest_ten(here: Town, home: UUID, ada: Person) -> None:
    members = [ada] + [await here.member(home) for _ in range(4)]
    relative, stranger = await here.member(home, kind=MemberKind.RELATIVE), await here.member()
    await here.database.execute("UPDATE catalog.community SET needed_count = 10 WHERE id = $1", home)
    for who in (*members[:4], relative, stranger):
        await consents(here, who)
    await consents(here, members[4], purpose="TRACKING_RESEARCH")
    assert await readiness(here, ada, home) == (0, False)
    await consents(here, members[4])
    assert await readiness(here, ada, home) == (10, True)
    await takes_back(here, members[0])
    assert await readiness(here, ada, home) == (0, False)
    joined = await here.do(stranger, "communityJoin", "__typename", community=f"com_{home}")
    assert joined["userErrors"] == []
    assert await readiness(here, ada, home) == (10, True)
    await here.database.execute("DELETE FROM care.member WHERE id = $1", stranger.id)
    assert await readiness(here, ada, home) == (0, False)


async def test_the_demonstrations_readiness_counts_equal_its_rows(admin: asyncpg.Connection) -> None:
    count = "SELECT id, consenting_count FROM catalog.community ORDER BY id"
    before = await admin.fetch(count)
    await admin.execute("SELECT catalog.count_consenting(array(SELECT id FROM catalog.community))")
    assert await admin.fetch(count) == before
    assert sum(row["consenting_count"] for row in before) > 100


async def test_a_survey_opens_by_itself_when_enough_consent(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person
) -> None:
    late = await here.member(home)
    survey = await scheduled(here, boss, home)
    await consents(here, ada)
    assert (await status_of(here, survey), await participation(here, ada, survey)) == ("WAITING", None)
    await consents(here, ben, "INSURER")  # not for whom the survey is offered to
    assert await status_of(here, survey) == "WAITING"
    await here.events()
    await consents(here, ben, "INSURER", "HOSPITAL")
    assert await status_of(here, survey) == "OPEN"
    row = await here.row("SELECT opens_on, closes_on FROM catalog.survey WHERE id = $1", uuid(survey))
    assert [day.isoformat() for day in row.values()] == [in_days(0), in_days(30)]
    for who, invited in ((ada, "INVITED"), (ben, "INVITED"), (late, None)):
        assert await participation(here, who, survey) == invited
        assert await here.value(TOLD, who.id, uuid(survey)) == (invited is not None)
    told = await here.events()
    assert {"kind": "surveyOpened", "subject": str(uuid(survey)), "about": str(home)} in told
    assert [one["about"] for one in told if one["kind"] == "notificationAdded"] == sorted([str(ada.id), str(ben.id)])
    await consents(here, late)  # an open survey asks whoever consents later, too
    assert await participation(here, late, survey) == "INVITED"
    assert await here.value(TOLD, late.id, uuid(survey)) == 1
    await takes_back(here, late)
    await consents(here, late)
    assert await here.value(TOLD, late.id, uuid(survey)) == 1


async def test_joining_opens_a_survey_that_needs_one_more_member(
    here: Town, boss: Person, home: UUID, ada: Person
) -> None:
    newcomer = await here.member()
    survey = await scheduled(here, boss, home)
    await consents(here, ada)
    await consents(here, newcomer)
    assert await status_of(here, survey) == "WAITING"
    await here.do(newcomer, "communityJoin", "__typename", community=f"com_{home}")
    assert await status_of(here, survey) == "OPEN"
    assert await participation(here, newcomer, survey) == "INVITED"


async def test_concurrent_consents_that_reach_the_number_open_a_survey_once(
    here: Town, boss: Person, home: UUID
) -> None:
    for _ in range(4):
        members = [await here.member(home) for _ in range(6)]
        waiting = {"minimumParticipants": await here.value(CONSENTING, home) + 5}
        survey = await scheduled(here, boss, home, **waiting)
        await here.events()
        await asyncio.gather(*(consents(here, who) for who in members))
        assert await status_of(here, survey) == "OPEN"
        told = [one for one in await here.events() if one["kind"] == "surveyOpened"]
        assert [one["subject"] for one in told] == [str(uuid(survey))]
        for who in members:
            assert await here.value(TOLD, who.id, uuid(survey)) == 1
    assert await here.value("SELECT consenting_count FROM catalog.community WHERE id = $1", home) == 20


CONSENTING = """
    SELECT count(*) FROM research.consent JOIN care.membership USING (member_id)
    WHERE community_id = $1 AND purpose = 'SURVEY_RESEARCH' AND granted
"""


@pytest.mark.parametrize("narrowed", [False, True])
async def test_withdrawing_consent_deletes_answers_to_open_surveys_at_once(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person, narrowed: bool
) -> None:
    survey = await opened(here, boss, home, ada, ben)
    begun = await scheduled(here, boss, home)
    closed = await scheduled(here, boss, home)
    for who in (ada, ben):
        await submitted(here, who, survey)
        await submitted(here, who, closed, NO)
        await here.do(who, "surveySave", "__typename", survey=begun, answers=[NO])
    await here.do(boss, "surveyClose", "survey { id }", survey=closed)
    await consents(here, ada, "HOSPITAL", "MUTUAL")  # it extends to more: nothing goes
    assert (await answers_in(here, survey), await answers_in(here, begun)) == (8, 2)
    if narrowed:
        await consents(here, ada, "MUTUAL")
    else:
        await takes_back(here, ada)
    assert (await answers_in(here, survey), await answers_in(here, begun)) == (4, 1)
    assert (await completed(here, survey), await completed(here, closed)) == (1, 2)
    assert [await participation(here, ada, one) for one in (survey, begun, closed)] == [
        "WITHDRAWN",
        "WITHDRAWN",
        "COMPLETED",
    ]
    assert await participation(here, ben, survey) == "COMPLETED"
    assert await answers_in(here, closed) == 2  # nobody knows any more which were whose
    assert await here.refused(ada, "surveySubmit", survey=survey, answers=[NO]) == ("NOT_ELIGIBLE", "input.survey")
    await consents(here, ada)
    await submitted(here, ada, survey, NO)
    assert await completed(here, survey) == 2


async def test_answering_and_withdrawing_concurrently_leaves_no_answer_without_consent(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person
) -> None:
    survey = await opened(here, boss, home, ada, ben)
    for _ in range(5):
        await consents(here, ada)
        answer = here.do(ada, "surveySubmit", "__typename", survey=survey, answers=[NO])
        await asyncio.gather(answer, takes_back(here, ada))
        assert await answers_in(here, survey) == 0
        assert await completed(here, survey) == 0


async def test_concurrent_requests_with_one_id_consent_once(here: Town, ada: Person) -> None:
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "recipients": ["HOSPITAL"], "noticeVersion": NOTICE}
    fields = "consent { granted }"
    made = await asyncio.gather(
        *(here.do(ada, "consentSet", fields, clientMutationId="twice", **wants) for _ in range(4))
    )
    assert made == [{"consent": {"granted": True}, "userErrors": []}] * 4
    assert len(await history(here, ada)) == 1
    other = wants | {"granted": False, "recipients": []}
    assert await here.refused(ada, "consentSet", clientMutationId="twice", **other) == (
        "CONFLICT",
        "input.clientMutationId",
    )
    assert len(await history(here, ada)) == 1
