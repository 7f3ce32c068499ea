"""The only place that lets members into communities, and out of them."""

from datetime import UTC, date, datetime
from uuid import UUID

from models.members import MemberKind
from models.viewers import Viewer
from models.viewing import Connection
from resolvers.writing import EARLIEST, invalid, not_eligible, not_found


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


async def tell_diagnosis(
    connection: Connection, viewer: Viewer, *, community: UUID, year: int | None, today: date | None = None
) -> None:
    """The year in which the viewer, who is in the community, was told of its condition; None takes it back.

    Raises Refused with INVALID for a year that cannot be, with NOT_ELIGIBLE for who is no patient.
    """
    path = ("input", "diagnosedIn")
    if year is None:
        await connection.execute(
            "DELETE FROM care.diagnosis WHERE member_id = $1 AND community_id = $2", viewer.member, community
        )
        return
    who = await connection.fetchrow(
        "SELECT kind, birth_year FROM care.member m LEFT JOIN care.profile p ON p.member_id = m.id WHERE m.id = $1",
        viewer.member,
    )
    if who is None or who["kind"] != MemberKind.PATIENT:
        raise not_eligible("Patients alone tell of a diagnosis: it is their own.", *path)
    if not (who["birth_year"] or EARLIEST.year) <= year <= (today or datetime.now(UTC).date()).year:
        raise invalid(f"This is a year from {EARLIEST.year}, or the year of birth, to this one.", *path)
    await connection.execute(
        "INSERT INTO care.diagnosis (member_id, community_id, diagnosed_in) VALUES ($1, $2, $3)"
        " ON CONFLICT (member_id, community_id) DO UPDATE SET diagnosed_in = excluded.diagnosed_in",
        viewer.member,
        community,
        year,
    )


async def leave_community(connection: Connection, viewer: Viewer, *, community: UUID) -> None:
    """The viewer is no member of it any more, or was none; what it wrote there stays. Raises Refused with NOT_FOUND."""
    await expect_community(connection, community)
    await tell_diagnosis(connection, viewer, community=community, year=None)
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
