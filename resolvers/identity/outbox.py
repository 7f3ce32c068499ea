"""Reads what is due in the outbox, mail and news, and records whether it was sent or delivered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from models.database import Connection
from models.identity.registrations import MailTemplate
from resolvers.identity.mail_templates import MailText, mail_text

CHANNEL = "cohorte_outbox"  # the channel that notifies of new entries
MAIL_LOCK = 0x636F_686F_7274_0001  # the advisory lock whose holder sends mail
NEWS_LOCK = 0x636F_686F_7274_0002  # the advisory lock whose holder delivers news
BATCH = 20
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


async def lock_outbox(connection: asyncpg.Connection, lock: int) -> bool:
    """Whether the lock was free: the connection holds it until `unlock_outbox` or its own end. Does not wait."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock)
    return taken


async def unlock_outbox(connection: asyncpg.Connection, lock: int) -> None:
    await connection.execute("SELECT pg_advisory_unlock($1)", lock)


async def due_mail(connection: asyncpg.Connection, pages: str | None = None) -> list[PendingMail]:
    """The next mails to send, the longest due first: at most `BATCH` that are new, and as many that have failed.

    `pages` is the origin of the server's pages, if it has any.
    """
    found = await connection.fetch("SELECT * FROM identity.mail_due($1)", BATCH)
    return [
        PendingMail(
            row["id"],
            row["recipient"],
            mail_text(MailTemplate(row["letter"]), row["locale"], row["code"], row["about"], pages=pages),
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


async def record_failed(connection: asyncpg.Connection, entry: PendingMail | PendingNews) -> None:
    """Schedules another attempt, after twice as long a wait up to `MOST_MINUTES`; deletes it after `ATTEMPTS`."""
    wait = timedelta(minutes=min(2**entry.attempts, MOST_MINUTES))
    await connection.execute("SELECT identity.outbox_failed($1, $2, $3)", entry.id, wait, ATTEMPTS)


async def record_refused(connection: asyncpg.Connection, mail: PendingMail) -> None:
    """Deletes a mail that no further attempt would deliver."""
    await connection.execute("SELECT identity.outbox_failed($1, $2, 0)", mail.id, timedelta())
