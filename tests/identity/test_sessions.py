"""Signing in and out: who is admitted, and that a closed session is refused at once."""

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from models.viewers import Audience, Viewer
from server.callers.sessions import KEPT, Sessions
from server.databases.listening import Pulse
from tests.support.client import ANYBODY, SIGN_IN, SIGN_OUT, Ask, Caller, serving
from tests.support.eventually import becomes, until

WHO = "{ viewer { audience } }"
CLOSED = {
    "errors": [
        {
            "message": "Invalid or expired token: sign in again, or use another API key.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
}
WRONG = {
    "data": {
        "signIn": {
            "token": None,
            "viewer": None,
            "userErrors": [
                {
                    "code": "WRONG_CREDENTIALS",
                    "message": "The e-mail address and the password do not match an account.",
                    "path": ["input"],
                }
            ],
        }
    }
}


def audience(name: str) -> dict[str, object]:
    return {"data": {"viewer": {"audience": name}}}


async def becomes_closed(ask: Ask, who: Caller) -> None:
    """Waits until the server refuses a session that was closed elsewhere."""
    await becomes(lambda: ask(who, WHO), lambda answer: answer == CLOSED)


async def test_each_account_gets_the_view_of_its_audience(
    ask: Ask, patient: Caller, relative: Caller, laboratory: Caller, manager: Caller, moderator: Caller
) -> None:
    for who, name in (
        (patient, "PATIENT"),
        (relative, "PATIENT"),
        (laboratory, "BUYER"),
        (manager, "MANAGER"),
        (moderator, "MANAGER"),
        (ANYBODY, "PUBLIC"),
    ):
        for _ in range(2):  # the first time, its token may be looked up
            assert await ask(who, WHO) == audience(name)
        assert len(ask.statements) == 1


async def test_signing_in_returns_the_viewer(ask: Ask) -> None:
    answer = await ask(ANYBODY, SIGN_IN, {"email": "Manager@Demo.example", "password": "demonstration"})
    signed_in = answer["data"]["signIn"]
    assert signed_in | {"token": None} == {"token": None, "viewer": {"audience": "MANAGER"}, "userErrors": []}
    assert len(signed_in["token"]) == 43


async def test_viewers_who_sign_in_one_after_the_other_share_no_object_of_a_cache(ask: Ask) -> None:
    signs_in = SIGN_IN.replace("viewer { audience }", "viewer { id audience }")
    mine = "{ viewer { id member { id } } me { id account { id } member { id } memberships { id } consents { id } } }"
    anybody = (await ask(ANYBODY, "{ viewer { id } }"))["data"]["viewer"]["id"]
    owners: dict[str, str] = {}
    for name in ("patient", "relative", "association", "laboratory", "manager", "patient"):
        given = {"email": f"{name}@demo.example", "password": "demonstration"}
        signed_in = (await ask(ANYBODY, signs_in, given))["data"]["signIn"]
        who = Caller(name, signed_in["token"])
        text = mine if signed_in["viewer"]["audience"] == "PATIENT" else "{ viewer { id } }"
        answer = (await ask(who, text))["data"]
        assert answer["viewer"]["id"] == signed_in["viewer"]["id"] != anybody
        found = list(ids_in(answer))
        assert {owners.setdefault(id, name) for id in found} == {name}
        assert len(set(found)) >= (4 if text == mine else 1)
    assert (await ask(ANYBODY, "{ viewer { id } }"))["data"]["viewer"]["id"] == anybody


def ids_in(answer: object) -> Iterator[str]:
    if isinstance(answer, list):
        for each in answer:
            yield from ids_in(each)
    elif isinstance(answer, dict):
        for key, value in answer.items():
            yield from [value] if key == "id" else ids_in(value)


async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(ask: Ask) -> None:
    for email, password in (
        ("patient@demo.example", "wrong"),
        ("patient@demo.example", ""),
        ("nobody@demo.example", "demonstration"),
    ):
        assert await ask(ANYBODY, SIGN_IN, {"email": email, "password": password}) == WRONG
        assert not any("open_session" in statement for statement in ask.statements)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer " + "a" * 43,
        "Bearer " + "a" * 42 + "é",
        "Basic " + "a" * 43,
        "Bearer " + "a" * 44,
        "a" * 43,
    ],
)
async def test_an_invalid_token_is_refused_rather_than_ignored(ask: Ask, authorization: str) -> None:
    headers = {b"authorization": authorization.encode("latin-1")}
    answer = await ask.http.post("/graphql", json={"query": WHO}, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"], answer.json()) == (401, "Bearer", CLOSED)


async def test_only_the_digest_of_a_token_is_stored(ask: Ask, dsn: str) -> None:
    who = await ask.sign_in("patient")
    assert who.token is not None
    connection = await asyncpg.connect(dsn)
    stored = await connection.fetchval(
        "select count(*) from identity.session where token_hash = $1", hashlib.sha256(who.token.encode()).digest()
    )
    assert stored == 1
    assert await connection.fetchval("select count(*) from identity.session s where s::text like $1", who.token) == 0
    await connection.close()


async def test_a_token_is_looked_up_once(ask: Ask) -> None:
    who = await ask.sign_in("patient")
    counts = []
    for _ in range(3):
        await ask(who, WHO)
        counts.append(len(ask.statements))
    assert counts == [2, 1, 1]


async def test_signing_out_closes_the_session_at_once_and_no_other(ask: Ask) -> None:
    one, other = await ask.sign_in("patient"), await ask.sign_in("patient")
    assert await ask(one, WHO) == await ask(other, WHO) == audience("PATIENT")
    assert await ask(one, SIGN_OUT) == {"data": {"signOut": {"userErrors": []}}}
    assert await ask(one, WHO) == CLOSED
    assert await ask(other, WHO) == audience("PATIENT")


async def test_signing_out_takes_effect_on_another_server(fresh: str) -> None:
    async with serving(fresh) as network, serving(fresh) as there:
        who = await network.sign_in("patient")
        assert await there(who, WHO) == audience("PATIENT")
        await there(who, WHO)
        assert len(there.statements) == 1  # it is cached there
        await network(who, SIGN_OUT)
        await becomes_closed(there, who)


async def test_a_server_that_cannot_listen_does_not_use_its_session_cache(fresh: str) -> None:
    async with serving(fresh, filled=True) as ask:  # no connection can be opened below
        assert ask.app.endpoint is not None
        sessions = ask.app.endpoint.sessions
        who = await ask.sign_in("patient")
        await ask(who, WHO)
        assert len(sessions.kept) == 1
        owner = await asyncpg.connect(fresh)
        # Without the right to connect, the listener cannot reconnect.
        await owner.execute("alter role cohorte_public nologin")
        try:
            listener = "application_name = 'cohorte listener' and datname = current_database()"
            await owner.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {listener}")
            await until(lambda: not sessions.listening)
            assert (len(sessions.kept), len(sessions.hashes)) == (0, 0)
            for _ in range(2):
                assert await ask(who, WHO) == audience("PATIENT")
                looks = [statement for statement in ask.statements if statement != "SELECT"]  # a check of a connection
                assert len(looks) == 2  # looked up each time
            await owner.execute("delete from identity.session")
            assert await ask(who, WHO) == CLOSED
        finally:
            await owner.execute("alter role cohorte_public login")
            await owner.close()
        await until(lambda: sessions.listening)


async def test_a_session_is_refused_after_its_expiry(fresh: str) -> None:
    async with serving(fresh) as ask:
        who = await ask.sign_in("patient")
        owner = await asyncpg.connect(fresh)
        await owner.execute("update identity.session set expires_at = now() - interval '1 second'")
        await owner.close()
        assert await ask(who, WHO) == CLOSED


async def test_demonstration_accounts_sign_in_only_to_a_demonstration(fresh: str) -> None:
    async with serving(fresh) as demonstration, serving(fresh, demo=False) as earnest:
        who = await demonstration.sign_in("patient")
        assert await earnest(who, WHO) == CLOSED
        assert await earnest(ANYBODY, SIGN_IN, {"email": "patient@demo.example", "password": "demonstration"}) == WRONG


class NoConnections:
    """Stands in for the pool: calls `meanwhile`, such as a notification, and returns `found`."""

    def __init__(self, found: object, meanwhile: object = None) -> None:
        self.found, self.meanwhile = found, meanwhile

    async def run(self, work: object, caller: object = None, *, repeatable: bool) -> object:
        if callable(self.meanwhile):
            self.meanwhile()
        return self.found


async def test_a_session_revoked_during_its_lookup_is_not_cached() -> None:
    viewer = Viewer(Audience.PATIENT, uuid4(), uuid4(), uuid4())
    connections = NoConnections((viewer, datetime.now(UTC) + timedelta(days=1), False))
    sessions = Sessions(connections, demonstration=True)  # type: ignore[arg-type]  # a stand-in
    sessions.listening = True
    connections.meanwhile = lambda: sessions.notified(None, 0, "", str(viewer.session))
    token = b"Bearer " + b"a" * 43
    assert await sessions.viewer(token) == viewer
    assert sessions.known(token) is None
    connections.meanwhile = None
    assert await sessions.viewer(token) == viewer
    assert sessions.known(token) == viewer
    sessions.notified(None, 0, "", "nonsense")
    assert sessions.known(token) is None


def test_between_a_write_and_the_next_answer_of_the_listener_every_token_is_looked_up() -> None:
    pulse = Pulse()
    sessions = Sessions(NoConnections(None), demonstration=True, pulse=pulse)  # type: ignore[arg-type]  # a stand-in
    token, viewer = b"a" * 43, Viewer(Audience.PATIENT, uuid4(), uuid4(), uuid4())
    sessions.keep(hashlib.sha256(token).digest(), viewer, time.monotonic() + 60)
    assert sessions.known(b"Bearer " + token) is viewer
    pulse.note_write()
    assert sessions.known(b"Bearer " + token) is None
    assert pulse.woken.is_set()
    pulse.heard_at = time.monotonic()
    assert sessions.known(b"Bearer " + token) is viewer


def test_the_session_cache_is_bounded_and_its_entries_expire() -> None:
    sessions = Sessions(NoConnections(None), demonstration=True)  # type: ignore[arg-type]  # a stand-in
    for number in range(KEPT + 5):
        viewer = Viewer(Audience.PATIENT, uuid4(), uuid4(), uuid4())
        sessions.keep(str(number).encode(), viewer, time.monotonic() + 60)
    assert len(sessions.kept) == len(sessions.hashes) == KEPT
    token = b"Bearer " + b"a" * 43
    sessions.keep(hashlib.sha256(b"a" * 43).digest(), viewer, time.monotonic() - 1)
    assert sessions.known(token) is None


def test_a_session_that_is_used_stays_cached_and_only_for_the_scheme_of_its_token() -> None:
    sessions = Sessions(NoConnections(None), demonstration=True)  # type: ignore[arg-type]  # a stand-in
    token, viewer = b"a" * 43, Viewer(Audience.PATIENT, uuid4(), uuid4(), uuid4())
    sessions.keep(hashlib.sha256(token).digest(), viewer, time.monotonic() + 60)
    for number in range(KEPT + 5):
        sessions.keep(str(number).encode(), Viewer(), time.monotonic() + 60)
        assert sessions.known(b"Bearer " + token) is viewer
    for scheme in (b"bearer ", b"Bearer  ", b"bearer   "):
        assert sessions.known(scheme + token) is viewer
    for scheme in (b"Basic ", b"", b" ", b"BEARER ", b"Bearer", b"Bearer x ", b" Bearer ", b"Bearer\t"):
        assert sessions.known(scheme + token) is None, scheme
