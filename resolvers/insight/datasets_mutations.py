"""Closes surveys and freezes waves of tracking, for survey managers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.database import Connection
from models.identity.organizations import OrganizationKind
from models.messages import message
from models.parameters import CommunityId, SurveyId
from models.research.surveys import SurveyStatus
from resolvers.faults import Faults
from resolvers.insight.freezing import begin_wave
from resolvers.transactions import not_found, too_early, too_late


async def close_survey(connection: Connection, *, survey: SurveyId) -> UUID:
    """Closes a survey before its last day, and returns its id. Scheduled work freezes its answers into a dataset.

    Nothing is frozen here: how long the caller waits would tell how many members take part. To be called as the
    publisher. Raises Refused: NOT_FOUND, TOO_EARLY for a draft, TOO_LATE if it has already closed.
    """
    await connection.execute("SELECT identity.require_survey_manager()")
    status = await connection.fetchval("SELECT research.lock_survey($1)", survey)
    if status is None:
        raise not_found("survey")
    if status == SurveyStatus.DRAFT:
        raise too_early(message("The survey has not been scheduled."), "survey")
    if status not in (SurveyStatus.WAITING, SurveyStatus.OPEN):
        raise too_late(message("The survey has already closed."), "survey")
    await connection.execute("SELECT catalog.close_survey($1)", survey)
    return survey


@dataclass(frozen=True)
class Wave:
    """A wave's dataset, which is being frozen."""

    dataset_id: UUID


async def freeze_tracking(
    connection: Connection,
    faults: Faults,
    *,
    community: CommunityId,
    wave: str,
    offered_to: Sequence[OrganizationKind],
    cap: int | None,
) -> Wave:
    """Begins to freeze a wave of a community's tracking into a dataset. Scheduled work freezes its members.

    No member is looked at here: how long the caller waits would tell how many there are. To be called as the publisher.
    Raises Refused as `begin_wave` does.
    """
    await connection.execute("SELECT identity.require_survey_manager()")
    return Wave(
        await begin_wave(
            connection, community=community, wave=wave, offered_to=offered_to, cap_micro_rho=cap, faults=faults
        )
    )
