"""The only place for writing in discussions as the graph offers it: starting, posting, reacting, flagging."""

from uuid import UUID

import strawberry

from models.discussions import FlagReason, Reaction
from models.viewers import Viewer
from planner.arguments import prefix_of
from planner.declare import graph_type, sql
from resolvers import discussions as resolve
from resolvers import discussions_writes as write
from resolvers import moderation_writes
from resolvers.posting import Topic
from resolvers.writing import Connection, Made, not_found
from schema.access import MANAGER, PATIENT
from schema.context import Context
from schema.discussions import Discussion, Post
from schema.writing import Payload, carry_out, client_mutation_id, id_of

Info = strawberry.Info[Context, None]


@strawberry.input(description="A discussion to start, and its first post.")
class DiscussionStartInput:
    community: strawberry.ID = strawberry.field(description="A community that the viewer is a member of.")
    title: str = strawberry.field(description="Its title: 3 to 150 characters.")
    body: str = strawberry.field(
        description="The first post: plain text or CommonMark, 1 to 10,000 characters, kept as written."
    )
    about: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="The treatments and indicators that it is about: at most 5."
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A post to write.")
class PostAddInput:
    discussion: strawberry.ID = strawberry.field(
        description="The discussion: of a community that the viewer is a member of, and not closed."
    )
    body: str = strawberry.field(description="Plain text or CommonMark, 1 to 10,000 characters, kept as written.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A post to write anew.")
class PostEditInput:
    post: strawberry.ID = strawberry.field(description="A post of the viewer's own.")
    body: str = strawberry.field(description="Plain text or CommonMark, 1 to 10,000 characters, kept as written.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A post to remove.")
class PostRemoveInput:
    post: strawberry.ID = strawberry.field(description="A post of the viewer's own; for a moderator, any.")
    reason: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Why, which a moderator says and the author may read: at most 1,000 characters. Members need none.",
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="An answer to a post without words.")
class PostReactInput:
    post: strawberry.ID = strawberry.field(description="The post.")
    reaction: Reaction = strawberry.field(description="The reaction.")
    on: bool = strawberry.field(description="Whether to give it, or to take it back.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A post to show to the moderators; again, it replaces what the viewer said before.")
class PostFlagInput:
    post: strawberry.ID = strawberry.field(description="The post.")
    reason: FlagReason = strawberry.field(description="What is wrong with it.")
    note: str | None = strawberry.field(
        default=strawberry.UNSET, description="In the viewer's own words: at most 1,000 characters."
    )
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class DiscussionStartPayload(Payload):
    """What starting a discussion came to."""

    discussion_id: strawberry.Private[UUID | None] = None
    discussion: Discussion | None = sql(resolve.discussion_of, "The discussion; null where it was refused.")


@graph_type(audience=PATIENT)
class PostAddPayload(Payload):
    """What writing a post came to."""

    post_id: strawberry.Private[UUID | None] = None
    post: Post | None = sql(resolve.post_of, "The post; null where it was refused.")


@graph_type(audience=PATIENT)
class PostEditPayload(Payload):
    """What writing a post anew came to."""

    post_id: strawberry.Private[UUID | None] = None
    post: Post | None = sql(resolve.post_of, "The post; null where it was refused.")


@graph_type(audience=PATIENT | MANAGER)
class PostRemovePayload(Payload):
    """What removing a post came to."""

    post_id: strawberry.Private[UUID | None] = None
    post: Post | None = sql(resolve.post_of, "The post, without its body; null where it was refused.")


@graph_type(audience=PATIENT)
class PostReactPayload(Payload):
    """What reacting to a post came to."""

    post_id: strawberry.Private[UUID | None] = None
    post: Post | None = sql(resolve.post_of, "The post; null where it was refused.")


@graph_type(audience=PATIENT)
class PostFlagPayload(Payload):
    """What showing a post to the moderators came to."""

    post_id: strawberry.Private[UUID | None] = None
    post: Post | None = sql(resolve.post_of, "The post; null where it was refused.")


async def discussion_start(info: Info, input: DiscussionStartInput) -> DiscussionStartPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        community = id_of(input.community, "com", "input", "community")
        about = [topic_of(id, str(place)) for place, id in enumerate(input.about or ())]
        discussion = await write.start_discussion(
            connection, viewer, community=community, title=input.title, body=input.body, about=about
        )
        return {"discussion_id": discussion}

    return await carry_out(info, DiscussionStartPayload, input, work)


async def post_add(info: Info, input: PostAddInput) -> PostAddPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        discussion = id_of(input.discussion, "dis", "input", "discussion")
        return {"post_id": await write.add_post(connection, viewer, discussion=discussion, body=input.body)}

    return await carry_out(info, PostAddPayload, input, work)


async def post_edit(info: Info, input: PostEditInput) -> PostEditPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        post = id_of(input.post, "pst", "input", "post")
        await write.edit_post(connection, viewer, post=post, body=input.body)
        return {"post_id": post}

    return await carry_out(info, PostEditPayload, input, work)


async def post_remove(info: Info, input: PostRemoveInput) -> PostRemovePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        post = id_of(input.post, "pst", "input", "post")
        if viewer.staff is None:
            await write.take_back_post(connection, viewer, post=post)
        else:
            await moderation_writes.remove_post(connection, viewer, post=post, reason=input.reason or None)
        return {"post_id": post}

    return await carry_out(info, PostRemovePayload, input, work)


async def post_react(info: Info, input: PostReactInput) -> PostReactPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        post = id_of(input.post, "pst", "input", "post")
        await write.react_to_post(connection, viewer, post=post, reaction=input.reaction, on=input.on)
        return {"post_id": post}

    return await carry_out(info, PostReactPayload, input, work)


async def post_flag(info: Info, input: PostFlagInput) -> PostFlagPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        post = id_of(input.post, "pst", "input", "post")
        await write.flag_post(connection, viewer, post=post, reason=input.reason, note=input.note or None)
        return {"post_id": post}

    return await carry_out(info, PostFlagPayload, input, work)


def topic_of(id: strawberry.ID, place: str) -> Topic:
    path = ("input", "about", place)
    if prefix_of(id) == "trt":
        return Topic(treatment=id_of(id, "trt", *path))
    if prefix_of(id) == "ind":
        return Topic(indicator=id_of(id, "ind", *path))
    raise not_found(*path)
