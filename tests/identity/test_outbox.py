"""The outbox: sends over SMTP to a real server, retries after failures, one process at a time."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from models.identity.registrations import MailTemplate
from models.languages import Language
from models.logins import open_roles, role_dsn
from models.viewers import Audience
from resolvers.identity import outbox as outbox
from resolvers.identity.mail_templates import ABOUT_DAYS, mail_text
from resolvers.identity.outbox import PendingMail
from server.jobs import mailer
from server.jobs.mailer import MOST_SENDERS, SENDERS, TRYING_AGAIN, Deliver, Mailer, message, next_mails, smtp_delivery
from tests.support.client import ANYBODY, serving
from tests.support.eventually import becomes, until
from tests.support.logged import logged
from tests.support.newcomers import CODE_LINE, REGISTER, Mailbox, code_in, done, join, newcomer


@dataclass
class Post:
    """A mail server that accepts mail after refusing the first few recipients."""

    port: int = 0
    refuses: int = 0
    replies: dict[str, str] = field(default_factory=dict)  # by a command or recipient, if not as all others
    hangs: set[str] = field(default_factory=set)  # recipients, and commands, that are never answered
    at_once: int = 0
    most_at_once: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    received: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def reply(text: str) -> None:
            writer.write(text.encode() + b"\r\n")
            await writer.drain()

        recipient = ""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await reply(self.replies.get("CONNECT", "220 post"))
        while line := (await reader.readline()).decode().strip():
            self.received.append(line)
            command = line.split()[0].upper()
            about = line[line.index("<") + 1 : line.index(">")] if command == "RCPT" else command
            if about in self.hangs:
                await reader.read()  # until the client has given up
                break
            if about in self.replies:
                await reply(self.replies[about])
            elif command == "EHLO":
                await reply("250-post\r\n250 AUTH PLAIN")
            elif command == "AUTH":
                await reply("235 welcome")
            elif command == "RCPT" and self.refuses:
                self.refuses -= 1
                await reply("450 later")
            elif command == "RCPT":
                recipient = line[line.index("<") + 1 : line.index(">")]
                await reply("250 fine")
            elif command == "DATA":
                await reply("354 go on")
                self.taken.append((recipient, await reader.readuntil(b"\r\n.\r\n")))
                await reply("250 taken")
            elif command == "QUIT":
                await reply("221 bye")
                break
            else:
                await reply("250 fine")
        self.at_once -= 1
        writer.close()


@asynccontextmanager
async def post(refuses: int = 0) -> AsyncIterator[Post]:
    made = Post(refuses=refuses)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


async def value_becomes(owner: asyncpg.Connection, query: str, value: object) -> None:
    await becomes(lambda: owner.fetchval(query), lambda found: found == value)


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def test_mail_goes_to_the_configured_server_with_the_code_on_a_line_of_its_own(
    fresh: str, tmp_path: Path
) -> None:
    async with post() as server:
        url = f"smtp://me:s%40crt@127.0.0.1:{server.port}"
        async with serving(fresh, data=tmp_path, mail_url=url, mail_from="Cohorte <hello@cohorte.example>") as ask:
            assert await done(ask, ANYBODY, REGISTER, newcomer("Ada", locale="fr-FR")) == []
            async with connected(fresh) as owner:
                await value_becomes(owner, "SELECT count(*) FROM identity.outbox_entry", 0)
        ((recipient, raw),) = server.taken
        assert recipient == "ada@people.example"
        assert len(CODE_LINE.findall(raw.decode())) == 1
        mail = message_from_bytes(raw, policy=default)
        assert isinstance(mail, EmailMessage)
        assert (mail["From"], mail["To"], mail["Subject"]) == (
            "Cohorte <hello@cohorte.example>",
            "ada@people.example",
            "Votre code pour Cohorte",
        )
        assert "Un compte est en cours d’ouverture" in mail.get_content()
        assert any(line.startswith("AUTH PLAIN") for line in server.received)
    assert not (tmp_path / "mail").exists()


async def test_failed_mail_is_retried_at_growing_intervals_and_sent_once(fresh: str) -> None:
    await open_roles(fresh)
    async with post(refuses=2) as server, connected(fresh) as owner:
        await owner.execute("SELECT identity.write_to('ada@people.example', 'PASSWORD_CHANGED', 'en', NULL)")
        mail = Mailer(smtp_delivery(f"smtp://127.0.0.1:{server.port}"), "hello@cohorte.example")
        async with connected(role_dsn(fresh, Audience.PUBLIC)) as connection:
            for minutes in (1, 2):
                await mail.outbox.once(connection)
                waits = await owner.fetchval("SELECT extract(epoch FROM due_at - now()) FROM identity.outbox_entry")
                assert minutes * 60 - 30 < waits <= minutes * 60
                await mail.outbox.once(connection)  # not due yet
                assert server.refuses == 2 - minutes
                await owner.execute("UPDATE identity.outbox_entry SET due_at = now()")
            await mail.outbox.once(connection)
            await mail.outbox.once(connection)
        assert [recipient for recipient, _ in server.taken] == ["ada@people.example"]
        assert await owner.fetchval("SELECT count(*) FROM identity.outbox_entry") == 0


async def test_undeliverable_mail_is_dropped_without_blocking_others_or_logging_its_address(
    fresh: str, caplog: pytest.LogCaptureFixture
) -> None:
    await open_roles(fresh)
    sent: list[str] = []

    async def deliver(message: EmailMessage, recipient: str) -> None:
        if recipient == "bad@people.example":
            raise IndexError(recipient)  # as the standard library's parsers sometimes do
        sent.append(recipient)

    async with connected(fresh) as owner, connected(role_dsn(fresh, Audience.PUBLIC)) as connection:
        for name in ("bad", "good"):
            await owner.execute(f"SELECT identity.write_to('{name}@people.example', 'PASSWORD_CHANGED', 'en', NULL)")
        mail = Mailer(deliver, "hello@cohorte.example")
        for attempt in range(outbox.ATTEMPTS):
            failed = "SELECT attempts FROM identity.outbox_entry WHERE recipient LIKE 'bad%'"
            assert await owner.fetchval(failed) == attempt
            await mail.outbox.once(connection)
            await owner.execute("UPDATE identity.outbox_entry SET due_at = now()")
        assert await owner.fetchval("SELECT count(*) FROM identity.outbox_entry") == 0
    assert sent == ["good@people.example"]
    assert logged(caplog, "cohorte.mail") == ["a mail could not be sent: IndexError"] * outbox.ATTEMPTS
    assert "people.example" not in caplog.text


async def test_one_of_several_processes_sends_and_each_mail_is_sent_once(fresh: str) -> None:
    await open_roles(fresh)
    sent: list[str] = []
    sending: list[int] = []  # the processes that do, once for each mail

    def process(number: int) -> Deliver:
        async def deliver(message: EmailMessage, recipient: str) -> None:
            sending.append(number)
            assert set(sending) == {number}
            await asyncio.sleep(0.001)
            sending.remove(number)
            sent.append(recipient)

        return deliver

    tasks = []
    async with connected(fresh) as owner:
        for number in range(3):
            mail = Mailer(process(number), "hello@cohorte.example")
            running = mail.outbox.run(lambda: asyncpg.connect(role_dsn(fresh, Audience.PUBLIC)))
            tasks.append(asyncio.create_task(running))
        try:
            for number in range(60):
                to = f"{number}@people.example"
                await owner.execute("SELECT identity.write_to($1, 'PASSWORD_CHANGED', 'en', NULL)", to)
            await value_becomes(owner, "SELECT count(*) FROM identity.outbox_entry", 0)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(sent) == sorted(f"{number}@people.example" for number in range(60))


@asynccontextmanager
async def sending(dsn: str, server: Post) -> AsyncIterator[asyncpg.Connection]:
    """A process that sends the outbox's mail to a server, and the owner's connection."""
    await open_roles(dsn)
    mail = Mailer(smtp_delivery(f"smtp://127.0.0.1:{server.port}"), "hello@cohorte.example")
    running = asyncio.create_task(mail.outbox.run(lambda: asyncpg.connect(role_dsn(dsn, Audience.PUBLIC))))
    try:
        async with connected(dsn) as owner:
            yield owner
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def queue(owner: asyncpg.Connection, *names: str) -> None:
    for name in names:
        to = f"{name}@people.example"
        await owner.execute("SELECT identity.write_to($1, 'PASSWORD_CHANGED', 'en', NULL)", to)


LEFT = "SELECT count(*) FROM identity.outbox_entry"


async def test_several_mails_are_sent_at_a_time_and_no_more(fresh: str) -> None:
    names = [str(number) for number in range(3 * SENDERS)]
    async with post() as server:
        server.hangs = {f"{name}@people.example" for name in names}
        async with sending(fresh, server) as owner:
            await queue(owner, *names)
            await until(lambda: server.at_once >= SENDERS)
            await asyncio.sleep(0.1)
        assert server.most_at_once == SENDERS


async def test_mails_that_hang_delay_no_others_even_when_many_are_tried_again(fresh: str) -> None:
    slow = [f"slow{number}" for number in range(2 * SENDERS)]
    async with post() as server:
        server.hangs = {f"{name}@people.example" for name in slow}
        async with sending(fresh, server) as owner:
            async with owner.transaction():
                await queue(owner, *slow)
                await owner.execute("UPDATE identity.outbox_entry SET attempts = 1, due_at = now() - interval '1 day'")
            await until(lambda: server.at_once >= TRYING_AGAIN)
            await queue(owner, *(f"quick{number}" for number in range(30)))
            await value_becomes(owner, LEFT, len(slow))
        assert len(server.taken) == 30


async def test_a_mail_that_takes_too_long_is_tried_again(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailer, "SMTP_SECONDS", 0.2)
    async with post() as server:
        server.hangs = {"ada@people.example"}
        async with sending(fresh, server) as owner:
            await queue(owner, "ada")
            await value_becomes(owner, "SELECT max(attempts) FROM identity.outbox_entry", 1)
        assert server.taken == []


async def test_a_mail_that_was_accepted_is_not_sent_again_whatever_the_server_does_then(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailer, "QUIT_SECONDS", 0.1)
    async with post() as server:
        for fault in ({"hangs": {"QUIT"}}, {"replies": {"QUIT": "500 no"}}, {"replies": {"QUIT": "nonsense"}}):
            server.hangs, server.replies = fault.get("hangs", set()), fault.get("replies", {})  # type: ignore[assignment]
            async with sending(fresh, server) as owner:
                await queue(owner, "ada")
                await value_becomes(owner, LEFT, 0)
        assert len(server.taken) == 3


REFUSALS = [
    ("ada@people.example", "550 no such user", True),
    ("ada@people.example", "554 no", True),
    ("MAIL", "553 not you", True),
    ("DATA", "554 not this", True),
    ("DATA", "552 too large", True),
    ("ada@people.example", "450 later", False),
    ("ada@people.example", "421 closing", False),
    ("ada@people.example", "530 sign in first", False),
    ("MAIL", "530 sign in first", False),
    ("MAIL", "451 later", False),
    ("DATA", "451 later", False),
    ("CONNECT", "554 no service", False),
    ("CONNECT", "421 busy", False),
]


@pytest.mark.parametrize(("what", "reply", "final"), REFUSALS)
async def test_5xx_about_a_mail_is_final_and_all_else_is_tried_again(
    what: str, reply: str, final: bool, fresh: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with post() as server:
        server.replies = {what: reply}
        async with sending(fresh, server) as owner:
            id = await owner.fetchval(
                "INSERT INTO identity.outbox_entry (kind, recipient, letter, locale)"
                " VALUES ('MAIL', 'ada@people.example', 'PASSWORD_CHANGED', 'en') RETURNING id"
            )
            await owner.execute("SELECT pg_notify('cohorte_outbox', '')")
            if final:
                await value_becomes(owner, LEFT, 0)
                assert logged(caplog, "cohorte.mail") == [
                    f"the mail {id} was refused for good, with status {reply[:3]}"
                ]
            else:
                await value_becomes(owner, "SELECT max(attempts) FROM identity.outbox_entry", 1)
        assert server.taken == []
        assert "people.example" not in caplog.text


async def test_mail_waits_for_a_server_that_is_down_longer_and_longer_up_to_six_hours(fresh: str) -> None:
    await open_roles(fresh)
    async with post() as server:
        port = server.port
    async with connected(fresh) as owner, connected(role_dsn(fresh, Audience.PUBLIC)) as connection:
        await queue(owner, "ada")
        mail = Mailer(smtp_delivery(f"smtp://127.0.0.1:{port}"), "hello@cohorte.example")
        waits = []
        while await owner.fetchval(LEFT):
            await mail.outbox.once(connection)
            waits.append(
                await owner.fetchval(
                    "SELECT round(extract(epoch FROM max(due_at) - now()) / 60)::integer FROM identity.outbox_entry"
                )
            )
            await owner.execute("UPDATE identity.outbox_entry SET due_at = now()")
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[360] * 10, None]


def test_new_mails_come_before_those_that_failed() -> None:
    def mails(many: int, attempts: int) -> list[PendingMail]:
        text, at = mail_text(MailTemplate.PASSWORD_CHANGED, "en", None, None), datetime.now(UTC)
        return [PendingMail(uuid4(), "ada@people.example", text, at, attempts) for _ in range(many)]

    failed, new = mails(20, 3), mails(20, 0)
    assert next_mails([*failed, *new], []) == new[:SENDERS]
    assert next_mails(failed, []) == failed[:TRYING_AGAIN]
    assert next_mails(failed, failed[:TRYING_AGAIN]) == []
    assert next_mails([*failed, *new[:2]], failed[:1]) == [*new[:2], *failed[1:TRYING_AGAIN]]
    assert next_mails(new, new[:SENDERS]) == []


@pytest.mark.parametrize(("locale", "tag"), [("fr-CA", "fr"), ("en-GB", "en"), ("nl-BE", "en")])
def test_a_mail_names_the_language_that_it_is_written_in(locale: str, tag: str) -> None:
    text = mail_text(MailTemplate.PASSWORD_CHANGED, locale, None, None)
    made = message(PendingMail(uuid4(), "ada@people.example", text, datetime.now(UTC), 0), "hello@cohorte.example")
    assert made["Content-Language"] == tag
    assert f"\r\nContent-Language: {tag}\r\n".encode() in bytes(made)


def test_mails_that_are_slow_use_no_place_of_others_and_few_are_sent_to_their_domain() -> None:
    def mails(domain: str, many: int) -> list[PendingMail]:
        text, at = mail_text(MailTemplate.PASSWORD_CHANGED, "en", None, None), datetime.now(UTC)
        return [PendingMail(uuid4(), f"ada@{domain}", text, at, 0) for _ in range(many)]

    hanging, more, others = mails("hangs.example", SENDERS), mails("hangs.example", 20), mails("works.example", 20)
    assert next_mails([*hanging, *more, *others], hanging) == []
    assert next_mails([*hanging, *more, *others], hanging, hanging) == others[:SENDERS]
    slow = [mail for number in range(MOST_SENDERS) for mail in mails(f"{number}.example", 1)]
    assert next_mails([*slow, *others], slow, slow) == []


async def test_sending_stops_on_request_even_while_mail_is_added(fresh: str) -> None:
    await open_roles(fresh)

    async def deliver(message: EmailMessage, recipient: str) -> None: ...

    for turns in range(4):
        mail = Mailer(deliver, "hello@cohorte.example")
        running = asyncio.create_task(mail.outbox.run(lambda: asyncpg.connect(role_dsn(fresh, Audience.PUBLIC))))
        async with connected(fresh) as owner:
            await owner.execute("SELECT identity.write_to('ada@people.example', 'PASSWORD_CHANGED', 'en', NULL)")
            await value_becomes(owner, "SELECT count(*) FROM identity.outbox_entry", 0)
        await asyncio.sleep(0.02)  # it waits for the next one
        mail.outbox.notified()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        ended, _ = await asyncio.wait([running], timeout=60)
        assert ended == {running}


async def test_the_outbox_reconnects_after_its_connection_was_cut(fresh: str, tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    async with serving(fresh, data=tmp_path) as ask, connected(fresh) as owner:
        await join(ask, mailbox, "Ada")
        cut = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'cohorte mail' AND datname = current_database()"
        )
        assert await owner.fetchval(cut) == 1
        assert await done(ask, ANYBODY, REGISTER, newcomer("Grace")) == []
        assert len(code_in(await mailbox.next("grace@people.example"))) == 32


async def test_only_the_owner_can_read_mail_files(fresh: str, tmp_path: Path) -> None:
    async with serving(fresh, data=tmp_path) as ask:
        await join(ask, Mailbox(tmp_path), "Ada")
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
    (path,) = (tmp_path / "mail").iterdir()
    assert (path.suffix, path.stat().st_mode & 0o777) == (".eml", 0o600)


PAGES = {  # that mails lead to
    MailTemplate.RESET_PASSWORD: "https://cohorte.example/reset/code",
    MailTemplate.ORGANIZATION_OPENED: "https://cohorte.example/reset/code",
    MailTemplate.STAFF_OPENED: "https://cohorte.example/reset/code",
    MailTemplate.EMAIL_CHANGED: "https://cohorte.example/revert",
    MailTemplate.INVITATION: "https://cohorte.example/join",
    MailTemplate.INSIGHT_PUBLISHED: "https://cohorte.example/lab/keys",
    MailTemplate.DATASET_FROZEN: "https://cohorte.example/lab/keys",
}


@pytest.mark.parametrize("template", MailTemplate)
def test_every_mail_template_exists_in_both_languages_with_lines_too_short_to_fold(
    template: MailTemplate,
) -> None:
    code, name = "A" * 32, "2030-03-02" if template in ABOUT_DAYS else "Some name, of many words: " * 8
    french, english = mail_text(template, "fr-CA", code, name), mail_text(template, "nl-BE", code, name)
    assert french.subject != english.subject
    assert (french.language, english.language) == (Language.FR, Language.EN)
    led = {tag: mail_text(template, tag, code, name, pages="https://cohorte.example").body for tag in ("fr", "en")}
    page = PAGES.get(template)
    for plain, body in ((french.body, led["fr"]), (english.body, led["en"])):
        assert [line for line in body.splitlines() if "https:" in line] == ([page] if page else [])
        assert body.startswith(plain)
        assert (body == plain) is (page is None)
        assert not re.search("[a-z][A-Z]|`", plain.replace(name, ""))  # no name of a mutation
    marks = {"fr-CA": ("[Bac à sable] ", "toutes les données"), "nl-BE": ("[Sandbox] ", "all data")}
    for locale, words in (("fr-CA", french), ("nl-BE", english)):
        sandbox = mail_text(template, locale, code, name, synthetic=True)
        prefix, mark = marks[locale]
        first, rest = sandbox.body[: -len(words.body)], sandbox.body[-len(words.body) :]
        assert (sandbox.subject, rest) == (prefix + words.subject, words.body)
        assert mark in " ".join(first.lower().split())
        assert max(map(len, first.splitlines())) <= 72
    for words in (french, english):
        carries = template in (
            MailTemplate.VERIFY_EMAIL,
            MailTemplate.RESET_PASSWORD,
            MailTemplate.ORGANIZATION_OPENED,
            MailTemplate.STAFF_OPENED,
            MailTemplate.CONFIRM_EMAIL,
            MailTemplate.EMAIL_CHANGED,
            MailTemplate.INVITATION,
        )
        assert (code in words.body.splitlines()) is carries
        names = template in (
            MailTemplate.VERIFY_EMAIL,
            MailTemplate.ACCOUNT_SLEEPS,
            MailTemplate.ACCOUNT_SLEEPS_STILL,
            MailTemplate.ORGANIZATION_OPENED,
            MailTemplate.STAFF_OPENED,
            MailTemplate.LICENCE_GRANTED,
            MailTemplate.LICENCE_REFUSED,
            MailTemplate.INSIGHT_PUBLISHED,
            MailTemplate.DATASET_FROZEN,
            MailTemplate.INVITATION,
            MailTemplate.INVITATION_TAKEN,
            MailTemplate.USER_REMOVED,
            MailTemplate.WEBHOOK_DISABLED,
        )
        written = "2 mars 2030" if template in ABOUT_DAYS and words is french else name.strip()
        assert (written in " ".join(words.body.split())) is names
        assert "{" not in words.body
        assert words.subject.isprintable()
