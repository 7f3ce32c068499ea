"""Tables of treatments: the catalogue, members' courses, evaluations and side effects."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, searchable, within
from models.languages import translations
from models.name_order import order_of_names
from privacy.described import DescribedEnum


class TreatmentKind(DescribedEnum):
    """The kind of a treatment."""

    MEDICATION = "MEDICATION", "A medicine."
    PROCEDURE = "PROCEDURE", "A medical procedure, such as surgery."
    DEVICE = "DEVICE", "A medical device."
    THERAPY = "THERAPY", "A therapy by sessions, such as physiotherapy."
    SUPPLEMENT = "SUPPLEMENT", "A dietary supplement."
    LIFESTYLE = "LIFESTYLE", "A change of lifestyle, such as a diet."


class CourseStatus(DescribedEnum):
    """The status of a course."""

    ACTIVE = "ACTIVE", "Ongoing."
    COMPLETED = "COMPLETED", "Ended as planned."
    STOPPED = "STOPPED", "Ended before it was complete."
    ON_HOLD = "ON_HOLD", "Interrupted; it may continue."


class StopReason(DescribedEnum):
    """The reason for ending a course."""

    INEFFECTIVE = "INEFFECTIVE", "It did not work."
    SIDE_EFFECTS = "SIDE_EFFECTS", "Its side effects."
    COST = "COST", "Its cost."
    COMPLETED = "COMPLETED", "It was complete."
    DOCTOR_ADVICE = "DOCTOR_ADVICE", "A doctor advised it."
    OTHER = "OTHER", "Any other reason."


class Severity(DescribedEnum):
    """The severity of a side effect, as the member judges it."""

    MILD = "MILD", "Noticeable, but easy to bear."
    MODERATE = "MODERATE", "Interferes with everyday life."
    SEVERE = "SEVERE", "Prevents everyday life."


class Treatment(Table, table=True):
    """A treatment of the catalogue; medicines have their INN and a single ATC code."""

    __table_args__ = within(
        "catalog",
        Index(None, "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index(None, "moves_at", postgresql_where=text("moves_at IS NOT NULL")),
        Index(None, "search", postgresql_using="gin"),
        Index("ix_treatment_named", text(order_of_names("name")), "id"),
    )

    id: UUID = key()
    slug: str = Field(unique=True)
    name: str
    kind: TreatmentKind = choice(TreatmentKind, "kind")
    inn: str | None = None
    atc: str | None = None
    national_code: str | None = Field(default=None, unique=True)  # of a medicine: its CIS code in France
    retired_on: date | None = None
    merged_into_id: UUID | None = reference("catalog.treatment.id", gone="RESTRICT", nullable=True)
    moves_at: datetime | None = moment(default=None, nullable=True)  # when members' rows move to what it merged into
    translations: dict[str, dict[str, str]] = translations()
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})  # counts changes by editors
    words: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    search: str = searchable("entry_words(name, NULL, translations, coalesce(inn || ', ', '') || words)")


class Course(Table, table=True):
    """A member's course of a treatment, from its first day to its last.

    Triggers copy the profile's `sharing` as `profile_sharing`, here, to evaluations and to side effects: their policies
    ask it of each row. It is null if there is no profile.
    """

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
    profile_sharing: str | None = None


class Evaluation(Table, table=True):
    """A member's ratings of a course, from 0 to 10.

    Member and treatment repeat the course's, for scope. Triggers copy its community and the profile's `sharing`, by
    which lists find evaluations: ONLY_ME if the member shares with their communities and does not belong to this one.
    """

    __table_args__ = within(
        "care",
        CheckConstraint("effectiveness BETWEEN 0 AND 10", name="effectiveness"),
        CheckConstraint("convenience BETWEEN 0 AND 10", name="convenience"),
        CheckConstraint("satisfaction BETWEEN 0 AND 10", name="satisfaction"),
        Index(None, "treatment_id", "sharing", "evaluated_on", "id"),
        Index(None, "treatment_id", "community_id", "sharing", "evaluated_on", "id"),
        Index(None, "member_id"),
    )

    id: UUID = key()
    course_id: UUID = Field(foreign_key="care.course.id", ondelete="CASCADE", unique=True)
    member_id: UUID = reference("care.member.id")
    treatment_id: UUID = reference("catalog.treatment.id", gone="RESTRICT")
    community_id: UUID | None = reference("catalog.community.id", gone="SET NULL", nullable=True)
    sharing: str = Field(default="ONLY_ME", sa_column_kwargs={"server_default": text("'ONLY_ME'")})
    profile_sharing: str | None = None
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
    profile_sharing: str | None = None
