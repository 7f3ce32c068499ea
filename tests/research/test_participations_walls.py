"""Concurrent answers, repeated requests, and forbidden statements of members on surveys."""

import asyncio
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.surveys import (
    HOW,
    NO,
    SHOWN,
    WHOLE,
    YES,
    answers_in,
    completed,
    consents,
    opened,
    participation,
    submitted,
)


async def test_concurrent_requests_leave_one_participation_and_one_sheet(
    network: Network, survey: str, ada: User, community_id: UUID
) -> None:
    joiner = await network.member(community_id)
    await consents(network, joiner)
    await network.database.execute("DELETE FROM research.participation WHERE member_id = $1", joiner.id)
    for who in (ada, joiner):
        await asyncio.gather(*(submitted(network, who, survey) for _ in range(6)))
        assert await participation(network, who, survey) == "COMPLETED"
    assert await completed(network, survey) == 2
    assert await answers_in(network, survey) == 2 * len(WHOLE)
    assert await network.value("SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1", key(survey)) == 2


async def test_a_repeated_request_with_one_id_runs_once(network: Network, survey: str, ada: User) -> None:
    given = {"survey": survey, "answers": [NO], "clientMutationId": "once"}
    answers = await asyncio.gather(
        *(network.do(ada, "surveySubmit", "participation { status }", **given) for _ in range(4))
    )
    assert answers == [{"participation": {"status": "COMPLETED"}, "userErrors": []}] * 4
    await network.do(ada, "surveyWithdraw", "participation { status }", survey=survey)
    again = await network.do(ada, "surveySubmit", "participation { status }", **given)
    assert again == {
        "participation": {"status": "WITHDRAWN"},
        "userErrors": [],
    }  # the first result, read in its present state
    assert await answers_in(network, survey) == 0
    other = given | {"answers": WHOLE}
    assert await network.refused(ada, "surveySubmit", **other) == ("CONFLICT", "input.clientMutationId")


