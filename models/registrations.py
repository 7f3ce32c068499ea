"""The only place for the tables of what waits for its owner's word: registrations, password resets, tries, and mail."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from models.members import MemberKind, Sex


class Letter(StrEnum):
    """What a mail says; its words are made when it is sent."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    ADDRESS_TAKEN = "ADDRESS_TAKEN"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - the name of a letter
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105
    ACCOUNT_DELETED = "ACCOUNT_DELETED"
    ORGANIZATION_OPENED = "ORGANIZATION_OPENED"
    LICENCE_GRANTED = "LICENCE_GRANTED"
    LICENCE_REFUSED = "LICENCE_REFUSED"


class Registration(Table, table=True):
    """An account to be, until the code that was mailed to its address comes back; only the code's SHA-256 is kept.

    One whose address is somebody's already has no code and no password, and waits to be forgotten: it holds its
    pseudonym as any other, so that nobody learns from a pseudonym whether an address is taken.
    """

    __table_args__ = within(
        "identity",
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        CheckConstraint("(code_hash IS NULL) = (password_hash IS NULL)", name="code_with_password"),
        Index("uq_registration_pseudonym", text("lower(pseudonym)"), unique=True),
        Index(None, "email"),
        Index(None, "expires_at"),
    )

    id: UUID = key()
    email: str
    pseudonym: str
    kind: MemberKind = choice(MemberKind, "kind")
    birth_year: int | None = None
    sex: Sex = choice(Sex, "sex")
    region: str | None = None
    locale: str
    notice_version: str
    code_hash: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    password_hash: str | None = None
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    expires_at: datetime = moment()


class PasswordReset(Table, table=True):
    """Leave to choose a new password, for who has the code that was mailed; only the code's SHA-256 is kept."""

    __table_args__ = within("identity", Index(None, "account_id"), Index(None, "expires_at"))

    code_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    account_id: UUID = reference("identity.account.id")
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    expires_at: datetime = moment()


class Attempt(Table, table=True):
    """That something was tried which may be tried so often: by or for whom is a SHA-256, and forgotten in a day."""

    __table_args__ = within("identity", Index(None, "subject", "tried_at"), Index(None, "tried_at"))

    id: UUID = key()
    subject: bytes = Field(sa_type=LargeBinary)
    tried_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class Mail(Table, table=True):
    """A mail that is yet to be sent: its row goes when it is. `due_at` is when it is next tried."""

    __table_args__ = within("identity", Index(None, "due_at"), Index(None, "recipient"))

    id: UUID = key()
    recipient: str
    letter: Letter = choice(Letter, "letter")
    locale: str
    code: str | None = None
    about: str | None = None  # the name of a community or an organization, where the letter has one
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    due_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
