"""Finds changes by a list that mutations refuse to staff: of recorded values, coded units and opened communities."""

from collections.abc import Iterator, Mapping

from commands.loading import writing
from commands.loading.comparing import Comparison, EntryChange, Flat
from commands.loading.entries import LineFault
from commands.owner import Connection
from models.community.communities import CommunityStatus
from models.tracking.observations import Scale

OF_VALUES = {"scale", "unit", "minimum", "maximum"}  # what the values that members have recorded mean
OF_UNIT = {"scale", "unit"}  # what a unit's UCUM code, which lists do not have, agrees with


async def changed_meanings(connection: Connection, comparison: Comparison, rows: Mapping[str, Flat]) -> list[LineFault]:
    """The faults of a comparison with the kind's rows by id."""
    changes = list(comparison.rows())
    recorded: set[str] = set()
    if comparison.batch.kind == "indicator":
        recorded = await writing.recorded(connection, [each.id for each in changes if OF_VALUES & set(each.columns)])
    return [
        LineFault(comparison.batch.file, change.line, column, text)
        for change in changes
        for column, text in faults_of(comparison.batch.kind, change, rows.get(change.id, {}), change.id in recorded)
    ]


def faults_of(kind: str, change: EntryChange, before: Flat, recorded: bool) -> Iterator[tuple[str, str]]:
    """The columns of a list that are at fault, and why."""
    opened = before.get("status", CommunityStatus.DRAFT) != CommunityStatus.DRAFT
    if kind == "community" and "condition_id" in change.columns and opened:
        yield "condition", "cannot be changed: the community has opened"
    if kind != "indicator":
        return
    without_unit = change.row["scale"] != Scale.QUANTITY
    for column in change.columns:
        if recorded and column in OF_VALUES:
            yield column, "cannot be changed: members have recorded values"
        elif before.get("ucum") and column in OF_UNIT:
            yield column, "cannot be changed by a list: staff have set the UCUM code of the unit"
        elif without_unit and change.row.get("unit") and column in OF_UNIT:
            yield column, "does not agree with what staff have set: only a QUANTITY has a unit"
