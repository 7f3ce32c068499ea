"""Records and removes observations in members' diaries, by the patient or by a relative who keeps the diary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from uuid import UUID

import asyncpg

from models.database import Connection
from models.parameters import IndicatorIdOrNone, MemberId, ObservationId
from models.tracking.observations import Scale
from models.viewers import Viewer
from resolvers.days import day_within
from resolvers.transactions import (
    Path,
    Refusal,
    RefusalCode,
    Refused,
    invalid,
    limit_reached,
    member_of,
    not_found,
    optional_text_within,
)

ENTRIES = 100  # of one day: more indicators than anybody follows
NOTE_LENGTH = 1_000


@dataclass(frozen=True)
class ObservationEntry:
    """One value of a day; `indicator` is None for an id of something else."""

    indicator: IndicatorIdOrNone
    value: float
    note: str | None = None


async def record_observations(
    connection: Connection,
    viewer: Viewer,
    *,
    observed_on: date,
    entries: Sequence[ObservationEntry],
    on_behalf_of: MemberId | None = None,
) -> list[UUID]:
    """Records a day's values, each replacing an earlier one of its day and indicator; their ids, in the entries' order.

    `on_behalf_of` is the patient for whom a relative writes. If one entry is refused all are, each fault with its path.
    """
    member = member_of(viewer)
    if on_behalf_of is not None and not await keeps_diary(connection, member, on_behalf_of):
        raise not_found("on_behalf_of")
    if not entries:
        raise invalid("This takes at least one entry.", "entries")
    if len(entries) > ENTRIES:
        raise limit_reached(f"This takes at most {ENTRIES} entries.", "entries")
    refusals: list[Refusal] = []
    try:
        await day_within(connection, observed_on, "observed_on")
    except Refused as refused:
        refusals += refused.refusals
    found = await connection.fetch(
        "SELECT id, scale, minimum, maximum FROM catalog.indicator WHERE id = any($1::uuid[])",
        [entry.indicator for entry in entries if entry.indicator is not None],
    )
    indicators: dict[UUID | None, asyncpg.Record] = {indicator["id"]: indicator for indicator in found}
    notes, seen = [], set()
    for place, entry in enumerate(entries):
        path = ("entries", place)
        try:
            notes.append(optional_text_within(entry.note, NOTE_LENGTH, *path, "note"))
        except Refused as refused:
            refusals += refused.refusals
        refusals += refusals_of(entry, indicators, path)
        if entry.indicator in seen:
            message = "An earlier entry is of the same indicator: each has one value a day."
            refusals.append(Refusal(RefusalCode.INVALID, message, (*path, "indicator")))
        seen.add(entry.indicator or object())
    if refusals:
        raise Refused(*refusals)
    rows = [
        (entry.indicator, entry.value + 0.0, note)  # minus zero becomes zero
        for entry, note in zip(entries, notes, strict=True)
    ]
    rows.sort(key=lambda row: str(row[0]))  # so that two batches at once wait for each other, and do not deadlock
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
    """Deletes one of the viewer's observations, or of a patient's whose diary they keep; its id."""
    member = member_of(viewer)
    whose = await connection.fetchval("SELECT member_id FROM care.observation WHERE id = $1", observation)
    if whose is None or (whose != member and not await keeps_diary(connection, member, whose)):
        raise not_found("observation")
    if await connection.fetchval("DELETE FROM care.observation WHERE id = $1 RETURNING id", observation) is None:
        raise not_found("observation")  # a twin was quicker
    return observation


async def keeps_diary(connection: Connection, relative: UUID, patient: UUID) -> bool:
    """Whether the relative's care link to the patient is accepted; it then stays so until the transaction ends."""
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
    indicator = indicators.get(entry.indicator)
    if indicator is None:
        return not_found(*path, "indicator").refusals
    least, most = indicator["minimum"], indicator["maximum"]
    if not isfinite(entry.value) or not least <= entry.value <= most:
        return invalid(f"This indicator takes values from {least:g} to {most:g}.", *path, "value").refusals
    if indicator["scale"] == Scale.GRADE_NONE_TO_SEVERE and entry.value != int(entry.value):
        return invalid("This indicator takes whole grades.", *path, "value").refusals
    return ()
