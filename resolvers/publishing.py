"""The only place where an insight is published: asked, paid for, said and written down in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.viewers import Audience, Viewer
from models.viewing import Connection
from resolvers.ledger import append
from resolvers.quotes import BudgetExhausted, Question, Subject, budget_share_of, quote, subject_of
from resolvers.releases import Overspent, Use, present, release
from resolvers.writing import Forbidden, current_day, too_late


@dataclass(frozen=True)
class Published:
    """An insight, and what was charged for it in micro-rho: nothing where it had been said before."""

    insight: UUID
    charged: int


async def publish(
    connection: Connection, viewer: Viewer, question: Question, *, at: datetime | None = None
) -> Published:
    """The answer to the question as an insight: to a new one, for its price; to one that was asked before, for nothing.

    `at` is its moment where it is not now. To be called in a transaction, and nothing of it may be told before that
    has committed. Raises Forbidden, and Refused: NOT_FOUND, INVALID, NOT_ELIGIBLE, LICENCE_REQUIRED, TOO_LATE and
    BudgetExhausted, which come of the question, of licences and of budgets, and of no record.
    """
    if viewer.audience not in (Audience.BUYER, Audience.MANAGER):
        raise Forbidden
    # From here on whoever publishes of the dataset waits: two of them would both find the budget unspent.
    subject = await subject_of(connection, question, lock=True)
    day = at.date() if at else await current_day(connection)
    share = await budget_share_of(connection, viewer, subject.dataset, day, lock=True)
    if subject.said is not None and subject.is_said:
        shown = await present(connection, subject.dataset, subject.said, subject.cube, question.variable, at)
        return Published(shown, 0)
    if not subject.dataset.is_open_on(day):
        raise too_late("This dataset has ended: what was published of it can still be read.", "input", "dataset")
    charge = subject.cost(question.precision)
    if charge > share.left:
        raise BudgetExhausted(await quote(connection, subject, share.left))
    try:
        return await _say(connection, subject, share.use, charge, at)
    except Overspent:
        raise BudgetExhausted(await quote(connection, subject, 0)) from None


async def _say(connection: Connection, subject: Subject, use: Use, charge: int, at: datetime | None) -> Published:
    said, line = await release(
        connection,
        subject.dataset,
        subject.cube,
        subject.question.precision,
        use,
        charge=charge,
        improves=subject.said,
        at=at,
    )
    insight = await present(connection, subject.dataset, said, subject.cube, subject.question.variable, at)
    await connection.execute("SELECT research.tell_enrolled($1, $2)", subject.dataset.id, insight)
    await append(connection, [line], at)
    return Published(insight, charge)
