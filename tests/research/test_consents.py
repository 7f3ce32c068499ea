"""Consents: what they open and count, what withdrawal deletes at once, their history and refusals."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.surveys import (
    NO,
    NOTICE,
    SHOWN,
    TRACKING_NOTICE,
    answers_in,
    becomes_ready,
    completed,
    consents,
    in_days,
    opened,
    opens,
    participation,
    scheduled,
    status_of,
    submitted,
)

HISTORY = """
    SELECT granted, recipients, notice_version, notice_language FROM research.consent_change
    WHERE member_id = $1 AND purpose = 'SURVEY_RESEARCH' ORDER BY changed_at
"""
TOLD = "SELECT count(*) FROM care.notification WHERE member_id = $1 AND subject_type = 'svy' AND subject_id = $2"


async def history(network: Network, who: User) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await network.database.fetch(HISTORY, who.id)]


async def takes_back(network: Network, who: User) -> None:
    given = {"purpose": "SURVEY_RESEARCH", "granted": False, **SHOWN}
    payload = await network.do(who, "consentSet", "consent { granted recipients }", **given)
    assert payload == {"consent": {"granted": False, "recipients": []}, "userErrors": []}


async def test_a_consent_shows_the_decision_and_keeps_its_history(network: Network, ada: User, ben: User) -> None:
    fields = "consent { purpose granted recipients noticeVersion noticeLanguage }"
    given = {"purpose": "SURVEY_RESEARCH", "granted": True, **SHOWN}
    payload = await network.do(ada, "consentSet", fields, recipients=["MUTUAL", "HOSPITAL", "MUTUAL"], **given)
    assert payload == {
        "consent": {
            "purpose": "SURVEY_RESEARCH",
            "granted": True,
            "recipients": ["HOSPITAL", "MUTUAL"],
            **SHOWN,
        },
        "userErrors": [],
    }
    await network.do(ada, "consentSet", fields, **given)  # unchanged: the recipients stay the same
    await takes_back(network, ada)
    await consents(network, ada, "INSURER", noticeLanguage="EN")
    await consents(network, ada, "INSURER", purpose="TRACKING_RESEARCH")
    assert await history(network, ada) == [
        (True, ["HOSPITAL", "MUTUAL"], NOTICE, "FR"),
        (False, [], NOTICE, "FR"),
        (True, ["INSURER"], NOTICE, "EN"),
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
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "recipients": ["HOSPITAL"], **SHOWN}
    assert await network.refused(ada, "consentSet", **wants | given) == ("INVALID", path)
    assert await history(network, ada) == []
    assert await network.value("SELECT count(*) FROM research.consent WHERE member_id = $1", ada.id) == 0


async def test_the_notice_exists_in_the_language_of_the_consent(network: Network, ada: User) -> None:
    """A notice that is older than the second language may have been published in one only."""
    await network.database.execute(
        """
        SET session_replication_role = replica;
        INSERT INTO catalog.notice (purpose, version, language, in_force_on, text)
            VALUES ('SURVEY_RESEARCH', '2001-1', 'FR', '2001-01-01', 'Ancienne');
        SET session_replication_role = DEFAULT
        """
    )
    try:
        wants = {"purpose": "SURVEY_RESEARCH", "granted": False, "noticeVersion": "2001-1"}
        refused = await network.refused(ada, "consentSet", **wants, noticeLanguage="EN")
        assert refused == ("INVALID", "input.noticeLanguage")
        payload = await network.do(ada, "consentSet", "consent { noticeLanguage }", **wants, noticeLanguage="FR")
        assert payload["userErrors"] == []
    finally:
        await network.database.execute("DELETE FROM catalog.notice WHERE version = '2001-1'")


async def test_consenting_needs_the_newest_notice_and_withdrawing_does_not(network: Network, ada: User) -> None:
    await consents(network, ada)
    await network.database.execute(
        """
        INSERT INTO catalog.notice (purpose, version, language, in_force_on, text)
        SELECT 'SURVEY_RESEARCH', version, language, current_date + days, text || language
        FROM (VALUES ('2998-1', 0, 'New.'), ('2999-1', 1, 'Not yet.')) n (version, days, text),
            unnest(ARRAY['EN', 'FR']) l (language)
        """
    )
    try:
        query = "query ($in: Language) { notices(language: $in) { purpose version language text } }"
        for language, given in (("EN", {}), ("EN", {"in": "EN"}), ("FR", {"in": "FR"})):
            shown = (await network.ask(ada, query, given))["data"]["notices"]
            assert [(one["purpose"], one["version"], one["language"]) for one in shown] == [
                ("SURVEY_RESEARCH", "2998-1", language),
                ("TRACKING_RESEARCH", TRACKING_NOTICE, language),
            ]
            assert shown[0]["text"] == f"New.{language}"
        wants = {"purpose": "SURVEY_RESEARCH", "granted": True, **SHOWN}
        assert await network.refused(ada, "consentSet", **wants) == ("INVALID", "input.noticeVersion")
        await takes_back(network, ada)
        assert await network.refused(
            ada, "consentSet", **wants | {"noticeVersion": "2999-1", "recipients": ["HOSPITAL"]}
        ) == (
            "INVALID",
            "input.noticeVersion",
        )
        await consents(network, ada, noticeVersion="2998-1")
    finally:
        await network.database.execute("DELETE FROM catalog.notice WHERE in_force_on >= current_date")


async def test_a_consent_opens_no_survey_and_an_open_survey_invites_who_consents(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    late = await network.member(community_id)
    survey = await scheduled(network, survey_manager, community_id)
    await becomes_ready(network, survey)
    await network.events()
    await consents(network, ada)
    await consents(network, ben, "INSURER", "HOSPITAL")
    await consents(network, late, "INSURER")  # not for the kinds that the survey is offered to
    assert (await status_of(network, survey), await participation(network, ada, survey)) == ("WAITING", None)
    assert await network.events() == []
    await opens(network, survey)
    row = await network.row("SELECT opens_on, closes_on FROM catalog.survey WHERE id = $1", key(survey))
    assert [day.isoformat() for day in row.values()] == [in_days(0), in_days(30)]
    for who, invited in ((ada, "INVITED"), (ben, "INVITED"), (late, None)):
        assert await participation(network, who, survey) == invited
        assert await network.value(TOLD, who.id, key(survey)) == (invited is not None)
    events = await network.events()
    assert {"kind": "surveyOpened", "subject": str(key(survey)), "about": str(community_id)} in events
    told = sorted(one["about"] for one in events if one["kind"] == "notificationAdded")
    assert told == sorted([str(ada.id), str(ben.id)])
    await consents(network, late)
    assert await participation(network, late, survey) == "INVITED"
    assert await network.value(TOLD, late.id, key(survey)) == 1
    await takes_back(network, late)
    await consents(network, late)
    assert await network.value(TOLD, late.id, key(survey)) == 1


async def test_joining_opens_no_survey_and_an_open_survey_invites_who_joins(
    network: Network, survey_manager: User, community_id: UUID, ada: User
) -> None:
    newcomer, later = await network.member(), await network.member()
    survey = await scheduled(network, survey_manager, community_id)
    await becomes_ready(network, survey)
    for who in (ada, newcomer, later):
        await consents(network, who)
    await network.do(newcomer, "communityJoin", "__typename", community=f"com_{community_id}")
    assert await status_of(network, survey) == "WAITING"
    await opens(network, survey)
    assert await participation(network, newcomer, survey) == "INVITED"
    await network.do(later, "communityJoin", "__typename", community=f"com_{community_id}")
    assert await participation(network, later, survey) == "INVITED"


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
    begun = await opened(network, survey_manager, community_id)
    closed = await opened(network, survey_manager, community_id)
    for who in (ada, ben):
        await submitted(network, who, survey)
        await submitted(network, who, closed, NO)
        await network.do(who, "surveySave", "__typename", survey=begun, answers=[NO])
    await network.do(survey_manager, "surveyClose", "survey { id }", survey=closed)
    await network.freeze()
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
    assert await answers_in(network, closed) == 0  # deleted when it closed
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
    wants = {"purpose": "SURVEY_RESEARCH", "granted": True, "recipients": ["HOSPITAL"], **SHOWN}
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
