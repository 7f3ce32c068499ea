"""Accounts whose address a new account could not have: signing in and resetting the password keep working."""

import asyncpg
import pytest

from resolvers.identity.passwords import hash_password
from tests import factories
from tests.support.client import ANYBODY, Ask
from tests.support.newcomers import (
    PASSWORD,
    REGISTER,
    REQUEST_RESET,
    RESET,
    Mailbox,
    code_in,
    done,
    newcomer,
    sign_in,
    tried,
)

NEW_PASSWORD = "eight red lamps"
STORED = [
    ("élise@exemple.fr", ["élise@exemple.fr", "Élise@Exemple.fr", "e\u0301lise@exemple.fr"]),
    ("e\u0301lise@exemple.fr", ["e\u0301lise@exemple.fr", "élise@exemple.fr"]),
    ("élise@xn--hpital-ixa.example", ["élise@hôpital.example", "élise@xn--hpital-ixa.example"]),
    ("elise@xn--hpital-ixa.example", ["elise@hôpital.example", "ELISE@ho\u0302pital.example"]),
    ("elise@ex_ample.fr", ["elise@ex_ample.fr"]),
    ("elise@exämple_.fr", ["elise@exämple_.fr"]),
]


async def member(owner: asyncpg.Connection, email: str, password: str = PASSWORD) -> None:
    """Stores a member with this address, as an earlier version could."""
    stored = await factories.member(owner)
    account = await factories.account(owner, member_id=stored["id"], email=email, email_verified=True)
    await factories.credential(owner, account_id=account["id"], password_hash=await hash_password(password))


@pytest.mark.parametrize(("stored", "typed"), STORED)
async def test_a_stored_address_still_signs_in_and_resets_its_password(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection, stored: str, typed: list[str]
) -> None:
    await member(shared_owner, stored)
    for address in typed:
        await sign_in(shared_ask, address)
        assert [error["code"] for error in await tried(shared_ask, address, NEW_PASSWORD)] == ["WRONG_CREDENTIALS"]
    assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": typed[-1]}) == []
    code = code_in(await shared_mailbox.next(stored))
    assert await done(shared_ask, ANYBODY, RESET, {"code": code, "password": NEW_PASSWORD}) == []
    await sign_in(shared_ask, typed[0], NEW_PASSWORD)


async def test_no_new_account_gets_such_an_address_and_nobody_learns_which_ones_are_stored(
    shared_ask: Ask, shared_owner: asyncpg.Connection
) -> None:
    await member(shared_owner, "élise@exemple.fr")
    for address in ("élise@exemple.fr", "zoé@exemple.fr"):
        (error,) = await done(shared_ask, ANYBODY, REGISTER, newcomer("Zoe", email=address))
        assert (error["code"], error["path"]) == ("INVALID", ["input", "email"])
        assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": address}) == []
        assert [error["code"] for error in await tried(shared_ask, address, NEW_PASSWORD)] == ["WRONG_CREDENTIALS"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada@é.example", "ada@xn--9ca.example"), ("élise@exemple.fr", "e\u0301lise@exemple.fr")],
)
async def test_two_accounts_with_forms_of_one_address_are_each_found_as_written(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection, one: str, other: str
) -> None:
    await member(shared_owner, one)
    await member(shared_owner, other, NEW_PASSWORD)
    await sign_in(shared_ask, one, PASSWORD)
    await sign_in(shared_ask, other, NEW_PASSWORD)
    for address in (one, other):
        assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": address}) == []
        await shared_mailbox.next(address)


async def test_every_form_of_an_address_counts_as_the_same_attempt(
    shared_ask: Ask, shared_owner: asyncpg.Connection
) -> None:
    await member(shared_owner, "élise@xn--9ca.example")
    forms = ("élise@é.example", "e\u0301lise@é.example", "ÉLISE@É.example", "élise@xn--9ca.example")
    for number in range(10):
        (error,) = await tried(shared_ask, forms[number % len(forms)], "wrong password")
        assert error["code"] == "WRONG_CREDENTIALS"
    for form in forms:
        assert [error["code"] for error in await tried(shared_ask, form, PASSWORD)] == ["LIMIT_REACHED"]
