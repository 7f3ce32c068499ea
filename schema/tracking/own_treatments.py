"""Members' own treatments, and their courses."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.tracking import own_treatments as tables
from models.tracking import treatments
from planner.declare import column, graph_type, sql
from resolvers.community import proposals
from resolvers.tracking import own_treatments as resolve
from schema.access import PATIENT
from schema.pagination import Node
from schema.tracking.treatments import RECORDED, Course, Followable

if TYPE_CHECKING:
    from schema.community.proposals import CatalogueProposal


@graph_type(audience=PATIENT, row=tables.OwnTreatment, prefix="otr", recorded=RECORDED)
class OwnTreatment(Node, Followable):
    """A treatment that a member added for themselves. Only they and relatives who keep their diary can see it."""

    name: str = column("Name, in the member's own words.")
    kind: treatments.TreatmentKind = column("Kind of treatment.")
    courses: list[Annotated["OwnCourse", strawberry.lazy("schema.tracking.own_treatments")]] = sql(
        resolve.own_courses_of, "Its courses, most recently started first."
    )
    proposal: Annotated["CatalogueProposal", strawberry.lazy("schema.community.proposals")] | None = sql(
        proposals.proposal_of,
        "The proposal with which it moves to the catalogue. Null if there is none, and for relatives.",
    )


@graph_type(audience=PATIENT, row=tables.OwnCourse, prefix="ocr", recorded=RECORDED)
class OwnCourse(Node, Course):
    """A member's course of a treatment of their own, from its first day to its last."""

    treatment: OwnTreatment = sql(resolve.own_treatment_of, "The treatment.")
    status: treatments.CourseStatus = column("Status of the course.")
    started_on: date = column("First day.")
    ended_on: date | None = column("Last day. Null if it has not ended.")
    dose: str | None = column("The dose, in the member's own words. Null if unset.")
    stop_reason: treatments.StopReason | None = column(
        "Why it ended. Null if it has not ended, or no reason was given."
    )
