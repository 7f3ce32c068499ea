"""Reads treatments, courses, evaluations and side effects."""

from collections.abc import Callable

from sqlalchemy import false, func, literal_column

from models.community.communities import Community
from models.identity.members import Membership
from models.name_order import ordered_as
from models.rows import Expression, ForEach, ListParts, Row, Rows, Value, ViewerIds, row, select
from models.tracking import observations
from models.tracking import treatments as tables
from models.viewers import Audience
from resolvers.lookup import by_name, community_called, listed, matched_name
from resolvers.visible import (
    SHARED_IN_COMMUNITIES,
    SHARED_WITH_ALL,
    is_entrusted,
    is_shared,
    unindexed,
    viewer_communities,
)


def treatments(
    *, viewer: ViewerIds, search: Value[str] | None = None, kind: tables.TreatmentKind | None = None
) -> Rows:
    """Treatments that the viewer is offered, by name; or those that `search` matches, the best first."""
    treatment = row(tables.Treatment)
    found = select(treatment).where(*offered_treatment(treatment, viewer))
    if kind is not None:
        found = found.where(treatment.kind == kind)
    return listed(found, treatment, viewer, search, (ordered_as(treatment.name), treatment.id))


def matched_treatment_name(treatment: Row, *, viewer: ViewerIds, search: Value[str]) -> Rows:
    """The name that `search` has matched, with its kind: one row, or none. Its INN and further words count too."""
    further = func.concat_ws(literal_column("', '"), treatment.inn, treatment.words)
    return matched_name(treatment, viewer, search, further=further)


def offered_treatment(treatment: Row, viewer: ViewerIds) -> tuple[Expression, ...]:
    """The condition on treatments in lists: not retired, or followed by the viewer. Staff see all: no condition."""
    if viewer.view is Audience.MANAGER:
        return ()
    offered = treatment.retired_on.is_(None)
    if viewer.view is not Audience.PATIENT:
        return (offered,)
    course = row(tables.Course)
    return (offered | treatment.id.in_(select(course.treatment_id).where(course.member_id == viewer.member)),)


def treatment(*, slug: Value[str]) -> Rows:
    """One row, or none."""
    found = row(tables.Treatment)
    return select(found).where(found.slug == slug)


def merged_into(merged: Row) -> Rows:
    """The treatment into which this one was merged: one row, or none."""
    treatment = row(tables.Treatment)
    return select(treatment).where(treatment.id == merged.merged_into_id)


def treatment_of(owner: Row) -> Rows:
    """One row, by `treatment_id`."""
    treatment = row(tables.Treatment)
    return select(treatment).where(treatment.id == owner.treatment_id)


def evaluations_of(treatment: Row, *, viewer: ViewerIds, community: Value[str] | None = None) -> ListParts:
    """Members' evaluations that are shared with the viewer, by parts that an index finds without the others.

    One that its member shares with their communities is listed for members of the community of its course: to list it
    for others would tell them that the member belongs to that community.
    """
    place = None if community is None else community_called(community)
    theirs = viewer_communities()

    def evaluations(of: Callable[[Row], tuple[Expression, ...]]) -> Rows:
        evaluation = row(tables.Evaluation)
        found = select(evaluation).where(*of(evaluation))
        return found.order_by(evaluation.evaluated_on.desc(), evaluation.id.desc())

    def shared_with_all(evaluation: Row) -> tuple[Expression, ...]:
        there = () if place is None else (evaluation.community_id == place,)
        return evaluation.treatment_id == treatment.id, *there, evaluation.sharing == SHARED_WITH_ALL

    def shared_in(id: Expression, *conditions: Expression) -> Rows:
        return evaluations(
            lambda each: (
                each.treatment_id == treatment.id,
                each.community_id == id,
                each.sharing == SHARED_IN_COMMUNITIES,
                *conditions,
            )
        )

    def entrusted(evaluation: Row) -> tuple[Expression, ...]:
        shared = func.coalesce(is_shared(evaluation.sharing, evaluation.community_id == func.any(theirs)), false())
        there = () if place is None else (place.is_not(None), unindexed(evaluation.community_id, place))
        return (
            is_entrusted(evaluation.member_id, viewer),
            unindexed(evaluation.treatment_id, treatment.id),
            *there,
            ~shared,
        )

    return ListParts(
        (
            evaluations(shared_with_all),
            ForEach(theirs, shared_in) if place is None else shared_in(place, place == func.any(theirs)),
            evaluations(entrusted),
        )
    )


def evaluation_of(course: Row) -> Rows:
    """One row, or none if the member has not evaluated the course."""
    evaluation = row(tables.Evaluation)
    return select(evaluation).where(evaluation.course_id == course.id)


def community_of_course(course: Row, *, viewer: ViewerIds) -> Rows:
    """The community of a course, whose member belongs to it: for those with whom they share that, as policies say."""
    community, membership = row(Community), row(Membership)
    shared = select(membership.member_id).where(
        membership.member_id == course.member_id, membership.community_id == course.community_id
    )
    return select(community).where(
        community.id == course.community_id, is_entrusted(course.member_id, viewer) | shared.exists()
    )


def course_of(evaluation: Row) -> Rows:
    """One row, by `course_id`."""
    course = row(tables.Course)
    return select(course).where(course.id == evaluation.course_id)


def course_made(payload: Row) -> Rows:
    """One row: the course that a mutation has written."""
    course = row(tables.Course)
    return select(course).where(course.id == payload.course_id)


def evaluation_made(payload: Row) -> Rows:
    """One row: the evaluation that a mutation has written."""
    evaluation = row(tables.Evaluation)
    return select(evaluation).where(evaluation.id == payload.evaluation_id)


def side_effects_of(evaluation: Row, *, viewer: ViewerIds) -> Rows:
    """Side effects, by the name of their indicator in the language of the viewer."""
    side_effect, indicator = row(tables.SideEffect), row(observations.Indicator)
    return (
        select(side_effect)
        .join(indicator, indicator.id == side_effect.indicator_id)
        .where(side_effect.evaluation_id == evaluation.id)
        .order_by(*by_name(indicator, viewer))
    )


def courses_of(me: Row, *, status: tables.CourseStatus | None = None) -> Rows:
    """The member's courses, the last begun first; those of one status, if it is given."""
    course = row(tables.Course)
    found = select(course).where(course.member_id == me.member_id)
    found = found.order_by(course.started_on.desc(), course.id.desc())
    return found if status is None else found.where(course.status == status)
