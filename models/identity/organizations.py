"""Tables of organizations: buyers, their licences and their API keys."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from models.name_order import order_of_names
from privacy.described import DescribedEnum


class OrganizationKind(DescribedEnum):
    """The kind of an organization."""

    LABORATORY = "LABORATORY", "A pharmaceutical or research laboratory."
    HOSPITAL = "HOSPITAL", "A hospital."
    MUTUAL = "MUTUAL", "A mutual health insurance society."
    INSURER = "INSURER", "An insurance company."


class PurposeKind(DescribedEnum):
    """The purpose that a licence is for, of those that article 53(1) of Regulation (EU) 2025/327 allows."""

    # Point (b), policy-making, is missing: it is for authorities, and none of the kinds of organization is one.
    SCIENTIFIC_RESEARCH = (
        "SCIENTIFIC_RESEARCH",
        "Scientific research that contributes to health or to the quality of care.",
    )
    PRODUCT_DEVELOPMENT = (
        "PRODUCT_DEVELOPMENT",
        "Development of medicines, devices or health services, as part of scientific research.",
    )
    CARE_IMPROVEMENT = "CARE_IMPROVEMENT", "Improving the delivery of care, treatments and support of patients."
    EDUCATION = "EDUCATION", "Teaching in health or care, at vocational or higher level."
    PUBLIC_HEALTH = "PUBLIC_HEALTH", "Tasks of a public body in public health, such as surveillance or patient safety."
    STATISTICS = "STATISTICS", "Official statistics of a public body on health or care."


BY_RESEARCHERS = frozenset({PurposeKind.SCIENTIFIC_RESEARCH, PurposeKind.CARE_IMPROVEMENT, PurposeKind.EDUCATION})
# Public health and statistics are reserved for public bodies (article 53(2)), which a hospital may be. What an insurer
# or a mutual develops and teaches is insurance, for which article 54(b) forbids the data: no premium, contribution or
# exclusion may follow from it. The database has the same rule in `insight.may_pursue`.
ALLOWED: Mapping[OrganizationKind, frozenset[PurposeKind]] = MappingProxyType(
    {
        OrganizationKind.LABORATORY: BY_RESEARCHERS | {PurposeKind.PRODUCT_DEVELOPMENT},
        OrganizationKind.HOSPITAL: frozenset(PurposeKind),
        OrganizationKind.MUTUAL: frozenset({PurposeKind.SCIENTIFIC_RESEARCH, PurposeKind.CARE_IMPROVEMENT}),
        OrganizationKind.INSURER: frozenset({PurposeKind.SCIENTIFIC_RESEARCH, PurposeKind.CARE_IMPROVEMENT}),
    }
)


class Organization(Table, table=True):
    """A buyer of aggregates; names are unique, ignoring case."""

    __table_args__ = within(
        "insight",
        Index("uq_organization_name", text("lower(name)"), unique=True),
        Index("ix_organization_named", text(order_of_names("name")), "id"),
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
