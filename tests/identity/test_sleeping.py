"""Accounts that sleep: whose owners are written to, when they are closed, and what wakes them up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.registrations import MailTemplate
from resolvers.identity.mail_templates import mail_text
from resolvers.identity.sleeping import BATCH, REMINDER_DAYS, settle_sleepers
from tests import factories
from tests.support.clock import set_clock

MONTHS, NOTICE_DAYS = 24, 30
ASLEEP = datetime(2030, 1, 31, tzinfo=UTC)  # of accounts that were last signed in to two years before
SIGNED_IN = ASLEEP.date().replace(year=2028)
LETTERS = "SELECT letter FROM identity.outbox_entry WHERE recipient = $1 ORDER BY created_at, letter"


@pytest_asyncio.fixture
async def asleep(owner: asyncpg.Connection) -> asyncpg.Connection:
    """Yields a database whose clock stands at `ASLEEP`."""
    await set_clock(owner, ASLEEP)
    return owner


async def sleeper(owner: asyncpg.Connection, **given: Any) -> asyncpg.Record:
    return await factories.account(owner, **{"signed_in_on": SIGNED_IN} | given)


async def settled(owner: asyncpg.Connection, days: int = 0) -> None:
    """The state so many days after `ASLEEP`, with the work of a run of the job."""
    await set_clock(owner, ASLEEP + timedelta(days=days))
    await settle_sleepers(owner, MONTHS, NOTICE_DAYS)


async def letters(owner: asyncpg.Connection, account: asyncpg.Record) -> list[str]:
    return [row["letter"] for row in await owner.fetch(LETTERS, account["email"])]


async def exists(owner: asyncpg.Connection, account: asyncpg.Record) -> bool:
    return bool(await owner.fetchval("SELECT EXISTS (SELECT FROM identity.account WHERE id = $1)", account["id"]))


async def test_an_account_that_sleeps_is_closed_after_two_mails(asleep: asyncpg.Connection) -> None:
    old, young = await sleeper(asleep), await sleeper(asleep, signed_in_on=SIGNED_IN + timedelta(days=1))
    post = await factories.post(asleep, author_id=old["member_id"])
    for _ in range(2):  # repeating it changes nothing
        await settled(asleep)
        assert (await letters(asleep, old), await letters(asleep, young)) == (["ACCOUNT_SLEEPS"], [])
    about = await asleep.fetchval("SELECT about FROM identity.outbox_entry WHERE recipient = $1", old["email"])
    assert about == "2030-03-02"
    await asleep.execute("UPDATE identity.account SET signed_in_on = '2029-01-01' WHERE id = $1", young["id"])
    await settled(asleep, NOTICE_DAYS - REMINDER_DAYS - 1)
    assert await letters(asleep, old) == ["ACCOUNT_SLEEPS"]
    await settled(asleep, NOTICE_DAYS - REMINDER_DAYS)
    assert await letters(asleep, old) == ["ACCOUNT_SLEEPS", "ACCOUNT_SLEEPS_STILL"]
    await settled(asleep, NOTICE_DAYS - 1)
    assert await exists(asleep, old)
    await settled(asleep, NOTICE_DAYS)
    assert (await exists(asleep, old), await exists(asleep, young)) == (False, True)
    assert await letters(asleep, old) == ["ACCOUNT_CLOSED"]  # as when a member deletes their account
    assert await asleep.fetchval("SELECT count(*) FROM care.member WHERE id = $1", old["member_id"]) == 0
    left = await asleep.fetchrow("SELECT author_id, body FROM care.post WHERE id = $1", post["id"])
    assert left is not None
    assert (left["author_id"], left["body"]) == (None, post["body"])


@pytest.mark.parametrize(
    ("locale", "closing"), [("fr-FR", "2 mars 2030"), ("en-GB", "2030-03-02"), ("nl-NL", "2030-03-02")]
)
async def test_the_mails_write_the_day_as_the_language_does(
    asleep: asyncpg.Connection, locale: str, closing: str
) -> None:
    old = await sleeper(asleep, locale=locale)
    for days in (0, NOTICE_DAYS - REMINDER_DAYS):
        await settled(asleep, days)
    mails = await asleep.fetch(
        "SELECT letter, locale, code, about FROM identity.outbox_entry WHERE recipient = $1", old["email"]
    )
    assert len(mails) == 2
    for row in mails:
        text = mail_text(MailTemplate(row["letter"]), row["locale"], row["code"], row["about"])
        assert closing in text.body.splitlines()


async def test_nobody_loses_an_account_because_the_work_was_not_done_for_long(asleep: asyncpg.Connection) -> None:
    old = await sleeper(asleep, signed_in_on=SIGNED_IN - timedelta(days=1_000))
    await settled(asleep)
    await settled(asleep, 200)
    assert await letters(asleep, old) == ["ACCOUNT_SLEEPS", "ACCOUNT_SLEEPS_STILL"]
    await settled(asleep, 200 + REMINDER_DAYS - 1)
    assert await exists(asleep, old)
    await settled(asleep, 200 + REMINDER_DAYS)
    assert not await exists(asleep, old)


@pytest.mark.parametrize("mails", [1, 2])
async def test_signing_in_once_keeps_the_account(asleep: asyncpg.Connection, mails: int) -> None:
    old = await sleeper(asleep)
    for days in (0, NOTICE_DAYS - REMINDER_DAYS)[:mails]:
        await settled(asleep, days)
    opened = await asleep.fetchval("SELECT identity.open_session($1, 'x', NULL, '30 days')", old["id"])
    assert isinstance(opened, UUID)
    woken = await asleep.fetchrow(
        "SELECT signed_in_on = catalog.today() AS today, sleep_notified_on, sleep_reminded_on FROM identity.account"
        " WHERE id = $1",
        old["id"],
    )
    assert woken is not None
    assert tuple(woken) == (True, None, None)
    await settled(asleep, NOTICE_DAYS + 300)
    assert await exists(asleep, old)
    assert len(await letters(asleep, old)) == mails


async def test_staff_organizations_and_the_demonstration_do_not_sleep(asleep: asyncpg.Connection) -> None:
    first = {"signed_in_on": date(2000, 1, 1)}  # before all that a run would settle
    others = [
        await sleeper(asleep, staff_id=(await factories.staff(asleep))["id"], **first),
        await sleeper(asleep, organization_id=(await factories.organization(asleep))["id"], **first),
        await sleeper(asleep, demonstration=True, **first),
    ]
    for days in (0, 23, 30, 400):
        await settled(asleep, days)
    for account in others:
        assert await exists(asleep, account)
        assert await letters(asleep, account) == []


async def test_an_account_that_is_in_use_is_left_for_later(fresh: str, asleep: asyncpg.Connection) -> None:
    busy, idle = await sleeper(asleep), await sleeper(asleep)
    other = await asyncpg.connect(fresh)
    try:
        async with other.transaction():
            await other.execute("SELECT FROM identity.account WHERE id = $1 FOR UPDATE", busy["id"])
            await settled(asleep)
            assert (await letters(asleep, busy), await letters(asleep, idle)) == ([], ["ACCOUNT_SLEEPS"])
    finally:
        await other.close()
    await settled(asleep)
    assert await letters(asleep, busy) == ["ACCOUNT_SLEEPS"]


async def test_a_run_settles_a_limited_number_of_accounts(
    asleep: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BATCH >= 10
    monkeypatch.setattr("resolvers.identity.sleeping.BATCH", 2)
    accounts = [await sleeper(asleep) for _ in range(3)]
    await settled(asleep)
    assert sorted([await letters(asleep, one) for one in accounts]) == [[], ["ACCOUNT_SLEEPS"], ["ACCOUNT_SLEEPS"]]
    await settled(asleep)
    assert [await letters(asleep, one) for one in accounts] == [["ACCOUNT_SLEEPS"]] * 3
