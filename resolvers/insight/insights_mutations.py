"""Publishes insights: charges, counts with noise, stores and appends to the ledger, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.database import Connection
from models.parameters import DatasetId, LicenceId
from models.viewers import Viewer
from privacy.means import InsightKind
from privacy.precision import Precision
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.insight.budget_shares import BudgetShare, budget_share_of
from resolvers.insight.counted_groups import cube_of_groups
from resolvers.insight.drawing import be_ready
from resolvers.insight.groupings import GroupingRequest, store_groupings
from resolvers.insight.insight_requests import (
    InsightRequest,
    ResolvedRequest,
    dataset_of,
    resolve_request,
    without_counts,
)
from resolvers.insight.ledger import NewEntry, append
from resolvers.insight.quotes import BudgetExhausted, ended, quote
from resolvers.insight.releases import FrozenDataset, NewRelease, NoisyRelease, Overspent, ReleaseUse, present, release
from resolvers.transactions import invalid

# More than counting and drawing takes of a hundred thousand records (docs/decisions/0015-outbox.md).
COUNTING_SECONDS = 0.25


@dataclass(frozen=True)
class Published:
    """An insight, and the micro-rho charged for it: 0 if it had been published before, or if its data is synthetic."""

    insight_id: UUID
    charged_micro_rho: int


async def publish_insight(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    dataset: DatasetId,
    variable: str,
    by: Sequence[str] = (),
    groupings: Sequence[GroupingRequest] = (),
    precision: Precision,
    kind: InsightKind = InsightKind.COUNTS,
    licence: LicenceId | None = None,
) -> Published:
    """Publishes an insight of a dataset. Raises Refused as `publish` does."""
    request = InsightRequest(dataset, variable, by, precision, licence, groupings, kind)
    return await publish(connection, viewer, request, faults=faults)


async def publish(
    connection: Connection,
    viewer: Viewer,
    request: InsightRequest,
    *,
    at: datetime | None = None,
    faults: Faults | None = None,
) -> Published:
    """The requested insight: charged, or at no cost if it was published before.

    `at` is the time of publication, if not now. To be called in a transaction; nothing may be revealed of the result
    before it has committed. Raises Refused: NOT_FOUND for the dataset, INVALID for the variables, and for SUMS without
    counts of the groups, what `resolve_groupings` refuses, NOT_ELIGIBLE for the kind of organization, LICENCE_REQUIRED,
    NOT_FOUND or INVALID for the licence, TOO_LATE if the dataset has ended, and BudgetExhausted. These depend on the
    request, licences and budgets, and on no record.
    """
    faults = faults or Faults()
    subject = None
    day = at.date() if at else await current_day(connection)
    await be_ready()
    dataset, share = await hold_budget(connection, viewer, faults, request.dataset, request.licence, day)
    if dataset is not None:
        with faults.collected():
            subject = await resolve_request(connection, dataset, request)
            expect_counts(subject)
    faults.refuse()
    assert subject is not None
    assert share is not None
    cost = subject.cost(request.precision)
    expect_open(subject.dataset, day, cost)
    if cost > share.left:
        raise BudgetExhausted(await quote(connection, subject, share.left, share.left_in_dataset, viewer.reads_in))
    try:
        await store_groupings(connection, subject.dataset.id, subject.groupings)
        [published], entries = await publish_resolved(connection, viewer, [subject], share.use, at)
    except Overspent:
        raise BudgetExhausted(await quote(connection, subject, 0, 0, viewer.reads_in)) from None
    if entries:
        await append(connection, entries, at)
    return published


async def hold_budget(
    connection: Connection, viewer: Viewer, faults: Faults, dataset: UUID, licence: UUID | None, day: date
) -> tuple[FrozenDataset | None, BudgetShare | None]:
    """The dataset and what the viewer may spend of it, locked until the transaction ends. Adds refusals to `faults`.

    Two requests at once would otherwise both find the budget unspent.
    """
    found = share = None
    with faults.collected():
        found = await dataset_of(connection, dataset, lock=True)
        share = await budget_share_of(connection, viewer, found, day, licence, lock=True)
    return found, share


def expect_open(dataset: FrozenDataset, day: date, cost: int) -> None:
    """Raises Refused: TOO_LATE if something would be charged to a dataset that has ended."""
    if cost and not dataset.is_open_on(day):
        raise ended("dataset")


def expect_counts(subject: ResolvedRequest) -> None:
    """Raises Refused: INVALID for SUMS whose groups have no published counts that are precise enough."""
    if subject.lacks_counts:
        raise invalid(without_counts(subject), "kind")


async def publish_resolved(
    connection: Connection,
    viewer: Viewer,
    subjects: Sequence[ResolvedRequest],
    use: ReleaseUse,
    at: datetime | None = None,
) -> tuple[list[Published], list[NewEntry]]:
    """The insights of requests that may be published, and the entries to append to the ledger for those that were not.

    The requests are of one dataset and of different tables, whose groupings are stored. What is new is counted and
    drawn together. Raises Overspent before anything is counted.
    """
    new = [subject for subject in subjects if not subject.is_published]
    made: dict[str, tuple[NoisyRelease, NewEntry]] = {}
    if new:
        # Nobody waits for what is published at another time.
        step_seconds = COUNTING_SECONDS if at is None else None
        tables = [_table_of(subject) for subject in new]
        released = await release(connection, new[0].dataset, tables, use, at=at, step_seconds=step_seconds)
        made = {subject.key: one for subject, one in zip(new, released, strict=True)}
    published = []
    for subject in subjects:
        if subject.key not in made:
            assert subject.published is not None
            published.append(Published(await _present(connection, subject, subject.published, at), 0))
            continue
        noisy, _ = made[subject.key]
        await connection.execute("SELECT insight.note_requester($1, $2, $3)", noisy.id, viewer.account, viewer.api_key)
        insight = await _present(connection, subject, noisy, at)
        await connection.execute("SELECT identity.queue_news('INSIGHT_PUBLISHED', $1)", insight)
        if at is None:  # what was published at another time is no news to an organization
            await connection.execute("SELECT identity.queue_event('INSIGHT_PUBLISHED', $1)", insight)
        charge = 0 if subject.dataset.synthetic else subject.cost(subject.request.precision)
        published.append(Published(insight, charge))
    return published, [entry for _, entry in made.values()]


def _table_of(subject: ResolvedRequest) -> NewRelease:
    precision = subject.request.precision
    counts = subject.counts_release if subject.request.kind is InsightKind.SUMS else None
    return NewRelease(
        subject.cube, precision, subject.cost(precision), subject.published, subject.measured, counts_id=counts
    )


async def _present(
    connection: Connection, subject: ResolvedRequest, published: NoisyRelease, at: datetime | None
) -> UUID:
    kind, counts = subject.request.kind, None
    if published.counts_id is not None:
        counts = await cube_of_groups(connection, subject.dataset.id, published.counts_id, subject.groups)
    shown = [(published, subject.cube, subject.request.variable)]
    [insight] = await present(connection, subject.dataset, shown, at, kind=kind, counts=counts)
    return insight
