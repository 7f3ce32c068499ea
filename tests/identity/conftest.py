"""A server that the tests of newcomers share."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from tests.support.client import Ask, serving
from tests.support.clusters import clone
from tests.support.newcomers import Mailbox

WAITING = ("registration", "password_reset", "email_change", "attempt", "mutation", "outbox_entry")


@dataclass
class SharedSite:
    """A server that the tests of a module use one after the other; each finds it without newcomers and their mails."""

    ask: Ask
    owner: asyncpg.Connection
    data: Path

    async def ids(self) -> tuple[list[UUID], list[UUID]]:
        """Those of all accounts and members."""
        accounts = await self.owner.fetch("SELECT id FROM identity.account")
        members = await self.owner.fetch("SELECT id FROM care.member")
        return [row["id"] for row in accounts], [row["id"] for row in members]

    async def empty(self, accounts: list[UUID], members: list[UUID]) -> None:
        """Deletes all accounts and members but these, and what waits for newcomers, and their mails."""
        for table in WAITING:  # the deletion of a mail waits until whoever sends it has done so
            await self.owner.execute(f"DELETE FROM identity.{table}")
        await self.owner.execute("DELETE FROM identity.account WHERE id <> ALL($1)", accounts)
        await self.owner.execute("DELETE FROM care.member WHERE id <> ALL($1)", members)
        for mail in self.data.glob("mail/*.eml"):
            mail.unlink()


@pytest_asyncio.fixture(scope="module")
async def shared_site(template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SharedSite]:
    data = tmp_path_factory.mktemp("newcomers")
    async with clone(template) as dsn, serving(dsn, data=data) as ask:
        owner = await asyncpg.connect(dsn)
        yield SharedSite(ask, owner, data)
        await owner.close()


@pytest_asyncio.fixture
async def shared_ask(shared_site: SharedSite) -> AsyncIterator[Ask]:
    """Yields a server that forgets the test's newcomers afterwards, and writes its mails for `shared_mailbox`."""
    accounts, members = await shared_site.ids()
    yield shared_site.ask
    await shared_site.empty(accounts, members)


@pytest.fixture
def shared_owner(shared_site: SharedSite) -> asyncpg.Connection:
    """Yields a superuser's connection to the database of `shared_ask`."""
    return shared_site.owner


@pytest.fixture
def shared_mailbox(shared_site: SharedSite) -> Mailbox:
    """Yields the mails of `shared_ask`."""
    return Mailbox(shared_site.data)
