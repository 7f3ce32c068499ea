"""The courier: signs and sends events to webhooks, sends again what failed, and gives up on what fails for long."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.identity.webhooks import DeliveryFailure
from models.logins import open_roles, role_dsn
from models.viewers import Audience
from resolvers.identity import outbox
from resolvers.identity import webhooks_rules as rules
from resolvers.identity.outbox import PendingDelivery
from resolvers.identity.second_factors_rules import stored_secret
from resolvers.public_hosts import Place
from server.jobs.courier import FAILING, OF_ORGANIZATION, SENDERS, Courier, next_deliveries
from server.jobs.outgoing import NotSent
from tests import factories
from tests.support.client import serving
from tests.support.eventually import becomes
from tests.support.receiver import Receiver, answering, receiving

BASE = "https://cohorte.example"
KEY = bytes(32)
SECRET = rules.new_secret()


@dataclass
class Desk:
    """A database without a server, and the courier's connection to it."""

    owner: asyncpg.Connection
    connection: asyncpg.Connection
    organization: UUID
    urls: list[str] = field(default_factory=list)

    async def webhook(self, url: str, key: bytes | None = None, **given: Any) -> UUID:
        id = uuid4()
        stored = {"secret": stored_secret(SECRET, id, key), "organization_id": self.organization, "url": url}
        await factories.webhook(self.owner, id=id, **(stored | given))
        return id

    async def event(self, webhook: UUID, event: str | None = "LICENCE_DECIDED") -> UUID:
        """An event that waits to be sent to a webhook: its delivery."""
        subject = None if event is None else uuid4()
        made: UUID = await self.owner.fetchval(
            "INSERT INTO insight.webhook_delivery (webhook_id, event, subject_id) VALUES ($1, $2, $3) RETURNING id",
            webhook, event, subject,
        )  # fmt: skip
        await self.owner.execute("INSERT INTO identity.outbox_entry (kind, delivery_id) VALUES ('WEBHOOK', $1)", made)
        await self.owner.execute("SELECT pg_notify($1, '')", outbox.CHANNEL)  # as all who add an entry
        return made

    async def work(self, courier: Courier | None = None, *, ahead: str | None = None) -> None:
        """Has a courier send what is due, or is due `ahead` from now."""
        if ahead is not None:
            await self.owner.execute("UPDATE identity.outbox_entry SET due_at = due_at - $1::text::interval", ahead)
        await (courier or Courier(BASE, None, loopback=True)).outbox.once(self.connection)

    async def delivery(self, id: UUID) -> tuple[Any, ...]:
        row = await self.owner.fetchrow(
            "SELECT status, attempts, failure, response_status FROM insight.webhook_delivery WHERE id = $1", id
        )
        assert row is not None
        return tuple(row)

    async def status(self, webhook: UUID) -> str:
        found: str = await self.owner.fetchval("SELECT status FROM insight.webhook WHERE id = $1", webhook)
        return found

    async def wait(self) -> float:
        """For how many seconds the next attempt waits."""
        seconds: float = await self.owner.fetchval(
            "SELECT extract(epoch FROM due_at - now())::float FROM identity.outbox_entry WHERE kind = 'WEBHOOK'"
        )
        return seconds

    async def waiting(self) -> int:
        count: int = await self.owner.fetchval("SELECT count(*) FROM identity.outbox_entry WHERE kind = 'WEBHOOK'")
        return count

    async def letters(self) -> list[tuple[str, str, str]]:
        rows = await self.owner.fetch(
            "SELECT recipient, letter, about FROM identity.outbox_entry WHERE kind = 'MAIL' ORDER BY recipient"
        )
        return [tuple(row) for row in rows]


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def desk(fresh: str) -> AsyncIterator[Desk]:
    """Yields a desk with a database of its own."""
    await open_roles(fresh)
    async with connected(fresh) as owner, connected(role_dsn(fresh, Audience.PUBLIC)) as connection:
        organization = (await factories.organization(owner))["id"]
        await factories.account(owner, organization_id=organization, email="lab@x.example", email_verified=True)
        await factories.account(owner, organization_id=organization, email="new@x.example", email_verified=False)
        yield Desk(owner, connection, organization)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Yields a laboratory's server."""
    async with receiving() as made:
        yield made


