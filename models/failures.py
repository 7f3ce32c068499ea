"""Says why a database cannot be used, and what to look at, without the text of an error: it may repeat an address."""

import socket
import ssl

import asyncpg
from sqlalchemy.exc import DBAPIError

# What using a database may raise, and connecting to it, for which an address is parsed.
FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, DBAPIError)
UNREACHABLE = (*FAILURES, ValueError)
# What a database, once it was used, raises where files and other addresses may be at fault too.
GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError, TimeoutError)

# What to look at, by the class of an error: the first that fits.
Advice = tuple[tuple[type[BaseException], str], ...]
ADVICE: Advice = (
    (
        asyncpg.ReadOnlySQLTransactionError,
        "it does not write: it is a standby, or default_transaction_read_only is on. The address has to lead to the "
        "primary; with several hosts, add target_session_attrs=read-write",
    ),
    (asyncpg.TargetServerAttributeNotMatched, "none of its hosts is what target_session_attrs asks for"),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "it refuses the server's roles: their passwords were derived from another COHORTE_ROLE_KEY or owner's "
        "password, maybe by another installation in the same cluster, which needs a COHORTE_ROLE_PREFIX of its own. "
        "Migrate with this server's key, and see pg_hba.conf",
    ),
    (asyncpg.InvalidCatalogNameError, "its server has no database of this name"),
    (asyncpg.TooManyConnectionsError, "it has no connection left: raise max_connections, as docs/operating.md says"),
    (asyncpg.DiskFullError, "its disk is full"),
    (asyncpg.InsufficientResourcesError, "it lacks memory or another resource: see its log"),
    (
        asyncpg.InsufficientPrivilegeError,
        "its user lacks a right: the owner may connect, and needs CREATEROLE unless the roles exist",
    ),
    (asyncpg.PostgresSystemError, "it cannot read or write its files: see its log"),
    (asyncpg.SerializationError, "a standby has cancelled a read: see max_standby_streaming_delay"),
    (asyncpg.CannotConnectNowError, "it is starting, stopping or recovering"),
    (asyncpg.IdleInTransactionSessionTimeoutError, "this server did not go on with a transaction: see its CPU"),
    (asyncpg.OperatorInterventionError, "an operator or a crash has ended connections: see its log"),
    (asyncpg.ProtocolViolationError, "a pooler before it refuses parameters: see ignore_startup_parameters"),
    (asyncpg.PostgresConnectionError, "it, or what is before it, has closed a connection: see its log"),
    (asyncpg.ClientConfigurationError, "the address has an option that is not valid, or hosts without their ports"),
    (asyncpg.InterfaceError, "a connection to it was lost"),
    (asyncpg.InternalClientError, "its answer was cut off, or is not PostgreSQL's"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted for this host: see sslrootcert and sslmode"),
    (ssl.SSLError, "TLS fails: see sslmode, and the files of sslrootcert, sslcert and sslkey"),
    (socket.gaierror, "its host name is not known"),
    (FileNotFoundError, "a file that the address names is missing: a certificate, a key, or the server's socket"),
    (PermissionError, "a file that the address names cannot be read: a certificate, a key, or the server's socket"),
    (ConnectionRefusedError, "nothing listens at its host and port"),
    (TimeoutError, "it does not answer: see its host, and the network between"),
    (ConnectionError, "it has closed a connection, or refuses TLS: see its log, and sslmode"),
    (OSError, "its host cannot be reached"),
    (UnicodeError, "its host name is not valid"),
    (ValueError, "the address is not valid"),
)
# Where the address has the owner's user and password.
OF_OWNER: Advice = (
    (asyncpg.InvalidPasswordError, "its user or password is not accepted"),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "its user is not accepted: see whether the role exists, and pg_hba.conf on the host and TLS",
    ),
    *ADVICE,
)
NAMES = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")


def reason(error: BaseException, advice: Advice = ADVICE) -> str:
    """What to look at, with the error's class and code, as the end of a sentence."""
    cause = cause_of(error)
    text = next((text for kind, text in advice if isinstance(cause, kind)), "see its log")
    return f"{text} ({summary(cause)})"


def summary(error: BaseException) -> str:
    """An error without its text: its class, code and the names of what it is about."""
    cause = cause_of(error)
    known = [f"{name} {value}" for name in NAMES if (value := getattr(cause, name, None))]
    return ", ".join([type(cause).__name__, *known])


def cause_of(error: BaseException) -> BaseException:
    """The error that asyncpg raised, if SQLAlchemy raised another one for it."""
    cause = error
    if isinstance(error, DBAPIError):
        cause = error.orig or error
        while not isinstance(cause, asyncpg.PostgresError) and cause.__cause__ is not None:
            cause = cause.__cause__
    return cause
