"""Signs in members and staff of a test's own, without the cost of hashing a password."""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from resolvers.tokens import token_hash
from tests import factories
from tests.support.client import Caller


@dataclass
class User(Caller):
    """A caller with the id of their member, organization or staff record."""

    id: UUID = field(kw_only=True)

    @property
    def graph_id(self) -> str:
        """The id of a member in the graph."""
        return f"mbr_{self.id}"


async def open_session(database: asyncpg.Connection, account: UUID) -> str:
    """Opens a session of an account; returns its token."""
    token = secrets.token_urlsafe()
    await factories.session(database, account_id=account, token_hash=token_hash(token))
    return token
