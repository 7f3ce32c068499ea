"""Datasets: frozen waves, their variables and their privacy budgets."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity.organizations import OrganizationKind
from models.insight import datasets as tables
from models.languages import Language
from planner.declare import column, graph_enum, graph_type, paged, sql
from privacy.bands import UNKNOWN
from privacy.budget import SIZE_MARGIN, SOLD_SHARE
from privacy.precision import CONFIDENCE, Precision
from resolvers.community import communities
from resolvers.insight import datasets as resolve
from resolvers.insight import insights
from resolvers.insight import variables as resolve_variables
from resolvers.research import surveys
from schema.access import MANAGER, PUBLIC, SIGNED_IN
from schema.catalogue_texts import SEARCH
from schema.community.communities import Community
from schema.insight.costs import PrivacyCost
from schema.pagination import Node, RelayConnection
from schema.research.surveys import Survey

if TYPE_CHECKING:
    from schema.insight.insights import Insight, LedgerProof

GROUPED = 3
CODES = 3  # of a variable or a category, for the cost of an operation

graph_enum(tables.DatasetKind)
graph_enum(tables.DatasetStatus)
graph_enum(Precision)
graph_enum(resolve_variables.VariableGroup)
graph_enum(resolve_variables.MeasurementScale)
graph_enum(resolve_variables.Direction)
graph_enum(resolve_variables.CodeSystem)


@graph_type(audience=PUBLIC)
class TerminologyCode:
    """A code of an indicator, a treatment or a unit in a system of codes."""

    system: resolve_variables.CodeSystem = column("The system.")
    code: str = column("The code.")


@graph_type(
    audience=PUBLIC,
    row=tables.Category,
    description=f"A category of a variable. The last one is always {UNKNOWN}, for members without a known value.",
)
class Category:
    code: str = column("Code that identifies the category within its variable.")
    label: str = column("Label for people to read.", translated=True)
    value: float | None = column("Number that stands for the category in means and medians. Null if they leave it out.")
    merges: list[str] = column(
        "Codes of the categories that it merges, or its own code, if it belongs to a grouping. Otherwise empty.",
        size=GROUPED,
    )
    codes: list[TerminologyCode] = sql(
        resolve_variables.codes_of_category,
        "Standard codes of the treatment or side effect that it stands for. Otherwise empty.",
        size=CODES,
    )


@graph_type(
    audience=PUBLIC,
    row=tables.Variable,
    prefix="var",
    key=("dataset_id", "position"),
    among=resolve_variables.variables,
)
class Variable(Node):
    """A variable of a dataset. Each member falls into one of its categories, or into up to `maxPerMember`."""

    name: str = column("Name that identifies the variable within its dataset. A grouping has the name of its variable.")
    label: str = column("Label for people to read.", translated=True)
    categories: list[Category] = sql(
        resolve_variables.categories_of, "All categories, in order. They were fixed before any data was read."
    )
    description: str = sql(
        resolve_variables.description_of, "What it is computed from. The rule uses only the member's own data."
    )
    question: str | None = sql(
        resolve_variables.question_of, "Text of the survey question. Null if the variable is not the answer to one."
    )
    group: resolve_variables.VariableGroup = sql(resolve_variables.group_of, "What it is about.")
    scale: resolve_variables.MeasurementScale = sql(
        resolve_variables.scale_of, "Scale of measurement of its categories, except UNKNOWN."
    )
    ordinal: bool = column(
        "Whether its categories, except UNKNOWN, are ordered. A mean and a median exist if `scale` is INTERVAL."
    )
    direction: resolve_variables.Direction | None = sql(
        resolve_variables.direction_of, "Whether a higher value is better or worse. Null if the catalogue does not say."
    )
    unit: str | None = sql(resolve_variables.unit_of, "Unit of its values. Null if they have none.")
    window: str | None = sql(
        resolve_variables.window_of,
        "Period that its data comes from. Null if that is all data up to the day on which the dataset was frozen.",
    )
    baseline: str | None = sql(
        resolve_variables.baseline_of, "What a change is measured from. Null unless the variable is a change."
    )
    categorization: str = sql(
        resolve_variables.categorization_of, "How its categories were chosen, before any data was read."
    )
    codes: list[TerminologyCode] = sql(
        resolve_variables.codes_of,
        "Standard codes of its indicator or treatment, and of its unit.",
        size=CODES,
    )
    max_per_member: int = column(
        "Number of categories that one member may be in. It multiplies the cost of an insight."
    )
    groupings: list[Annotated["Variable", strawberry.lazy("schema.insight.datasets")]] = sql(
        resolve_variables.groupings_of,
        "Groupings of its categories that insights have used, oldest first. Reuse one by its `groupingName`, if it "
        "has one.",
        size=GROUPED,
    )
    grouping_of: Annotated["Variable", strawberry.lazy("schema.insight.datasets")] | None = sql(
        resolve_variables.grouping_of,
        "The variable whose categories this grouping merges. Null if it is not a grouping.",
    )
    grouping_name: str | None = column(
        "Name that an organization gave this grouping. Null if it has none, or is not a grouping."
    )


@graph_type(audience=PUBLIC)
class PrivacyBudget:
    """A dataset's privacy budget: the limit on what anyone can learn about a single member from all its insights."""

    cap: PrivacyCost = sql(resolve.cap_of, "Total budget, which never increases.")
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


