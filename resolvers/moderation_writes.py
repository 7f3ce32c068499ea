"""The only place where moderators act: on posts, on flags, and on members."""

from datetime import UTC, datetime
from uuid import UUID

from models.accounts import StaffRole
from models.discussions import FlagStatus
from models.members import NotificationKind
from models.viewers import Viewer
from models.viewing import Connection
from resolvers.posting import note_in
from resolvers.writing import conflict, invalid, not_found, require_role, tell


async def remove_post(connection: Connection, viewer: Viewer, *, post: UUID, reason: str | None) -> None:
    """The post loses its body and keeps its place and its flags; its author is told, and may read why.

    One that was removed stays as it is. Raises Forbidden for who is no moderator, and Refused: INVALID and TOO_LONG for
    the reason, NOT_FOUND.
    """
    require_role(viewer, StaffRole.MODERATOR)
    why = reason_in(reason)
    found = await connection.fetchrow("SELECT author_id FROM care.post WHERE id = $1", post)
    if found is None:
        raise not_found("input", "post")
    await remove(connection, viewer, post, found["author_id"], why)


async def resolve_flag(
    connection: Connection, viewer: Viewer, *, flag: UUID, upheld: bool, note: str | None = None
) -> None:
    """The flag is upheld, which removes its post, or dismissed; decided the same way before, it stays as it is.

    Raises Forbidden for who is no moderator, and Refused: INVALID and TOO_LONG for the note, NOT_FOUND, CONFLICT where
    it was decided otherwise.
    """
    require_role(viewer, StaffRole.MODERATOR)
    said, status = note_in(note, "input", "note"), FlagStatus.UPHELD if upheld else FlagStatus.DISMISSED
    found = await connection.fetchrow(
        "SELECT f.status, f.reason, f.post_id, p.author_id FROM care.flag f JOIN care.post p ON p.id = f.post_id"
        " WHERE f.id = $1 FOR UPDATE OF f",
        flag,
    )
    if found is None:
        raise not_found("input", "flag")
    if found["status"] == status:
        return
    if found["status"] != FlagStatus.OPEN:
        raise conflict("This flag was decided otherwise.", "input", "upheld")
    await connection.execute(
        "UPDATE care.flag SET status = $2, staff_id = $3, resolution = $4, resolved_at = now() WHERE id = $1",
        flag,
        status,
        viewer.staff,
        said,
    )
    if upheld:
        await remove(connection, viewer, found["post_id"], found["author_id"], said or found["reason"])


async def suspend_member(
    connection: Connection, viewer: Viewer, *, member: UUID, until: datetime | None, reason: str
) -> None:
    """The member may read and not write in discussions until then, or for good where `until` is None; it is told.

    A time that has passed lifts a suspension. Raises Forbidden for who is no moderator, and Refused: INVALID and
    TOO_LONG for the reason, NOT_FOUND.
    """
    require_role(viewer, StaffRole.MODERATOR)
    why = reason_in(reason)
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", member):
        raise not_found("input", "member")
    try:
        end = until and until.astimezone(UTC)
    except OverflowError:  # within a day of year 1 or 9999
        raise invalid("This is no time that can be kept.", "input", "until") from None
    await connection.execute(
        "INSERT INTO care.suspension (member_id, until, reason, staff_id) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (member_id) DO UPDATE SET until = excluded.until, reason = excluded.reason,"
        " staff_id = excluded.staff_id, created_at = now()",
        member,
        end,
        why,
        viewer.staff,
    )
    await tell(connection, member, NotificationKind.MODERATION, "mbr", member)


def reason_in(text: str | None) -> str:
    reason = note_in(text, "input", "reason")
    if reason is None:
        raise invalid("A moderator says why.", "input", "reason")
    return reason


async def remove(connection: Connection, viewer: Viewer, post: UUID, author: UUID | None, reason: str) -> None:
    removed = await connection.fetchval(
        "UPDATE care.post SET body = NULL, removed = true WHERE id = $1 AND NOT removed RETURNING true", post
    )
    if not removed:  # its author, or another moderator, was first
        return
    await connection.execute(
        "INSERT INTO care.removal (post_id, staff_id, reason) VALUES ($1, $2, $3)", post, viewer.staff, reason
    )
    if author is not None:
        await tell(connection, author, NotificationKind.MODERATION, "pst", post)
