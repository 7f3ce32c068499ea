"""Updates the pages of associations, and verifies associations for moderators."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.database import Connection
from models.identity import members as tables
from models.identity.members import MemberKind
from models.messages import message
from models.parameters import EmailAddress, MemberId
from models.rows import Row, Rows, row, select
from models.viewers import Viewer
from resolvers.faults import Faults
from resolvers.identity.associations_rules import (
    AssociationText,
    descriptions_of,
    fallback_of,
    full_name_of,
    phone_of,
    postal_address_of,
)
from resolvers.links import https_address
from resolvers.texts import is_blank
from resolvers.transactions import UNSET, Maybe, invalid, member_of, not_eligible, not_found, text_within

REASON_LENGTH = 1_000
# For each column its own statement: $1 is the new value, $2 the viewer's member id.
STATEMENTS = {
    "full_name": "UPDATE catalog.association SET full_name = $1 WHERE member_id = $2 AND full_name <> $1",
    "website": "UPDATE catalog.association SET website = $1 WHERE member_id = $2",
    "email": "UPDATE catalog.association SET email = $1 WHERE member_id = $2",
    "phone": "UPDATE catalog.association SET phone = $1 WHERE member_id = $2",
    "postal_address": "UPDATE catalog.association SET postal_address = $1 WHERE member_id = $2",
    "description": "UPDATE catalog.association SET description = $1 WHERE member_id = $2",
    "translations": "UPDATE catalog.association SET translations = $1::text::jsonb WHERE member_id = $2",
}
CHECKS = {
    "full_name": full_name_of,
    "website": https_address,
    "phone": phone_of,
    "postal_address": postal_address_of,
}


async def update_association(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    full_name: Maybe[str] = UNSET,
    website: Maybe[str] = UNSET,
    email: Maybe[EmailAddress] = UNSET,
    phone: Maybe[str] = UNSET,
    postal_address: Maybe[str] = UNSET,
    descriptions: Maybe[Sequence[AssociationText]] = UNSET,
) -> UUID:
    """Changes the fields that are given, and returns the viewer's member id.

    Another full name ends the association's verification. Raises Refused: NOT_ELIGIBLE if the viewer is no association,
    INVALID and TOO_LONG for a field.
    """
    member = member_of(viewer)
    with faults.collected():
        kind = await connection.fetchval("SELECT kind FROM care.member WHERE id = $1", member)
        if kind != MemberKind.ASSOCIATION:
            raise not_eligible(message("Only associations have a page of their own."))
    changes: dict[str, Any] = {}
    lines = {"full_name": full_name, "website": website, "phone": phone, "postal_address": postal_address}
    for name, value in lines.items():
        if value is UNSET:
            continue
        with faults.collected():
            if value is None or (is_blank(value) and name != "full_name"):
                if name == "full_name":
                    raise invalid(message("This must not be null. Leave it out to keep the current value."), name)
                changes[name] = None
            else:
                changes[name] = CHECKS[name](value, name)
    if email is not UNSET:
        changes["email"] = email
    if descriptions is not UNSET:
        texts = descriptions_of(descriptions or (), faults)
        changes["description"] = fallback_of(texts)
        changes["translations"] = json.dumps({tag: {"description": text} for tag, text in texts.items()})
    faults.refuse()
    for name, value in changes.items():
        await connection.execute(STATEMENTS[name], value, member)
    return member


async def verify_association(
    connection: Connection, viewer: Viewer, faults: Faults, *, member: MemberId, verified: bool, reason: str
) -> UUID:
    """Marks an association as verified, or no longer, stores the reason, and returns its id.

    Raises Refused: NOT_FOUND, NOT_ELIGIBLE if the member is no association, INVALID and TOO_LONG for the reason.
    """
    with faults.collected():
        reason = text_within(reason, REASON_LENGTH, "reason")
    with faults.collected():
        kind = await connection.fetchval("SELECT kind FROM care.member WHERE id = $1", member)
        if kind is None:
            raise not_found("member")
        if kind != MemberKind.ASSOCIATION:
            raise not_eligible(message("Only associations can be verified."), "member")
    faults.refuse()
    await connection.execute("UPDATE care.member SET verified = $2 WHERE id = $1", member, verified)
    await connection.execute(
        "INSERT INTO care.verification (member_id, staff_id, verified, reason, full_name)"
        " SELECT member_id, $2, $3, $4, full_name FROM catalog.association WHERE member_id = $1",
        member,
        viewer.staff,
        verified,
        reason,
    )
    return member


def member_changed(payload: Row) -> Rows:
    """One row: the member whom a mutation has changed."""
    member = row(tables.Member)
    return select(member).where(member.id == payload.member_id)
