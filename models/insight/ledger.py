"""Table of the public ledger's identity; its entries are in models/insight/insights.py."""

from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, text
from sqlmodel import Field

from models.columns import Table, within


class Ledger(Table, table=True):
    """The public ledger itself: one row, made with the table, by which it is known elsewhere.

    Its id is the same in every backup and copy of the database, under whatever address. A database that holds nobody's
    data yet can become a sandbox; nothing else of the row ever changes.
    """

    __table_args__ = within("insight", CheckConstraint("is_only", name="is_only"))

    is_only: bool = Field(default=True, primary_key=True, sa_column_kwargs={"server_default": text("true")})
    id: UUID = Field(default_factory=uuid4, sa_column_kwargs={"server_default": text("gen_random_uuid()")})
    sandbox: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
