"""The only place for communities and conditions as the graph shows them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from models import communities as tables
from planner.declare import column, graph_type, paged, sql
from resolvers import communities as resolve
from resolvers import datasets, discussions, insights
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC
from schema.members import Member, Membership
from schema.pagination import Connection, Node
from schema.tracking import Indicator
from schema.treatments import Treatment

if TYPE_CHECKING:
    from schema.datasets import Dataset
    from schema.discussions import Discussion
    from schema.insights import Insight
    from schema.surveys import Survey


@graph_type(audience=PUBLIC, row=tables.Condition, prefix="con")
class Condition:
    """A disease, with its standard codes."""

    id: strawberry.ID = column("Opaque and random.")
    name: str = column("Its name.")
    icd10: str | None = column("Its code in ICD-10; null where it has none of its own.")
    orpha: str | None = column("Its Orphanet number; null where it is not a rare disease.")


@graph_type(audience=PATIENT | BUYER | MANAGER)
class CohortReadiness:
    """How near a community is to having enough consenting members for a survey to open."""

    consenting: int = column("How many members consent to research, rounded to ten.", of="consenting_count")
    needed: int = column("How many are needed, rounded to ten.", of="needed_count")
    ready: bool = sql(resolve.is_ready, "Whether there are enough.")


@graph_type(audience=PUBLIC, row=tables.Community, prefix="com")
class Community(Node):
    """The members who live with one condition, their relatives and associations."""

    slug: str = column("Its name in addresses, such as `epilepsy`.")
    name: str = column("Its name.")
    description: str = column("What it is about.")
    condition: Condition = sql(resolve.condition_of, "The condition it gathers around.")
    member_count: int = column("How many members it has, rounded to ten.")
    indicators: list[Indicator] = sql(
        resolve.indicators_of, "What its members track, in the order in which they would name it."
    )
    treatments: Connection[Treatment] = paged(
        resolve.treatments_of, "The treatments that its members follow, commonest first."
    )
    associations: list[Member] = sql(
        resolve.associations_of, "The associations in it that the house has verified, by name.", only=PATIENT | MANAGER
    )
    readiness: CohortReadiness = sql(
        resolve.readiness_of, "Whether a survey of it could open.", only=PATIENT | BUYER | MANAGER
    )
    viewer_membership: Membership | None = sql(
        resolve.viewer_membership, "The viewer's own place in it; null when the viewer is not in it.", only=PATIENT
    )
    members: Connection[Member] = paged(resolve.members_of, "Its members, newest first.", only=PATIENT | MANAGER)
    discussions: Connection[Annotated["Discussion", strawberry.lazy("schema.discussions")]] = paged(
        discussions.discussions_of,
        "Its discussions, last written in first; a search looks at titles and posts.",
        only=PATIENT | MANAGER,
    )
    surveys: Connection[Annotated["Survey", strawberry.lazy("schema.surveys")]] = paged(
        resolve.surveys_of, "Its surveys that the viewer may see, last to close first.", only=PATIENT | MANAGER
    )
    datasets: Connection[Annotated["Dataset", strawberry.lazy("schema.datasets")]] = paged(
        datasets.datasets_of, "Its datasets, last frozen first.", only=PATIENT | BUYER | MANAGER
    )
    insights: Connection[Annotated["Insight", strawberry.lazy("schema.insights")]] = paged(
        insights.insights_of_community,
        "What has been published of its datasets, newest first: members and the house see all, a buyer those it may "
        "read.",
        only=PATIENT | BUYER | MANAGER,
    )
