"""Tables of treatments: the catalogue, members' courses, evaluations and side effects."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import Table, choice, key, reference, searchable, within


class TreatmentKind(StrEnum):
    MEDICATION = "MEDICATION"
    PROCEDURE = "PROCEDURE"
    DEVICE = "DEVICE"
    THERAPY = "THERAPY"
    SUPPLEMENT = "SUPPLEMENT"
    LIFESTYLE = "LIFESTYLE"


class CourseStatus(StrEnum):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    ON_HOLD = "ON_HOLD"


class StopReason(StrEnum):
    INEFFECTIVE = "INEFFECTIVE"
    SIDE_EFFECTS = "SIDE_EFFECTS"
    COST = "COST"
    COMPLETED = "COMPLETED"
    DOCTOR_ADVICE = "DOCTOR_ADVICE"
    OTHER = "OTHER"


class Severity(StrEnum):
    MILD = "MILD"
    MODERATE = "MODERATE"
    SEVERE = "SEVERE"


class Treatment(Table, table=True):
    """A treatment of the catalogue; medicines have their INN and a single ATC code."""

    __table_args__ = within("catalog", Index(None, "search", postgresql_using="gin"), Index(None, "name", "id"))

    id: UUID = key()
    slug: str = Field(unique=True)
    name: str
    kind: TreatmentKind = choice(TreatmentKind, "kind")
    inn: str | None = None
    atc: str | None = None
    words: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    search: str = searchable("name || ' ' || words")


class Course(Table, table=True):
    """One member's run of one treatment."""

    __table_args__ = within(
        "care",
        CheckConstraint("ended_on >= started_on", name="ends_after_start"),
        Index(None, "member_id", "started_on", "id"),
        Index(None, "treatment_id"),
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    treatment_id: UUID = reference("catalog.treatment.id", gone="RESTRICT")
    community_id: UUID | None = reference("catalog.community.id", gone="SET NULL", nullable=True)
    status: CourseStatus = choice(CourseStatus, "status")
    started_on: date
    ended_on: date | None = None
    dose: str | None = None
    stop_reason: StopReason | None = choice(StopReason, "stop_reason", default=None, nullable=True)


class Evaluation(Table, table=True):
    """A member's ratings of a course, from 0 to 10. Member and treatment repeat the course's, for scope."""

    __table_args__ = within(
        "care",
        CheckConstraint("effectiveness BETWEEN 0 AND 10", name="effectiveness"),
        CheckConstraint("convenience BETWEEN 0 AND 10", name="convenience"),
        CheckConstraint("satisfaction BETWEEN 0 AND 10", name="satisfaction"),
        Index(None, "treatment_id", "evaluated_on", "id"),
        Index(None, "member_id"),
    )

    id: UUID = key()
    course_id: UUID = Field(foreign_key="care.course.id", ondelete="CASCADE", unique=True)
    member_id: UUID = reference("care.member.id")
    treatment_id: UUID = reference("catalog.treatment.id", gone="RESTRICT")
    evaluated_on: date
    effectiveness: int
    convenience: int
    satisfaction: int
    comment: str | None = None


class SideEffect(Table, table=True):
    """A side effect named in an evaluation: an indicator, how severe, and whether it was serious."""

    __table_args__ = within("care", Index(None, "member_id"))

    evaluation_id: UUID = reference("care.evaluation.id", part_of_key=True)
    indicator_id: UUID = reference("catalog.indicator.id", gone="RESTRICT", part_of_key=True)
    member_id: UUID = reference("care.member.id")
    severity: Severity = choice(Severity, "severity")
    serious: bool
