"""Discussions: posts, topics, reactions and flags."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.community import discussions as tables
from models.identity.data_reads import MemberDataKind
from planner.declare import column, graph_enum, graph_type, paged, sql
from planner.declared import Recorded
from resolvers.community import communities
from resolvers.community import discussions as resolve
from resolvers.community.appeals import latest_appeal
from resolvers.community.discussions_rules import BODY_MOST, NOTE_MOST
from resolvers.identity import members
from schema.access import MANAGER, PATIENT
from schema.community.communities import Community
from schema.identity.members import Member
from schema.in_context import Language
from schema.pagination import Node, RelayConnection
from schema.tracking.observations import Indicator
from schema.tracking.treatments import Treatment

if TYPE_CHECKING:
    from schema.community.appeals import Appeal

graph_enum(tables.Reaction)
graph_enum(tables.FlagReason)
graph_enum(tables.FlagStatus)

DiscussionTopic = Annotated[
    Treatment | Indicator,
    strawberry.union("DiscussionTopic", description="A topic of a discussion: a treatment or an indicator."),
]


@graph_type(audience=PATIENT | MANAGER)
class ReactionCount:
    """The number of members who reacted to a post in one way."""

    reaction: tables.Reaction = column("The reaction.")
    count: int = column("Number of members.")


@graph_type(audience=PATIENT | MANAGER, row=tables.Discussion, prefix="dis")
class Discussion(Node):
    """A discussion in a community."""

    community: Community = sql(communities.community_of, "The community it takes place in.")
    title: str = column("Title.")
    language: Language = column("The language of its first post, which its author chose.")
    author: Member | None = sql(members.author_of, "The member who started it. Null if they left the network.")
    created_at: datetime = column("When it was started.")
    last_post_at: datetime = column("When the latest post was written.")
    post_count: int = column("Number of posts.")
    closed: bool = column(
        "Whether a moderator has closed it: posts can no longer be added or edited, but still be read, reacted to, "
        "flagged and removed."
    )
    posts: RelayConnection[Annotated["Post", strawberry.lazy("schema.community.discussions")]] = paged(
        resolve.posts_of,
        "Its posts, oldest first. Use `last` and `before` to page from the end.",
        arguments={"language": "Only posts in this language."},
        backward=True,
    )
    last_post: Annotated["Post", strawberry.lazy("schema.community.discussions")] | None = sql(
        resolve.last_post, "Its latest post. Null if it has none."
    )
    about: list[DiscussionTopic] = sql(resolve.topics_of, "The treatments and indicators it is about.")


REMOVED = Recorded(
    "author_id",
    fields={"removedBody": MemberDataKind.REMOVED_POSTS},
    exists={MemberDataKind.REMOVED_POSTS: resolve.has_removed_body},
)


@graph_type(audience=PATIENT | MANAGER, row=tables.Post, prefix="pst", recorded=REMOVED)
class Post(Node):
    """A post in a discussion."""

    discussion: Discussion = sql(resolve.discussion_of, "The discussion it belongs to.")
    author: Member | None = sql(members.author_of, "The member who wrote it. Null if they left the network.")
    body: str | None = column("Its text. Null once it is removed.", characters=BODY_MOST)
    language: Language = column("The language that its author chose for it.")
    created_at: datetime = column("When it was written.")
    edited_at: datetime | None = column("When it was last edited. Null if never.")
    removed: bool = column("Whether it was removed. A removed post keeps its position, without its text.")
    removed_body: str | None = sql(
        resolve.removed_body,
        "The text that a moderator removed, visible to its author and to moderators. Null for everybody else, if the "
        "post was not removed, and if its author removed it or has left the network.",
        characters=BODY_MOST,
    )
    appeal: Annotated["Appeal", strawberry.lazy("schema.community.appeals")] | None = sql(
        latest_appeal,
        "The author's appeal against its latest removal that they appealed against, visible to its author and to "
        "moderators. Null for everybody else, and if there is none.",
    )
    removal_reason: str | None = sql(
        resolve.removal_reason,
        "The moderator's reason for removing it, visible to its author and to moderators. Null if no "
        "moderator removed it.",
        characters=NOTE_MOST,
    )
    reactions: list[ReactionCount] = sql(resolve.reactions_of, "Its reactions, most frequent first.")
    viewer_reactions: list[tables.Reaction] = sql(
        resolve.viewer_reactions, "The viewer's own reactions to it.", only=PATIENT
    )


@graph_type(audience=MANAGER, row=tables.Flag, prefix="flg")
class Flag(Node):
    """A member's report of a post to the moderators."""

    post: Post = sql(resolve.post_of, "The flagged post.")
    reason: tables.FlagReason = column("The member's reason.")
    note: str | None = column("The member's explanation. Null if they gave none.", characters=NOTE_MOST)
    status: tables.FlagStatus = column("Status of the flag.")
    urgent: bool = column("Whether it is open and its reason is SELF_HARM_RISK. Such flags come first in lists.")
    resolution: str | None = column(
        "The moderator's note on the decision. Null if there is none.", characters=NOTE_MOST
    )
    resolved_at: datetime | None = column("When it was decided on, or lapsed. Null while it is open.")
    created_at: datetime = column("When the member first flagged the post.")
