"""The position that a caller's last write has reached in the primary's log, as their client keeps it."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.logins import role_password
from server.callers.credentials import Headers, cookie_in

HEADER = b"cohorte-written"  # of responses to mutations, and of requests whose client sends it back
NAME, PLAIN_NAME = b"__Host-cohorte_written", b"cohorte_written"  # of the cookie that does the same for browsers
NONCE_BYTES, POSITION_BYTES = 12, 8


class Positions:
    """Encrypts positions, which show how much the network writes, with a key that all servers of a database have."""

    def __init__(self, owner_dsn: str, key: str | None, seconds: int, *, plain: bool) -> None:
        """`seconds` is how long a client keeps one; `plain` is for development over plain HTTP."""
        self.cipher = AESGCM(bytes.fromhex(role_password(owner_dsn, "positions", key)))
        self.name = PLAIN_NAME if plain else NAME
        attributes = b"; Path=/; HttpOnly; SameSite=Lax" + (b"" if plain else b"; Secure")
        self.attributes = b"; Max-Age=%d" % seconds + attributes

    def fields(self, position: int, *, cookie: bool) -> tuple[tuple[bytes, bytes], ...]:
        """The headers of a response whose caller has written up to `position`, with a `cookie` or without."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        text = urlsafe_b64encode(nonce + self.cipher.encrypt(nonce, position.to_bytes(POSITION_BYTES), None))
        kept = ((b"set-cookie", self.name + b"=" + text + self.attributes),) if cookie else ()
        return ((HEADER, text), *kept)

    def of_request(self, headers: Headers) -> int:
        """The last position that a request carries; 0 for none, or for one that this server did not write."""
        carried = headers.get(HEADER), cookie_in(headers, self.name) if b"cookie" in headers else None
        return max((self.read(text) for text in carried if text), default=0)

    def read(self, text: bytes) -> int:
        try:
            sealed = urlsafe_b64decode(text)
            return int.from_bytes(self.cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
        except (ValueError, InvalidTag):
            return 0
