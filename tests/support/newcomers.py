"""Joins the network as a newcomer does: registers, reads the mail, enters the code, signs in."""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.support.client import ANYBODY, SIGN_IN, Ask, Caller, serving
from tests.support.eventually import PATIENCE_SECONDS, becomes

PASSWORD = "seven green lamps"
NOTICE = "2026-2"
TERMS = "2026-2"
CODE_LINE = re.compile(r"(?m)^([A-Z2-7]{32})\r?$")

REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { userErrors { code path message } } }"
VERIFY = "mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { userErrors { code path message } } }"
REQUEST_RESET = """
    mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { userErrors { code path } } }
"""
RESET = """
    mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code path message } } }
"""

CLOSED_CODE = {
    "code": "INVALID",
    "path": ["input", "code"],
    "message": "This code is invalid or has expired. Request a new one.",
}


class Mailbox:
    """The mails that a server without an SMTP server writes into its data folder."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "mail"
        self.read: set[Path] = set()

    async def next(self, to: str) -> EmailMessage:
        """The next unread mail to an address, within a minute."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                unread = set(self.folder.glob("*.eml")) - self.read
                for path in sorted(unread, key=lambda path: path.stat().st_mtime_ns):
                    mail = self.open(path)
                    if mail["To"] == to.lower():
                        self.read.add(path)
                        return mail
                await asyncio.sleep(0.01)

    def all(self) -> list[tuple[str, str]]:
        """The recipient and subject of every mail."""
        return sorted((mail["To"], mail["Subject"]) for mail in map(self.open, self.folder.glob("*.eml")))

    @staticmethod
    def open(path: Path) -> EmailMessage:
        made = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(made, EmailMessage)
        return made


def code_in(mail: EmailMessage) -> str:
    """The code on a line of its own in the encoded mail."""
    found = CODE_LINE.findall(mail.as_bytes().decode())
    assert len(found) == 1
    return str(found[0])


def newcomer(name: str, **given: Any) -> dict[str, Any]:
    """The input of a registration."""
    address = f"{name.lower()}@people.example"
    known = {"email": address, "password": PASSWORD, "pseudonym": name, "kind": "PATIENT", "locale": "en"}
    return known | {"ofAge": True, "noticeVersion": NOTICE, "termsVersion": TERMS} | given


async def done(ask: Ask, who: Caller, mutation: str, input: dict[str, Any]) -> list[dict[str, Any]]:
    """The user errors of a mutation, whose payload has nothing else."""
    answer = await ask(who, mutation, {"input": input})
    assert "errors" not in answer, answer
    (payload,) = answer["data"].values()
    errors: list[dict[str, Any]] = payload["userErrors"]
    return errors


async def join(ask: Ask, mailbox: Mailbox, name: str, **given: Any) -> Caller:
    """A new member with this name, signed in."""
    wanted = newcomer(name, **given)
    assert await done(ask, ANYBODY, REGISTER, wanted) == []
    code = code_in(await mailbox.next(wanted["email"]))
    assert await done(ask, ANYBODY, VERIFY, {"code": code, "password": wanted["password"]}) == []
    return await sign_in(ask, wanted["email"], wanted["password"])


async def sign_in(ask: Ask, address: str, password: str = PASSWORD) -> Caller:
    answer = await ask(ANYBODY, SIGN_IN, {"email": address, "password": password})
    assert answer["data"]["signIn"]["userErrors"] == [], answer
    return Caller(address, answer["data"]["signIn"]["token"])


async def tried(ask: Ask, address: str, password: str) -> list[dict[str, Any]]:
    answer = await ask(ANYBODY, SIGN_IN, {"email": address, "password": password})
    errors: list[dict[str, Any]] = answer["data"]["signIn"]["userErrors"]
    return errors


async def becomes_closed(ask: Ask, who: Caller) -> None:
    """Waits until the server, which is notified, refuses a session."""

    def is_refused(answer: dict[str, Any]) -> bool:
        return bool(answer.get("errors", [{}])[0].get("extensions", {}).get("code") == "UNAUTHENTICATED")

    await becomes(lambda: ask(who, "{ viewer { audience } }"), is_refused)


@pytest_asyncio.fixture
async def owner(fresh: str) -> AsyncIterator[asyncpg.Connection]:
    """Yields a superuser's connection to the test's own database."""
    connection = await asyncpg.connect(fresh)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def own_ask(fresh: str, tmp_path: Path) -> AsyncIterator[Ask]:
    """Yields a server on the test's own database that writes its mails for `mailbox`."""
    async with serving(fresh, data=tmp_path) as ask:
        yield ask


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    """Yields the mails of `own_ask`."""
    return Mailbox(tmp_path)
