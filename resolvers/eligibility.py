"""Rechecks surveys that wait for enough eligible members."""

from models.database import Connection
from models.viewers import Viewer


async def eligibility_changed(connection: Connection, viewer: Viewer) -> None:
    """Rechecks the waiting surveys of the viewer's communities, after a change of what makes the viewer eligible."""
    await connection.execute(
        "SELECT catalog.readiness_changed(community_id) FROM ("
        "SELECT community_id FROM care.membership WHERE member_id = $1 ORDER BY community_id) mine",
        viewer.member,
    )
