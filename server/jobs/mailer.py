"""Sends the mail of the outbox, by SMTP or into a folder."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import asyncpg

from models.lookups import Lookups, connected
from resolvers.identity import outbox as outbox
from resolvers.identity.outbox import PendingMail
from server.jobs.outbox import Outbox

log = logging.getLogger("cohorte.mail")

Deliver = Callable[[EmailMessage, str], Awaitable[None]]  # a message, and its recipient's address

SMTP_SECONDS = 30.0  # for a mail to be accepted, from connecting on
CONNECT_SECONDS = 10.0  # to one of the server's addresses, which have equal shares of it
QUIT_SECONDS = 1.0  # for the server to say goodbye
SENDERS = 8  # mails that are sent at a time
# Of these, mails that have failed before: those to a server that hangs must not keep all others waiting.
TRYING_AGAIN = SENDERS // 2
# New mails may hang, too. One that takes longer than this is slow, and sent beside the others: at most so many are sent
# in all, and none is begun to a domain that has so many slow ones.
SLOW_SECONDS = 2.0
MOST_SENDERS = 32
SLOW_OF_DOMAIN = 4
# Of 5xx, replies that are about this server's account, which operators can mend, and not about the mail.
OF_ACCOUNT = frozenset({530, 534, 535, 538})


class MailRefused(Exception):
    """A mail that will never be accepted, by the `code` of the reply."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Mailer:
    """Sends the outbox's mail, several at a time.

    Delivery is at least once: if a process ends between sending a mail and recording that, another sends it again with
    the same Message-ID, by which mailboxes recognize duplicates.
    """

    def __init__(self, deliver: Deliver, sender: str, pages: str | None = None, *, synthetic: bool = False) -> None:
        self.deliver = deliver
        self.sender = sender
        self.synthetic = synthetic  # of a sandbox
        self.pages = pages  # the origin of the server's pages, if it has any
        self.outbox = Outbox(self.send_due, outbox.MAIL_LOCK, log, sending_seconds=SLOW_SECONDS)
        self.begun: dict[UUID, float] = {}  # when each mail that is being sent was begun

    async def send_due(self, connection: asyncpg.Connection) -> None:
        """Sends all mail that is due, also what is added meanwhile. The connection holds the lock of the outbox."""
        recording = asyncio.Lock()  # a connection does one thing at a time

        async def chosen(sending: Sequence[PendingMail]) -> list[PendingMail]:
            async with recording:
                due = await outbox.due_mail(connection, self.pages, synthetic=self.synthetic)
            since = asyncio.get_running_loop().time() - SLOW_SECONDS
            slow = [mail for mail in sending if self.begun.get(mail.id, since) < since]
            return next_mails(due, sending, slow)

        await self.outbox.send(chosen, lambda mail: self.send(connection, mail, recording))

    async def send(self, connection: asyncpg.Connection, mail: PendingMail, recording: asyncio.Lock) -> None:
        """Sends one mail and records whether that worked."""
        record: Callable[[asyncpg.Connection, PendingMail], Awaitable[None]]
        self.begun[mail.id] = asyncio.get_running_loop().time()
        # Only codes and classes of errors are logged: their texts may contain the recipient's address.
        try:
            await self.deliver(message(mail, self.sender), mail.recipient)
            record = outbox.record_sent
        except MailRefused as refused:
            log.error("the mail %s was refused for good, with status %d", mail.id, refused.code)
            record = outbox.record_refused
        except Exception as error:  # of any kind: one mail must not block the others
            log.warning("a mail could not be sent: %s", type(error).__name__)
            record = outbox.record_failed
        finally:
            del self.begun[mail.id]
        async with recording:
            await record(connection, mail)


def next_mails(
    due: Sequence[PendingMail], sending: Sequence[PendingMail], slow: Sequence[PendingMail] = ()
) -> list[PendingMail]:
    """The mails to send beside those that are being sent: few of those that have failed before.

    Of those that are being sent, the `slow` ones use no other's place.
    """
    known = {mail.id for mail in sending}
    hanging = Counter(domain_of(mail) for mail in slow)
    possible = [mail for mail in due if mail.id not in known and hanging[domain_of(mail)] < SLOW_OF_DOMAIN]
    again = TRYING_AGAIN - sum(mail.attempts > 0 for mail in sending)
    new = [mail for mail in possible if not mail.attempts]
    failed = [mail for mail in possible if mail.attempts]
    places = min(SENDERS - len(sending) + len(slow), MOST_SENDERS - len(sending))
    return [*new, *failed[: max(again, 0)]][: max(places, 0)]


def domain_of(mail: PendingMail) -> str:
    return mail.recipient.rpartition("@")[2].lower()


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
    made["Content-Language"] = mail.text.language.tag  # RFC 3282; set_content removes it
    return made


def smtp_delivery(url: str) -> Deliver:
    """Delivery through an SMTP server: smtp:// uses STARTTLS if the server offers it, smtps:// uses TLS throughout."""
    parts = urlsplit(url)
    within_tls = parts.scheme == "smtps"
    host, port = parts.hostname or "localhost", parts.port or (465 if within_tls else 587)
    lookups = Lookups()

    async def deliver(message: EmailMessage, recipient: str) -> None:
        client = aiosmtplib.SMTP(
            hostname=host,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=within_tls,
            timeout=SMTP_SECONDS,
        )
        try:
            async with asyncio.timeout(SMTP_SECONDS):  # of all replies together: a slow server may send many
                # The client would look up both in the event loop's threads.
                name = await own_name(lookups)
                opened = await connected(await lookups.addresses(host, port), port, CONNECT_SECONDS)
                await client.connect(sock=opened, local_hostname=name or literal(opened.getsockname()[0]))
                await client.send_message(message, recipients=[recipient])
            # It was accepted: whatever happens now, it must not be sent again.
            with suppress(Exception):
                async with asyncio.timeout(QUIT_SECONDS):
                    await client.quit()
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
            code = final_code(error)
            if code is None:
                raise
            raise MailRefused(code) from None
        finally:
            client.close()

    return deliver


async def own_name(lookups: Lookups) -> str | None:
    """The full name of this machine, as it introduces itself to a mail server; None if none can be looked up."""
    try:
        return await lookups.own_name()
    except OSError:
        return None


def literal(address: str) -> str:
    """How a machine without a name introduces itself: RFC 5321, 4.1.3."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def final_code(error: aiosmtplib.SMTPException) -> int | None:
    """The code of a reply that refuses this mail for good; None if another attempt may succeed."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        [error] = error.recipients
    of_mail = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
    if isinstance(error, of_mail) and 500 <= error.code <= 599 and error.code not in OF_ACCOUNT:
        return error.code
    return None


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
