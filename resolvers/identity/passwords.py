"""The only place for how passwords are kept: argon2id, whose work runs in a thread and takes long by design."""

import asyncio
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. More memory would let a few sign-ins at
# once outgrow the server.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


async def hash_password(password: str) -> str:
    """The text to store: it carries its own salt and costs. Of the password in NFKC: NIST SP 800-63B-4, 3.1.1.2."""
    return await asyncio.to_thread(HASHER.hash, _bytes(normalized(password)))


async def fits(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one that was hashed, in any normal form.

    None, nobody's hash, never fits and takes just as long. Hashes made before passwords were normalized are of what was
    typed, so that other forms of the password are tried too: how many depends on the password alone.
    """
    for form in forms(password):
        if await asyncio.to_thread(_verify, form, password_hash):
            return True
    return False


def normalized(password: str) -> str:
    """The password in NFKC: keyboards differ in how they compose what looks the same."""
    return unicodedata.normalize("NFKC", password)


def forms(password: str) -> list[str]:
    """What may have been hashed of a password: NFKC, then what was typed, then the other normal forms; each once."""
    others = (unicodedata.normalize(form, password) for form in ("NFC", "NFD", "NFKD"))
    return list(dict.fromkeys((normalized(password), password, *others)))


def _verify(password: str, password_hash: str | None) -> bool:
    stand_in = _nobodys()  # made for everyone, or the first unknown e-mail of a process would take twice as long
    try:
        return HASHER.verify(password_hash or stand_in, _bytes(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON can spell halves of characters, which UTF-8 has no word for


@cache
def _nobodys() -> str:
    return HASHER.hash("")
