"""Registrations: what is stored, what is mailed, and what is never revealed."""

import asyncio
from datetime import UTC, datetime
from operator import not_
from typing import Any

import asyncpg
import pytest

from resolvers.identity.accounts_rules import common_passwords
from tests.support.client import ANYBODY, SIGN_IN, Ask
from tests.support.eventually import becomes
from tests.support.newcomers import (
    CLOSED_CODE,
    NOTICE,
    PASSWORD,
    REGISTER,
    REQUEST_RESET,
    RESET,
    VERIFY,
    Mailbox,
    code_in,
    done,
    join,
    newcomer,
    sign_in,
    tried,
)

ME = "{ me { member { pseudonym kind verified } account { email emailVerified locale } birthYear sex region sharing } }"
THIS_YEAR = datetime.now(UTC).year


async def counts(owner: asyncpg.Connection) -> tuple[int, ...]:
    row = await owner.fetchrow(
        """SELECT (SELECT count(*) FROM care.member), (SELECT count(*) FROM identity.account),
        (SELECT count(*) FROM identity.credential), (SELECT count(*) FROM identity.registration)"""
    )
    assert row is not None
    return tuple(row)


async def test_a_newcomer_registers_verifies_and_becomes_a_member(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    wanted = newcomer("Ada", email="Ada@People.example", birthYear=1980, sex="FEMALE", region="Bretagne")
    assert await done(shared_ask, ANYBODY, REGISTER, wanted) == []
    assert [e["code"] for e in await tried(shared_ask, "ada@people.example", PASSWORD)] == ["WRONG_CREDENTIALS"]
    mail = await shared_mailbox.next("ada@people.example")
    assert mail["Subject"] == "Your code for Cohorte"
    code = code_in(mail)
    # As people type: case and spaces are ignored.
    typed = f" {code[:8].lower()} {code[8:]}\n"
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": typed, "password": PASSWORD}) == []
    ada = await sign_in(shared_ask, "ADA@people.example")
    assert await shared_ask(ada, ME) == {
        "data": {
            "me": {
                "member": {"pseudonym": "Ada", "kind": "PATIENT", "verified": False},
                "account": {"email": "ada@people.example", "emailVerified": True, "locale": "en"},
                "birthYear": 1980,
                "sex": "FEMALE",
                "region": "Bretagne",
                "sharing": "ONLY_ME",
            }
        }
    }


async def test_mail_is_written_in_the_newcomers_language(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    for locale, subject in (
        ("fr-FR", "Votre code pour Cohorte"),
        ("fr", "Votre code pour Cohorte"),
        ("de", "Your code for Cohorte"),
    ):
        name = f"in-{locale}"
        assert await done(shared_ask, ANYBODY, REGISTER, newcomer(name, locale=locale)) == []
        mail = await shared_mailbox.next(f"{name}@people.example")
        assert mail["Subject"] == subject
        assert len(code_in(mail)) == 32
    without = {key: value for key, value in newcomer("unsaid").items() if key != "locale"}
    assert await done(shared_ask, ANYBODY, REGISTER, without) == []
    assert (await shared_mailbox.next("unsaid@people.example"))["Subject"] == "Votre code pour Cohorte"


@pytest.mark.parametrize("kind", ["RELATIVE", "ASSOCIATION"])
async def test_relatives_and_associations_register_too(shared_ask: Ask, shared_mailbox: Mailbox, kind: str) -> None:
    who = await join(shared_ask, shared_mailbox, "Grace", kind=kind)
    answer = await shared_ask(who, "{ me { member { kind verified } sex birthYear } }")
    assert answer["data"]["me"] == {"member": {"kind": kind, "verified": False}, "sex": "UNKNOWN", "birthYear": None}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"pseudonym": "Al"}, "INVALID", "pseudonym"),
    ({"pseudonym": "  Al  "}, "INVALID", "pseudonym"),
    ({"pseudonym": "A" * 31}, "TOO_LONG", "pseudonym"),
    ({"pseudonym": "ada@people.example"}, "INVALID", "pseudonym"),
    ({"pseudonym": "Ada＠people"}, "INVALID", "pseudonym"),  # a wide @
    ({"pseudonym": "Ada\nLove"}, "INVALID", "pseudonym"),
    ({"pseudonym": "Ada\u202eLove"}, "INVALID", "pseudonym"),  # a right-to-left override
    ({"password": "short123!"}, "INVALID", "password"),
    ({"password": "x" * 129}, "TOO_LONG", "password"),
    ({"password": "Newcomer@People.example"}, "INVALID", "password"),
    ({"password": "LONG-PSEUDONYM", "pseudonym": "long-pseudonym"}, "INVALID", "password"),
    ({"birthYear": THIS_YEAR - 15}, "NOT_ELIGIBLE", "birthYear"),
    ({"birthYear": 1899}, "INVALID", "birthYear"),
    ({"birthYear": THIS_YEAR + 1}, "INVALID", "birthYear"),
    ({"region": "r" * 101}, "INVALID", "region"),
    ({"region": "one\ntwo"}, "INVALID", "region"),
    ({"locale": "français"}, "INVALID", "locale"),
    ({"noticeVersion": "2019-1"}, "INVALID", "noticeVersion"),
]


