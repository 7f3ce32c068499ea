"""Makes and withdraws members' proposals for the catalogue, and decides on them as editors of the catalogue."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from models.community.proposals import ProposalKind, ProposalStatus
from models.database import Connection
from models.messages import message
from models.parameters import CommunityId, EntryId, NodeId, OwnIndicatorId, OwnTreatmentId, ProposalId, ProposalIdOrNone
from models.viewers import Viewer
from resolvers.community.communities_mutations import expect_community
from resolvers.faults import Faults
from resolvers.own_entries import own_row
from resolvers.transactions import (
    Refusal,
    invalid,
    limit_reached,
    line_within,
    member_of,
    not_found,
    optional_text_within,
    text_within,
    too_late,
)

OPEN_PROPOSALS = 10  # of a member
DECIDED = 50  # at a time
NAME_LENGTH = 200
DESCRIPTION_LENGTH = 2_000
REASON_LENGTH = 1_000
ENTRIES = {  # of a kind: the prefix of its entries' ids, and their table
    ProposalKind.CONDITION: ("con", "catalog.condition"),
    ProposalKind.SYMPTOM: ("ind", "catalog.indicator"),
    ProposalKind.TREATMENT: ("trt", "catalog.treatment"),
}


async def create_proposal(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    kind: ProposalKind,
    name: str,
    description: str | None = None,
    community: CommunityId | None = None,
    own_indicator: OwnIndicatorId | None = None,
    own_treatment: OwnTreatmentId | None = None,
) -> UUID:
    """Proposes a condition, symptom or treatment for the catalogue, and returns the proposal's id.

    The observations of `own_indicator`, or the courses of `own_treatment`, follow once it is accepted. Raises Forbidden
    if the viewer is not a member, and Refused: INVALID and TOO_LONG for the texts, NOT_FOUND for the community, the own
    indicator or the own treatment, INVALID for an own indicator unless a symptom is proposed and for an own treatment
    unless a treatment is, LIMIT_REACHED for too many open proposals.
    """
    member = member_of(viewer)
    with faults.collected():
        name = line_within(name, NAME_LENGTH, "name")
    with faults.collected():
        description = optional_text_within(description, DESCRIPTION_LENGTH, "description")
    with faults.collected():
        if community is not None:
            await expect_community(connection, community)
    with faults.collected():
        if own_indicator is not None:
            if kind is not ProposalKind.SYMPTOM:
                raise invalid(message("Only a proposed symptom can have one."), "own_indicator")
            await own_row(connection, viewer, "own_indicator", own_indicator)
    with faults.collected():
        if own_treatment is not None:
            if kind is not ProposalKind.TREATMENT:
                raise invalid(message("Only a proposed treatment can have one."), "own_treatment")
            await own_row(connection, viewer, "own_treatment", own_treatment)
    # One at a time for each member: two requests at once would both find room for the last.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"proposals of {member}")
    waiting = await connection.fetchval(
        "SELECT count(*) FROM care.catalogue_proposer m JOIN care.catalogue_proposal p USING (id)"
        " WHERE m.member_id = $1 AND p.status = 'OPEN'",
        member,
    )
    if waiting >= OPEN_PROPOSALS:
        full = message("At most {most} of your proposals can await a decision.", most=OPEN_PROPOSALS)
        faults.add(*limit_reached(full).refusals)
    faults.refuse()
    made: UUID = await connection.fetchval(
        "INSERT INTO care.catalogue_proposer (member_id) VALUES ($1) RETURNING id", member
    )
    await connection.execute(
        """
        INSERT INTO care.catalogue_proposal (id, kind, name, description, community_id) VALUES ($1, $2, $3, $4, $5)
        """,
        made, kind.value, name, description, community,
    )  # fmt: skip
    if own_indicator is not None:
        await connection.execute("UPDATE care.own_indicator SET proposal_id = $2 WHERE id = $1", own_indicator, made)
    if own_treatment is not None:
        await connection.execute("UPDATE care.own_treatment SET proposal_id = $2 WHERE id = $1", own_treatment, made)
    return made


async def withdraw_proposal(connection: Connection, viewer: Viewer, *, proposal: ProposalId) -> UUID:
    """Deletes an open proposal of the viewer, and returns its id. What they track stays as it is.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND, TOO_LATE if it is decided.
    """
    status = await connection.fetchval(
        "SELECT p.status FROM care.catalogue_proposer m JOIN care.catalogue_proposal p USING (id)"
        " WHERE m.id = $1 AND m.member_id = $2",
        proposal,
        member_of(viewer),
    )
    if status is None:
        raise not_found("proposal")
    if status != ProposalStatus.OPEN:
        raise too_late(message("Staff have already decided on this proposal."), "proposal")
    await connection.execute("DELETE FROM care.catalogue_proposer WHERE id = $1", proposal)
    return proposal


async def accept_proposals(
    connection: Connection,
    faults: Faults,
    *,
    proposals: Sequence[ProposalIdOrNone],
    entry: EntryId,
    note: str | None = None,
) -> list[UUID]:
    """Accepts open proposals, which an entry of the catalogue was made for, and returns their ids.

    Raises Refused: NOT_FOUND for a proposal or entry, TOO_LATE for a proposal that is decided, INVALID for an empty
    list, a repeated proposal or an entry of another kind, TOO_LONG for the note, LIMIT_REACHED for too many proposals.
    """
    return await decide(connection, faults, proposals, ProposalStatus.ACCEPTED, entry, "entry", note)


async def merge_proposals(
    connection: Connection,
    faults: Faults,
    *,
    proposals: Sequence[ProposalIdOrNone],
    into: EntryId,
    note: str | None = None,
) -> list[UUID]:
    """Merges open proposals into an entry that the catalogue had already; raises as `accept_proposals` does."""
    return await decide(connection, faults, proposals, ProposalStatus.MERGED, into, "into", note)


async def decline_proposals(
    connection: Connection, faults: Faults, *, proposals: Sequence[ProposalIdOrNone], reason: str
) -> list[UUID]:
    """Declines open proposals for a reason that their proposers read; their ids. Raises as `accept_proposals` does."""
    with faults.collected():
        reason = text_within(reason, REASON_LENGTH, "reason")
    return await decide(connection, faults, proposals, ProposalStatus.DECLINED, None, "", reason)


async def decide(
    connection: Connection,
    faults: Faults,
    proposals: Sequence[ProposalIdOrNone],
    outcome: ProposalStatus,
    entry: NodeId | None,
    place: str,
    note: str | None,
) -> list[UUID]:
    """Decides all of the proposals, or none of them, and returns their keys; `place` is the parameter of the entry.

    Raises Forbidden; Refused: NOT_FOUND, INVALID, TOO_LATE, TOO_LONG, LIMIT_REACHED.
    """
    with faults.collected():
        note = optional_text_within(note, REASON_LENGTH, "note")
    with faults.collected():
        if not proposals:
            raise invalid(message("At least one proposal is required."), "proposals")
        if len(proposals) > DECIDED:
            raise limit_reached(message("At most {most} can be decided at a time.", most=DECIDED), "proposals")
    ids = [proposal for proposal in proposals if proposal is not None]
    rows = await connection.fetch("SELECT id, kind, status FROM care.catalogue_proposal WHERE id = ANY ($1)", ids)
    found = {row["id"]: row for row in rows}
    faults.add(
        *(refusal for position, id in enumerate(proposals) for refusal in refusals_of(position, id, proposals, found))
    )
    if entry is not None:
        with faults.collected():
            await expect_entry(connection, entry, {ProposalKind(row["kind"]) for row in rows}, place)
    faults.refuse()
    decided = await connection.fetchval(
        "SELECT care.decide_proposals($1, $2, $3, $4)", ids, outcome.value, entry and entry.key, note
    )
    if not decided:
        raise too_late(message("One of them has just been decided or withdrawn."), "proposals")
    return ids


def refusals_of(
    position: int, id: UUID | None, proposals: Sequence[UUID | None], found: Mapping[UUID | None, asyncpg.Record]
) -> tuple[Refusal, ...]:
    """Refusals of the proposal at `position`: NOT_FOUND, INVALID for one that is given twice, TOO_LATE."""
    path = ("proposals", position)
    if id not in found:
        return not_found(*path).refusals
    if id in proposals[:position]:
        return invalid(message("An earlier entry is the same proposal."), *path).refusals
    if found[id]["status"] != ProposalStatus.OPEN:
        return too_late(message("Staff have already decided on this proposal."), *path).refusals
    return ()


async def expect_entry(connection: Connection, entry: NodeId, kinds: set[ProposalKind], place: str) -> None:
    """Raises Refused unless the entry exists, is not retired, and is of the kind of all proposals."""
    tables = dict(ENTRIES.values())
    known = "SELECT EXISTS (SELECT FROM {} WHERE id = $1 AND retired_on IS NULL)"
    if entry.prefix not in tables or not await connection.fetchval(known.format(tables[entry.prefix]), entry.key):
        raise not_found(place)
    if any(ENTRIES[kind][0] != entry.prefix for kind in kinds):
        raise invalid(message("This is not of the kind that is proposed."), place)
