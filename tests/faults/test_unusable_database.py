"""A database that cannot be used: commands say why in a sentence, and a running server in its responses and its log."""

import asyncio
import logging
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from commands import (
    help_lines,
    ledger,
    legal,
    load,
    migrate,
    restored,
    roles,
    sandbox,
    seed,
    serve,
    staff,
    verify_ledger,
)
from models.failures import ADVICE, reason
from models.logins import role_dsn, role_password, scram_verifier
from models.viewers import ANYBODY, Audience
from resolvers.jobs import PUBLISHING
from server.databases import outages
from server.operations.errors import RequestError
from server.rollbacks.legacy_heads import digest
from settings import Settings, SettingsError
from tests import factories
from tests.faults.test_silent_database import POST, opened
from tests.support.client import ANYBODY as STRANGER
from tests.support.client import NotStarted, serving
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.silent import silent_relay

COMMUNITIES = "{ communities { nodes { name } } }"
COMMANDS: dict[str, Callable[[], int]] = {
    "serve": serve.main,
    "migrate": lambda: migrate.main([]),
    "seed": lambda: seed.main([]),
}
# Other commands, with a file to read where one needs it. They open the database as `serve` does, by the same function,
# so two addresses suffice: one where nothing answers, and one where the login fails.
OPERATORS: dict[str, Callable[[str], int]] = {
    "staff": lambda _: staff.main(["list"]),
    "verify_ledger": lambda _: verify_ledger.main([]),
    "ledger": lambda _: ledger.main(["show"]),
    "restored": lambda _: restored.main([]),
    "roles create": lambda _: roles.main(["create"]),
    "roles apply": lambda _: roles.main(["apply"]),
    "load": lambda file: load.main(["csv", "conditions", file]),
    "legal": lambda _: legal.main(["list"]),
    "sandbox describe": lambda _: sandbox.main(["describe"]),
    "sandbox key": lambda _: sandbox.main(["key", "Lab"]),
    "help_lines": lambda file: help_lines.main(["replace", file]),
}
# What is wrong with an address, with {place} for the host and port of a database, and what the sentence says of it.
ADDRESSES = [
    ("postgresql://me:secret@127.0.0.1:1/cohorte", "nothing listens at its host and port"),
    ("postgresql://me:secret@127.0.0.1:1,127.0.0.1:2/cohorte", "nothing listens at its host and port"),
    ("postgresql://me:secret@{place}/cohorte", "its user or password is not accepted"),
    ("postgresql://cohorte:{password}@{place}/missing", "its server has no database of this name"),
    ("postgresql://me:secret@{place}/cohorte?sslmode=nonsense", "the address has an option that is not valid"),
    ("postgresql://me:secret@{place}/cohorte?sslmode=require", "refuses TLS"),
    ("postgresql://me:secret@{place}/cohorte?sslmode=verify-full&sslrootcert=/missing/secret.pem", "is missing"),
    ("postgresql://me:secret@{place}/cohorte?sslmode=verify-full&sslrootcert={text}", "the files of sslrootcert"),
    ("postgresql://me:secret@{place}/cohorte?sslcert=/missing/secret.pem&sslkey=/missing/secret", "is missing"),
    ("postgresql://me:secret@{other}/cohorte?sslmode=disable", "has closed a connection"),
    ("postgresql://me:secret@/cohorte?host=/missing/secret", "is missing"),
    ("postgresql://me:secret@secret..invalid/cohorte", "its host name"),
    ("postgresql://cohorte:{password}@{place}/postgres?target_session_attrs=standby", "target_session_attrs asks for"),
]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has each error logged as if it were the first, and handlers of signals left alone."""
    monkeypatch.setattr(outages, "noted", {})
    monkeypatch.setattr(signal, "signal", lambda *_: None)


@asynccontextmanager
async def nonsense() -> AsyncIterator[str]:
    """The host and port of a server that answers anything with HTTP."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("address", "expected"), ADDRESSES)
async def test_each_command_says_in_one_sentence_what_is_wrong_with_an_address(
    server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    expected: str,
) -> None:
    (tmp_path / "text").write_text("secret")
    monkeypatch.setattr(sys, "argv", ["cohorte"])
    async with silent_relay(server) as relay, nonsense() as other:
        url = urlsplit(relay.dsn)
        given = {"password": url.password, "place": f"127.0.0.1:{url.port}", "text": tmp_path / "text", "other": other}
        settings = {"COHORTE_DATABASE_URL": address.format(**given), "COHORTE_PORT": "0"}
        monkeypatch.setattr(os, "environ", settings | {"COHORTE_DATA": str(tmp_path / "data")})
        for name, command in COMMANDS.items():
            status = await asyncio.to_thread(command)
            printed = capsys.readouterr()
            said = printed.err.splitlines()[-1:]  # a progress bar has lines of its own
            assert status == 1, name
            assert [expected in line and line.endswith((").", ".")) for line in said] == [True], (name, printed.err)
            assert "Traceback" not in printed.err, name
            assert "secret" not in printed.err, name


