"""Has the surveys that wait for enough eligible members looked at again."""

from models.database import Connection
from models.viewers import Viewer


async def eligibility_changed(connection: Connection, viewer: Viewer) -> None:
    """Lets each of the viewer's communities find out whether surveys that wait have enough participants now."""
    await connection.execute(
        "SELECT catalog.readiness_changed(community_id) FROM ("
        "SELECT community_id FROM care.membership WHERE member_id = $1 ORDER BY community_id) mine",
        viewer.member,
    )
