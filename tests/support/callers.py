"""Signs in members and staff of a test's own, without the cost of hashing a password."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from models.identity.members import MemberKind, Sharing
from resolvers.identity.accounts import token_hash
from tests import factories
from tests.support.client import Ask, Caller, serving


@dataclass
class Someone(Caller):
    """A caller, and the id of the member or the staff that it is."""

    id: UUID = field(kw_only=True)


@dataclass
class Place:
    """A server on a database of the test's own, and a connection of its owner's."""

    ask: Ask
    admin: asyncpg.Connection

    async def member(self, kind: MemberKind = MemberKind.PATIENT, **given: Any) -> Someone:
        """A new member, with a profile that it shares with nobody unless given, and an open session."""
        sharing = given.pop("sharing", Sharing.ONLY_ME)
        made = await factories.member(self.admin, kind=kind, sharing=sharing, **given)
        return await self.signed_in(made["pseudonym"], made["id"], member_id=made["id"])

    async def staff(self, *roles: str) -> Someone:
        """Somebody new of the house, with these roles and an open session."""
        made = await factories.staff(self.admin, roles=list(roles))
        return await self.signed_in(made["name"], made["id"], staff_id=made["id"])

    async def signed_in(self, name: str, id: UUID, **whose: UUID) -> Someone:
        account = await factories.account(self.admin, **whose)
        token = secrets.token_urlsafe()
        await factories.session(self.admin, account_id=account["id"], token_hash=token_hash(token))
        return Someone(name, token, id=id)

    async def do(self, who: Caller, mutation: str, input: dict[str, Any], selection: str) -> dict[str, Any]:
        """The payload of one mutation, as `selection` has it; errors of the operation fail the test."""
        kind = mutation[0].upper() + mutation[1:]
        document = f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ {selection} }} }}"
        answer = await self.ask(who, document, {"input": input})
        assert "errors" not in answer, answer
        payload: dict[str, Any] = answer["data"][mutation]
        return payload

    async def refusals(self, who: Caller, mutation: str, input: dict[str, Any]) -> list[tuple[str, str]]:
        """The codes and paths, joined by dots, that one mutation is refused with; [] where it is carried out."""
        payload = await self.do(who, mutation, input, "userErrors { code path message }")
        assert all(error["message"] for error in payload["userErrors"])
        return [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]

    async def count(self, table: str, **where: Any) -> int:
        """How many rows of a table have these values."""
        conditions = "".join(f" AND {name} = ${place}" for place, name in enumerate(where, 1))
        found: int = await self.admin.fetchval(f"SELECT count(*) FROM {table} WHERE true{conditions}", *where.values())
        return found


@asynccontextmanager
async def place(dsn: str, **settings: Any) -> AsyncIterator[Place]:
    """The server on the database at `dsn`, which is the test's to write into."""
    async with serving(dsn, **settings) as ask:
        admin = await asyncpg.connect(dsn)
        try:
            yield Place(ask, admin)
        finally:
            await admin.close()