@pytest.mark.parametrize(("address", "expected"), [ADDRESSES[0], ADDRESSES[2]])
async def test_each_command_of_operators_says_so_too(
    server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    expected: str,
) -> None:
    (tmp_path / "conditions.csv").write_text("key,name\nasthma,Asthma\n")
    async with silent_relay(server) as relay:
        place = f"127.0.0.1:{urlsplit(relay.dsn).port}"
        settings = {"COHORTE_DATABASE_URL": address.format(place=place), "COHORTE_DATA": str(tmp_path / "data")}
        monkeypatch.setattr(os, "environ", settings)
        for name, command in OPERATORS.items():
            status = await asyncio.to_thread(command, str(tmp_path / "conditions.csv"))
            said = capsys.readouterr().err
            assert status == 1, name
            assert expected in said.splitlines()[-1], (name, said)
            assert said.endswith((").\n", ".\n")), name
            assert "Traceback" not in said, name
            assert "secret" not in said, name


def test_every_command_that_opens_the_database_is_among_them() -> None:
    named = {name.split()[0] for name in (*COMMANDS, *OPERATORS)}
    sources = {path.stem: path.read_text(encoding="utf-8") for path in Path(serve.__file__).parent.glob("*.py")}
    opens = re.compile(r"from commands\.(opened|owner) import|asyncpg\.connect\(")
    opening = {name for name, text in sources.items() if "def main(" in text and opens.search(text)}
    assert opening - named == {"new"}  # in a PostgreSQL of its own


@pytest.mark.usefixtures("quiet")
async def test_the_second_of_several_hosts_is_used_if_the_first_is_gone(
    template: str, fresh: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async with silent_relay(fresh) as relay:
        both = relay.dsn.replace("@127.0.0.1", "@127.0.0.1:1,127.0.0.1")
        monkeypatch.setattr(os, "environ", {"COHORTE_DATABASE_URL": both, "COHORTE_DATA": str(tmp_path)})
        assert await asyncio.to_thread(verify_ledger.main, []) == 0
        assert await asyncio.to_thread(COMMANDS["migrate"]) == 0
        async with serving(both, filled=True, publishing=PUBLISHING) as ask:
            assert (await ask.post(STRANGER, COMMUNITIES)).status_code == 200
            assert (await ask.http.get("/readyz")).status_code == 200


def test_the_ledgers_head_is_the_same_in_whatever_order_hosts_are_named() -> None:
    first = digest("postgresql://a:b@h1:5432,h2:5433/cohorte")
    assert first == digest("postgresql://c@h2:5433,h1/cohorte")
    assert len({first, digest("postgresql://h1:5432,h2:5432/cohorte"), digest("postgresql://h1/cohorte")}) == 3


@pytest.mark.parametrize("hosts", ["h1:5432,h2:x", "h1:x", "h1:0", "h1:99999", ",h1", "h1,,h2"])
def test_hosts_and_ports_that_cannot_be_are_refused_by_the_settings(hosts: str) -> None:
    with pytest.raises(SettingsError, match="COHORTE_DATABASE_URL is not valid"):
        Settings.from_environment({"COHORTE_DATABASE_URL": f"postgresql://me:secret@{hosts}/cohorte"})


# A running server

STATES = [
    ("25006", "standby"),
    ("28P01", "COHORTE_ROLE_KEY"),
    ("28000", "COHORTE_ROLE_KEY"),
    ("3D000", "no database of this name"),
    ("53100", "its disk is full"),
    ("53200", "lacks memory"),
    ("53300", "max_connections"),
    ("57P01", "an operator or a crash"),
    ("57P03", "starting, stopping or recovering"),
    ("58000", "cannot read or write"),
    ("58030", "cannot read or write"),
    ("08006", "has closed a connection"),
    ("25P03", "did not go on with a transaction"),
]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("sqlstate", "advice"), [*STATES, ("40001", "max_standby_streaming_delay")])
async def test_what_postgresql_reports_of_its_state_is_a_503_and_one_line_in_the_log(
    fresh: str, caplog: pytest.LogCaptureFixture, sqlstate: str, advice: str
) -> None:
    raised = f"DO $$ BEGIN RAISE 'planted' USING ERRCODE = '{sqlstate}'; END $$"
    async with opened(fresh, size=2) as connections:
        for _ in range(3):
            with pytest.raises(RequestError) as refused:
                await connections.run(lambda connection: connection.execute(raised))
            assert refused.value.status == 503
            assert dict(refused.value.headers)[b"retry-after"].isdigit()
            assert b"planted" not in refused.value.body
        if sqlstate != "40001":  # a write that conflicts with another is tried again
            with pytest.raises(RequestError) as refused:
                async with connections.write(ANYBODY) as connection:
                    await connection.execute(raised)
            assert refused.value.status == 503
        assert await connections.run(lambda connection: connection.fetchval("SELECT 1")) == 1
    lines = [record.getMessage() for record in caplog.records if record.name == "cohorte.database"]
    assert len(lines) == 1
    assert advice in lines[0]
    assert sqlstate in lines[0]
    assert "planted" not in lines[0]


