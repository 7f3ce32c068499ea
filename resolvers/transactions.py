"""Runs write functions in transactions, once for each idempotency key, and defines how they refuse."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeAlias, TypeVar
from uuid import UUID

import asyncpg

from models.database import Connection as Connection
from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.messages import Message, message
from models.viewers import Viewer
from privacy.described import DescribedEnum
from resolvers.texts import has_invisible_characters, has_line_ends, is_blank, one_line

T = TypeVar("T")

Transaction: TypeAlias = AbstractAsyncContextManager[Connection]
Write: TypeAlias = Callable[[], Transaction]  # opens a transaction, which commits unless an exception leaves it
Result: TypeAlias = Mapping[str, Any]  # of a write: ids, texts, booleans, and lists of them
Work: TypeAlias = Callable[[Connection, Viewer], Awaitable[Result]]
Step: TypeAlias = str | int
Role: TypeAlias = StaffRole | UserRole
Path: TypeAlias = tuple[Step, ...]  # to a parameter or a value in it, by Python names: ("entries", 0, "value")


class Key(str):
    """A step of a path that clients named, such as a question's key: it has the same name in the graph."""

    __slots__ = ()


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET  # the default of a parameter for which null is a value of its own
Maybe: TypeAlias = T | Literal[Unset.UNSET] | None


@dataclass(frozen=True)
class Unstored:
    """A value in a write's result that is returned once and stored nowhere."""

    value: Any = field(repr=False)


ATTEMPTS = 3  # at a transaction that conflicts with another
# Errors of a transaction that conflicts with a concurrent one: PostgreSQL aborts one of the two, or a row or a right
# that the write function checked has disappeared since. A new attempt sees the change, and is refused with a code.
RETRIED = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.InsufficientPrivilegeError,
)


class RefusalCode(DescribedEnum):
    """The reason why a mutation was refused."""

    INVALID = "INVALID", "A value is not accepted."
    NOT_FOUND = "NOT_FOUND", "The object does not exist, or the viewer may not see it."
    TAKEN = "TAKEN", "The value is in use, or the object already exists."
    TOO_LONG = "TOO_LONG", "A text or a list exceeds its limit."
    TOO_EARLY = "TOO_EARLY", "Not possible yet."
    TOO_LATE = "TOO_LATE", "No longer possible."
    NOT_ELIGIBLE = "NOT_ELIGIBLE", "The viewer does not meet the conditions."
    LIMIT_REACHED = "LIMIT_REACHED", "A limit is reached: too many objects, or too many requests."
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED", "The remaining privacy budget does not cover the cost."
    LICENCE_REQUIRED = "LICENCE_REQUIRED", "The organization has no licence that covers this."
    WRONG_CREDENTIALS = (
        "WRONG_CREDENTIALS",
        "The e-mail address and the password do not match an account, or the second factor is not accepted.",
    )
    CONFLICT = "CONFLICT", "The `clientMutationId` was used with another input, or the object has changed since then."


@dataclass(frozen=True)
class Refusal:
    """A reason; `path` leads to the parameter that is refused, and is empty if it is none in particular."""

    code: RefusalCode
    message: Message  # for people; it never repeats what they entered
    path: Path = ()


class Refused(Exception):
    """A write is refused, for all of `refusals`; its transaction is rolled back.

    `shows` are fields of the payload to fill nevertheless.
    """

    def __init__(self, *refusals: Refusal, shows: Result | None = None) -> None:
        super().__init__(", ".join(refusal.code.value for refusal in refusals))
        self.refusals = refusals
        self.shows = shows or {}


class Forbidden(Exception):
    """The viewer may not do this, whatever the input; `role` is what staff or users need for it, if that is why."""

    def __init__(self, role: Role | None = None) -> None:
        super().__init__()
        self.role = role


class Overloaded(Exception):
    """Too much work waits already: nothing was done, and the request can be sent again."""


class CommitLost(Exception):
    """The connection was lost during a COMMIT: the transaction may be committed or not."""


