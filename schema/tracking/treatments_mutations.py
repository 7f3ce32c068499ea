"""Mutations of courses of treatment: starting, ending and evaluating them."""

from resolvers.tracking import treatments as resolve
from resolvers.tracking import treatments_mutations as write
from schema.access import PATIENT
from schema.inputs import nested
from schema.mutations import mutation, mutations, shown
from schema.scalars import MEMBERS_DAY
from schema.tracking.treatments import TreatmentCourse, TreatmentEvaluation

COURSE = {"course": shown(TreatmentCourse, resolve.course_made)}

nested(
    write.ReportedSideEffect,
    "SideEffectEntry",
    "A side effect.",
    indicator="The symptom: an indicator of that kind.",
    severity="How severe it was.",
    serious="Whether it led to a hospital stay, a disability or a danger to life.",
)


@mutations
class TreatmentMutations:
    course_end = mutation(
        write.end_course,
        "End one of the viewer's courses, or put it on hold.",
        only=PATIENT,
        rate="diary",
        shows=COURSE,
        course="One of the viewer's own courses.",
        ended_on=f"The last day: not before the first. {MEMBERS_DAY}",
        status="COMPLETED, STOPPED, or ON_HOLD for a course that may still be ended.",
        reason="Why the course was stopped. Required with STOPPED.",
    )
    course_evaluate = mutation(
        write.evaluate_course,
        "Evaluate one of the viewer's courses. This replaces an earlier evaluation.",
        only=PATIENT,
        rate="diary",
        shows={"evaluation": shown(TreatmentEvaluation, resolve.evaluation_made)},
        course="One of the viewer's own courses.",
        effectiveness=f"How well it worked, from 0 to {write.MOST}.",
        convenience=f"How convenient it was, from 0 to {write.MOST}.",
        satisfaction=f"How satisfied the viewer is overall, from 0 to {write.MOST}.",
        side_effects=f"The side effects, each once: at most {write.SIDE_EFFECTS}.",
        comment=f"A comment: at most {write.COMMENT_LENGTH:,} characters.",
    )
    course_start = mutation(
        write.start_course,
        "Start a course of a treatment.",
        only=PATIENT,
        rate="diary",
        shows=COURSE,
        treatment="The treatment.",
        community="The community of the condition that is treated: one that the viewer is a member of.",
        started_on=f"The first day. {MEMBERS_DAY}",
        dose=f"The dose in words, on a single line: at most {write.DOSE_LENGTH} characters.",
    )
