"""Mutations of proposals for the catalogue: making, withdrawing and deciding them."""

from models.identity.accounts import StaffRole
from resolvers.community import proposals
from resolvers.community import proposals_mutations as write
from schema.access import MANAGER, PATIENT
from schema.community.proposals import CatalogueProposal
from schema.mutations import Options, given_id, mutation, mutations, shown

DECIDED = {"proposals": shown(list[CatalogueProposal], proposals.proposals_decided)}
PROPOSALS = f"1 to {write.DECIDED} open proposals of one kind, which may be of several members."
NOTE = f"What the proposers read about the decision: at most {write.REASON_LENGTH:,} characters."
NOTIFIED = (
    "Each proposer is notified. If they asked for it, the records of their own indicator or treatment move to the "
    "entry where they fit."
)


@mutations
class ProposalMutations:
    catalogue_proposal_create = mutation(
        write.create_proposal,
        "Propose a condition, symptom or treatment that the catalogue lacks. Catalogue editors read it, without the "
        f"viewer's name. A member can have at most {write.OPEN_PROPOSALS} open proposals.",
        only=PATIENT,
        rate="requests",
        shows={"proposal": shown(CatalogueProposal, proposals.proposal_made)},
        kind="What is proposed.",
        name=f"Its name, on a single line: at most {write.NAME_LENGTH} characters.",
        description=f"What it is, and why it is needed: at most {write.DESCRIPTION_LENGTH:,} characters. Name nobody "
        "in it.",
        community="The community that needs it.",
        own_indicator="The viewer's own indicator for this symptom. If the proposal is accepted or merged, its "
        "observations move to the catalogue's indicator where they fit, and are then shared like the viewer's other "
        "observations.",
        own_treatment="The viewer's own treatment that is proposed. If the proposal is accepted or merged, its "
        "courses move to the catalogue's treatment, and are then shared like the viewer's other courses.",
    )
    catalogue_proposal_withdraw = mutation(
        write.withdraw_proposal,
        "Delete an open proposal of the viewer.",
        only=PATIENT,
        rate="changes",
        shows={
            "proposal_id": given_id("prp", "The id of the deleted proposal."),
            "proposal": shown(CatalogueProposal, proposals.proposal_left, "Always null: the proposal is deleted."),
        },
        options=Options(read_by="removed"),
        proposal="An open proposal of the viewer.",
    )
    catalogue_proposals_accept = mutation(
        write.accept_proposals,
        f"Accept proposals for which a catalogue entry was made, as a catalogue editor. {NOTIFIED}",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=DECIDED,
        proposals=PROPOSALS,
        entry="The condition, indicator or treatment that was made for them.",
        note=NOTE,
    )
    catalogue_proposals_decline = mutation(
        write.decline_proposals,
        "Decline proposals, as a catalogue editor. Each proposer is notified.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=DECIDED,
        proposals=PROPOSALS.replace(" of one kind", ""),
        reason=f"The reason, which the proposers read: at most {write.REASON_LENGTH:,} characters.",
    )
    catalogue_proposals_merge = mutation(
        write.merge_proposals,
        f"Merge proposals into an existing catalogue entry, as a catalogue editor. {NOTIFIED}",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=DECIDED,
        proposals=PROPOSALS,
        into="The condition, indicator or treatment that they are part of.",
        note=NOTE,
    )