async def test_an_invalid_registration_is_refused_with_a_path_and_not_stored(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    before = await counts(shared_owner)
    common = max(common_passwords(), key=len)
    for given, code, place in [*REFUSED, ({"password": common}, "INVALID", "password")]:
        (error,) = await done(shared_ask, ANYBODY, REGISTER, newcomer("newcomer", **given))
        assert (given, error["code"], error["path"]) == (given, code, ["input", place])
        assert not any(str(value) in error["message"] for value in given.values())
    assert await counts(shared_owner) == before
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.outbox_entry") == 0
    assert shared_mailbox.all() == []


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("PATIENT", {"birthYear": 1980}, None),
        ("RELATIVE", {"ofAge": True}, None),
        ("PATIENT", {"birthYear": 1980, "ofAge": True}, None),
        ("ASSOCIATION", {}, None),
        ("PATIENT", {}, ("INVALID", "birthYear")),
        ("RELATIVE", {"birthYear": None, "ofAge": None}, ("INVALID", "birthYear")),
        ("PATIENT", {"ofAge": False}, ("NOT_ELIGIBLE", "ofAge")),
        ("PATIENT", {"birthYear": 1980, "ofAge": False}, ("NOT_ELIGIBLE", "ofAge")),
        ("PATIENT", {"birthYear": THIS_YEAR - 15, "ofAge": True}, ("NOT_ELIGIBLE", "birthYear")),
        ("RELATIVE", {"birthYear": THIS_YEAR - 15, "ofAge": True}, ("NOT_ELIGIBLE", "birthYear")),
        ("ASSOCIATION", {"birthYear": THIS_YEAR - 15}, ("NOT_ELIGIBLE", "birthYear")),
    ],
)
async def test_patients_and_relatives_state_that_they_are_old_enough(
    shared_ask: Ask,
    shared_owner: asyncpg.Connection,
    kind: str,
    given: dict[str, Any],
    expected: tuple[str, str] | None,
) -> None:
    wanted = {name: value for name, value in newcomer("Ada", kind=kind).items() if name != "ofAge"} | given
    found = [(error["code"], error["path"][-1]) for error in await done(shared_ask, ANYBODY, REGISTER, wanted)]
    assert found == ([] if expected is None else [expected])
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.registration") == (1 if expected is None else 0)


async def test_an_age_reached_this_year_is_accepted(shared_ask: Ask) -> None:
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("Young", birthYear=THIS_YEAR - 16)) == []


async def test_a_pseudonym_is_unique_in_any_case_and_reserved_on_registering(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("Grace")) == []
    for name in ("ada", "ADA", " Ada ", "Ａda", "gRACE"):
        before = await counts(shared_owner)
        (error,) = await done(shared_ask, ANYBODY, REGISTER, newcomer("other", pseudonym=name))
        assert (name, error["code"], error["path"]) == (name, "TAKEN", ["input", "pseudonym"])
        assert await counts(shared_owner) == before


async def test_an_expired_registration_frees_its_pseudonym(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("Grace")) == []
    code = code_in(await shared_mailbox.next("grace@people.example"))
    await shared_owner.execute("UPDATE identity.registration SET expires_at = now()")
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": code, "password": PASSWORD}) == [CLOSED_CODE]
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("other", pseudonym="grace")) == []


async def test_a_taken_address_gets_the_same_answer_and_its_owner_is_notified(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    before = await counts(shared_owner)
    free = await shared_ask(ANYBODY, REGISTER, {"input": newcomer("free", pseudonym="Free one")})
    taken = await shared_ask(
        ANYBODY, REGISTER, {"input": newcomer("Ada", email="ADA@people.example", pseudonym="Taken one")}
    )
    assert free == taken
    mail = await shared_mailbox.next("ada@people.example")
    assert mail["Subject"] == "You have an account at Cohorte"
    assert "\r\n\r\n\r\n" not in mail.as_string()
    after = await counts(shared_owner)
    assert (after[0], after[1], after[2]) == before[:3]
    # Both pseudonyms are reserved, so that this does not reveal either which of the two addresses has an account.
    for name in ("Free one", "Taken one"):
        (error,) = await done(shared_ask, ANYBODY, REGISTER, newcomer("third", pseudonym=name))
        assert error["code"] == "TAKEN"
    kept = await shared_owner.fetchrow("SELECT * FROM identity.registration WHERE email = 'ada@people.example'")
    assert kept is not None
    assert (kept["password_hash"], kept["code_hash"]) == (None, None)


async def test_registering_again_leaves_the_earlier_registration_and_its_code(
    shared_ask: Ask, shared_mailbox: Mailbox
) -> None:
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("Ada")) == []
    first = code_in(await shared_mailbox.next("ada@people.example"))
    again = newcomer("Ada", password="another long one")
    assert await done(shared_ask, ANYBODY, REGISTER, again) == []
    second = code_in(await shared_mailbox.next("ada@people.example"))
    (error,) = await done(shared_ask, ANYBODY, VERIFY, {"code": first, "password": "another long one"})
    assert (error["code"], error["path"]) == ("WRONG_CREDENTIALS", ["input", "password"])
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": second, "password": "another long one"}) == []
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": first, "password": PASSWORD}) == [CLOSED_CODE]
    await sign_in(shared_ask, "ada@people.example", "another long one")
    assert [e["code"] for e in await tried(shared_ask, "ada@people.example", PASSWORD)] == ["WRONG_CREDENTIALS"]


