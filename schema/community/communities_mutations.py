"""Mutations of membership in communities."""

from resolvers.community import communities
from resolvers.community import communities_mutations as write
from resolvers.identity import members
from schema.access import PATIENT
from schema.community.communities import Community
from schema.identity.members import Membership
from schema.mutations import Options, mutation, mutations, shown


@mutations
class CommunityMutations:
    community_join = mutation(
        write.join_community,
        "Join a community. Joining again changes nothing.",
        only=PATIENT,
        rate="changes",
        shows={"membership": shown(Membership, members.membership_in)},
        options=Options(read_by="community_id"),
        community="The community.",
        diagnosed_in="The year in which the viewer, a patient, was diagnosed. Null deletes it. Unchanged if omitted. "
        "No other member sees it. It is published only as time since diagnosis, with noise.",
    )
    community_leave = mutation(
        write.leave_community,
        "Leave a community. The viewer's posts stay.",
        only=PATIENT,
        rate="changes",
        shows={"community": shown(Community, communities.community_of)},
        community="The community.",
    )
