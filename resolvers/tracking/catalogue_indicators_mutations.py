"""Creates, changes and retires indicators, for catalogue editors."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import IndicatorId
from models.tracking.observations import IndicatorKind, Scale
from resolvers.catalogue_entries import (
    IndicatorTranslation,
    begin,
    checked,
    found_entry,
    insert_entry,
    lay_names_in,
    name_in,
    refuse_taken,
    required,
    retire_entry,
    searched,
    slugged,
    unit_in,
    update_entry,
    worded,
)
from resolvers.catalogue_merging import merge_entry
from resolvers.codes import hpo_in, loinc_in, optional
from resolvers.faults import Faults
from resolvers.transactions import UNSET, Maybe, Path, Step, invalid, too_late
from resolvers.ucum import ucum_in

TABLE = "indicator"
RATING = (0, 10)  # the bounds of ratings
GRADES = 10  # at most so many steps from the lowest grade to the highest
# Of a bound, either way: larger ones have no use as a category's edge, and sums of squares stay far from overflowing.
LARGEST = 1e9
TAKEN = {
    "slug": message("Another indicator has this slug."),
    "hpo": message("Another indicator has this HPO term."),
}


async def create_indicator(
    connection: Connection,
    faults: Faults,
    *,
    slug: str | None = None,
    name: str,
    kind: IndicatorKind,
    scale: Scale,
    minimum: float,
    maximum: float,
    unit: str | None = None,
    ucum: str | None = None,
    hpo: str | None = None,
    loinc: str | None = None,
    lay_names: Sequence[str] = (),
    search_words: str | None = None,
    translations: Sequence[IndicatorTranslation] = (),
) -> UUID:
    """Creates an indicator, which members can track at once, and returns its id.

    Raises Refused: INVALID and TOO_LONG for each field, TAKEN if another indicator has the slug or the HPO term.
    """
    await begin(connection)
    values = checked(
        faults,
        name=(name, name_in),
        minimum=(minimum, bound_in),
        maximum=(maximum, bound_in),
        unit=(unit, unit_in),
        ucum=(ucum, optional(ucum_in)),
        hpo=(hpo, optional(hpo_in)),
        loinc=(loinc, optional(loinc_in)),
        lay_names=(lay_names, lay_names_in),
    )
    slugged(values, slug, faults)
    worded(values, search_words, translations, faults)
    _check_scale(faults, scale, values, translations)
    await refuse_taken(connection, faults, TABLE, values, None, **TAKEN)
    faults.refuse()
    searched(values, {})
    return await insert_entry(connection, TABLE, {**values, "kind": kind.value, "scale": scale.value})


async def update_indicator(
    connection: Connection,
    faults: Faults,
    *,
    indicator: IndicatorId,
    version: int,
    name: Maybe[str] = UNSET,
    minimum: Maybe[float] = UNSET,
    maximum: Maybe[float] = UNSET,
    unit: Maybe[str] = UNSET,
    ucum: Maybe[str] = UNSET,
    hpo: Maybe[str] = UNSET,
    loinc: Maybe[str] = UNSET,
    lay_names: Maybe[Sequence[str]] = UNSET,
    search_words: Maybe[str] = UNSET,
    translations: Maybe[Sequence[IndicatorTranslation]] = UNSET,
) -> UUID:
    """Changes the fields of an indicator that are given, and returns its id. Null removes what an indicator may lack.

    What recorded values mean stays: the scale never changes, bounds only widen, and a unit of UCUM, once it is set, is
    fixed. That does not depend on whether any are recorded, which would say something about members.

    Raises Refused: NOT_FOUND, CONFLICT if the indicator has another version, TOO_LATE for what would change the meaning
    of values, and as `create_indicator` does.
    """
    await begin(connection)
    found = await found_entry(connection, faults, TABLE, indicator, version=version)
    values = checked(
        faults,
        name=(name, required(name_in)),
        minimum=(minimum, required(bound_in)),
        maximum=(maximum, required(bound_in)),
        unit=(unit, unit_in),
        ucum=(ucum, optional(ucum_in)),
        hpo=(hpo, optional(hpo_in)),
        loinc=(loinc, optional(loinc_in)),
        lay_names=(lay_names, required(lay_names_in)),
    )
    worded(values, search_words, translations, faults)
    if found is not None:
        _check_meaning(faults, found, values)
        _check_scale(faults, Scale(found["scale"]), {**found, **values}, translations)
    await refuse_taken(connection, faults, TABLE, values, indicator, hpo=TAKEN["hpo"])
    faults.refuse()
    assert found is not None
    searched(values, found)
    await update_entry(connection, TABLE, indicator, values)
    return indicator


async def retire_indicator(
    connection: Connection, faults: Faults, *, indicator: IndicatorId, retired: bool = True
) -> UUID:
    """As `retire_entry`. Only members who have recorded a retired indicator can record it."""
    return await retire_entry(connection, faults, TABLE, indicator, retired=retired)


async def merge_indicator(connection: Connection, faults: Faults, *, indicator: IndicatorId, into: IndicatorId) -> UUID:
    """As `merge_entry`, if values mean the same in both: INVALID otherwise, whether or not any are recorded."""
    return await merge_entry(connection, faults, TABLE, indicator, into, _expect_same_meaning)


def _expect_same_meaning(found: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Raises Refused: INVALID unless every value of the first can be one of the other."""
    if found["scale"] != other["scale"]:
        raise invalid(message("Its scale differs."), "into")
    unit = "ucum" if found["ucum"] and other["ucum"] else "unit"
    if found[unit] != other[unit]:
        raise invalid(message("Its unit differs."), "into")
    (least, most), (other_least, other_most) = ((each["minimum"], each["maximum"]) for each in (found, other))
    # A grade or a rating means its place between the two ends; a quantity means the same within any bounds.
    if Scale(found["scale"]) is Scale.QUANTITY:
        if least < other_least or most > other_most:
            raise invalid(message("Its bounds are narrower."), "into")
    elif (least, most) != (other_least, other_most):
        raise invalid(message("Its bounds differ."), "into")