@graph_type(audience=PUBLIC, row=tables.Dataset, prefix="dst")
class Dataset(Node):
    """Consenting members' data from a survey or from tracking, frozen on one day. It never changes."""

    title: str = column("Title.", translated=True)
    status: tables.DatasetStatus = column(
        "Status of the dataset. Only survey managers and data stewards see datasets that are being frozen, and waves "
        "that were too small.",
        only=MANAGER,
    )
    progress: int = column(
        "Progress of the freezing, in percent. It does not depend on the number of members.",
        only=MANAGER,
    )
    kind: tables.DatasetKind = column("Whether the data comes from a survey or from tracking.")
    community: Community = sql(communities.community_of, "The community whose members' data it contains.")
    survey: Survey | None = sql(
        surveys.survey_of,
        "The survey it was made from. Null for tracking, and in a sandbox, where `variables` have its questions.",
        only=SIGNED_IN,
    )
    synthetic: bool = sql(
        resolve.is_synthetic,
        "Whether it belongs to a sandbox: its records are random and describe nobody. Its budget is not spent.",
    )
    wave: str = column("Name of the wave among the community's datasets, such as `2026 spring`.")
    collected_from: date | None = column(
        "The first day, by UTC, of the survey it was made from. Null for tracking, which includes all earlier records."
    )
    frozen_on: date = column("The day on which the data was frozen, by UTC.")
    ends_on: date = column("The last day on which insights can be published from it, by UTC.")
    ended_on: date | None = column(
        "The day on which it ended, by UTC. Nothing counts its records from then on, and they are destroyed within "
        "minutes. Null until then."
    )
    offered_to: list[OrganizationKind] = column("The kinds of organization that may publish insights from it.")
    how_to_request: str = sql(
        resolve.how_to_request, "How an organization gets permission to publish insights from it."
    )
    languages: list[Language] = sql(resolve.languages_of, "Languages of its title and of the labels of its variables.")
    variables: list[Variable] = sql(
        resolve_variables.variables_of,
        "The variables that insights can use, in order.",
        arguments={
            "search": "Only variables that match by label, name, or a name or code of the indicator or treatment. "
            f"{SEARCH}",
            "group": "Only variables of this group.",
        },
    )
    size: int = column(
        f"Number of members, with noise ({CONFIDENCE} confidence interval ±{SIZE_MARGIN}). Zero until it is frozen, "
        "or if too few members were enrolled."
    )
    size_proof: Annotated["LedgerProof", strawberry.lazy("schema.insight.insights")] | None = sql(
        insights.proof_of_size,
        "The counts that the ledger entry of its size commits to. Null for buyers without a licence that covers the "
        "dataset.",
        only=SIGNED_IN,
    )
    budget: PrivacyBudget = sql(resolve.budget_of, "Its privacy budget.")
    insights: RelayConnection[Annotated["Insight", strawberry.lazy("schema.insight.insights")]] = paged(
        insights.insights_of_dataset,
        "Insights published from it, newest first. Members of its community, members enrolled in it, survey managers "
        "and data stewards see all of them; buyers see those that their licences cover; moderators see none.",
        only=SIGNED_IN,
    )
