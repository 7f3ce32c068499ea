"""Factories of published counts, and of the members that they include."""

import secrets
from typing import Any

import asyncpg

from models.insight import counts, network
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


async def network_count(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, network.NetworkCount, given, {}, active_members=300, treatments_followed=400)


async def counted_member(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, network.CountedMember, given, {"member_id": member}, counted_since=NOON)


async def counted_membership(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "community_id": community}
    return await fake(connection, counts.CountedMembership, given, parents, counted_since=NOON)
