"""Lets PostgreSQL end the session of a process that has fallen silent, and with it the locks of its due work."""

import asyncio

from models.database import Connection

# Without a statement, also within a transaction. Longer than any job waits for something else, such as for the places
# of the ledger's head, and for its steps.
SILENT_SECONDS = 15.0
PULSE_SECONDS = 5.0  # between two statements of a process that waits, whether it holds the lock or tries to take it


async def end_when_silent(connection: Connection) -> None:
    """Has PostgreSQL end the session once it has been silent for `SILENT_SECONDS` by its own clock.

    All work that a session's lock guards is done in that session: once another has the lock, nothing of the former
    holder can be committed.
    """
    await connection.execute(
        "SELECT set_config('idle_session_timeout', $1, false),"
        " set_config('idle_in_transaction_session_timeout', $1, false)",
        str(round(SILENT_SECONDS * 1000)),
    )


async def pulse(connection: Connection) -> None:
    """Shows that the process is there. Raises asyncpg's error if the session was ended."""
    await connection.execute("SELECT")


async def sleep(connection: Connection, seconds: float) -> None:
    """Waits, and shows meanwhile that the process is there. Raises asyncpg's error if the session was ended."""
    while seconds > PULSE_SECONDS:
        await asyncio.sleep(PULSE_SECONDS)
        await pulse(connection)
        seconds -= PULSE_SECONDS
    await asyncio.sleep(seconds)
