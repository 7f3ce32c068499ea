"""Records and removes observations in members' diaries, by the patient or by a relative who keeps the diary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from uuid import UUID

import asyncpg

from models.database import Connection
from models.messages import message
from models.parameters import IndicatorIdOrNone, MemberId, ObservationId
from models.tracking.observations import Scale
from models.viewers import Viewer
from resolvers.catalogue_entries import RETIRED
from resolvers.days import day_within
from resolvers.faults import Faults
from resolvers.transactions import (
    Path,
    Refusal,
    invalid,
    limit_reached,
    member_of,
    not_found,
    optional_text_within,
    too_late,
)

ENTRIES = 100  # of one day: more than the indicators that a member tracks
NOTE_LENGTH = 1_000


@dataclass(frozen=True)
class ObservationEntry:
    """One value of a day; `indicator` is None for an id of another type."""

    indicator: IndicatorIdOrNone
    value: float
    note: str | None = None


async def record_observations(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    observed_on: date,
    entries: Sequence[ObservationEntry],
    on_behalf_of: MemberId | None = None,
) -> list[UUID]:
    """Records a day's values, which replace earlier ones of the day, and returns their ids in the entries' order.

    `on_behalf_of` is the patient whose diary the viewer, a relative, keeps. Raises Forbidden if the viewer is not a
    member, and Refused: NOT_FOUND for the patient or an indicator, TOO_LATE for a retired indicator that the patient
    has not recorded, INVALID and TOO_LONG for the day or an entry, each with its path, LIMIT_REACHED for too
    many entries.
    """
    member = member_of(viewer)
    with faults.collected():
        if on_behalf_of is not None and not await keeps_diary(connection, member, on_behalf_of):
            raise not_found("on_behalf_of")
    with faults.collected():
        if not entries:
            raise invalid(message("At least one entry is required."), "entries")
        if len(entries) > ENTRIES:
            raise limit_reached(message("At most {most} entries can be recorded at a time.", most=ENTRIES), "entries")
    with faults.collected():
        await day_within(connection, observed_on, "observed_on")
    found = await connection.fetch(
        """
        SELECT i.id, i.scale, i.minimum, i.maximum, i.merged_into_id IS NOT NULL OR i.retired_on IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM care.observation o WHERE o.indicator_id = i.id AND o.member_id = $2) AS retired
        FROM catalog.indicator i WHERE i.id = any($1::uuid[])
        """,
        [entry.indicator for entry in entries if entry.indicator is not None],
        on_behalf_of or member,
    )
    indicators: dict[UUID | None, asyncpg.Record] = {indicator["id"]: indicator for indicator in found}
    notes, seen = [], set()
    for place, entry in enumerate(entries):
        path = ("entries", place)
        with faults.collected():
            notes.append(optional_text_within(entry.note, NOTE_LENGTH, *path, "note"))
        faults.add(*refusals_of(entry, indicators, path))
        if entry.indicator in seen:
            reason = message("An earlier entry has the same indicator, and an indicator has one value a day.")
            faults.add(*invalid(reason, *path, "indicator").refusals)
        seen.add(entry.indicator or object())
    faults.refuse()
    rows = [
        (entry.indicator, entry.value + 0.0, note)  # minus zero becomes zero
        for entry, note in zip(entries, notes, strict=True)
    ]
    rows.sort(
        key=lambda row: str(row[0])
    )  # a fixed order, so that concurrent requests wait for each other instead of deadlocking
    written = await connection.fetch(
        """
        INSERT INTO care.observation (member_id, indicator_id, observed_on, value, note, by_relative)
        SELECT $1, indicator_id, $2, value, note, $3
        FROM unnest($4::uuid[], $5::float8[], $6::text[]) AS entry (indicator_id, value, note)
        ON CONFLICT (member_id, indicator_id, observed_on) DO UPDATE
        SET value = excluded.value, note = excluded.note, by_relative = excluded.by_relative
        RETURNING indicator_id, id
        """,
        on_behalf_of or member, observed_on, on_behalf_of is not None,
        *(list(column) for column in zip(*rows, strict=True)),
    )  # fmt: skip
    ids: Mapping[UUID | None, UUID] = {row["indicator_id"]: row["id"] for row in written}
    return [ids[entry.indicator] for entry in entries]


async def remove_observation(connection: Connection, viewer: Viewer, *, observation: ObservationId) -> UUID:
    """Deletes an observation of the viewer, or of a patient whose diary they keep, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND.
    """
    return await remove_from_diary(connection, viewer, "observation", observation)


async def remove_from_diary(connection: Connection, viewer: Viewer, table: str, id: UUID) -> UUID:
    """Deletes a row of `care.{table}` of a diary that the viewer keeps, and returns its id; raises as its callers."""
    member = member_of(viewer)
    whose = await connection.fetchval(f"SELECT member_id FROM care.{table} WHERE id = $1", id)  # noqa: S608 - ours
    if whose is None or not await may_record(connection, member, whose):
        raise not_found(table)
    if await connection.fetchval(f"DELETE FROM care.{table} WHERE id = $1 RETURNING id", id) is None:  # noqa: S608 - ours
        raise not_found(table)  # a concurrent request has deleted it
    return id


async def may_record(connection: Connection, member: UUID, whose: UUID) -> bool:
    """Whether the diary is the member's own, or a patient's whose diary they keep."""
    return whose == member or await keeps_diary(connection, member, whose)


async def keeps_diary(connection: Connection, relative: UUID, patient: UUID) -> bool:
    """Whether the relative has an accepted care link to the patient, which is locked until the transaction ends."""
    found = await connection.fetchval(
        """
        SELECT id FROM care.care_link WHERE patient_id = $1 AND relative_id = $2 AND status = 'ACCEPTED' FOR SHARE
        """,
        patient,
        relative,
    )
    return found is not None


def refusals_of(
    entry: ObservationEntry, indicators: Mapping[UUID | None, asyncpg.Record], path: Path
) -> tuple[Refusal, ...]:
    """Refusals of an entry: NOT_FOUND, TOO_LATE for a retired indicator, INVALID for a value off its scale."""
    indicator = indicators.get(entry.indicator)
    if indicator is None:
        return not_found(*path, "indicator").refusals
    if indicator["retired"]:
        return too_late(RETIRED, *path, "indicator").refusals
    least, most = indicator["minimum"], indicator["maximum"]
    if not isfinite(entry.value) or not least <= entry.value <= most:
        return invalid(
            message("The value must be between {least} and {most}.", least=least, most=most), *path, "value"
        ).refusals
    if indicator["scale"] == Scale.GRADE_NONE_TO_SEVERE and entry.value != int(entry.value):
        return invalid(message("The value must be a whole number."), *path, "value").refusals
    return ()
