"""What write functions share: transactions, refusals with the path to their cause, and being carried out once."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeAlias, TypeVar
from uuid import UUID

import asyncpg

from models.database import Connection as Connection  # which every writing resolver takes
from models.identity.accounts import StaffRole
from models.viewers import Viewer
from privacy.described import DescribedEnum

T = TypeVar("T")

Transaction: TypeAlias = AbstractAsyncContextManager[Connection]
Write: TypeAlias = Callable[[], Transaction]  # opens one; it commits when it is left without an exception
Result: TypeAlias = Mapping[str, Any]  # of a write: ids, texts, truth values, and lists of them
Work: TypeAlias = Callable[[Connection, Viewer], Awaitable[Result]]
Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]  # to a parameter or what is in it, in Python's names: ("entries", 0, "value")


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET  # the default of a parameter that tells being left out from being null
Maybe: TypeAlias = T | Literal[Unset.UNSET] | None


@dataclass(frozen=True)
class Unstored:
    """A value in a write's result that is returned once and stored nowhere."""

    value: Any = field(repr=False)


ATTEMPTS = 3  # of a write that another one got in the way of
# What PostgreSQL says to the one of two transactions that it gives up, and to one that writes by a rule which another
# has broken since it was looked at: who was named is gone, or who writes may not any more. Tried again, it is refused
# as it would have been a moment later.
IN_THE_WAY = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.InsufficientPrivilegeError,
)


class RefusalCode(DescribedEnum):
    """The reason why a mutation was refused."""

    INVALID = "INVALID", "A value is not accepted."
    NOT_FOUND = "NOT_FOUND", "The object does not exist, or the viewer may not see it."
    TAKEN = "TAKEN", "The value is in use, or the thing exists already."
    TOO_LONG = "TOO_LONG", "A text or a list exceeds its limit."
    TOO_EARLY = "TOO_EARLY", "Not possible yet."
    TOO_LATE = "TOO_LATE", "No longer possible."
    NOT_ELIGIBLE = "NOT_ELIGIBLE", "The viewer does not meet the conditions."
    LIMIT_REACHED = "LIMIT_REACHED", "A limit is reached: too many objects, or too many requests."
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED", "The remaining privacy budget does not cover the cost."
    LICENCE_REQUIRED = "LICENCE_REQUIRED", "The organization has no licence that covers this."
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS", "The e-mail address and the password do not match an account."
    CONFLICT = "CONFLICT", "The `clientMutationId` was used with another input, or the object was changed meanwhile."


@dataclass(frozen=True)
class Refusal:
    """One reason; `path` leads to the parameter that is refused, and is empty if none in particular is."""

    code: RefusalCode
    message: str  # for people; it never repeats what they entered
    path: Path = ()


class Refused(Exception):
    """A write that is refused, for each of `refusals`: its transaction is rolled back, nothing is left of it.

    `shows` are fields of the payload that are filled nevertheless.
    """

    def __init__(self, *refusals: Refusal, shows: Result | None = None) -> None:
        super().__init__(", ".join(refusal.code.value for refusal in refusals))
        self.refusals = refusals
        self.shows = shows or {}


class Forbidden(Exception):
    """The viewer may not do this, whatever the input."""


def not_found(*path: Step) -> Refused:
    """The same for what is not there and for what is not the viewer's."""
    return refused(RefusalCode.NOT_FOUND, "This does not exist, or it is not yours.", *path)


def invalid(message: str, *path: Step) -> Refused:
    return refused(RefusalCode.INVALID, message, *path)


def taken(message: str, *path: Step) -> Refused:
    return refused(RefusalCode.TAKEN, message, *path)


def too_long(limit: int, *path: Step) -> Refused:
    """`limit` is in characters."""
    return refused(RefusalCode.TOO_LONG, f"This takes at most {limit:,} characters.", *path)


def too_early(message: str, *path: Step) -> Refused:
    return refused(RefusalCode.TOO_EARLY, message, *path)


def too_late(message: str, *path: Step) -> Refused:
    return refused(RefusalCode.TOO_LATE, message, *path)


def not_eligible(message: str, *path: Step) -> Refused:
    return refused(RefusalCode.NOT_ELIGIBLE, message, *path)


def limit_reached(message: str, *path: Step) -> Refused:
    return refused(RefusalCode.LIMIT_REACHED, message, *path)


