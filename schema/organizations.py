"""Organizations, their licences and their API keys."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from models import organizations as tables
from planner.declare import column, graph_enum, graph_type, sql
from resolvers import communities
from resolvers import organizations as resolve
from schema.access import BUYER, MANAGER, PUBLIC
from schema.communities import Community
from schema.pagination import Node

graph_enum(tables.OrganizationKind)
graph_enum(tables.LicenceStatus)


@graph_type(audience=PUBLIC)
class PrivacyCost:
    """A cost in zero-concentrated differential privacy (zCDP): a bound on what is revealed about any one member."""

    micro_rho: int = column("Cost in micro-rho, millionths of zCDP's rho. Costs add up.")
    epsilon: float = column("The same cost as the epsilon of (epsilon, delta)-differential privacy.")
    delta: float = column("The delta at which `epsilon` is stated.")


@graph_type(audience=BUYER | MANAGER)
class Money:
    """An amount of money."""

    amount: Decimal = column("Amount in the currency's main unit.")
    currency: str = column("ISO 4217 currency code, such as `EUR`.")


@graph_type(audience=BUYER, row=tables.ApiKey, prefix="key")
class ApiKey:
    """An organization's key for its programs. The secret is shown once, on creation, and never stored."""

    id: strawberry.ID = column("Opaque identifier, stable over time.")
    name: str = column("The name that the organization gave it.")
    prefix: str = column("First characters of the secret, to tell keys apart.")
    created_at: datetime = column("When it was created.")
    last_used_at: datetime | None = column("When it was last used. Null if never.")
    expires_at: datetime = column("When it stops working.")


@graph_type(audience=BUYER | MANAGER, row=tables.Licence, prefix="lic")
class Licence(Node):
    """An organization's permission to publish insights from one community's datasets, for one purpose."""

    organization: "Organization" = sql(resolve.organization_of, "The organization that holds or requested it.")
    community: Community = sql(communities.community_of, "The community whose datasets it covers.")
    purpose: str = column("The purpose, as the public ledger states it.")
    starts_on: date = column("Its first day.")
    ends_on: date = column("Its last day.")
    status: tables.LicenceStatus = sql(resolve.status_of, "Status today.")
    reason: str | None = column("Reason for the refusal. Null if the licence is not refused, or no reason was given.")
    price: Money | None = sql(resolve.price_of, "Its price. Null until one is agreed.")
    quota: PrivacyCost = sql(resolve.quota_of, "The most privacy cost that insights under it may incur in total.")


@graph_type(audience=PUBLIC, row=tables.Organization, prefix="org")
class Organization(Node):
    """An organization that licenses access to insights: a laboratory, a hospital, a mutual or an insurer."""

    name: str = column("Name.")
    kind: tables.OrganizationKind = column("Kind of organization.")
    licences: list[Licence] = sql(
        resolve.licences_of, "Its licences, newest first. Buyers see only their own.", only=BUYER | MANAGER
    )
    api_keys: list[ApiKey] = sql(
        resolve.api_keys_of, "Its API keys, newest first. Buyers see only their own.", only=BUYER
    )
