"""SQL around a viewer's operation: authenticating a token, setting the viewer, checking the schema's revision."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from models.identity.data_exports import DataExportFormat
from models.languages import language_of
from models.viewers import Audience, Viewer

# A pool's connection is a proxy with the connection's methods but not its class.
Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

REVOKED = "session_revoked"  # the channel that notifies of the id of every revoked session or API key
CHANGED = "session_changed"  # the channel that notifies of the id of every session whose account has another language
# The channel that notifies of the name of every watched table that is written to (models/security/kept_tables.py), and
# of an empty name if any may be.
TABLE_CHANGED = "table_changed"

# Of the database: its cluster's identifier, and the timeline, which changes when a backup is restored to a point in
# time and when a standby becomes the primary.
HISTORY = (
    "(SELECT system_identifier::text FROM pg_control_system())"
    " || ' ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
)
# A database from before the marker has no such column.
UNDERSTOOD = """
    SELECT m.version_num = $1 OR m.version_num COLLATE "C" > $1 AND to_jsonb(m) ->> 'compatible_since' COLLATE "C" <= $1
    FROM public.migration m
"""


async def viewer_of(
    connection: Connection, token_hash: bytes, *, writes: bool = True
) -> tuple[Viewer, datetime, bool] | None:
    """The viewer whose session or API key has the token with this SHA-256, or None.

    With it, when it expires, and whether it belongs to the demonstration network. Records the use of an API key, if the
    connection `writes`.
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
        language=language_of(found["locale"] or ""),
    )
    if viewer.api_key is not None and writes:
        await connection.execute("SELECT identity.key_used($1)", viewer.api_key)
    return viewer, found["expires_at"], found["demonstration"]


async def take_data_export(
    connection: Connection, token_hash: bytes, account: UUID | None
) -> tuple[Viewer, DataExportFormat] | None:
    """Uses up the address of an export, by its token's SHA-256: whose data, and in which format; None if not valid.

    If `account` is given, an address of another account is not valid.
    """
    found = await connection.fetchrow("SELECT * FROM identity.take_data_export($1, $2)", token_hash, account)
    if found is None:
        return None
    viewer = Viewer(
        Audience.PATIENT, found["account"], found["session"], found["member"], language=language_of(found["locale"])
    )
    return viewer, DataExportFormat(found["format"])


async def find_data_export(
    connection: Connection, token_hash: bytes, account: UUID | None
) -> tuple[Viewer, DataExportFormat] | None:
    """As `take_data_export`, but the address works on."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        return await take_data_export(connection, token_hash, account)
    finally:
        await transaction.rollback()


def taking_on(viewer: Viewer) -> str:
    """The SQL that makes the policies apply to `viewer` until the transaction ends; empty for anonymous callers."""
    setting = viewer.audience.setting
    return "" if setting is None else f"SET LOCAL {setting} = '{viewer.scope or ''}'"  # the text of a UUID


async def understands(connection: Connection, revision: str) -> bool:
    """Whether servers of `revision` work with the database: it is there, or at a newer one that says so.

    Raises asyncpg.UndefinedTableError if the database was never migrated.
    """
    found: bool | None = await connection.fetchval(UNDERSTOOD, revision)
    return bool(found)


def _audience(member: UUID | None, organization: UUID | None) -> Audience:
    if member is not None:
        return Audience.PATIENT
    return Audience.MANAGER if organization is None else Audience.BUYER
