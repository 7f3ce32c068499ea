"""Tables of datasets: frozen surveys and waves, their public domains, and enrolled members."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Table, choice, choices, key, moment, only_from, reference, within
from models.identity.organizations import OrganizationKind
from models.languages import translations
from models.research.surveys import ConsentPurpose
from privacy.budget import SOLD_SHARE
from privacy.described import DescribedEnum
from privacy.domains import DomainRule as DomainRule


class DatasetKind(DescribedEnum):
    """The source of a dataset."""

    SURVEY = "SURVEY", "The answers to a survey."
    TRACKING = "TRACKING", "What the members of a community track: treatments, indicators and evaluations."


class DatasetStatus(DescribedEnum):
    """The status of a dataset."""

    FREEZING = "FREEZING", "Its members' records are being made: nothing can be published from it yet."
    OPEN = "OPEN", "Insights can be published from it."
    TOO_SMALL = "TOO_SMALL", "Too few members were enrolled, so its records were destroyed. Nothing else is published."
    ENDED = "ENDED", "Its budget is spent or its term is over: its records were destroyed, its insights stay."


FREEZING_PARTS = 16  # of the members of a dataset, by the first digit of their ids


class Dataset(Table, table=True):
    """A frozen survey or wave, with one record per enrolled member. Privacy costs are in micro-rho."""

    __table_args__ = within(
        "insight",
        CheckConstraint("spent_micro_rho BETWEEN 0 AND cap_micro_rho", name="spent"),
        CheckConstraint(
            f"sold_micro_rho BETWEEN 0 AND spent_micro_rho AND sold_micro_rho * 100 <= cap_micro_rho * {SOLD_SHARE}",
            name="sold",
        ),
        CheckConstraint("(status = 'FREEZING') = (progress < 100) AND progress BETWEEN 0 AND 100", name="progress"),
        only_from(OrganizationKind, "offered_to"),
        Index(None, "community_id", "frozen_on", "id"),
        Index(None, "frozen_on", "id"),
        Index(
            "uq_dataset_wave",
            "community_id",
            "wave",
            unique=True,
            postgresql_where=text("kind = 'TRACKING' AND status <> 'TOO_SMALL'"),
        ),
    )

    id: UUID = key()
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT")
    survey_id: UUID | None = Field(default=None, foreign_key="catalog.survey.id", ondelete="RESTRICT", unique=True)
    kind: DatasetKind = choice(DatasetKind, "kind")
    title: str
    wave: str
    translations: dict[str, dict[str, str]] = translations()
    collected_from: date | None = None  # the first day of a survey
    frozen_on: date
    ends_on: date  # the last day on which insights can be published from it
    offered_to: list[str] = choices()
    domain_version: int
    status: DatasetStatus = choice(DatasetStatus, "status")
    progress: int = Field(default=100, sa_column_kwargs={"server_default": text("100")})  # per cent of the freezing
    size: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})  # noisy; 0 unless open or ended
    cap_micro_rho: int
    spent_micro_rho: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    sold_micro_rho: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})  # of it, by licensed buyers
    ended_on: date | None = None


class Variable(Table, table=True):
    """A variable of a dataset; a record holds its categories in `max_per_member` bytes from index `slot` on.

    A grouping is one more variable with the name and slot of the variable whose categories it merges: `groups` says
    how, as in privacy.groupings, and is empty for all others. It is added when an insight first uses it.
    """

    __table_args__ = within(
        "insight",
        UniqueConstraint("dataset_id", "name", "groups"),
        UniqueConstraint("dataset_id", "slot", "groups"),
        Index(
            "uq_variable_grouping_name",
            "dataset_id",
            "name",
            text("lower(grouping_name)"),
            unique=True,
            postgresql_where=text("grouping_name IS NOT NULL"),
        ),
        CheckConstraint("grouping_name IS NULL OR groups <> ''", name="grouping_name"),
        CheckConstraint("max_per_member BETWEEN 1 AND 12", name="max_per_member"),
        Index(None, "subject_id"),
    )

    dataset_id: UUID = reference("insight.dataset.id", part_of_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # from 1
    name: str
    label: str
    translations: dict[str, dict[str, str]] = translations()
    ordinal: bool
    max_per_member: int
    slot: int  # from 0
    rule: DomainRule = choice(DomainRule, "rule")
    subject_id: UUID | None = None
    groups: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    grouping_name: str | None = None  # by which others can use a grouping; null if nobody has named it


class Category(Table, table=True):
    """A category of a variable's public domain; the last one is always UNKNOWN.

    A raw text belongs to the category with that code, a raw number to the one with low <= number < high. Values that
    belong to no category are OTHER, or UNKNOWN if there is no OTHER.
    """

    __table_args__ = within(
        "insight",
        ForeignKeyConstraint(
            ["dataset_id", "variable"],
            ["insight.variable.dataset_id", "insight.variable.position"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("dataset_id", "variable", "code"),
        CheckConstraint("place BETWEEN 0 AND 254", name="place"),
    )

    dataset_id: UUID = Field(primary_key=True)
    variable: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # the variable's position
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # from 0: a record's byte
    code: str
    label: str
    translations: dict[str, dict[str, str]] = translations()
    value: float | None = None  # its value in a mean
    low: float | None = None
    high: float | None = None
    # of a grouping: the codes of the categories that it merges
    merges: list[str] = Field(
        default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")}
    )


class Enrolment(Table, table=True):
    """A member's enrolment in a dataset, with the part of their allowance reserved for it, in micro-rho."""

    __table_args__ = within("research", Index(None, "member_id", "enrolled_at"))

    dataset_id: UUID = reference("insight.dataset.id", part_of_key=True)
    member_id: UUID = reference("care.member.id", part_of_key=True)
    purpose: ConsentPurpose = choice(ConsentPurpose, "purpose")  # of the consent it is based on
    reserved_micro_rho: int
    enrolled_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    withdrawn_at: datetime | None = moment(default=None, nullable=True)


class Record(Table, table=True):
    """A member's categories, one byte per slot: the category's place, or 255 for no further category."""

    __table_args__ = within(
        "research",
        ForeignKeyConstraint(
            ["dataset_id", "member_id"],
            ["research.enrolment.dataset_id", "research.enrolment.member_id"],
            ondelete="CASCADE",
        ),
    )

    dataset_id: UUID = Field(primary_key=True)
    member_id: UUID = Field(primary_key=True)
    codes: bytes


class Freezing(Table, table=True):
    """How much of a dataset is frozen, until it all is: members are frozen in the order of their ids.

    `part` is how many sixteenths of all possible ids are done, and `frozen_to` the last id that is.
    """

    __table_args__ = within("research", CheckConstraint(f"part BETWEEN 0 AND {FREEZING_PARTS}", name="part"))

    dataset_id: UUID = reference("insight.dataset.id", part_of_key=True)
    floor: int  # the fewest members that it needs
    part: int
    frozen_to: UUID
