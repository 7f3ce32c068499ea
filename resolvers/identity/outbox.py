"""Reads the mail that is due in the outbox, and records whether it was sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from models.database import Connection
from models.identity.registrations import MailTemplate
from resolvers.identity.mail_templates import MailText, mail_text

CHANNEL = "cohorte_mail"  # the channel that notifies of new mail
LOCK = 0x636F_686F_7274_0001  # the advisory lock whose holder sends mail
BATCH = 20
ATTEMPTS = 12  # the last one about three days after the first


@dataclass(frozen=True)
class PendingMail:
    """A mail that is due to be sent."""

    id: UUID
    recipient: str
    text: MailText
    created_at: datetime
    attempts: int  # that have failed


async def lock_outbox(connection: asyncpg.Connection) -> bool:
    """Whether the lock was free: the connection holds it until `unlock_outbox` or its own end. Does not wait."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
    return taken


async def unlock_outbox(connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def due_mail(connection: asyncpg.Connection) -> list[PendingMail]:
    """The next mails to send, at most `BATCH`, the longest due first."""
    found = await connection.fetch("SELECT * FROM identity.mail_due($1)", BATCH)
    return [
        PendingMail(
            row["id"],
            row["recipient"],
            mail_text(MailTemplate(row["letter"]), row["locale"], row["code"], row["about"]),
            row["created_at"],
            row["attempts"],
        )
        for row in found
    ]


async def mail_waits(connection: Connection) -> float:
    """For how many seconds the oldest mail has been waiting; 0 if there is none."""
    seconds: float = await connection.fetchval("SELECT identity.mail_waits()")
    return seconds


async def record_sent(connection: asyncpg.Connection, mail: PendingMail) -> None:
    """Deletes the mail, so that its address and code are stored no longer than needed."""
    await connection.execute("SELECT identity.mail_sent($1)", mail.id)


async def record_failed(connection: asyncpg.Connection, mail: PendingMail) -> None:
    """Schedules another attempt, each after twice as long a wait; deletes the mail after `ATTEMPTS`."""
    wait = timedelta(minutes=2**mail.attempts)
    await connection.execute("SELECT identity.mail_failed($1, $2, $3)", mail.id, wait, ATTEMPTS)
