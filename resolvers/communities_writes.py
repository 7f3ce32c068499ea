"""The only place that lets members into communities, and out of them."""

from uuid import UUID

from models.viewers import Viewer
from models.viewing import Connection
from resolvers.writing import not_found


async def join_community(connection: Connection, viewer: Viewer, *, community: UUID) -> None:
    """The viewer is a member of the community, as what it is in the network: patient, relative or association.

    Again, nothing changes. Raises Refused with NOT_FOUND.
    """
    await expect_community(connection, community)
    await connection.execute(
        "INSERT INTO care.membership (member_id, community_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        viewer.member,
        community,
    )
    await connection.execute("SELECT catalog.readiness_changed($1)", community)


async def leave_community(connection: Connection, viewer: Viewer, *, community: UUID) -> None:
    """The viewer is no member of it any more, or was none; what it wrote there stays. Raises Refused with NOT_FOUND."""
    await expect_community(connection, community)
    await connection.execute(
        "DELETE FROM care.membership WHERE member_id = $1 AND community_id = $2", viewer.member, community
    )


async def eligibility_changed(connection: Connection, viewer: Viewer) -> None:
    """Tells every community of the viewer's that it may be asked now by surveys that it was not asked by before."""
    await connection.execute(
        "SELECT catalog.readiness_changed(community_id) FROM ("
        "SELECT community_id FROM care.membership WHERE member_id = $1 ORDER BY community_id) mine",
        viewer.member,
    )


async def expect_community(connection: Connection, community: UUID) -> None:
    """Raises Refused with NOT_FOUND at `input.community` unless there is such a community."""
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM catalog.community WHERE id = $1)", community):
        raise not_found("input", "community")
