"""Reads members' own treatments and their courses."""

from models.name_order import ordered_as
from models.rows import Expression, Row, Rows, ViewerIds, row, select
from models.tracking import own_treatments as tables
from resolvers.tracking.observations import overlapping
from resolvers.visible import is_entrusted


def own_treatments_of(me: Row) -> Rows:
    """The member's own treatments, by name."""
    return _of_member(me.member_id)


def patients_own_treatments(link: Row, *, viewer: ViewerIds) -> Rows:
    """Those of the patient of a care link; none unless it is accepted, in the same time however many there are."""
    return _of_member(link.patient_id).where(is_entrusted(link.patient_id, viewer))


def own_treatment_of(owner: Row) -> Rows:
    """One row, by `own_treatment_id`."""
    treatment = row(tables.OwnTreatment)
    return select(treatment).where(treatment.id == owner.own_treatment_id)


def own_treatment_made(payload: Row) -> Rows:
    """One row: the treatment that a mutation has created or changed."""
    return own_treatment_of(payload)


def own_treatment_left(payload: Row) -> Rows:
    """No row: a deleted treatment, in a payload whose field is always null."""
    treatment = row(tables.OwnTreatment)
    return select(treatment).where(treatment.id == payload.removed)


def own_courses_of(treatment: Row) -> Rows:
    """Courses, the last begun first."""
    course = row(tables.OwnCourse)
    found = select(course).where(course.own_treatment_id == treatment.id)
    return found.order_by(course.started_on.desc(), course.id.desc())


def own_courses_within(dashboard: Row) -> Rows:
    """As `overlapping`, of courses of the member's own treatments."""
    return overlapping(dashboard, row(tables.OwnCourse))


def own_course_made(payload: Row) -> Rows:
    """One row: the course that a mutation has written."""
    course = row(tables.OwnCourse)
    return select(course).where(course.id == payload.own_course_id)


def _of_member(member_id: Expression) -> Rows:
    treatment = row(tables.OwnTreatment)
    return select(treatment).where(treatment.member_id == member_id).order_by(ordered_as(treatment.name), treatment.id)
