"""Hashes and verifies passwords with argon2id, in a thread, since it takes long by design."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. More memory would let a few sign-ins at
# once outgrow the server.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


async def hash_password(password: str) -> str:
    """The argon2id hash to store, as text that includes its salt and parameters."""
    return await asyncio.to_thread(HASHER.hash, _bytes(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password matches the hash. If the hash is None, it never does, and checking takes as long."""
    return await asyncio.to_thread(_verify, password, password_hash)


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
