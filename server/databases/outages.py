"""Knows the errors of a database that is unavailable: what clients are shown, and what the log says to operators."""

import logging
import time
from typing import TypeVar

import asyncpg

from models.failures import reason
from models.messages import message
from server.operations.errors import timed_out, unavailable

K = TypeVar("K")  # an error's class, or a sentence

log = logging.getLogger("cohorte.database")

# What asyncpg raises when PostgreSQL is down, stopping, starting, full or a standby, refuses the server's roles, or
# makes a statement wait, and when a connection was cut.
DATABASE_UNAVAILABLE = (
    OSError,  # with TimeoutError, and TLS's errors
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,  # with InvalidPasswordError
    asyncpg.InvalidCatalogNameError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # Raised by a connection that is used between PostgreSQL's last message and the end of the stream.
    asyncpg.InternalClientError,
)
# On a standby, a read may conflict with what it replays. A write that conflicts with another one is repeated.
UNAVAILABLE_TO_READ = (*DATABASE_UNAVAILABLE, asyncpg.TransactionRollbackError)
# After these, another connection may do: it was cut, maybe long before it was used.
LOST = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleSessionTimeoutError,
)

LOCKED = message("Another change of the same data is in progress. Please try again.")
NOTED_SECONDS = 60.0  # between two lines about the same error or fault
noted: dict[type[BaseException], float] = {}  # when each class of error was logged last


def is_lost(error: BaseException) -> bool:
    """Whether the error is that a connection was cut, so that a new one may do."""
    return type(error) is asyncpg.InternalClientError or (isinstance(error, LOST) and not isinstance(error, ValueError))


def as_request_error(error: Exception, statement_seconds: float) -> Exception:
    """What a client is shown for an error of `UNAVAILABLE_TO_READ`."""
    if isinstance(error, asyncpg.DataError):
        return error  # a value that its column does not accept: our own bug, and not the database's state
    if isinstance(error, asyncpg.QueryCanceledError):
        return timed_out("statement_seconds", statement_seconds)
    if isinstance(error, asyncpg.LockNotAvailableError):
        return unavailable(LOCKED)
    note(error)
    return unavailable()


def note(error: Exception) -> None:
    """Logs one line about an unavailable database, and what to look at; at most one a minute for each kind of error."""
    if is_due(noted, type(error)):
        log.warning("the database is unavailable: %s", reason(error))


def note_schema(revision: str) -> None:
    """Logs, once a minute, that this server is not ready because of the database's revision."""
    if is_due(noted, AnotherSchema):
        log.error(
            "this server is not ready: the database was migrated to a revision with which this version, of revision "
            "%s, does not work. Start servers of the version that migrated it",
            revision,
        )


class AnotherSchema(Exception):
    """The database is at a revision with which this version does not work. A key of `noted`."""


def is_due(noted: dict[K, float], what: K) -> bool:
    """Whether to log a line about this: not if there was one within NOTED_SECONDS. Records in `noted` that there is."""
    now = time.monotonic()
    if noted.get(what, -NOTED_SECONDS) > now - NOTED_SECONDS:
        return False
    noted[what] = now
    return True