async def test_the_first_verified_of_two_registrations_of_an_address_wins(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    codes = []
    for name in ("One of them", "Two of them"):
        wanted = newcomer("them", pseudonym=name)
        assert await done(shared_ask, ANYBODY, REGISTER, wanted) == []
        codes.append(code_in(await shared_mailbox.next("them@people.example")))
    before = await counts(shared_owner)
    answers = await asyncio.gather(
        *(done(shared_ask, ANYBODY, VERIFY, {"code": code, "password": PASSWORD}) for code in codes)
    )
    assert sorted(map(len, answers)) == [0, 1]
    after = await counts(shared_owner)
    assert (after[0] - before[0], after[1] - before[1], after[3]) == (1, 1, 0)


async def test_a_code_opens_one_account_however_often_it_is_entered(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("Ada")) == []
    code = code_in(await shared_mailbox.next("ada@people.example"))
    before = await counts(shared_owner)
    answers = await asyncio.gather(
        *(done(shared_ask, ANYBODY, VERIFY, {"code": code, "password": PASSWORD}) for _ in range(5))
    )
    assert sorted(answers, key=len) == [[], *[[CLOSED_CODE]] * 4]
    assert (await counts(shared_owner))[0] == before[0] + 1


async def test_a_repeated_request_with_one_id_returns_the_first_result(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    wanted = newcomer("Ada") | {"clientMutationId": "one"}
    answers = await asyncio.gather(*(done(shared_ask, ANYBODY, REGISTER, wanted) for _ in range(3)))
    assert answers == [[], [], []]
    code = code_in(await shared_mailbox.next("ada@people.example"))
    for _ in range(2):
        assert (
            await done(shared_ask, ANYBODY, VERIFY, {"code": code, "password": PASSWORD, "clientMutationId": "two"})
            == []
        )
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.account WHERE email = 'ada@people.example'") == 1
    await asyncio.sleep(0)
    assert shared_mailbox.all() == [("ada@people.example", "Your code for Cohorte")]
    kept = await shared_owner.fetchval("SELECT string_agg(m::text, ' ') FROM identity.mutation m")
    assert PASSWORD not in kept
    assert "ada@" not in kept  # an address: digests in hexadecimal may have "ada" in them


async def test_only_one_of_two_concurrent_newcomers_gets_a_pseudonym(
    shared_ask: Ask, shared_owner: asyncpg.Connection
) -> None:
    both = [newcomer(name, pseudonym="Wanted") for name in ("one", "two")]
    answers = await asyncio.gather(*(done(shared_ask, ANYBODY, REGISTER, wanted) for wanted in both))
    assert sorted([error["code"] for error in answer] for answer in answers) == [[], ["TAKEN"]]
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.registration") == 1


@pytest.mark.parametrize("code", ["", "A" * 32, "x", "A" * 10_000])
async def test_a_code_that_was_never_sent_is_refused(
    shared_ask: Ask, shared_owner: asyncpg.Connection, code: str
) -> None:
    before = await counts(shared_owner)
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": code, "password": PASSWORD}) == [CLOSED_CODE]
    assert await done(shared_ask, ANYBODY, RESET, {"code": code, "password": PASSWORD}) == [CLOSED_CODE]
    assert await counts(shared_owner) == before


async def test_only_the_hash_of_a_code_is_stored_and_sent_mail_is_deleted(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("Grace")) == []
    assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": "ada@people.example"}) == []
    codes = [code_in(await shared_mailbox.next(f"{name}@people.example")) for name in ("grace", "ada")]
    await becomes(lambda: shared_owner.fetchval("SELECT count(*) FROM identity.outbox_entry"), not_)
    kept = ""
    for table in ("registration", "password_reset", "outbox_entry", "mutation", "attempt"):
        kept += await shared_owner.fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM identity.{table} t")
    assert not [code for code in codes if code in kept]
    assert ada.token is not None


async def test_registering_while_signed_in_works_as_for_other_callers(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    assert await done(shared_ask, ada, REGISTER, newcomer("Second")) == []
    code = code_in(await shared_mailbox.next("second@people.example"))
    assert await done(shared_ask, ada, VERIFY, {"code": code, "password": PASSWORD}) == []
    answer = await shared_ask(ada, SIGN_IN, {"email": "second@people.example", "password": PASSWORD})
    assert answer["data"]["signIn"]["viewer"] == {"audience": "PATIENT"}


async def test_the_version_of_the_accepted_notice_is_stored(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    kept = await shared_owner.fetchval("SELECT notice_version FROM identity.account WHERE email = 'ada@people.example'")
    assert kept == NOTICE
