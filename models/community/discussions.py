"""Tables of discussions: their topics, posts, reactions and flags."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, searchable, within
from models.languages import Language
from privacy.described import DescribedEnum

UNSTATED = Language.FR  # the language of texts whose authors have stated none that the server speaks


def spoken() -> Any:
    """The language of what a member has written; UNSTATED where it is not given."""
    return choice(Language, "language", default=UNSTATED, sa_column_kwargs={"server_default": text(f"'{UNSTATED}'")})


class Reaction(DescribedEnum):
    """A member's reaction to a post."""

    SAME_HERE = "SAME_HERE", "The member has the same experience."
    THANKS = "THANKS", "The member says thank you."
    HUG = "HUG", "The member sends comfort."
    HELPFUL = "HELPFUL", "The member found the post helpful."


class FlagReason(DescribedEnum):
    """The reason for flagging a post."""

    SPAM = "SPAM", "Unwanted or repeated content."
    OFF_TOPIC = "OFF_TOPIC", "Not related to the community or the discussion."
    ABUSE = "ABUSE", "Insults, threats or harassment."
    SELF_HARM_RISK = "SELF_HARM_RISK", "The author or somebody else may be at risk of self-harm."
    MEDICAL_ADVICE = "MEDICAL_ADVICE", "Medical advice that may be harmful."
    SOLICITATION = "SOLICITATION", "Advertising, or an attempt to sell or recruit."
    PERSONAL_DATA = "PERSONAL_DATA", "Reveals personal data."


class FlagStatus(DescribedEnum):
    """The status of a flag."""

    OPEN = "OPEN", "Waiting for a moderator's decision."
    UPHELD = "UPHELD", "A moderator agreed, or removed the post for another reason."
    DISMISSED = "DISMISSED", "A moderator found nothing wrong with the post, or restored it."
    LAPSED = "LAPSED", "The author removed the post before a moderator decided."


class Discussion(Table, table=True):
    """A discussion of a community; the author is null once they have left the network."""

    __table_args__ = within(
        "care",
        Index(None, "community_id", "last_post_at", "id"),
        Index(None, "community_id", "language", "last_post_at", "id"),
        Index(None, "author_id"),
        Index("ix_discussion_search", text("catalog.words_there(search, community_id)"), postgresql_using="gin"),
    )

    id: UUID = key()
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT")
    author_id: UUID | None = reference("care.member.id", gone="SET NULL", nullable=True)
    title: str
    language: Language = spoken()  # a trigger makes it that of the first post, if that changes
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    # Maintained by triggers on posts.
    last_post_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    post_count: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    closed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    search: str = searchable("words_of(title, lower(language))")


class DiscussionTopic(Table, table=True):
    """A treatment or an indicator that a discussion is about."""

    __table_args__ = within(
        "care",
        CheckConstraint("num_nonnulls(treatment_id, indicator_id) = 1", name="one_topic"),
    )

    discussion_id: UUID = reference("care.discussion.id", part_of_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    treatment_id: UUID | None = reference("catalog.treatment.id", nullable=True)
    indicator_id: UUID | None = reference("catalog.indicator.id", nullable=True)


class Post(Table, table=True):
    """A post; a removed post keeps its position and loses its body.

    Triggers copy the community of its discussion, by which searches find posts.
    """

    __table_args__ = within(
        "care",
        CheckConstraint("removed = (body IS NULL)", name="removed_has_no_body"),
        Index(None, "discussion_id", "created_at", "id"),
        Index(None, "author_id"),
        Index("ix_post_search", text("catalog.words_there(search, community_id)"), postgresql_using="gin"),
    )

    id: UUID = key()
    discussion_id: UUID = reference("care.discussion.id")
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT")
    author_id: UUID | None = reference("care.member.id", gone="SET NULL", nullable=True)
    body: str | None = None
    language: Language = spoken()
    created_at: datetime = moment()  # if not given, set by a trigger to the latest time in the discussion
    edited_at: datetime | None = moment(default=None, nullable=True)
    removed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    search: str = searchable("words_of(coalesce(body, ''), lower(language))")


class Pin(Table, table=True):
    """A discussion that an association keeps at the top of a community: one for each of its communities.

    Triggers delete it when the discussion is over, and when the association is no longer verified, suspended or gone.
    """

    __table_args__ = within("care", Index(None, "community_id", "created_at"), Index(None, "discussion_id"))

    member_id: UUID = reference("care.member.id", part_of_key=True)
    community_id: UUID = reference("catalog.community.id", part_of_key=True)
    discussion_id: UUID = reference("care.discussion.id")
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class PostReaction(Table, table=True):
    """A member's reaction to a post; the graph shows counts, and the viewer's own reactions."""

    __table_args__ = within("care", Index(None, "member_id"))

    post_id: UUID = reference("care.post.id", part_of_key=True)
    member_id: UUID = reference("care.member.id", part_of_key=True)
    reaction: Reaction = choice(Reaction, "reaction", primary_key=True)


class Flag(Table, table=True):
    """A member's report of a post to the moderators, and its latest resolution."""

    __table_args__ = within(
        "care",
        UniqueConstraint("post_id", "member_id"),
        CheckConstraint(
            "status <> 'OPEN' OR num_nonnulls(staff_id, resolution, resolved_at) = 0", name="open_undecided"
        ),
        Index(None, "urgent", "created_at", "id"),
        Index(None, "status", "urgent", "created_at", "id"),
    )

    id: UUID = key()
    post_id: UUID = reference("care.post.id")
    member_id: UUID | None = reference("care.member.id", gone="SET NULL", nullable=True)
    reason: FlagReason = choice(FlagReason, "reason")
    note: str | None = None
    status: FlagStatus = choice(
        FlagStatus, "status", default=FlagStatus.OPEN, sa_column_kwargs={"server_default": text("'OPEN'")}
    )
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    resolution: str | None = None  # free text by the moderator
    resolved_at: datetime | None = moment(default=None, nullable=True)
    # Whether somebody may be in danger, and no moderator has decided: these come first.
    urgent: bool = Field(
        default=None,
        sa_type=Boolean,
        nullable=False,
        sa_column_args=(
            Computed(f"reason = '{FlagReason.SELF_HARM_RISK}' AND status = '{FlagStatus.OPEN}'", persisted=True),
        ),
    )
