"""Writes to the owners of members' accounts that sleep, and closes the accounts."""

from models.database import Connection

REMINDER_DAYS = 7  # between the second mail and the end, at least
BATCH = 100  # accounts in one run, each in a transaction of its own


async def settle_sleepers(connection: Connection, months: int, notice_days: int) -> None:
    """Settles the accounts that nobody has signed in to for `months`, at most `BATCH` of them.

    Their owners are written to, a second time `REMINDER_DAYS` before the end. `notice_days` after the first mail the
    account is closed, as `accountDelete` does. Accounts of staff and of organizations have no such end.
    """
    for _ in range(BATCH):
        if not await connection.fetchval(
            "SELECT identity.settle_sleeper($1, $2, $3)", months, notice_days, REMINDER_DAYS
        ):
            return
