"""Creates, renames, merges and deletes members' own treatments, and starts and ends their courses."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import OwnCourseId, OwnTreatmentId, TreatmentId
from models.tracking.treatments import CourseStatus, StopReason, TreatmentKind
from models.viewers import Viewer
from resolvers.days import day_within
from resolvers.faults import Faults
from resolvers.own_entries import delete_own, expect_entry_of, own_name_in, own_row, refuse_used, rename_own
from resolvers.tracking.treatments_mutations import BEGUN, DOSE_LENGTH, end
from resolvers.transactions import limit_reached, member_of, not_found, optional_line_within, taken

TABLE = "own_treatment"
USED = message("There is a treatment with this name already.")
OWN_TREATMENTS = 50  # of a member


@dataclass(frozen=True)
class MovedCourses:
    """The treatment that courses were moved to, and the own treatment that they were moved from."""

    treatment_id: UUID
    own_treatment_id: UUID


async def create_own_treatment(
    connection: Connection, viewer: Viewer, faults: Faults, *, name: str, kind: TreatmentKind
) -> UUID:
    """Creates an own treatment for the viewer, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: INVALID and TOO_LONG for the name, TAKEN for a name
    that they use already, LIMIT_REACHED.
    """
    member = member_of(viewer)
    with faults.collected():
        name = own_name_in(name)
    if await refuse_used(connection, faults, TABLE, member, name, USED) >= OWN_TREATMENTS:
        full = message("A member can have at most {most} treatments of their own.", most=OWN_TREATMENTS)
        faults.add(*limit_reached(full).refusals)
    faults.refuse()
    made: UUID = await connection.fetchval(
        "INSERT INTO care.own_treatment (member_id, name, kind) VALUES ($1, $2, $3) RETURNING id",
        member, name, kind.value,
    )  # fmt: skip
    return made


async def rename_own_treatment(
    connection: Connection, viewer: Viewer, faults: Faults, *, own_treatment: OwnTreatmentId, name: str
) -> UUID:
    """As `rename_own`, for an own treatment."""
    return await rename_own(connection, viewer, faults, TABLE, own_treatment, name, USED)


async def delete_own_treatment(connection: Connection, viewer: Viewer, *, own_treatment: OwnTreatmentId) -> UUID:
    """As `delete_own`, for an own treatment with its courses."""
    return await delete_own(connection, viewer, TABLE, own_treatment)


async def merge_own_treatment(
    connection: Connection, viewer: Viewer, faults: Faults, *, own_treatment: OwnTreatmentId, into: TreatmentId
) -> MovedCourses:
    """Moves the courses of an own treatment of the viewer to a treatment of the catalogue; the ids of both.

    The own treatment is deleted, unless courses remain that began on the day of one of the other. Raises Forbidden if
    the viewer is not a member, and Refused: NOT_FOUND for either.
    """
    with faults.collected():
        await own_row(connection, viewer, TABLE, own_treatment)
    with faults.collected():
        await expect_entry_of(connection, "treatment", into)
    faults.refuse()
    if await connection.fetchval("SELECT care.merge_own_treatment($1, $2)", own_treatment, into) == "NOTHING":
        raise not_found("into")  # a concurrent request has retired it
    return MovedCourses(into, own_treatment)


async def start_own_course(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    own_treatment: OwnTreatmentId,
    started_on: date,
    dose: str | None = None,
) -> UUID:
    """Starts a course of an own treatment of the viewer, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND for the treatment, INVALID for the day or the
    dose, TOO_LONG for the dose, TAKEN if another course of the treatment started on the same day.
    """
    member = member_of(viewer)
    with faults.collected():
        await own_row(connection, viewer, TABLE, own_treatment)
    with faults.collected():
        await day_within(connection, started_on, "started_on")
    with faults.collected():
        dose = optional_line_within(dose, DOSE_LENGTH, "dose")
    begun = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM care.own_course WHERE own_treatment_id = $1 AND started_on = $2)",
        own_treatment, started_on,
    )  # fmt: skip
    if begun:
        faults.add(*taken(BEGUN, "started_on").refusals)
    faults.refuse()
    made: UUID = await connection.fetchval(
        """
        INSERT INTO care.own_course (member_id, own_treatment_id, status, started_on, dose)
        VALUES ($1, $2, 'ACTIVE', $3, $4) RETURNING id
        """,
        member, own_treatment, started_on, dose,
    )  # fmt: skip
    return made


async def end_own_course(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    own_course: OwnCourseId,
    ended_on: date,
    status: CourseStatus,
    reason: StopReason | None = None,
) -> UUID:
    """As `end_course`, for a course of an own treatment."""
    return await end(connection, viewer, faults, "own_course", own_course, ended_on, status, reason)
