"""Appeals against the removal of posts, by their authors, and decides on them, for moderators."""

from datetime import timedelta
from uuid import UUID

from models.community.moderation import AppealStatus
from models.database import Connection
from models.identity.members import NotificationKind
from models.messages import message
from models.parameters import AppealId, PostId
from models.viewers import Viewer
from resolvers.community.moderation_mutations import reason_in
from resolvers.faults import Faults
from resolvers.transactions import conflict, not_eligible, not_found, notify, taken, text_within, too_late

APPEAL_DAYS = 30  # after the removal, in which its author may appeal
APPEAL_MOST = 2_000  # characters


async def appeal_removal(connection: Connection, viewer: Viewer, faults: Faults, *, post: PostId, text: str) -> UUID:
    """Stores the viewer's appeal against the removal of their post by a moderator, and returns the post's id.

    Suspended members may do this too. Raises Refused: INVALID and TOO_LONG for the text, NOT_FOUND if the post is not
    the viewer's, NOT_ELIGIBLE if no moderator removed it, TOO_LATE after `APPEAL_DAYS`, TAKEN if they have appealed.
    """
    with faults.collected():
        text = text_within(text, APPEAL_MOST, "text")
    found = await connection.fetchrow(
        "SELECT p.author_id, r.created_at AS removed_at, r.created_at < catalog.clock() - $2::interval AS over,"
        " EXISTS (SELECT FROM care.appeal a WHERE a.post_id = p.id AND a.removed_at = r.created_at) AS appealed"
        " FROM care.post p LEFT JOIN care.removal r ON r.post_id = p.id WHERE p.id = $1",
        post,
        timedelta(days=APPEAL_DAYS),
    )
    with faults.collected():
        if found is None or found["author_id"] != viewer.member:
            raise not_found("post")
        if found["removed_at"] is None:
            raise not_eligible(message("No moderator has removed this post."), "post")
        if found["appealed"]:
            raise appealed_before()
        if found["over"]:
            raise too_late(
                message("An appeal is possible for {days} days after the removal.", days=APPEAL_DAYS), "post"
            )
    faults.refuse()
    assert found is not None
    made = await connection.fetchval(
        "INSERT INTO care.appeal (post_id, author_id, removed_at, text) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (post_id, removed_at) DO NOTHING RETURNING true",
        post,
        viewer.member,
        found["removed_at"],
        text,
    )
    if not made:  # by a concurrent request
        raise appealed_before()
    return post


def appealed_before() -> Exception:
    """A refusal, to be raised: TAKEN."""
    return taken(message("You have already appealed against this removal."), "post")


async def resolve_appeal(
    connection: Connection, viewer: Viewer, faults: Faults, *, appeal: AppealId, accepted: bool, reason: str
) -> UUID:
    """Accepts an appeal, which restores the post, or declines it; returns its id. Repeating it changes nothing.

    Whoever removed the post may decide only if there is no other moderator. The author is notified. Raises Refused:
    INVALID and TOO_LONG for the reason, NOT_FOUND, CONFLICT if it was decided the other way, NOT_ELIGIBLE if another
    moderator has to decide, TOO_LATE if the text no longer exists.
    """
    with faults.collected():
        reason = reason_in(reason)
    # The post first, as everywhere.
    await connection.execute(
        "SELECT FROM care.post WHERE id = (SELECT post_id FROM care.appeal WHERE id = $1) FOR UPDATE", appeal
    )
    found = await connection.fetchrow(
        "SELECT a.status, a.post_id, a.author_id, r.staff_id AS remover FROM care.appeal a"
        " LEFT JOIN care.removal r ON r.post_id = a.post_id WHERE a.id = $1",
        appeal,
    )
    status = AppealStatus.ACCEPTED if accepted else AppealStatus.DECLINED
    with faults.collected():
        if found is None:
            raise not_found("appeal")
        if found["status"] not in (AppealStatus.OPEN, status):
            raise conflict(message("This appeal has already been decided the other way."), "accepted")
        if (
            found["status"] == AppealStatus.OPEN
            and found["remover"] == viewer.staff
            and await connection.fetchval("SELECT care.has_other_moderator()")
        ):
            raise not_eligible(message("You removed this post: another moderator decides on the appeal."), "appeal")
    faults.refuse()
    assert found is not None
    if found["status"] == status:
        return appeal
    if accepted:
        if not await connection.fetchval("SELECT care.restore_post($1, $2)", found["post_id"], reason):
            raise too_late(message("The post's text no longer exists."), "appeal")
    else:
        await connection.execute(
            "UPDATE care.appeal SET status = $2, staff_id = $3, resolution = $4, resolved_at = now() WHERE id = $1",
            appeal,
            status,
            viewer.staff,
            reason,
        )
    await notify(connection, found["author_id"], NotificationKind.MODERATION, "pst", found["post_id"])
    return appeal
