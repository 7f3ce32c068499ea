"""Hashes and verifies passwords with argon2id, in a thread, since it takes long by design."""

import asyncio
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. More memory would let a few sign-ins at
# once outgrow the server.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


async def hash_password(password: str) -> str:
    """The argon2id hash of the password in NFKC (NIST SP 800-63B-4, 3.1.1.2), with its salt and parameters."""
    return await asyncio.to_thread(HASHER.hash, _bytes(normalized(password)))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password, in any normal form, matches the hash.

    If the hash is None, it never does, and checking takes as long. Hashes made before passwords were normalized are of
    the password as typed, so its other forms are tried too: how many depends on the password alone.
    """
    for form in forms(password):
        if await asyncio.to_thread(_verify, form, password_hash):
            return True
    return False


async def renewed_hash(password: str, password_hash: str) -> str | None:
    """The hash to store instead of one that `verify_password` has matched.

    None if that is already of the password in NFKC, with the parameters in use.
    """
    current = not HASHER.check_needs_rehash(password_hash)
    if current and (len(forms(password)) == 1 or await verify_normalized(password, password_hash)):
        return None
    return await hash_password(password)


async def verify_normalized(password: str, password_hash: str) -> bool:
    """Whether the hash is of the password in NFKC, as every hash made today."""
    return await asyncio.to_thread(_verify, normalized(password), password_hash)


def normalized(password: str) -> str:
    """The password in NFKC: keyboards compose the same characters differently."""
    return unicodedata.normalize("NFKC", password)


def forms(password: str) -> list[str]:
    """What may have been hashed for a password, each once: NFKC, the text as typed, then the other normal forms."""
    others = (unicodedata.normalize(form, password) for form in ("NFC", "NFD", "NFKD"))
    return list(dict.fromkeys((normalized(password), password, *others)))


def _verify(password: str, password_hash: str | None) -> bool:
    stand_in = _stand_in()  # in any case, or the first unknown e-mail address of a process would take twice as long
    try:
        return HASHER.verify(password_hash or stand_in, _bytes(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON can contain lone surrogates, which UTF-8 cannot encode


@cache
def _stand_in() -> str:
    return HASHER.hash("")
