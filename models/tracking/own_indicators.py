"""Tables of the indicators that members make for themselves, and of their values."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Table, choice, key, reference, within
from models.tracking.observations import Scale


class OwnIndicator(Table, table=True):
    """An indicator that a member made for themselves; only they and relatives who keep their diary read it.

    What is counted, searched or shared reads `catalog.indicator`, which is another table. If the member names it in a
    proposal, its observations follow when the proposal is accepted.
    """

    __table_args__ = within(
        "care",
        CheckConstraint("'-Infinity' < minimum AND minimum < maximum AND maximum < 'Infinity'", name="bounds"),
        Index(None, "member_id", "name", "id"),
        Index(None, "proposal_id"),
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    name: str
    scale: Scale = choice(Scale, "scale")
    unit: str | None = None
    minimum: float
    maximum: float
    proposal_id: UUID | None = reference("care.catalogue_proposal.id", gone="SET NULL", nullable=True)


class OwnObservation(Table, table=True):
    """A member's value of an indicator of their own on one day; a second value for the same day replaces the first."""

    __table_args__ = within(
        "care", UniqueConstraint("own_indicator_id", "observed_on"), Index(None, "member_id", "observed_on", "id")
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")  # the indicator's
    own_indicator_id: UUID = reference("care.own_indicator.id")
    value: float = Field(sa_type=Float(53))
    observed_on: date
    by_relative: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    note: str | None = None
