"""The only place for discussions as the graph shows them: posts, topics, reactions and flags."""

from datetime import datetime
from typing import Annotated

import strawberry

from models import discussions as tables
from planner.declare import column, graph_type, paged, sql
from resolvers import communities, members
from resolvers import discussions as resolve
from schema.access import MANAGER, PATIENT
from schema.communities import Community
from schema.members import Member
from schema.pagination import Connection, Node
from schema.tracking import Indicator
from schema.treatments import Treatment

strawberry.enum(tables.Reaction, description="How a member can answer a post without words.")
strawberry.enum(tables.FlagReason, description="Why a post was shown to the moderators.")
strawberry.enum(tables.FlagStatus, description="What the moderators made of a flag.")

DiscussionTopic = Annotated[
    Treatment | Indicator, strawberry.union("DiscussionTopic", description="What a discussion can be about.")
]


@graph_type(audience=PATIENT | MANAGER)
class ReactionCount:
    """How many members have given a post one reaction."""

    reaction: tables.Reaction = column("The reaction.")
    count: int = column("How many have given it.")


@graph_type(audience=PATIENT | MANAGER, row=tables.Discussion, prefix="dis")
class Discussion(Node):
    """A discussion of a community."""

    community: Community = sql(communities.community_of, "Where it takes place.")
    title: str = column("Its title.")
    author: Member | None = sql(members.author_of, "Who started it; null when they have left the network.")
    created_at: datetime = column("When it was started.")
    last_post_at: datetime = column("When the last post was written.")
    post_count: int = column("How many posts it has.")
    closed: bool = column("Whether nobody can write in it any more.")
    posts: Connection[Annotated["Post", strawberry.lazy("schema.discussions")]] = paged(
        resolve.posts_of, "Its posts, oldest first; `last` and `before` read from the end.", backward=True
    )
    last_post: Annotated["Post", strawberry.lazy("schema.discussions")] | None = sql(
        resolve.last_post, "Its newest post; null while it has none."
    )
    about: list[DiscussionTopic] = sql(resolve.topics_of, "The treatments and indicators it is about.")


@graph_type(audience=PATIENT | MANAGER, row=tables.Post, prefix="pst")
class Post(Node):
    """A post of a discussion."""

    discussion: Discussion = sql(resolve.discussion_of, "The discussion it is in.")
    author: Member | None = sql(members.author_of, "Who wrote it; null when they have left the network.")
    body: str | None = column("As written; null once the post was removed.")
    created_at: datetime = column("When it was written.")
    edited_at: datetime | None = column("When it was last changed; null when it never was.")
    removed: bool = column("Whether it was removed: it keeps its place and loses its body.")
    removal_reason: str | None = sql(
        resolve.removal_reason,
        "Why a moderator removed it; null where none did, and to other members than its author.",
    )
    reactions: list[ReactionCount] = sql(resolve.reactions_of, "The reactions it got, commonest first.")
    viewer_reactions: list[tables.Reaction] = sql(
        resolve.viewer_reactions, "The reactions that the viewer gave it.", only=PATIENT
    )


@graph_type(audience=MANAGER, row=tables.Flag, prefix="flg")
class Flag(Node):
    """A post that a member has shown to the moderators."""

    post: Post = sql(resolve.post_of, "The post.")
    reason: tables.FlagReason = column("What the member finds wrong with it.")
    note: str | None = column("In the member's own words; null where nothing was written.")
    status: tables.FlagStatus = column("What the moderators made of it.")
    resolution: str | None = column("The moderator's note; null where none was written.")
    resolved_at: datetime | None = column("When a moderator last decided on it; null until then.")
    created_at: datetime = column("When it was first raised.")
