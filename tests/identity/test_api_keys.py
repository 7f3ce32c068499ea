"""API keys of organizations' programs: what they open, what they don't, and how they expire or are revoked."""

import asyncio
import hashlib
import logging
import re
from datetime import UTC, datetime, timedelta
from operator import not_
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from models.viewers import Audience
from resolvers.identity.api_keys_mutations import Secret
from tests import factories
from tests.support.agreed import AGREED
from tests.support.callers import User
from tests.support.client import Ask, Caller, serving
from tests.support.eventually import becomes
from tests.support.ids import key
from tests.support.network import Network
from tests.support.subscribers import socket

WHO = "{ viewer { audience organization { name } } }"
KEYS = "{ organization { apiKeys { id name prefix lastUsedAt } } }"
ROWS = "SELECT count(*) FROM insight.api_key WHERE organization_id = $1"


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


async def made(network: Network, laboratory_user: User, **given: Any) -> tuple[str, Caller]:
    """A new API key of the organization: its id, and a program that uses it."""
    asked = {"name": "Reporting", "expiresAt": in_days(30)} | given
    payload = await network.do(laboratory_user, "apiKeyCreate", "apiKey { id } secret", **asked)
    assert payload["userErrors"] == []
    return payload["apiKey"]["id"], Caller("program", payload["secret"])


async def opens(ask: Ask, program: Caller) -> bool:
    answer = await ask(program, WHO)
    if "errors" in answer:
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    return "data" in answer


async def ends(ask: Ask, program: Caller) -> None:
    """Waits until the server, which is notified shortly after, refuses the key."""
    await becomes(lambda: opens(ask, program), not_)


async def test_a_key_reads_what_its_organization_may_read(network: Network, laboratory_user: User) -> None:
    fields = "apiKey { name prefix lastUsedAt expiresAt } secret"
    expires = in_days(30)
    payload = await network.do(laboratory_user, "apiKeyCreate", fields, name=" Reporting ", expiresAt=expires)
    secret = payload["secret"]
    assert re.fullmatch(r"ck_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", secret)
    shown = {"name": "Reporting", "prefix": secret[:11], "lastUsedAt": None, "expiresAt": expires}
    assert (payload["apiKey"], payload["userErrors"]) == (shown, [])
    program = Caller("program", secret)
    statements = []
    for _ in range(3):
        answer = await network.ask(program, WHO)
        assert answer == {"data": {"viewer": {"audience": "BUYER", "organization": {"name": laboratory_user.name}}}}
        statements.append(len(network.ask.statements))
    assert statements == [3, 1, 1]  # the lookup, its last use, and the response
    stored = await network.row("SELECT * FROM insight.api_key WHERE organization_id = $1", laboratory_user.id)
    assert stored["secret_hash"] == hashlib.sha256(secret.encode()).digest()
    assert secret[12:] not in str(stored)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"name": " "}, ("INVALID", "input.name")),
        ({"name": "n" * 101}, ("TOO_LONG", "input.name")),
        ({"expiresAt": in_days(0)}, ("INVALID", "input.expiresAt")),
        ({"expiresAt": "0001-01-01T00:00:00+14:00"}, ("INVALID", "input.expiresAt")),
        ({"expiresAt": in_days(732)}, ("INVALID", "input.expiresAt")),
        ({"expiresAt": "9999-12-31T23:59:59-14:00"}, ("INVALID", "input.expiresAt")),
    ],
)
async def test_an_invalid_key_request_is_refused_without_a_secret(
    network: Network, laboratory_user: User, given: dict[str, Any], refusal: tuple[str, str]
) -> None:
    asked = {"name": "Reporting", "expiresAt": in_days(30)} | given
    payload = await network.do(laboratory_user, "apiKeyCreate", "apiKey { id } secret", **asked)
    (error,) = payload.pop("userErrors")
    assert (payload, (error["code"], ".".join(error["path"]))) == ({"apiKey": None, "secret": None}, refusal)
    assert await network.value(ROWS, laboratory_user.id) == 0


