"""Publishes the questions of an analysis plan in one transaction: all of them, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from models.database import Connection
from models.parameters import DatasetId, LicenceId
from models.viewers import Viewer
from privacy.means import InsightKind
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.insight.analysis_plans import (
    QUESTIONS,
    PlanExhausted,
    PlannedQuestion,
    costs_of,
    payers_of,
    quote_together,
    resolve_plan,
)
from resolvers.insight.drawing import be_ready
from resolvers.insight.groupings import store_groupings
from resolvers.insight.insight_requests import ResolvedRequest, resolve_request
from resolvers.insight.insights_mutations import (
    Published,
    expect_counts,
    expect_open,
    hold_budget,
    publish_resolved,
)
from resolvers.insight.ledger import NewEntry, append
from resolvers.insight.releases import Overspent


@dataclass(frozen=True)
class PublishedPlan:
    """The insights of a plan, one for each question, and the micro-rho charged for all of them."""

    insight_ids: list[UUID]
    charged_micro_rho: int


async def publish_plan(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    dataset: DatasetId,
    questions: Sequence[PlannedQuestion],
    licence: LicenceId | None = None,
) -> PublishedPlan:
    """Publishes all questions of a plan, charged to one licence. To be called as `publish`, which has its rules.

    Raises Refused as `publish` does, for a question at its own place, and PlanExhausted before anything is counted.
    """
    subjects: Sequence[ResolvedRequest] = []
    day = await current_day(connection)
    await be_ready()
    found, share = await hold_budget(connection, viewer, faults, dataset, licence, day)
    if found is not None:
        subjects = await resolve_plan(connection, found, questions, licence, faults)
        for at, each in enumerate(subjects):
            with faults.collected(QUESTIONS, at):
                expect_counts(each)
    faults.refuse()
    assert found is not None
    assert share is not None
    cost = sum(costs_of(subjects))
    expect_open(found, day, cost)
    if cost > share.left:
        raise PlanExhausted(
            await quote_together(connection, subjects, share.left, share.left_in_dataset, viewer.reads_in)
        )
    insights: dict[int, Published] = {}
    entries: list[NewEntry] = []
    payers = payers_of(subjects)

    def turn(at: int) -> tuple[bool, bool]:
        # Those that are charged come first: the others of their tables are then answered by the same releases. SUMS
        # come after the counts that have their members.
        return payers[at] != at, subjects[at].request.kind is InsightKind.SUMS

    for _, together in groupby(sorted(range(len(subjects)), key=turn), turn):
        places, resolved = list(together), []
        for at in places:
            with faults.collected(QUESTIONS, at):
                # Once more: the questions before it have stored groupings, which have positions now.
                subject = await resolve_request(connection, found, subjects[at].request)
                expect_counts(subject)
                await store_groupings(connection, found.id, subject.groupings)
                resolved.append(subject)
            faults.refuse()
        try:
            published, entry = await publish_resolved(connection, viewer, resolved, share.use)
        except Overspent:
            raise PlanExhausted(await quote_together(connection, subjects, 0, 0, viewer.reads_in)) from None
        insights |= zip(places, published, strict=True)
        entries += entry
    if entries:
        await append(connection, entries)
    charged = sum(each.charged_micro_rho for each in insights.values())
    return PublishedPlan([insights[at].insight_id for at in range(len(subjects))], charged)