@pytest.mark.slow
async def test_answers_submitted_while_a_survey_closes_are_counted_or_refused(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    for _ in range(6):
        survey = await opened(network, survey_manager, community_id, ada, ben)
        send = [network.do(who, "surveySubmit", "__typename", survey=survey, answers=[NO]) for who in (ada, ben)]
        sent = await asyncio.gather(*send, network.do(survey_manager, "surveyClose", "__typename", survey=survey))
        await network.freeze()
        taken = [payload for payload in sent[:2] if not payload["userErrors"]]
        refused = [error["code"] for payload in sent[:2] for error in payload["userErrors"]]
        assert len(taken) + refused.count("TOO_LATE") == 2
        assert (await completed(network, survey), await answers_in(network, survey)) == (len(taken), 0)
        links = "SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1"
        assert await network.value(links, key(survey)) == 0


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
async def test_rows_stay_consistent_under_concurrent_requests(
    network: Network, survey_manager: User, community_id: UUID, seed: int
) -> None:
    chance = Random(seed)
    members = [await network.member(community_id) for _ in range(6)]
    surveys = [
        await opened(network, survey_manager, community_id, *members),
        await opened(network, survey_manager, community_id, *members),
    ]

    async def something() -> None:
        who, survey = chance.choice(members), chance.choice(surveys)
        answers = [one for one in [chance.choice([YES, NO]), HOW, *WHOLE[2:]] if chance.random() < 0.8]
        consent = {"purpose": "SURVEY_RESEARCH", **SHOWN}
        choices: list[tuple[str, dict[str, Any]]] = [
            ("surveySubmit", {"survey": survey, "answers": answers}),
            ("surveySubmit", {"survey": survey, "answers": WHOLE}),
            ("surveySave", {"survey": survey, "answers": answers}),
            ("surveyWithdraw", {"survey": survey}),
            ("consentSet", consent | {"granted": False}),
            ("consentSet", consent | {"granted": True, "recipients": ["HOSPITAL"]}),
            ("communityLeave", {"community": f"com_{community_id}"}),
            ("communityJoin", {"community": f"com_{community_id}"}),
            ("communityJoin", {"community": f"com_{community_id}"}),
        ]
        mutation, given = chance.choice(choices)
        await network.do(who, mutation, "__typename", **given)

    for _ in range(12):
        await asyncio.gather(*(something() for _ in range(8)))
    for survey in surveys:
        await completed(network, survey)
        rows = await network.row(INVARIANTS, key(survey))
        assert rows == dict.fromkeys(rows, 0)


INVARIANTS = """
    WITH sheet AS (SELECT a.id, p.status, p.member_id FROM research.answer_sheet a
            LEFT JOIN research.participation p ON p.answer_sheet_id = a.id WHERE a.survey_id = $1),
        given AS (SELECT a.answer_sheet_id, q.key, a.codes FROM research.answer a
            JOIN catalog.question q ON q.id = a.question_id WHERE a.answer_sheet_id IN (SELECT id FROM sheet))
    SELECT
        (SELECT count(*) FROM sheet WHERE status IS NULL) AS sheets_of_nobody,
        (SELECT count(*) FROM sheet WHERE status NOT IN ('STARTED', 'COMPLETED')) AS sheets_of_who_has_none,
        (SELECT count(*) FROM research.participation WHERE survey_id = $1 AND status = 'COMPLETED'
            AND (answer_sheet_id IS NULL OR completed_at IS NULL)) AS completed_without_answers,
        (SELECT count(*) FROM sheet JOIN research.consent c USING (member_id)
            WHERE c.purpose = 'SURVEY_RESEARCH' AND NOT c.granted) AS answers_without_consent,
        (SELECT count(*) FROM given how WHERE how.key = 'how' AND NOT EXISTS (
            SELECT FROM given WHERE given.answer_sheet_id = how.answer_sheet_id AND given.key = 'treated'
                AND given.codes = '{YES}')) AS answers_to_hidden_questions,
        (SELECT count(*) FROM sheet WHERE status = 'COMPLETED' AND NOT EXISTS (
            SELECT FROM given WHERE given.answer_sheet_id = sheet.id AND given.key = 'treated'))
            AS completed_without_a_required_answer
"""


async def test_members_statements_write_only_answers_on_their_own_open_sheet(
    network: Network,
    survey_manager: User,
    community_id: UUID,
    survey: str,
    ada: User,
    ben: User,
) -> None:
    for who in (ada, ben):
        await network.do(who, "surveySave", "participation { status }", survey=survey, answers=[NO])
    found = "SELECT member_id, answer_sheet_id FROM research.participation WHERE survey_id = $1"
    sheets = {row[0]: row[1] for row in await network.database.fetch(found, key(survey))}
    question = await network.value(
        "SELECT id FROM catalog.question WHERE survey_id = $1 AND key = 'words'", key(survey)
    )
    other = (await factories.question(network.database))["id"]
    write = "INSERT INTO research.answer (answer_sheet_id, question_id, text) VALUES ($1, $2, 'mine')"
    forbidden = [
        "INSERT INTO research.participation (member_id) SELECT id FROM care.member",
        "UPDATE research.participation SET status = 'COMPLETED'",
        "DELETE FROM research.participation",
        "INSERT INTO research.answer_sheet (survey_id) SELECT survey_id FROM research.participation",
        "DELETE FROM research.answer_sheet",
        "UPDATE research.answer SET text = 'mine'",
        "DELETE FROM research.answer",
        "UPDATE research.consent SET granted = true",
        "INSERT INTO research.consent_change (member_id) SELECT id FROM care.member",
        "UPDATE research.consent_change SET granted = true",
        "DELETE FROM research.consent_change",
        "UPDATE catalog.community SET consenting_count = 1000",
        "UPDATE catalog.survey SET status = 'OPEN'",
        "SELECT research.take_back(member_id, survey_id) FROM research.participation",
        "SELECT research.invite(survey_id, member_id) FROM research.participation",
        "SELECT catalog.open_survey(id) FROM catalog.survey",
        "SELECT research.look(id) FROM catalog.survey",
        "SELECT research.delete_answers(id, id, id) FROM catalog.survey",
        "SELECT catalog.close_survey(id) FROM catalog.survey",
        "SELECT research.lock_survey(id) FROM catalog.survey",
    ]  # fmt: skip
    for statement in forbidden:
        async with viewing(network.database, Audience.PATIENT, ada.id):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await network.database.execute(statement)
    for sheet, to in ((sheets[ben.id], question), (sheets[ada.id], other)):
        async with viewing(network.database, Audience.PATIENT, ada.id):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await network.database.execute(write, sheet, to)
    async with viewing(network.database, Audience.PATIENT, ada.id):
        await network.database.execute(write, sheets[ada.id], question)
    async with viewing(network.database, Audience.PATIENT):
        for call in ("research.begin_sheet($1)", "research.withdraw($1)", "research.standing($1)"):
            savepoint = network.database.transaction()
            await savepoint.start()
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await network.database.execute(f"SELECT {call}", key(survey))
            await savepoint.rollback()
        assert await network.value("SELECT research.complete($1)", key(survey)) is None
    await submitted(network, ada, survey)
    async with viewing(network.database, Audience.PATIENT, ada.id):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await network.database.execute(write, sheets[ada.id], question)
    await network.do(survey_manager, "surveyClose", "survey { id }", survey=survey)
    await network.freeze()
    async with viewing(network.database, Audience.PATIENT, ada.id):
        assert await network.value("SELECT research.begin_sheet($1)", key(survey)) is None
    stranger = await network.member()
    await consents(network, stranger)
    asked = await opened(network, survey_manager, community_id, ada, ben)
    async with viewing(network.database, Audience.PATIENT, stranger.id):
        assert await network.value("SELECT research.begin_sheet($1)", key(asked)) is None
    assert await participation(network, stranger, asked) is None
