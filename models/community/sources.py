"""Table of what sources outside have put into the catalogue."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Table, one_of, within

SOURCED = ("condition", "community", "indicator", "treatment")


class SourceEntry(Table, table=True):
    """A row of the catalogue with the values that a source last gave it: what differs since was edited by hand.

    `row_id` references the table `catalog.{kind}`. The entry outlives its row, so that a row that staff removed is not
    loaded again.
    """

    __table_args__ = within("catalog", one_of(SOURCED, "kind"), Index(None, "row_id"))

    source: str = Field(primary_key=True)  # such as `bdpm`
    kind: str = Field(primary_key=True)
    code: str = Field(primary_key=True)  # the source's own, such as a CIS code
    row_id: UUID
    given: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, nullable=False, sa_column_kwargs={"server_default": text("'{}'")}
    )
