"""Second factors over HTTP: enrolment, signing in, recovery codes, and the attacks that they withstand."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest_asyncio

from models.identity.accounts import StaffRole
from resolvers.identity.passwords import HASHER
from resolvers.identity.second_factors import CHALLENGE_ATTEMPTS
from tests import factories
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.client import ANYBODY, Caller
from tests.support.clock import set_clock
from tests.support.clusters import clone
from tests.support.network import Network, network_on
from tests.support.newcomers import PASSWORD, REQUEST_RESET, RESET, becomes_closed, code_in, done

STARTED = datetime(2027, 3, 1, 12, tzinfo=UTC)  # the beginning of a step
CHALLENGE = "challenge secondFactors passkeyOptions token viewer { audience }"
HASHED = HASHER.hash(PASSWORD)
FACTORS = "{ viewer { recoveryCodesLeft secondFactors { id kind name lastUsedOn } } }"
WRONG = [("WRONG_CREDENTIALS", "input.totp")]


@pytest_asyncio.fixture(scope="module")
async def network(template: str) -> AsyncIterator[Network]:
    """Yields a network with a key for secrets, whose clock the tests set."""
    async with clone(template) as dsn, network_on(dsn, pool_size=6, second_factor_key="k" * 32, demo=False) as built:
        yield built


@dataclass
class Person:
    """A person with an account, an authenticator app, and the time that it shows."""

    network: Network
    email: str
    account: UUID
    caller: Caller
    secret: str = ""
    codes: tuple[str, ...] = ()
    steps: int = 0

    async def next_code(self) -> str:
        """A code that was not used: the clock goes on by two steps."""
        self.steps += 2
        await set_clock(self.network.database, STARTED + timedelta(seconds=30 * self.steps))
        return self.code()

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(STARTED + timedelta(seconds=30 * self.steps))

    async def sign_in(self, password: str = PASSWORD) -> dict[str, Any]:
        payload: dict[str, Any] = await self.network.do(
            ANYBODY, "signIn", CHALLENGE, email=self.email, password=password
        )
        return payload

    async def challenge(self) -> str:
        payload = await self.sign_in()
        assert (payload["token"], payload["viewer"]) == (None, None)
        return str(payload["challenge"])

    async def signed_in(self, **proof: str) -> Caller:
        payload = await self.network.do(
            ANYBODY, "signInVerify", "token viewer { audience }", challenge=await self.challenge(), **proof
        )
        assert payload["userErrors"] == []
        return Caller(self.email, payload["token"])

    async def verify(self, **given: str) -> list[tuple[str, str]]:
        return await self.network.refusals(ANYBODY, "signInVerify", **given)

    async def enrol(self, **proof: str) -> list[str]:
        """Adds an authenticator app; the recovery codes."""
        await self.next_code() if self.secret else None
        fields = "challenge secret uri passkeyOptions"
        given = {"kind": "TOTP", "name": "Phone", "password": PASSWORD} | proof
        started = await self.network.do(self.caller, "secondFactorStart", fields, **given)
        assert started["userErrors"] == []
        assert started["passkeyOptions"] is None
        self.secret = started["secret"]
        made = await self.network.do(
            self.caller, "secondFactorConfirm", "recoveryCodes secondFactor { kind name }",
            challenge=started["challenge"], totp=await self.next_code(),
        )  # fmt: skip
        assert made["userErrors"] == []
        assert made["secondFactor"] == {"kind": "TOTP", "name": "Phone"}
        codes: list[str] = made["recoveryCodes"]
        self.codes = self.codes or (*codes,)
        return codes

    async def add_passkey(self, device: Authenticator, **proof: str) -> list[tuple[str, str]]:
        given = {"kind": "PASSKEY", "name": "Key", "password": PASSWORD} | proof
        started = await self.network.do(self.caller, "secondFactorStart", "challenge secret passkeyOptions", **given)
        assert (started["userErrors"], started["secret"]) == ([], None)
        made = device.create(started["passkeyOptions"])
        return await self.network.refusals(
            self.caller, "secondFactorConfirm", challenge=started["challenge"], passkey=made
        )


async def person(network: Network, *roles: StaffRole, **given: Any) -> Person:
    """A signed-in member, or staff with these roles, who has a password and no second factor."""
    if roles:
        given["staff_id"] = (await factories.staff(network.database, roles=[], has_second_factor=False))["id"]
    account = await factories.account(network.database, email_verified=True, locale="en", **given)
    if roles:
        names = [role.value for role in roles]
        await network.value("SELECT identity.give_roles($1, $2)", given["staff_id"], names)
    await factories.credential(network.database, account_id=account["id"], password_hash=HASHED)
    made = Person(network, account["email"], account["id"], ANYBODY)
    await set_clock(network.database, STARTED)
    made.caller = Caller(made.email, (await made.sign_in())["token"])
    return made


async def proving_challenge(network: Network, who: Person) -> dict[str, str]:
    document = "mutation { secondFactorChallenge { challenge passkeyOptions } }"
    made: dict[str, str] = (await network.ask(who.caller, document))["data"]["secondFactorChallenge"]
    return made


@pytest_asyncio.fixture
async def ada(network: Network) -> Person:
    """Yields a member with an authenticator app."""
    made = await person(network)
    await made.enrol()
    return made


# Signing in


async def test_an_account_with_a_second_factor_signs_in_in_two_steps(network: Network, ada: Person) -> None:
    payload = await ada.sign_in()
    assert payload["challenge"]
    assert payload | {"challenge": ""} == {
        "challenge": "", "secondFactors": ["TOTP"], "passkeyOptions": None, "token": None, "viewer": None,
        "userErrors": [],
    }  # fmt: skip
    # The challenge is no token.
    answer = await network.ask(Caller("", payload["challenge"]), "{ viewer { audience } }")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    verified = await network.do(
        ANYBODY, "signInVerify", "token viewer { audience }", challenge=payload["challenge"], totp=await ada.next_code()
    )
    assert verified["viewer"] == {"audience": "PATIENT"}
    shown = (await network.ask(Caller("", verified["token"]), FACTORS))["data"]["viewer"]
    assert shown["recoveryCodesLeft"] == 10
    assert [(each["kind"], each["name"], each["lastUsedOn"]) for each in shown["secondFactors"]] == [
        ("TOTP", "Phone", "2027-03-01")
    ]


async def test_an_account_without_one_signs_in_with_the_password_alone(network: Network) -> None:
    ben = await person(network)
    payload = await ben.sign_in()
    assert (payload["challenge"], payload["secondFactors"], payload["viewer"]) == (None, None, {"audience": "PATIENT"})


async def test_wrong_passwords_are_answered_alike_with_and_without_a_second_factor(
    network: Network, ada: Person
) -> None:
    ben = await person(network)
    answers = [await who.sign_in("not this one") for who in (ada, ben)]
    unknown = await network.do(ANYBODY, "signIn", CHALLENGE, email="nobody@people.example", password="not this one")
    assert answers[0] == answers[1] == unknown
    assert unknown["challenge"] is None


async def test_a_code_is_not_accepted_twice(network: Network, ada: Person) -> None:
    used = await ada.next_code()
    await ada.signed_in(totp=used)
    assert await ada.verify(challenge=await ada.challenge(), totp=used) == WRONG
    # Neither is the code that confirmed the app, nor one of an earlier step.
    await set_clock(network.database, STARTED + timedelta(seconds=30 * (ada.steps + 1)))
    assert await ada.verify(challenge=await ada.challenge(), totp=used) == WRONG
    # Of simultaneous uses, one is right.
    challenges = [await ada.challenge() for _ in range(3)]
    code = await ada.next_code()
    found = await asyncio.gather(*(ada.verify(challenge=each, totp=code) for each in challenges))
    assert sorted(found, key=len) == [[], WRONG, WRONG]


async def test_a_challenge_opens_one_session(network: Network, ada: Person) -> None:
    challenge = await ada.challenge()
    codes = ada.codes[:3]
    found = await asyncio.gather(*(ada.verify(challenge=challenge, recoveryCode=each) for each in codes))
    assert sorted(found, key=len) == [[]] + [[("INVALID", "input.challenge")]] * 2
    assert await ada.verify(challenge=challenge, totp=await ada.next_code()) == [("INVALID", "input.challenge")]


async def test_a_challenge_ends_after_five_minutes_and_five_attempts(network: Network, ada: Person) -> None:
    over = [("INVALID", "input.challenge")]
    challenge = await ada.challenge()
    for _ in range(CHALLENGE_ATTEMPTS):
        assert await ada.verify(challenge=challenge, totp="000 00") == WRONG
    assert await ada.verify(challenge=challenge, totp=await ada.next_code()) == over
    challenge = await ada.challenge()
    ada.steps += 10  # five minutes
    assert await ada.verify(challenge=challenge, totp=await ada.next_code()) == over
    assert await ada.verify(challenge="none", totp=ada.code()) == over


async def test_guesses_are_limited_by_account_over_all_challenges(network: Network, ada: Person) -> None:
    found = []
    for _ in range(4):
        challenge = await ada.challenge()
        found += [(await ada.verify(challenge=challenge, totp="000 00"))[0][0] for _ in range(3)]
    assert found == ["WRONG_CREDENTIALS"] * 10 + ["LIMIT_REACHED"] * 2
    # The right code is not tried either, and another account is not concerned.
    refused = await ada.verify(challenge=await ada.challenge(), totp=await ada.next_code())
    assert [code for code, _ in refused] == ["LIMIT_REACHED"]
    ben = await person(network)
    await ben.enrol()
    await ben.signed_in(totp=await ben.next_code())


async def test_a_challenge_is_answered_with_a_factor_of_its_account(network: Network, ada: Person) -> None:
    ben = await person(network)
    await ben.enrol()
    challenge = await ada.challenge()
    assert await ada.verify(challenge=challenge, totp=await ben.next_code()) == WRONG
    wrong = [("WRONG_CREDENTIALS", "input.recoveryCode")]
    assert await ada.verify(challenge=challenge, recoveryCode=ben.codes[0]) == wrong
    # A challenge for something else opens no session.
    proving = await proving_challenge(network, ben)
    refused = await ben.verify(challenge=proving["challenge"], totp=await ben.next_code())
    assert refused == [("INVALID", "input.challenge")]


async def test_exactly_one_proof_is_given(network: Network, ada: Person) -> None:
    challenge = await ada.challenge()
    for proof in ({}, {"totp": ada.code(), "recoveryCode": ada.codes[0]}):
        assert await ada.verify(challenge=challenge, **proof) == [("INVALID", "input")]
    await ada.signed_in(recoveryCode=ada.codes[0])  # which was not used up
    for mutation, words in (
        ("secondFactorConfirm", "totp and passkey"),
        ("recoveryCodesRenew", "totp, passkey and recoveryCode"),
    ):
        given = {"challenge": "none"} if mutation == "secondFactorConfirm" else {}
        payload = await network.do(ada.caller, mutation, "userErrors { message }", **given)
        assert payload["userErrors"] == [{"message": f"Give exactly one of {words}."}]


# Recovery codes


async def test_a_recovery_code_works_once(network: Network, ada: Person) -> None:
    assert len(ada.codes) == 10
    wrong = [("WRONG_CREDENTIALS", "input.recoveryCode")]
    challenges = [await ada.challenge() for _ in range(3)]
    found = await asyncio.gather(*(ada.verify(challenge=each, recoveryCode=ada.codes[0]) for each in challenges))
    assert sorted(found, key=len) == [[], wrong, wrong]
    assert await ada.verify(challenge=await ada.challenge(), recoveryCode=ada.codes[0]) == wrong
    await ada.signed_in(recoveryCode=ada.codes[1].lower().replace("-", " "))
    stored = await network.count("identity.recovery_code", account_id=ada.account)
    assert stored == 8


async def test_new_recovery_codes_replace_the_old_ones(network: Network, ada: Person) -> None:
    renewed = await network.do(ada.caller, "recoveryCodesRenew", "recoveryCodes", recoveryCode=ada.codes[0])
    assert len({*renewed["recoveryCodes"]} - {*ada.codes}) == 10
    refused = await ada.verify(challenge=await ada.challenge(), recoveryCode=ada.codes[1])
    assert refused == [("WRONG_CREDENTIALS", "input.recoveryCode")]
    await ada.signed_in(recoveryCode=renewed["recoveryCodes"][0])


# Enrolment and removal


async def test_the_first_factor_closes_the_other_sessions(network: Network) -> None:
    ben = await person(network)
    stolen = Caller("", (await ben.sign_in())["token"])
    await ben.enrol()
    await becomes_closed(network.ask, stolen)
    assert "errors" not in await network.ask(ben.caller, FACTORS)
    mail = await network.mailbox.next(ben.email)
    assert mail["Subject"] == "The second factor of your account was changed"


async def test_a_sign_in_at_the_time_of_enrolment_leaves_no_session_without_a_second_factor(network: Network) -> None:
    for _ in range(3):
        ben = await person(network)
        tried, _ = await asyncio.gather(ben.sign_in(), ben.enrol())
        if tried["token"] is not None:
            await becomes_closed(network.ask, Caller("", tried["token"]))
        assert await network.count("identity.session", account_id=ben.account) == 1


async def test_a_stolen_session_neither_adds_nor_removes_a_factor(network: Network, ada: Person) -> None:
    start = {"kind": "TOTP", "name": "Thief"}
    for given, refused in (
        ({"password": "not this one"}, ("WRONG_CREDENTIALS", "input.password")),
        ({"password": PASSWORD}, ("INVALID", "input")),
        ({"password": PASSWORD, "totp": "000 00"}, ("WRONG_CREDENTIALS", "input.totp")),
        ({"password": PASSWORD, "recoveryCode": "AAAA"}, ("WRONG_CREDENTIALS", "input.recoveryCode")),
    ):
        assert await network.refusals(ada.caller, "secondFactorStart", **start, **given) == [refused]
    [factor] = (await network.ask(ada.caller, FACTORS))["data"]["viewer"]["secondFactors"]
    for proof, refused in (
        ({}, ("INVALID", "input")),
        ({"totp": "000 00"}, ("WRONG_CREDENTIALS", "input.totp")),
        ({"totp": ada.code()}, ("WRONG_CREDENTIALS", "input.totp")),  # which has confirmed the app
        ({"passkey": "{}", "challenge": "none"}, ("INVALID", "input.challenge")),
        ({"passkey": "{}"}, ("INVALID", "input.challenge")),
    ):
        found = await network.refusals(ada.caller, "secondFactorRemove", secondFactor=factor["id"], **proof)
        assert found == [refused]
        assert await network.refusals(ada.caller, "recoveryCodesRenew", **proof) == [refused]
    assert await network.count("identity.second_factor", account_id=ada.account) == 1


async def test_a_removed_factor_is_gone_with_the_recovery_codes(network: Network, ada: Person) -> None:
    [factor] = (await network.ask(ada.caller, FACTORS))["data"]["viewer"]["secondFactors"]
    ben = await person(network)
    await ben.enrol()
    remove = {"secondFactor": factor["id"]}
    # Of another's account, nothing is removed.
    found = await network.refusals(ben.caller, "secondFactorRemove", **remove, totp=await ben.next_code())
    assert found == [("NOT_FOUND", "input.secondFactor")]
    ada.steps = ben.steps
    payload = await network.do(ada.caller, "secondFactorRemove", "secondFactorId", **remove, totp=await ada.next_code())
    assert payload == {"secondFactorId": factor["id"], "userErrors": []}
    shown = (await network.ask(ada.caller, FACTORS))["data"]["viewer"]
    assert shown == {"recoveryCodesLeft": 0, "secondFactors": []}
    assert (await ada.sign_in())["token"]


async def test_an_enrolment_is_confirmed_by_its_account_with_its_own_code(network: Network, ada: Person) -> None:
    ben = await person(network)
    given = {"kind": "TOTP", "name": "Phone", "password": PASSWORD}
    started = await network.do(ben.caller, "secondFactorStart", "challenge secret", **given)
    ben.secret, confirm = started["secret"], {"challenge": started["challenge"]}
    assert await network.refusals(ben.caller, "secondFactorConfirm", **confirm, totp="000 00") == WRONG
    found = await network.refusals(ada.caller, "secondFactorConfirm", **confirm, totp=await ben.next_code())
    assert found == [("INVALID", "input.challenge")]
    # A challenge to enrol is none to sign in, and a later one replaces it.
    assert await ben.verify(**confirm, totp=ben.code()) == [("INVALID", "input.challenge")]
    await network.do(ben.caller, "secondFactorStart", "challenge", **given)
    found = await network.refusals(ben.caller, "secondFactorConfirm", **confirm, totp=ben.code())
    assert found == [("INVALID", "input.challenge")]
    assert await network.count("identity.second_factor", account_id=ben.account) == 0


async def test_a_secret_is_stored_encrypted_and_shown_once(network: Network, ada: Person) -> None:
    stored = await network.value("SELECT secret FROM identity.second_factor WHERE account_id = $1", ada.account)
    assert stored[:1] == b"\x01"
    assert ada.secret.encode() not in stored
    assert ada.secret not in str(await network.ask(ada.caller, FACTORS))


# Passkeys


async def test_a_passkey_signs_in_and_proves(network: Network) -> None:
    ben, device = await person(network), Authenticator()
    assert await ben.add_passkey(device) == []
    payload = await ben.sign_in()
    assert payload["secondFactors"] == ["PASSKEY"]
    answer = device.sign(payload["passkeyOptions"])
    given = {"challenge": payload["challenge"], "passkey": answer}
    assert await ben.verify(**given) == []
    # The answer is worth nothing for another challenge, and neither is the challenge.
    assert await ben.verify(**given) == [("INVALID", "input.challenge")]
    again = await ben.sign_in()
    wrong = [("WRONG_CREDENTIALS", "input.passkey")]
    assert await ben.verify(challenge=again["challenge"], passkey=answer) == wrong
    proving = await proving_challenge(network, ben)
    proof = {"challenge": proving["challenge"], "passkey": device.sign(proving["passkeyOptions"])}
    renewed = await network.do(ben.caller, "recoveryCodesRenew", "recoveryCodes", **proof)
    assert len(renewed["recoveryCodes"]) == 10
    assert await network.refusals(ben.caller, "recoveryCodesRenew", **proof) == [("INVALID", "input.challenge")]


async def test_a_passkey_that_is_copied_or_another_is_refused(network: Network) -> None:
    ben, device = await person(network), Authenticator()
    assert await ben.add_passkey(device) == []
    wrong = [("WRONG_CREDENTIALS", "input.passkey")]
    first = await ben.sign_in()
    assert await ben.verify(challenge=first["challenge"], passkey=device.sign(first["passkeyOptions"])) == []
    device.count = 0  # as in a copy from before
    for other in (device, Authenticator(), Authenticator(credential_id=device.credential_id)):
        payload = await ben.sign_in()
        answer = other.sign(payload["passkeyOptions"])
        assert await ben.verify(challenge=payload["challenge"], passkey=answer) == wrong
    device.count, device.flags = 9, PRESENT
    payload = await ben.sign_in()
    assert await ben.verify(challenge=payload["challenge"], passkey=device.sign(payload["passkeyOptions"])) == wrong


async def test_a_passkey_is_added_beside_an_app_with_a_proof(network: Network, ada: Person) -> None:
    device = Authenticator()
    assert await ada.add_passkey(device, totp=await ada.next_code()) == []
    payload = await ada.sign_in()
    assert payload["secondFactors"] == ["TOTP", "PASSKEY"]
    assert await ada.verify(challenge=payload["challenge"], passkey=device.sign(payload["passkeyOptions"])) == []
    await ada.signed_in(totp=await ada.next_code())
    assert await network.count("identity.recovery_code", account_id=ada.account) == 10  # those of before


# Downgrades


async def test_a_new_password_does_not_remove_the_second_factor(network: Network, ada: Person) -> None:
    pending = await ada.challenge()
    assert await done(network.ask, ANYBODY, REQUEST_RESET, {"email": ada.email}) == []
    mailbox = network.mailbox
    while (mail := await mailbox.next(ada.email))["Subject"] != "Your code for a new password":
        pass
    assert await done(network.ask, ANYBODY, RESET, {"code": code_in(mail), "password": "eight red lamps"}) == []
    await becomes_closed(network.ask, ada.caller)
    # A sign-in that waits has had the old password.
    assert await ada.verify(challenge=pending, totp=await ada.next_code()) == [("INVALID", "input.challenge")]
    payload = await ada.sign_in("eight red lamps")
    assert (payload["token"], payload["secondFactors"]) == (None, ["TOTP"])
    assert await ada.verify(challenge=payload["challenge"], totp=await ada.next_code()) == []


# Staff


async def test_roles_that_read_members_wait_for_a_second_factor(network: Network) -> None:
    eve = await person(network, StaffRole.MODERATOR, StaffRole.CATALOGUE_EDITOR)
    mine = "{ viewer { staff { roles withheldRoles hasSecondFactor } } readingAlerts { nodes { id } } }"
    alert = await factories.reading_alert(network.database)
    before = (await network.ask(eve.caller, mine))["data"]
    expected = {"roles": ["CATALOGUE_EDITOR"], "withheldRoles": ["MODERATOR"], "hasSecondFactor": False}
    assert before == {"viewer": {"staff": expected}, "readingAlerts": {"nodes": []}}
    close = {"discussion": f"dis_{alert['id']}", "closed": True}
    [error] = (await network.answer(eve.caller, "discussionClose", "userErrors { code }", **close))["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "role": "MODERATOR", "secondFactorRequired": True}
    assert "secondFactorStart" in error["message"]
    await eve.enrol()
    after = (await network.ask(eve.caller, mine))["data"]
    assert after["viewer"]["staff"] == {
        "roles": ["CATALOGUE_EDITOR", "MODERATOR"], "withheldRoles": [], "hasSecondFactor": True,
    }  # fmt: skip
    assert {"id": f"rda_{alert['id']}"} in after["readingAlerts"]["nodes"]
    # Without their factor, they are withheld again, at once.
    [factor] = (await network.ask(eve.caller, FACTORS))["data"]["viewer"]["secondFactors"]
    removed = await network.refusals(
        eve.caller, "secondFactorRemove", secondFactor=factor["id"], totp=await eve.next_code()
    )
    assert removed == []
    assert (await network.ask(eve.caller, mine))["data"] == before


async def test_a_suspended_staff_member_does_not_finish_a_sign_in(network: Network) -> None:
    eve = await person(network, StaffRole.MODERATOR)
    await eve.enrol()
    challenge = await eve.challenge()
    staff = await network.value("SELECT staff_id FROM identity.account WHERE id = $1", eve.account)
    await network.value("SELECT identity.set_suspended(NULL, $1, true)", staff)
    assert await eve.verify(challenge=challenge, totp=await eve.next_code()) == [("INVALID", "input.challenge")]


async def test_the_demonstrations_staff_need_no_second_factor(network: Network) -> None:
    made = await factories.staff(network.database, roles=[], has_second_factor=False, demonstration=True)
    await network.value("SELECT identity.give_roles($1, $2)", made["id"], ["MODERATOR", "ADMINISTRATOR"])
    found = await network.row("SELECT roles, withheld_roles FROM identity.staff WHERE id = $1", made["id"])
    assert found == {"roles": ["ADMINISTRATOR", "MODERATOR"], "withheld_roles": []}
