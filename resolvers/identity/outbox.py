"""Reads what is due in the outbox, mail, news and events, and records whether it was sent or delivered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from models.database import Connection
from models.identity.registrations import MailTemplate
from models.identity.webhooks import DeliveryFailure, OrganizationEvent
from resolvers.identity.mail_templates import MailText, mail_text
from resolvers.identity.webhooks_rules import DISABLED_AFTER, GONE, WebhookMessage, pause_after

CHANNEL = "cohorte_outbox"  # the channel that notifies of new entries
MAIL_LOCK = 0x636F_686F_7274_0001  # the advisory lock whose holder sends mail
NEWS_LOCK = 0x636F_686F_7274_0002  # the advisory lock whose holder delivers news
WEBHOOK_LOCK = 0x636F_686F_7274_0003  # the advisory lock whose holder notifies organizations
BATCH = 20
MAIL_BATCH = 100  # more than are sent at a time, which are due as long as they are being sent
WEBHOOKS = 500  # that are looked at together, of which each organization has few
ATTEMPTS = 20  # the last one about three days after the first
MOST_MINUTES = 360  # between two attempts
PARTS = 64  # of the members, as in research.part_of
PART_BATCH = 500  # the most members of a part to whom news is delivered in one transaction


@dataclass(frozen=True)
class PendingMail:
    """A mail that is due to be sent."""

    id: UUID
    recipient: str
    text: MailText
    created_at: datetime
    attempts: int  # that have failed


@dataclass(frozen=True)
class PendingNews:
    """News that is due to be delivered to the parts of the members from `part` on."""

    id: UUID
    part: int
    attempts: int  # that have failed


@dataclass(frozen=True)
class PendingEvent:
    """An event of which the organizations that it concerns are to be notified."""

    id: UUID
    attempts: int  # that have failed


@dataclass(frozen=True)
class PendingDelivery:
    """An event, or a test, that is due to be sent to a webhook."""

    id: UUID
    message: WebhookMessage
    organization: UUID
    url: str
    secret: bytes = field(repr=False)  # as stored
    previous_secret: bytes | None = field(repr=False)  # if it signs too
    attempts: int  # that have failed
    failing: bool  # whether the webhook's last attempt has failed, or this delivery's


async def lock_outbox(connection: asyncpg.Connection, lock: int) -> bool:
    """Whether the lock was free: the connection holds it until `unlock_outbox` or its own end. Does not wait."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock)
    return taken


async def unlock_outbox(connection: asyncpg.Connection, lock: int) -> None:
    """Lets another process work through the outbox."""
    await connection.execute("SELECT pg_advisory_unlock($1)", lock)


async def due_mail(
    connection: asyncpg.Connection, pages: str | None = None, *, synthetic: bool = False
) -> list[PendingMail]:
    """The next mails to send, the longest due first: at most `MAIL_BATCH` that are new, and as many that have failed.

    `pages` is the origin of the server's pages, if it has any. Mails of a sandbox say that all data are `synthetic`.
    """
    found = await connection.fetch("SELECT * FROM identity.mail_due($1)", MAIL_BATCH)
    return [
        PendingMail(
            row["id"],
            row["recipient"],
            mail_text(
                MailTemplate(row["letter"]), row["locale"], row["code"], row["about"], pages=pages, synthetic=synthetic
            ),
            row["created_at"],
            row["attempts"],
        )
        for row in found
    ]


async def mail_waits(connection: Connection) -> float:
    """For how many seconds the oldest mail has been waiting; 0 if there is none."""
    seconds: float = await connection.fetchval("SELECT identity.mail_waits()")
    return seconds


async def due_news(connection: asyncpg.Connection) -> list[PendingNews]:
    """The next news to deliver, at most `BATCH`, the oldest first."""
    found = await connection.fetch("SELECT * FROM identity.news_due($1)", BATCH)
    return [PendingNews(row["id"], row["part"], row["attempts"]) for row in found]


async def deliver_part(connection: asyncpg.Connection, news: PendingNews, part: int) -> None:
    """Delivers news to one part of the members, in one transaction or several. Does nothing if that was done before."""
    while await connection.fetchval("SELECT research.deliver($1, $2, $3)", news.id, part, PART_BATCH):
        pass


async def deliver_all(connection: asyncpg.Connection) -> None:
    """Delivers all news that is due, at once: for networks without a server."""
    while due := await due_news(connection):
        for news in due:
            for part in range(news.part, PARTS):
                await deliver_part(connection, news, part)


async def record_sent(connection: asyncpg.Connection, mail: PendingMail) -> None:
    """Deletes the mail, so that its address and code are stored no longer than needed."""
    await connection.execute("SELECT identity.mail_sent($1)", mail.id)


async def due_events(connection: asyncpg.Connection) -> list[PendingEvent]:
    """The next events to notify organizations of, at most `BATCH`, the oldest first."""
    found = await connection.fetch("SELECT * FROM identity.events_due($1)", BATCH)
    return [PendingEvent(row["id"], row["attempts"]) for row in found]


async def notify_organizations(connection: asyncpg.Connection, event: PendingEvent) -> None:
    """Queues the webhooks' deliveries and the mails of an event, in one transaction. Does nothing if that was done."""
    await connection.execute("SELECT insight.notify_organizations($1)", event.id)


async def due_deliveries(connection: asyncpg.Connection, busy: Sequence[UUID]) -> list[PendingDelivery]:
    """What to send next, the longest due first: at most one to each webhook that is not `busy`."""
    found = await connection.fetch("SELECT * FROM identity.deliveries_due($1, $2)", busy, WEBHOOKS)
    return [
        PendingDelivery(
            row["id"],
            WebhookMessage(
                row["delivery"],
                row["webhook"],
                None if row["event"] is None else OrganizationEvent(row["event"]),
                row["subject"],
                row["dataset"],
                row["community"],
                row["created_at"],
            ),
            row["organization"],
            row["url"],
            row["secret"],
            row["previous_secret"],
            row["attempts"],
            row["failing"],
        )
        for row in found
    ]


async def record_accepted(connection: asyncpg.Connection, delivery: PendingDelivery, status: int | None) -> None:
    """Records that a delivery was accepted, with the HTTP status for a webhook; mail has none."""
    await connection.execute("SELECT identity.delivery_accepted($1, $2)", delivery.id, status)


async def record_delivery_failed(
    connection: asyncpg.Connection, delivery: PendingDelivery, failure: DeliveryFailure, status: int | None
) -> None:
    """Schedules another attempt, unless it was the last. Disables a webhook that has failed for long, or is gone."""
    await connection.execute(
        "SELECT identity.delivery_failed($1, $2, $3, $4, $5, $6)",
        delivery.id, failure.value, status, pause_after(delivery.attempts + 1, delivery.message.id), DISABLED_AFTER,
        status == GONE,
    )  # fmt: skip


async def record_failed(connection: asyncpg.Connection, entry: PendingMail | PendingNews | PendingEvent) -> None:
    """Schedules another attempt, after twice as long a wait up to `MOST_MINUTES`; deletes it after `ATTEMPTS`."""
    wait = timedelta(minutes=min(2**entry.attempts, MOST_MINUTES))
    await connection.execute("SELECT identity.outbox_failed($1, $2, $3)", entry.id, wait, ATTEMPTS)


async def record_refused(connection: asyncpg.Connection, mail: PendingMail) -> None:
    """Deletes a mail that no further attempt would deliver."""
    await connection.execute("SELECT identity.outbox_failed($1, $2, 0)", mail.id, timedelta())
