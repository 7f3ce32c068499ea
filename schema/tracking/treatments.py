"""Treatments: the catalogue, members' courses and their evaluations."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity.data_reads import MemberDataKind
from models.tracking import treatments as tables
from planner.declare import column, graph_enum, graph_interface, graph_type, paged, sql
from planner.declared import AboutMember, Recorded
from resolvers.catalogue_entries import WORDS_LENGTH
from resolvers.identity import members
from resolvers.insight import insights
from resolvers.row_texts import original_of, translations_of
from resolvers.tracking import observations
from resolvers.tracking import treatments as resolve
from resolvers.tracking.treatments_mutations import COMMENT_LENGTH, MOST
from resolvers.visible import viewer_patients
from schema.access import MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.catalogue_texts import MATCHED, MATCHED_SEARCH, ORIGINAL, VERSION_SHOWN, MatchedName, Translation
from schema.pagination import UNKNOWN_SLUG, Node, RelayConnection
from schema.tracking.observations import Indicator

if TYPE_CHECKING:
    from schema.community.communities import Community
    from schema.identity.members import Member
    from schema.insight.insights import Insight

graph_enum(tables.TreatmentKind)
graph_enum(tables.CourseStatus)
graph_enum(tables.StopReason)
graph_enum(tables.Severity)


@graph_interface(audience=PUBLIC)
class Followable:
    """Something that members follow: a treatment of the catalogue, or one of a member's own."""

    name: str = column("Name.")
    kind: tables.TreatmentKind = column("Kind of treatment.")


@graph_type(audience=PUBLIC, row=tables.Treatment, prefix="trt")
class Treatment(Node, Followable):
    """A treatment of the catalogue: a medicine, procedure, device, therapy, supplement or change of lifestyle."""

    slug: str = column("URL slug, such as `methotrexate`.")
    name: str = column("Name.", translated=True)
    matched: MatchedName | None = sql(resolve.matched_treatment_name, MATCHED, arguments={"search": MATCHED_SEARCH})
    kind: tables.TreatmentKind = column("Kind of treatment.")
    inn: str | None = column("International nonproprietary name of a medicine. Null for other treatments.")
    atc: str | None = column("ATC code of a medicine. Null if it has none.")
    national_code: str | None = column("CIS code of a medicine in France. Null if it has none.")
    retired_on: date | None = column(
        "The day, by UTC, on which it was retired: only members who have had a course of it can start another one. "
        "Null while it is offered."
    )
    merged_into: Annotated["Treatment", strawberry.lazy("schema.tracking.treatments")] | None = sql(
        resolve.merged_into, "The treatment that it has merged into, which takes its place. Null unless it has merged."
    )
    version: int = column(VERSION_SHOWN, only=MANAGER)
    search_words: str = column(
        "Words by which searches find it, in addition to its name. Empty if there are none.",
        of="words",
        only=MANAGER,
        characters=WORDS_LENGTH,
    )
    original: Translation = sql(original_of, ORIGINAL, only=MANAGER)
    translations: list[Translation] = sql(translations_of, "Its texts in other languages, by language.", only=MANAGER)
    evaluations: RelayConnection[Annotated["TreatmentEvaluation", strawberry.lazy("schema.tracking.treatments")]] = (
        paged(
            resolve.evaluations_of,
            "Members' evaluations of it that are shared with the viewer, newest first. An evaluation that its member "
            "shares with their communities is listed for the community that its course belongs to.",
            arguments={
                "community": f"Slug of a community: only evaluations of courses for its condition. {UNKNOWN_SLUG}"
            },
            only=PATIENT,
        )
    )
    insights: RelayConnection[Annotated["Insight", strawberry.lazy("schema.insight.insights")]] = paged(
        insights.insights_of_treatment,
        "Insights with a variable about this treatment that the viewer may read, newest first. Empty for moderators.",
        arguments={"community": f"Slug of a community: only insights from its datasets. {UNKNOWN_SLUG}"},
        only=SIGNED_IN,
    )


RECORDED = Recorded("member_id", entrusted=viewer_patients, row=MemberDataKind.COURSES)


@graph_interface(audience=PATIENT)
class Course:
    """A member's course of something that they follow, from its first day to its last."""

    treatment: Followable = column("The treatment.")
    status: tables.CourseStatus = column("Status of the course.")
    started_on: date = column("First day.")
    ended_on: date | None = column("Last day. Null if it has not ended.")
    dose: str | None = column("The dose, in the member's own words. Null if unset.")
    stop_reason: tables.StopReason | None = column("Why it ended. Null if it has not ended, or no reason was given.")


@graph_type(
    audience=PATIENT,
    row=tables.Course,
    prefix="crs",
    about=AboutMember("member_id"),
    recorded=replace(RECORDED, fields={"community": MemberDataKind.COMMUNITIES}),
)
class TreatmentCourse(Node, Course):
    """A member's course of a treatment, from its first day to its last."""

    treatment: Treatment = sql(resolve.treatment_of, "The treatment.")
    community: Annotated["Community", strawberry.lazy("schema.community.communities")] | None = sql(
        resolve.community_of_course,
        "The community of the condition that it treats. Null if unset, or if the member does not share with the viewer "
        "that they belong to it.",
    )
    status: tables.CourseStatus = column("Status of the course.")
    started_on: date = column("First day.")
    ended_on: date | None = column("Last day. Null if it has not ended.")
    dose: str | None = column("The dose, in the member's own words. Null if unset.")
    stop_reason: tables.StopReason | None = column("Why it ended. Null if it has not ended, or no reason was given.")
    evaluation: Annotated["TreatmentEvaluation", strawberry.lazy("schema.tracking.treatments")] | None = sql(
        resolve.evaluation_of, "The member's evaluation of it. Null if there is none."
    )


@graph_type(audience=PATIENT)
class SideEffect:
    """A side effect that a member reports in an evaluation."""

    indicator: Indicator = sql(observations.indicator_of, "The symptom.")
    severity: tables.Severity = column("Severity, as the member judges it.")
    serious: bool = column("Whether it led to hospital care or a disability, or was life-threatening.")


@graph_type(
    audience=PATIENT,
    row=tables.Evaluation,
    prefix="evl",
    about=AboutMember("member_id"),
    recorded=Recorded("member_id", entrusted=viewer_patients, row=MemberDataKind.EVALUATIONS),
    description=f"A member's evaluation of a course. Each rating goes from 0 (worst) to {MOST} (best).",
)
class TreatmentEvaluation(Node):
    member: Annotated["Member", strawberry.lazy("schema.identity.members")] = sql(members.member_of, "The member.")
    course: TreatmentCourse = sql(resolve.course_of, "The course.")
    evaluated_on: date = column("The day of the evaluation, by UTC.")
    effectiveness: int = column(f"How well the treatment worked, 0 to {MOST}.")
    convenience: int = column(f"How easy it was to live with, 0 to {MOST}.")
    satisfaction: int = column(f"Overall satisfaction, 0 to {MOST}.")
    side_effects: list[SideEffect] = sql(resolve.side_effects_of, "The side effects, by name.")
    comment: str | None = column(
        "A comment, in the member's own words. Null if there is none.", characters=COMMENT_LENGTH
    )