async def test_a_repeated_request_creates_one_key_and_never_shows_its_secret_again(
    network: Network, laboratory_user: User
) -> None:
    asked = {"name": "Reporting", "expiresAt": in_days(30), "clientMutationId": "once"}
    fields = "apiKey { id } secret"
    payloads = await asyncio.gather(*(network.do(laboratory_user, "apiKeyCreate", fields, **asked) for _ in range(4)))
    assert len({payload["apiKey"]["id"] for payload in payloads}) == 1
    (secret,) = (payload["secret"] for payload in payloads if payload["secret"])
    assert await opens(network.ask, Caller("program", secret))
    kept = "SELECT string_agg(m::text || encode(input_hash, 'escape'), '') FROM identity.mutation m WHERE caller = $1"
    assert secret[12:] not in await network.value(kept, laboratory_user.id)
    assert await network.value(ROWS, laboratory_user.id) == 1


async def test_an_organization_has_at_most_ten_active_keys(network: Network, laboratory_user: User) -> None:
    over = datetime.now(UTC) - timedelta(days=1)
    await factories.api_key(network.database, organization_id=laboratory_user.id, expires_at=over)
    await factories.api_key(network.database)  # another organization's
    for _ in range(8):
        await factories.api_key(network.database, organization_id=laboratory_user.id)
    asked = {"name": "Reporting", "expiresAt": in_days(30)}
    payloads = await asyncio.gather(*(network.do(laboratory_user, "apiKeyCreate", "secret", **asked) for _ in range(5)))
    refused = [payload["userErrors"] for payload in payloads if payload["secret"] is None]
    assert refused == [[{"code": "LIMIT_REACHED", "path": ["input"]}]] * 3
    assert await network.value(ROWS, laboratory_user.id) == 11
    keys = (await network.ask(laboratory_user, KEYS))["data"]["organization"]["apiKeys"]
    await network.do(laboratory_user, "apiKeyRevoke", "apiKeyId", apiKey=keys[0]["id"])
    await made(network, laboratory_user)


async def test_a_revoked_key_is_refused_in_every_process(network: Network, laboratory_user: User) -> None:
    id, program = await made(network, laboratory_user)
    _, other = await made(network, laboratory_user)
    assert network.ask.app.endpoint is not None
    dsn = network.ask.app.endpoint.settings.database_url
    assert dsn is not None
    async with serving(dsn) as there:
        for _ in range(2):
            assert "data" in await there(program, WHO)
        assert len(there.statements) == 1  # it is cached there
        assert await opens(network.ask, program)
        payload = await network.do(laboratory_user, "apiKeyRevoke", "apiKeyId", apiKey=id)
        assert payload == {"apiKeyId": id, "userErrors": []}
        await ends(there, program)
    await ends(network.ask, program)
    assert await opens(network.ask, other)
    assert await network.refused(laboratory_user, "apiKeyRevoke", apiKey=id) == ("NOT_FOUND", "input.apiKey")
    assert await network.value(ROWS, laboratory_user.id) == 1


async def test_only_a_revoked_keys_sockets_close(network: Network, laboratory_user: User) -> None:
    (id, program), (_, other) = await made(network, laboratory_user), await made(network, laboratory_user)
    async with (
        socket(network.ask, program) as closed,
        socket(network.ask, other) as kept,
        socket(network.ask) as anybodys,
    ):
        await closed.subscribe("1", WHO)
        assert await closed.data("1") == {
            "viewer": {"audience": "BUYER", "organization": {"name": laboratory_user.name}}
        }
        await network.do(laboratory_user, "apiKeyRevoke", "apiKeyId", apiKey=id)
        assert await closed.closed() == (4403, "Forbidden")
        assert await kept.quiet()
        assert await anybodys.quiet()


async def test_nobody_revokes_another_organizations_key(network: Network, laboratory_user: User) -> None:
    id, program = await made(network, laboratory_user)
    other = await network.buyer()
    for named in (id, f"key_{uuid4()}", "nonsense"):
        assert await network.refused(other, "apiKeyRevoke", apiKey=named) == ("NOT_FOUND", "input.apiKey")
    assert await opens(network.ask, program)


