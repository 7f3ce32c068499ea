"""The only place for treatments as the graph shows them: the catalogue, members' courses, and their evaluations."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models import treatments as tables
from planner.declare import column, graph_type, paged, sql
from resolvers import communities, insights, members, tracking
from resolvers import treatments as resolve
from schema.access import PATIENT, PUBLIC, SIGNED_IN
from schema.pagination import Connection, Node
from schema.tracking import Indicator

if TYPE_CHECKING:
    from schema.communities import Community
    from schema.insights import Insight
    from schema.members import Member

strawberry.enum(tables.TreatmentKind, description="What sort of treatment it is.")
strawberry.enum(tables.CourseStatus, description="Where a course stands.")
strawberry.enum(tables.StopReason, description="Why a course was ended.")
strawberry.enum(tables.Severity, description="How bad a side effect was, in the member's own judgement.")


@graph_type(audience=PUBLIC, row=tables.Treatment, prefix="trt")
class Treatment(Node):
    """A treatment of the catalogue: a medicine, a procedure, a device, a therapy, a supplement or a way of living."""

    slug: str = column("Its name in addresses, such as `methotrexate`.")
    name: str = column("Its name.")
    kind: tables.TreatmentKind = column("What sort of treatment it is.")
    inn: str | None = column("A medicine's international nonproprietary name; null for all else.")
    atc: str | None = column("A medicine's ATC code; null where it has none.")
    evaluations: Connection[Annotated["TreatmentEvaluation", strawberry.lazy("schema.treatments")]] = paged(
        resolve.evaluations_of,
        "What members who share it with the viewer think of it, newest first; of one community's courses by its slug.",
        only=PATIENT,
    )
    insights: Connection[Annotated["Insight", strawberry.lazy("schema.insights")]] = paged(
        insights.insights_of_treatment,
        "What has been published about it in particular, newest first; of one community's datasets by its slug.",
        only=SIGNED_IN,
    )


@graph_type(audience=PATIENT, row=tables.Course, prefix="crs")
class TreatmentCourse(Node):
    """One member's run of one treatment."""

    treatment: Treatment = sql(resolve.treatment_of, "What is taken or done.")
    community: Annotated["Community", strawberry.lazy("schema.communities")] | None = sql(
        communities.community_of, "The community of the condition it is for; null where none was named."
    )
    status: tables.CourseStatus = column("Where it stands.")
    started_on: date = column("Its first day.")
    ended_on: date | None = column("Its last day; null while it has none.")
    dose: str | None = column("The dose as the member wrote it; null where nothing was written.")
    stop_reason: tables.StopReason | None = column("Why it was ended; null where it was not, or nobody said.")
    evaluation: Annotated["TreatmentEvaluation", strawberry.lazy("schema.treatments")] | None = sql(
        resolve.evaluation_of, "What the member thinks of it; null until it is said."
    )


@graph_type(audience=PATIENT)
class SideEffect:
    """A side effect that a member names in an evaluation."""

    indicator: Indicator = sql(tracking.indicator_of, "What was felt.")
    severity: tables.Severity = column("How bad it was.")
    serious: bool = column("Whether it led to a hospital, a disability or a danger to life.")


@graph_type(audience=PATIENT, row=tables.Evaluation, prefix="evl")
class TreatmentEvaluation(Node):
    """What a member thinks of a course: each figure from 0, the worst, to 10, the best."""

    member: Annotated["Member", strawberry.lazy("schema.members")] = sql(members.member_of, "Whose opinion it is.")
    course: TreatmentCourse = sql(resolve.course_of, "The course it is about.")
    evaluated_on: date = column("The day it was given.")
    effectiveness: int = column("How well it worked, 0 to 10.")
    convenience: int = column("How easy it was to live with, 0 to 10.")
    satisfaction: int = column("How content the member is with it as a whole, 0 to 10.")
    side_effects: list[SideEffect] = sql(resolve.side_effects_of, "The side effects that were felt, by name.")
    comment: str | None = column("In the member's own words; null where nothing was written.")
