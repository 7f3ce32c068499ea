"""Tables of licences: an organization's permission to query a community's datasets."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from models.identity.organizations import PurposeKind
from privacy.described import DescribedEnum

MOST_MICRO_RHO = 1_000_000  # of a licence's quota
LONG_AGO = "'1970-01-01 00:00:00+00'::timestamptz"  # in place of the moment of a request that has none


class LicenceStatus(DescribedEnum):
    """The status of a licence."""

    REQUESTED = "REQUESTED", "Requested, and waiting for a decision."
    GRANTED = "GRANTED", "Granted: valid from its first to its last day."
    REFUSED = "REFUSED", "Refused."
    ENDED = "ENDED", "Its last day is over."


class Licence(Table, table=True):
    """An organization's permission to query one community's datasets for one purpose; its quota is in micro-rho.

    A requested or granted licence ends with its last day, even if its status does not yet show it. One that was
    requested before there were undertakings has no kind of purpose: nothing is read or published under it.
    """

    __table_args__ = within(
        "insight",
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint(f"quota_micro_rho BETWEEN 0 AND {MOST_MICRO_RHO}", name="quota"),
        CheckConstraint("num_nonnulls(price_amount, price_currency) IN (0, 2)", name="price"),
        CheckConstraint("price_amount >= 0 AND price_currency ~ '^[A-Z]{3}$'", name="money"),
        CheckConstraint(
            "status <> 'REQUESTED' OR quota_micro_rho = 0 AND num_nonnulls(price_amount, reason) = 0", name="undecided"
        ),
        CheckConstraint(
            "num_nonnulls(purpose_kind, undertakings, undertakings_accepted_at) IN (0, 3)", name="accepted"
        ),
        Index(
            "uq_licence_requested",
            "organization_id",
            "community_id",
            unique=True,
            postgresql_where=text("status = 'REQUESTED'"),
        ),
        Index("ix_licence_queue", text("(status = 'REQUESTED')"), text(f"coalesce(requested_at, {LONG_AGO})"), "id"),
        Index(None, "organization_id"),
    )

    id: UUID = key()
    organization_id: UUID = reference("insight.organization.id")
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT")
    purpose: str
    purpose_kind: PurposeKind | None = choice(PurposeKind, "purpose_kind", default=None, nullable=True)
    undertakings: str | None = None  # their version
    undertakings_accepted_at: datetime | None = moment(
        default=None, nullable=True, sa_column_kwargs={"server_default": text("now()")}
    )
    # Null if it was requested before this column.
    requested_at: datetime | None = moment(
        default=None, nullable=True, sa_column_kwargs={"server_default": text("now()")}
    )
    starts_on: date
    ends_on: date
    status: LicenceStatus = choice(LicenceStatus, "status")
    price_amount: Decimal | None = Field(default=None, sa_type=Numeric(12, 2))
    price_currency: str | None = Field(default=None, max_length=3)
    quota_micro_rho: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    reason: str | None = None  # of a refusal
