"""Tables of registrations, password resets, and attempts for rate limits; templates of mails."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from models.columns import Table, choice, choices, key, moment, one_of, reference, within
from models.identity.members import MemberKind, Sex
from privacy.domains import REGIONS


class MailTemplate(StrEnum):
    """The template of a mail, whose text is made when the mail is sent."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    ADDRESS_TAKEN = "ADDRESS_TAKEN"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - the name of a template
    PASSWORD_SET = "PASSWORD_SET"  # noqa: S105
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105
    PASSWORD_REPLACED = "PASSWORD_REPLACED"  # noqa: S105
    SECOND_FACTOR_CHANGED = "SECOND_FACTOR_CHANGED"
    PASSWORD_FIRST_CHANGED = "PASSWORD_FIRST_CHANGED"  # noqa: S105
    ACCOUNT_DELETED = "ACCOUNT_DELETED"
    ACCOUNT_SLEEPS = "ACCOUNT_SLEEPS"
    ACCOUNT_SLEEPS_STILL = "ACCOUNT_SLEEPS_STILL"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    CONFIRM_EMAIL = "CONFIRM_EMAIL"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    EMAIL_CHANGE_REQUESTED = "EMAIL_CHANGE_REQUESTED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    SELF_HARM_FLAG = "SELF_HARM_FLAG"
    ORGANIZATION_OPENED = "ORGANIZATION_OPENED"
    STAFF_OPENED = "STAFF_OPENED"
    INVITATION = "INVITATION"
    INVITATION_TAKEN = "INVITATION_TAKEN"
    USER_REMOVED = "USER_REMOVED"
    LICENCE_GRANTED = "LICENCE_GRANTED"
    LICENCE_REFUSED = "LICENCE_REFUSED"
    INSIGHT_PUBLISHED = "INSIGHT_PUBLISHED"
    DATASET_FROZEN = "DATASET_FROZEN"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"


class Registration(Table, table=True):
    """An unconfirmed account, until its mailed code and its password are entered; only the code's SHA-256 is stored.

    An address may have several, each with its own code, of which one is opened. A registration with an address that
    already has an account has no code and no password, and expires. It reserves its pseudonym like any other, so that
    a pseudonym does not reveal whether an address is taken.
    """

    __table_args__ = within(
        "identity",
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        one_of(REGIONS, "region"),
        CheckConstraint("(code_hash IS NULL) = (password_hash IS NULL)", name="code_with_password"),
        Index(None, "looks", postgresql_using="gin"),
        Index(None, "email", "created_at"),
        Index(None, "expires_at"),
    )

    id: UUID = key()
    email: str
    pseudonym: str
    looks: list[str] = choices()  # the keys of the pseudonym, by `models.appearance.looks`
    kind: MemberKind = choice(MemberKind, "kind")
    birth_year: int | None = None
    sex: Sex = choice(Sex, "sex")
    region: str | None = None
    locale: str
    notice_version: str
    terms_version: str | None = None
    code_hash: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    password_hash: str | None = None
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    expires_at: datetime = moment()


class PseudonymLook(Table, table=True):
    """A key of `models.appearance.looks` that is reserved by the pseudonym of a member.

    A former pseudonym of a member stays reserved for them until `until`.
    """

    __table_args__ = within(
        "identity",
        Index(None, "member_id"),
        Index("ix_pseudonym_look_until", "until", postgresql_where=text("until IS NOT NULL")),
    )

    look: str = Field(primary_key=True)
    member_id: UUID = reference("care.member.id")
    until: datetime | None = moment(default=None, nullable=True)


class PasswordReset(Table, table=True):
    """Permission to choose a new password with a mailed code; only the code's SHA-256 is stored."""

    __table_args__ = within("identity", Index(None, "account_id"), Index(None, "expires_at"))

    code_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    account_id: UUID = reference("identity.account.id")
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    expires_at: datetime = moment()


class EmailChange(Table, table=True):
    """Permission to give an account another address with a mailed code; only the code's SHA-256 is stored.

    If it `reverts`, the address is the account's previous one, and the code was mailed there.
    """

    __table_args__ = within(
        "identity",
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        Index(None, "account_id"),
        Index(None, "expires_at"),
    )

    code_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    account_id: UUID = reference("identity.account.id")
    email: str
    reverts: bool
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    expires_at: datetime = moment()


class Attempt(Table, table=True):
    """A rate-limited attempt; its subject is stored as a SHA-256 and deleted after a day."""

    __table_args__ = within("identity", Index(None, "subject", "tried_at"), Index(None, "tried_at"))

    id: UUID = key()
    subject: bytes = Field(sa_type=LargeBinary)
    tried_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class RateLimit(Table, table=True):
    """When the allowance of a caller or an address for a kind of request is full again; the row is deleted after that.

    The subject is a keyed digest. The table is unlogged: losing the counts in a crash is cheaper than a flush for each.
    """

    __table_args__ = ({"schema": "identity", "prefixes": ["UNLOGGED"]},)

    subject: bytes = Field(sa_type=LargeBinary, primary_key=True)
    full_at: datetime = moment()
