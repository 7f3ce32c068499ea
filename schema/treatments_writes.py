"""The only place for what members do with their treatments, as the graph offers it: starting, ending and evaluating."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from models import treatments as tables
from models.viewers import Viewer
from models.viewing import Connection
from planner.declare import graph_type, sql
from resolvers import treatments as resolve
from resolvers import treatments_writes as write
from schema.access import PATIENT
from schema.context import Context
from schema.treatments import TreatmentCourse, TreatmentEvaluation
from schema.writing import Payload, carry_out, client_mutation_id, id_of, id_or_none


@strawberry.input(description="A treatment that the viewer has begun.")
class CourseStartInput:
    treatment: strawberry.ID = strawberry.field(description="The treatment's id.")
    community: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the community of the condition it is for: one that the viewer is in."
    )
    started_on: date = strawberry.field(description="Its first day; none that is still to come.")
    dose: str | None = strawberry.field(default=None, description="The dose in words, at most 200 characters.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class CourseStartPayload(Payload):
    """What beginning a course came to."""

    course_id: strawberry.Private[UUID | None] = None
    course: TreatmentCourse | None = sql(resolve.course_made, "The course; null where it was refused.")


@strawberry.input(description="A course that the viewer has ended, or put on hold.")
class CourseEndInput:
    course: strawberry.ID = strawberry.field(description="The course's id: one of the viewer's own.")
    ended_on: date = strawberry.field(description="Its last day: not before its first, and none that is still to come.")
    status: tables.CourseStatus = strawberry.field(
        description="COMPLETED, STOPPED, or ON_HOLD for one that may still be ended."
    )
    reason: tables.StopReason | None = strawberry.field(default=None, description="Why; it must be given with STOPPED.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class CourseEndPayload(Payload):
    """What ending a course came to."""

    course_id: strawberry.Private[UUID | None] = None
    course: TreatmentCourse | None = sql(resolve.course_made, "The course; null where it was refused.")


@strawberry.input(description="A side effect that was felt.")
class SideEffectEntry:
    indicator: strawberry.ID = strawberry.field(description="The id of the symptom: an indicator of that kind.")
    severity: tables.Severity = strawberry.field(description="How bad it was.")
    serious: bool = strawberry.field(description="Whether it led to a hospital, a disability or a danger to life.")


@strawberry.input(description="What the viewer thinks of a course, instead of what it said of it before.")
class CourseEvaluateInput:
    course: strawberry.ID = strawberry.field(description="The course's id: one of the viewer's own.")
    effectiveness: int = strawberry.field(description="How well it worked, 0 to 10.")
    convenience: int = strawberry.field(description="How easy it was to live with, 0 to 10.")
    satisfaction: int = strawberry.field(description="How content the viewer is with it as a whole, 0 to 10.")
    side_effects: list[SideEffectEntry] | None = strawberry.field(
        default=None, description="The side effects that were felt, at most 50, each once."
    )
    comment: str | None = strawberry.field(default=None, description="In one's own words, at most 4,000 characters.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class CourseEvaluatePayload(Payload):
    """What evaluating a course came to."""

    evaluation_id: strawberry.Private[UUID | None] = None
    evaluation: TreatmentEvaluation | None = sql(resolve.evaluation_made, "The evaluation; null where it was refused.")


async def start_course(info: strawberry.Info[Context, None], input: CourseStartInput) -> CourseStartPayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        community = None
        if input.community is not None:
            community = id_of(input.community, "com", "input", "community")
        course = await write.start_course(
            connection,
            viewer,
            treatment=id_of(input.treatment, "trt", "input", "treatment"),
            started_on=input.started_on,
            community=community,
            dose=input.dose,
        )
        return {"course_id": course}

    return await carry_out(info, CourseStartPayload, input, work)


async def end_course(info: strawberry.Info[Context, None], input: CourseEndInput) -> CourseEndPayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        course = await write.end_course(
            connection,
            viewer,
            course=id_of(input.course, "crs", "input", "course"),
            ended_on=input.ended_on,
            status=input.status,
            reason=input.reason,
        )
        return {"course_id": course}

    return await carry_out(info, CourseEndPayload, input, work)


async def evaluate_course(info: strawberry.Info[Context, None], input: CourseEvaluateInput) -> CourseEvaluatePayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        side_effects = [
            write.SideEffect(id_or_none(one.indicator, "ind"), one.severity, one.serious)
            for one in input.side_effects or ()
        ]
        evaluation = await write.evaluate_course(
            connection,
            viewer,
            course=id_of(input.course, "crs", "input", "course"),
            effectiveness=input.effectiveness,
            convenience=input.convenience,
            satisfaction=input.satisfaction,
            side_effects=side_effects,
            comment=input.comment,
        )
        return {"evaluation_id": evaluation}

    return await carry_out(info, CourseEvaluatePayload, input, work)
