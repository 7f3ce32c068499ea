"""A server on a database of its own, with as many signed-in members, staff and buyers as a test needs.

Its fixtures are available to every test: a town that a module shares, staff, and a new community of two for each test.
"""

import contextlib
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind, Sharing
from models.identity.organizations import OrganizationKind
from tests import factories
from tests.support.client import Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.newcomers import Mailbox

REFUSALS = "userErrors { code path }"


@dataclass
class Person(Caller):
    """A caller with its member's, organization's or staff's id."""

    id: UUID = field(default_factory=lambda: UUID(int=0))

    @property
    def graph_id(self) -> str:
        return f"mbr_{self.id}"


@dataclass
class Town:
    """A server, its database as the superuser sees it, and the events that its writes have told."""

    ask: Ask
    database: asyncpg.Connection
    told: list[dict[str, str]] = field(default_factory=list)

    async def member(self, *communities: UUID, days_old: int = 100, **given: Any) -> Person:
        """A member of these communities, signed in, whose account is so many days old."""
        given = {"kind": MemberKind.PATIENT, "sharing": Sharing.MY_COMMUNITIES} | given
        member = await factories.member(self.database, **given)
        for community in communities:
            await factories.membership(self.database, member_id=member["id"], community_id=community)
        created = datetime.now(UTC) - timedelta(days=days_old)
        account = await factories.account(self.database, member_id=member["id"], created_at=created)
        return Person(member["pseudonym"], await self.token(account["id"]), member["id"])

    async def staff(self, *roles: StaffRole) -> Person:
        staff = await factories.staff(self.database, roles=list(roles))
        account = await factories.account(self.database, staff_id=staff["id"])
        return Person("staff", await self.token(account["id"]), staff["id"])

    async def buyer(self, kind: OrganizationKind = OrganizationKind.LABORATORY, **given: Any) -> Person:
        """Somebody of a new organization, signed in; `given` are the organization's columns."""
        organization = await factories.organization(self.database, kind=kind, **given)
        account = await factories.account(self.database, organization_id=organization["id"], email_verified=True)
        return Person(organization["name"], await self.token(account["id"]), organization["id"])

    async def token(self, account: UUID) -> str:
        token = secrets.token_urlsafe()
        await factories.session(self.database, account_id=account, token_hash=hashlib.sha256(token.encode()).digest())
        return token

    async def do(self, who: Caller, mutation: str, fields: str, **given: Any) -> Any:
        """A mutation's payload; `given` is its input, in the graph's names."""
        answer = await self.answer(who, mutation, fields, **given)
        assert "errors" not in answer, answer["errors"]
        return answer["data"][mutation]

    async def answer(self, who: Caller, mutation: str, fields: str, **given: Any) -> dict[str, Any]:
        """The whole answer to it."""
        kind = mutation[0].upper() + mutation[1:] + "Input!"
        document = f"mutation M($input: {kind}) {{ {mutation}(input: $input) {{ {fields} {REFUSALS} }} }}"
        return await self.ask(who, document, {"input": given})

    async def refused(self, who: Caller, mutation: str, **given: Any) -> tuple[str, str]:
        """The code of a mutation's one refusal, and the path that it bears, with dots."""
        payload = await self.do(who, mutation, "__typename", **given)
        assert len(payload["userErrors"]) == 1, payload
        return payload["userErrors"][0]["code"], ".".join(payload["userErrors"][0]["path"])

    @property
    def mailbox(self) -> Mailbox:
        """The mails that it has sent."""
        assert self.ask.app.endpoint is not None
        return Mailbox(self.ask.app.endpoint.settings.data)

    async def value(self, query: str, *values: Any) -> Any:
        return await self.database.fetchval(query, *values)

    async def row(self, query: str, *values: Any) -> Mapping[str, Any]:
        found = await self.database.fetchrow(query, *values)
        assert found is not None
        return dict(found)

    async def events(self) -> list[dict[str, str]]:
        """What was told since this was asked last."""
        await self.database.fetchval("SELECT 1")  # notifications come with an answer, or before it
        told, self.told = self.told, []
        return told


@contextlib.asynccontextmanager
async def town(template: str) -> AsyncIterator[Town]:
    async with clone(template) as dsn, serving(dsn, pool_size=6) as ask:  # six at once can get in each other's way
        database = await asyncpg.connect(dsn)
        built = Town(ask, database)
        await database.add_listener("cohorte_event", lambda *heard: built.told.append(json.loads(heard[3])))
        try:
            yield built
        finally:
            await database.close()


@pytest_asyncio.fixture(scope="module")
async def here(template: str) -> AsyncIterator[Town]:
    async with town(template) as built:
        yield built


@pytest_asyncio.fixture(scope="module")
async def boss(here: Town) -> Person:
    """Somebody of the house who writes surveys."""
    return await here.staff(StaffRole.SURVEY_MANAGER)


@pytest_asyncio.fixture(scope="module")
async def steward(here: Town) -> Person:
    """Somebody of the house who answers for what is said of members, and to whom."""
    return await here.staff(StaffRole.DATA_STEWARD)


@pytest_asyncio.fixture
async def home(here: Town) -> UUID:
    """A community without members, but for who asks to live there."""
    return UUID(str((await factories.community(here.database))["id"]))


@pytest_asyncio.fixture
async def ada(here: Town, home: UUID) -> Person:
    return await here.member(home)


@pytest_asyncio.fixture
async def ben(here: Town, home: UUID) -> Person:
    return await here.member(home)
