"""Changes of the e-mail address and the password of an account that is signed in, and how an address is taken back."""

import asyncio
from typing import Any

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from resolvers.identity.credentials_mutations import REVERT_LIFETIME
from resolvers.identity.passwords import hash_password
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.network import Network
from tests.support.newcomers import PASSWORD, Mailbox, becomes_closed, code_in, done, join, sign_in, tried

OLD, NEW, NEWER = "ada@people.example", "ada.new@people.example", "ada.newer@people.example"
OTHER = "eight red lamps"
THIRD = "nine blue lamps"


def document(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ userErrors {{ code path message }} }} }}"


async def refusals(ask: Ask, who: Caller, name: str, **given: Any) -> list[tuple[str, str]]:
    return [(error["code"], error["path"][-1]) for error in await done(ask, who, document(name), given)]


async def requested(ask: Ask, mailbox: Mailbox, who: Caller, old: str, new: str, password: str = PASSWORD) -> str:
    """The code that was mailed to the new address; the note to the old one is read."""
    assert await refusals(ask, who, "emailChange", newEmail=new, password=password) == []
    assert (await mailbox.next(old))["Subject"] == "Another e-mail address was requested"
    return code_in(await mailbox.next(new))


async def moved(ask: Ask, mailbox: Mailbox, who: Caller, old: str, new: str) -> str:
    """The code that was mailed to the old address, which takes the account back."""
    code = await requested(ask, mailbox, who, old, new)
    assert await refusals(ask, who, "emailChangeConfirm", code=code) == []
    mail = await mailbox.next(old)
    assert mail["Subject"] == "Your e-mail address was changed"
    return code_in(mail)


