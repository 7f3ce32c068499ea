"""The only place for the SQL that stands around a viewer's operation: who a token is, taking a viewer on, readiness."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from models.viewers import Audience, Viewer

# A connection of a pool is a proxy that has the connection's methods and not its class.
Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

REVOKED = "session_revoked"  # the channel on which the id of every session that is closed is told, and of every key


async def viewer_of(connection: Connection, token_hash: bytes) -> tuple[Viewer, datetime, bool] | None:
    """Whose open session has a token of this SHA-256, or which organization's key it is of; until when it is open; and
    whether it is the demonstration network's. That a key was used is written down.
    """
    found = await connection.fetchrow("SELECT * FROM identity.viewer_of($1)", token_hash)
    if found is None:
        return None
    viewer = Viewer(
        audience=_audience(found["member_id"], found["organization_id"]),
        account=found["account_id"],
        session=found["session_id"],
        member=found["member_id"],
        organization=found["organization_id"],
        staff=found["staff_id"],
        roles=frozenset(found["roles"]),
        api_key=found["api_key_id"],
    )
    if viewer.api_key is not None:
        await connection.execute("SELECT identity.key_used($1)", viewer.api_key)
    return viewer, found["expires_at"], found["demonstration"]


async def take_on(connection: Connection, viewer: Viewer) -> None:
    """Lets the policies go by `viewer` until the transaction ends; nobody in particular needs no statement."""
    setting = viewer.audience.setting
    if setting is not None:
        await connection.execute("SELECT set_config($1, $2, true)", setting, viewer.scope)


async def is_at(connection: Connection, revision: str) -> bool:
    """Whether the database's tables are those of `revision`."""
    found: bool = await connection.fetchval("SELECT version_num = $1 FROM public.migration", revision)
    return bool(found)


def _audience(member: UUID | None, organization: UUID | None) -> Audience:
    if member is not None:
        return Audience.PATIENT
    return Audience.MANAGER if organization is None else Audience.BUYER
