"""Tables of the treatments that members add for themselves, and of their courses."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint

from models.columns import Table, choice, key, reference, within
from models.tracking.treatments import CourseStatus, StopReason, TreatmentKind


class OwnTreatment(Table, table=True):
    """A treatment that a member added for themselves; only they and relatives who keep their diary read it.

    What is counted, searched or shared reads `catalog.treatment`, which is another table. If the member names it in a
    proposal, its courses follow when the proposal is accepted.
    """

    __table_args__ = within("care", Index(None, "member_id", "name", "id"), Index(None, "proposal_id"))

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    name: str
    kind: TreatmentKind = choice(TreatmentKind, "kind")
    proposal_id: UUID | None = reference("care.catalogue_proposal.id", gone="SET NULL", nullable=True)


class OwnCourse(Table, table=True):
    """A member's course of a treatment of their own, from its first day to its last."""

    __table_args__ = within(
        "care",
        CheckConstraint("ended_on >= started_on", name="ends_after_start"),
        UniqueConstraint("own_treatment_id", "started_on"),
        Index(None, "member_id", "started_on", "id"),
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")  # the treatment's
    own_treatment_id: UUID = reference("care.own_treatment.id")
    status: CourseStatus = choice(CourseStatus, "status")
    started_on: date
    ended_on: date | None = None
    dose: str | None = None
    stop_reason: StopReason | None = choice(StopReason, "stop_reason", default=None, nullable=True)
