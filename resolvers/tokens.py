"""Makes random tokens, of which only the SHA-256 is stored."""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Random text of URL-safe letters, from `TOKEN_BYTES` bytes."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """The SHA-256 of a token, as stored. No salt or cost is needed: 32 random bytes cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()
