"""Lets members join and leave communities, and records the year of their diagnosis."""

from uuid import UUID

from models.community.communities import CommunityStatus
from models.database import Connection
from models.identity.members import MemberKind
from models.messages import counted, message
from models.parameters import CommunityId
from models.viewers import Viewer
from resolvers.calling import Call, JoinLimits
from resolvers.community.communities_rules import refuse_unless_open
from resolvers.days import EARLIEST, current_days
from resolvers.faults import Faults
from resolvers.identity.members_mutations import birth_year_held
from resolvers.transactions import UNSET, Maybe, Step, invalid, limit_reached, member_of, not_eligible, not_found


async def join_community(
    connection: Connection,
    viewer: Viewer,
    call: Call,
    faults: Faults,
    *,
    community: CommunityId,
    diagnosed_in: Maybe[int] = UNSET,
) -> UUID:
    """Makes the viewer a member of the community, and returns its id. Joining again changes nothing.

    The year of their diagnosis is recorded if it is given, and deleted if it is None. Raises Refused: NOT_FOUND,
    TOO_LATE if the community has closed or merged, LIMIT_REACHED after too many communities, and as `expect_diagnosis`
    does.
    """
    belongs = False
    with faults.collected():
        await expect_community(connection, community)
        belongs = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM care.membership WHERE member_id = $1 AND community_id = $2)",
            viewer.member,
            community,
        )
        if not belongs:
            await expect_open(connection, community, "community")
    if diagnosed_in is not UNSET and diagnosed_in is not None:
        with faults.collected():
            await expect_diagnosis(connection, viewer, diagnosed_in)
    faults.refuse()
    if not belongs and await connection.fetchval(
        "INSERT INTO care.membership (member_id, community_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true",
        viewer.member,
        community,
    ):
        await count_joining(connection, call.joins)
    await connection.execute("SELECT catalog.readiness_changed($1)", community)
    if diagnosed_in is not UNSET:
        await set_diagnosis(connection, viewer, community=community, year=diagnosed_in)
    return community


async def count_joining(connection: Connection, limits: JoinLimits) -> None:
    """Counts a community that the viewer has joined. Raises Refused: LIMIT_REACHED after too many."""
    exceeded = await connection.fetchval(
        "SELECT identity.count_joining($1, $2, $3)", limits.a_day, limits.at_first, limits.most
    )
    reasons = {
        "DAY": counted(
            "You can join at most {count} community a day. Days are counted in UTC. Try again tomorrow.",
            "You can join at most {count} communities a day. Days are counted in UTC. Try again tomorrow.",
            limits.a_day,
        ),
        "FIRST_WEEK": counted(
            "In your first week, you can join at most {count} community.",
            "In your first week, you can join at most {count} communities.",
            limits.at_first,
        ),
        "ALL": counted(
            "You can join at most {count} community, with those that you left. Moderators can allow more.",
            "You can join at most {count} communities, with those that you left. Moderators can allow more.",
            limits.most,
        ),
    }
    if exceeded is not None:
        raise limit_reached(reasons[exceeded], "community")


async def set_diagnosis(connection: Connection, viewer: Viewer, *, community: UUID, year: int | None) -> None:
    """Records the year in which the viewer was diagnosed with the community's condition; None deletes it."""
    if year is None:
        await connection.execute(
            "DELETE FROM care.diagnosis WHERE member_id = $1 AND community_id = $2", viewer.member, community
        )
        return
    await connection.execute(
        "INSERT INTO care.diagnosis (member_id, community_id, diagnosed_in) VALUES ($1, $2, $3)"
        " ON CONFLICT (member_id, community_id) DO UPDATE SET diagnosed_in = excluded.diagnosed_in",
        viewer.member,
        community,
        year,
    )


async def expect_diagnosis(connection: Connection, viewer: Viewer, year: int) -> None:
    """Raises Refused: INVALID if the year of a diagnosis is impossible, NOT_ELIGIBLE if the viewer is not a patient."""
    member = member_of(viewer)
    if await connection.fetchval("SELECT kind FROM care.member WHERE id = $1", member) != MemberKind.PATIENT:
        raise not_eligible(message("Only patients have a diagnosis."), "diagnosed_in")
    birth_year = await birth_year_held(connection, member)
    if not (birth_year or EARLIEST.year) <= year <= (await current_days(connection)).latest.year:
        reason = message(
            "The year must be between {first}, or the year of birth, and the current year.", first=EARLIEST.year
        )
        raise invalid(reason, "diagnosed_in")


async def leave_community(connection: Connection, viewer: Viewer, *, community: CommunityId) -> UUID:
    """Ends the viewer's membership, if any, and returns the community's id. Their posts stay.

    Raises Refused: NOT_FOUND if there is no such community.
    """
    await expect_community(connection, community)
    await set_diagnosis(connection, viewer, community=community, year=None)
    await connection.execute(
        "DELETE FROM care.membership WHERE member_id = $1 AND community_id = $2", viewer.member, community
    )
    return community


async def expect_community(connection: Connection, community: UUID) -> None:
    """Raises Refused: NOT_FOUND if there is no such community."""
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM catalog.community WHERE id = $1)", community):
        raise not_found("community")


async def expect_open(connection: Connection, community: UUID, *path: Step) -> None:
    """Raises Refused: TOO_EARLY if the community is a draft, TOO_LATE if it has closed or merged."""
    status = await connection.fetchval("SELECT status FROM catalog.community WHERE id = $1", community)
    refuse_unless_open(None if status is None else CommunityStatus(status), *path)
