"""Stands for callers and documents in the log by keyed digests, which nobody without the key can compute."""

import hmac
import secrets
import time
from collections.abc import Callable

from models.viewers import Viewer

DIGITS = 16  # hexadecimal ones


def utc_day() -> int:
    """The number of the day of UTC."""
    return int(time.time() // 86_400)


class Digests:
    """Digests under a key that is shared by the processes whose lines are to be compared.

    If `key` is None, one is drawn: the digests of another process, or of this one after its next start, are unrelated.
    """

    def __init__(self, key: str | None = None, day: Callable[[], int] = utc_day) -> None:
        self.key = key.encode() if key else secrets.token_bytes(32)
        self.day = day
        self.todays: tuple[int, bytes] | None = None

    def caller(self, viewer: Viewer) -> str | None:
        """The HMAC-SHA256 of the account, or of the organization of an API key; None for an anonymous caller.

        It is the same for a caller all day (UTC), and unrelated to that of the next day.
        """
        caller = viewer.account or viewer.organization
        return None if caller is None else digest(self.key_of_today(), caller.bytes)

    def document(self, text: str) -> str:
        """The HMAC-SHA256 of a document's text, which may contain values: they could be guessed from a bare hash."""
        return digest(self.key, text.encode())

    def key_of_today(self) -> bytes:
        day = self.day()
        if self.todays is None or self.todays[0] != day:
            self.todays = day, hmac.digest(self.key, str(day).encode(), "sha256")
        return self.todays[1]


def digest(key: bytes, value: bytes) -> str:
    return hmac.digest(key, value, "sha256").hex()[:DIGITS]
