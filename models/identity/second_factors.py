"""Tables of second factors, recovery codes, and the challenges that a second factor answers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from privacy.described import DescribedEnum


class SecondFactorKind(DescribedEnum):
    """A kind of second factor."""

    TOTP = "TOTP", "Codes from an authenticator app (RFC 6238)."
    PASSKEY = "PASSKEY", "A passkey of a device or a security key (WebAuthn)."


class ChallengePurpose(DescribedEnum):
    """What a challenge is for."""

    SIGN_IN = "SIGN_IN", "To sign in, after the password."
    ENROL = "ENROL", "To add a second factor."
    PROVE = "PROVE", "To prove that a signed-in viewer has their second factor."


class SecondFactor(Table, table=True):
    """A second factor of an account. An app's secret is encrypted if the server has a key; a passkey has no secret."""

    __table_args__ = within(
        "identity",
        CheckConstraint("(kind = 'TOTP') = (num_nonnulls(secret, last_step) = 2)", name="totp"),
        CheckConstraint(
            "(kind = 'PASSKEY') = (num_nonnulls(credential_id, public_key, sign_count) = 3)", name="passkey"
        ),
        Index(None, "account_id", "created_at", "id"),
    )

    id: UUID = key()
    account_id: UUID = reference("identity.account.id")
    kind: SecondFactorKind = choice(SecondFactorKind, "kind")
    name: str
    secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    last_step: int | None = Field(default=None, sa_type=BigInteger)  # the time step whose code was used last
    credential_id: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    public_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    sign_count: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("catalog.clock()")})
    last_used_on: date | None = None


class RecoveryCode(Table, table=True):
    """A code that stands for a second factor once, and is deleted when it is used; only its SHA-256 is stored."""

    __table_args__ = within("identity")

    account_id: UUID = reference("identity.account.id", part_of_key=True)
    code_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)


class SecondFactorChallenge(Table, table=True):
    """A challenge that waits for minutes for an answer by a second factor; only its token's SHA-256 is stored.

    To enrol, it holds the new factor: its kind, its name, and the secret of an app.
    """

    __table_args__ = within("identity", Index(None, "account_id"), Index(None, "expires_at"))

    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    account_id: UUID = reference("identity.account.id")
    purpose: ChallengePurpose = choice(ChallengePurpose, "purpose")
    kind: SecondFactorKind | None = choice(SecondFactorKind, "kind", default=None, nullable=True)
    name: str | None = None
    secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    expires_at: datetime = moment()
