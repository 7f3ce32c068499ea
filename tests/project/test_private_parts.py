"""Private parts of packages that this code stands on: each is as it was when that was written."""

import inspect
from importlib.metadata import version

import asyncpg
import pytest
from asyncpg.transaction import Transaction
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from models.bounded_connections import BoundedConnection
from models.statements import FrugalConnection

# Of another version, compare what is overridden in the module with what the package does now, then change this.
READ = {"asyncpg": ("0.32.0", "models/statements.py"), "uvicorn": ("0.54.0", "server/http/protocols.py")}


@pytest.mark.parametrize("package", READ)
def test_a_new_version_is_read_before_it_is_used(package: str) -> None:
    read, module = READ[package]
    assert version(package) == read, f"read what {module} stands on"


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (asyncpg.Connection, "_get_statement", "query timeout named use_cache ignore_custom_codec record_class"),
        (asyncpg.Connection, "_do_execute", "query executor timeout retry ignore_custom_codec record_class"),
        (asyncpg.Connection, "_drop_global_statement_cache", ""),
        (asyncpg.Connection, "reload_schema_state", ""),
        (asyncpg.Connection, "_time_and_log", "query args timeout"),
        (asyncpg.Connection, "_cancel", "waiter cancel_waiter"),
        (Transaction, "__init__", "connection isolation readonly deferrable"),
        (Transaction, "start", ""),
        (vars(asyncpg.connection)["_StatementCache"], "get", "query promote"),
        (vars(asyncpg.connection)["_StatementCache"], "put", "query statement"),
        (vars(asyncpg.connection)["_StatementCache"], "_maybe_cleanup", ""),
        (HttpToolsProtocol, "_start_asgi_task", "cycle app"),
        (HttpToolsProtocol, "on_response_complete", ""),
        (HttpToolsProtocol, "on_message_begin", ""),
        (HttpToolsProtocol, "on_body", "body"),
        (HttpToolsProtocol, "on_message_complete", ""),
        (WebSocketsSansIOProtocol, "data_received", "data"),
        (WebSocketsSansIOProtocol, "handle_events", ""),
        (WebSocketsSansIOProtocol, "receive", ""),
        (WebSocketsSansIOProtocol, "connection_lost", "exc"),
        (
            RequestResponseCycle,
            "__init__",
            "scope transport flow logger access_logger access_log default_headers message_event expect_100_continue "
            "keep_alive on_response",
        ),
    ],
)
def test_private_functions_take_what_they_took(owner: type, name: str, parameters: str) -> None:
    assert [*inspect.signature(getattr(owner, name)).parameters][1:] == parameters.split()


async def test_a_kept_statement_is_run_without_asyncpgs_own_way(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert issubclass(FrugalConnection, BoundedConnection)
    connection = await asyncpg.connect(dsn, connection_class=FrugalConnection)
    for _ in range(2):
        assert await connection.value("SELECT $1::text", ["a"]) == "a"
    monkeypatch.delattr(asyncpg.Connection, "_do_execute")
    assert await connection.value("SELECT $1::text", ["b"]) == "b"
    with pytest.raises(AttributeError):
        await connection.value("SELECT $1::text || 'c'", ["b"])
    await connection.close()
