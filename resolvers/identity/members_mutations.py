"""Updates members' profiles."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.appearance import looks, unaccented
from models.database import Connection
from models.identity import members as tables
from models.identity.members import MemberKind, Sex, Sharing
from models.messages import message
from models.rows import Row, Rows, row, select
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.days import current_days
from resolvers.eligibility import eligibility_changed
from resolvers.faults import Faults
from resolvers.identity import accounts_rules
from resolvers.identity.registrations_mutations import pseudonym_taken
from resolvers.regions import region_of
from resolvers.texts import is_blank
from resolvers.transactions import UNSET, Forbidden, Maybe, invalid, limit_reached, member_of

# For each column its own statement: $1 is the new value, $2 the viewer's member id.
STATEMENTS = {
    "about": "UPDATE care.member SET about = $1 WHERE id = $2",
    "birth_year": "UPDATE care.profile SET birth_year = $1 WHERE member_id = $2",
    "sex": "UPDATE care.profile SET sex = $1 WHERE member_id = $2",
    "region": "UPDATE care.profile SET region = $1 WHERE member_id = $2",
    "sharing": "UPDATE care.profile SET sharing = $1 WHERE member_id = $2",
    "locale": "UPDATE identity.account SET locale = $1 WHERE member_id = $2",
}
ELIGIBILITY_FIELDS = {"birth_year", "sex", "region"}  # which decide whether the member can answer a survey
CLEARABLE = {"about", "birth_year", "region"}  # by null; the other fields must have a value


def checked(name: str, value: Any, kind: MemberKind, minimum_age: int, today: date) -> Any:
    """The new value of a column, from the argument of a member of this kind.

    Raises Refused: INVALID, TOO_LONG, and NOT_ELIGIBLE if the member would be too young.
    """
    if value is None:
        if name not in CLEARABLE:
            raise invalid(message("This must not be null. Leave it out to keep the current value."), name)
        return None
    if isinstance(value, Sex | Sharing):
        return value.value
    match name:
        case "pseudonym":
            return accounts_rules.pseudonym_of(value, kind, name)
        case "about":
            return accounts_rules.about_of(value, name)
        case "birth_year":
            return accounts_rules.birth_year_of(value, today, minimum_age, name)
        case "region":
            return None if is_blank(value) else region_of(value, name)
        case "locale":
            return accounts_rules.locale_of(value, name)
    raise KeyError(name)


async def update_profile(
    connection: Connection,
    viewer: Viewer,
    call: Call,
    faults: Faults,
    *,
    pseudonym: Maybe[str] = UNSET,
    about: Maybe[str] = UNSET,
    birth_year: Maybe[int] = UNSET,
    sex: Maybe[Sex] = UNSET,
    region: Maybe[str] = UNSET,
    locale: Maybe[str] = UNSET,
    sharing: Maybe[Sharing] = UNSET,
) -> UUID:
    """Changes the fields that are given, and returns the viewer's member id.

    Raises Forbidden if the viewer is not a member, and Refused: INVALID and TOO_LONG for a field, INVALID for a year of
    birth after a diagnosis, NOT_ELIGIBLE if the member would be too young, TAKEN for another member's pseudonym,
    LIMIT_REACHED after too many changes of it.
    """
    fields = {
        "pseudonym": pseudonym, "about": about, "birth_year": birth_year, "sex": sex, "region": region,
        "locale": locale, "sharing": sharing,
    }  # fmt: skip
    given = {name: value for name, value in fields.items() if value is not UNSET}
    member, days = member_of(viewer), await current_days(connection)
    kind = await connection.fetchval("SELECT kind FROM care.member WHERE id = $1", member)
    if kind is None:
        raise Forbidden
    changes: dict[str, Any] = {}
    for name, value in given.items():
        with faults.collected():
            changes[name] = checked(name, value, MemberKind(kind), call.minimum_age, days.latest)
    if changes.get("birth_year") is not None:
        with faults.collected():
            await expect_born_before_diagnoses(connection, member, changes["birth_year"])
    # Whether the pseudonym is taken is not looked up before this: a free one costs one of the few changes.
    faults.refuse()
    if "pseudonym" in changes:
        await change_pseudonym(connection, changes["pseudonym"])
    for name, value in changes.items():
        if name != "pseudonym":
            await connection.execute(STATEMENTS[name], value, member)
    if ELIGIBILITY_FIELDS & set(changes):
        await eligibility_changed(connection, viewer)
    return member


async def birth_year_held(connection: Connection, member: UUID) -> int | None:
    """The member's year of birth, if they have stated it. Their profile is locked until the transaction ends.

    Years of birth and of diagnoses are compared under this lock: of two changes at once, the second sees the first.
    """
    year: int | None = await connection.fetchval(
        "SELECT birth_year FROM care.profile WHERE member_id = $1 FOR NO KEY UPDATE", member
    )
    return year


async def expect_born_before_diagnoses(connection: Connection, member: UUID, year: int) -> None:
    """Raises Refused: INVALID if a diagnosis that the member has stated would precede this year of birth."""
    await birth_year_held(connection, member)
    if await connection.fetchval(
        "SELECT EXISTS (SELECT FROM care.diagnosis WHERE member_id = $1 AND diagnosed_in < $2)", member, year
    ):
        raise invalid(message("The year of birth must not be later than that of a diagnosis you stated."), "birth_year")


async def change_pseudonym(connection: Connection, name: str) -> None:
    """Changes the viewer's pseudonym. Raises Refused: TAKEN, and LIMIT_REACHED after too many changes."""
    most, days = accounts_rules.RENAMES, accounts_rules.RENAMING_DAYS
    changed = await connection.fetchval(
        "SELECT identity.change_pseudonym($1, $2, $3, $4, $5)",
        name,
        sorted([*looks(name), unaccented(name)]),
        most,
        timedelta(days=days),
        timedelta(days=accounts_rules.RESERVED_DAYS),
    )
    if changed == "TOO_OFTEN":
        reason = message(
            "A pseudonym can change {most} times in {days} days. Changes of case do not count.", most=most, days=days
        )
        raise limit_reached(reason, "pseudonym")
    if changed != "CHANGED":
        raise pseudonym_taken()


def profile_changed(payload: Row) -> Rows:
    """One row: the profile that a mutation has changed."""
    profile = row(tables.Profile)
    return select(profile).where(profile.member_id == payload.member_id)
