"""The only place for the table of what mutations came to, so that a repeated request is answered and not redone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Table, moment, within


class Mutation(Table, table=True):
    """A mutation that was carried out, under its caller's own id for it; kept for a day.

    `caller` is the id that the caller's policies go by. Callers who have not signed in cannot be told apart: for them
    it is made from the input, so that nobody's id stands in another's way.
    """

    __table_args__ = within("identity", Index(None, "created_at"))

    caller: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    client_mutation_id: str = Field(primary_key=True)
    input_hash: bytes = Field(sa_type=LargeBinary)  # keyed by the server, since an input may hold a password
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
