"""A server on a database of its own, with as many signed-in members, staff and buyers as a test needs.

Its fixtures are available to every test: a network that a module shares, staff, and for each test a community of two.
"""

import contextlib
import json
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
from tests.support.callers import User, open_session
from tests.support.client import Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.newcomers import Mailbox

REFUSALS = "userErrors { code path }"


@dataclass
class Network:
    """A server, a superuser's connection to its database, and the events that its writes have published."""

    ask: Ask
    database: asyncpg.Connection
    published: list[dict[str, str]] = field(default_factory=list)

    async def member(self, *communities: UUID, days_old: int = 100, **given: Any) -> User:
        """A signed-in member of these communities, whose account is `days_old`."""
        given = {"kind": MemberKind.PATIENT, "sharing": Sharing.MY_COMMUNITIES} | given
        member = await factories.member(self.database, **given)
        for community in communities:
            await factories.membership(self.database, member_id=member["id"], community_id=community)
        created = datetime.now(UTC) - timedelta(days=days_old)
        account = await factories.account(self.database, member_id=member["id"], created_at=created)
        return User(member["pseudonym"], await open_session(self.database, account["id"]), id=member["id"])

    async def staff(self, *roles: StaffRole) -> User:
        """Signed-in staff with these roles."""
        staff = await factories.staff(self.database, roles=list(roles))
        account = await factories.account(self.database, staff_id=staff["id"])
        return User("staff", await open_session(self.database, account["id"]), id=staff["id"])

    async def buyer(self, kind: OrganizationKind = OrganizationKind.LABORATORY, **given: Any) -> User:
        """A signed-in user of a new organization, which has the columns in `given`."""
        organization = await factories.organization(self.database, kind=kind, **given)
        account = await factories.account(self.database, organization_id=organization["id"], email_verified=True)
        return User(organization["name"], await open_session(self.database, account["id"]), id=organization["id"])

    async def do(self, who: Caller, mutation: str, fields: str, **given: Any) -> Any:
        """The `fields` and user errors of a mutation's payload; `given` is its input, in the graph's names."""
        answer = await self.answer(who, mutation, fields, **given)
        assert "errors" not in answer, answer["errors"]
        return answer["data"][mutation]

    async def answer(self, who: Caller, mutation: str, fields: str, **given: Any) -> dict[str, Any]:
        """The whole response to a mutation, with its errors."""
        kind = mutation[0].upper() + mutation[1:] + "Input!"
        document = f"mutation M($input: {kind}) {{ {mutation}(input: $input) {{ {fields} {REFUSALS} }} }}"
        return await self.ask(who, document, {"input": given})

    async def refused(self, who: Caller, mutation: str, **given: Any) -> tuple[str, str]:
        """The code and the dotted path of a mutation's only user error."""
        payload = await self.do(who, mutation, "__typename", **given)
        assert len(payload["userErrors"]) == 1, payload
        return payload["userErrors"][0]["code"], ".".join(payload["userErrors"][0]["path"])

    @property
    def mailbox(self) -> Mailbox:
        """The mails that the server has sent."""
        assert self.ask.app.endpoint is not None
        return Mailbox(self.ask.app.endpoint.settings.data)

    async def value(self, query: str, *values: Any) -> Any:
        """The value that a query returns, as the superuser."""
        return await self.database.fetchval(query, *values)

    async def row(self, query: str, *values: Any) -> Mapping[str, Any]:
        """The one row that a query returns, as the superuser."""
        found = await self.database.fetchrow(query, *values)
        assert found is not None
        return dict(found)

    async def events(self) -> list[dict[str, str]]:
        """The events published since the last call."""
        await self.database.fetchval("SELECT 1")  # notifications arrive with or before a response
        published, self.published = self.published, []
        return published


@contextlib.asynccontextmanager
async def running_network(template: str) -> AsyncIterator[Network]:
    """A server on a new clone of the template, stopped afterwards."""
    async with clone(template) as dsn, serving(dsn, pool_size=6) as ask:  # six concurrent requests can conflict
        database = await asyncpg.connect(dsn)
        built = Network(ask, database)
        await database.add_listener("cohorte_event", lambda *event: built.published.append(json.loads(event[3])))
        try:
            yield built
        finally:
            await database.close()


@pytest_asyncio.fixture(scope="module")
async def network(template: str) -> AsyncIterator[Network]:
    """Yields a network that the module\'s tests share."""
    async with running_network(template) as built:
        yield built


@pytest_asyncio.fixture(scope="module")
async def survey_manager(network: Network) -> User:
    """Yields signed-in staff who may write surveys."""
    return await network.staff(StaffRole.SURVEY_MANAGER)


@pytest_asyncio.fixture(scope="module")
async def steward(network: Network) -> User:
    """Yields signed-in staff who may publish insights and decide on licences."""
    return await network.staff(StaffRole.DATA_STEWARD)


@pytest_asyncio.fixture
async def community_id(network: Network) -> UUID:
    """Yields the id of the test's own community; only `ada` and `ben` join it."""
    return UUID(str((await factories.community(network.database))["id"]))


@pytest_asyncio.fixture
async def ada(network: Network, community_id: UUID) -> User:
    """Yields a signed-in member of the test\'s community."""
    return await network.member(community_id)


@pytest_asyncio.fixture
async def ben(network: Network, community_id: UUID) -> User:
    """Yields a signed-in member of the test\'s community."""
    return await network.member(community_id)


@pytest_asyncio.fixture
async def laboratory_user(network: Network) -> User:
    """Yields a signed-in user of a new laboratory."""
    return await network.buyer()
