"""Mutations of moderators: flags, restored posts, closed discussions, suspensions, ambassadors."""

from models.identity.accounts import StaffRole
from resolvers.community import communities, discussions
from resolvers.community import moderation_mutations as write
from resolvers.community.discussions_rules import NOTE_MOST
from resolvers.identity import members
from schema.access import MANAGER
from schema.community.communities import Community
from schema.community.discussions import Discussion, Flag, Post
from schema.identity.members import Member
from schema.mutations import mutation, mutations, shown


@mutations
class ModerationMutations:
    ambassador_appoint = mutation(
        write.appoint_ambassador,
        "Appoint a member as an ambassador of a community, as a moderator, or end the appointment. Repeating it "
        "changes nothing. An appointment also ends when the member is suspended or leaves the community.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows={
            "member": shown(Member, members.member_of),
            "community": shown(Community, communities.community_of),
        },
        member="A member of the community who is not suspended.",
        community=f"The community. It can have at most {write.AMBASSADORS} ambassadors.",
        appointed="Whether the member is appointed (true) or the appointment ends (false).",
    )
    discussion_close = mutation(
        write.close_discussion,
        "Close a discussion to new posts and edits, as a moderator, or open it again. Repeating it changes nothing.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows={"discussion": shown(Discussion, discussions.discussion_of)},
        discussion="The discussion.",
        closed="Whether it is closed (true) or open (false).",
    )
    flag_resolve = mutation(
        write.resolve_flag,
        "Uphold or dismiss a flag, as a moderator. Upholding it removes the post, and upholds its other open flags.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows={"flag": shown(Flag, discussions.flag_of)},
        flag="The flag.",
        upheld="Whether the flag is upheld, which removes the post. Otherwise it is dismissed.",
        note=f"The reason: at most {NOTE_MOST:,} characters. If the post is removed, its author may read it.",
    )
    post_restore = mutation(
        write.restore_post,
        "Restore a post that a moderator removed, as a moderator. Flags that were upheld are dismissed.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows={"post": shown(Post, discussions.post_of)},
        post="A post that a moderator removed, and whose author has not left the network.",
        note=f"The reason, stored as the resolution of the flags: at most {NOTE_MOST:,} characters.",
    )
    member_allow_communities = mutation(
        write.allow_communities,
        "Allow a member to join more communities than others, as a moderator. This replaces an earlier allowance.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows={"member": shown(Member, members.member_of)},
        member="The member.",
        communities="Number of communities that they may join in addition to those that everybody may join: 0 to "
        f"{write.MORE_COMMUNITIES}.",
    )
    member_suspend = mutation(
        write.suspend_member,
        "Suspend a member from writing in discussions, as a moderator. They can still read, and are no longer an "
        "ambassador.",
        only=MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="staff",
        shows={"member": shown(Member, members.member_of)},
        member="The member.",
        until="When the suspension ends. If omitted, it is permanent. A time in the past lifts it.",
        reason=f"The reason, which the member may read: at most {NOTE_MOST:,} characters.",
    )
