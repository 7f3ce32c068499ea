"""Updates members' profiles, and verifies associations for staff."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from models.database import Connection
from models.identity import members as tables
from models.identity.members import MemberKind, Sex, Sharing
from models.parameters import MemberId
from models.rows import Row, Rows, row, select
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.days import current_days
from resolvers.eligibility import eligibility_changed
from resolvers.identity import accounts_rules
from resolvers.identity.registrations_mutations import pseudonym_taken
from resolvers.transactions import UNSET, Forbidden, Maybe, invalid, member_of, not_eligible, not_found

# One column each, of the viewer's own row: $2 is the viewer.
STATEMENTS = {
    "about": "UPDATE care.member SET about = $1 WHERE id = $2",
    "birth_year": "UPDATE care.profile SET birth_year = $1 WHERE member_id = $2",
    "sex": "UPDATE care.profile SET sex = $1 WHERE member_id = $2",
    "region": "UPDATE care.profile SET region = $1 WHERE member_id = $2",
    "sharing": "UPDATE care.profile SET sharing = $1 WHERE member_id = $2",
    "locale": "UPDATE identity.account SET locale = $1 WHERE member_id = $2",
}
DECIDING = {"birth_year", "sex", "region"}  # whom a survey asks
CLEARED = {"about", "birth_year", "region"}  # by null; nothing else may be empty


def checked(given: Mapping[str, Any], minimum_age: int, today: date) -> dict[str, Any]:
    """The columns that change, by name, as they are kept, from the arguments that were given. Raises Refused."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            if name not in CLEARED:
                raise invalid("This may not be null. Leave it out to keep it.", name)
            changes[name] = None
        elif name == "pseudonym":
            changes[name] = accounts_rules.pseudonym_of(value, name)
        elif name == "about":
            changes[name] = accounts_rules.about_of(value, name)
        elif name == "birth_year":
            changes[name] = accounts_rules.birth_year_of(value, today, minimum_age, name)
        elif name == "region":
            changes[name] = accounts_rules.region_of(value, name)
        elif name == "locale":
            changes[name] = accounts_rules.locale_of(value, name)
        elif isinstance(value, Sex | Sharing):
            changes[name] = value.value
        else:
            raise KeyError(name)
    return changes


async def update_profile(
    connection: Connection,
    viewer: Viewer,
    call: Call,
    *,
    pseudonym: Maybe[str] = UNSET,
    about: Maybe[str] = UNSET,
    birth_year: Maybe[int] = UNSET,
    sex: Maybe[Sex] = UNSET,
    region: Maybe[str] = UNSET,
    locale: Maybe[str] = UNSET,
    sharing: Maybe[Sharing] = UNSET,
) -> UUID:
    """Changes what is given; the viewer's member id. Raises Forbidden and Refused."""
    fields = {
        "pseudonym": pseudonym, "about": about, "birth_year": birth_year, "sex": sex, "region": region,
        "locale": locale, "sharing": sharing,
    }  # fmt: skip
    given = {name: value for name, value in fields.items() if value is not UNSET}
    member, days = member_of(viewer), await current_days(connection)
    changes = checked(given, call.minimum_age, days.latest)
    for name, value in changes.items():
        if name != "pseudonym":
            await connection.execute(STATEMENTS[name], value, member)
        elif not await connection.fetchval("SELECT identity.change_pseudonym($1)", value):
            raise pseudonym_taken()
    if DECIDING & set(changes):
        await eligibility_changed(connection, viewer)
    return member


async def verify_association(connection: Connection, viewer: Viewer, *, member: MemberId, verified: bool) -> UUID:
    """Marks an association as verified, or no longer; its id. Raises Forbidden, and Refused for other members."""
    if viewer.staff is None:
        raise Forbidden
    kind = await connection.fetchval("SELECT kind FROM care.member WHERE id = $1", member)
    if kind is None:
        raise not_found("member")
    if kind != MemberKind.ASSOCIATION:
        raise not_eligible("Only associations can be verified.", "member")
    await connection.execute("UPDATE care.member SET verified = $2 WHERE id = $1", member, verified)
    return member


def profile_changed(payload: Row) -> Rows:
    profile = row(tables.Profile)
    return select(profile).where(profile.member_id == payload.member_id)


def member_changed(payload: Row) -> Rows:
    member = row(tables.Member)
    return select(member).where(member.id == payload.member_id)
