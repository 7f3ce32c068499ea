"""Mutations of care links: a patient invites a relative, who accepts, and either side may end the link."""

from resolvers.identity import care_links_mutations as write
from resolvers.identity import members as resolve
from schema.access import PATIENT
from schema.identity.members import CareLink
from schema.mutations import mutation, mutations, shown

CARE_LINK = {"care_link": shown(CareLink, resolve.care_link_made)}


@mutations
class CareLinkMutations:
    care_link_accept = mutation(
        write.accept_care_link,
        "Accept a patient's invitation to keep their diary.",
        only=PATIENT,
        rate="changes",
        shows=CARE_LINK,
        care_link="An invitation to the viewer, who is a relative.",
    )
    care_link_end = mutation(
        write.end_care_link,
        "End a care link or an invitation, from either side. The relative loses access immediately.",
        only=PATIENT,
        rate="changes",
        shows=CARE_LINK,
        care_link="One of the viewer's care links.",
    )
    care_link_invite = mutation(
        write.invite_relative,
        f"Invite a relative to keep the viewer's diary. A patient has at most {write.LINKS} links and invitations.",
        only=PATIENT,
        rate="invitations",
        shows=CARE_LINK,
        pseudonym="The relative's pseudonym. Case is ignored.",
    )
