"""Consents: what they open and count, what withdrawal deletes at once, their history and refusals."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.members import MemberKind
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
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
)

HISTORY = """
    SELECT granted, recipients, notice_version FROM research.consent_change
    WHERE member_id = $1 AND purpose = 'SURVEY_RESEARCH' ORDER BY changed_at
"""
TOLD = "SELECT count(*) FROM care.notification WHERE member_id = $1 AND subject_type = 'svy' AND subject_id = $2"


async def history(network: Network, who: User) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await network.database.fetch(HISTORY, who.id)]


async def takes_back(network: Network, who: User) -> None:
    given = {"purpose": "SURVEY_RESEARCH", "granted": False, "noticeVersion": NOTICE}
    payload = await network.do(who, "consentSet", "consent { granted recipients }", **given)
    assert payload == {"consent": {"granted": False, "recipients": []}, "userErrors": []}


async def readiness(network: Network, who: User, community_id: UUID) -> tuple[int, bool]:
    slug = await network.value("SELECT slug FROM catalog.community WHERE id = $1", community_id)
    query = "query ($slug: String!) { community(slug: $slug) { readiness { consenting ready } } }"
    found = (await network.ask(who, query, {"slug": slug}))["data"]["community"]["readiness"]
    return found["consenting"], found["ready"]


async def test_a_consent_shows_the_decision_and_keeps_its_history(network: Network, ada: User, ben: User) -> None:
    fields = "consent { purpose granted recipients noticeVersion }"
    given = {"purpose": "SURVEY_RESEARCH", "granted": True, "noticeVersion": NOTICE}
    payload = await network.do(ada, "consentSet", fields, recipients=["MUTUAL", "HOSPITAL", "MUTUAL"], **given)
    assert payload == {
        "consent": {
            "purpose": "SURVEY_RESEARCH",
            "granted": True,
            "recipients": ["HOSPITAL", "MUTUAL"],
            "noticeVersion": NOTICE,
        },
        "userErrors": [],
    }
    await network.do(ada, "consentSet", fields, **given)  # unchanged: the recipients stay the same
    await takes_back(network, ada)
    await consents(network, ada, "INSURER")
    await consents(network, ada, "INSURER", purpose="TRACKING_RESEARCH")
    assert await history(network, ada) == [
        (True, ["HOSPITAL", "MUTUAL"], NOTICE),
        (False, [], NOTICE),
        (True, ["INSURER"], NOTICE),
    ]
    assert await history(network, ben) == []
    own = "SELECT purpose, recipients FROM research.consent WHERE member_id = $1 ORDER BY purpose"
    assert [tuple(row) for row in await network.database.fetch(own, ada.id)] == [
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
    network: Network, ada: User, given: dict[str, Any], path: str
) -> None:
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "recipients": ["HOSPITAL"], "noticeVersion": NOTICE}
    assert await network.refused(ada, "consentSet", **wants | given) == ("INVALID", path)
    assert await history(network, ada) == []
    assert await network.value("SELECT count(*) FROM research.consent WHERE member_id = $1", ada.id) == 0


async def test_consenting_needs_the_newest_notice_and_withdrawing_does_not(network: Network, ada: User) -> None:
    await consents(network, ada)
    await network.database.execute(
        """
        INSERT INTO catalog.notice (purpose, version, in_force_on, text)
        VALUES ('SURVEY_RESEARCH', '2026-1', current_date, 'New.'),
            ('SURVEY_RESEARCH', '2999-1', current_date + 1, 'Not yet.')
        """
    )
    try:
        query = "{ notices { purpose version text } }"
        shown = (await network.ask(ada, query))["data"]["notices"]
        assert [(one["purpose"], one["version"]) for one in shown] == [
            ("SURVEY_RESEARCH", "2026-1"),
            ("TRACKING_RESEARCH", NOTICE),
        ]
        wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "noticeVersion": NOTICE}
        assert await network.refused(ada, "consentSet", **wants) == ("INVALID", "input.noticeVersion")
        await takes_back(network, ada)
        assert await network.refused(
            ada, "consentSet", **wants | {"noticeVersion": "2999-1", "recipients": ["HOSPITAL"]}
        ) == (
            "INVALID",
            "input.noticeVersion",
        )
        await consents(network, ada, noticeVersion="2026-1")
    finally:
        await network.database.execute("DELETE FROM catalog.notice WHERE in_force_on >= current_date")


async def test_readiness_counts_consenting_patients_to_the_nearest_ten(
    network: Network, community_id: UUID, ada: User
) -> None:
    members = [ada] + [await network.member(community_id) for _ in range(4)]
    relative, stranger = await network.member(community_id, kind=MemberKind.RELATIVE), await network.member()
    await network.database.execute("UPDATE catalog.community SET needed_count = 10 WHERE id = $1", community_id)
    for who in (*members[:4], relative, stranger):
        await consents(network, who)
    await consents(network, members[4], purpose="TRACKING_RESEARCH")
    assert await readiness(network, ada, community_id) == (0, False)
    await consents(network, members[4])
    assert await readiness(network, ada, community_id) == (10, True)
    await takes_back(network, members[0])
    assert await readiness(network, ada, community_id) == (0, False)
    joined = await network.do(stranger, "communityJoin", "__typename", community=f"com_{community_id}")
    assert joined["userErrors"] == []
    assert await readiness(network, ada, community_id) == (10, True)
    await network.database.execute("DELETE FROM care.member WHERE id = $1", stranger.id)
    assert await readiness(network, ada, community_id) == (0, False)


async def test_the_demonstrations_readiness_counts_equal_its_rows(admin: asyncpg.Connection) -> None:
    count = "SELECT id, consenting_count FROM catalog.community ORDER BY id"
    before = await admin.fetch(count)
    await admin.execute("SELECT catalog.count_consenting(array(SELECT id FROM catalog.community))")
    assert await admin.fetch(count) == before
    assert sum(row["consenting_count"] for row in before) > 100


async def test_a_survey_opens_by_itself_when_enough_consent(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    late = await network.member(community_id)
    survey = await scheduled(network, survey_manager, community_id)
    await consents(network, ada)
    assert (await status_of(network, survey), await participation(network, ada, survey)) == ("WAITING", None)
    await consents(network, ben, "INSURER")  # not for the kinds that the survey is offered to
    assert await status_of(network, survey) == "WAITING"
    await network.events()
    await consents(network, ben, "INSURER", "HOSPITAL")
    assert await status_of(network, survey) == "OPEN"
    row = await network.row("SELECT opens_on, closes_on FROM catalog.survey WHERE id = $1", key(survey))
    assert [day.isoformat() for day in row.values()] == [in_days(0), in_days(30)]
    for who, invited in ((ada, "INVITED"), (ben, "INVITED"), (late, None)):
        assert await participation(network, who, survey) == invited
        assert await network.value(TOLD, who.id, key(survey)) == (invited is not None)
    events = await network.events()
    assert {"kind": "surveyOpened", "subject": str(key(survey)), "about": str(community_id)} in events
    assert [one["about"] for one in events if one["kind"] == "notificationAdded"] == sorted([str(ada.id), str(ben.id)])
    await consents(network, late)  # an open survey also invites those who consent later
    assert await participation(network, late, survey) == "INVITED"
    assert await network.value(TOLD, late.id, key(survey)) == 1
    await takes_back(network, late)
    await consents(network, late)
    assert await network.value(TOLD, late.id, key(survey)) == 1


async def test_joining_opens_a_survey_that_needs_one_more_member(
    network: Network, survey_manager: User, community_id: UUID, ada: User
) -> None:
    newcomer = await network.member()
    survey = await scheduled(network, survey_manager, community_id)
    await consents(network, ada)
    await consents(network, newcomer)
    assert await status_of(network, survey) == "WAITING"
    await network.do(newcomer, "communityJoin", "__typename", community=f"com_{community_id}")
    assert await status_of(network, survey) == "OPEN"
    assert await participation(network, newcomer, survey) == "INVITED"


async def test_concurrent_consents_that_reach_the_number_open_a_survey_once(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    for _ in range(4):
        members = [await network.member(community_id) for _ in range(6)]
        waiting = {"minimumParticipants": await network.value(CONSENTING, community_id) + 5}
        survey = await scheduled(network, survey_manager, community_id, **waiting)
        await network.events()
        await asyncio.gather(*(consents(network, who) for who in members))
        assert await status_of(network, survey) == "OPEN"
        events = [one for one in await network.events() if one["kind"] == "surveyOpened"]
        assert [one["subject"] for one in events] == [str(key(survey))]
        for who in members:
            assert await network.value(TOLD, who.id, key(survey)) == 1
    assert await network.value("SELECT consenting_count FROM catalog.community WHERE id = $1", community_id) == 20


CONSENTING = """
    SELECT count(*) FROM research.consent JOIN care.membership USING (member_id)
    WHERE community_id = $1 AND purpose = 'SURVEY_RESEARCH' AND granted
