"""Tables of organizations' users: their roles and invitations, and who had insights published."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from privacy.described import DescribedEnum


class UserRole(DescribedEnum):
    """The role of an organization's user. Each includes what those below it may do."""

    ADMINISTRATOR = "ADMINISTRATOR", "Manages users, API keys and webhooks, and requests licences."
    ANALYST = "ANALYST", "Has insights published under the organization's licences, and links results."
    READER = "READER", "Reads what the organization may read, and asks for quotes."


class UserStatus(DescribedEnum):
    """The status of an organization's user."""

    INVITED = "INVITED", "They were invited, and have not accepted yet."
    ACTIVE = "ACTIVE", "They have an account."


class OrganizationUser(Table, table=True):
    """A user of an organization: invited to it, or with an account since `joined_at`. The address is in lower case.

    An invitation waits until `expires_at`, for the code whose SHA-256 is stored. An address that has an account already
    gets no code, and its invitation looks like any other.
    """

    __table_args__ = within(
        "insight",
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        CheckConstraint(
            "num_nonnulls(code_hash, locale, expires_at) = CASE WHEN joined_at IS NULL THEN 3 ELSE 0 END",
            name="invited",
        ),
        Index("uq_organization_user_email", "organization_id", "email", unique=True),
        Index("ix_organization_user_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    id: UUID = key()
    organization_id: UUID = reference("insight.organization.id")
    email: str
    role: UserRole = choice(UserRole, "role")
    invited_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    joined_at: datetime | None = moment(default=None, nullable=True)
    last_signed_in_on: date | None = None
    code_hash: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    locale: str | None = None
    expires_at: datetime | None = moment(default=None, nullable=True)


class ReleaseRequester(Table, table=True):
    """Who of an organization had a release published, for the organization itself.

    `name` is the address of the user, or the name of the API key, at that time.
    """

    __table_args__ = within("insight", Index(None, "organization_id"))

    release_id: UUID = reference("insight.release.id", part_of_key=True)
    organization_id: UUID = reference("insight.organization.id")
    name: str
