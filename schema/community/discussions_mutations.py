"""Mutations of discussions and posts."""

from models.identity.accounts import StaffRole
from resolvers.community import discussions as resolve
from resolvers.community import discussions_mutations as write
from resolvers.community import moderation_mutations as moderation
from resolvers.community.discussions_rules import BODY_MOST, NOTE_MOST, TITLE_LEAST, TITLE_MOST, TOPICS_MOST
from resolvers.identity.help_lines import help_lines_for
from schema.access import MANAGER, PATIENT
from schema.community.discussions import Discussion, Post
from schema.identity.help_lines import HelpLine
from schema.mutations import mutation, mutations, shown

BODY = f"Plain text or CommonMark: 1 to {BODY_MOST:,} characters, stored as written."
LANGUAGE = "By default, that of the viewer's account, or French if the server does not speak it."
POST = {"post": shown(Post, resolve.post_of)}


@mutations
class DiscussionMutations:
    discussion_start = mutation(
        write.start_discussion,
        "Start a discussion in a community, with its first post.",
        only=PATIENT,
        rate="posts",
        shows={"discussion": shown(Discussion, resolve.discussion_of)},
        community="A community that the viewer is a member of.",
        title=f"The title: {TITLE_LEAST} to {TITLE_MOST} characters.",
        body=f"The first post. {BODY}",
        language=f"The language of the discussion and its first post. {LANGUAGE}",
        about=f"The treatments and indicators that the discussion is about: at most {TOPICS_MOST}.",
    )
    discussion_pin = mutation(
        write.pin_discussion,
        "Pin a discussion to the top of its community, or unpin it, as a verified association. It replaces the one "
        "that the association has pinned there. The pin ends when the discussion is closed, its first post is "
        "removed, or the association leaves, is suspended or is no longer verified.",
        only=PATIENT,
        rate="changes",
        shows={"discussion": shown(Discussion, resolve.discussion_of)},
        discussion="A discussion that the viewer started, in a community that they belong to.",
        pinned="Whether to pin the discussion (true) or to unpin it (false).",
    )
    post_add = mutation(
        write.add_post,
        "Add a post to a discussion. The member who started the discussion is notified.",
        only=PATIENT,
        rate="posts",
        shows=POST,
        discussion="A discussion that is not closed, in a community that the viewer is a member of.",
        body=BODY,
        language=f"The language of the post. {LANGUAGE}",
    )
    post_edit = mutation(
        write.edit_post,
        "Edit one of the viewer's own posts, unless its discussion is closed or they have left its community.",
        only=PATIENT,
        rate="posts",
        shows=POST,
        post="A post of the viewer's own.",
        body=BODY,
        language="The language of the post, and of the discussion if it is the first post. Unchanged if omitted.",
    )
    post_flag = mutation(
        write.flag_post,
        "Report a post to the moderators. Reporting it again replaces the reason and the note, and opens the flag "
        "again. If the reason is SELF_HARM_RISK, moderators get mail at once, and the post's author is shown help "
        f"lines, without a reason, at most once in {write.SUPPORT_DAYS} days.",
        only=PATIENT,
        rate="flags",
        shows={
            "post": shown(Post, resolve.post_of),
            "help_lines": shown(
                list[HelpLine],
                help_lines_for,
                "Services to call, if the reason is SELF_HARM_RISK, in the language of the viewer's account if the "
                "server speaks it. Otherwise empty.",
            ),
        },
        post="The post.",
        reason="What is wrong with the post.",
        note=f"Details in the viewer's own words: at most {NOTE_MOST:,} characters.",
    )
    post_react = mutation(
        write.react_to_post,
        "Add a reaction to a post, or remove it. Repeating it changes nothing.",
        only=PATIENT,
        rate="reactions",
        shows=POST,
        post="The post.",
        reaction="The reaction.",
        on="Whether to add the reaction (true) or remove it (false).",
    )
    post_remove = mutation(
        moderation.remove_post,
        "Remove one of the viewer's own posts, or any as a moderator. A post keeps its place and loses its body: a "
        "text that its author removes is deleted; one that a moderator removes stays readable for its author and for "
        "moderators. Open flags of the post are resolved.",
        only=PATIENT | MANAGER,
        staff_role=StaffRole.MODERATOR,
        rate="changes",
        shows={"post": shown(Post, resolve.post_of, "The post, without its body.")},
        post="A post of the viewer's own, or any post for a moderator.",
        reason=f"Why a moderator removes the post, which its author may read: at most {NOTE_MOST:,} characters. "
        "Required of moderators, ignored for members.",
    )
