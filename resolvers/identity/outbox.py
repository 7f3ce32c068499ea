"""The only place for the outbox's SQL: whose turn it is to send, what is due, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from models.identity.registrations import MailTemplate
from resolvers.identity.mail_templates import MailText, mail_text

CHANNEL = "cohorte_mail"  # on which it is told that there is mail
LOCK = 0x636F_686F_7274_0001  # of the advisory locks: whoever holds it sends
BATCH = 20
ATTEMPTS = 12  # the last some three days after the first


@dataclass(frozen=True)
class PendingMail:
    """A mail that is due to be sent."""

    id: UUID
    recipient: str
    text: MailText
    created_at: datetime
    attempts: int  # those that failed


async def lock_outbox(connection: asyncpg.Connection) -> bool:
    """Whether this connection may send, until `end_turn` or until it is closed; it waits for nobody else's turn."""
    turn: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
    return turn


async def unlock_outbox(connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def due_mail(connection: asyncpg.Connection) -> list[PendingMail]:
    """The next few, longest due first."""
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


async def record_sent(connection: asyncpg.Connection, mail: PendingMail) -> None:
    """Its row goes: no address and no code is kept longer than it takes."""
    await connection.execute("SELECT identity.mail_sent($1)", mail.id)


async def record_failed(connection: asyncpg.Connection, mail: PendingMail) -> None:
    """It is tried again, each time after twice as long; given up after `ATTEMPTS`."""
    wait = timedelta(minutes=2**mail.attempts)
    await connection.execute("SELECT identity.mail_failed($1, $2, $3)", mail.id, wait, ATTEMPTS)
