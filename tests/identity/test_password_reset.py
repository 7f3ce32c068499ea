"""Password resets: codes by mail, and the sessions that a new password closes."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.support.client import ANYBODY, Ask, serving
from tests.support.newcomers import (
    CLOSED_CODE,
    PASSWORD,
    REGISTER,
    REQUEST_RESET,
    RESET,
    VERIFY,
    Mailbox,
    becomes_closed,
    code_in,
    done,
    join,
    newcomer,
    sign_in,
    tried,
)


async def test_a_new_password_closes_every_session_and_replaces_the_old_one(
    shared_ask: Ask, shared_mailbox: Mailbox
) -> None:
    ada = await join(shared_ask, shared_mailbox, "Ada")
    other = await sign_in(shared_ask, "ada@people.example")
    assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": "Ada@people.example"}) == []
    mail = await shared_mailbox.next("ada@people.example")
    assert mail["Subject"] == "Your code for a new password"
    code = code_in(mail)
    (weak,) = await done(shared_ask, ANYBODY, RESET, {"code": code, "password": "weak"})
    assert (weak["code"], weak["path"]) == ("INVALID", ["input", "password"])
    assert "errors" not in await shared_ask(ada, "{ viewer { audience } }")  # nothing happened yet
    assert await done(shared_ask, ANYBODY, RESET, {"code": code, "password": "eight red lamps"}) == []
    assert (await shared_mailbox.next("ada@people.example"))["Subject"] == "Your password was changed"
    for session in (ada, other):
        await becomes_closed(shared_ask, session)
    assert [e["code"] for e in await tried(shared_ask, "ada@people.example", PASSWORD)] == ["WRONG_CREDENTIALS"]
    await sign_in(shared_ask, "ada@people.example", "eight red lamps")
    assert await done(shared_ask, ANYBODY, RESET, {"code": code, "password": "nine blue lamps"}) == [CLOSED_CODE]
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": code, "password": PASSWORD}) == [CLOSED_CODE]


async def test_a_password_that_changes_during_sign_in_opens_no_session(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")

    async def slow(password: str, password_hash: str | None, caller: object) -> bool:
        await shared_owner.execute(
            "UPDATE identity.credential SET password_hash = 'new' WHERE password_hash = $1", password_hash
        )
        return True

    before = await shared_owner.fetchval("SELECT count(*) FROM identity.session")
    monkeypatch.setattr("resolvers.identity.accounts.verify_password", slow)
    assert [e["code"] for e in await tried(shared_ask, "ada@people.example", PASSWORD)] == ["WRONG_CREDENTIALS"]
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.session") == before


async def test_a_reset_code_is_valid_once_within_an_hour(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    codes = []
    for _ in range(2):
        assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": "ada@people.example"}) == []
        codes.append(code_in(await shared_mailbox.next("ada@people.example")))
    left = await shared_owner.fetchval("SELECT max(expires_at) - now() FROM identity.password_reset")
    assert 3500 < left.total_seconds() <= 3600
    await shared_owner.execute("UPDATE identity.password_reset SET expires_at = now()")
    assert await done(shared_ask, ANYBODY, RESET, {"code": codes[0], "password": "eight red lamps"}) == [CLOSED_CODE]
    await sign_in(shared_ask, "ada@people.example")
    await shared_owner.execute("UPDATE identity.password_reset SET expires_at = now() + interval '1 hour'")
    wanted = [{"code": code, "password": f"{code[:5]} red lamps"} for code in codes * 2]
    answers = await asyncio.gather(*(done(shared_ask, ANYBODY, RESET, input) for input in wanted))
    assert sorted(answers, key=len) == [[], *[[CLOSED_CODE]] * 3]
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.password_reset") == 0


async def test_requesting_a_reset_does_not_reveal_whether_an_account_exists(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection
) -> None:
    await join(shared_ask, shared_mailbox, "Ada")
    known = await shared_ask(ANYBODY, REQUEST_RESET, {"input": {"email": "ada@people.example"}})
    unknown = await shared_ask(ANYBODY, REQUEST_RESET, {"input": {"email": "nobody@people.example"}})
    assert known == unknown == {"data": {"requestPasswordReset": {"userErrors": []}}}
    await shared_mailbox.next("ada@people.example")
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.password_reset") == 1
    assert not [to for to, _ in shared_mailbox.all() if to == "nobody@people.example"]


async def test_a_lost_registration_code_can_be_requested_again(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    assert await done(shared_ask, ANYBODY, REGISTER, newcomer("Ada")) == []
    lost = code_in(await shared_mailbox.next("ada@people.example"))
    assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": "ada@people.example"}) == []
    mail = await shared_mailbox.next("ada@people.example")
    assert mail["Subject"] == "Your code for Cohorte"
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": lost, "password": PASSWORD}) == [CLOSED_CODE]
    assert await done(shared_ask, ANYBODY, VERIFY, {"code": code_in(mail), "password": PASSWORD}) == []
    await sign_in(shared_ask, "ada@people.example")


async def test_demonstration_accounts_get_no_reset_mail_where_they_may_not_sign_in(
    fresh: str, tmp_path: Path, owner: asyncpg.Connection
) -> None:
    async with serving(fresh, data=tmp_path, demo=False) as ask:
        assert await done(ask, ANYBODY, REQUEST_RESET, {"email": "patient@demo.example"}) == []
    assert await owner.fetchval("SELECT count(*) FROM identity.password_reset") == 0
    assert await owner.fetchval("SELECT count(*) FROM identity.outbox_entry") == 0
