"""The only place that writes care links: a patient invites a relative, who accepts, and either ends it at any time."""

from uuid import UUID

import asyncpg

from models.members import CareLinkStatus, MemberKind, NotificationKind
from models.viewers import Viewer
from models.viewing import Connection
from resolvers.writing import invalid, limit_reached, member_of, not_eligible, not_found, taken, tell, too_late

LINKS = 20  # that a patient may have invited or accepted at once


async def invite_relative(connection: Connection, viewer: Viewer, *, pseudonym: str) -> UUID:
    """Invites a relative to keep the viewer's diary; again, where an earlier link has ended. The care link's id."""
    patient = member_of(viewer)
    # One at a time for each patient, so that the count below holds.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"care links of {patient}")
    if await kind_of(connection, patient) != MemberKind.PATIENT:
        raise not_eligible("Only a patient may let another keep its diary.", "input")
    relative = await connection.fetchrow(
        "SELECT id, kind FROM care.member WHERE lower(pseudonym) = lower($1)", pseudonym.strip()
    )
    if relative is None:
        raise not_found("input", "pseudonym")
    if relative["id"] == patient:
        raise invalid("You keep your own diary without a link.", "input", "pseudonym")
    if relative["kind"] != MemberKind.RELATIVE:
        raise not_eligible("Only a relative may be invited.", "input", "pseudonym")
    links = await connection.fetch("SELECT id, relative_id, status FROM care.care_link WHERE patient_id = $1", patient)
    standing = {link["relative_id"] for link in links if link["status"] != CareLinkStatus.ENDED}
    if relative["id"] in standing:
        raise taken("You have invited this relative already.", "input", "pseudonym")
    if len(standing) >= LINKS:
        raise limit_reached(f"You may have invited at most {LINKS} relatives at once.", "input")
    made: UUID = await connection.fetchval(
        """
        INSERT INTO care.care_link (patient_id, relative_id, status) VALUES ($1, $2, 'INVITED')
        ON CONFLICT (patient_id, relative_id) DO UPDATE SET status = 'INVITED', created_at = now()
        RETURNING id
        """,
        patient,
        relative["id"],
    )
    await tell(connection, relative["id"], NotificationKind.CARE_LINK, "mbr", patient)
    return made


async def accept_care_link(connection: Connection, viewer: Viewer, *, care_link: UUID) -> UUID:
    """Accepts an invitation that the viewer was sent; one that it has accepted already stays as it is."""
    link = await own_link(connection, viewer, care_link)
    if link["relative_id"] != viewer.member:
        raise not_eligible("Only the relative who is invited may accept.", "input", "careLink")
    if link["status"] == CareLinkStatus.ENDED:
        raise too_late("This invitation has ended.", "input", "careLink")
    if link["status"] == CareLinkStatus.INVITED:
        await connection.execute("UPDATE care.care_link SET status = 'ACCEPTED' WHERE id = $1", care_link)
        await tell(connection, link["patient_id"], NotificationKind.CARE_LINK, "mbr", link["relative_id"])
    return care_link


async def end_care_link(connection: Connection, viewer: Viewer, *, care_link: UUID) -> UUID:
    """Ends a link, or an invitation, of the viewer's, whichever side it is on.

    The other side is not told: who wants somebody out of their diary may have a reason not to say so.
    """
    await own_link(connection, viewer, care_link)
    await connection.execute("UPDATE care.care_link SET status = 'ENDED' WHERE id = $1", care_link)
    return care_link


async def own_link(connection: Connection, viewer: Viewer, care_link: UUID) -> asyncpg.Record:
    """The viewer's link, which nobody else changes until the transaction ends."""
    link = await connection.fetchrow(
        """
        SELECT patient_id, relative_id, status FROM care.care_link
        WHERE id = $1 AND $2 IN (patient_id, relative_id) FOR UPDATE
        """,
        care_link,
        member_of(viewer),
    )
    if link is None:
        raise not_found("input", "careLink")
    return link


async def kind_of(connection: Connection, member: UUID) -> str | None:
    kind: str | None = await connection.fetchval("SELECT kind FROM care.member WHERE id = $1", member)
    return kind
