"""Removes and restores posts, resolves flags, closes discussions, suspends and appoints members, for moderators."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from models.community.discussions import FlagStatus
from models.database import Connection
from models.identity.members import MembershipRole, NotificationKind
from models.messages import message
from models.parameters import CommunityId, DiscussionId, FlagId, MemberId, PostId
from models.viewers import Viewer
from resolvers.community.communities_mutations import expect_community, expect_open
from resolvers.community.discussions_mutations import remove_own_post
from resolvers.community.discussions_rules import note_in
from resolvers.faults import Faults
from resolvers.transactions import (
    conflict,
    invalid,
    limit_reached,
    not_eligible,
    not_found,
    notify,
    too_late,
)

AMBASSADORS = 20  # the most of a community
MORE_COMMUNITIES = 100  # the most that a moderator may allow a member to join beside those that everybody may


async def remove_post(
    connection: Connection, viewer: Viewer, faults: Faults, *, post: PostId, reason: str | None
) -> UUID:
    """Removes the body of a post, which keeps its place, and returns its id. Its open flags are resolved.

    Members remove their own posts, whose text is deleted. Moderators remove any post and give a reason; its author is
    notified, and can still read the text. Removing a post again changes nothing. Raises Forbidden if staff are not
    moderators, and Refused: NOT_FOUND, INVALID and TOO_LONG for the reason.
    """
    if viewer.staff is None:
        with faults.collected():
            await remove_own_post(connection, viewer, post=post)
        faults.refuse()
        return post
    found = await connection.fetchrow("SELECT author_id FROM care.post WHERE id = $1", post)
    with faults.collected():
        if found is None:
            raise not_found("post")
    why = ""
    with faults.collected():
        why = reason_in(reason)
    faults.refuse()
    assert found is not None
    await remove(connection, viewer, post, found["author_id"], why)
    return post


async def restore_post(connection: Connection, faults: Faults, *, post: PostId, note: str | None) -> UUID:
    """Restores a post that a moderator removed, and returns its id. Restoring a post again changes nothing.

    Flags that were upheld are dismissed with the note; the author is notified. Raises Refused: INVALID and TOO_LONG for
    the note, NOT_FOUND, TOO_LATE if the text no longer exists.
    """
    with faults.collected():
        note = note_in(note, "note")
    found = await connection.fetchrow("SELECT author_id FROM care.post WHERE id = $1", post)
    with faults.collected():
        if found is None:
            raise not_found("post")
    faults.refuse()
    assert found is not None
    restored = await connection.fetchval("SELECT care.restore_post($1, $2)", post, note)
    if restored is False:
        raise too_late(message("Its text no longer exists: its author removed it, or has left the network."), "post")
    if restored and found["author_id"] is not None:
        await notify(connection, found["author_id"], NotificationKind.MODERATION, "pst", post)
    return post


async def close_discussion(connection: Connection, *, discussion: DiscussionId, closed: bool) -> UUID:
    """Closes a discussion to new posts and edits, or opens it, and returns its id. Repeating it changes nothing.

    Raises Refused: NOT_FOUND, TOO_LATE for opening one of a community that has closed.
    """
    community = await connection.fetchval("SELECT community_id FROM care.discussion WHERE id = $1", discussion)
    if community is None:
        raise not_found("discussion")
    if not closed:
        await expect_open(connection, community, "discussion")
    await connection.execute("UPDATE care.discussion SET closed = $2 WHERE id = $1", discussion, closed)
    return discussion


async def resolve_flag(
    connection: Connection, viewer: Viewer, faults: Faults, *, flag: FlagId, upheld: bool, note: str | None
) -> UUID:
    """Upholds a flag, which removes its post, or dismisses it; returns its id. Repeating it changes nothing.

    Raises Refused: INVALID and TOO_LONG for the note, NOT_FOUND, CONFLICT if the flag was resolved the other way,
    TOO_LATE if the author removed the post before.
    """
    status = FlagStatus.UPHELD if upheld else FlagStatus.DISMISSED
    with faults.collected():
        note = note_in(note, "note")
    # The post first, as everywhere.
    await connection.execute(
        "SELECT FROM care.post WHERE id = (SELECT post_id FROM care.flag WHERE id = $1) FOR UPDATE", flag
    )
    found = await connection.fetchrow(
        "SELECT f.status, f.reason, f.post_id, p.author_id FROM care.flag f JOIN care.post p ON p.id = f.post_id"
        " WHERE f.id = $1 FOR UPDATE OF f",
        flag,
    )
    with faults.collected():
        if found is None:
            raise not_found("flag")
        if found["status"] == FlagStatus.LAPSED:
            raise too_late(message("The author has removed the post."), "flag")
        if found["status"] not in (FlagStatus.OPEN, status):
            raise conflict(message("This flag has already been resolved the other way."), "upheld")
    faults.refuse()
    assert found is not None
    if found["status"] == status:
        return flag
    await connection.execute(
        "UPDATE care.flag SET status = $2, staff_id = $3, resolution = $4, resolved_at = now() WHERE id = $1",
        flag,
        status,
        viewer.staff,
        note,
    )
    if upheld:
        await remove(connection, viewer, found["post_id"], found["author_id"], note or found["reason"])
    return flag


async def suspend_member(
    connection: Connection, viewer: Viewer, faults: Faults, *, member: MemberId, until: datetime | None, reason: str
) -> UUID:
    """Suspends a member from writing in discussions, notifies them, and returns their id.

    The suspension has no end if `until` is None; a time in the past lifts it. A suspended member is no longer an
    ambassador, even after the suspension. Raises Refused: NOT_FOUND, INVALID and TOO_LONG for the reason, INVALID for
    the time.
    """
    with faults.collected():
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", member):
            raise not_found("member")
    with faults.collected():
        reason = reason_in(reason)
    end = None
    try:
        end = until and until.astimezone(UTC)
    except OverflowError:  # within a day of year 1 or 9999
        faults.add(*invalid(message("This time is out of range."), "until").refusals)
    faults.refuse()
    await connection.execute(
        "INSERT INTO care.suspension (member_id, until, reason, staff_id) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (member_id) DO UPDATE SET until = excluded.until, reason = excluded.reason,"
        " staff_id = excluded.staff_id, created_at = now()",
        member,
        end,
        reason,
        viewer.staff,
    )
    if end is None or end > datetime.now(UTC):
        await lock_ambassadors(connection)
        await connection.execute(
            "UPDATE care.membership SET role = 'MEMBER' WHERE member_id = $1 AND role <> 'MEMBER'", member
        )
    await notify(connection, member, NotificationKind.MODERATION, "mbr", member)
    return member


async def allow_communities(connection: Connection, faults: Faults, *, member: MemberId, communities: int) -> UUID:
    """Lets a member join this many more communities than others may, and returns their id.

    Raises Refused: NOT_FOUND, INVALID for the number.
    """
    with faults.collected():
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", member):
            raise not_found("member")
    with faults.collected():
        if not 0 <= communities <= MORE_COMMUNITIES:
            raise invalid(
                message("The number must be between 0 and {most}.", most=MORE_COMMUNITIES),
                "communities",
            )
    faults.refuse()
    await connection.execute("SELECT identity.allow_joining($1, $2)", member, communities)
    return member


@dataclass(frozen=True)
class Appointed:
    """The member and the community of an appointment."""

    member_id: UUID
    community_id: UUID


async def appoint_ambassador(
    connection: Connection, faults: Faults, *, member: MemberId, community: CommunityId, appointed: bool
) -> Appointed:
    """Makes a member an ambassador of one of their communities, or no longer. Repeating it changes nothing.

    Raises Refused: NOT_FOUND for the member or the community, NOT_ELIGIBLE if the member does not belong to it or is
    suspended, LIMIT_REACHED if it has as many as it may have.
    """
    with faults.collected():
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", member):
            raise not_found("member")
    with faults.collected():
        await expect_community(connection, community)
    faults.refuse()
    await lock_ambassadors(connection)
    if appointed:
        await expect_appointable(connection, member, community)
    await connection.execute(
        "UPDATE care.membership SET role = $3 WHERE member_id = $1 AND community_id = $2",
        member,
        community,
        MembershipRole.AMBASSADOR if appointed else MembershipRole.MEMBER,
    )
    return Appointed(member, community)


async def expect_appointable(connection: Connection, member: UUID, community: UUID) -> None:
    """Raises Refused: NOT_ELIGIBLE if they do not belong to it or are suspended, LIMIT_REACHED."""
    found = await connection.fetchrow(
        "SELECT EXISTS (SELECT FROM care.membership WHERE member_id = $1 AND community_id = $2) AS belongs,"
        " EXISTS (SELECT FROM care.suspension WHERE member_id = $1 AND (until IS NULL OR until > now())) AS suspended,"
        " (SELECT count(*) FROM care.membership"
        "  WHERE community_id = $2 AND role = 'AMBASSADOR' AND member_id <> $1) AS others",
        member,
        community,
    )
    assert found is not None
    if not found["belongs"]:
        raise not_eligible(message("The member does not belong to this community."), "member")
    if found["suspended"]:
        raise not_eligible(message("The member is suspended."), "member")
    if found["others"] >= AMBASSADORS:
        raise limit_reached(message("A community can have at most {most} ambassadors.", most=AMBASSADORS), "community")


async def lock_ambassadors(connection: Connection) -> None:
    """Waits until no other transaction appoints or suspends, and keeps others waiting until this one ends."""
    # One at a time: an appointment and a suspension at once would not see each other.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('ambassadors', 0))")


def reason_in(text: str | None) -> str:
    """A text, trimmed. Raises Refused: INVALID, TOO_LONG."""
    reason = note_in(text, "reason")
    if reason is None:
        raise invalid(message("Moderators must give a reason."), "reason")
    return reason


async def remove(connection: Connection, viewer: Viewer, post: UUID, author: UUID | None, reason: str) -> None:
    """Removes a post, keeps its text for an appeal, and notifies its author. Does nothing if it is removed already."""
    stands = await connection.fetchval("SELECT true FROM care.post WHERE id = $1 AND NOT removed FOR UPDATE", post)
    if not stands:  # its author, or another moderator, has already removed it
        return
    await connection.execute(
        "INSERT INTO care.removal (post_id, staff_id, reason) VALUES ($1, $2, $3)", post, viewer.staff, reason
    )
    await connection.execute("UPDATE care.post SET body = NULL, removed = true WHERE id = $1", post)
    if author is not None:
        await notify(connection, author, NotificationKind.MODERATION, "pst", post)