def test_every_failure_of_a_connection_has_advice() -> None:
    for kind in (*outages.UNAVAILABLE_TO_READ, *outages.LOST):
        if kind not in (asyncpg.LockNotAvailableError, asyncpg.TransactionRollbackError):
            assert any(issubclass(kind, known) for known, _ in ADVICE), kind
    assert reason(RuntimeError("secret")) == "see its log (RuntimeError)"


@asynccontextmanager
async def discussed(fresh: str, **settings: Any) -> AsyncIterator[tuple[Network, Callable[[], Awaitable[int]]]]:
    """A server, and a function that posts there and returns the status."""
    admin = await asyncpg.connect(fresh)
    async with serving(fresh, filled=True, publishing=PUBLISHING, **settings) as ask:
        network = Network(ask, admin)
        community = (await factories.community(admin))["id"]
        author = await network.member()
        await factories.membership(admin, member_id=author.id, community_id=community)
        discussion = await factories.discussion(admin, community_id=community, author_id=author.id)
        given = {"input": {"discussion": f"dis_{discussion['id']}", "body": "Hello"}}

        async def post() -> int:
            answer = await ask.post(author, POST, given)
            assert answer.status_code == 200 or "retry-after" in answer.headers
            return answer.status_code

        yield network, post
    await admin.close()


OURS = "usename LIKE 'cohorte~_%' ESCAPE '~' AND datname = current_database()"


@pytest.mark.usefixtures("quiet")
@pytest.mark.slow
async def test_a_database_that_only_reads_is_read_and_written_to_once_it_can_be(fresh: str) -> None:
    name = urlsplit(fresh).path.strip("/")
    async with discussed(fresh) as (network, post):
        assert await post() == 200
        await network.database.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await network.value(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {OURS}")
        assert [await post() for _ in range(3)] == [503] * 3
        assert (await network.ask.post(STRANGER, COMMUNITIES)).status_code == 200
        await network.database.execute("SET default_transaction_read_only = off")
        await network.database.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

        async def is_written() -> bool:
            return await post() == 200

        await becomes(is_written)  # on new connections: those that there were still only read


@pytest.mark.usefixtures("quiet")
async def test_roles_whose_passwords_were_changed_are_refused_with_503_until_they_are_set_again(
    fresh: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with discussed(fresh) as (network, post):
        role, right = Audience.PATIENT.role, role_password(fresh, Audience.PATIENT.role)
        await network.database.execute(f"ALTER ROLE {role} PASSWORD '{scram_verifier('another', b'0' * 16)}'")
        try:
            await network.value(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {OURS}")
            assert await post() == 503
            assert "COHORTE_ROLE_KEY" in caplog.text
        finally:
            await network.database.execute(f"ALTER ROLE {role} PASSWORD '{scram_verifier(right, b'0' * 16)}'")
        assert await post() == 200
        assert role_dsn(fresh, Audience.PATIENT) not in caplog.text


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
async def test_a_database_that_comes_and_goes_is_a_few_lines_in_the_log(
    fresh: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with silent_relay(fresh) as relay, serving(relay.dsn, filled=True, publishing=PUBLISHING) as ask:
        relay.refuse()
        for _ in range(40):
            assert (await ask.post(STRANGER, COMMUNITIES)).status_code == 503
            await asyncio.sleep(0.05)  # while the tasks in the background try to reconnect too
        lines = [f"{record.name} {record.getMessage()}" for record in caplog.records]
        assert 2 <= len(lines) <= 12  # one for each task in the background, and one for each kind of error
        assert not any(record.exc_info for record in caplog.records)
        relay.accept()

        async def is_read() -> bool:
            return (await ask.post(STRANGER, COMMUNITIES)).status_code == 200

        await becomes(is_read)


@pytest.mark.parametrize(
    ("gone", "advice"),
    [
        (ConnectionRefusedError(111, "of 10.0.0.7"), "nothing listens at its host and port (ConnectionRefusedError)"),
        (asyncpg.AdminShutdownError("of 10.0.0.7"), "an operator or a crash has ended connections: see its log"),
        (PermissionError(13, "/secret"), None),  # of a folder, maybe
    ],
)
async def test_a_database_that_goes_away_during_a_start_is_named_in_a_sentence(
    fresh: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, gone: Exception, advice: str | None
) -> None:
    async def fails(*_: object) -> None:
        raise gone

    monkeypatch.setattr("app.end_when_silent", fails)
    with pytest.raises(NotStarted):
        async with serving(fresh, migrate=True):
            pass
    sentences = [record.getMessage() for record in caplog.records if record.name == "cohorte.start"]
    if advice is None:
        assert sentences == []
    else:
        [sentence] = sentences
        assert sentence.startswith(f"the server does not start, because its database cannot be used: {advice}")
        assert "10.0.0.7" not in sentence
