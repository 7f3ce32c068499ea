"""Tables of organizations: buyers, their licences and their API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from privacy.described import DescribedEnum


class OrganizationKind(DescribedEnum):
    """The kind of an organization."""

    LABORATORY = "LABORATORY", "A pharmaceutical or research laboratory."
    HOSPITAL = "HOSPITAL", "A hospital."
    MUTUAL = "MUTUAL", "A mutual health insurance society."
    INSURER = "INSURER", "An insurance company."


class Organization(Table, table=True):
    """A buyer of aggregates; names are unique, ignoring case."""

    __table_args__ = within(
        "insight", Index("uq_organization_name", text("lower(name)"), unique=True), Index(None, "name", "id")
    )

    id: UUID = key()
    name: str
    kind: OrganizationKind = choice(OrganizationKind, "kind")


class ApiKey(Table, table=True):
    """An organization's API key; only the SHA-256 of its secret is stored."""

    __table_args__ = within("insight", Index(None, "organization_id"))

    id: UUID = key()
    organization_id: UUID = reference("insight.organization.id")
    name: str
    prefix: str = Field(unique=True)
    secret_hash: bytes = Field(unique=True)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    last_used_at: datetime | None = moment(default=None, nullable=True)
    expires_at: datetime = moment()
