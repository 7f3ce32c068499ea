"""Licences and their prices."""

from datetime import date
from decimal import Decimal

from models.insight import licences as tables
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.community import communities
from resolvers.identity import organizations
from resolvers.insight import licences as resolve
from schema.access import BUYER, MANAGER
from schema.community.communities import Community
from schema.identity.organizations import Organization
from schema.insight.costs import PrivacyCost
from schema.pagination import Node

graph_enum(tables.LicenceStatus)


@graph_type(audience=BUYER | MANAGER)
class Money:
    """An amount of money."""

    amount: Decimal = column("Amount in the currency's main unit.")
    currency: str = column("ISO 4217 currency code, such as `EUR`.")


@graph_type(audience=BUYER | MANAGER, row=tables.Licence, prefix="lic")
class Licence(Node):
    """An organization's permission to publish insights from one community's datasets, for one purpose."""

    organization: Organization = sql(organizations.organization_of, "The organization that holds or requested it.")
    community: Community = sql(communities.community_of, "The community whose datasets it covers.")
    purpose: str = column("The purpose, as the public ledger states it.")
    starts_on: date = column("Its first day, by UTC.")
    ends_on: date = column("Its last day, by UTC.")
    status: tables.LicenceStatus = sql(resolve.status_of, "Status today.")
    reason: str | None = column("Reason for the refusal. Null if the licence is not refused, or no reason was given.")
    price: Money | None = sql(resolve.price_of, "Its price. Null until one is agreed.")
    quota: PrivacyCost = sql(resolve.quota_of, "The most privacy cost that insights under it may incur in total.")
