"""Factories of surveys, answers and consents."""

from datetime import date, timedelta
from typing import Any

import asyncpg

from models.languages import Language
from models.research import surveys
from tests.factories.catalogue import community
from tests.factories.members import member
from tests.factories.rows import DAY, Connection, fake, numbers


async def survey(connection: Connection, **given: Any) -> asyncpg.Record:
    """A survey, which has no dataset if it is closed: otherwise scheduled work would freeze it."""
    if given.get("status") == "CLOSED":
        given = {"no_dataset": surveys.NoDataset.TOO_FEW} | given
    return await fake(
        connection,
        surveys.Survey,
        given,
        {"community_id": community},
        title="How do you sleep?",
        description="Ten questions about the last fortnight.",
        status=surveys.SurveyStatus.OPEN,
        closes_on=DAY + timedelta(days=30),
    )


async def eligibility(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, surveys.Eligibility, given, {"survey_id": survey}, kinds=["PATIENT"])


async def survey_progress(connection: Connection, **given: Any) -> asyncpg.Record:
    counts = {"eligible": 320, "invited": 300, "started": 120, "completed": 80}
    return await fake(connection, surveys.SurveyProgress, given, {"survey_id": survey}, counted_on=DAY, **counts)


async def question(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        surveys.Question,
        given,
        {"survey_id": survey},
        position=number,
        key=f"question_{number}",
        text="How many nights?",
        kind=surveys.QuestionKind.SINGLE_CHOICE,
        required=True,
    )


async def question_option(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    parents = {"question_id": question}
    return await fake(
        connection, surveys.QuestionOption, given, parents, code=f"c{number}", label="Some", position=number
    )


async def visibility_rule(connection: Connection, **given: Any) -> asyncpg.Record:
    operator = surveys.RuleOperator.ANSWERED
    parents = {"question_id": question}
    return await fake(
        connection,
        surveys.VisibilityRule,
        given,
        parents,
        position=next(numbers),
        on_key="question_0",
        operator=operator,
    )


async def participation(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "survey_id": survey}
    return await fake(connection, surveys.Participation, given, parents, status=surveys.ParticipationStatus.STARTED)


async def answer_sheet(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, surveys.AnswerSheet, given, {"survey_id": survey})


async def answer(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"answer_sheet_id": answer_sheet, "question_id": question}
    return await fake(connection, surveys.Answer, given, parents, codes=["c1"])


async def consent(connection: Connection, **given: Any) -> asyncpg.Record:
    purpose = surveys.ConsentPurpose.SURVEY_RESEARCH
    parents = {"member_id": member}
    return await fake(
        connection, surveys.Consent, given, parents, purpose=purpose, granted=True, notice_version="2026-01",
        notice_language=Language.FR,
    )  # fmt: skip


async def consent_change(connection: Connection, **given: Any) -> asyncpg.Record:
    purpose = surveys.ConsentPurpose.SURVEY_RESEARCH
    parents = {"member_id": member}
    return await fake(
        connection, surveys.ConsentChange, given, parents, purpose=purpose, granted=True, notice_version="2025-1"
    )


async def notice(connection: Connection, **given: Any) -> asyncpg.Record:
    """A notice in English, or in the `language` given; its version has the same text in every other language."""
    number = next(numbers)
    filled = {
        "purpose": surveys.ConsentPurpose.SURVEY_RESEARCH,
        "version": f"fake-{number}",
        "language": Language.EN,
        "in_force_on": date(2020, 1, 1) + timedelta(days=number),
        "text": "What is done with answers.",
    } | given
    async with connection.transaction():
        for language in Language:
            if language != filled["language"]:
                await fake(connection, surveys.Notice, filled | {"language": language})
        return await fake(connection, surveys.Notice, filled)
