"""No part of the server or of a command opens a connection on which it would wait for ever."""

import asyncio
from pathlib import Path

import pytest

from models import connecting, quiet_log
from models.bounded_connections import BoundedConnection
from tests.support.silent import silent_relay

ROOT = Path(__file__).parents[2]
FOLDERS = ("commands", "models", "planner", "privacy", "resolvers", "schema", "server")
# For developers, on a database that they throw away.
THROWN_AWAY = {"commands/new.py", "models/migrations/catalogue.py", "models/migrations/declared.py"}
# With limits of their own.
OWN = {
    "models/connecting.py", "models/session_parameters.py", "server/rollbacks/head_places.py", "commands/capacity.py",
    "commands/opened.py",
}  # fmt: skip


def test_connections_are_opened_by_one_function() -> None:
    files = [ROOT / "app.py", *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
    texts = {file.relative_to(ROOT).as_posix(): file.read_text("utf-8") for file in files}
    assert {name for name, text in texts.items() if "asyncpg.connect(" in text} == {
        "models/several_hosts.py",
        *THROWN_AWAY,
    }
    opening = {name for name, text in texts.items() if "await connect_to_any(" in text}
    assert opening == OWN, "open it by models.connecting.connect"


async def test_a_command_does_not_wait_for_a_database_that_falls_silent_after_the_login(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting.connect, "__defaults__", ("cohorte command", 0.2))
    async with silent_relay(fresh) as relay:
        relay.silent_at = b"pg_settings"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(20):
                await quiet_log.loud_settings(relay.dsn)


async def test_postgresql_ends_a_transaction_that_is_idle_for_long(fresh: str) -> None:
    connection = await connecting.connect(fresh, idle_seconds=1)
    try:
        assert isinstance(connection, BoundedConnection)
        assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "1s"
    finally:
        await connection.close()
