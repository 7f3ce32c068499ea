"""Limits on repeated attempts to sign in and to request mail, by account and by address."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import asyncpg

from resolvers import jobs
from settings import Limits
from tests.support.client import ANYBODY, SIGN_IN, Ask, serving
from tests.support.client import PASSWORD as DEMONSTRATION
from tests.support.newcomers import (
    PASSWORD,
    REGISTER,
    REQUEST_RESET,
    RESET,
    Mailbox,
    code_in,
    done,
    join,
    newcomer,
    sign_in,
    tried,
)

TOO_OFTEN = {
    "code": "LIMIT_REACHED",
    "message": "Too many attempts. Try again in 15 minutes.",
    "path": ["input"],
}


async def test_mail_to_an_address_is_limited_whether_or_not_it_has_an_account(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    for name, most in (("ada", 4), ("nobody", 5)):  # registering already requested one
        for _ in range(most):
            assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": f"{name}@people.example"}) == []
        answer = await shared_ask(ANYBODY, REQUEST_RESET, {"input": {"email": f"{name}@people.example"}})
        errors = answer["data"]["requestPasswordReset"]["userErrors"]
        assert errors == [{"code": "LIMIT_REACHED", "path": ["input"]}]
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.password_reset") == 4
    (error,) = await done(shared_ask, ANYBODY, REGISTER, newcomer("nobody"))
    assert error == TOO_OFTEN


async def test_sign_in_attempts_are_limited_whether_or_not_the_account_exists(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    for name in ("ada", "nobody"):
        for _ in range(10):
            (error,) = await tried(shared_ask, f"{name}@people.example", "wrong password")
            assert error["code"] == "WRONG_CREDENTIALS"
        assert await tried(shared_ask, f"{name.upper()}@people.example", "wrong password") == [TOO_OFTEN]
    # Even the right password is not checked.
    assert await tried(shared_ask, "ada@people.example", PASSWORD) == [TOO_OFTEN]
    assert (
        await shared_owner.fetchval(
            "SELECT count(*) FROM identity.session s JOIN identity.account a ON a.id = s.account_id"
            " WHERE a.email = 'ada@people.example'"
        )
        == 1
    )
    await shared_owner.execute("UPDATE identity.attempt SET tried_at = tried_at - interval '15 minutes'")
    await sign_in(shared_ask, "ada@people.example")


async def test_concurrent_attempts_are_all_counted(shared_ask: Ask) -> None:
    answers = await asyncio.gather(*(tried(shared_ask, "nobody@people.example", "wrong password") for _ in range(25)))
    codes = [error["code"] for (error,) in answers]
    assert (codes.count("WRONG_CREDENTIALS"), codes.count("LIMIT_REACHED")) == (10, 15)


async def test_successful_sign_ins_do_not_count_as_attempts(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    for _ in range(11):
        await sign_in(shared_ask, "ada@people.example")
    subjects = await shared_owner.fetchval("SELECT count(*) FROM identity.attempt")
    assert subjects == 3  # the requested mail: by account, by address and by both


async def test_a_new_password_ends_a_lockout(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    for _ in range(11):
        await tried(shared_ask, "ada@people.example", "wrong password")
    assert await tried(shared_ask, "ada@people.example", PASSWORD) == [TOO_OFTEN]
    assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": "ada@people.example"}) == []
    code = code_in(await shared_mailbox.next("ada@people.example"))
    assert await done(shared_ask, ANYBODY, RESET, {"code": code, "password": "eight red lamps"}) == []
    await sign_in(shared_ask, "ada@people.example", "eight red lamps")


async def test_sign_ins_are_limited_by_client_address_and_only_trusted_proxies_name_it(
    fresh: str, tmp_path: Path
) -> None:
    trusted = (ip_network("127.0.0.1/32"),)

    async def code_from(ask: Ask, name: str, address: str) -> str:
        variables = {"email": f"{name}@people.example", "password": "wrong password"}
        answer = await ask.http.post(
            "/graphql", json={"query": SIGN_IN, "variables": variables}, headers={"x-forwarded-for": address}
        )
        (error,) = answer.json()["data"]["signIn"]["userErrors"]
        return str(error["code"])

    limits = Limits(sign_ins_from=3)
    async with serving(fresh, data=tmp_path, trusted_proxies=trusted, limits=limits) as ask:
        for number in range(3):
            assert await code_from(ask, f"a{number}", "203.0.113.7") == "WRONG_CREDENTIALS"
        assert await code_from(ask, "a3", "198.51.100.1, 203.0.113.7") == "LIMIT_REACHED"
        assert await code_from(ask, "a3", "203.0.113.7:51008") == "LIMIT_REACHED"
        for other in ("203.0.113.8", "203.0.113.9:51008", "[2001:db8::1]:443", "203.0.113.10,,"):
            assert await code_from(ask, "a4", other) == "WRONG_CREDENTIALS"
    async with serving(fresh, data=tmp_path, limits=limits) as ask:
        for number in range(3):
            assert await code_from(ask, f"b{number}", f"203.0.113.{number}") == "WRONG_CREDENTIALS"
        assert await code_from(ask, "b3", "203.0.113.99") == "LIMIT_REACHED"


async def test_who_guesses_from_one_address_locks_nobody_out_elsewhere(fresh: str, tmp_path: Path) -> None:
    trusted = (ip_network("127.0.0.1/32"),)
    async with serving(fresh, data=tmp_path, trusted_proxies=trusted, limits=Limits(sign_ins_to=25)) as ask:

        async def signs_in(password: str, address: str) -> list[str]:
            variables = {"email": "patient@demo.example", "password": password}
            answer = await ask.http.post(
                "/graphql", json={"query": SIGN_IN, "variables": variables}, headers={"x-forwarded-for": address}
            )
            return [error["code"] for error in answer.json()["data"]["signIn"]["userErrors"]]

        for address in ("203.0.113.7", "203.0.113.8"):
            found = [await signs_in("wrong password", address) for _ in range(12)]
            assert found == [["WRONG_CREDENTIALS"]] * 10 + [["LIMIT_REACHED"]] * 2
            assert await signs_in(DEMONSTRATION, address) == ["LIMIT_REACHED"]
            assert await signs_in(DEMONSTRATION, "198.51.100.1") == []
        # What the limit of one address refused does not count for the account, which has one of its own.
        for _ in range(5):
            assert await signs_in("wrong password", "203.0.113.9") == ["WRONG_CREDENTIALS"]
        assert await signs_in("wrong password", "203.0.113.9") == ["LIMIT_REACHED"]
        assert await signs_in(DEMONSTRATION, "198.51.100.1") == ["LIMIT_REACHED"]


async def test_expired_attempts_are_deleted_and_others_stay(owner: asyncpg.Connection) -> None:
    account = await owner.fetchval("SELECT id FROM identity.account LIMIT 1")
    for age, name in (("-1 hour", "over"), ("1 hour", "waiting")):
        await owner.execute(
            "INSERT INTO identity.registration (email, pseudonym, kind, sex, locale, notice_version, expires_at)"
            f" VALUES ($1, $1, 'PATIENT', 'UNKNOWN', 'en', '1', now() + interval '{age}')",
            name,
        )
        await owner.execute(
            f"INSERT INTO identity.password_reset VALUES (false, $1, $2, now(), now() + interval '{age}')",
            name.encode(),
            account,
        )
        await owner.execute(
            "INSERT INTO identity.attempt (subject, tried_at)"
            f" VALUES ($1, now() - interval '1 day' + interval '{age}')",
            name.encode(),
        )
        await owner.execute(
            "INSERT INTO identity.session (account_id, token_hash, expires_at)"
            f" VALUES ($1, $2, now() + interval '{age}')",
            account,
            name.encode(),
        )
    await jobs.forget_waiting(owner)
    left = "SELECT string_agg({column}, ' ') FROM identity.{table} WHERE {column} IN ('over', 'waiting')"
    assert await owner.fetchval(left.format(column="email", table="registration")) == "waiting"
    for table, column in (("password_reset", "code_hash"), ("attempt", "subject"), ("session", "token_hash")):
        rows = await owner.fetch(f"SELECT {column} FROM identity.{table} WHERE {column} IN ('over', 'waiting')")
        assert [row[0] for row in rows] == [b"waiting"]
