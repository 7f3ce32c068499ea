"""Schedules surveys, for survey managers."""

from uuid import UUID

from models.community.communities import CommunityStatus
from models.database import Connection
from models.messages import message
from models.parameters import SurveyId
from models.research.surveys import SurveyStatus
from privacy.budget import CAP, LARGEST_CAP, SURVEYS_YEARLY
from resolvers.community.communities_rules import refuse_unless_open
from resolvers.faults import Faults
from resolvers.insight import openings
from resolvers.insight.freezing import refuse_bad_cap
from resolvers.insight.releases import Overspent
from resolvers.research.revisions_mutations import current_questions, survey_translations
from resolvers.research.translations_rules import missing_texts
from resolvers.transactions import (
    RefusalCode,
    changed_meanwhile,
    conflict,
    invalid,
    not_found,
    refused,
    too_late,
)

NO_BUDGET = message(
    "The surveys of a community may cost at most {most:,} micro-rho within a year. Too little of it is left for "
    "this one: set an earlier last day, or schedule it later.",
    most=SURVEYS_YEARLY,
)


async def schedule_survey(
    connection: Connection, faults: Faults, *, survey: SurveyId, revision: int | None = None, cap: int | None
) -> UUID:
    """Schedules a draft, and returns its id: it opens on its day, once enough members can answer it.

    It is looked at afterwards, by a job: how long this takes does not depend on how many members there are. `cap` is
    that of the dataset that is made from it, in micro-rho, CAP if it is None.

    To be called as the publisher. Raises Refused: NOT_FOUND, CONFLICT unless it is a draft of the given `revision`, if
    any, TOO_EARLY and TOO_LATE unless its community is open, INVALID for a cap out of bounds, TOO_LATE if its last day
    has passed, BUDGET_EXHAUSTED if the community's surveys of the last year leave too little.
    """
    await connection.execute("SELECT identity.require_survey_manager()")
    with faults.collected():
        status = await openings.lock(connection, survey)
        if status is None:
            raise not_found("survey")
        if status is not SurveyStatus.DRAFT:
            raise conflict(message("The survey has already been scheduled."), "survey")
        present = "SELECT revision FROM catalog.survey WHERE id = $1"
        if revision is not None and await connection.fetchval(present, survey) != revision:
            raise changed_meanwhile("revision")
        refuse_unless_open(
            CommunityStatus(
                await connection.fetchval(
                    "SELECT c.status FROM catalog.survey s JOIN catalog.community c ON c.id = s.community_id"
                    " WHERE s.id = $1",
                    survey,
                )
            ),
            "survey",
        )
        await _refuse_half_translated(connection, survey)
    with faults.collected():
        cap = CAP if cap is None else cap
        refuse_bad_cap(cap, LARGEST_CAP)
    faults.refuse()
    if not await connection.fetchval("SELECT catalog.schedule_survey($1, $2)", survey, cap):
        raise too_late(message("The last day is in the past. Set another one first."), "survey")
    try:
        await openings.begin(connection, survey)
    except Overspent:
        raise refused(RefusalCode.BUDGET_EXHAUSTED, NO_BUDGET, "survey") from None
    return survey


async def _refuse_half_translated(connection: Connection, survey: UUID) -> None:
    translations = await connection.fetchval("SELECT translations::text FROM catalog.survey WHERE id = $1", survey)
    missing = missing_texts(survey_translations(translations), await current_questions(connection, survey), "questions")
    if any(missing):
        raise invalid(
            message("Some texts of the survey are translated, and others are not. Revise it to translate the rest."),
            "survey",
        )
