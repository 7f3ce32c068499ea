"""Publishes insights: charged, counted with noise, stored and entered in the ledger in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.database import Connection
from models.parameters import DatasetId
from models.viewers import Audience, Viewer
from privacy.precision import Precision
from resolvers.days import current_day
from resolvers.insight.ledger import append
from resolvers.insight.quotes import BudgetExhausted, InsightRequest, Subject, budget_share_of, quote, subject_of
from resolvers.insight.releases import Overspent, Use, present, release
from resolvers.transactions import Forbidden, too_late


@dataclass(frozen=True)
class Published:
    """An insight, and what was charged for it in micro-rho: nothing if it had been published before."""

    insight_id: UUID
    charged_micro_rho: int


async def publish_insight(
    connection: Connection,
    viewer: Viewer,
    *,
    dataset: DatasetId,
    variable: str,
    by: Sequence[str] = (),
    precision: Precision,
) -> Published:
    """Publishes an insight of a dataset. Raises what `publish` raises."""
    return await publish(connection, viewer, InsightRequest(dataset, variable, by, precision))


async def publish(
    connection: Connection, viewer: Viewer, question: InsightRequest, *, at: datetime | None = None
) -> Published:
    """The answer to the question as an insight: for its price, or for nothing if it was published before.

    `at` is its moment if it is not now. To be called in a transaction, and nothing of it may be revealed before that
    has committed. Raises Forbidden, and Refused: NOT_FOUND, INVALID, NOT_ELIGIBLE, LICENCE_REQUIRED, TOO_LATE and
    BudgetExhausted, which come of the question, of licences and of budgets, and of no record.
    """
    if viewer.audience not in (Audience.BUYER, Audience.MANAGER):
        raise Forbidden
    # From here on whoever publishes of the dataset waits: two of them would both find the budget unspent.
    subject = await subject_of(connection, question, lock=True)
    day = at.date() if at else await current_day(connection)
    share = await budget_share_of(connection, viewer, subject.dataset, day, lock=True)
    if subject.published is not None and subject.is_published:
        shown = await present(connection, subject.dataset, subject.published, subject.cube, question.variable, at)
        return Published(shown, 0)
    if not subject.dataset.is_open_on(day):
        raise too_late("This dataset has ended. What was published of it can still be read.", "dataset")
    charge = subject.cost(question.precision)
    if charge > share.left:
        raise BudgetExhausted(await quote(connection, subject, share.left))
    try:
        return await _release(connection, subject, share.use, charge, at)
    except Overspent:
        raise BudgetExhausted(await quote(connection, subject, 0)) from None


async def _release(connection: Connection, subject: Subject, use: Use, charge: int, at: datetime | None) -> Published:
    published, line = await release(
        connection,
        subject.dataset,
        subject.cube,
        subject.question.precision,
        use,
        charge=charge,
        improves=subject.published,
        at=at,
    )
    insight = await present(connection, subject.dataset, published, subject.cube, subject.question.variable, at)
    await connection.execute("SELECT research.tell_enrolled($1, $2)", subject.dataset.id, insight)
    await append(connection, [line], at)
    return Published(insight, charge)