async def test_a_key_is_refused_after_its_expiry(network: Network, laboratory_user: User) -> None:
    secret = Secret()
    await factories.api_key(
        network.database, organization_id=laboratory_user.id, prefix=secret.prefix,
        secret_hash=hashlib.sha256(secret.text.encode()).digest(), expires_at=datetime.now(UTC) + timedelta(seconds=1),
    )  # fmt: skip
    program = Caller("program", secret.text)
    assert await opens(network.ask, program)
    await ends(network.ask, program)
    over = "SELECT expires_at <= clock_timestamp() FROM insight.api_key WHERE prefix = $1"
    assert await network.value(over, secret.prefix)


async def test_shortening_a_keys_expiry_in_the_table_takes_effect_at_once(
    network: Network, laboratory_user: User
) -> None:
    id, program = await made(network, laboratory_user)
    assert await opens(network.ask, program)
    await network.database.execute("UPDATE insight.api_key SET expires_at = now() WHERE id = $1", key(id))
    await ends(network.ask, program)


async def test_a_malformed_key_is_refused(network: Network, laboratory_user: User) -> None:
    _, program = await made(network, laboratory_user)
    secret = str(program.token)
    assert await opens(network.ask, program)  # it is cached: the cache must not admit similar keys
    other = "0" if secret[3] != "0" else "1"
    for wrong in (
        secret[12:],
        f"ck_{other}{secret[4:]}",
        secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        secret.upper(),
        secret[:11],
        f"{secret}A",
        f"x{secret}",
        Secret().text,
    ):
        assert not await opens(network.ask, Caller("program", wrong))
    assert await opens(network.ask, Caller("program", f"  {secret}"))


async def test_demonstration_keys_are_accepted_only_by_a_demonstration(fresh: str) -> None:
    database = await asyncpg.connect(fresh)
    try:
        demonstration = (await factories.organization(database, demonstration=True))["id"]
        programs = []
        for given in ({"organization_id": demonstration}, {"demonstration": True}, {}):
            secret = Secret()
            digest = hashlib.sha256(secret.text.encode()).digest()
            await factories.api_key(database, prefix=secret.prefix, secret_hash=digest, **given)
            programs.append(Caller("program", secret.text))
        async with serving(fresh) as demo, serving(fresh, demo=False) as earnest:
            for ask, expected in ((demo, [True, True, True]), (earnest, [False, False, True])):
                assert ["data" in await ask(program, WHO) for program in programs] == expected
    finally:
        await database.close()


async def test_a_key_cannot_run_mutations_reserved_for_people(network: Network, laboratory_user: User) -> None:
    id, program = await made(network, laboratory_user)
    community = (await factories.community(network.database))["id"]
    day = in_days(1)[:10]
    doing: dict[str, dict[str, Any]] = {
        "apiKeyCreate": {"name": "Another", "expiresAt": in_days(30)},
        "apiKeyRevoke": {"apiKey": id},
        "licenceRequest": {
            "community": f"com_{community}",
            "purpose": "p",
            "startsOn": day,
            "endsOn": day,
            **AGREED,
        },
        "dataUseLinkResults": {"dataUse": "use_1", "url": "https://example.org/"},
        "sessionRevoke": {"session": f"ses_{uuid4()}"},
    }
    answers = [await network.answer(program, mutation, "__typename", **given) for mutation, given in doing.items()]
    answers.append(await network.ask(program, "mutation { signOut { userErrors { code } } }"))
    for answer in answers:
        assert [(error["extensions"]["code"], error["message"]) for error in answer["errors"]] == [
            ("FORBIDDEN", "API keys cannot do this: sign in as a user of the organization.")
        ]
    assert await opens(network.ask, program)
    assert await network.value(ROWS, laboratory_user.id) == 1
    assert (
        await network.value("SELECT count(*) FROM insight.licence WHERE organization_id = $1", laboratory_user.id) == 0
    )


