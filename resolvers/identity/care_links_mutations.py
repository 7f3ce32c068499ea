"""Creates, accepts and ends care links between patients and relatives."""

from uuid import UUID

import asyncpg

from models.database import Connection
from models.identity.members import CareLinkStatus, MemberKind, NotificationKind
from models.messages import message
from models.parameters import CareLinkId
from models.viewers import Viewer
from resolvers.identity.accounts_rules import stored_pseudonym
from resolvers.transactions import (
    RefusalCode,
    invalid,
    limit_reached,
    member_of,
    not_eligible,
    not_found,
    notify,
    refused,
    taken,
    too_late,
)

LINKS = 20  # care links and invitations that a patient may have at a time


async def invite_relative(connection: Connection, viewer: Viewer, *, pseudonym: str) -> UUID:
    """Invites a relative to keep the viewer's diary, even if an earlier link has ended; returns the care link's id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND for the pseudonym, INVALID if it is the
    viewer's own, NOT_ELIGIBLE unless a patient invites a relative, TAKEN if they are already invited, LIMIT_REACHED.
    """
    patient = member_of(viewer)
    # One at a time for each patient: two invitations at once would both find room for the last.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"care links of {patient}")
    if await kind_of(connection, patient) != MemberKind.PATIENT:
        raise not_eligible(message("Only patients can invite a relative to keep their diary."))
    relative = await connection.fetchrow(
        "SELECT id, kind FROM care.member WHERE id = care.member_named($1)", stored_pseudonym(pseudonym)
    )
    if relative is None:
        unknown = message("No member has this pseudonym. Ask them how it is written.")
        raise refused(RefusalCode.NOT_FOUND, unknown, "pseudonym")
    if relative["id"] == patient:
        raise invalid(message("This is your own pseudonym. Enter your relative's."), "pseudonym")
    if relative["kind"] != MemberKind.RELATIVE:
        raise not_eligible(message("Only members who are relatives can be invited."), "pseudonym")
    links = await connection.fetch("SELECT id, relative_id, status FROM care.care_link WHERE patient_id = $1", patient)
    standing = {link["relative_id"] for link in links if link["status"] != CareLinkStatus.ENDED}
    if relative["id"] in standing:
        raise taken(message("You have already invited this relative."), "pseudonym")
    if len(standing) >= LINKS:
        raise limit_reached(message("You can have at most {most} care links and invitations at a time.", most=LINKS))
    made: UUID = await connection.fetchval(
        """
        INSERT INTO care.care_link (patient_id, relative_id, status) VALUES ($1, $2, 'INVITED')
        ON CONFLICT (patient_id, relative_id) DO UPDATE SET status = 'INVITED', created_at = now()
        RETURNING id
        """,
        patient,
        relative["id"],
    )
    await notify(connection, relative["id"], NotificationKind.CARE_LINK, "mbr", patient)
    return made


async def accept_care_link(connection: Connection, viewer: Viewer, *, care_link: CareLinkId) -> UUID:
    """Accepts an invitation to the viewer, and returns the care link's id. Accepting again changes nothing.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND, NOT_ELIGIBLE if the viewer is the patient,
    TOO_LATE if the invitation has ended.
    """
    link = await own_link(connection, viewer, care_link)
    if link["relative_id"] != viewer.member:
        raise not_eligible(message("Only the invited relative can accept."), "care_link")
    if link["status"] == CareLinkStatus.ENDED:
        raise too_late(message("This invitation has ended."), "care_link")
    if link["status"] == CareLinkStatus.INVITED:
        await connection.execute("UPDATE care.care_link SET status = 'ACCEPTED' WHERE id = $1", care_link)
        await notify(connection, link["patient_id"], NotificationKind.CARE_LINK, "mbr", link["relative_id"])
    return care_link


async def end_care_link(connection: Connection, viewer: Viewer, *, care_link: CareLinkId) -> UUID:
    """Ends a care link or an invitation, from either side, and returns its id. Ending it again changes nothing.

    The other side is not notified: a member may have a reason to end a link quietly. Raises Forbidden if the viewer is
    not a member, and Refused: NOT_FOUND if the link is not theirs.
    """
    await own_link(connection, viewer, care_link)
    await connection.execute("UPDATE care.care_link SET status = 'ENDED' WHERE id = $1", care_link)
    return care_link


async def own_link(connection: Connection, viewer: Viewer, care_link: UUID) -> asyncpg.Record:
    """The viewer's care link, locked until the transaction ends. Raises Forbidden, and Refused: NOT_FOUND."""
    link = await connection.fetchrow(
        """
        SELECT patient_id, relative_id, status FROM care.care_link
        WHERE id = $1 AND $2 IN (patient_id, relative_id) FOR UPDATE
        """,
        care_link,
        member_of(viewer),
    )
    if link is None:
        raise not_found("care_link")
    return link


async def kind_of(connection: Connection, member: UUID) -> str | None:
    """A MemberKind; None if there is no such member."""
    kind: str | None = await connection.fetchval("SELECT kind FROM care.member WHERE id = $1", member)
    return kind
