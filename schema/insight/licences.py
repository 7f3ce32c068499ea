"""Licences and their prices."""

from datetime import date, datetime
from decimal import Decimal

from models.identity.organizations import PurposeKind
from models.insight import licences as tables
from models.insight.undertakings import RESULTS_MONTHS
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.community import communities
from resolvers.identity import organizations
from resolvers.insight import licences as resolve
from resolvers.insight import undertakings as resolve_undertakings
from resolvers.insight.licences_mutations import REASON_LENGTH
from schema.access import BUYER, MANAGER
from schema.community.communities import Community
from schema.identity.organizations import Organization
from schema.insight.costs import PrivacyCost
from schema.insight.undertakings import Undertakings
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
    purpose: str = column("The purpose in the organization's words, as the public ledger states it.")
    purpose_kind: PurposeKind | None = column(
        "The kind of purpose. Null for licences requested before kinds of purpose existed. Such a licence opens "
        "nothing."
    )
    undertakings: Undertakings | None = sql(
        resolve_undertakings.undertakings_of,
        "The undertakings that the organization accepted. Null for licences requested before undertakings existed.",
        arguments={"language": "Language of the text. Defaults to that of the request."},
    )
    undertakings_accepted_at: datetime | None = column(
        "When the organization accepted the undertakings, with its request. Null without undertakings."
    )
    results_due_on: date | None = sql(
        resolve.results_due_on,
        f"The last day, by UTC, to make the results of its insights public: {RESULTS_MONTHS} months after its last "
        "day. Null without undertakings.",
    )
    requested_at: datetime | None = column(
        "When the organization requested it. Null for licences requested before this was recorded."
    )
    starts_on: date = column("Its first day, by UTC.")
    ends_on: date = column("Its last day, by UTC.")
    status: tables.LicenceStatus = sql(resolve.status_of, "Status today.")
    reason: str | None = column(
        "Reason for the refusal. Null if the licence is not refused, or no reason was given.", characters=REASON_LENGTH
    )
    price: Money | None = sql(resolve.price_of, "Its price. Null until one is agreed.")
    quota: PrivacyCost = sql(resolve.quota_of, "The most privacy cost that its insights may incur in total.")
    spent: PrivacyCost = sql(resolve.spent_of, "Privacy cost of the insights published under it so far.")
    remaining: PrivacyCost = sql(
        resolve.remaining_of,
        "What is left of the quota, zero unless the licence is granted. A dataset's own budget may allow less.",
    )
