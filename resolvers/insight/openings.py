"""Opens surveys once enough members can answer them, which is decided with noise and charged to their community."""

from datetime import date, timedelta
from uuid import UUID

from models.database import Connection
from models.insight.counts import CountKind
from models.research.surveys import SurveyStatus
from privacy import thresholds
from privacy.budget import COUNT_PRECISION, COUNTS_A_YEAR, SURVEYS_YEARLY
from privacy.precision import price
from resolvers.days import current_day
from resolvers.insight.counts import is_of_month, record, spent_on_surveys
from resolvers.insight.drawing import drawn
from resolvers.insight.releases import Overspent
from resolvers.pacing import in_steps_of

SURVEY = """
    SELECT s.community_id, s.closes_on, s.status, g.counted_on,
        greatest(s.minimum_participants, c.needed_count) AS needed
    FROM catalog.survey s JOIN catalog.community c ON c.id = s.community_id
    LEFT JOIN catalog.survey_progress g ON g.survey_id = s.id
"""
RUNNING = "s.status IN ('WAITING', 'OPEN') AND NOT catalog.is_over(s.closes_on)"


async def lock(connection: Connection, survey: UUID) -> SurveyStatus | None:
    """Locks a survey and, before it, its community; the survey's status, or None if there is none."""
    community = await connection.fetchval("SELECT community_id FROM catalog.survey WHERE id = $1", survey)
    await connection.execute("SELECT catalog.lock_community($1)", community)
    status = await connection.fetchval("SELECT research.lock_survey($1)", survey)
    return None if status is None else SurveyStatus(status)


async def begin(connection: Connection, survey: UUID) -> None:
    """Begins the opening of a waiting survey, and charges it with all its looks.

    To be called in a transaction that has locked the survey, last in it if possible: others that publish wait from then
    on. Raises Overspent if what the community's surveys may cost within a year does not suffice for it and for the
    progress of all that run.
    """
    today = await current_day(connection)
    found = await connection.fetchrow(f"{SURVEY} WHERE s.id = $1", survey)
    assert found is not None
    running = await connection.fetch(
        f"{SURVEY} WHERE s.community_id = $1 AND s.id <> $2 AND {RUNNING}",
        found["community_id"],
        survey,
    )
    spent = await spent_on_surveys(connection, found["community_id"], today)
    reserved = sum(progress_price(one["closes_on"], one["counted_on"], today) for one in [found, *running])
    if spent + reserved + thresholds.PRICE > SURVEYS_YEARLY:
        raise Overspent
    threshold = await drawn(thresholds.noisy_threshold, found["needed"])
    await connection.execute("SELECT research.begin_opening($1, $2)", survey, threshold)
    await record(connection, CountKind.OPENING, found["community_id"], survey, thresholds.PRICE, [])


async def look(connection: Connection, survey: UUID, step_seconds: float | None = None) -> bool:
    """Opens a survey that is due to be looked at today, if the noisy count has reached its threshold. Whether it did.

    To be called in a transaction that has locked the survey. A look takes longer for more members: it takes a whole
    number of `step_seconds`, if given, before the survey opens, because everybody sees when that happens.
    """
    community = await connection.fetchval("SELECT community_id FROM catalog.survey WHERE id = $1", survey)
    async with in_steps_of(step_seconds):
        await connection.execute("SELECT research.include_members($1)", community)
        found = await connection.fetchrow("SELECT threshold, eligible FROM research.look($1)", survey)
        reached = found is not None and await drawn(thresholds.has_reached, found["eligible"], found["threshold"])
    if not reached:
        return False
    await connection.execute("SELECT catalog.open_survey($1)", survey)
    return True


async def settle(connection: Connection, survey: UUID, step_seconds: float | None = None) -> None:
    """Looks at a waiting survey, whose opening begins now if it was scheduled before openings were charged."""
    if await lock(connection, survey) is not SurveyStatus.WAITING:
        return
    if not await connection.fetchval("SELECT research.is_opening($1)", survey):
        try:
            await begin(connection, survey)
        except Overspent:
            return
    await look(connection, survey, step_seconds)


def progress_price(closes_on: date, counted_on: date | None, today: date) -> int:
    """What publishing a survey's progress costs until it closes, or within a year, in micro-rho."""
    last = min(closes_on, date.max - timedelta(days=1)) + timedelta(days=1)  # by UTC, the day is over on the next one
    months = (last.year - today.year) * 12 + last.month - today.month + 1 - is_of_month(counted_on, today)
    return price(COUNT_PRECISION) * max(min(months, COUNTS_A_YEAR), 0)
