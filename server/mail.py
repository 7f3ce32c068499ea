"""The only place that sends mail: from the outbox, by SMTP or into a folder, one server process at a time."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import asyncpg

from resolvers import mail as outbox
from resolvers.mail import Due

log = logging.getLogger("cohorte.mail")

Deliver = Callable[[EmailMessage, str], Awaitable[None]]  # a message, and its recipient's address

SMTP_SECONDS = 30.0
PULSE_SECONDS = 20.0  # mail that is due again is not told of
PAUSES_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)


class Mail:
    """The outbox's keeper in this process. Every process hears of new mail; the one whose turn it is sends it.

    A mail is sent at least once: a process that ends between sending and saying so leaves it to the next, with the same
    Message-ID, by which a mailbox knows the second for the first.
    """

    def __init__(self, deliver: Deliver, sender: str) -> None:
        self.deliver = deliver
        self.sender = sender
        self.wake = asyncio.Event()

    async def run(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        """Sends until it is cancelled; a connection that breaks is made again, ever more patiently."""
        failures = 0
        while True:
            try:
                connection = await connect()
                try:
                    await connection.add_listener(outbox.CHANNEL, self.heard)
                    connection.add_termination_listener(self.heard)
                    while True:
                        await self.empty(connection)
                        failures = 0
                        # Not wait_for(): before Python 3.12 it loses a cancellation that comes with the event.
                        with suppress(TimeoutError):
                            async with asyncio.timeout(PULSE_SECONDS):
                                await self.wake.wait()
                finally:
                    # Not close(): it would wait for an answer from a server that may be gone.
                    connection.terminate()
            except Exception as error:  # whatever it is: nobody would start this task again
                log.warning("the outbox cannot be reached: %s", type(error).__name__)
                await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])
                failures += 1

    def heard(self, *_: object) -> None:
        self.wake.set()

    async def empty(self, connection: asyncpg.Connection) -> None:
        """Sends all that is due, unless another process is about it: that one hears what this one heard."""
        self.wake.clear()
        if not await outbox.take_turn(connection):
            return
        try:
            while mails := await outbox.due(connection):
                for mail in mails:
                    await self.send(connection, mail)
        finally:
            await outbox.end_turn(connection)

    async def send(self, connection: asyncpg.Connection, mail: Due) -> None:
        try:
            await self.deliver(message(mail, self.sender), mail.recipient)
        except Exception as error:  # whatever it is: one mail must not hold up the others
            # The error's class alone: its text may repeat the recipient's address.
            log.warning("a mail could not be sent: %s", type(error).__name__)
            await outbox.failed(connection, mail)
        else:
            await outbox.sent(connection, mail)


def message(mail: Due, sender: str) -> EmailMessage:
    """The mail as it travels. Quoted-printable leaves the line of a code as it is."""
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = mail.recipient
    made["Subject"] = mail.words.subject
    made["Date"] = format_datetime(mail.created_at)
    made["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.words.body, cte="quoted-printable")
    return made


def by_smtp(url: str) -> Deliver:
    """Through the server of an smtp:// address, with STARTTLS where it offers it, or of an smtps:// one, within TLS."""
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


def into_folder(folder: Path) -> Deliver:
    """As one .eml file each, for who runs it without a mail server; readable by its own account alone."""

    async def deliver(message: EmailMessage, recipient: str) -> None:
        await asyncio.to_thread(write, folder, message)

    return deliver


def write(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = message["Message-ID"].strip("<>").partition("@")[0]
    unfinished = folder / f".{name}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(bytes(message))
    unfinished.rename(folder / f"{name}.eml")
