"""Reads licences: their status, price and quota."""

from sqlalchemy import Date, and_, case, cast, func, literal_column, type_coerce

from models.insight import licences as tables
from models.insight.undertakings import RESULTS_MONTHS
from models.rows import Expression, Row, Rows, row, select
from resolvers.days import today
from resolvers.insight.costs import cost

NOTHING: Expression = literal_column("0")


def licences(*, status: tables.LicenceStatus | None = None) -> Rows:
    """Licences, undecided requests first and the newest of each first; those of one status today, if it is given."""
    licence = row(tables.Licence)
    waits = licence.status == tables.LicenceStatus.REQUESTED
    since = func.coalesce(licence.requested_at, literal_column(tables.LONG_AGO))
    found = select(licence).order_by(waits.desc(), since.desc(), licence.id.desc())
    return found if status is None else found.where(status_of(licence) == status)


def licences_of(organization: Row) -> Rows:
    """Licences, the last to start first."""
    licence = row(tables.Licence)
    found = select(licence).where(licence.organization_id == organization.id)
    return found.order_by(licence.starts_on.desc(), licence.id.desc())


def licence_of(made: Row) -> Rows:
    """One row: the licence that a mutation has requested or decided."""
    licence = row(tables.Licence)
    return select(licence).where(licence.id == made.licence_id)


def status_of(licence: Row) -> Expression:
    """The status today (UTC): a licence that was not refused has ended after its last day, whatever the row says."""
    over = and_(licence.status != tables.LicenceStatus.REFUSED, licence.ends_on < today())
    return case((over, type_coerce(tables.LicenceStatus.ENDED, licence.status.type)), else_=licence.status)


def results_due_on(licence: Row) -> Expression:
    """The last day to publish results; at the end of the calendar, its last day. Null without undertakings."""
    due = cast(licence.ends_on + literal_column(f"interval '{RESULTS_MONTHS} months'"), Date)
    return case((licence.undertakings.is_not(None), func.least(due, literal_column("date '9999-12-31'"))))


def price_of(licence: Row) -> Rows:
    """The price as one row; no row if none is agreed."""
    price = (licence.price_amount.label("amount"), licence.price_currency.label("currency"))
    return select(*price).where(licence.price_amount.is_not(None))


def quota_of(licence: Row) -> Rows:
    """One row: what may be spent under the licence, in micro-rho."""
    return cost(licence.quota_micro_rho)


def spent_of(licence: Row) -> Rows:
    """One row: what was spent under the licence, in micro-rho."""
    return cost(_spent(licence))


def remaining_of(licence: Row) -> Rows:
    """What is left of the quota; nothing unless the licence is granted, whether or not it has begun."""
    left = func.greatest(licence.quota_micro_rho - _spent(licence), NOTHING)
    granted = status_of(licence) == tables.LicenceStatus.GRANTED
    return cost(case((granted, left), else_=NOTHING))


def _spent(licence: Row) -> Expression:
    return func.insight.spent_under(licence.id)