@pytest.mark.parametrize("key", [None, KEY])
async def test_an_event_is_sent_signed_and_recorded(desk: Desk, receiver: Receiver, key: bytes | None) -> None:
    webhook = await desk.webhook(receiver.url("/hook?token=1"), key)
    delivery = await desk.event(webhook)
    await desk.work(Courier(BASE, key, loopback=True))
    [request] = receiver.received
    assert request.path == "/hook?token=1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.id == f"dlv_{delivery}"
    assert request.content["type"] == "licence.decided"
    assert request.is_signed_by(SECRET)
    assert not request.is_signed_by(rules.new_secret())
    assert await desk.delivery(delivery) == ("DELIVERED", 1, None, 204)
    assert await desk.waiting() == 0
    await desk.work()
    assert len(receiver.received) == 1


async def test_the_previous_secret_signs_too_until_its_time_is_over(desk: Desk, receiver: Receiver) -> None:
    previous = rules.new_secret()
    webhook = await desk.webhook(receiver.url())
    for until, signs in (("1 hour", True), ("-1 second", False)):
        await desk.owner.execute(
            "UPDATE insight.webhook SET previous_secret = $1, previous_until = now() + $2::text::interval",
            stored_secret(previous, webhook, None), until,
        )  # fmt: skip
        await desk.event(webhook)
        await desk.work()
        request = receiver.received[-1]
        assert (request.is_signed_by(SECRET), request.is_signed_by(previous)) == (True, signs)


