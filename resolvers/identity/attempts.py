"""Limits the rate of sign-ins and mail requests, by account and by client address."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.database import Connection
from models.messages import Message, counted
from resolvers.transactions import RefusalCode, Write, refused


@dataclass(frozen=True)
class AttemptLimit:
    """The most attempts within `window`: `per_account` for one e-mail address, `per_address` for one client.

    `per_pair` is for one e-mail address from one client, so that no client uses up what others may do for the address.
    """

    per_account: int
    per_address: int
    window: timedelta
    per_pair: int | None = None

    @property
    def reason(self) -> Message:
        return counted(
            "Too many attempts. Try again in {count} minute.",
            "Too many attempts. Try again in {count} minutes.",
            round(self.window.total_seconds() / 60),
        )


async def count_attempt(
    connection: Connection,
    action: str,
    email: str,
    address: str | None,
    limit: AttemptLimit,
    password_hash: str | None = None,
) -> list[UUID]:
    """Counts an attempt at `action`, by account, by client address and by both; returns the ids of the counts.

    What one client does is counted for the account's `password_hash`, so that a new password ends a lockout. Raises
    Refused: LIMIT_REACHED if there were too many attempts within the window.
    """
    # The pair first: what it refuses must not count for others. All are locked, and a fixed order prevents deadlocks.
    subjects = [(f"{action} account {email.lower()}", limit.per_account)]
    if limit.per_pair is not None:
        pair = f"{action} account {email.lower()} address {address} {password_hash or ''}"
        subjects.insert(0, (pair, limit.per_pair))
    if address is not None:
        subjects.append((f"{action} address {address}", limit.per_address))
    made = []
    for subject, most in subjects:
        id = await connection.fetchval("SELECT identity.try_again($1, $2, $3)", subject, most, limit.window)
        if id is None:
            raise refused(RefusalCode.LIMIT_REACHED, limit.reason)
        made.append(id)
    return made


async def forget_attempts(connection: Connection, attempts: list[UUID]) -> None:
    """Deletes attempts that succeeded: those were not guesses at another person's password."""
    await connection.execute("SELECT identity.forget_attempts($1)", attempts)


async def count_attempt_apart(
    write: Write, action: str, email: str, address: str | None, limit: AttemptLimit
) -> list[UUID]:
    """Like `count_attempt`, in a transaction of its own, so that the attempt counts even if the request fails."""
    async with write() as connection:
        return await count_attempt(connection, action, email, address, limit)
