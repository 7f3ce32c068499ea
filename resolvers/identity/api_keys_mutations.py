"""Creates and revokes organizations' API keys."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from models.database import Connection
from models.parameters import ApiKeyId
from models.viewers import Viewer
from resolvers.identity.accounts import TOKEN_BYTES, token_hash
from resolvers.transactions import Unstored, buyer_of, invalid, limit_reached, not_found, text_within

NAME_LENGTH = 100
MOST_KEYS = 10  # of an organization that open anything
LONGEST_VALIDITY = timedelta(days=731)  # two years, whichever they are
PREFIX_BYTES = 4
LOCK_SEED = 5  # of the advisory locks: one organization's keys


@dataclass(frozen=True)
class Secret:
    """A new key: its id, and the text that authenticates with it, whose prefix is not secret."""

    id: UUID = field(default_factory=uuid4)
    prefix: str = field(default_factory=lambda: f"ck_{secrets.token_hex(PREFIX_BYTES)}")
    rest: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES), repr=False)

    @property
    def text(self) -> str:
        return f"{self.prefix}_{self.rest}"


@dataclass(frozen=True)
class Created:
    """A key, and the secret that a repeated request is not shown."""

    api_key_id: UUID
    secret: Unstored


async def create_api_key(connection: Connection, viewer: Viewer, *, name: str, expires_at: datetime) -> Created:
    """A new key of the viewer's organization; only the SHA-256 of its secret is stored.

    Raises Forbidden for a viewer who is not a buyer, and Refused: INVALID and TOO_LONG, and LIMIT_REACHED if the
    organization has the most keys allowed.
    """
    secret = Secret()
    organization = buyer_of(viewer)
    called = text_within(name, NAME_LENGTH, "name")
    now = datetime.now(UTC)
    if expires_at <= now:
        raise invalid("This time is in the past.", "expires_at")
    if expires_at > now + LONGEST_VALIDITY:
        raise invalid("A key is valid for at most two years. Create another before it expires.", "expires_at")
    # One at a time: of two that count together, both would find room for the last.
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text, $2))", str(organization), LOCK_SEED
    )
    live = await connection.fetchval("SELECT count(*) FROM insight.api_key WHERE expires_at > now()")
    if live >= MOST_KEYS:
        raise limit_reached(f"An organization has at most {MOST_KEYS} keys. Revoke one that you do not need.")
    await connection.execute(
        """
        INSERT INTO insight.api_key (id, organization_id, name, prefix, secret_hash, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        secret.id, organization, called, secret.prefix, token_hash(secret.text), expires_at,
    )  # fmt: skip
    return Created(secret.id, Unstored(secret.text))


async def revoke_api_key(connection: Connection, viewer: Viewer, *, api_key: ApiKeyId) -> UUID:
    """Deletes a key, which is refused from now on in every process; its id. Raises Forbidden and Refused."""
    organization = buyer_of(viewer)
    revoked = await connection.fetchval(
        "DELETE FROM insight.api_key WHERE id = $1 AND organization_id = $2 RETURNING true", api_key, organization
    )
    if not revoked:
        raise not_found("api_key")
    return api_key
