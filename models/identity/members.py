"""Tables of members: profiles, memberships, diagnoses, care links and notifications."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, one_of, reference, within
from privacy.described import DescribedEnum
from privacy.domains import REGIONS


class MemberKind(DescribedEnum):
    """The kind of a member."""

    PATIENT = "PATIENT", "A person who lives with a condition."
    RELATIVE = "RELATIVE", "A relative of a patient."
    ASSOCIATION = "ASSOCIATION", "A patients' association."


class Sex(DescribedEnum):
    """A member's sex, as they state it."""

    FEMALE = "FEMALE", "Female."
    MALE = "MALE", "Male."
    OTHER = "OTHER", "Neither female nor male."
    UNKNOWN = "UNKNOWN", "Not stated."


class Sharing(DescribedEnum):
    """The members with whom a member shares their age band, sex, region, communities, courses and observations."""

    ONLY_ME = (
        "ONLY_ME",
        "Nobody else, except relatives with an accepted care link. All members still see the pseudonym, kind, `about`, "
        "`joinedOn` and posts; so do moderators, who also see the communities.",
    )
    MY_COMMUNITIES = (
        "MY_COMMUNITIES",
        "Members of a community that they both belong to. These see only the communities that they share. Otherwise "
        "as ONLY_ME.",
    )
    ALL_MEMBERS = "ALL_MEMBERS", "All members. Moderators see the age band, sex and region too."


class MembershipRole(DescribedEnum):
    """A member's role in a community."""

    MEMBER = "MEMBER", "An ordinary member."
    AMBASSADOR = (
        "AMBASSADOR",
        "A member whom a moderator has appointed to welcome and represent the community. The role gives no rights.",
    )


class CareLinkStatus(DescribedEnum):
    """The status of a care link."""

    INVITED = "INVITED", "The patient has invited the relative, who has not accepted yet."
    ACCEPTED = "ACCEPTED", "The relative may read the patient's diary and write in it."
    ENDED = "ENDED", "Ended by either of them; the relative has no access."


class NotificationKind(DescribedEnum):
    """The event that a notification reports."""

    REPLY = "REPLY", "Somebody posted in a discussion that the viewer started."
    SURVEY_OPEN = "SURVEY_OPEN", "A survey that the viewer can answer has opened."
    INSIGHT_PUBLISHED = "INSIGHT_PUBLISHED", "An insight was published from a dataset that includes the viewer."
    CARE_LINK = "CARE_LINK", "A patient invited the viewer, or a relative accepted the viewer's invitation."
    MODERATION = (
        "MODERATION",
        "A moderator removed or restored a post of the viewer, declined their appeal, or suspended them.",
    )
    PROPOSAL = "PROPOSAL", "Staff decided on a proposal of the viewer for the catalogue."
    SURVEY_CLOSED = (
        "SURVEY_CLOSED",
        "A survey closed before the last day that was announced. The viewer had answered it, or begun to.",
    )
    SUPPORT = (
        "SUPPORT",
        "Where to find somebody to talk to, at any hour, for the viewer or for somebody they know: show "
        "`Query.helpLines`. It names no post and no member.",
    )


class Member(Table, table=True):
    """What every member may see of a member; `Profile` holds what only some may see."""

    __table_args__ = within(
        "care",
        Index("uq_member_pseudonym", text("lower(pseudonym)"), unique=True),
        Index("ix_member_association", "id", postgresql_where=text("kind = 'ASSOCIATION'")),
        Index("ix_member_leaving", "id", postgresql_where=text("leaving")),
    )

    id: UUID = key()
    pseudonym: str
    kind: MemberKind = choice(MemberKind, "kind")
    verified: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    about: str | None = None
    joined_on: date
    # Whether they have left and what was many of their rows is still being deleted. No role reads such a row.
    leaving: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    left_at: datetime | None = moment(default=None, nullable=True)


class Profile(Table, table=True):
    """What a member shares with the viewers that `sharing` names, who may read the member's tracking as well."""

    __table_args__ = within("care", one_of(REGIONS, "region"))

    member_id: UUID = reference("care.member.id", part_of_key=True)
    birth_year: int | None = None
    sex: Sex = choice(Sex, "sex", default=Sex.UNKNOWN, sa_column_kwargs={"server_default": text("'UNKNOWN'")})
    region: str | None = None
    sharing: Sharing = choice(
        Sharing, "sharing", default=Sharing.ONLY_ME, sa_column_kwargs={"server_default": text("'ONLY_ME'")}
    )


class Membership(Table, table=True):
    """A member's membership of a community.

    `sharing` is the profile's, or ALL_MEMBERS for a verified association. Triggers copy it, because policies of two
    tables cannot read each other.
    """

    __table_args__ = within(
        "care",
        # No other by community: PostgreSQL might pass over those who hide, which the time of a page would tell.
        Index(None, "community_id", "sharing", "member_id"),
        Index("ix_membership_ambassador", "community_id", postgresql_where=text("role = 'AMBASSADOR'")),
    )

    member_id: UUID = reference("care.member.id", part_of_key=True)
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT", part_of_key=True)
    joined_on: date = Field(sa_column_kwargs={"server_default": text("catalog.today()")})
    role: MembershipRole = choice(
        MembershipRole, "role", default=MembershipRole.MEMBER, sa_column_kwargs={"server_default": text("'MEMBER'")}
    )
    sharing: Sharing = choice(
        Sharing, "sharing", default=Sharing.ONLY_ME, sa_column_kwargs={"server_default": text("'ONLY_ME'")}
    )


class Diagnosis(Table, table=True):
    """The year in which a patient was diagnosed with a community's condition; readable by the patient only."""

    __table_args__ = within("care", CheckConstraint("diagnosed_in BETWEEN 1900 AND 9999", name="year"))

    member_id: UUID = reference("care.member.id", part_of_key=True)
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT", part_of_key=True)
    diagnosed_in: int


class CareLink(Table, table=True):
    """A relative whom a patient allows to keep their diary; reading and writing end with the link."""

    __table_args__ = within(
        "care",
        UniqueConstraint("patient_id", "relative_id"),
        CheckConstraint("patient_id <> relative_id", name="two_members"),
        Index(None, "relative_id"),
    )

    id: UUID = key()
    patient_id: UUID = reference("care.member.id")
    relative_id: UUID = reference("care.member.id")
    status: CareLinkStatus = choice(CareLinkStatus, "status")
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class Notification(Table, table=True):
    """A notification for a member; `subject_type` is the id prefix of its subject."""

    __table_args__ = within(
        "care",
        Index(None, "member_id", "created_at", "id"),
        Index(None, "subject_id"),
        Index(  # news from the outbox, which may be delivered twice
            "uq_notification_news",
            "member_id",
            "subject_id",
            "kind",
            unique=True,
            postgresql_where=text("kind = 'SURVEY_OPEN' OR kind = 'INSIGHT_PUBLISHED' OR kind = 'SURVEY_CLOSED'"),
        ),
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    kind: NotificationKind = choice(NotificationKind, "kind")
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    read_at: datetime | None = moment(default=None, nullable=True)
    subject_type: str | None = None
    subject_id: UUID | None = None
