"""Signs in members and staff of a test's own, without the cost of hashing a password."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio

from models.identity.members import MemberKind, Sharing
from resolvers.identity.accounts import token_hash
from tests import factories
from tests.support.client import Ask, Caller, serving
from tests.support.clusters import clone


@dataclass
class User(Caller):
    """A caller with the id of their member, organization or staff record."""

    id: UUID = field(kw_only=True)

    @property
    def graph_id(self) -> str:
        """The id of a member in the graph."""
        return f"mbr_{self.id}"


@dataclass
class OwnServer:
    """A server on a database of the test's own, and a superuser's connection to it."""

    ask: Ask
    admin: asyncpg.Connection

    async def member(self, kind: MemberKind = MemberKind.PATIENT, **given: Any) -> User:
        """A new member with an open session, whose profile is shared with nobody unless `sharing` is given."""
        sharing = given.pop("sharing", Sharing.ONLY_ME)
        made = await factories.member(self.admin, kind=kind, sharing=sharing, **given)
        return await self.signed_in(made["pseudonym"], made["id"], member_id=made["id"])

    async def staff(self, *roles: str) -> User:
        """New staff with these roles and an open session."""
        made = await factories.staff(self.admin, roles=list(roles))
        return await self.signed_in(made["name"], made["id"], staff_id=made["id"])

    async def signed_in(self, name: str, id: UUID, **whose: UUID) -> User:
        """A caller with a new account of the member, staff or organization in `whose`, and an open session."""
        account = await factories.account(self.admin, **whose)
        return User(name, await open_session(self.admin, account["id"]), id=id)

    async def do(self, who: Caller, mutation: str, input: dict[str, Any], selection: str) -> dict[str, Any]:
        """The `selection` of a mutation's payload; an error of the operation fails the test."""
        kind = mutation[0].upper() + mutation[1:]
        document = f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ {selection} }} }}"
        answer = await self.ask(who, document, {"input": input})
        assert "errors" not in answer, answer
        payload: dict[str, Any] = answer["data"][mutation]
        return payload

    async def refusals(self, who: Caller, mutation: str, input: dict[str, Any]) -> list[tuple[str, str]]:
        """The code and the dotted path of each of a mutation's user errors; empty if it succeeds."""
        payload = await self.do(who, mutation, input, "userErrors { code path message }")
        assert all(error["message"] for error in payload["userErrors"])
        return [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]

    async def tomorrow(self) -> str:
        """Tomorrow's date in France, whenever the test runs."""
        today: date = await self.admin.fetchval("SELECT (now() AT TIME ZONE 'Europe/Paris')::date")
        return (today + timedelta(days=1)).isoformat()

    async def count(self, table: str, **where: Any) -> int:
        """The number of a table's rows that have these values."""
        conditions = "".join(f" AND {name} = ${place}" for place, name in enumerate(where, 1))
        found: int = await self.admin.fetchval(f"SELECT count(*) FROM {table} WHERE true{conditions}", *where.values())
        return found


@asynccontextmanager
async def open_server(dsn: str, **settings: Any) -> AsyncIterator[OwnServer]:
    """A server on the database at `dsn`, which the test may write into."""
    async with serving(dsn, **settings) as ask:
        admin = await asyncpg.connect(dsn)
        try:
            yield OwnServer(ask, admin)
        finally:
            await admin.close()


@pytest_asyncio.fixture
async def own_server(fresh: str) -> AsyncIterator[OwnServer]:
    """Yields a server on the test's own database."""
    async with open_server(fresh) as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def module_server(template: str) -> AsyncIterator[OwnServer]:
    """Yields a server on a database that the module's tests share."""
    async with clone(template) as dsn, open_server(dsn) as server:
        yield server


async def open_session(database: asyncpg.Connection, account: UUID) -> str:
    """Opens a session of an account; returns its token."""
    token = secrets.token_urlsafe()
    await factories.session(database, account_id=account, token_hash=token_hash(token))
    return token
