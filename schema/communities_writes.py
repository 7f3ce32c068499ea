"""The only place for joining and leaving communities as the graph offers them."""

from uuid import UUID

import strawberry

from models.viewers import Viewer
from planner.declare import graph_type, sql
from resolvers import communities, members
from resolvers import communities_writes as write
from resolvers.writing import Connection, Made
from schema.access import PATIENT
from schema.communities import Community
from schema.context import Context
from schema.members import Membership
from schema.writing import Payload, carry_out, client_mutation_id, id_of


@strawberry.input(description="Which community to join.")
class CommunityJoinInput:
    community: strawberry.ID = strawberry.field(description="The community.")
    diagnosed_in: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="The year in which the viewer, a patient, was told of the condition; null takes it back, left out "
        "it stays. No other member reads it: it is counted, with noise, as time since diagnosis.",
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="Which community to leave.")
class CommunityLeaveInput:
    community: strawberry.ID = strawberry.field(description="The community.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class CommunityJoinPayload(Payload):
    """What joining came to."""

    community_id: strawberry.Private[UUID | None] = None
    membership: Membership | None = sql(
        members.membership_in, "The viewer's place in the community; null where it was refused."
    )


@graph_type(audience=PATIENT)
class CommunityLeavePayload(Payload):
    """What leaving came to."""

    community_id: strawberry.Private[UUID | None] = None
    community: Community | None = sql(communities.community_of, "The community; null where it was refused.")


async def community_join(info: strawberry.Info[Context, None], input: CommunityJoinInput) -> CommunityJoinPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        community = id_of(input.community, "com", "input", "community")
        await write.join_community(connection, viewer, community=community)
        if input.diagnosed_in is not strawberry.UNSET:
            await write.tell_diagnosis(connection, viewer, community=community, year=input.diagnosed_in)
        return {"community_id": community}

    return await carry_out(info, CommunityJoinPayload, input, work)


async def community_leave(info: strawberry.Info[Context, None], input: CommunityLeaveInput) -> CommunityLeavePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        community = id_of(input.community, "com", "input", "community")
        await write.leave_community(connection, viewer, community=community)
        return {"community_id": community}

    return await carry_out(info, CommunityLeavePayload, input, work)
