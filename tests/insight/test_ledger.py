"""The public ledger: verification detects tampering, and a database that lost entries is not served."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from commands.verify_ledger import main
from models.viewers import Audience, Viewer
from resolvers.insight import ledger
from resolvers.insight.ledger import Head
from server.operations.errors import RequestError
from server.rollbacks.head_places import FolderPlace
from server.rollbacks.legacy_heads import digest
from server.rollbacks.stored_heads import StoredHead
from tests.support.client import ANYBODY, Ask, serving
from tests.support.heads import stored_head
from tests.support.network import running_network
from tests.support.population import buyer, closed, publish
from tests.support.publishable import gathered, paid

ADDRESS = "postgresql://me:secret@127.0.0.1:5432/cohorte"


TAMPERED = {
    "UPDATE insight.ledger_entry SET micro_rho = micro_rho + 1 WHERE position = 2": "Entry 2 of the ledger was altered",
    "UPDATE insight.ledger_entry SET purpose = 'Nothing' WHERE position = 2": "Entry 2 of the ledger was altered",
    "UPDATE insight.ledger_entry SET published_at = published_at + interval '1 microsecond' WHERE position = 2":
        "Entry 2 of the ledger was altered",
    "DELETE FROM insight.ledger_entry WHERE position = 1": "Entry 1 of the ledger was altered",
    "DELETE FROM insight.ledger_entry WHERE position = 3": "Entry 3 of the ledger was altered",
    "UPDATE insight.ledger_entry SET position = 1000 WHERE position = 4": "Entry 4 of the ledger was altered",
    "UPDATE insight.release SET noisy[1] = noisy[1] + 1 WHERE id = (SELECT release_id FROM insight.ledger_entry"
    " WHERE position = 3)": "Entry 3 of the ledger: the noisy cells",
    "UPDATE insight.release SET salt = sha256('other') WHERE id = (SELECT release_id FROM insight.ledger_entry"
    " WHERE position = 3)": "Entry 3 of the ledger: the noisy cells",
    "UPDATE insight.release SET salt = NULL WHERE id = (SELECT release_id FROM insight.ledger_entry"
    " WHERE position = 3)": "Entry 3 of the ledger: the salt",
    "UPDATE insight.count_release SET noisy[1] = noisy[1] + 1 WHERE kind = 'COMMUNITY'": "Entry ",
    "UPDATE insight.count_release SET salt = sha256('other')": "Entry ",
    "UPDATE insight.ledger_entry SET version = 1 WHERE position = 3": "Entry 3 of the ledger was altered",
    "UPDATE insight.release SET micro_rho = micro_rho - 1 WHERE id = (SELECT release_id FROM insight.ledger_entry"
    " WHERE position = 3)": "Entry 3 of the ledger does not match",
    "UPDATE insight.variable SET name = name || '_x'": "Entry ",
    "DELETE FROM insight.ledger_entry WHERE position = (SELECT max(position) FROM insight.ledger_entry)":
        "The release ",
    "UPDATE insight.dataset SET spent_micro_rho = spent_micro_rho - 1 WHERE id = (SELECT dataset_id"
    " FROM insight.ledger_entry WHERE position = 1)": "The dataset ",
}  # fmt: skip


@pytest.mark.parametrize(("statement", "found"), TAMPERED.items())
async def test_tampering_is_detected(admin: asyncpg.Connection, statement: str, found: str) -> None:
    assert await ledger.fault(admin) is None
    await admin.execute("SET LOCAL session_replication_role = replica")  # no trigger refuses it
    assert not (await admin.execute(statement)).endswith(" 0")
    fault = await ledger.fault(admin)
    assert fault is not None
    assert fault.startswith(found)


async def test_anybody_can_verify_the_ledger_through_the_graph(ask: Ask) -> None:
    page = """
        query Lines($after: Cursor) {
          ledgerEntries(first: 100, after: $after) {
            nodes { position hash previousHash line }
            pageInfo { hasNextPage endCursor }
          }
        }
    """
    entries: list[dict[str, Any]] = []
    after = None
    while True:
        page_of_entries = (await ask(ANYBODY, page, {"after": after}))["data"]["ledgerEntries"]
        entries = [*reversed(page_of_entries["nodes"]), *entries]
        after = page_of_entries["pageInfo"]["endCursor"]
        if not page_of_entries["pageInfo"]["hasNextPage"]:
            break
    previous = "0" * 64
    for position, entry in enumerate(entries, start=1):
        line = json.loads(entry["line"])
        assert hashlib.sha256(entry["line"].encode()).hexdigest() == entry["hash"]
        assert (
            (line["previous"], line["position"]) == (entry["previousHash"], entry["position"]) == (previous, position)
        )
        previous = entry["hash"]
    assert len(entries) > 3


async def test_the_command_reports_whether_the_ledger_is_valid(
    fresh: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COHORTE_DATABASE_URL", fresh)
    database = await asyncpg.connect(fresh)
    try:
        head = await ledger.head(database)
        assert await asyncio.to_thread(main) == 0  # it has an event loop of its own
        printed = f"The ledger is valid: {head.position} entries. Hash of the last entry: {head.hash.hex()}\n"
        assert capsys.readouterr() == (printed, "")
        async with database.transaction():
            await database.execute("SET LOCAL session_replication_role = replica")
            await database.execute("UPDATE insight.ledger_entry SET purpose = 'Nothing' WHERE position = 3")
        assert await asyncio.to_thread(main) == 1
        printed = "Entry 3 of the ledger was altered, or does not follow the previous entry.\n"
        assert capsys.readouterr() == ("", printed)
    finally:
        await database.close()


async def test_the_ledgers_head_is_stored_outside_the_database_after_each_publication(template: str) -> None:
    async with running_network(template) as network:
        endpoint = network.ask.app.endpoint
        assert endpoint is not None
        folder = endpoint.settings.data
        assert await stored_head(network.database, folder) == await ledger.head(network.database)  # since it started
        people = await gathered(network)
        dataset = await closed(network, people)
        before = await ledger.head(network.database)
        paid(await publish(network, await buyer(network, people.community), dataset, "q", "r"))
        assert await stored_head(network.database, folder) == await ledger.head(network.database)
        assert (await stored_head(network.database, folder)).position == before.position + 1


async def test_a_database_that_lacks_published_entries_is_served_and_not_published_from(
    fresh: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = await asyncpg.connect(fresh)
    head, id = await ledger.head(database), await ledger.identity(database)
    await database.close()
    place = FolderPlace(tmp_path)
    for known in (Head(head.position, bytes(32)), Head(head.position + 1, bytes(32))):
        await place.store(id, StoredHead(known))
        caplog.clear()
        async with serving(fresh, data=tmp_path) as ask:
            assert (await ask(ANYBODY, "{ ledgerEntries(first: 1) { nodes { position } } }"))["data"] == {
                "ledgerEntries": {"nodes": [{"position": head.position}]}
            }
            endpoint = ask.app.endpoint
            assert endpoint is not None
            with pytest.raises(RequestError) as refused:
                async with endpoint.publisher.write(Viewer(Audience.MANAGER)):
                    pytest.fail("it is published from")
            assert refused.value.status == 503
            assert await place.read(id) == StoredHead(known)
        assert (
            f"The database's ledger lacks entry {known.position:,}, which was published. Privacy budget that is "
            "already spent could be spent again, so nothing is published. Restore a more recent backup of the "
            "database. If there is none, accept the loss with python -m commands.ledger. Reading and all else goes "
            "on. See docs/operating.md on the ledger's head."
        ) in caplog.messages


def test_a_database_is_identified_by_its_address_and_not_by_its_login() -> None:
    network = digest(ADDRESS)
    assert digest("postgresql://other:word@127.0.0.1:5432/cohorte?sslmode=require") == network
    assert digest("postgresql://me:secret@127.0.0.1/cohorte") == network
    others = ("127.0.0.2:5432/cohorte", "127.0.0.1:5433/cohorte", "127.0.0.1:5432/other")
    assert network not in {digest(f"postgresql://me:secret@{other}") for other in others}
    # The folder of a socket differs at each start; a name does not.
    sockets = {digest(f"postgresql://me@/cohorte?host=%2Ftmp%2F{name}&port=5432") for name in ("one", "two")}
    assert len(sockets) == 1
    assert digest("postgresql://me@/cohorte?host=127.0.0.1&port=5432") == network
