"""The clock of the database is set back: nothing is done twice, and nobody waits for longer than the clock takes."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pyotp
import pytest

from models.logins import open_roles, role_dsn
from models.viewers import Audience
from resolvers import jobs
from resolvers.identity.second_factors_rules import totp_step
from resolvers.insight import freezing, ledger
from server.jobs.mailer import Mailer, smtp_delivery
from tests.faults.test_kill_publishing import unserved_network
from tests.identity.test_outbox import post
from tests.identity.test_second_factors_rules import CODES, SECRET, STEP
from tests.support.client import ANYBODY, SIGN_OUT, Ask
from tests.support.clock import set_back
from tests.support.newcomers import (
    CLOSED_CODE,
    REQUEST_RESET,
    RESET,
    Mailbox,
    code_in,
    done,
    join,
    sign_in,
)
from tests.support.population import crowd

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY = pytest.mark.parametrize(
    "by", [pytest.param(HOUR, id="an hour"), pytest.param(DAY, id="a day", marks=pytest.mark.slow)]
)
WHO = "{ viewer { audience } }"
COUNT = "SELECT * FROM identity.count_request($1, $2, $3)"
SPENT = "SELECT id, spent_micro_rho FROM insight.dataset ORDER BY id"
TRY = "SELECT identity.try_again('somebody', 3, interval '15 minutes') IS NOT NULL"


async def test_a_used_allowance_is_not_gone_for_as_long_as_the_clock_takes(fresh: str) -> None:
    owner = await asyncpg.connect(fresh)

    async def accepted(subject: bytes) -> list[bool]:
        rows = await owner.fetch(COUNT, [subject] * 4, [3] * 4, [900] * 4)
        return [row["wait"] is None for row in rows]

    try:
        for by, then in ((timedelta(minutes=1), [False]), (HOUR, [True] * 3 + [False]), (DAY, [True] * 3 + [False])):
            subject = str(by).encode()
            assert await accepted(subject) == [True] * 3 + [False]
            assert [await owner.fetchval(TRY) for _ in range(4)] == [True] * 3 + [False]
            await set_back(owner, by)
            assert await accepted(subject) == then  # by a minute, no allowance is won
            assert await owner.fetchval(TRY) is then[0]
            await owner.execute("DELETE FROM identity.attempt")
    finally:
        await owner.close()


@BY
async def test_neither_a_session_that_was_closed_nor_a_used_code_opens_anything(
    own_ask: Ask, mailbox: Mailbox, owner: asyncpg.Connection, by: timedelta
) -> None:
    ada = await join(own_ask, mailbox, "Ada")
    other, expired = [await sign_in(own_ask, "ada@people.example") for _ in range(2)]
    assert await done(own_ask, ada, REQUEST_RESET, {"email": "ada@people.example"}) == []
    code = code_in(await mailbox.next("ada@people.example"))
    await own_ask(other, SIGN_OUT)
    ends = "UPDATE identity.session SET expires_at = now() WHERE token_hash = sha256(convert_to($1, 'UTF8'))"
    assert await owner.execute(ends, expired.token) == "UPDATE 1"
    await jobs.forget_waiting(owner)  # as each minute
    given = {"code": code, "password": "eleven red lamps"}
    assert await done(own_ask, ada, RESET, given) == []
    await set_back(owner, by)
    for closed in (ada, other, expired):
        assert (await own_ask(closed, WHO))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await done(own_ask, ANYBODY, RESET, given) == [CLOSED_CODE]
    assert await own_ask(await sign_in(own_ask, "ada@people.example", "eleven red lamps"), WHO) == {
        "data": {"viewer": {"audience": "PATIENT"}}
    }


@BY
def test_no_code_of_an_authenticator_is_used_twice(by: timedelta) -> None:
    now, back = STEP * 30, int(by.total_seconds())
    code = pyotp.TOTP(SECRET).generate_otp(STEP - back // 30)  # which may have been used when it was that time before
    assert totp_step(SECRET, code, now - back, STEP - back // 30 - 1) == STEP - back // 30
    assert totp_step(SECRET, code, now - back, STEP) is None
    assert totp_step(SECRET, CODES[3], now + 30, STEP) == STEP + 1  # once the clock has caught up


@BY
async def test_each_mail_is_sent_once_and_new_ones_at_once(fresh: str, by: timedelta) -> None:
    await open_roles(fresh)
    write = "SELECT identity.write_to($1 || '@people.example', 'PASSWORD_CHANGED', 'en', NULL)"
    owner, sender = await asyncpg.connect(fresh), await asyncpg.connect(role_dsn(fresh, Audience.PUBLIC))
    try:
        async with post(refuses=1) as server:
            outbox = Mailer(smtp_delivery(f"smtp://127.0.0.1:{server.port}"), "hello@cohorte.example").outbox
            await owner.execute(write, "ada")
            await outbox.once(sender)  # is refused, and due in a minute
            await owner.execute(write, "ben")
            await outbox.once(sender)
            assert [to for to, _ in server.taken] == ["ben@people.example"]
            await owner.execute(write, "eve")
            await set_back(owner, by)  # eve's had been due
            await owner.execute(write, "joe")
            await outbox.once(sender)
            assert [to for to, _ in server.taken] == ["ben@people.example", "joe@people.example"]
            await set_back(owner, -by)
            await owner.execute("UPDATE identity.outbox_entry SET due_at = least(due_at, now())")
            for _ in range(2):
                await outbox.once(sender)
            assert sorted(to.partition("@")[0] for to, _ in server.taken) == ["ada", "ben", "eve", "joe"]
    finally:
        await owner.close()
        await sender.close()


@pytest.mark.slow
async def test_nothing_is_published_or_charged_twice(fresh: str) -> None:
    async with unserved_network(fresh) as network:
        database = network.database
        people, later = [await crowd(database, [{"q": "AB"[n % 2]} for n in range(300)]) for _ in range(2)]
        tomorrow = (datetime.now(UTC) + DAY).date()
        made = await freezing.freeze_survey(database, people.survey, tomorrow)  # by a clock that is then set back
        assert made is not None
        for _ in range(2):
            await jobs.settle_surveys(database)
            await jobs.freeze_datasets(database)
            await jobs.publish_counts(database)
        head, spent = await ledger.head(database), await database.fetch(SPENT)
        assert head.position > 0
        for by in (HOUR, DAY):
            await set_back(database, by)
            await jobs.settle_surveys(database)
            await jobs.freeze_datasets(database)
            await jobs.publish_counts(database)
            assert await freezing.begin_survey(database, people.survey) is None
            assert await freezing.finish(database, made.dataset) is None
            assert await database.fetch(SPENT) == spent
            assert await ledger.head(database) == head
        # The entry of the second survey is earlier than the one that it follows.
        assert await freezing.freeze_survey(database, later.survey) is not None
        assert (await ledger.head(database)).position > head.position
        async with database.transaction(isolation="repeatable_read"):
            assert await ledger.fault(database) is None
