"""Creates, changes and retires conditions, for catalogue editors."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import ConditionId
from resolvers.catalogue_entries import (
    NameTranslation,
    begin,
    checked,
    found_entry,
    insert_entry,
    name_in,
    refuse_taken,
    required,
    retire_entry,
    translated,
    update_entry,
)
from resolvers.codes import hpo_in, icd10_in, optional, orpha_in
from resolvers.faults import Faults
from resolvers.transactions import UNSET, Maybe

TABLE = "condition"
NAME_TAKEN = message("Another condition has this name.")


async def create_condition(
    connection: Connection,
    faults: Faults,
    *,
    name: str,
    icd10: str | None = None,
    orpha: str | None = None,
    hpo: str | None = None,
    translations: Sequence[NameTranslation] = (),
) -> UUID:
    """Creates a condition and returns its id.

    Raises Refused: INVALID and TOO_LONG for each field, TAKEN if another condition has the name.
    """
    await begin(connection)
    values = _values(faults, name=name, icd10=icd10, orpha=orpha, hpo=hpo, translations=translations)
    await refuse_taken(connection, faults, TABLE, values, None, name=NAME_TAKEN)
    faults.refuse()
    return await insert_entry(connection, TABLE, values)


async def update_condition(
    connection: Connection,
    faults: Faults,
    *,
    condition: ConditionId,
    version: int,
    name: Maybe[str] = UNSET,
    icd10: Maybe[str] = UNSET,
    orpha: Maybe[str] = UNSET,
    hpo: Maybe[str] = UNSET,
    translations: Maybe[Sequence[NameTranslation]] = UNSET,
) -> UUID:
    """Changes the fields of a condition that are given, and returns its id. Null removes a code.

    Raises Refused: NOT_FOUND, CONFLICT if the condition has another version, and as `create_condition` does.
    """
    await begin(connection)
    await found_entry(connection, faults, TABLE, condition, version=version)
    values = _values(faults, name=name, icd10=icd10, orpha=orpha, hpo=hpo, translations=translations)
    await refuse_taken(connection, faults, TABLE, values, condition, name=NAME_TAKEN)
    faults.refuse()
    await update_entry(connection, TABLE, condition, values)
    return condition


async def retire_condition(
    connection: Connection, faults: Faults, *, condition: ConditionId, retired: bool = True
) -> UUID:
    """As `retire_entry`. A retired condition is not offered for new communities."""
    return await retire_entry(connection, faults, TABLE, condition, retired=retired)


def _values(
    faults: Faults,
    *,
    name: Maybe[str],
    icd10: Maybe[str],
    orpha: Maybe[str],
    hpo: Maybe[str],
    translations: Maybe[Sequence[NameTranslation]],
) -> dict[str, Any]:
    values = checked(
        faults,
        name=(name, required(name_in)),
        icd10=(icd10, optional(icd10_in)),
        orpha=(orpha, optional(orpha_in)),
        hpo=(hpo, optional(hpo_in)),
    )
    translated(values, translations, faults)
    return values
