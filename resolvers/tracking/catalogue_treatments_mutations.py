"""Creates, changes and retires treatments, for catalogue editors."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import TreatmentId
from models.tracking.treatments import TreatmentKind
from resolvers.catalogue_entries import (
    NameTranslation,
    as_it_is,
    begin,
    checked,
    found_entry,
    insert_entry,
    name_in,
    refuse_taken,
    required,
    retire_entry,
    searched,
    slugged,
    update_entry,
    worded,
)
from resolvers.catalogue_merging import merge_entry
from resolvers.codes import atc_in, inn_in, national_code_in, optional
from resolvers.faults import Faults
from resolvers.transactions import UNSET, Maybe, invalid

TABLE = "treatment"
TAKEN = {
    "slug": message("Another treatment has this slug."),
    "national_code": message("Another treatment has this national code."),
}
OF_MEDICINES = ("inn", "atc", "national_code")


async def create_treatment(
    connection: Connection,
    faults: Faults,
    *,
    slug: str | None = None,
    name: str,
    kind: TreatmentKind,
    inn: str | None = None,
    atc: str | None = None,
    national_code: str | None = None,
    search_words: str | None = None,
    translations: Sequence[NameTranslation] = (),
) -> UUID:
    """Creates a treatment, which members can follow at once, and returns its id.

    Raises Refused: INVALID and TOO_LONG for each field, TAKEN if another treatment has the slug or the national code.
    """
    await begin(connection)
    values = checked(
        faults,
        name=(name, name_in),
        inn=(inn, optional(inn_in)),
        atc=(atc, optional(atc_in)),
        national_code=(national_code, optional(national_code_in)),
    )
    slugged(values, slug, faults)
    worded(values, search_words, translations, faults)
    _check_kind(faults, kind, values)
    await refuse_taken(connection, faults, TABLE, values, None, **TAKEN)
    faults.refuse()
    searched(values, {}, values["inn"])
    return await insert_entry(connection, TABLE, {**values, "kind": kind.value})


async def update_treatment(
    connection: Connection,
    faults: Faults,
    *,
    treatment: TreatmentId,
    version: int,
    name: Maybe[str] = UNSET,
    kind: Maybe[TreatmentKind] = UNSET,
    inn: Maybe[str] = UNSET,
    atc: Maybe[str] = UNSET,
    national_code: Maybe[str] = UNSET,
    search_words: Maybe[str] = UNSET,
    translations: Maybe[Sequence[NameTranslation]] = UNSET,
) -> UUID:
    """Changes the fields of a treatment that are given, and returns its id. Null removes what a treatment may lack.

    Raises Refused: NOT_FOUND, CONFLICT if the treatment has another version, and as `create_treatment` does.
    """
    await begin(connection)
    found = await found_entry(connection, faults, TABLE, treatment, version=version)
    values = checked(
        faults,
        name=(name, required(name_in)),
        kind=(kind, required(as_it_is)),
        inn=(inn, optional(inn_in)),
        atc=(atc, optional(atc_in)),
        national_code=(national_code, optional(national_code_in)),
    )
    worded(values, search_words, translations, faults)
    if found is not None:
        after = {**found, **values}
        _check_kind(faults, TreatmentKind(after["kind"]), after)
    await refuse_taken(connection, faults, TABLE, values, treatment, national_code=TAKEN["national_code"])
    faults.refuse()
    assert found is not None
    searched(values, found, values.get("inn"))
    if "kind" in values:
        values["kind"] = values["kind"].value
    await update_entry(connection, TABLE, treatment, values)
    return treatment


async def retire_treatment(
    connection: Connection, faults: Faults, *, treatment: TreatmentId, retired: bool = True
) -> UUID:
    """As `retire_entry`. New courses of a retired treatment are for members who have had one, and for no other."""
    return await retire_entry(connection, faults, TABLE, treatment, retired=retired)


async def merge_treatment(connection: Connection, faults: Faults, *, treatment: TreatmentId, into: TreatmentId) -> UUID:
    """As `merge_entry`: courses and evaluations of the first become those of the other one."""
    return await merge_entry(connection, faults, TABLE, treatment, into, lambda *_: None)


def _check_kind(faults: Faults, kind: TreatmentKind, values: Mapping[str, Any]) -> None:
    """Adds the faults of codes that only medicines have."""
    if kind is not TreatmentKind.MEDICATION:
        for name in OF_MEDICINES:
            if values.get(name) is not None:
                faults.add(*invalid(message("Only medicines have this."), name).refusals)
