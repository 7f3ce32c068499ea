"""Makes, renames, merges and deletes members' own indicators, and records their observations."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import IndicatorId, MemberId, OwnIndicatorId, OwnObservationId
from models.tracking.observations import Scale
from models.viewers import Viewer
from resolvers.days import day_within
from resolvers.faults import Faults
from resolvers.own_entries import delete_own, expect_entry_of, own_name_in, own_row, refuse_used, rename_own
from resolvers.tracking.catalogue_indicators_mutations import bound_in
from resolvers.tracking.observations_mutations import (
    NOTE_LENGTH,
    ObservationEntry,
    keeps_diary,
    may_record,
    refusals_of,
    remove_from_diary,
)
from resolvers.transactions import (
    invalid,
    limit_reached,
    member_of,
    not_found,
    optional_line_within,
    optional_text_within,
)

TABLE = "own_indicator"
USED = message("There is an indicator with this name already.")
OWN_INDICATORS = 50  # of a member
UNIT_LENGTH = 20
BOUNDS = {Scale.RATING_0_10: (0.0, 10.0), Scale.GRADE_NONE_TO_SEVERE: (0.0, 3.0)}  # of scales that need none


@dataclass(frozen=True)
class Merged:
    """The indicator that values were moved to, and the own indicator that they were moved from."""

    indicator_id: UUID
    own_indicator_id: UUID


async def create_own_indicator(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    name: str,
    scale: Scale,
    unit: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    on_behalf_of: MemberId | None = None,
) -> UUID:
    """Makes an own indicator for the viewer, or for a patient whose diary they keep, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: INVALID and TOO_LONG for the name and the unit, INVALID
    for a bound, NOT_FOUND for the patient, TAKEN for a name that the member uses already, LIMIT_REACHED.
    """
    viewers = member_of(viewer)
    with faults.collected():
        if on_behalf_of is not None and not await keeps_diary(connection, viewers, on_behalf_of):
            raise not_found("on_behalf_of")
    with faults.collected():
        name = own_name_in(name)
    with faults.collected():
        unit = optional_line_within(unit, UNIT_LENGTH, "unit")
        expect_unit(scale, unit)
    least, most = bounds_of(scale, minimum, maximum, faults)
    if not faults.at("on_behalf_of"):
        others = await refuse_used(connection, faults, TABLE, on_behalf_of or viewers, name, USED)
        if others >= OWN_INDICATORS:
            full = message("A member can have at most {most} indicators of their own.", most=OWN_INDICATORS)
            faults.add(*limit_reached(full).refusals)
    faults.refuse()
    made: UUID = await connection.fetchval(
        """
        INSERT INTO care.own_indicator (member_id, name, scale, unit, minimum, maximum)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
        """,
        on_behalf_of or viewers, name, scale.value, unit, least, most,
    )  # fmt: skip
    return made


async def rename_own_indicator(
    connection: Connection, viewer: Viewer, faults: Faults, *, own_indicator: OwnIndicatorId, name: str
) -> UUID:
    """As `rename_own`, for an own indicator."""
    return await rename_own(connection, viewer, faults, TABLE, own_indicator, name, USED)


async def delete_own_indicator(connection: Connection, viewer: Viewer, *, own_indicator: OwnIndicatorId) -> UUID:
    """As `delete_own`, for an own indicator with its observations."""
    return await delete_own(connection, viewer, TABLE, own_indicator)


async def merge_own_indicator(
    connection: Connection, viewer: Viewer, faults: Faults, *, own_indicator: OwnIndicatorId, into: IndicatorId
) -> Merged:
    """Moves the observations of an own indicator of the viewer to an indicator of the catalogue; the ids of both.

    The own indicator is deleted, unless days remain on which the viewer has a value of both. Raises Forbidden if the
    viewer is not a member, and Refused: NOT_FOUND for either, INVALID for an indicator whose scale, unit or bounds do
    not fit.
    """
    with faults.collected():
        await own_row(connection, viewer, TABLE, own_indicator)
    with faults.collected():
        await expect_entry_of(connection, "indicator", into)
    faults.refuse()
    outcome = await connection.fetchval("SELECT care.merge_own_indicator($1, $2)", own_indicator, into)
    if outcome == "NOTHING":
        raise not_found("into")  # a concurrent request has retired it
    if outcome == "SCALE":
        raise invalid(message("Its scale differs from that of your indicator."), "into")
    if outcome == "UNIT":
        raise invalid(message("Its unit differs from that of your indicator."), "into")
    if outcome == "BOUNDS":
        raise invalid(message("Values of your indicator are outside its bounds, or mean something else there."), "into")
    return Merged(into, own_indicator)


async def record_own_observation(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    own_indicator: OwnIndicatorId,
    observed_on: date,
    value: float,
    note: str | None = None,
) -> UUID:
    """Records a day's value of an own indicator, which replaces an earlier one, and returns its id.

    The indicator is the viewer's own, or one of a patient whose diary they keep. Raises Forbidden if the viewer is not
    a member, and Refused: NOT_FOUND for the indicator, INVALID for the day or the value, TOO_LONG for the note.
    """
    member = member_of(viewer)
    found = None
    with faults.collected():
        found = await connection.fetchrow(
            "SELECT member_id, scale, minimum, maximum, false AS retired FROM care.own_indicator WHERE id = $1",
            own_indicator,
        )
        if found is None or not await may_record(connection, member, found["member_id"]):
            raise not_found("own_indicator")
        faults.add(*refusals_of(ObservationEntry(own_indicator, value), {own_indicator: found}, ()))
    with faults.collected():
        await day_within(connection, observed_on, "observed_on")
    with faults.collected():
        note = optional_text_within(note, NOTE_LENGTH, "note")
    faults.refuse()
    assert found is not None
    made: UUID = await connection.fetchval(
        """
        INSERT INTO care.own_observation (member_id, own_indicator_id, observed_on, value, note, by_relative)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (own_indicator_id, observed_on) DO UPDATE
        SET value = excluded.value, note = excluded.note, by_relative = excluded.by_relative
        RETURNING id
        """,
        found["member_id"], own_indicator, observed_on, value + 0.0, note,  # minus zero becomes zero
        found["member_id"] != member,
    )  # fmt: skip
    return made


async def remove_own_observation(connection: Connection, viewer: Viewer, *, own_observation: OwnObservationId) -> UUID:
    """Deletes an observation of an own indicator, of the viewer or of a patient whose diary they keep; its id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND.
    """
    return await remove_from_diary(connection, viewer, "own_observation", own_observation)


def expect_unit(scale: Scale, unit: str | None) -> None:
    """Raises Refused: INVALID unless exactly the quantities have a unit."""
    if scale is Scale.QUANTITY and unit is None:
        raise invalid(message("A quantity requires a unit."), "unit")
    if scale is not Scale.QUANTITY and unit is not None:
        raise invalid(message("Only a quantity has a unit."), "unit")


def bounds_of(scale: Scale, minimum: float | None, maximum: float | None, faults: Faults) -> tuple[float, float]:
    """The bounds of values on a scale: those of a quantity are given. Adds a fault for each that is not accepted."""
    given = {"minimum": minimum, "maximum": maximum}
    if scale is not Scale.QUANTITY:
        for name in (name for name, bound in given.items() if bound is not None):
            faults.add(*invalid(message("Only a quantity has bounds of its own."), name).refusals)
        return BOUNDS[scale]
    for name, bound in given.items():
        if bound is None:
            faults.add(*invalid(message("A quantity requires this bound."), name).refusals)
        else:
            with faults.collected():
                bound_in(bound, name)
    if minimum is None or maximum is None:
        return (0.0, 0.0)  # refused
    if minimum >= maximum and not faults.at("minimum") and not faults.at("maximum"):
        faults.add(*invalid(message("The maximum must be greater than the minimum."), "maximum").refusals)
    return minimum + 0.0, maximum + 0.0
