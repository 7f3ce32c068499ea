"""Mutations of members' own treatments."""

from resolvers.tracking import own_treatments, treatments
from resolvers.tracking import own_treatments_mutations as write
from resolvers.tracking.treatments_mutations import DOSE_LENGTH
from schema.access import PATIENT
from schema.mutations import Options, given_id, mutation, mutations, shown
from schema.scalars import MEMBERS_DAY
from schema.tracking.own_indicators_mutations import NAME
from schema.tracking.own_treatments import OwnCourse, OwnTreatment
from schema.tracking.treatments import Treatment

OWN = {"own_treatment": shown(OwnTreatment, own_treatments.own_treatment_made, "The treatment.")}
COURSE = {"own_course": shown(OwnCourse, own_treatments.own_course_made, "The course.")}


@mutations
class OwnTreatmentMutations:
    own_course_end = mutation(
        write.end_own_course,
        "End a course of a treatment of the viewer's own, or put it on hold.",
        only=PATIENT,
        rate="diary",
        shows=COURSE,
        own_course="A course of a treatment of the viewer's own.",
        ended_on=f"The last day: not before the first. {MEMBERS_DAY}",
        status="COMPLETED, STOPPED, or ON_HOLD for a course that may still be ended.",
        reason="Why the course was stopped. Required with STOPPED.",
    )
    own_course_start = mutation(
        write.start_own_course,
        "Start a course of a treatment of the viewer's own.",
        only=PATIENT,
        rate="diary",
        shows=COURSE,
        own_treatment="A treatment of the viewer's own.",
        started_on=f"The first day. {MEMBERS_DAY} No two courses of a treatment may start on the same day.",
        dose=f"The dose in words, on a single line: at most {DOSE_LENGTH} characters.",
    )
    own_treatment_create = mutation(
        write.create_own_treatment,
        "Create a treatment that the catalogue lacks, to follow at once. Whatever the member shares, only they and "
        "relatives who keep their diary can see it and its courses. No dataset contains them.",
        only=PATIENT,
        rate="diary",
        shows=OWN,
        name=NAME,
        kind=f"The kind of treatment. A member can have at most {write.OWN_TREATMENTS} treatments of their own.",
    )
    own_treatment_delete = mutation(
        write.delete_own_treatment,
        "Delete a treatment of the viewer's own, with its courses.",
        only=PATIENT,
        rate="diary",
        shows={
            "own_treatment_id": given_id("otr", "The id of the deleted treatment."),
            "own_treatment": shown(
                OwnTreatment, own_treatments.own_treatment_left, "Always null: the treatment is deleted."
            ),
        },
        options=Options(read_by="removed"),
        own_treatment="A treatment of the viewer's own.",
    )
    own_treatment_merge = mutation(
        write.merge_own_treatment,
        "Move the courses of a treatment of the viewer's own to a treatment of the catalogue. They are then shared "
        "like the viewer's other courses. A course does not move if one of the other treatment started on the same "
        "day.",
        only=PATIENT,
        rate="diary",
        shows={
            "treatment": shown(Treatment, treatments.treatment_of),
            "own_treatment": shown(
                OwnTreatment,
                own_treatments.own_treatment_made,
                "The viewer's own treatment, with what was not moved. Null if everything was moved: it is deleted.",
            ),
        },
        own_treatment="A treatment of the viewer's own.",
        into="The same treatment in the catalogue.",
    )
    own_treatment_rename = mutation(
        write.rename_own_treatment,
        "Rename a treatment of the viewer's own.",
        only=PATIENT,
        rate="diary",
        shows=OWN,
        own_treatment="A treatment of the viewer's own.",
        name=NAME,
    )
