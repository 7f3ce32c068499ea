"""Members' proposals for the catalogue."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.community import proposals as tables
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.community import communities
from resolvers.community import proposals as resolve
from resolvers.community.proposals_mutations import DESCRIPTION_LENGTH, REASON_LENGTH
from resolvers.tracking import observations, treatments
from schema.access import MANAGER, PATIENT
from schema.pagination import Node
from schema.tracking.observations import Indicator
from schema.tracking.treatments import Treatment

if TYPE_CHECKING:
    from schema.community.communities import Community, Condition

graph_enum(tables.ProposalKind)
graph_enum(tables.ProposalStatus)


@graph_type(audience=PATIENT | MANAGER, row=tables.CatalogueProposal, prefix="prp")
class CatalogueProposal(Node):
    """A member's proposal for the catalogue. They and catalogue editors can see it; editors do not see who made it."""

    kind: tables.ProposalKind = column("What is proposed.")
    name: str = column("Its name, in the member's own words.")
    description: str | None = column(
        "What it is, in the member's own words. Null if there is none.", characters=DESCRIPTION_LENGTH
    )
    community: Annotated["Community", strawberry.lazy("schema.community.communities")] | None = sql(
        communities.community_of, "The community that needs it. Null if unset."
    )
    proposed_on: date = column("The day it was proposed, by UTC.")
    status: tables.ProposalStatus = column("Status of the proposal.")
    reason: str | None = column("What the editor wrote about the decision. Null if nothing.", characters=REASON_LENGTH)
    decided_on: date | None = column("The day of the decision, by UTC. Null while it is open.")
    condition: Annotated["Condition", strawberry.lazy("schema.community.communities")] | None = sql(
        resolve.condition_of, "The catalogue's entry for it. Null unless it is an accepted or merged condition."
    )
    indicator: Indicator | None = sql(
        observations.indicator_of, "The catalogue's entry for it. Null unless it is an accepted or merged symptom."
    )
    treatment: Treatment | None = sql(
        treatments.treatment_of, "The catalogue's entry for it. Null unless it is an accepted or merged treatment."
    )
