"""Starts discussions, adds and edits posts, and records reactions and flags, for members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.community.discussions import FlagReason, Reaction
from models.database import Connection
from models.identity.members import NotificationKind
from models.languages import DEFAULT, Language, language_of
from models.messages import message
from models.parameters import CommunityId, DiscussionId, PostId, TopicId
from models.viewers import Viewer
from resolvers.community.communities_mutations import expect_community, expect_open
from resolvers.community.discussions_rules import (
    CLOSED,
    REMOVED,
    body_in,
    expect_fewer_posts,
    expect_not_suspended,
    expect_writer,
    language_for,
    note_in,
    title_in,
    topic_refusals,
)
from resolvers.faults import Faults
from resolvers.transactions import announce, not_eligible, not_found, notify, too_late

# A discussion $1, and what decides whether the member $2 may pin it.
PINNABLE = """
SELECT d.community_id, d.author_id, d.closed,
    EXISTS (SELECT FROM care.member m WHERE m.id = $2 AND m.kind = 'ASSOCIATION' AND m.verified) AS is_verified,
    coalesce((SELECT p.removed FROM care.post p WHERE p.discussion_id = d.id
              ORDER BY p.created_at, p.id LIMIT 1), true) AS first_is_removed
FROM care.discussion d WHERE d.id = $1
"""

SUPPORT_DAYS = 30  # in which a member is shown help lines once, however often they are flagged


@dataclass(frozen=True)
class Flagged:
    """The flagged post, and the language of the help lines to show, if any."""

    post_id: UUID
    help_language: Language | None


async def start_discussion(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    community: CommunityId,
    title: str,
    body: str,
    language: Language | None = None,
    about: Sequence[TopicId] = (),
) -> UUID:
    """Starts a discussion with its first post, and returns the discussion's id.

    Raises Refused: INVALID and TOO_LONG for the texts, INVALID for too many topics or a repeated one, NOT_FOUND for the
    community or a topic, TOO_LATE if the community has closed or merged, NOT_ELIGIBLE if the viewer is suspended or no
    member of the community, LIMIT_REACHED.
    """
    with faults.collected():
        title = title_in(title, "title")
    with faults.collected():
        body = body_in(body, "body")
    with faults.collected():
        await expect_community(connection, community)
        await expect_open(connection, community, "community")
        await expect_writer(connection, viewer, community, "community")
    faults.add(*await topic_refusals(connection, about))
    faults.refuse()
    await expect_fewer_posts(connection, viewer)
    spoken = await language_for(connection, viewer, language)
    discussion: UUID = await connection.fetchval(
        "INSERT INTO care.discussion (community_id, author_id, title, language) VALUES ($1, $2, $3, $4) RETURNING id",
        community,
        viewer.member,
        title,
        spoken,
    )
    await connection.executemany(
        "INSERT INTO care.discussion_topic (discussion_id, position, treatment_id, indicator_id)"
        " VALUES ($1, $2, $3, $4)",
        [
            (discussion, position, *(topic.key if topic.prefix == prefix else None for prefix in ("trt", "ind")))
            for position, topic in enumerate(about, 1)
        ],
    )
    await insert_post(connection, viewer, discussion, body, spoken)
    return discussion


async def pin_discussion(connection: Connection, viewer: Viewer, *, discussion: DiscussionId, pinned: bool) -> UUID:
    """Pins a discussion of the viewer's own in its community, or unpins it, and returns its id.

    Repeating it changes nothing. Raises Refused: NOT_FOUND, NOT_ELIGIBLE unless the viewer is a verified association
    that started it, belongs to its community and is not suspended, TOO_LATE if the discussion is closed or its first
    post was removed.
    """
    found = await connection.fetchrow(PINNABLE, discussion, viewer.member)
    if found is None:
        raise not_found("discussion")
    community = found["community_id"]
    if not pinned:
        await connection.execute(
            "DELETE FROM care.pin WHERE member_id = $1 AND discussion_id = $2", viewer.member, discussion
        )
        return discussion
    if not found["is_verified"]:
        raise not_eligible(message("Only verified associations can pin a discussion."), "discussion")
    if found["author_id"] != viewer.member:
        raise not_eligible(message("An association can pin only discussions that it started."), "discussion")
    if found["closed"]:
        raise too_late(CLOSED, "discussion")
    if found["first_is_removed"]:
        raise too_late(message("The first post of the discussion was removed."), "discussion")
    await expect_writer(connection, viewer, community, "discussion")
    await connection.execute(
        "DELETE FROM care.pin WHERE member_id = $1 AND community_id = $2 AND discussion_id <> $3",
        viewer.member,
        community,
        discussion,
    )
    await connection.execute(
        "INSERT INTO care.pin (member_id, community_id, discussion_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        viewer.member,
        community,
        discussion,
    )
    return discussion


async def add_post(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    discussion: DiscussionId,
    body: str,
    language: Language | None = None,
) -> UUID:
    """Adds a post and returns its id. The member who started the discussion is notified.

    Raises Refused: INVALID and TOO_LONG for the body, NOT_FOUND, TOO_LATE if the discussion is closed, NOT_ELIGIBLE if
    the viewer is suspended or no member of its community, LIMIT_REACHED.
    """
    with faults.collected():
        body = body_in(body, "body")
    found = await connection.fetchrow(
        "SELECT community_id, author_id, closed FROM care.discussion WHERE id = $1", discussion
    )
    with faults.collected():
        if found is None:
            raise not_found("discussion")
        if found["closed"]:
            raise too_late(CLOSED, "discussion")
        await expect_writer(connection, viewer, found["community_id"], "discussion")
    faults.refuse()
    assert found is not None
    await expect_fewer_posts(connection, viewer)
    spoken = await language_for(connection, viewer, language)
    post = await insert_post(connection, viewer, discussion, body, spoken)
    if found["author_id"] not in (None, viewer.member):
        await notify(connection, found["author_id"], NotificationKind.REPLY, "pst", post)
    await announce(connection, "postAdded", post, discussion)
    return post


async def edit_post(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    post: PostId,
    body: str,
    language: Language | None = None,
) -> UUID:
    """Replaces the body of one of the viewer's own posts, and its language if one is given; the post's id.

    Raises Refused: INVALID and TOO_LONG for the body, NOT_FOUND if the post is not the viewer's, TOO_LATE if it was
    removed or its discussion is closed, NOT_ELIGIBLE if the viewer is suspended or no member of its community.
    """
    with faults.collected():
        body = body_in(body, "body")
    found = await connection.fetchrow(
        "SELECT p.author_id, p.removed, d.closed, d.community_id FROM care.post p"
        " JOIN care.discussion d ON d.id = p.discussion_id WHERE p.id = $1",
        post,
    )
    with faults.collected():
        if found is None or found["author_id"] != viewer.member:
            raise not_found("post")
        if found["closed"]:
            raise too_late(CLOSED, "post")
        await expect_writer(connection, viewer, found["community_id"], "post")
        if found["removed"]:
            raise too_late(REMOVED, "post")
    faults.refuse()
    edited = await connection.fetchval(
        "UPDATE care.post SET body = $1, edited_at = clock_timestamp(), language = coalesce($4, language)"
        " WHERE id = $2 AND author_id = $3 AND NOT removed RETURNING true",
        body,
        post,
        viewer.member,
        language,
    )
    if not edited:  # a concurrent request has removed it
        raise too_late(REMOVED, "post")
    return post


async def remove_own_post(connection: Connection, viewer: Viewer, *, post: UUID) -> None:
    """Removes the body of one of the viewer's own posts, which keeps its place. Removing it again changes nothing.

    Suspended members may do this too. Raises Refused: NOT_FOUND if the post is not the viewer's.
    """
    own = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM care.post WHERE id = $1 AND author_id = $2)", post, viewer.member
    )
    if not own:
        raise not_found("post")
    await connection.execute(
        "UPDATE care.post SET body = NULL, removed = true WHERE id = $1 AND author_id = $2 AND NOT removed",
        post,
        viewer.member,
    )


async def react_to_post(connection: Connection, viewer: Viewer, *, post: PostId, reaction: Reaction, on: bool) -> UUID:
    """Adds the viewer's reaction to a post, or removes it, and returns the post's id. Repeating it changes nothing.

    All members who may read a post may react to it. Raises Refused: NOT_FOUND, and for a new reaction TOO_LATE if the
    post was removed, NOT_ELIGIBLE if the viewer is suspended.
    """
    removed = await connection.fetchval("SELECT removed FROM care.post WHERE id = $1", post)
    if removed is None:
        raise not_found("post")
    if not on:
        await connection.execute(
            "DELETE FROM care.post_reaction WHERE post_id = $1 AND member_id = $2 AND reaction = $3",
            post,
            viewer.member,
            reaction,
        )
        return post
    if removed:
        raise too_late(REMOVED, "post")
    await expect_not_suspended(connection, viewer, "post")
    await connection.execute(
        "INSERT INTO care.post_reaction (post_id, member_id, reaction) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        post,
        viewer.member,
        reaction,
    )
    return post


async def flag_post(
    connection: Connection, viewer: Viewer, faults: Faults, *, post: PostId, reason: FlagReason, note: str | None
) -> Flagged:
    """Reports a post to the moderators. A new flag replaces the viewer's earlier one.

    If somebody may be in danger, moderators are written to at once, and the viewer and the author are shown help lines.
    Suspended members may do this too, because somebody may be in danger. Raises Refused: TOO_LONG and INVALID for the
    note, NOT_FOUND, TOO_LATE if the post was removed.
    """
    with faults.collected():
        note = note_in(note, "note")
    found = await connection.fetchrow("SELECT discussion_id, removed FROM care.post WHERE id = $1", post)
    with faults.collected():
        if found is None:
            raise not_found("post")
        if found["removed"]:
            raise too_late(REMOVED, "post")
    faults.refuse()
    assert found is not None
    flag = await connection.fetchval(
        "INSERT INTO care.flag (post_id, member_id, reason, note) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (post_id, member_id) DO UPDATE"
        " SET reason = excluded.reason, note = excluded.note, status = 'OPEN' RETURNING id",  # without its resolution
        post,
        viewer.member,
        reason,
        note,
    )
    await announce(connection, "flagRaised", flag, found["discussion_id"])
    if reason is not FlagReason.SELF_HARM_RISK:
        return Flagged(post, None)
    await connection.execute("SELECT care.raise_alarm($1, $2)", flag, timedelta(days=SUPPORT_DAYS))
    locale = await connection.fetchval("SELECT locale FROM identity.account WHERE member_id = $1", viewer.member)
    return Flagged(post, language_of(locale or "") or DEFAULT)


async def insert_post(connection: Connection, viewer: Viewer, discussion: UUID, body: str, language: Language) -> UUID:
    """Writes a post of the viewer's, and returns its key. Raises what asyncpg does: rules were checked before."""
    # Triggers maintain the discussion's count of posts, and order the post after the others.
    post: UUID = await connection.fetchval(
        "INSERT INTO care.post (discussion_id, author_id, body, language) VALUES ($1, $2, $3, $4) RETURNING id",
        discussion,
        viewer.member,
        body,
        language,
    )
    return post
