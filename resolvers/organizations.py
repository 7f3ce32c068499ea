"""The only place for where the values of organizations come from: who buys, under which licence, with which keys."""

from sqlalchemy import BigInteger, Double, and_, case, cast, func, literal_column, type_coerce

from models import organizations as tables
from models.rows import Asking, Expression, Row, Rows, row, select

# The chance, of which a stated epsilon takes no account, that is told with every cost.
DELTA = cast(literal_column("1e-6"), Double)


def organization(*, viewer: Asking) -> Rows:
    found = row(tables.Organization)
    return select(found).where(found.id == viewer.organization)


def organizations() -> Rows:
    organization = row(tables.Organization)
    return select(organization).order_by(organization.name, organization.id)


def organization_of(owner: Row) -> Rows:
    organization = row(tables.Organization)
    return select(organization).where(organization.id == owner.organization_id)


def licences(*, status: tables.LicenceStatus | None = None) -> Rows:
    licence = row(tables.Licence)
    found = select(licence).order_by(licence.starts_on.desc(), licence.id.desc())
    return found if status is None else found.where(status_of(licence) == status)


def licences_of(organization: Row) -> Rows:
    licence = row(tables.Licence)
    found = select(licence).where(licence.organization_id == organization.id)
    return found.order_by(licence.starts_on.desc(), licence.id.desc())


def api_keys_of(organization: Row) -> Rows:
    api_key = row(tables.ApiKey)
    found = select(api_key).where(api_key.organization_id == organization.id)
    return found.order_by(api_key.created_at.desc(), api_key.id.desc())


def licence_of(made: Row) -> Rows:
    licence = row(tables.Licence)
    return select(licence).where(licence.id == made.licence_id)


def api_key_of(made: Row) -> Rows:
    api_key = row(tables.ApiKey)
    return select(api_key).where(api_key.id == made.api_key_id)


def status_of(licence: Row) -> Expression:
    """Where it stands today (UTC): what was not refused is over after its last day, whether or not the row says so."""
    over = and_(licence.status != tables.LicenceStatus.REFUSED, licence.ends_on < func.current_date())
    return case((over, type_coerce(tables.LicenceStatus.ENDED, licence.status.type)), else_=licence.status)


def price_of(licence: Row) -> Rows:
    """The price as one row; no row while no price is agreed."""
    price = (licence.price_amount.label("amount"), licence.price_currency.label("currency"))
    return select(*price).where(licence.price_amount.is_not(None))


def quota_of(licence: Row) -> Rows:
    return cost(licence.quota_micro_rho)


def cost(micro_rho: Expression) -> Rows:
    """A privacy cost as one row: micro-rho, and the epsilon that it comes to at DELTA."""
    micro_rho = cast(micro_rho, BigInteger)
    return select(
        micro_rho.label("micro_rho"), func.insight.epsilon(micro_rho, DELTA).label("epsilon"), DELTA.label("delta")
    )