async def test_a_keys_last_use_is_stored_to_the_minute(network: Network, laboratory_user: User) -> None:
    id, program = await made(network, laboratory_user)
    used = "SELECT last_used_at FROM insight.api_key WHERE id = $1"
    assert await network.value(used, key(id)) is None
    await network.ask(program, WHO)
    first = await network.value(used, key(id))
    assert abs(datetime.now(UTC) - first) < timedelta(seconds=30)
    assert network.ask.app.endpoint is not None
    sessions = network.ask.app.endpoint.sessions
    sessions.forget_all()  # like another process that has not looked it up yet
    await network.ask(program, WHO)
    assert await network.value(used, key(id)) == first
    await network.database.execute(
        "UPDATE insight.api_key SET last_used_at = now() - interval '61 seconds' WHERE id = $1", key(id)
    )
    await network.ask(program, WHO)
    assert await network.value(used, key(id)) < first  # it is cached and not looked up: a read writes nothing
    sessions.forget_all()
    async with network.database.transaction():
        await network.database.execute("SELECT FROM insight.api_key WHERE id = $1 FOR UPDATE", key(id))
        await network.ask(program, WHO)  # and does not wait for a lock on the row
    assert await network.value(used, key(id)) < first
    sessions.forget_all()
    await network.ask(program, WHO)
    assert await network.value(used, key(id)) > first


async def test_a_secret_is_in_no_log(network: Network, laboratory_user: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        id, program = await made(network, laboratory_user)
        assert await opens(network.ask, program)
        await network.ask(program, "{ nothing }")
        await network.do(laboratory_user, "apiKeyRevoke", "apiKeyId", apiKey=id)
        await network.ask(program, WHO)
        assert network.ask.app.endpoint is not None
        network.ask.app.endpoint.log.write()
    ours = [record for record in caplog.records if record.name.startswith(("cohorte", "uvicorn", "strawberry"))]
    written = "\n".join(logging.Formatter("%(message)s").format(record) for record in ours)
    assert '"view": "buyer"' in written or '"view":"buyer"' in written
    assert str(program.token)[12:] not in written
    assert str(program.token)[12:] not in repr(Secret(rest=str(program.token)[12:]))


INTO = "INSERT INTO insight.api_key (organization_id, name, prefix, secret_hash, expires_at"
MAY_NOT = [
    f"{INTO}) VALUES ({{other}}, 'n', 'p', 'h', now())",
    f"{INTO}, last_used_at) VALUES ({{own}}, 'n', 'p', 'h', now(), now())",
    "UPDATE insight.api_key SET expires_at = now() + interval '9 years'",
    "UPDATE insight.api_key SET secret_hash = 'h'",
    "SELECT secret_hash FROM insight.api_key",
    "SELECT * FROM identity.viewer_of('h')",
    "SELECT identity.key_used(gen_random_uuid())",
]


@pytest.mark.parametrize("statement", MAY_NOT)
async def test_the_tables_refuse_rows_that_no_mutation_writes(admin: asyncpg.Connection, statement: str) -> None:
    own, other = (await factories.organization(admin))["id"], (await factories.organization(admin))["id"]
    await admin.execute(f"SET LOCAL ROLE {Audience.BUYER.role}")
    await admin.execute("SELECT set_config('cohorte.organization', $1, true)", str(own))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await admin.execute(statement.format(own=f"'{own}'", other=f"'{other}'"))


async def test_a_statement_deletes_only_keys_of_the_viewers_organization(admin: asyncpg.Connection) -> None:
    own, other = await factories.api_key(admin), await factories.api_key(admin)
    await admin.execute(f"SET LOCAL ROLE {Audience.BUYER.role}")
    assert await admin.execute("DELETE FROM insight.api_key") == "DELETE 0"
    await admin.execute("SELECT set_config('cohorte.organization', $1, true)", str(own["organization_id"]))
    assert await admin.execute("DELETE FROM insight.api_key") == "DELETE 1"
    await admin.execute("RESET ROLE")
    left = await admin.fetch("SELECT id FROM insight.api_key WHERE id = any($1)", [own["id"], other["id"]])
    assert [row["id"] for row in left] == [other["id"]]
