"""Mutations of moderators: resolving flags, suspending members."""

from resolvers.community import discussions
from resolvers.community import moderation_mutations as write
from resolvers.community.discussions_rules import NOTE_MOST
from resolvers.identity import members
from schema.access import MANAGER
from schema.community.discussions import Flag
from schema.identity.members import Member
from schema.mutations import mutation, mutations, shown


@mutations
class ModerationMutations:
    flag_resolve = mutation(
        write.resolve_flag,
        "Uphold or dismiss a flag, as a moderator. Upholding it removes the post.",
        only=MANAGER,
        shows={"flag": shown(Flag, discussions.flag_of)},
        flag="The flag.",
        upheld="Whether the flag is upheld, which removes the post. Otherwise it is dismissed.",
        note=f"The reason: at most {NOTE_MOST:,} characters. If the post is removed, its author may read it.",
    )
    member_suspend = mutation(
        write.suspend_member,
        "Suspend a member from writing in discussions, as a moderator. They can still read.",
        only=MANAGER,
        shows={"member": shown(Member, members.member_of)},
        member="The member.",
        until="When the suspension ends. Without it there is no end; a time in the past lifts the suspension.",
        reason=f"The reason, which the member may read: at most {NOTE_MOST:,} characters.",
    )
