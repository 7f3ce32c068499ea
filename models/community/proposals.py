"""Tables of members' proposals for the catalogue, and of who made them."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import Table, choice, key, reference, within
from privacy.described import DescribedEnum


class ProposalKind(DescribedEnum):
    """What a member proposes for the catalogue."""

    CONDITION = "CONDITION", "A condition."
    SYMPTOM = "SYMPTOM", "A symptom, or another indicator to track."
    TREATMENT = "TREATMENT", "A treatment."


class ProposalStatus(DescribedEnum):
    """The status of a proposal."""

    OPEN = "OPEN", "Staff have not decided yet."
    ACCEPTED = "ACCEPTED", "A catalogue entry was made for it."
    MERGED = "MERGED", "It is part of an existing catalogue entry."
    DECLINED = "DECLINED", "No catalogue entry is made for it, for the reason given."


class CatalogueProposer(Table, table=True):
    """Who made a proposal: apart from it, so that no role of staff has a right to read it."""

    __table_args__ = within("care", Index(None, "member_id"))

    id: UUID = key()
    member_id: UUID = reference("care.member.id")


class CatalogueProposal(Table, table=True):
    """A condition, symptom or treatment that a member misses in the catalogue, with the decision of staff."""

    __table_args__ = within(
        "care",
        CheckConstraint("(status = 'OPEN') = (decided_on IS NULL)", name="decided"),
        CheckConstraint("status <> 'DECLINED' OR reason IS NOT NULL", name="declined"),
        CheckConstraint(
            "num_nonnulls(condition_id, indicator_id, treatment_id) <= (status IN ('ACCEPTED', 'MERGED'))::integer",
            name="entry",
        ),
        Index(None, "proposed_on", "id"),
    )

    id: UUID = reference("care.catalogue_proposer.id", part_of_key=True)
    kind: ProposalKind = choice(ProposalKind, "kind")
    name: str
    description: str | None = None
    community_id: UUID | None = reference("catalog.community.id", gone="SET NULL", nullable=True)
    proposed_on: date = Field(sa_column_kwargs={"server_default": text("catalog.today()")})
    status: ProposalStatus = choice(
        ProposalStatus, "status", default=ProposalStatus.OPEN, sa_column_kwargs={"server_default": text("'OPEN'")}
    )
    reason: str | None = None
    decided_on: date | None = None
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    condition_id: UUID | None = reference("catalog.condition.id", gone="SET NULL", nullable=True)
    indicator_id: UUID | None = reference("catalog.indicator.id", gone="SET NULL", nullable=True)
    treatment_id: UUID | None = reference("catalog.treatment.id", gone="SET NULL", nullable=True)
