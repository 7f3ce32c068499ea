"""A server on a database of its own, with as many signed-in members, staff and buyers as a test needs.

Its fixtures are available to every test: a network that a module shares, staff, and for each test a community of two.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import asyncpg
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind, Sharing
from models.identity.organizations import OrganizationKind
from resolvers.identity.outbox import deliver_all
from resolvers.insight import freezing
from tests import factories
from tests.support.callers import User, open_session
from tests.support.client import Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.newcomers import Mailbox

REFUSALS = "userErrors { code path }"
WHOLE = 100_000  # members that a piece of freezing may have: it begins with a tenth


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
        return await self.signed_in(member["pseudonym"], member["id"], member_id=member["id"], created_at=created)

    async def staff(self, *roles: StaffRole) -> User:
        """Signed-in staff with these roles."""
        staff = await factories.staff(self.database, roles=list(roles))
        return await self.signed_in(staff["name"], staff["id"], staff_id=staff["id"])

    async def buyer(self, kind: OrganizationKind = OrganizationKind.LABORATORY, **given: Any) -> User:
        """A signed-in user of a new organization, which has the columns in `given`."""
        organization = await factories.organization(self.database, kind=kind, **given)
        of = {"organization_id": organization["id"], "email_verified": True}
        return await self.signed_in(organization["name"], organization["id"], **of)

    async def signed_in(self, name: str, id: UUID, **account: Any) -> User:
        """A caller with an open session of a new account, which has the columns in `account`."""
        made = await factories.account(self.database, **account)
        return User(name, await open_session(self.database, made["id"]), id=id)

    async def do(self, who: Caller, mutation: str, fields: str, **given: Any) -> Any:
        """The `fields` and user errors of a mutation's payload; `given` is its input, in the graph's names."""
        answer = await self.answer(who, mutation, fields, **given)
        assert "errors" not in answer, answer["errors"]
        return answer["data"][mutation]

    async def answer(self, who: Caller, mutation: str, fields: str, **given: Any) -> dict[str, Any]:
        """The whole response to a mutation, with its errors; its user errors are selected unless `fields` does."""
        kind = ("Insight" if mutation == "insightPublish" else mutation[0].upper() + mutation[1:]) + "Input!"
        fields = fields if "userErrors" in fields else f"{fields} {REFUSALS}"
        document = f"mutation M($input: {kind}) {{ {mutation}(input: $input) {{ {fields} }} }}"
        return await self.ask(who, document, {"input": given})

    async def refused(self, who: Caller, mutation: str, **given: Any) -> tuple[str, str]:
        """The code and the dotted path of a mutation's only user error."""
        found = await self.refusals(who, mutation, **given)
        assert len(found) == 1, found
        return found[0]

    async def refusals(self, who: Caller, mutation: str, **given: Any) -> list[tuple[str, str]]:
        """The code and the dotted path of each of a mutation's user errors; empty if it succeeds."""
        payload = await self.do(who, mutation, "userErrors { code path message }", **given)
        assert all(error["message"] for error in payload["userErrors"])
        return [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]

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

    async def count(self, table: str, **where: Any) -> int:
        """The number of a table's rows that have these values."""
        conditions = "".join(f" AND {name} = ${place}" for place, name in enumerate(where, 1))
        found: int = await self.value(f"SELECT count(*) FROM {table} WHERE true{conditions}", *where.values())
        return found

    async def tomorrow(self) -> str:
        """The first day that has not begun anywhere, whenever the test runs."""
        latest: date = await self.value("SELECT catalog.latest_today()")
        return (latest + timedelta(days=1)).isoformat()

    async def deliver(self) -> None:
        """Delivers the outbox's news to everybody, who would otherwise be notified within seconds."""
        await deliver_all(self.database)

    async def freeze(self) -> None:
        """Freezes the surveys that staff have closed, and waves, as scheduled work would within a minute or two.

        In pieces of WHOLE members: a piece of a few takes as long as one of all that a test has.
        """
        due = "SELECT s.id FROM catalog.survey s WHERE catalog.is_to_freeze(s) ORDER BY s.id"
        for row in await self.database.fetch(due):
            async with self.database.transaction():
                await freezing.begin_survey(self.database, row["id"])
        with mock.patch.object(freezing, "BATCH", WHOLE):
            for row in await self.database.fetch("SELECT id FROM research.freezings_due()"):
                await freezing.finish(self.database, row["id"])

    async def events(self) -> list[dict[str, str]]:
        """The events published since the last call."""
        await self.database.fetchval("SELECT 1")  # notifications arrive with or before a response
        published, self.published = self.published, []
        return published


@contextlib.asynccontextmanager
async def network_on(dsn: str, **settings: Any) -> AsyncIterator[Network]:
    """A server on the database at `dsn`, which the test may write into."""
    async with serving(dsn, **settings) as ask:
        database = await asyncpg.connect(dsn)
        built = Network(ask, database)
        await database.add_listener("cohorte_event", lambda *event: built.published.append(json.loads(event[3])))
        try:
            yield built
        finally:
            await database.close()


@contextlib.asynccontextmanager
async def running_network(template: str) -> AsyncIterator[Network]:
    """A server on a new clone of the template, stopped afterwards."""
    # Six requests at a time can conflict.
    async with clone(template) as dsn, network_on(dsn, pool_size=6, filled=False) as built:
        yield built


@pytest_asyncio.fixture
async def own_network(fresh: str) -> AsyncIterator[Network]:
    """Yields a network of the test's own."""
    async with network_on(fresh) as built:
        yield built


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
