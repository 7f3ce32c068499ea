"""Datasets: frozen waves, their variables and their privacy budgets."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity.organizations import OrganizationKind
from models.insight import datasets as tables
from planner.declare import column, graph_enum, graph_type, paged, sql
from privacy.bands import UNKNOWN
from privacy.budget import SIZE_PRECISION, SOLD_SHARE
from privacy.precision import CONFIDENCE, Precision
from resolvers.community import communities
from resolvers.insight import datasets as resolve
from resolvers.insight import insights
from resolvers.research import surveys
from schema.access import MANAGER, SIGNED_IN
from schema.community.communities import Community
from schema.insight.costs import PrivacyCost
from schema.pagination import Node, RelayConnection
from schema.research.surveys import Survey

if TYPE_CHECKING:
    from schema.insight.insights import Insight, LedgerProof

graph_enum(tables.DatasetKind)
graph_enum(tables.DatasetStatus)
graph_enum(Precision)


@graph_type(
    audience=SIGNED_IN,
    row=tables.Category,
    description=f"A category of a variable. The last one is always {UNKNOWN}, for members without a known value.",
)
class Category:
    code: str = column("Code that identifies the category within its variable.")
    label: str = column("Label for people to read.", translated=True)
    value: float | None = column("Number that stands for the category in means and medians. Null if it is left out.")


@graph_type(
    audience=SIGNED_IN,
    row=tables.Variable,
    prefix="var",
    key=("dataset_id", "position"),
    among=resolve.variables,
)
class Variable(Node):
    """A variable of a dataset. Each member falls into one of its categories, or into up to `maxPerMember`."""

    name: str = column("Name that identifies the variable within its dataset.")
    label: str = column("Label for people to read.", translated=True)
    categories: list[Category] = sql(
        resolve.categories_of, "All categories, in order. They were fixed before any data was looked at."
    )
    ordinal: bool = column("Whether the categories are ordered, so that a mean and a median exist.")
    max_per_member: int = column(
        "Number of categories that one member may be in. The cost of an insight is multiplied by it."
    )


@graph_type(audience=SIGNED_IN)
class PrivacyBudget:
    """A dataset's privacy budget: the limit on what anyone can learn about a single member from all its insights."""

    cap: PrivacyCost = sql(resolve.cap_of, "Total budget, which is never increased.")
    spent: PrivacyCost = sql(resolve.spent_on, "Cost of everything published so far, by all parties.")
    remaining: PrivacyCost = sql(
        resolve.remaining_of,
        f"Budget left. For a buyer, what is left of the {SOLD_SHARE} % of the cap that all licensed buyers share. Zero "
        "once the dataset has ended.",
    )
    insights_left: int = sql(
        resolve.insights_left,
        "Number of insights that the remaining budget covers, if each uses only variables with a `maxPerMember` of 1.",
        arguments={"precision": "The precision of the insights."},
    )


@graph_type(audience=SIGNED_IN, row=tables.Dataset, prefix="dst")
class Dataset(Node):
    """Consenting members' data from a survey or from tracking, frozen on one day. It never changes."""

    title: str = column("Title.", translated=True)
    status: tables.DatasetStatus = column(
        "Its status. Survey managers and data stewards see datasets that are being frozen, and waves that were too "
        "small.",
        only=MANAGER,
    )
    progress: int = column(
        "How much of its freezing is done, in per cent. It grows at times that do not depend on how many members there "
        "are.",
        only=MANAGER,
    )
    kind: tables.DatasetKind = column("Whether the data comes from a survey or from tracking.")
    community: Community = sql(communities.community_of, "The community whose members' data it contains.")
    survey: Survey | None = sql(surveys.survey_of, "The survey it was made from. Null for tracking.")
    wave: str = column("Name of the wave among the community's datasets, such as `2026 spring`.")
    frozen_on: date = column("The day on which the data was frozen, by UTC.")
    ends_on: date = column("The last day on which insights can be published from it, by UTC.")
    ended_on: date | None = column("The day on which its records were destroyed, by UTC. Null until then.")
    offered_to: list[OrganizationKind] = column("The kinds of organization that may publish insights from it.")
    variables: list[Variable] = sql(resolve.variables_of, "The variables that insights can use, in order.")
    size: int = column(
        f"Number of members in it, with noise: {CONFIDENCE} confidence interval of ±{SIZE_PRECISION.margin}. "
        "Zero until it is frozen, and if too few members were enrolled."
    )
    size_proof: Annotated["LedgerProof", strawberry.lazy("schema.insight.insights")] | None = sql(
        insights.proof_of_size,
        "What the ledger entry of its size commits to. Null for buyers without a licence that covers the dataset.",
    )
    budget: PrivacyBudget = sql(resolve.budget_of, "Its privacy budget.")
    insights: RelayConnection[Annotated["Insight", strawberry.lazy("schema.insight.insights")]] = paged(
        insights.insights_of_dataset,
        "Insights published from it, newest first. Members of its community, those who took part in it, survey "
        "managers and data stewards see all of them, moderators none, and buyers those that a licence of theirs "
        "covers.",
    )
