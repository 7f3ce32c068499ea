"""Mutations of appeals."""

from models.identity.accounts import StaffRole
from resolvers.community import appeals as resolve
from resolvers.community import appeals_mutations as write
from resolvers.community import discussions
from resolvers.community.discussions_rules import NOTE_MOST
from schema.access import MANAGER, PATIENT
from schema.community.appeals import Appeal
from schema.community.discussions import Post
from schema.mutations import mutation, mutations, shown


@mutations
class AppealMutations:
    appeal_resolve = mutation(
        write.resolve_appeal,
        "Accept an appeal, which restores the post, or decline it, as a moderator. Whoever removed the post may decide "
        "only if there is no other moderator. The author is notified.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows={"appeal": shown(Appeal, resolve.appeal_of)},
        appeal="The appeal.",
        accepted="Whether the post is restored (true) or stays removed (false).",
        reason=f"The reason, which the author may read: at most {NOTE_MOST:,} characters.",
    )
    removal_appeal = mutation(
        write.appeal_removal,
        "Appeal to the moderators against the removal of one of the viewer's posts, once for each removal and within "
        f"{write.APPEAL_DAYS} days of it.",
        only=PATIENT,
        rate="flags",
        shows={"post": shown(Post, discussions.post_of)},
        post="A post of the viewer's own that a moderator removed.",
        text=f"Why the post should be restored: at most {write.APPEAL_MOST:,} characters.",
    )
