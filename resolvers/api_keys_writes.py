"""The only place where organizations make and revoke the keys that their programs ask with."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from models.viewers import Viewer
from models.viewing import Connection
from resolvers.accounts import TOKEN_BYTES, token_hash
from resolvers.writing import buyer_of, invalid, limit_reached, not_found, text_within

NAME_LENGTH = 100
MOST_KEYS = 10  # of an organization that open anything
LONGEST = timedelta(days=731)  # two years, whichever they are
PREFIX_BYTES = 4
KEYS_OF = 5  # of the advisory locks: one organization's keys


@dataclass(frozen=True)
class Secret:
    """A key to be: its id, and the text that opens with it, of which the first part is no secret."""

    id: UUID = field(default_factory=uuid4)
    prefix: str = field(default_factory=lambda: f"ck_{secrets.token_hex(PREFIX_BYTES)}")
    rest: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES), repr=False)

    @property
    def text(self) -> str:
        return f"{self.prefix}_{self.rest}"


async def create_api_key(
    connection: Connection, viewer: Viewer, *, secret: Secret, name: str, expires_at: datetime
) -> UUID:
    """A new key of the viewer's organization, which `secret` opens; only its SHA-256 is stored.

    Raises Forbidden for who is no buyer, and Refused: INVALID and TOO_LONG, and LIMIT_REACHED where the organization
    has as many keys as it may.
    """
    organization = buyer_of(viewer)
    called = text_within(name, NAME_LENGTH, "input", "name")
    now = datetime.now(UTC)
    if expires_at <= now:
        raise invalid("This time is over.", "input", "expiresAt")
    if expires_at > now + LONGEST:
        raise invalid("A key lasts at most two years. Make another before it ends.", "input", "expiresAt")
    # One at a time: of two that count together, both would find room for the last.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, $2))", str(organization), KEYS_OF)
    live = await connection.fetchval("SELECT count(*) FROM insight.api_key WHERE expires_at > now()")
    if live >= MOST_KEYS:
        raise limit_reached(f"An organization has at most {MOST_KEYS} keys. Revoke one that is not needed.", "input")
    await connection.execute(
        """
        INSERT INTO insight.api_key (id, organization_id, name, prefix, secret_hash, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        secret.id, organization, called, secret.prefix, token_hash(secret.text), expires_at,
    )  # fmt: skip
    return secret.id


async def revoke_api_key(connection: Connection, viewer: Viewer, *, api_key: UUID) -> None:
    """The key opens nothing from now on, in any process, and is kept nowhere. Raises Forbidden, and Refused."""
    organization = buyer_of(viewer)
    revoked = await connection.fetchval(
        "DELETE FROM insight.api_key WHERE id = $1 AND organization_id = $2 RETURNING true", api_key, organization
    )
    if not revoked:
        raise not_found("input", "apiKey")