class OutcomeUnknown(Exception):
    """A write may have been carried out or not, and would be carried out twice if it were repeated."""


def not_found(*path: Step) -> Refused:
    """The same refusal for a row that does not exist as for one that the viewer may not see or change."""
    return refused(RefusalCode.NOT_FOUND, message("This does not exist, or you have no access to it."), *path)


def invalid(reason: Message, *path: Step) -> Refused:
    """A refusal, to be raised: INVALID."""
    return refused(RefusalCode.INVALID, reason, *path)


def not_null(*path: Step) -> Refused:
    """Refuses null for a field that always has a value."""
    return invalid(message("This must not be null. Leave it out to keep the current value."), *path)


def taken(reason: Message, *path: Step) -> Refused:
    """A refusal, to be raised: TAKEN."""
    return refused(RefusalCode.TAKEN, reason, *path)


def too_long(limit: int, *path: Step) -> Refused:
    """`limit` is in characters."""
    return refused(RefusalCode.TOO_LONG, message("The limit is {limit:,} characters.", limit=limit), *path)


def too_early(reason: Message, *path: Step) -> Refused:
    """A refusal, to be raised: TOO_EARLY."""
    return refused(RefusalCode.TOO_EARLY, reason, *path)


def too_late(reason: Message, *path: Step) -> Refused:
    """A refusal, to be raised: TOO_LATE."""
    return refused(RefusalCode.TOO_LATE, reason, *path)


def not_eligible(reason: Message, *path: Step) -> Refused:
    """A refusal, to be raised: NOT_ELIGIBLE."""
    return refused(RefusalCode.NOT_ELIGIBLE, reason, *path)


def limit_reached(reason: Message, *path: Step) -> Refused:
    """A refusal, to be raised: LIMIT_REACHED."""
    return refused(RefusalCode.LIMIT_REACHED, reason, *path)


def conflict(reason: Message, *path: Step) -> Refused:
    """A refusal, to be raised: CONFLICT."""
    return refused(RefusalCode.CONFLICT, reason, *path)


def changed_meanwhile(name: str) -> Refused:
    """A refusal, to be raised: CONFLICT for the parameter that says on what a change is based."""
    reason = message("It was changed meanwhile. Read it again, and then repeat the change if it still applies.")
    return conflict(reason, name)


def refused(code: RefusalCode, reason: Message, *path: Step) -> Refused:
    """A refusal for one reason, to be raised. `path` leads to the parameter that is refused."""
    return Refused(Refusal(code, reason, path))


def has_role(viewer: Viewer, role: Role) -> bool:
    """Whether the viewer is staff with this role, or a buyer with this role or one that includes it."""
    if isinstance(role, StaffRole):
        return viewer.staff is not None and role.value in viewer.roles
    roles = list(UserRole)  # each includes those after it
    return viewer.organization is not None and any(
        including.value in viewer.roles for including in roles[: roles.index(role) + 1]
    )


def require_role(viewer: Viewer, role: Role) -> None:
    """Raises Forbidden unless the viewer has the role."""
    if not has_role(viewer, role):
        raise Forbidden(role)


def text_within(value: str, most: int, *path: Step) -> str:
    """The text, trimmed. Raises Refused: INVALID if it is blank, TOO_LONG if it has more than `most` characters."""
    if is_blank(value):
        raise invalid(message("This must not be empty."), *path)
    text = value.strip()
    if len(text) > most:
        raise too_long(most, *path)
    return text


def line_within(value: str, most: int, *path: Step) -> str:
    """A single line of text, as `one_line` stores it. Raises Refused: INVALID, TOO_LONG."""
    if has_line_ends(value.strip()):
        raise invalid(message("This must be a single line, without tabs."), *path)
    return text_within(one_line(value), most, *path)


def name_within(value: str, most: int, *path: Step) -> str:
    """A name in a single line, without joiners and other characters that one cannot see. Raises as `line_within`."""
    name = line_within(value, most, *path)
    if not name.isprintable() or has_invisible_characters(name):
        raise invalid(message("The name must not contain invisible characters."), *path)
    return name