async def test_a_failed_event_is_sent_again_after_growing_pauses_with_the_same_id(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answers["/hook"] = answering(500)
    webhook = await desk.webhook(receiver.url())
    delivery = await desk.event(webhook)
    await desk.work()
    for attempt, pause in enumerate(rules.PAUSES, 1):
        assert await desk.delivery(delivery) == ("PENDING", attempt, "STATUS", 500)
        least = pause.total_seconds()
        assert least - 60 < await desk.wait() <= least * 1.1
        await desk.work()  # too early
        assert len(receiver.received) == attempt
        await desk.owner.execute("UPDATE insight.webhook SET failing_since = now()")  # it fails, but not for long
        await desk.work(ahead=f"{least * 1.2} seconds")
    assert await desk.delivery(delivery) == ("FAILED", 10, "STATUS", 500)
    assert await desk.waiting() == 0
    assert {request.id for request in receiver.received} == {f"dlv_{delivery}"}
    assert len({request.body for request in receiver.received}) == 1
    assert all(request.is_signed_by(SECRET) for request in receiver.received)
    assert await desk.status(webhook) == "ACTIVE"


async def test_a_status_from_200_to_299_accepts_and_any_other_is_tried_again(desk: Desk, receiver: Receiver) -> None:
    accepted, failed = (200, 202, 204, 299), (300, 304, 400, 404, 429, 500, 503)
    deliveries = {}
    for status in (*accepted, *failed):
        receiver.answers[f"/{status}"] = answering(status)
        deliveries[status] = await desk.event(await desk.webhook(receiver.url(f"/{status}")))
    await desk.work()
    for status in accepted:
        assert await desk.delivery(deliveries[status]) == ("DELIVERED", 1, None, status)
    for status in failed:
        assert await desk.delivery(deliveries[status]) == ("PENDING", 1, "STATUS", status)
    await desk.work(ahead="6 seconds")
    ids = {status: [each.id for each in receiver.received if each.path == f"/{status}"] for status in deliveries}
    assert ids == {
        status: [f"dlv_{delivery}"] * (1 if status in accepted else 2) for status, delivery in deliveries.items()
    }


async def test_what_got_no_answer_is_sent_again(desk: Desk) -> None:
    failures = [failure for failure in DeliveryFailure if failure is not DeliveryFailure.STATUS]
    sent: list[str] = []

    async def send(place: Place, headers: Mapping[str, str], body: bytes) -> int:
        sent.append(headers["webhook-id"])
        raise NotSent(DeliveryFailure(place.target.removeprefix("/")))

    urls = [f"https://hooks.laboratory.example/{failure.value}" for failure in failures]
    deliveries = [await desk.event(await desk.webhook(url)) for url in urls]
    await desk.work(Courier(BASE, None, send=send))
    for failure, delivery in zip(failures, deliveries, strict=True):
        assert await desk.delivery(delivery) == ("PENDING", 1, failure.value, None)
    await desk.work(Courier(BASE, None, send=send), ahead="6 seconds")
    assert sorted(sent) == sorted(f"dlv_{delivery}" for delivery in deliveries * 2)


async def test_what_is_sent_late_is_signed_with_the_time_of_the_attempt(desk: Desk, receiver: Receiver) -> None:
    """A receiver refuses what was signed more than five minutes ago, and the last attempt is days after the event."""
    delivery = await desk.event(await desk.webhook(receiver.url()))
    happened = await desk.owner.fetchval(
        "UPDATE insight.webhook_delivery SET created_at = now() - interval '3 days' WHERE id = $1"
        " RETURNING extract(epoch FROM created_at)::float",
        delivery,
    )
    await desk.work()
    [request] = receiver.received
    assert abs(time.time() - int(request.headers["webhook-timestamp"])) < 60
    assert abs(happened - datetime.fromisoformat(request.content["timestamp"]).timestamp()) <= 1


async def test_an_event_that_is_accepted_later_ends_the_failure(desk: Desk, receiver: Receiver) -> None:
    receiver.answers["/hook"] = answering(503)
    webhook = await desk.webhook(receiver.url())
    delivery = await desk.event(webhook)
    await desk.work()
    failing = "SELECT failing_since IS NOT NULL FROM insight.webhook"
    assert await desk.owner.fetchval(failing)
    receiver.answers.clear()
    await desk.work(ahead="6 seconds")
    assert await desk.delivery(delivery) == ("DELIVERED", 2, None, 204)
    assert not await desk.owner.fetchval(failing)


async def test_a_webhook_that_fails_for_days_is_disabled_and_its_organization_written_to(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answers["/hook"] = answering(500)
    webhook = await desk.webhook(receiver.url(), description="Reports")
    first, second = await desk.event(webhook), await desk.event(webhook)
    await desk.work()
    await desk.owner.execute("UPDATE insight.webhook SET failing_since = now() - interval '2 days 23 hours'")
    await desk.work(ahead="6 seconds")
    assert await desk.status(webhook) == "ACTIVE"
    assert await desk.letters() == []
    await desk.owner.execute("UPDATE insight.webhook SET failing_since = now() - interval '3 days'")
    await desk.work(ahead="6 minutes")
    assert await desk.status(webhook) == "DISABLED"
    assert {(await desk.delivery(each))[0] for each in (first, second)} == {"CANCELLED"}
    assert await desk.waiting() == 0
    assert await desk.letters() == [("lab@x.example", "WEBHOOK_DISABLED", "Reports")]


async def test_a_webhook_that_is_gone_is_disabled_at_once(desk: Desk, receiver: Receiver) -> None:
    receiver.answers["/hook"] = answering(410)
    gone, other = await desk.webhook(receiver.url()), await desk.webhook(receiver.url("/other"))
    delivery = await desk.event(gone)
    await desk.work()
    assert await desk.delivery(delivery) == ("CANCELLED", 1, "STATUS", 410)
    assert (await desk.status(gone), await desk.status(other)) == ("DISABLED", "ACTIVE")
    assert [letter for _, letter, _ in await desk.letters()] == ["WEBHOOK_DISABLED"]


@pytest.mark.parametrize("status", [410, 500])
async def test_a_test_is_sent_once_and_disables_nothing(desk: Desk, receiver: Receiver, status: int) -> None:
    receiver.answers["/hook"] = answering(status)
    webhook = await desk.webhook(receiver.url())
    await desk.owner.execute("UPDATE insight.webhook SET failing_since = now() - interval '9 days'")
    delivery = await desk.event(webhook, None)
    await desk.work()
    assert receiver.received[0].content["data"] == {"webhook": f"whk_{webhook}"}
    assert await desk.delivery(delivery) == ("FAILED", 1, "STATUS", status)
    assert (await desk.waiting(), await desk.status(webhook), await desk.letters()) == (0, "ACTIVE", [])


async def test_no_redirect_is_followed(desk: Desk, receiver: Receiver) -> None:
    receiver.answers["/hook"] = answering(307, f"Location: {receiver.url('/other')}")
    delivery = await desk.event(await desk.webhook(receiver.url()))
    await desk.work()
    assert await desk.delivery(delivery) == ("PENDING", 1, "STATUS", 307)
    assert [request.path for request in receiver.received] == ["/hook"]


async def test_without_the_demonstrations_rule_nothing_is_sent_to_this_machine(desk: Desk, receiver: Receiver) -> None:
    delivery = await desk.event(await desk.webhook(receiver.url()))
    await desk.work(Courier(BASE, None))
    assert await desk.delivery(delivery) == ("PENDING", 1, "ADDRESS", None)
    assert receiver.connections == 0


async def test_a_secret_of_another_key_signs_nothing(
    desk: Desk, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = await desk.event(await desk.webhook(receiver.url(), KEY))
    await desk.work()
    assert await desk.delivery(delivery) == ("PENDING", 1, "SECRET", None)
    assert receiver.connections == 0
    assert "cannot be read" in caplog.text


async def test_a_slow_webhook_delays_no_others(desk: Desk, receiver: Receiver) -> None:
    receiver.hangs = {f"/slow/{n}" for n in range(OF_ORGANIZATION - 1)}
    for path in sorted(receiver.hangs):
        await desk.event(await desk.webhook(receiver.url(path)))
    fast = await desk.webhook(receiver.url("/fast"))
    deliveries = [await desk.event(fast) for _ in range(3)]
    working = asyncio.create_task(desk.work())
    try:
        await receiver.ones(3, "/fast")
        for each in deliveries:
            await becomes(partial(desk.delivery, each), lambda found: found[0] == "DELIVERED")
        assert not working.done()
        assert receiver.most_at_once == OF_ORGANIZATION
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_what_was_sent_and_not_recorded_is_sent_again_with_the_same_id(desk: Desk, receiver: Receiver) -> None:
    receiver.hangs = {"/hook"}
    delivery = await desk.event(await desk.webhook(receiver.url()))
    working = asyncio.create_task(desk.work())
    await receiver.ones(1)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    receiver.hangs.clear()
    await desk.connection.execute("SELECT pg_advisory_unlock_all()")
    await desk.work()
    assert [request.id for request in receiver.received] == [f"dlv_{delivery}"] * 2
    assert await desk.delivery(delivery) == ("DELIVERED", 1, None, 204)


async def test_what_is_paused_or_deleted_while_it_is_sent_stays_so(desk: Desk, receiver: Receiver) -> None:
    webhook, deleted = await desk.webhook(receiver.url()), await desk.webhook(receiver.url("/deleted"))
    delivery = await desk.event(webhook)
    await desk.event(deleted)

    turn = asyncio.Lock()  # a connection does one thing at a time

    async def send(place: Place, headers: Mapping[str, str], body: bytes) -> int:
        async with turn:
            if place.target == "/hook":
                await desk.owner.execute("SELECT insight.silence($1, 'PAUSED')", webhook)
            else:
                await desk.owner.execute("DELETE FROM insight.webhook WHERE id = $1", deleted)
        raise NotSent(DeliveryFailure.TIMEOUT)

    await desk.work(Courier(BASE, None, loopback=True, send=send))
    assert (await desk.delivery(delivery))[:2] == ("CANCELLED", 0)
    assert (await desk.status(webhook), await desk.waiting()) == ("PAUSED", 0)


async def test_neither_an_address_nor_an_answer_is_logged_or_stored(
    desk: Desk, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers["/token-in-path"] = answering(500, "X-Secret: in-a-header", body=b"in-the-body")

    async def breaks(place: Place, headers: Mapping[str, str], body: bytes) -> int:
        raise RuntimeError(place.target)

    for courier in (Courier(BASE, None, loopback=True), Courier(BASE, None, loopback=True, send=breaks)):
        await desk.event(await desk.webhook(receiver.url("/token-in-path")))
        await desk.work(courier)
    for word in ("token-in-path", "in-a-header", "in-the-body", SECRET, SECRET.removeprefix("whsec_")):
        assert word not in caplog.text
    stored = await desk.owner.fetch("SELECT d::text FROM insight.webhook_delivery d")
    assert len(stored) == 2
    assert "in-a" not in str(stored)
    assert "in-the" not in str(stored)


async def test_only_one_process_sends(desk: Desk, receiver: Receiver, fresh: str) -> None:
    await desk.event(await desk.webhook(receiver.url()))
    async with connected(role_dsn(fresh, Audience.PUBLIC)) as other:
        assert await outbox.lock_outbox(other, outbox.WEBHOOK_LOCK)
        await desk.work()
        assert receiver.received == []


def pending(organization: UUID, *, failing: bool = False) -> PendingDelivery:
    message = rules.WebhookMessage(uuid4(), uuid4(), None, None, None, None, rules_at)
    return PendingDelivery(uuid4(), message, organization, "", b"", None, 0, failing)


rules_at: Any = None  # of no importance here


def test_an_organization_has_few_requests_at_a_time() -> None:
    one, other = uuid4(), uuid4()
    due = [*(pending(one) for _ in range(9)), pending(other)]
    chosen = next_deliveries(due, [pending(one)])
    assert [each.organization for each in chosen] == [one] * (OF_ORGANIZATION - 1) + [other]


def test_webhooks_that_fail_have_half_of_the_senders() -> None:
    due = [*(pending(uuid4(), failing=True) for _ in range(SENDERS)), *(pending(uuid4()) for _ in range(SENDERS))]
    chosen = next_deliveries(due, [])
    assert len(chosen) == SENDERS
    assert sum(each.failing for each in chosen) == FAILING
    assert next_deliveries(due, [pending(uuid4()) for _ in range(SENDERS)]) == []


def test_a_webhook_has_one_request_at_a_time() -> None:
    first = pending(uuid4())
    again = replace(first, id=uuid4())
    assert next_deliveries([first, again], []) == [first]
    assert next_deliveries([again], [first]) == []


@pytest.mark.parametrize("demo", [True, False])
async def test_only_a_demonstration_sends_to_its_own_machine(fresh: str, receiver: Receiver, demo: bool) -> None:
    async with connected(fresh) as owner, serving(fresh, demo=demo):
        organization = (await factories.organization(owner))["id"]
        desk = Desk(owner, owner, organization)
        delivery = await desk.event(await desk.webhook(receiver.url("/hook")))
        found = await becomes(lambda: desk.delivery(delivery), lambda found: found[1])
        assert found == (("DELIVERED", 1, None, 204) if demo else ("PENDING", 1, "ADDRESS", None))
        assert len(receiver.received) == demo
