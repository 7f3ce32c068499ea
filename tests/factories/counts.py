"""Factories of published counts, and of the members that they include."""

import secrets
from typing import Any

import asyncpg

from models.insight import counts
from privacy.chain import SALT_BYTES
from tests.factories.catalogue import community
from tests.factories.members import member
from tests.factories.rows import NOON, Connection, fake


async def count_release(connection: Connection, **given: Any) -> asyncpg.Record:
    """A release of a community's two counts, without its ledger entry."""
    return await fake(
        connection,
        counts.CountRelease,
        given,
        {"community_id": community},
        kind=counts.CountKind.COMMUNITY,
        micro_rho=1_508,
        noisy=[312, 254],
        salt=secrets.token_bytes(SALT_BYTES),
    )


async def counted_membership(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "community_id": community}
    return await fake(connection, counts.CountedMembership, given, parents, counted_since=NOON)
