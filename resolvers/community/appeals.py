"""Reads appeals against the removal of posts."""

from models.community import discussions
from models.community import moderation as tables
from models.rows import Row, Rows, row, select


def appeals(*, status: tables.AppealStatus | None = None) -> Rows:
    """Appeals of all posts, the newest first; those of one status, if it is given."""
    appeal = row(tables.Appeal)
    found = select(appeal).order_by(appeal.created_at.desc(), appeal.id.desc())
    return found if status is None else found.where(appeal.status == status)


def latest_appeal(post: Row) -> Rows:
    """The appeal against the post's last removal that has one: one row, or none."""
    appeal = row(tables.Appeal)
    found = select(appeal).where(appeal.post_id == post.id)
    return found.order_by(appeal.removed_at.desc()).limit(1)


def post_of(appeal: Row) -> Rows:
    """One row, removed or not; none if the viewer may not read the post."""
    post = row(discussions.Post)
    return select(post).where(post.id == appeal.post_id)


def appeal_of(decided: Row) -> Rows:
    """One row: the appeal that a mutation has decided."""
    appeal = row(tables.Appeal)
    return select(appeal).where(appeal.id == decided.appeal_id)
