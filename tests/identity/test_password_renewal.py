"""Hashes of an older form are replaced at the next sign-in."""

import asyncio
import unicodedata
from collections.abc import Callable
from typing import Literal

import asyncpg
import pytest
from argon2 import PasswordHasher

from resolvers.identity.passwords import HASHER, renewed_hash, verify_normalized
from tests.support.client import Ask
from tests.support.newcomers import Mailbox, join, sign_in, tried

ACCENTED = "déjà vu trois fois"
LIGATURE = "sept ﬁnes lampes"
WEAK = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1)
Hash = Callable[[str], str]


def in_form(form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> Hash:
    def hashed(password: str) -> str:
        return HASHER.hash(unicodedata.normalize(form, password).encode())

    return hashed


OLDER = [
    pytest.param(ACCENTED, in_form("NFD"), id="decomposed"),
    pytest.param(ACCENTED, in_form("NFKD"), id="decomposed for compatibility"),
    pytest.param(LIGATURE, in_form("NFC"), id="with its ligature"),
    pytest.param("seven green lamps", WEAK.hash, id="cheaper parameters"),
    pytest.param(ACCENTED, lambda password: WEAK.hash(unicodedata.normalize("NFD", password)), id="both"),
]
CURRENT = [
    pytest.param(ACCENTED, in_form("NFKC"), id="accents"),
    pytest.param(LIGATURE, in_form("NFKC"), id="ligature"),
    pytest.param("seven green lamps", HASHER.hash, id="ASCII"),
]
OF_ADDRESS = "account_id = (SELECT id FROM identity.account WHERE email = $1)"
STORED = f"SELECT password_hash FROM identity.credential WHERE {OF_ADDRESS}"
STORE = f"UPDATE identity.credential SET password_hash = $2 WHERE {OF_ADDRESS}"


@pytest.mark.parametrize(("password", "hashed"), OLDER)
async def test_a_sign_in_renews_an_older_hash(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection, password: str, hashed: Hash
) -> None:
    await join(shared_ask, shared_mailbox, "Ada", password=password)
    old = hashed(password)
    await shared_owner.execute(STORE, "ada@people.example", old)
    assert [error["code"] for error in await tried(shared_ask, "ada@people.example", "wrong" + password)] == [
        "WRONG_CREDENTIALS"
    ]
    assert await shared_owner.fetchval(STORED, "ada@people.example") == old
    await sign_in(shared_ask, "ada@people.example", password)
    new = await shared_owner.fetchval(STORED, "ada@people.example")
    assert new != old
    assert await verify_normalized(password, new)
    assert not HASHER.check_needs_rehash(new)
    await sign_in(shared_ask, "ada@people.example", password)
    assert await shared_owner.fetchval(STORED, "ada@people.example") == new


@pytest.mark.parametrize(("password", "hashed"), CURRENT)
async def test_a_hash_of_today_is_not_renewed(password: str, hashed: Hash) -> None:
    assert await renewed_hash(password, hashed(password)) is None


async def test_concurrent_sign_ins_all_succeed_while_one_renews_the_hash(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada", password=ACCENTED)
    await shared_owner.execute(STORE, "ada@people.example", in_form("NFD")(ACCENTED))
    await asyncio.gather(*(sign_in(shared_ask, "ada@people.example", ACCENTED) for _ in range(6)))
    assert await verify_normalized(ACCENTED, await shared_owner.fetchval(STORED, "ada@people.example"))
