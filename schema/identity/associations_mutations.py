"""Mutations of associations: their pages, and their verification by moderators."""

from models.identity.accounts import StaffRole
from resolvers.identity import associations_mutations as write
from resolvers.identity.associations_rules import (
    ADDRESS_LENGTH,
    DESCRIPTION_LENGTH,
    FULL_NAME_LENGTHS,
    PHONE_DIGITS,
    AssociationText,
)
from resolvers.links import LENGTH
from schema.access import MANAGER, PATIENT
from schema.identity.members import Member
from schema.inputs import nested
from schema.mutations import Options, mutation, mutations, shown

MEMBER = {"member": shown(Member, write.member_changed)}

nested(
    AssociationText,
    "AssociationDescriptionInput",
    "An association's description of itself, in one language.",
    language="Its language.",
    text=f"The text: 1 to {DESCRIPTION_LENGTH:,} characters.",
)


@mutations
class AssociationMutations:
    association_update = mutation(
        write.update_association,
        "Change the page of the viewer, who is an association. Omitted fields do not change. All members can read "
        "it, and anybody once the association is verified.",
        only=PATIENT,
        rate="profile",
        shows=MEMBER,
        options=Options(read_by="member_id"),
        full_name="The full name: {} to {} characters. A different name ends the verification of the association. "
        "Null is refused.".format(*FULL_NAME_LENGTHS),
        website=f"The https address of its website: at most {LENGTH} characters. Null clears it.",
        email="An e-mail address for the public. Null clears it.",
        phone="A telephone number: {} to {} digits. Null clears it.".format(*PHONE_DIGITS),
        postal_address=f"A postal address, which may have several lines: at most {ADDRESS_LENGTH} characters. Null "
        "clears it.",
        descriptions="Its descriptions of itself, at most one for each language. They replace all earlier ones. Null "
        "clears them.",
    )
    association_verify = mutation(
        write.verify_association,
        "Confirm that an association is the one it claims to be, or withdraw that, as a moderator. If the association "
        "changes its pseudonym or its full name, it is no longer verified.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows=MEMBER,
        member="The association.",
        verified="Whether the association is verified.",
        reason=f"What was checked, or why the verification ends: 1 to {write.REASON_LENGTH:,} characters. The "
        "association may read it.",
    )
