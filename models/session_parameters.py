"""Sets the parameters of a connection's session, and checks that a pooler before PostgreSQL keeps sessions apart."""

import asyncio
from collections.abc import Mapping

import asyncpg

from models.bounded_connections import ANSWER_SECONDS, CONNECT_SECONDS
from models.several_hosts import connect_to_any

# A parameter that means nothing to PostgreSQL, by which two sessions are told apart.
SET, RESET = "SET cohorte.probe = 'kept'", "RESET cohorte.probe"
KEPT = "SELECT WHERE current_setting('cohorte.probe', true) = 'kept'"
ONE_ROW = "SELECT 1"  # what PostgreSQL says after a statement with one row


class NoSessions(Exception):
    """Something before PostgreSQL gives a connection another session from one transaction to the next."""

    def __init__(self) -> None:
        super().__init__(
            "leads to a pooler that does not keep a session for each connection, such as PgBouncer in transaction "
            "mode. Time limits, prepared statements, notifications and the locks of jobs need one. Set pool_mode = "
            "session for this database in the pooler, or use the address of PostgreSQL itself"
        )


async def set_parameters(connection: asyncpg.Connection, parameters: Mapping[str, str]) -> None:
    """Sets parameters for a whole session. Names and values are the code's own.

    They are not sent with the login: PgBouncer refuses those that it does not know, or drops them without a word.
    Raises TimeoutError if no session is to be had within CONNECT_SECONDS, as of a pooler that has given all to others.
    """
    statements = "; ".join(f"SET {name} = '{value}'" for name, value in parameters.items())
    await connection.execute(statements, timeout=CONNECT_SECONDS)


async def expect_sessions(dsn: str) -> None:
    """Raises NoSessions unless what is set on a connection stays there, and nowhere else.

    It prepares no statement, which would fail in another way. Raises what connecting raises.
    """
    opened: list[asyncpg.Connection] = []
    try:
        for _ in range(2):
            opened.append(await connect_to_any(dsn, timeout=CONNECT_SECONDS))
        first, second = opened
        await first.execute(SET, timeout=CONNECT_SECONDS)
        # A pooler that gives sessions by transaction gives the first one's to this transaction, or another one to each.
        await second.execute("BEGIN", timeout=CONNECT_SECONDS)
        leaked = await second.execute(KEPT, timeout=CONNECT_SECONDS)
        try:
            kept = await first.execute(KEPT, timeout=ANSWER_SECONDS)
        except TimeoutError:
            raise NoSessions from None
        if leaked == ONE_ROW or kept != ONE_ROW:
            raise NoSessions
    except (asyncpg.ProtocolViolationError, asyncpg.ConnectionDoesNotExistError) as error:
        # What PgBouncer says of BEGIN, before it ends the connection, if it takes no transactions.
        if isinstance(error.__cause__ or error, asyncpg.ProtocolViolationError):
            raise NoSessions from None
        raise
    finally:
        for connection in reversed(opened):
            await end(connection)


async def end(connection: asyncpg.Connection) -> None:
    """Leaves nothing of the check in a session that a pooler may give to others."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            if not connection.is_closed():
                await connection.execute(f"ROLLBACK; {RESET}")
                await connection.close()
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        pass
    finally:
        connection.terminate()
