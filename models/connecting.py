"""Opens single connections to PostgreSQL, of which no wait lasts for ever: for starting, for jobs and for commands."""

import asyncpg

from models.bounded_connections import CONNECT_SECONDS, KEEPALIVES, BoundedConnection
from models.session_parameters import set_parameters
from models.several_hosts import connect_to_any

ASKING_SECONDS = 60.0  # for the answer to what is only looked up or checked
COMMAND_SECONDS = 3_600.0  # for a statement of a migration or of an operator's command, which may rewrite a table
# In a transaction of a command that waits for its operator, such as for a name. PostgreSQL then ends its session.
IDLE_SECONDS = 900


async def connect(
    dsn: str, name: str = "cohorte command", answer_seconds: float = ASKING_SECONDS, *, idle_seconds: int = IDLE_SECONDS
) -> asyncpg.Connection:
    """A new connection; a statement that is not answered within `answer_seconds` raises TimeoutError.

    PostgreSQL ends its session once the host at this end is gone, or a transaction is idle for `idle_seconds`, if that
    is not 0. Raises what connecting raises.
    """
    connection = await connect_to_any(
        dsn,
        timeout=CONNECT_SECONDS,
        command_timeout=answer_seconds,
        connection_class=BoundedConnection,
        server_settings={"application_name": name},
    )
    idle = {"idle_in_transaction_session_timeout": f"{idle_seconds}s"} if idle_seconds else {}
    try:
        await set_parameters(connection, {**KEEPALIVES, **idle})
    except BaseException:
        connection.terminate()
        raise
    return connection
