"""Reads the network in three figures."""

from sqlalchemy import func

from models.community.communities import Community, CommunityStatus
from models.insight.network import NetworkCount
from models.rows import Expression, Rows, row, select


def network() -> Rows:
    """One row: how many communities are open, and the counts that were published last, null if none were."""
    community = row(Community)
    opened = select(func.count()).select_from(community).where(community.status == CommunityStatus.OPEN)
    published = ("active_members", "treatments_followed", "counted_on")
    return select(opened.scalar_subquery().label("communities"), *map(_latest, published))


def _latest(column: str) -> Expression:
    count = row(NetworkCount)
    latest = select(getattr(count, column)).order_by(count.counted_on.desc()).limit(1)
    return latest.scalar_subquery().label(column)
