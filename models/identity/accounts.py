"""Tables of accounts: staff, accounts, credentials and sessions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlmodel import Field

from models.columns import Table, choices, key, moment, moments, only_from, quoted, reference, within
from models.identity.webhooks import OrganizationEvent
from privacy.described import DescribedEnum


class StaffRole(DescribedEnum):
    """A role of a staff member."""

    SURVEY_MANAGER = "SURVEY_MANAGER", "Creates, schedules and closes surveys, and freezes waves of tracking."
    MODERATOR = "MODERATOR", "Decides on flags, closes discussions, suspends members and appoints ambassadors."
    DATA_STEWARD = "DATA_STEWARD", "Creates organizations, decides on licences and publishes insights for Cohorte."
    CATALOGUE_EDITOR = "CATALOGUE_EDITOR", "Edits communities, conditions, indicators and treatments."
    ADMINISTRATOR = "ADMINISTRATOR", "Creates, changes and suspends staff accounts."


class Staff(Table, table=True):
    """A staff member of Cohorte, and their roles: `roles` are in force, `withheld_roles` were given but are not.

    Functions of the owner decide which is which. A staff member who is suspended has no roles in force.
    """

    __table_args__ = within(
        "identity",
        only_from(StaffRole, "roles"),
        only_from(StaffRole, "withheld_roles"),
        CheckConstraint("suspended_at IS NULL OR roles = '{}'", name="suspended"),
    )

    id: UUID = key()
    name: str
    roles: list[str] = choices()
    withheld_roles: list[str] = choices()
    suspended_at: datetime | None = moment(default=None, nullable=True)
    last_signed_in_on: date | None = None
    has_second_factor: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class Account(Table, table=True):
    """An account to sign in with, of a member, an organization's user or a staff member: exactly one of them.

    The e-mail address is in lower case.
    """

    __table_args__ = within(
        "identity",
        CheckConstraint("num_nonnulls(member_id, organization_id, staff_id) = 1", name="one_audience"),
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        only_from(OrganizationEvent, "mailed_events"),
        CheckConstraint("(organization_id IS NULL) = (organization_user_id IS NULL)", name="users_account"),
        Index(None, "organization_id"),
        Index(None, "staff_id"),
        Index("ix_account_signed_in_on", "signed_in_on", postgresql_where=text("member_id IS NOT NULL")),
    )

    id: UUID = key()
    email: str = Field(unique=True)
    email_verified: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    locale: str = Field(default="fr-FR", sa_column_kwargs={"server_default": text("'fr-FR'")})
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    notice_version: str | None = None  # of the privacy notice that was accepted at registration
    # The terms of use that the member accepted last; null if the account is older than these columns, or no member's.
    terms_version: str | None = None
    terms_accepted_at: datetime | None = moment(default=None, nullable=True)
    renamed_at: list[datetime] = moments()  # the most recent changes of the member's pseudonym
    password_reset_at: datetime | None = moment(default=None, nullable=True)  # the first time that it was replaced
    # The day of the latest sign-in, by UTC, or of the row's creation; and the days since then on which the owner of an
    # account that sleeps was written to.
    signed_in_on: date = Field(sa_column_kwargs={"server_default": text("catalog.today()")})
    sleep_notified_on: date | None = None
    sleep_reminded_on: date | None = None
    member_id: UUID | None = Field(default=None, foreign_key="care.member.id", ondelete="CASCADE", unique=True)
    organization_id: UUID | None = reference("insight.organization.id", nullable=True)
    organization_user_id: UUID | None = Field(
        default=None, foreign_key="insight.organization_user.id", ondelete="CASCADE", unique=True
    )
    staff_id: UUID | None = reference("identity.staff.id", nullable=True)
    # Of an organization's account: the events that it gets mail about, and the day of the last mail about insights.
    mailed_events: list[str] = Field(
        default_factory=lambda: [*OrganizationEvent],
        sa_type=ARRAY(Text),
        sa_column_kwargs={"server_default": text(f"ARRAY[{quoted([*OrganizationEvent])}]")},
    )
    insights_mailed_on: date | None = None


class Credential(Table, table=True):
    """An account's password, as an argon2id hash; no view's role may read it."""

    __table_args__ = within("identity")

    account_id: UUID = reference("identity.account.id", part_of_key=True)
    password_hash: str


class Session(Table, table=True):
    """A session on a signed-in device; only the SHA-256 of its token is stored."""

    __table_args__ = within("identity", Index(None, "account_id", "created_at", "id"))

    id: UUID = key()
    account_id: UUID = reference("identity.account.id")
    token_hash: bytes = Field(unique=True)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    last_seen_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    expires_at: datetime = moment()
    device: str | None = None
