"""Creates, changes, opens, closes and merges communities, for catalogue editors."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.community.communities import CommunityStatus
from models.database import Connection
from models.messages import message
from models.parameters import CommunityId, ConditionId, IndicatorId, TreatmentId
from privacy.budget import FLOOR
from resolvers.catalogue_entries import (
    RETIRED,
    CommunityTranslation,
    begin,
    checked,
    description_in,
    found_entry,
    insert_entry,
    name_in,
    offered,
    refuse_taken,
    required,
    searched,
    slugged,
    update_entry,
    worded,
)
from resolvers.community.communities_rules import refuse_unless_open
from resolvers.faults import Faults
from resolvers.transactions import UNSET, Maybe, Step, conflict, invalid, not_found, not_null, too_late

TABLE = "community"
SLUG_TAKEN = message("Another community has this slug.")
MOST_NEEDED = 100_000
NEEDED = 200  # consenting patients, by default
INDICATORS = 100  # of a community
TREATMENTS = 500
RUNNING = message("A survey of this community waits or is open. Close it first, or let it end.")


async def create_community(
    connection: Connection,
    faults: Faults,
    *,
    slug: str | None = None,
    name: str,
    description: str,
    condition: ConditionId,
    needed_count: int = NEEDED,
    search_words: str | None = None,
    translations: Sequence[CommunityTranslation] = (),
) -> UUID:
    """Creates a community as a draft, which only staff see, and returns its id.

    Raises Refused: INVALID and TOO_LONG for each field, NOT_FOUND for the condition, TOO_LATE if that is retired, TAKEN
    if another community has the slug.
    """
    await begin(connection)
    values = checked(
        faults,
        name=(name, name_in),
        description=(description, description_in),
        needed_count=(needed_count, _needed_in),
    )
    slugged(values, slug, faults)
    worded(values, search_words, translations, faults)
    with faults.collected():
        values["condition_id"] = await _offered_condition(connection, condition)
    await refuse_taken(connection, faults, TABLE, values, None, slug=SLUG_TAKEN)
    faults.refuse()
    searched(values, {})
    return await insert_entry(connection, TABLE, {**values, "status": CommunityStatus.DRAFT.value})


async def update_community(
    connection: Connection,
    faults: Faults,
    *,
    community: CommunityId,
    version: int,
    name: Maybe[str] = UNSET,
    description: Maybe[str] = UNSET,
    condition: Maybe[ConditionId] = UNSET,
    needed_count: Maybe[int] = UNSET,
    search_words: Maybe[str] = UNSET,
    translations: Maybe[Sequence[CommunityTranslation]] = UNSET,
) -> UUID:
    """Changes the fields of a community that are given, and returns its id.

    The condition of a community that has opened stays: members have stated since when they have it. Raises Refused:
    NOT_FOUND, CONFLICT if the community has another version, TOO_LATE for the condition, and as `create_community`
    does.
    """
    await begin(connection)
    found = await found_entry(connection, faults, TABLE, community, version=version)
    values = checked(
        faults,
        name=(name, required(name_in)),
        description=(description, required(description_in)),
        needed_count=(needed_count, required(_needed_in)),
    )
    worded(values, search_words, translations, faults)
    if condition is not UNSET:
        await _change_condition(connection, faults, found, condition, values)
    faults.refuse()
    assert found is not None
    searched(values, found)
    await update_entry(connection, TABLE, community, values)
    return community


async def open_community(connection: Connection, faults: Faults, *, community: CommunityId) -> UUID:
    """Opens a draft, which everybody then sees and members can join, and returns its id.

    Raises Refused: NOT_FOUND, CONFLICT if it has opened.
    """
    await begin(connection)
    await found_entry(connection, faults, TABLE, community)
    faults.refuse()
    if not await connection.fetchval("SELECT catalog.open_community($1)", community):
        raise conflict(message("This community has already opened."), "community")
    return community


async def close_community(connection: Connection, faults: Faults, *, community: CommunityId) -> UUID:
    """Closes an open community for good, and returns its id. What it holds stays readable.

    Raises Refused: NOT_FOUND, TOO_EARLY for a draft, TOO_LATE if it has closed or merged, CONFLICT while one of its
    surveys waits or is open.
    """
    await begin(connection)
    found = await found_entry(connection, faults, TABLE, community)
    with faults.collected():
        refuse_unless_open(_status(found), "community")
    faults.refuse()
    if not await connection.fetchval("SELECT catalog.close_community($1)", community):
        raise conflict(RUNNING, "community")
    return community


async def merge_community(connection: Connection, faults: Faults, *, community: CommunityId, into: CommunityId) -> UUID:
    """Merges an open community into another open one for good, and returns its id.

    Its members and discussions move within a minute, by scheduled work; its datasets and insights stay with it. Raises
    Refused: NOT_FOUND, INVALID if the two are one, TOO_EARLY for a draft, TOO_LATE if one of them has closed or merged,
    CONFLICT while a survey of the first waits or is open.
    """
    await begin(connection)
    found = await found_entry(connection, faults, TABLE, community)
    with faults.collected():
        refuse_unless_open(_status(found), "community")
    with faults.collected():
        if into == community:
            raise invalid(message("A community cannot merge into itself."), "into")
        status = await connection.fetchval("SELECT status FROM catalog.community WHERE id = $1", into)
        if status is None:
            raise not_found("into")
        refuse_unless_open(CommunityStatus(status), "into")
    faults.refuse()
    if not await connection.fetchval("SELECT catalog.merge_community($1, $2)", community, into):
        raise conflict(RUNNING, "community")
    return community


async def set_indicators(
    connection: Connection,
    faults: Faults,
    *,
    community: CommunityId,
    version: int,
    indicators: Sequence[IndicatorId],
) -> UUID:
    """Replaces the indicators of a community, most typical first, and returns the community's id.

    Raises Refused: NOT_FOUND for the community or an indicator, CONFLICT if the community has another version, INVALID
    for a repeated indicator, TOO_LATE for a retired one that it did not have, LIMIT_REACHED.
    """
    written = "SELECT catalog.set_community_indicators($1, $2)"
    return await _set_list(connection, faults, "indicator", written, community, version, indicators, most=INDICATORS)


async def set_treatments(
    connection: Connection,
    faults: Faults,
    *,
    community: CommunityId,
    version: int,
    treatments: Sequence[TreatmentId],
) -> UUID:
    """Replaces the treatments of a community, in the order in which it lists them, and returns the community's id.

    Raises as `set_indicators` does.
    """
    written = "SELECT catalog.set_community_treatments($1, $2)"
    return await _set_list(connection, faults, "treatment", written, community, version, treatments, most=TREATMENTS)


async def _set_list(
    connection: Connection,
    faults: Faults,
    kind: str,
    written: str,
    community: UUID,
    version: int,
    ids: Sequence[UUID],
    *,
    most: int,
) -> UUID:
    """Replaces a list of a community by the statement `written`; `kind` is the table of what is listed.

    Raises as `set_indicators` does.
    """
    await begin(connection)
    await found_entry(connection, faults, TABLE, community, version=version)
    listed = await connection.fetch(
        f"SELECT {kind}_id AS id FROM catalog.community_{kind} WHERE community_id = $1",  # noqa: S608 - ours
        community,
    )
    before = [row["id"] for row in listed]
    faults.add(*await offered(connection, kind, ids, before, f"{kind}s", most=most))
    faults.refuse()
    await connection.execute(written, community, list(ids))
    return community


async def _change_condition(
    connection: Connection,
    faults: Faults,
    found: Mapping[str, Any] | None,
    condition: UUID | None,
    values: dict[str, Any],
) -> None:
    with faults.collected():
        if condition is None:
            raise not_null("condition")
        if found is not None and found["condition_id"] == condition:
            return
        values["condition_id"] = await _offered_condition(connection, condition)
        if found is not None and found["status"] != CommunityStatus.DRAFT:
            raise too_late(message("Only the condition of a draft can change."), "condition")


async def _offered_condition(connection: Connection, condition: UUID) -> UUID:
    found = await connection.fetchrow("SELECT retired_on FROM catalog.condition WHERE id = $1", condition)
    if found is None:
        raise not_found("condition")
    if found["retired_on"] is not None:
        raise too_late(RETIRED, "condition")
    return condition


def _needed_in(number: int, *path: Step) -> int:
    if not FLOOR <= number <= MOST_NEEDED:
        raise invalid(message("This must be between {least:,} and {most:,}.", least=FLOOR, most=MOST_NEEDED), *path)
    return number


def _status(found: Mapping[str, Any] | None) -> CommunityStatus | None:
    return None if found is None else CommunityStatus(found["status"])
