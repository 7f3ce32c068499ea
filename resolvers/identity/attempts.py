"""Limits how often signing in and having mail sent may be tried, by account and by address."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.database import Connection
from resolvers.transactions import RefusalCode, Write, refused


@dataclass(frozen=True)
class AttemptLimit:
    """How many there may be within `window`: `per_account` of one e-mail address, `per_address` of one client's."""

    per_account: int
    per_address: int
    window: timedelta

    @property
    def message(self) -> str:
        minutes = round(self.window.total_seconds() / 60)
        return f"Too many attempts. Try again in {minutes} minutes."


async def count_attempt(
    connection: Connection, what: str, email: str, address: str | None, limit: AttemptLimit
) -> list[UUID]:
    """Counts one more try of `what`; its ids. Raises Refused with LIMIT_REACHED if there are too many."""
    # The account's before the address's, always: they are locked in this order.
    subjects = [(f"{what} account {email.lower()}", limit.per_account)]
    if address is not None:
        subjects.append((f"{what} address {address}", limit.per_address))
    made = []
    for subject, most in subjects:
        id = await connection.fetchval("SELECT identity.try_again($1, $2, $3)", subject, most, limit.window)
        if id is None:
            raise refused(RefusalCode.LIMIT_REACHED, limit.message)
        made.append(id)
    return made


async def forget_attempts(connection: Connection, attempts: list[UUID]) -> None:
    """What succeeded was no try at somebody else's account."""
    await connection.execute("SELECT identity.forget_attempts($1)", attempts)


async def count_attempt_apart(
    write: Write, what: str, email: str, address: str | None, limit: AttemptLimit
) -> list[UUID]:
    """The same in a transaction of its own, so that it counts whatever comes of the try."""
    async with write() as connection:
        return await count_attempt(connection, what, email, address, limit)
