"""Starts and ends members' courses of treatment, and records their evaluations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import CommunityId, CourseId, IndicatorIdOrNone, TreatmentId
from models.tracking.observations import IndicatorKind
from models.tracking.treatments import CourseStatus, Severity, StopReason
from models.viewers import Viewer
from resolvers.catalogue_entries import RETIRED
from resolvers.days import day_within
from resolvers.eligibility import eligibility_changed
from resolvers.faults import Faults
from resolvers.own_entries import own_row
from resolvers.transactions import (
    Refusal,
    invalid,
    limit_reached,
    member_of,
    not_found,
    optional_line_within,
    optional_text_within,
    taken,
    too_late,
)

DOSE_LENGTH = 200
COMMENT_LENGTH = 4_000
SIDE_EFFECTS = 50
BEGUN = message("You already have a course of this treatment that started on this day.")
MOST = 10  # of each rating in an evaluation; the least is 0


@dataclass(frozen=True)
class ReportedSideEffect:
    """A side effect in an evaluation; `indicator` is None for an id of another type."""

    indicator: IndicatorIdOrNone
    severity: Severity
    serious: bool


async def start_course(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    treatment: TreatmentId,
    community: CommunityId | None = None,
    started_on: date,
    dose: str | None = None,
) -> UUID:
    """Starts a course of a treatment, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND for the treatment, or for a community that
    they do not belong to, TOO_LATE for a retired treatment that they have not had, INVALID for the day or the
    dose, TOO_LONG for the dose, TAKEN if another course of the treatment started on the same day.
    """
    member = member_of(viewer)
    with faults.collected():
        found = await connection.fetchrow(
            "SELECT merged_into_id IS NOT NULL OR retired_on IS NOT NULL AND NOT EXISTS (SELECT FROM care.course c"
            " WHERE c.treatment_id = t.id AND c.member_id = $2) AS retired FROM catalog.treatment t WHERE t.id = $1",
            treatment, member,
        )  # fmt: skip
        if found is None:
            raise not_found("treatment")
        if found["retired"]:
            raise too_late(RETIRED, "treatment")
    with faults.collected():
        if community is not None and not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM care.membership WHERE member_id = $1 AND community_id = $2)", member, community
        ):
            raise not_found("community")
    with faults.collected():
        await day_within(connection, started_on, "started_on")
    with faults.collected():
        dose = optional_line_within(dose, DOSE_LENGTH, "dose")
    # Of two identical requests at once, the second waits here, and then finds the first one's course.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"courses of {member}")
    begun = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM care.course WHERE member_id = $1 AND treatment_id = $2 AND started_on = $3)",
        member, treatment, started_on,
    )  # fmt: skip
    if begun:
        faults.add(*taken(BEGUN, "started_on").refusals)
    faults.refuse()
    made: UUID = await connection.fetchval(
        """
        INSERT INTO care.course (member_id, treatment_id, community_id, status, started_on, dose)
        VALUES ($1, $2, $3, 'ACTIVE', $4, $5) RETURNING id
        """,
        member, treatment, community, started_on, dose,
    )  # fmt: skip
    await eligibility_changed(connection, viewer)
    return made


async def end_course(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    course: CourseId,
    ended_on: date,
    status: CourseStatus,
    reason: StopReason | None = None,
) -> UUID:
    """Ends a course, or puts it on hold, after which it can still be ended, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND if the course is not theirs, INVALID for the
    status, the reason or the day, TOO_LATE if it has already ended.
    """
    return await end(connection, viewer, faults, "course", course, ended_on, status, reason)


async def end(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    table: str,
    course: UUID,
    ended_on: date,
    status: CourseStatus,
    reason: StopReason | None,
) -> UUID:
    """Ends a course in `care.{table}`, and returns its id; raises as `end_course` does."""
    found = None
    with faults.collected():
        found = await own_row(connection, viewer, table, course)
        if found["status"] in (CourseStatus.COMPLETED, CourseStatus.STOPPED):
            raise too_late(message("This course has already ended."), table)
    with faults.collected():
        if status is CourseStatus.ACTIVE:
            raise invalid(message("The status must be COMPLETED, STOPPED or ON_HOLD."), "status")
        if status is CourseStatus.STOPPED and reason is None:
            raise invalid(message("STOPPED requires a reason."), "reason")
    with faults.collected():
        await day_within(connection, ended_on, "ended_on")
        if found is not None and ended_on < found["started_on"]:
            raise invalid(message("This day precedes the first day of the course."), "ended_on")
    faults.refuse()
    await connection.execute(
        f"UPDATE care.{table} SET status = $2, ended_on = $3, stop_reason = $4 WHERE id = $1",  # noqa: S608 - ours
        course, status.value, ended_on, reason and reason.value,
    )  # fmt: skip
    return course


async def evaluate_course(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    course: CourseId,
    effectiveness: int,
    convenience: int,
    satisfaction: int,
    side_effects: Sequence[ReportedSideEffect] | None = None,
    comment: str | None = None,
) -> UUID:
    """Records an evaluation of one of the viewer's courses, which replaces an earlier one, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND if the course is not theirs or for an
    indicator, INVALID for a rating or a side effect, TOO_LONG for the comment, LIMIT_REACHED for too many side effects.
    """
    found = None
    with faults.collected():
        found = await own_row(connection, viewer, "course", course)
    side_effects = side_effects or ()
    figures = {"effectiveness": effectiveness, "convenience": convenience, "satisfaction": satisfaction}
    for name, figure in figures.items():
        if not 0 <= figure <= MOST:
            faults.add(*invalid(message("The rating must be between 0 and {most}.", most=MOST), name).refusals)
    with faults.collected():
        comment = optional_text_within(comment, COMMENT_LENGTH, "comment")
    faults.add(*await refusals_of(connection, viewer, side_effects))
    faults.refuse()
    assert found is not None
    evaluation: UUID = await connection.fetchval(
        """
        INSERT INTO care.evaluation
            (course_id, member_id, treatment_id, evaluated_on, effectiveness, convenience, satisfaction, comment)
        VALUES ($1, $2, $3, greatest(catalog.today(), $8), $4, $5, $6, $7)
        ON CONFLICT (course_id) DO UPDATE SET evaluated_on = excluded.evaluated_on,
            effectiveness = excluded.effectiveness, convenience = excluded.convenience,
            satisfaction = excluded.satisfaction, comment = excluded.comment
        RETURNING id
        """,
        course, found["member_id"], found["treatment_id"], effectiveness, convenience, satisfaction, comment,
        found["started_on"],  # tomorrow by UTC, where the day has already begun
    )  # fmt: skip
    await connection.execute("DELETE FROM care.side_effect WHERE evaluation_id = $1", evaluation)
    await connection.executemany(
        """
        INSERT INTO care.side_effect (evaluation_id, member_id, indicator_id, severity, serious)
        VALUES ($1, $2, $3, $4, $5)
        """,
        [(evaluation, found["member_id"], one.indicator, one.severity.value, one.serious) for one in side_effects],
    )
    return evaluation


async def refusals_of(
    connection: Connection, viewer: Viewer, side_effects: Sequence[ReportedSideEffect]
) -> list[Refusal]:
    """Refusals of side effects: NOT_FOUND, TOO_LATE for retired ones, INVALID, and LIMIT_REACHED for too many."""
    if len(side_effects) > SIDE_EFFECTS:
        return [
            *limit_reached(
                message("At most {most} side effects can be reported.", most=SIDE_EFFECTS),
                "side_effects",
            ).refusals
        ]
    named = [one.indicator for one in side_effects if one.indicator is not None]
    found = await connection.fetch(
        """
        SELECT i.id, i.kind, i.merged_into_id IS NOT NULL OR i.retired_on IS NOT NULL AND NOT EXISTS (
                SELECT FROM care.side_effect s WHERE s.indicator_id = i.id AND s.member_id = $2)
            AND NOT EXISTS (
                SELECT FROM care.observation o WHERE o.indicator_id = i.id AND o.member_id = $2) AS retired
        FROM catalog.indicator i WHERE i.id = any($1::uuid[])
        """,
        named,
        viewer.member,
    )
    kinds: dict[UUID | None, str] = {indicator["id"]: indicator["kind"] for indicator in found}
    retired = {indicator["id"] for indicator in found if indicator["retired"]}
    refusals: list[Refusal] = []
    seen = set()
    for place, one in enumerate(side_effects):
        path = ("side_effects", place, "indicator")
        if one.indicator not in kinds:
            refusals += not_found(*path).refusals
        elif one.indicator in retired:
            refusals += too_late(RETIRED, *path).refusals
        elif kinds[one.indicator] != IndicatorKind.SYMPTOM:
            refusals += invalid(message("The indicator of a side effect must be a symptom."), *path).refusals
        elif one.indicator in seen:
            refusals += invalid(message("An earlier entry names the same symptom."), *path).refusals
        seen.add(one.indicator)
    return refusals
