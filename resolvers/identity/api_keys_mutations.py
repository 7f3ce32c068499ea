"""Creates and revokes organizations' API keys."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from models.database import Connection
from models.messages import message
from models.parameters import ApiKeyId
from models.viewers import Viewer
from resolvers.faults import Faults
from resolvers.tokens import TOKEN_BYTES, token_hash
from resolvers.transactions import Unstored, invalid, limit_reached, line_within, not_found, organization_of

NAME_LENGTH = 100
MOST_KEYS = 10  # unexpired keys of one organization
YEARS = 2
LONGEST_VALIDITY = timedelta(days=365 * YEARS + 1)  # one of them may be a leap year
PREFIX_BYTES = 4
LOCK_SEED = 5  # of the advisory lock on an organization's keys


@dataclass(frozen=True)
class Secret:
    """A new key: its id, and the secret that authenticates with it. The secret's prefix is not confidential."""

    id: UUID = field(default_factory=uuid4)
    prefix: str = field(default_factory=lambda: f"ck_{secrets.token_hex(PREFIX_BYTES)}")
    rest: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES), repr=False)

    @property
    def text(self) -> str:
        return f"{self.prefix}_{self.rest}"


@dataclass(frozen=True)
class Created:
    """A new key, and its secret, which a repeated request does not return."""

    api_key_id: UUID
    secret: Unstored


async def create_api_key(
    connection: Connection, viewer: Viewer, faults: Faults, *, name: str, expires_at: datetime
) -> Created:
    """Creates a key for the viewer's organization, of whose secret only the SHA-256 is stored.

    Raises Refused: INVALID and TOO_LONG for the name, INVALID for the time, LIMIT_REACHED if the organization has as
    many keys as it may have.
    """
    organization = organization_of(viewer)
    with faults.collected():
        name = line_within(name, NAME_LENGTH, "name")
    now = datetime.now(UTC)
    with faults.collected():
        if expires_at <= now:
            raise invalid(message("This time is in the past."), "expires_at")
        if expires_at > now + LONGEST_VALIDITY:
            raise invalid(
                message("A key is valid for at most two years. Create another before it expires."), "expires_at"
            )
    faults.refuse()
    # One at a time: two requests at once would both find room for the last key.
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text, $2))", str(organization), LOCK_SEED
    )
    live = await connection.fetchval("SELECT count(*) FROM insight.api_key WHERE expires_at > now()")
    if live >= MOST_KEYS:
        raise limit_reached(
            message(
                "An organization can have at most {most} keys. Revoke one that you no longer need.",
                most=MOST_KEYS,
            )
        )
    secret = await store_api_key(connection, organization, name, expires_at)
    return Created(secret.id, Unstored(secret.text))


async def store_api_key(connection: Connection, organization: UUID, name: str, expires_at: datetime) -> Secret:
    """Stores a new key of an organization, of whose secret only the SHA-256 is stored."""
    secret = Secret()
    await connection.execute(
        """
        INSERT INTO insight.api_key (id, organization_id, name, prefix, secret_hash, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        secret.id, organization, name, secret.prefix, token_hash(secret.text), expires_at,
    )  # fmt: skip
    return secret


async def revoke_api_key(connection: Connection, viewer: Viewer, *, api_key: ApiKeyId) -> UUID:
    """Deletes a key, which every server process refuses from now on, and returns its id.

    Raises Refused: NOT_FOUND if the key is not their organization's.
    """
    organization = organization_of(viewer)
    revoked = await connection.fetchval(
        "DELETE FROM insight.api_key WHERE id = $1 AND organization_id = $2 RETURNING true", api_key, organization
    )
    if not revoked:
        raise not_found("api_key")
    return api_key
