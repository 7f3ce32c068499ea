"""Tables of published counts: of communities, and of surveys."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Integer, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from privacy.described import DescribedEnum


class CountKind(DescribedEnum):
    """What a release of counts is about, and its counts in order."""

    NETWORK = "NETWORK", "Active members of the network, and the courses of treatment that they follow."
    COMMUNITY = "COMMUNITY", "Members of a community; patients among them who consent to surveys."
    PROGRESS = "PROGRESS", "Members whom a survey is for, by progress: not invited, invited, started, completed."
    OPENING = "OPENING", "Whether enough members can answer a survey: no count, only the day on which it opens."


class CountRelease(Table, table=True):
    """Noisy counts of people that belong to no dataset, published once and never changed."""

    __table_args__ = within(
        "insight",
        CheckConstraint("micro_rho > 0", name="costs"),
        CheckConstraint(
            "(kind IN ('NETWORK', 'COMMUNITY')) = (survey_id IS NULL) AND (kind = 'NETWORK') = (community_id IS NULL)",
            name="subject",
        ),
        CheckConstraint("octet_length(salt) = 32", name="salt"),
        Index(None, "community_id", "published_at"),
        Index(None, "survey_id"),
    )

    id: UUID = key()
    kind: CountKind = choice(CountKind, "kind")
    community_id: UUID | None = reference("catalog.community.id", gone="RESTRICT", nullable=True)
    survey_id: UUID | None = reference("catalog.survey.id", gone="RESTRICT", nullable=True)
    micro_rho: int
    noisy: list[int] = Field(sa_type=ARRAY(Integer))
    salt: bytes | None = None  # of the ledger entry's commitment; null if the entry is of version 1
    published_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class SurveyOpening(Table, table=True):
    """The number that the count of a waiting survey has to reach, with its noise, and the last look. Never shown."""

    __table_args__ = within("research")

    survey_id: UUID = reference("catalog.survey.id", part_of_key=True)
    threshold: int | None  # null once the survey has opened, or was put back to draft
    looked_on: date | None = None


class CountedMembership(Table, table=True):
    """A time in which a community's published counts include the member. It uses part of their allowance for a year."""

    __table_args__ = within("research")

    member_id: UUID = reference("care.member.id", part_of_key=True)
    community_id: UUID = reference("catalog.community.id", part_of_key=True)
    counted_since: datetime = moment(primary_key=True, sa_column_kwargs={"server_default": text("now()")})
    left_at: datetime | None = moment(default=None, nullable=True)
    # Positions in the ledger of openings that began before and have looked at the member since.
    openings: list[int] = Field(
        default_factory=list, sa_type=ARRAY(BigInteger), sa_column_kwargs={"server_default": text("'{}'")}
    )