def optional_text_within(value: str | None, most: int, *path: Step) -> str | None:
    """An optional text, trimmed; None if it is blank. Raises Refused: TOO_LONG."""
    return None if value is None or is_blank(value) else text_within(value, most, *path)


def optional_line_within(value: str | None, most: int, *path: Step) -> str | None:
    """An optional single line of text; None if it is blank. Raises Refused: INVALID, TOO_LONG."""
    return None if value is None or is_blank(value) else line_within(value, most, *path)


def member_of(viewer: Viewer) -> UUID:
    """The viewer's member id. Raises Forbidden if they are not a member."""
    if viewer.member is None:
        raise Forbidden
    return viewer.member


def organization_of(viewer: Viewer) -> UUID:
    """The viewer's organization id. Raises Forbidden if they are not a buyer."""
    if viewer.organization is None:
        raise Forbidden
    return viewer.organization


@dataclass(frozen=True)
class IdempotencyKey:
    """Identifies a repeated request: the mutation, the caller's id for the request, and its input's digest."""

    mutation: str
    client_mutation_id: str
    input_hash: bytes


async def run_once(write: Write, viewer: Viewer, work: Work, key: IdempotencyKey | None = None) -> Result:
    """The result of `work` in a transaction of its own, or the stored result of the first request with this key.

    A request that arrives while another with its key is running waits for it. A result is stored for a day, without its
    `Unstored` values; a refusal is not stored. Raises what `work` raises, Refused: CONFLICT if the client's id was used
    with another input, and Forbidden if the viewer's account has been deleted in the meantime.

    After a lost COMMIT, a request with a key is tried again: the stored result shows whether the first attempt was
    committed. Without a key, raises OutcomeUnknown. Raises Overloaded if each attempt conflicts with others.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with write() as connection:
                if key is None:
                    return with_unstored(await work(connection, viewer))
                earlier = await stored_result(connection, key)
                if earlier is not None:
                    return earlier
                made = await work(connection, viewer)
                # Encoded and decoded, so that the first response and a repeated one are made from the same values.
                stored = {name: value for name, value in made.items() if not isinstance(value, Unstored)}
                text = json.dumps(stored, default=str)
                await connection.execute(
                    "SELECT identity.keep_mutation($1, $2, $3, $4)",
                    key.mutation, key.client_mutation_id, key.input_hash, text,
                )  # fmt: skip
                return {**with_unstored(made), **json.loads(text)}
        except CommitLost:
            if key is None:
                raise OutcomeUnknown from None
            if attempt == ATTEMPTS:
                raise
        except RETRIED as error:
            if await has_left(write, viewer):
                raise Forbidden from None
            if attempt == ATTEMPTS:
                if isinstance(error, asyncpg.TransactionRollbackError):  # it may be the other's turn next time
                    raise Overloaded from None
                raise
    raise AssertionError  # the last attempt returns or raises


def with_unstored(made: Result) -> Result:
    """The result for the first response, which includes values that are not stored."""
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
    """Notifies a member, if the viewer is in a position to: `care.tell` checks that."""
    await connection.execute("SELECT care.tell($1, $2, $3, $4)", member, kind, subject_type, subject)


async def stored_result(connection: Connection, key: IdempotencyKey) -> Result | None:
    """The stored result; None for the first request, on which others with its key wait until the transaction ends.

    Raises Refused: CONFLICT if the client's id was used with another input.
    """
    seen = await connection.fetchrow(
        "SELECT * FROM identity.take_mutation($1, $2, $3)", key.mutation, key.client_mutation_id, key.input_hash
    )
    assert seen is not None
    if seen["first"]:
        return None
    if not seen["same"]:
        raise conflict(message("This clientMutationId was used before with a different input."), "client_mutation_id")
    result: Result = json.loads(seen["result"])
    return result
