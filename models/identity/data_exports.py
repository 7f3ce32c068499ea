"""Table of exports of members' data: their one-time addresses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field

from models.columns import Table, choice, moment, reference, within
from privacy.described import DescribedEnum


class DataExportFormat(DescribedEnum):
    """The format of an export of a member's data."""

    JSON = "JSON", "One JSON document, described by the JSON Schema at `/schema/data-export.json`."
    CSV_ZIP = "CSV_ZIP", "A ZIP archive with one CSV file (RFC 4180, UTF-8) for each kind of data."


class DataExport(Table, table=True):
    """An export that an account has requested and not yet downloaded: the SHA-256 of its address's token."""

    __table_args__ = within("identity")

    account_id: UUID = reference("identity.account.id", part_of_key=True)
    session_id: UUID = Field(foreign_key="identity.session.id", ondelete="CASCADE", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    format: DataExportFormat = choice(DataExportFormat, "format")
    expires_at: datetime = moment()
