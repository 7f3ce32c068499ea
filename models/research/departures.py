"""Tables of erasures and withdrawn consents, as digests that only this database and its backups can compute."""

from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, LargeBinary, text
from sqlmodel import Field

from models.columns import Table, within


class Departure(Table, table=True):
    """The keyed digest of an erased member, or of a consent that a member withdrew from a kind of organization."""

    __table_args__ = within("identity")

    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)


class DepartureKey(Table, table=True):
    """The secret of the digests, which is drawn once and in every backup, and an id under which they are stored.

    `lineage` names the database that has stored them last: a restored one has the name of another.
    """

    __table_args__ = within("identity", CheckConstraint("is_only", name="is_only"))

    is_only: bool = Field(default=True, primary_key=True, sa_column_kwargs={"server_default": text("true")})
    id: UUID = Field(default_factory=uuid4, sa_column_kwargs={"server_default": text("gen_random_uuid()")})
    inner_key: bytes = Field(sa_type=LargeBinary)
    outer_key: bytes = Field(sa_type=LargeBinary)
    lineage: str | None = None
