"""The table of mutation results, which lets a repeated request be answered without being carried out again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Table, moment, within


class Mutation(Table, table=True):
    """The result of a mutation, by the caller's `clientMutationId`; retained for a day.

    `caller` is the id that row-level security uses. Anonymous callers cannot be distinguished, so for them it is
    derived from the input, which keeps their ids from colliding.
    """

    __table_args__ = within("identity", Index(None, "created_at"))

    caller: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    client_mutation_id: str = Field(primary_key=True)
    input_hash: bytes = Field(sa_type=LargeBinary)  # keyed by the server, since an input may hold a password
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
