"""Opens one-time addresses from which members download their data."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.database import Connection
from models.identity.data_exports import DataExportFormat
from models.viewers import Viewer
from resolvers.tokens import new_token, token_hash
from resolvers.transactions import Forbidden, member_of

PATH = "/exports"
LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class OpenedDataExport:
    """The address of an export, relative to the server's, and when it expires."""

    address: str
    expires_at: datetime


async def open_data_export(connection: Connection, viewer: Viewer, *, format: DataExportFormat) -> OpenedDataExport:
    """A new address of the viewer's export, in place of an earlier one; only the SHA-256 of its token is stored.

    Raises Forbidden if the viewer is not a member with an open session.
    """
    member_of(viewer)
    token = new_token()
    expires_at = await connection.fetchval(
        "SELECT identity.open_data_export($1, $2, $3, $4)", viewer.session, token_hash(token), format, LIFETIME
    )
    if expires_at is None:
        raise Forbidden
    return OpenedDataExport(f"{PATH}/{token}", expires_at)
