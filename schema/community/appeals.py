"""Appeals against the removal of posts."""

from datetime import datetime

from models.community import moderation as tables
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.community import appeals as resolve
from resolvers.community.appeals_mutations import APPEAL_MOST
from resolvers.community.discussions_rules import NOTE_MOST
from schema.access import MANAGER, PATIENT
from schema.community.discussions import Post
from schema.pagination import Node

graph_enum(tables.AppealStatus)


@graph_type(audience=PATIENT | MANAGER, row=tables.Appeal, prefix="apl")
class Appeal(Node):
    """An author's appeal against the removal of their post by a moderator."""

    post: Post = sql(resolve.post_of, "The removed post, or the restored one.", only=MANAGER)
    text: str = column("What the author wrote to the moderators.", characters=APPEAL_MOST)
    status: tables.AppealStatus = column("Status of the appeal.")
    created_at: datetime = column("When the author appealed.")
    resolution: str | None = column(
        "The moderator's reason for the decision. Null if there is none.", characters=NOTE_MOST
    )
    resolved_at: datetime | None = column("When a moderator decided. Null while it is open.")
