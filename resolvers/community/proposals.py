"""Reads members' proposals for the catalogue."""

from sqlalchemy import func

from models.community import communities
from models.community import proposals as tables
from models.rows import Row, Rows, row, select


def proposals(*, status: tables.ProposalStatus | None = None, kind: tables.ProposalKind | None = None) -> Rows:
    """Proposals for the catalogue, the oldest first; those of one status and kind, if given."""
    proposal = row(tables.CatalogueProposal)
    found = select(proposal).order_by(proposal.proposed_on, proposal.id)
    if status is not None:
        found = found.where(proposal.status == status)
    return found if kind is None else found.where(proposal.kind == kind)


def proposals_of(me: Row) -> Rows:
    """The member's own proposals, the newest first."""
    proposal, proposer = row(tables.CatalogueProposal), row(tables.CatalogueProposer)
    found = select(proposal).join(proposer, proposer.id == proposal.id).where(proposer.member_id == me.member_id)
    return found.order_by(proposal.proposed_on.desc(), proposal.id.desc())


def proposal_of(tracked: Row) -> Rows:
    """The proposal that an own indicator follows."""
    proposal = row(tables.CatalogueProposal)
    return select(proposal).where(proposal.id == tracked.proposal_id)


def proposal_made(payload: Row) -> Rows:
    """One row: the proposal that a mutation has made."""
    return proposal_of(payload)


def proposals_decided(payload: Row) -> Rows:
    """The proposals that a mutation has decided, in the order of its input."""
    proposal = row(tables.CatalogueProposal)
    decided = select(proposal).where(proposal.id == func.any(payload.proposal_ids))
    return decided.order_by(func.array_position(payload.proposal_ids, proposal.id))


def condition_of(proposal: Row) -> Rows:
    """One row, or none if the proposal names no condition of the catalogue."""
    condition = row(communities.Condition)
    return select(condition).where(condition.id == proposal.condition_id)


def proposal_left(payload: Row) -> Rows:
    """No row: a deleted proposal, in a payload whose field is always null."""
    proposal = row(tables.CatalogueProposal)
    return select(proposal).where(proposal.id == payload.removed)