def bound_in(number: float, *path: Step) -> float:
    """A bound of an indicator's values. Raises Refused: INVALID."""
    if not isfinite(number) or abs(number) > LARGEST:
        raise invalid(message("A bound must be between -{most:,} and {most:,}.", most=LARGEST), *path)
    return number + 0.0  # minus zero becomes zero


def _check_scale(
    faults: Faults, scale: Scale, values: Mapping[str, Any], translations: Maybe[Sequence[IndicatorTranslation]]
) -> None:
    """Adds the faults of bounds and units that do not fit the scale."""
    least, most = values.get("minimum"), values.get("maximum")
    if scale is Scale.RATING_0_10:
        for name, wanted in zip(("minimum", "maximum"), RATING, strict=True):
            if values.get(name) not in (None, wanted):
                faults.add(
                    *invalid(
                        message("Ratings go from {least} to {most}.", least=RATING[0], most=RATING[1]), name
                    ).refusals
                )
    elif least is not None and most is not None:
        with faults.collected():
            if least >= most:
                raise invalid(message("The maximum must be above the minimum."), "maximum")
            if scale is Scale.GRADE_NONE_TO_SEVERE:
                for name, bound in (("minimum", least), ("maximum", most)):
                    if bound != int(bound):
                        raise invalid(message("Grades are whole numbers."), name)
                if most - least > GRADES:
                    raise invalid(message("Grades have at most {most} steps.", most=GRADES), "maximum")
    if scale is not Scale.QUANTITY:
        units: list[tuple[Path, str | None]] = [((name,), values.get(name)) for name in ("unit", "ucum")]
        given = () if translations is UNSET else translations or ()
        units += [(("translations", place, "unit"), each.unit) for place, each in enumerate(given)]
        for path, unit in units:
            if unit is not None:
                faults.add(*invalid(message("Only quantities have a unit."), *path).refusals)
    elif values.get("ucum") is not None and values.get("unit") is None and not faults.at("unit"):
        faults.add(*invalid(message("Give the unit as it is shown, too."), "unit").refusals)


def _check_meaning(faults: Faults, found: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Adds the faults of changes after which recorded values would mean something else, or lie out of bounds."""
    narrower = message(
        "Values up to the present bound may be recorded: bounds can only widen. Retire this indicator, and create "
        "another one."
    )
    if values.get("minimum", found["minimum"]) > found["minimum"]:
        faults.add(*too_late(narrower, "minimum").refusals)
    if values.get("maximum", found["maximum"]) < found["maximum"]:
        faults.add(*too_late(narrower, "maximum").refusals)
    fixed = message(
        "Values may be recorded in the present unit, which can only be spelled differently while its UCUM code stays. "
        "Retire this indicator, and create another one."
    )
    if found["ucum"] is not None and values.get("ucum", found["ucum"]) != found["ucum"]:
        faults.add(*too_late(fixed, "ucum").refusals)
    if found["ucum"] is None and values.get("unit", found["unit"]) != found["unit"]:
        faults.add(*too_late(fixed, "unit").refusals)
