"""Creates, changes, suspends and reinstates staff, for administrators."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from models.database import Connection
from models.identity.accounts import StaffRole
from models.messages import message
from models.parameters import EmailAddress, StaffId
from resolvers.faults import Faults
from resolvers.identity import accounts_rules
from resolvers.identity.registrations_mutations import new_code
from resolvers.texts import has_invisible_characters
from resolvers.transactions import (
    UNSET,
    Forbidden,
    Maybe,
    Step,
    changed_meanwhile,
    invalid,
    line_within,
    not_eligible,
    not_found,
    taken,
)

T = TypeVar("T")

NAME_LENGTH = 100
NEEDS_SECOND_FACTOR = frozenset({StaffRole.MODERATOR, StaffRole.ADMINISTRATOR})  # as identity.needs_second_factor
INVITATION_LIFETIME = timedelta(days=3)  # of the first code; another can be requested at any time


async def create_staff(
    connection: Connection,
    faults: Faults,
    *,
    name: str,
    email: EmailAddress,
    roles: list[StaffRole],
    locale: str | None = None,
) -> UUID:
    """Creates a staff member with an account, and returns their id.

    A code to choose a password with is mailed to them, in the language of `locale`. Raises Refused: INVALID and
    TOO_LONG for the name or the locale, TAKEN if the address has an account.
    """
    with faults.collected():
        name = staff_name(name, "name")
    language = accounts_rules.DEFAULT_LOCALE
    with faults.collected():
        language = accounts_rules.locale_of(locale or language, "locale")
    # Whether the address has an account is not looked up before this: a request that is refused anyway leaves no trace.
    faults.refuse()
    made: UUID | None = await connection.fetchval(
        "SELECT identity.create_staff($1, $2, $3, $4, $5, $6)",
        name, email, language, given(roles), new_code(), INVITATION_LIFETIME,
    )  # fmt: skip
    if made is None:
        await expect_administrator(connection)
        raise taken(message("Another account has this address."), "email")
    return made


async def update_staff(
    connection: Connection,
    faults: Faults,
    *,
    staff: StaffId,
    name: Maybe[str] = UNSET,
    roles: Maybe[list[StaffRole]] = UNSET,
    prior_roles: list[StaffRole] | None = None,
) -> UUID:
    """Changes the name and the roles that are given, with immediate effect, and returns the staff member's id.

    Raises Refused: INVALID and TOO_LONG for the name, INVALID for null, NOT_FOUND, CONFLICT if their roles, with those
    that are withheld, are not the prior ones that are given, NOT_ELIGIBLE for other roles of the viewer's own.
    """
    new_name, new_roles = None, None
    if name is not UNSET:
        with faults.collected():
            new_name = staff_name(value_of(name, "name"), "name")
    if roles is not UNSET:
        with faults.collected():
            new_roles = given(value_of(roles, "roles"))
    if prior_roles is not None:
        # The lock of identity.update_staff: nobody else changes roles before it does.
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('staff', 5))")
        held = await connection.fetchval("SELECT roles || withheld_roles FROM identity.staff WHERE id = $1", staff)
        with faults.collected():
            if held is not None and set(held) != set(given(prior_roles)):
                raise changed_meanwhile("prior_roles")
    # What this changes is undone if there are faults, as all of the transaction.
    refusal = await connection.fetchval("SELECT identity.update_staff($1, $2, $3)", staff, new_name, new_roles)
    with faults.collected():
        expect_changed(refusal, "roles")
    faults.refuse()
    return staff


async def suspend_staff(connection: Connection, *, staff: StaffId) -> UUID:
    """Suspends a staff member, ends their sessions, and returns their id.

    Raises Refused: NOT_FOUND, NOT_ELIGIBLE for the viewer.
    """
    return await set_suspended(connection, staff, True)


async def reinstate_staff(connection: Connection, *, staff: StaffId) -> UUID:
    """Reinstates a suspended staff member with the roles that they had, and returns their id.

    Raises Refused: NOT_FOUND.
    """
    return await set_suspended(connection, staff, False)


async def set_suspended(connection: Connection, staff: UUID, suspended: bool) -> UUID:
    """Suspends a staff member, or ends that. Returns their key. Raises Forbidden; Refused: NOT_FOUND, NOT_ELIGIBLE."""
    refusal = await connection.fetchval("SELECT identity.suspend_staff($1, $2)", staff, suspended)
    expect_changed(refusal, "staff")
    return staff


def staff_name(text: str, *path: Step) -> str:
    """The name, trimmed. Raises Refused: INVALID and TOO_LONG."""
    name = line_within(text, NAME_LENGTH, *path)
    if not name.isprintable() or has_invisible_characters(text.strip()):
        raise invalid(message("The name must not contain invisible characters."), *path)
    return name


def given(roles: Sequence[StaffRole]) -> list[str]:
    """The roles' names, each once, in the order of their declaration."""
    return [role.value for role in StaffRole if role in roles]


def value_of(value: T | None, *path: Step) -> T:
    """The value. Raises Refused: INVALID for null."""
    if value is None:
        raise invalid(message("This must not be null. Leave it out to keep the current value."), *path)
    return value


def expect_changed(refusal: str | None, own: str) -> None:
    """Raises what a function of the database has returned; `own` is at fault if the viewer changes themselves."""
    if refusal == "FORBIDDEN":
        raise Forbidden(StaffRole.ADMINISTRATOR)
    if refusal == "NOT_FOUND":
        raise not_found("staff")
    if refusal == "OWN":
        raise not_eligible(message("Another administrator has to do this: it is about you."), own)


async def expect_administrator(connection: Connection) -> None:
    """Raises Forbidden unless the viewer is an administrator."""
    if not await connection.fetchval("SELECT identity.is_administrator()"):
        raise Forbidden(StaffRole.ADMINISTRATOR)
