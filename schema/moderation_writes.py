"""The only place for what moderators do as the graph offers it: deciding on flags, suspending members."""

from datetime import datetime
from uuid import UUID

import strawberry

from models.viewers import Viewer
from planner.declare import graph_type, sql
from resolvers import discussions, members
from resolvers import moderation_writes as write
from resolvers.writing import Connection, Made
from schema.access import MANAGER
from schema.context import Context
from schema.discussions import Flag
from schema.members import Member
from schema.writing import Payload, carry_out, client_mutation_id, id_of

Info = strawberry.Info[Context, None]


@strawberry.input(description="What a moderator makes of a flag.")
class FlagResolveInput:
    flag: strawberry.ID = strawberry.field(description="The flag.")
    upheld: bool = strawberry.field(description="Whether it is right: the post is removed. Otherwise it is dismissed.")
    note: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Why: at most 1,000 characters. Where the post is removed, its author may read it.",
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A member to keep from writing in discussions.")
class MemberSuspendInput:
    member: strawberry.ID = strawberry.field(description="The member.")
    until: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it ends: null, or not said, is for good; a time that has passed lifts it.",
    )
    reason: str = strawberry.field(description="Why, which the member may read: at most 1,000 characters.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=MANAGER)
class FlagResolvePayload(Payload):
    """What deciding on a flag came to."""

    flag_id: strawberry.Private[UUID | None] = None
    flag: Flag | None = sql(discussions.flag_of, "The flag; null where it was refused.")


@graph_type(audience=MANAGER)
class MemberSuspendPayload(Payload):
    """What suspending a member came to."""

    member_id: strawberry.Private[UUID | None] = None
    member: Member | None = sql(members.member_of, "The member; null where it was refused.")


async def flag_resolve(info: Info, input: FlagResolveInput) -> FlagResolvePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        flag = id_of(input.flag, "flg", "input", "flag")
        await write.resolve_flag(connection, viewer, flag=flag, upheld=input.upheld, note=input.note or None)
        return {"flag_id": flag}

    return await carry_out(info, FlagResolvePayload, input, work)


async def member_suspend(info: Info, input: MemberSuspendInput) -> MemberSuspendPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        member = id_of(input.member, "mbr", "input", "member")
        await write.suspend_member(connection, viewer, member=member, until=input.until or None, reason=input.reason)
        return {"member_id": member}

    return await carry_out(info, MemberSuspendPayload, input, work)
