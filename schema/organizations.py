"""The only place for organizations as the graph shows them: who buys, under which licence, with which keys."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from models import organizations as tables
from planner.declare import column, graph_type, sql
from resolvers import communities
from resolvers import organizations as resolve
from schema.access import BUYER, MANAGER, PUBLIC
from schema.communities import Community
from schema.pagination import Node

strawberry.enum(tables.OrganizationKind, description="What sort of organization it is.")
strawberry.enum(tables.LicenceStatus, description="Where a licence stands.")


@graph_type(audience=PUBLIC)
class PrivacyCost:
    """How much may be learnt about any one member, at most, in zero-concentrated differential privacy."""

    micro_rho: int = column("The cost itself, in millionths of rho: costs of several things add up.")
    epsilon: float = column("The same as an epsilon: the most by which a likelihood changes is e to this power.")
    delta: float = column("The chance that the epsilon takes no account of.")


@graph_type(audience=BUYER | MANAGER)
class Money:
    """An amount of money."""

    amount: Decimal = column("How much, in the currency's main unit.")
    currency: str = column("The currency's ISO 4217 code, such as `EUR`.")


@graph_type(audience=BUYER, row=tables.ApiKey, prefix="key")
class ApiKey:
    """An organization's key for its programs; its secret was shown once and is stored nowhere."""

    id: strawberry.ID = column("Opaque and random.")
    name: str = column("What the organization calls it.")
    prefix: str = column("How its secret begins, to tell one from another.")
    created_at: datetime = column("When it was made.")
    last_used_at: datetime | None = column("When it was last used; null when it never was.")
    expires_at: datetime = column("When it ceases to open anything.")


@graph_type(audience=BUYER | MANAGER, row=tables.Licence, prefix="lic")
class Licence(Node):
    """An organization's leave to query one community's datasets for one purpose."""

    organization: "Organization" = sql(resolve.organization_of, "Whose it is.")
    community: Community = sql(communities.community_of, "Whose datasets it opens.")
    purpose: str = column("What for.")
    starts_on: date = column("Its first day.")
    ends_on: date = column("Its last day.")
    status: tables.LicenceStatus = sql(resolve.status_of, "Where it stands: ENDED once its last day is over.")
    reason: str | None = column("Why it was refused; null where it was not, or where nobody said why.")
    price: Money | None = sql(resolve.price_of, "What it costs; null until a price is agreed.")
    quota: PrivacyCost = sql(resolve.quota_of, "How much of the members' privacy it may spend in all.")


@graph_type(audience=PUBLIC, row=tables.Organization, prefix="org")
class Organization(Node):
    """A laboratory, a hospital, a mutual or an insurer: a buyer of what members' answers add up to."""

    name: str = column("Its name.")
    kind: tables.OrganizationKind = column("What sort of organization it is.")
    licences: list[Licence] = sql(
        resolve.licences_of, "Its licences, newest first; a buyer sees its own alone.", only=BUYER | MANAGER
    )
    api_keys: list[ApiKey] = sql(resolve.api_keys_of, "Its keys, newest first; a buyer sees its own alone.", only=BUYER)
