"""Removes posts, resolves flags and suspends members, for moderators."""

from datetime import UTC, datetime
from uuid import UUID

from models.community.discussions import FlagStatus
from models.database import Connection
from models.identity.accounts import StaffRole
from models.identity.members import NotificationKind
from models.parameters import FlagId, MemberId, PostId
from models.viewers import Viewer
from resolvers.community.discussions_mutations import remove_own_post
from resolvers.community.discussions_rules import note_in
from resolvers.faults import Faults
from resolvers.transactions import conflict, invalid, not_found, notify, require_role


async def remove_post(
    connection: Connection, viewer: Viewer, faults: Faults, *, post: PostId, reason: str | None
) -> UUID:
    """Removes the body of a post, which keeps its place and its flags, and returns its id.

    Members remove their own posts. Moderators remove any post and give a reason; its author is notified. Removing a
    post again changes nothing. Raises Forbidden if staff are not moderators, and Refused: NOT_FOUND, INVALID and
    TOO_LONG for the reason.
    """
    if viewer.staff is None:
        with faults.collected():
            await remove_own_post(connection, viewer, post=post)
        faults.refuse()
        return post
    require_role(viewer, StaffRole.MODERATOR)
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


async def resolve_flag(
    connection: Connection, viewer: Viewer, faults: Faults, *, flag: FlagId, upheld: bool, note: str | None
) -> UUID:
    """Upholds a flag, which removes its post, or dismisses it; returns its id. Repeating it changes nothing.

    Raises Forbidden if the viewer is not a moderator, and Refused: INVALID and TOO_LONG for the note, NOT_FOUND,
    CONFLICT if the flag was resolved the other way.
    """
    require_role(viewer, StaffRole.MODERATOR)
    status = FlagStatus.UPHELD if upheld else FlagStatus.DISMISSED
    with faults.collected():
        note = note_in(note, "note")
    found = await connection.fetchrow(
        "SELECT f.status, f.reason, f.post_id, p.author_id FROM care.flag f JOIN care.post p ON p.id = f.post_id"
        " WHERE f.id = $1 FOR UPDATE OF f",
        flag,
    )
    with faults.collected():
        if found is None:
            raise not_found("flag")
        if found["status"] not in (FlagStatus.OPEN, status):
            raise conflict("This flag has already been resolved the other way.", "upheld")
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

    The suspension has no end if `until` is None; a time in the past lifts it. Raises Forbidden if the viewer is not a
    moderator, and Refused: NOT_FOUND, INVALID and TOO_LONG for the reason, INVALID for the time.
    """
    require_role(viewer, StaffRole.MODERATOR)
    with faults.collected():
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", member):
            raise not_found("member")
    with faults.collected():
        reason = reason_in(reason)
    end = None
    try:
        end = until and until.astimezone(UTC)
    except OverflowError:  # within a day of year 1 or 9999
        faults.add(*invalid("This time is out of range.", "until").refusals)
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
    await notify(connection, member, NotificationKind.MODERATION, "mbr", member)
    return member


def reason_in(text: str | None) -> str:
    reason = note_in(text, "reason")
    if reason is None:
        raise invalid("Moderators must give a reason.", "reason")
    return reason


async def remove(connection: Connection, viewer: Viewer, post: UUID, author: UUID | None, reason: str) -> None:
    removed = await connection.fetchval(
        "UPDATE care.post SET body = NULL, removed = true WHERE id = $1 AND NOT removed RETURNING true", post
    )
    if not removed:  # its author, or another moderator, has already removed it
        return
    await connection.execute(
        "INSERT INTO care.removal (post_id, staff_id, reason) VALUES ($1, $2, $3)", post, viewer.staff, reason
    )
    if author is not None:
        await notify(connection, author, NotificationKind.MODERATION, "pst", post)
