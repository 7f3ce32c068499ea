"""Sends the mail of the outbox, by SMTP or into a folder."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import asyncpg

from resolvers.identity import outbox as outbox
from resolvers.identity.outbox import PendingMail
from server.outbox import Outbox

log = logging.getLogger("cohorte.mail")

Deliver = Callable[[EmailMessage, str], Awaitable[None]]  # a message, and its recipient's address

SMTP_SECONDS = 30.0


class Mailer:
    """Sends the outbox's mail.

    Delivery is at least once: if a process ends between sending a mail and recording that, another sends it again with
    the same Message-ID, by which mailboxes recognize duplicates.
    """

    def __init__(self, deliver: Deliver, sender: str) -> None:
        self.deliver = deliver
        self.sender = sender
        self.outbox = Outbox(self.send_due, outbox.MAIL_LOCK, log)

    async def send_due(self, connection: asyncpg.Connection) -> None:
        """Sends all mail that is due. The connection holds the lock of the outbox."""
        while mails := await outbox.due_mail(connection):
            for mail in mails:
                await self.send(connection, mail)

    async def send(self, connection: asyncpg.Connection, mail: PendingMail) -> None:
        """Sends one mail and records whether that worked."""
        try:
            await self.deliver(message(mail, self.sender), mail.recipient)
        except Exception as error:  # of any kind: one mail must not block the others
            # Only the error's class: its message may contain the recipient's address.
            log.warning("a mail could not be sent: %s", type(error).__name__)
            await outbox.record_failed(connection, mail)
        else:
            await outbox.record_sent(connection, mail)


def message(mail: PendingMail, sender: str) -> EmailMessage:
    """The mail as an RFC 5322 message. Quoted-printable keeps a line that holds a code unbroken."""
    # Older accounts may have letters outside of ASCII before the @: RFC 6532.
    made = EmailMessage(policy=SMTP if mail.recipient.isascii() else SMTPUTF8)
    made["From"] = sender
    made["To"] = mail.recipient
    made["Subject"] = mail.text.subject
    made["Date"] = format_datetime(mail.created_at)
    made["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text.body, cte="quoted-printable")
    return made


def smtp_delivery(url: str) -> Deliver:
    """Delivery through an SMTP server: smtp:// uses STARTTLS if the server offers it, smtps:// uses TLS throughout."""
    parts = urlsplit(url)
    within_tls = parts.scheme == "smtps"

    async def deliver(message: EmailMessage, recipient: str) -> None:
        await aiosmtplib.send(
            message,
            recipients=[recipient],
            hostname=parts.hostname,
            port=parts.port or (465 if within_tls else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=within_tls,
            timeout=SMTP_SECONDS,
        )

    return deliver


def folder_delivery(folder: Path) -> Deliver:
    """Delivery into a folder, for use without a mail server: one .eml file each, readable by the server's user only."""

    async def deliver(message: EmailMessage, recipient: str) -> None:
        await asyncio.to_thread(write, folder, message)

    return deliver


def write(folder: Path, message: EmailMessage) -> None:
    """Writes a message under a temporary name first, so that no reader sees half of it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = message["Message-ID"].strip("<>").partition("@")[0]
    partial = folder / f".{name}"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(bytes(message))
    partial.rename(folder / f"{name}.eml")
