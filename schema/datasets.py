"""The only place for datasets as the graph shows them: frozen waves, their variables, and what is left to ask."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models import datasets as tables
from models.organizations import OrganizationKind
from planner.declare import column, graph_type, paged, sql
from privacy.precision import Precision
from resolvers import communities, insights, surveys
from resolvers import datasets as resolve
from schema.access import SIGNED_IN
from schema.communities import Community
from schema.organizations import PrivacyCost
from schema.pagination import Connection, Node
from schema.surveys import Survey

if TYPE_CHECKING:
    from schema.insights import Insight

strawberry.enum(tables.DatasetKind, description="Whether a dataset is a survey's answers or a community's tracking.")
strawberry.enum(Precision, description="How near each count lies to the truth, 95 times in 100; nearer costs more.")


@graph_type(audience=SIGNED_IN, row=tables.Category)
class Category:
    """A category of a variable. UNKNOWN is always one of them, the last."""

    code: str = column("What a question names it by.")
    label: str = column("What people read.")
    value: float | None = column("What it counts as in a mean; null where it does not count.")


@graph_type(audience=SIGNED_IN, row=tables.Variable)
class Variable:
    """What a dataset can be asked about: each member falls into one of its categories, or into a few of them."""

    name: str = column("What a question names it by.")
    label: str = column("What people read.")
    categories: list[Category] = sql(
        resolve.categories_of, "All its categories, in order: fixed before anybody looked at an answer."
    )
    ordinal: bool = column("Whether its categories have an order, and so a mean and a median.")
    max_per_member: int = column("How many categories a member may be in: an insight costs so many times as much.")


@graph_type(audience=SIGNED_IN)
class PrivacyBudget:
    """How much may be learnt about any one member of a dataset, by everybody together."""

    cap: PrivacyCost = sql(resolve.cap_of, "The most, ever.")
    spent: PrivacyCost = sql(resolve.spent_on, "What has been spent of it, by everybody.")
    remaining: PrivacyCost = sql(
        resolve.remaining_of,
        "What can still be spent: all of it as members and the house see it; as a buyer sees it, what all licensed "
        "buyers together still may, whose share is 60 % of the cap. Nothing once the dataset has ended.",
    )
    insights_left: int = sql(
        resolve.insights_left,
        "How many insights of a precision the remaining budget has room for, as the viewer sees it: of variables that "
        "a member is in one category of.",
    )


@graph_type(audience=SIGNED_IN, row=tables.Dataset, prefix="dst")
class Dataset(Node):
    """A frozen wave: what the members who consented had said by one day. Nothing in it changes again."""

    title: str = column("Its title.")
    kind: tables.DatasetKind = column("Whether it is a survey's answers or a community's tracking.")
    community: Community = sql(communities.community_of, "Whose members are in it.")
    survey: Survey | None = sql(surveys.survey_of, "The survey it is made from; null where it is of tracking.")
    wave: str = column("What it is called among those of its community, such as `2026 spring`.")
    frozen_on: date = column("The day it was frozen.")
    ends_on: date = column("The last day on which it can be asked.")
    ended_on: date | None = column("The day on which its records were destroyed; null while it can be asked.")
    offered_to: list[OrganizationKind] = column("The kinds of organization that may ask it.")
    variables: list[Variable] = sql(resolve.variables_of, "What it can be asked about, in order.")
    size: int = column("About how many members are in it: released once, with noise, within 20 at 95 %.")
    budget: PrivacyBudget = sql(resolve.budget_of, "How much may be learnt from it, and what is left of that.")
    insights: Connection[Annotated["Insight", strawberry.lazy("schema.insights")]] = paged(
        insights.insights_of_dataset,
        "What has been published of it, newest first: members and the house see all, a buyer those it may read.",
    )