def conflict(message: str, *path: Step) -> Refused:
    return refused(RefusalCode.CONFLICT, message, *path)


def refused(code: RefusalCode, message: str, *path: Step) -> Refused:
    return Refused(Refusal(code, message, path))


def require_role(viewer: Viewer, role: StaffRole) -> None:
    """Raises Forbidden unless the viewer is staff and has the role."""
    if viewer.staff is None or role.value not in viewer.roles:
        raise Forbidden


def text_within(value: str, most: int, *path: Step) -> str:
    """The text without the white space around it; refused when nothing is left or it is over `most` characters."""
    text = value.strip()
    if not text:
        raise invalid("This may not be empty.", *path)
    if len(text) > most:
        raise too_long(most, *path)
    return text


def optional_text_within(value: str | None, most: int, *path: Step) -> str | None:
    """The same for an optional text: None when nothing is left of it."""
    text = (value or "").strip()
    return text_within(text, most, *path) if text else None


def member_of(viewer: Viewer) -> UUID:
    """The viewer's member id. Raises Forbidden for a viewer who is not a member."""
    if viewer.member is None:
        raise Forbidden
    return viewer.member


def buyer_of(viewer: Viewer) -> UUID:
    """The viewer's organization id. Raises Forbidden for a viewer without one."""
    if viewer.organization is None:
        raise Forbidden
    return viewer.organization


@dataclass(frozen=True)
class Once:
    """What tells a repeated request from a new one: the mutation, the caller's id for it, and its input's digest."""

    mutation: str
    client_mutation_id: str
    input_hash: bytes


async def carry_out(write: Write, viewer: Viewer, work: Work, once: Once | None = None) -> Result:
    """The result of `work` in a transaction of its own, or the stored result of the first request with this `once`.

    A request that comes while its twin is at work waits for the twin to end. Raises what `work` raises, Refused with
    CONFLICT if the same id came with another input, and Forbidden if the viewer's account was deleted meanwhile. A
    result is stored for a day, without what is `Unstored`; a refusal is not stored.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with write() as connection:
                if once is None:
                    return shown(await work(connection, viewer))
                kept = await first_result(connection, once)
                if kept is not None:
                    return kept
                made = await work(connection, viewer)
                # As it would be read again, so that a first answer and a repeated one are made from the same.
                stored = {name: value for name, value in made.items() if not isinstance(value, Unstored)}
                text = json.dumps(stored, default=str)
                await connection.execute(
                    "SELECT identity.keep_mutation($1, $2, $3, $4)",
                    once.mutation, once.client_mutation_id, once.input_hash, text,
                )  # fmt: skip
                return {**shown(made), **json.loads(text)}
        except IN_THE_WAY:
            if await has_left(write, viewer):
                raise Forbidden from None
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the last attempt returns or raises


def shown(made: Result) -> Result:
    """A result as its first reader has it, with what is not stored."""
    return {name: value.value if isinstance(value, Unstored) else value for name, value in made.items()}


async def has_left(write: Write, viewer: Viewer) -> bool:
    """Whether the viewer's member has been deleted in the meantime."""
    if viewer.member is None:
        return False
    async with write() as connection:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", viewer.member)


async def announce(connection: Connection, kind: str, subject: UUID, about: UUID) -> None:
    """Publishes an event to every server process once the transaction commits: its kind and two ids."""
    await connection.execute("SELECT care.announce($1, $2, $3)", kind, subject, about)


async def notify(connection: Connection, member: UUID, kind: str, subject_type: str, subject: UUID) -> None:
    """Notifies a member, where the viewer may: see care.tell."""
    await connection.execute("SELECT care.tell($1, $2, $3, $4)", member, kind, subject_type, subject)


async def first_result(connection: Connection, once: Once) -> Result | None:
    """None when this is the first time; from then on, until the transaction ends, twins wait."""
    seen = await connection.fetchrow(
        "SELECT * FROM identity.take_mutation($1, $2, $3)", once.mutation, once.client_mutation_id, once.input_hash
    )
    assert seen is not None
    if seen["first"]:
        return None
    if not seen["same"]:
        raise conflict("This id was used before with a different input.", "client_mutation_id")
    result: Result = json.loads(seen["result"])
    return result
