"""Checks and writes whom a survey is for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from uuid import UUID

from models.database import Connection
from models.identity.members import MemberKind, Sex
from models.messages import message
from models.parameters import TreatmentId
from resolvers.days import Days
from resolvers.faults import Faults
from resolvers.regions import region_of
from resolvers.transactions import invalid, not_found

FIRST_YEAR = 1900


@dataclass(frozen=True)
class EligibilityDefinition:
    """The conditions on a survey's participants. Empty and None are no condition, but without `kinds` only patients."""

    kinds: Sequence[MemberKind] = ()
    sexes: Sequence[Sex] = ()
    born_from: int | None = None
    born_to: int | None = None
    treatments: Sequence[TreatmentId] = ()
    regions: Sequence[str] = ()


ANY_PATIENT = EligibilityDefinition()


async def checked_eligibility(
    connection: Connection, eligible: EligibilityDefinition, days: Days, faults: Faults
) -> EligibilityDefinition:
    """The eligibility as it is stored. Adds INVALID and NOT_FOUND to the faults."""
    path = ("eligibility",)
    for name, year in (("born_from", eligible.born_from), ("born_to", eligible.born_to)):
        if year is not None and not FIRST_YEAR <= year <= days.latest.year:
            reason = message("The year of birth must be between {first} and the current year.", first=FIRST_YEAR)
            faults.add(*invalid(reason, *path, name).refusals)
        elif name == "born_to" and year is not None and eligible.born_from is not None and eligible.born_from > year:
            faults.add(*invalid(message("The last year must not precede the first."), *path, name).refusals)
    known = await connection.fetch("SELECT id FROM catalog.treatment WHERE id = any($1)", list(eligible.treatments))
    found = {row["id"] for row in known}
    for number, treatment in enumerate(eligible.treatments):
        if treatment not in found:
            faults.add(*not_found(*path, "treatments", number).refusals)
    regions = []
    for number, region in enumerate(eligible.regions):
        with faults.collected():
            regions.append(region_of(region, *path, "regions", number))
    return replace(eligible, regions=list(dict.fromkeys(regions)))


async def write_eligibility(connection: Connection, survey: UUID, eligible: EligibilityDefinition) -> None:
    """Stores whom a survey is for, in place of what it had before."""
    await connection.execute(
        """
        INSERT INTO catalog.eligibility (survey_id, kinds, sexes, born_from, born_to, treatment_ids, regions)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (survey_id) DO UPDATE SET kinds = excluded.kinds, sexes = excluded.sexes,
            born_from = excluded.born_from, born_to = excluded.born_to, treatment_ids = excluded.treatment_ids,
            regions = excluded.regions
        """,
        survey,
        names_of(eligible.kinds),
        names_of(eligible.sexes),
        eligible.born_from,
        eligible.born_to,
        list(dict.fromkeys(eligible.treatments)),
        list(eligible.regions),
    )


def names_of(kinds: Sequence[Enum]) -> list[str]:
    """The values of enum members as they are stored: each once, in their alphabetical order."""
    return sorted({kind.value for kind in kinds})