"""


@pytest.mark.parametrize("narrowed", [False, True])
async def test_withdrawing_consent_deletes_answers_to_open_surveys_at_once(
    network: Network,
    survey_manager: User,
    community_id: UUID,
    ada: User,
    ben: User,
    narrowed: bool,
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, ben)
    begun = await scheduled(network, survey_manager, community_id)
    closed = await scheduled(network, survey_manager, community_id)
    for who in (ada, ben):
        await submitted(network, who, survey)
        await submitted(network, who, closed, NO)
        await network.do(who, "surveySave", "__typename", survey=begun, answers=[NO])
    await network.do(survey_manager, "surveyClose", "survey { id }", survey=closed)
    await consents(network, ada, "HOSPITAL", "MUTUAL")  # it is wider: nothing is deleted
    assert (await answers_in(network, survey), await answers_in(network, begun)) == (8, 2)
    if narrowed:
        await consents(network, ada, "MUTUAL")
    else:
        await takes_back(network, ada)
    assert (await answers_in(network, survey), await answers_in(network, begun)) == (4, 1)
    assert (await completed(network, survey), await completed(network, closed)) == (1, 2)
    assert [await participation(network, ada, one) for one in (survey, begun, closed)] == [
        "WITHDRAWN",
        "WITHDRAWN",
        "COMPLETED",
    ]
    assert await participation(network, ben, survey) == "COMPLETED"
    assert await answers_in(network, closed) == 2  # the answers are unlinked
    assert await network.refused(ada, "surveySubmit", survey=survey, answers=[NO]) == ("NOT_ELIGIBLE", "input.survey")
    await consents(network, ada)
    await submitted(network, ada, survey, NO)
    assert await completed(network, survey) == 2


async def test_answering_and_withdrawing_concurrently_leaves_no_answer_without_consent(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, ben)
    for _ in range(5):
        await consents(network, ada)
        answer = network.do(ada, "surveySubmit", "__typename", survey=survey, answers=[NO])
        await asyncio.gather(answer, takes_back(network, ada))
        assert await answers_in(network, survey) == 0
        assert await completed(network, survey) == 0


async def test_concurrent_requests_with_one_id_consent_once(network: Network, ada: User) -> None:
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "recipients": ["HOSPITAL"], "noticeVersion": NOTICE}
    fields = "consent { granted }"
    made = await asyncio.gather(
        *(network.do(ada, "consentSet", fields, clientMutationId="twice", **wants) for _ in range(4))
    )
    assert made == [{"consent": {"granted": True}, "userErrors": []}] * 4
    assert len(await history(network, ada)) == 1
    other = wants | {"granted": False, "recipients": []}
    assert await network.refused(ada, "consentSet", clientMutationId="twice", **other) == (
        "CONFLICT",
        "input.clientMutationId",
    )
    assert len(await history(network, ada)) == 1
