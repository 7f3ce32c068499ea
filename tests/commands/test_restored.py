"""The operator's command after a restore: what was ended, used or sent since the backup does not come back."""

import asyncio

import pytest

from commands import restored
from tests import factories
from tests.support.client import ANYBODY
from tests.support.network import Network

QUEUED = "SELECT count(*) FROM identity.outbox_entry WHERE kind IN ('MAIL', 'WEBHOOK', 'EVENT')"
PENDING = "SELECT count(*) FROM insight.webhook_delivery WHERE status = 'PENDING'"
VALID = "SELECT count(*) FROM insight.api_key WHERE expires_at > now()"


@pytest.fixture
def address(fresh: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("COHORTE_DEMO", "COHORTE_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COHORTE_DATABASE_URL", fresh)
    return fresh


async def test_sessions_codes_keys_and_queued_mail_of_a_backup_are_ended(
    own_network: Network, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database, member = own_network.database, await own_network.member()
    await factories.api_key(database)
    delivery = await factories.webhook_delivery(database)
    await database.execute(
        "INSERT INTO identity.outbox_entry (kind, delivery_id, due_at)"
        " VALUES ('WEBHOOK', $1, now() + interval '1 day')",
        delivery["id"],
    )
    account = await database.fetchval("SELECT id FROM identity.account WHERE member_id = $1", member.id)
    for reverts, hash in ((False, b"new"), (True, b"back")):
        await database.execute(
            "INSERT INTO identity.email_change (code_hash, account_id, email, reverts, expires_at)"
            " VALUES ($1, $2, $3, $4, now() + interval '1 day')",
            hash, account, f"{reverts}@people.example".lower(), reverts,
        )  # fmt: skip
    assert "errors" not in await own_network.ask(member, "{ me { id } }")
    assert await database.fetchval(VALID) > 0

    assert await asyncio.to_thread(restored.main, ["--keep-api-keys", "--keep-mail"]) == 0
    assert (await own_network.ask(member, "{ me { id } }"))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await database.fetchval("SELECT count(*) FROM identity.session") == 0
    # Who still has the address that was replaced can take it back.
    assert [row["reverts"] for row in await database.fetch("SELECT reverts FROM identity.email_change")] == [True]
    assert (await database.fetchval(VALID), await database.fetchval(PENDING)) != (0, 0)
    assert await database.fetchval(QUEUED) > 0

    assert await asyncio.to_thread(restored.main, []) == 0
    assert [await database.fetchval(each) for each in (VALID, PENDING, QUEUED)] == [0, 0, 0]
    printed = capsys.readouterr().out
    assert "sessions, of so many accounts: 0." in printed
    assert "staff who were suspended" in printed
    assert "errors" not in await own_network.ask(ANYBODY, "{ viewer { audience } }")
