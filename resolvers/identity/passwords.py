"""Hashes and verifies passwords with argon2id, a few at a time in threads, since it takes long by design."""

import os
import unicodedata
from collections.abc import Hashable
from functools import cache, partial

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from resolvers.hashing import HashingTurns

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. More memory would let a few sign-ins at
# once outgrow the server.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AT_ONCE = min(4, os.cpu_count() or 1)
WAITING, WAITING_OF_ONE = 100, 20  # hashes of all callers, and of one: about a second's and a fraction of it
TURNS = HashingTurns(AT_ONCE, WAITING, WAITING_OF_ONE)  # of the process


async def hash_password(password: str, caller: Hashable = None) -> str:
    """The argon2id hash of the password in NFKC (NIST SP 800-63B-4, 3.1.1.2), with its salt and parameters.

    As every function here that hashes, it waits for the turn of `caller`, and raises Overloaded if too many wait.
    """
    return await TURNS.run(caller, partial(HASHER.hash, _bytes(normalized(password))))


async def verify_password(password: str, password_hash: str | None, caller: Hashable = None) -> bool:
    """Whether the password, in any normal form, matches the hash.

    If the hash is None, it never does, and checking takes as long. Hashes made before passwords were normalized are of
    the password as typed, so its other forms are tried too: how many depends on the password alone.
    """
    for form in forms(password):
        if await TURNS.run(caller, partial(_verify, form, password_hash)):
            return True
    return False


async def renewed_hash(password: str, password_hash: str, caller: Hashable = None) -> str | None:
    """The hash to store instead of one that `verify_password` has matched.

    None if that is already of the password in NFKC, with the parameters in use.
    """
    current = not HASHER.check_needs_rehash(password_hash)
    if current and (len(forms(password)) == 1 or await verify_normalized(password, password_hash, caller)):
        return None
    return await hash_password(password, caller)


async def verify_normalized(password: str, password_hash: str, caller: Hashable = None) -> bool:
    """Whether the hash is of the password in NFKC, as every hash made today."""
    return await TURNS.run(caller, partial(_verify, normalized(password), password_hash))


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