async def test_a_member_changes_their_address(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    other = await sign_in(shared_ask, OLD)
    code = await requested(shared_ask, shared_mailbox, ada, OLD, NEW)
    email = "{ me { account { email emailVerified } } }"
    assert (await shared_ask(ada, email))["data"]["me"]["account"]["email"] == OLD  # until the code is entered
    eve = await join(shared_ask, shared_mailbox, "Eve")
    assert await refusals(shared_ask, eve, "emailChangeConfirm", code=code) == [("INVALID", "code")]
    assert await refusals(shared_ask, ada, "emailChangeConfirm", code="A" * 32) == [("INVALID", "code")]
    assert await refusals(shared_ask, ada, "emailChangeConfirm", code=f" {code.lower()} ") == []
    assert (await shared_ask(ada, email))["data"]["me"]["account"] == {"email": NEW, "emailVerified": True}
    await becomes_closed(shared_ask, other)
    assert await refusals(shared_ask, ada, "emailChangeConfirm", code=code) == [("INVALID", "code")]  # once
    assert [error["code"] for error in await tried(shared_ask, OLD, PASSWORD)] == ["WRONG_CREDENTIALS"]
    await sign_in(shared_ask, NEW)
    left = await shared_owner.fetchval("SELECT expires_at - now() FROM identity.email_change WHERE reverts")
    assert REVERT_LIFETIME.total_seconds() - 60 < left.total_seconds() <= REVERT_LIFETIME.total_seconds()


async def test_only_the_latest_code_in_time_changes_the_address(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    first = await requested(shared_ask, shared_mailbox, ada, OLD, NEW)
    second = await requested(shared_ask, shared_mailbox, ada, OLD, NEWER)
    assert await refusals(shared_ask, ada, "emailChangeConfirm", code=first) == [("INVALID", "code")]
    await shared_owner.execute("UPDATE identity.email_change SET expires_at = now()")
    assert await refusals(shared_ask, ada, "emailChangeConfirm", code=second) == [("INVALID", "code")]
    await shared_owner.execute("SELECT identity.forget_waiting()")
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.email_change") == 0


async def test_an_address_that_is_taken_gets_the_same_answer(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    ada, _ = await join(shared_ask, shared_mailbox, "Ada"), await join(shared_ask, shared_mailbox, "Ben")
    wanted = document("emailChange")
    answers, rows = [], []
    for address in ("ben@people.example", "nobody@people.example"):
        answers.append(await shared_ask(ada, wanted, {"input": {"newEmail": address, "password": PASSWORD}}))
        rows.append(await shared_owner.fetchval("SELECT count(*) FROM identity.email_change WHERE email = $1", address))
        assert (await shared_mailbox.next(OLD))["Subject"] == "Another e-mail address was requested"
    assert answers == [{"data": {"emailChange": {"userErrors": []}}}] * 2
    assert rows == [1, 1]
    mail = await shared_mailbox.next("ben@people.example")
    assert mail["Subject"] == "You have an account at Cohorte"
    assert "address of your account already" in mail.get_content().replace("\n", " ")
    code_in(await shared_mailbox.next("nobody@people.example"))


async def test_of_two_accounts_that_want_one_address_one_gets_it(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    callers = [(name, await join(shared_ask, shared_mailbox, name)) for name in ("Ada", "Ben")]
    codes = [
        await requested(shared_ask, shared_mailbox, who, f"{name.lower()}@people.example", NEW) for name, who in callers
    ]
    confirming = zip(callers, codes, strict=True)
    answers = await asyncio.gather(
        *(refusals(shared_ask, who, "emailChangeConfirm", code=code) for (_, who), code in confirming)
    )
    assert sorted(answers, key=len) == [[], [("INVALID", "code")]]
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.account WHERE email = $1", NEW) == 1


async def test_an_address_is_changed_with_the_right_password_to_another_one_only(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    given = {"newEmail": "ADA@people.example", "password": "wrong"}
    both = [("WRONG_CREDENTIALS", "password"), ("INVALID", "newEmail")]
    assert await refusals(shared_ask, ada, "emailChange", **given) == both
    given = {"newEmail": "nonsense", "password": "wrong"}
    assert sorted(await refusals(shared_ask, ada, "emailChange", **given)) == sorted(both)
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.email_change") == 0
    assert [to for to, _ in shared_mailbox.all()] == [OLD]  # the mail of the registration


async def test_whoever_changed_the_address_is_shut_out_by_its_former_owner(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    thief = await sign_in(shared_ask, OLD)
    revert = await moved(shared_ask, shared_mailbox, thief, OLD, NEW)
    again = await moved(shared_ask, shared_mailbox, thief, NEW, NEWER)
    await becomes_closed(shared_ask, ada)
    # The thief goes back to the address that they gave first: the owner's code, which is older, stays valid.
    assert await refusals(shared_ask, ANYBODY, "emailChangeRevert", code=again, password=THIRD) == []
    thief = await sign_in(shared_ask, NEW, THIRD)
    theirs = "member_id = (SELECT id FROM care.member WHERE pseudonym = 'Ada')"
    await shared_owner.execute(f"UPDATE care.profile SET sharing = 'ALL_MEMBERS' WHERE {theirs}")
    weak = {"code": revert, "password": "weak"}
    assert await refusals(shared_ask, ANYBODY, "emailChangeRevert", **weak) == [("INVALID", "password")]
    assert await refusals(shared_ask, ANYBODY, "emailChangeRevert", code=revert, password=OTHER) == []
    assert (await shared_mailbox.next(OLD))["Subject"] == "Your password was changed"
    await becomes_closed(shared_ask, thief)
    for address, password in ((OLD, PASSWORD), (NEW, THIRD), (NEWER, PASSWORD)):
        assert [error["code"] for error in await tried(shared_ask, address, password)] == ["WRONG_CREDENTIALS"]
    await sign_in(shared_ask, OLD, OTHER)
    for code in (revert, again):
        assert await refusals(shared_ask, ANYBODY, "emailChangeRevert", code=code, password=THIRD) == [
            ("INVALID", "code")
        ]
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.email_change") == 0
    assert await shared_owner.fetchval(f"SELECT sharing FROM care.profile WHERE {theirs}") == "ONLY_ME"


async def test_an_address_that_somebody_registered_meanwhile_is_not_given_back(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    revert = await moved(shared_ask, shared_mailbox, await join(shared_ask, shared_mailbox, "Ada"), OLD, NEW)
    await factories.account(shared_owner, email=OLD)
    assert await refusals(shared_ask, ANYBODY, "emailChangeRevert", code=revert, password=OTHER) == [("TAKEN", "code")]
    await sign_in(shared_ask, NEW)  # nothing has changed


async def test_a_new_password_voids_what_somebody_else_requested(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    thief = await sign_in(shared_ask, OLD)
    code = await requested(shared_ask, shared_mailbox, thief, OLD, NEW)
    assert await refusals(shared_ask, ada, "passwordChange", password=PASSWORD, newPassword=OTHER) == []
    mail = await shared_mailbox.next(OLD)
    assert (mail["Subject"], "somebody who was" in mail.get_content()) == ("Your password was changed", True)
    await becomes_closed(shared_ask, thief)
    assert "errors" not in await shared_ask(ada, "{ me { account { email } } }")  # their own session stays
    assert await refusals(shared_ask, ada, "emailChangeConfirm", code=code) == [("INVALID", "code")]
    assert [error["code"] for error in await tried(shared_ask, OLD, PASSWORD)] == ["WRONG_CREDENTIALS"]
    await sign_in(shared_ask, OLD, OTHER)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"password": "wrong", "newPassword": "short"},
            [("WRONG_CREDENTIALS", "password"), ("INVALID", "newPassword")],
        ),
        ({"password": PASSWORD, "newPassword": "password1234"}, [("INVALID", "newPassword")]),
        ({"password": PASSWORD, "newPassword": OLD}, [("INVALID", "newPassword")]),
        ({"password": PASSWORD, "newPassword": "Adalbertine"}, [("INVALID", "newPassword")]),
        ({"password": PASSWORD, "newPassword": "x" * 129}, [("TOO_LONG", "newPassword")]),
        ({"password": "wrong", "newPassword": OTHER}, [("WRONG_CREDENTIALS", "password")]),
    ],
)
async def test_every_fault_of_a_change_of_password_is_reported(
    shared_ask: Ask, shared_mailbox: Mailbox, given: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada", pseudonym="Adalbertine")
    assert await refusals(shared_ask, ada, "passwordChange", **given) == expected
    await sign_in(shared_ask, OLD)


async def test_guesses_at_the_password_of_an_open_session_are_limited(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    codes = [
        (await refusals(shared_ask, ada, "passwordChange", password="wrong", newPassword=OTHER))[0][0]
        for _ in range(11)
    ]
    assert codes == ["WRONG_CREDENTIALS"] * 10 + ["LIMIT_REACHED"]
    # For every mutation that asks for it, and for signing in.
    given = {"newEmail": NEW, "password": PASSWORD}
    assert [code for code, _ in await refusals(shared_ask, ada, "emailChange", **given)] == ["LIMIT_REACHED"]
    assert [error["code"] for error in await tried(shared_ask, OLD, PASSWORD)] == ["LIMIT_REACHED"]


@pytest.mark.parametrize("kind", ["staff", "buyer"])
async def test_staff_and_buyers_change_their_password_and_address(own_network: Network, kind: str) -> None:
    network = own_network
    who: User = await (network.staff(StaffRole.MODERATOR) if kind == "staff" else network.buyer())
    column = "staff_id" if kind == "staff" else "organization_id"
    account = await network.value(f"SELECT id FROM identity.account WHERE {column} = $1", who.id)
    await network.database.execute(
        "UPDATE identity.account SET email_verified = true, locale = 'en' WHERE id = $1", account
    )
    await factories.credential(network.database, account_id=account, password_hash=await hash_password(PASSWORD))
    old = await network.value("SELECT email FROM identity.account WHERE id = $1", account)
    await moved(network.ask, network.mailbox, who, old, NEW)
    assert await refusals(network.ask, who, "passwordChange", password=PASSWORD, newPassword=OTHER) == []
    await sign_in(network.ask, NEW, OTHER)


async def test_nobody_changes_the_account_of_another(admin: asyncpg.Connection) -> None:
    member = (await factories.member(admin))["id"]
    mine = (await factories.account(admin, member_id=member))["id"]
    other = (await factories.account(admin))["id"]
    for account in (mine, other):
        await factories.credential(admin, account_id=account)
    changes = "SELECT identity.change_password($1, NULL, 'none', 'new')"
    requests = "SELECT identity.request_email_change($1, 'x@people.example', 'code', '1 hour')"
    confirms = "SELECT identity.change_email($1, NULL, 'code', 'revert', '1 hour')"
    async with admin.transaction():
        await admin.execute("SET LOCAL ROLE cohorte_patient")
        for query in (changes, requests, confirms):
            assert await admin.fetchval(query, other) is False  # without a viewer
        await admin.execute("SELECT set_config('cohorte.member', $1, true)", str(member))
        for query in (changes, requests, confirms):
            assert await admin.fetchval(query, other) is False
        assert [await admin.fetchval(query, mine) for query in (changes, requests)] == [True, True]
        assert await admin.fetchval(confirms, other) is False  # the code is of another account
        assert await admin.fetchval(confirms, mine) is True
        await admin.execute("RESET ROLE")
    assert await admin.fetchval("SELECT count(*) FROM identity.credential WHERE password_hash = 'none'") == 1
