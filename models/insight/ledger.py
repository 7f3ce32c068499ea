"""Tables of what a database is known by elsewhere: the public ledger's identity, and the marks of its timeline.

The ledger's entries are in models/insight/insights.py.
"""

from uuid import UUID, uuid4

from sqlalchemy import ARRAY, CheckConstraint, Uuid, text
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


class Timeline(Table, table=True):
    """The marks that this database has made last, the last one first: one row.

    A copy has those that were made before it was, and standbys of the copy get others from then on.
    """

    __table_args__ = within("catalog", CheckConstraint("is_only", name="is_only"))

    is_only: bool = Field(default=True, primary_key=True, sa_column_kwargs={"server_default": text("true")})
    marks: list[UUID] = Field(sa_type=ARRAY(Uuid))
