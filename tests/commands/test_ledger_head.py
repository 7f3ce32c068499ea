"""The command that compares the ledger with its head outside the database, and goes on after a loss."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from commands.ledger import main
from resolvers.insight import ledger
from resolvers.insight.freezing import begin_survey, finish
from resolvers.insight.ledger import Head
from server.rollbacks.head_places import FolderPlace
from server.rollbacks.rollback_guard import guard_of
from server.rollbacks.stored_heads import StoredHead
from tests.support.client import ANYBODY
from tests.support.heads import store_head, stored_head
from tests.support.network import network_on
from tests.support.object_store import object_store
from tests.support.population import PUBLISH, buyer, closed
from tests.support.publishable import expect_sound, gathered, spent
from tests.support.surveys import status_of

Run = Callable[..., Awaitable[tuple[int, str]]]
CAP = 200_000


@pytest.fixture
def run(fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Yields a function that runs the command on `fresh`: its exit status, and what it prints."""
    monkeypatch.setenv("COHORTE_DATABASE_URL", fresh)
    monkeypatch.setenv("COHORTE_DATA", str(tmp_path))

    async def command(*arguments: str) -> tuple[int, str]:
        status = await asyncio.to_thread(main, arguments)  # it has an event loop of its own
        printed = capsys.readouterr()
        return status, printed.err if status else printed.out

    return command


async def test_a_ledger_is_shown_with_its_heads(run: Run, fresh: str, tmp_path: Path) -> None:
    status, printed = await run("show")
    assert status == 1
    assert "its head is stored nowhere outside the database" in printed
    await store_head(fresh, tmp_path)
    status, printed = await run("show")
    assert status == 0
    connection = await asyncpg.connect(fresh)
    head = await ledger.head(connection)
    await connection.close()
    assert printed.splitlines()[0].endswith(f"{head.position:,} entries. Hash of the last entry: {head.hash.hex()}")
    assert f"In the data folder {tmp_path}: entry {head.position:,}, {head.hash.hex()}." in printed
    assert "Nothing is missing" in printed


async def test_the_head_of_an_earlier_version_is_shown_and_nothing_is_missing(
    run: Run, fresh: str, tmp_path: Path
) -> None:
    """A server takes it over, so nothing was lost that an operator could accept."""
    connection = await asyncpg.connect(fresh)
    head = await ledger.head(connection)
    await connection.close()
    legacy = guard_of(fresh, tmp_path, ()).legacy
    assert legacy is not None
    legacy.path.write_text(StoredHead(head).text())
    status, printed = await run("show")
    assert (status, f"In the data folder {tmp_path}: no head." in printed) == (0, True)
    assert f"From an earlier version: entry {head.position:,}, {head.hash.hex()}." in printed
    assert "Nothing is missing" in printed
    status, printed = await run("accept")
    assert (status, "so none is lost" in printed) == (1, True)
    assert legacy.path.exists()


async def test_a_lost_head_is_stored_again_of_a_ledger_with_the_last_known_entry(
    run: Run, fresh: str, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(fresh)
    head = await ledger.head(connection)
    place, id = FolderPlace(tmp_path), await ledger.identity(connection)
    for position, hash in (
        (head.position + 1, head.hash.hex()),
        (head.position, "00" * 32),
        (0, "00" * 32),
        (head.position, "x"),
        (head.position, head.hash.hex()[:-2]),
    ):
        status, printed = await run("confirm", str(position), hash)
        assert (status, printed.startswith("Nothing was changed")) == (1, True)
        assert await place.read(id) is None
    assert (await run("confirm", str(head.position), head.hash.hex()))[0] == 0
    assert await stored_head(connection, tmp_path) == head
    # What is not a head is replaced; a head that the ledger lacks is not.
    place.path(id).write_text("{}")
    assert (await run("confirm", str(head.position), head.hash.hex()))[0] == 0
    assert await stored_head(connection, tmp_path) == head
    await place.store(id, StoredHead(Head(head.position + 1, bytes(32))))
    status, printed = await run("confirm", str(head.position), head.hash.hex())
    assert (status, "lacks entry" in printed) == (1, True)
    assert await place.read(id) == StoredHead(Head(head.position + 1, bytes(32)))
    await connection.close()


@pytest.mark.slow
async def test_a_loss_is_accepted_by_charging_and_ending_all_open_datasets(
    run: Run, fresh: str, tmp_path: Path
) -> None:
    place = FolderPlace(tmp_path)
    async with network_on(fresh, data=tmp_path) as network:
        people, others = await gathered(network), await gathered(network)
        datasets = [await closed(network, one) for one in (people, others)]
        laboratory = await buyer(network, people.community)
        question = {"input": {"dataset": datasets[0], "variable": "q", "by": ["r"], "precision": "WITHIN_20"}}
        status, printed = await run("accept")
        assert (status, "so none is lost" in printed) == (1, True)
        id, head = await ledger.identity(network.database), await ledger.head(network.database)
        datasets_known = await ledger.dataset_count(network.database)
        await place.store(id, StoredHead(Head(head.position + 1, bytes(32)), datasets=datasets_known))
        refused = await network.ask.post(laboratory, PUBLISH, question)
        assert refused.status_code == 503
        open_ones = await network.value("SELECT count(*) FROM insight.dataset WHERE status = 'OPEN'")
        reserved = "SELECT sum(reserved_micro_rho) FROM research.enrolment WHERE NOT demonstration"
        before = await network.value(reserved)
        status, printed = await run("accept")
        assert status == 0
        assert printed.startswith(f"{open_ones} datasets were charged")
        assert await network.value("SELECT count(*) FROM insight.dataset WHERE status = 'OPEN'") == 0
        for dataset in datasets:
            assert (await spent(network, dataset))[0] == CAP
            await expect_sound(network, dataset)
        assert await network.value(reserved) == before  # of what its members had reserved, nothing is free again
        async with network.database.transaction():
            assert await ledger.fault(network.database) is None
        assert await stored_head(network.database, tmp_path) == await ledger.head(network.database)
        answer = await network.ask(laboratory, PUBLISH, question)
        assert answer["data"]["insightPublish"]["userErrors"] != []
        uses = "{ dataUses(first: 1) { nodes { purpose cost { microRho } variables } } }"
        [use] = (await network.ask(ANYBODY, uses))["data"]["dataUses"]["nodes"]
        assert use["purpose"] == (
            "Results that were lost: the rest of the budget is charged, and nothing is published for it"
        )
        size = "query ($id: ID!) { dataset(id: $id) { sizeProof { counts } endedOn } }"
        shown = (await network.ask(laboratory, size, {"id": datasets[0]}))["data"]["dataset"]
        assert (len(shown["sizeProof"]["counts"]), shown["endedOn"] is None) == (2, False)
        made = await closed(network, await gathered(network))  # the network goes on with new datasets
        assert await network.value("SELECT status FROM insight.dataset WHERE id = $1", made[4:]) == "OPEN"
        assert (await run("accept"))[0] == 1  # once


@pytest.mark.parametrize("lost", [0, 1, None])
async def test_open_surveys_end_with_a_loss_unless_it_is_known_to_have_no_dataset(
    lost: int | None, run: Run, fresh: str, tmp_path: Path
) -> None:
    async with network_on(fresh, data=tmp_path) as network:
        open_one, closing = await gathered(network), await gathered(network)
        await network.database.execute("SELECT catalog.close_survey($1)", closing.survey)
        id, head = await ledger.identity(network.database), await ledger.head(network.database)
        datasets = None if lost is None else await ledger.dataset_count(network.database) + lost
        await FolderPlace(tmp_path).store(id, StoredHead(Head(head.position + 1, bytes(32)), datasets=datasets))
        assert (await run("accept"))[0] == 0
        answers = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
        for survey, status in ((open_one.survey, "OPEN"), (closing.survey, "CLOSED")):
            row = await network.row("SELECT status, no_dataset FROM catalog.survey WHERE id = $1", survey)
            assert tuple(row.values()) == ((status, None) if lost == 0 else ("CLOSED", "LOST"))
            assert (await network.value(answers, survey) == 0) is (lost != 0)
        await network.freeze()
        made = "SELECT count(*) FROM insight.dataset WHERE survey_id = $1"
        assert await network.value(made, closing.survey) == (1 if lost == 0 else 0)


async def test_a_dataset_that_is_being_frozen_is_charged_and_ends_too(run: Run, fresh: str, tmp_path: Path) -> None:
    async with network_on(fresh, data=tmp_path) as network:
        people = await gathered(network)
        async with network.database.transaction():
            dataset = await begin_survey(network.database, people.survey)
        assert dataset is not None
        id, head = await ledger.identity(network.database), await ledger.head(network.database)
        datasets = await ledger.dataset_count(network.database)
        await FolderPlace(tmp_path).store(id, StoredHead(Head(head.position + 1, bytes(32)), datasets=datasets))
        assert (await run("accept"))[0] == 0
        row = await network.row("SELECT status, spent_micro_rho FROM insight.dataset WHERE id = $1", dataset)
        assert tuple(row.values()) == ("ENDED", CAP)
        assert await status_of(network, f"svy_{people.survey}") == "ARCHIVED"
        answers = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
        assert await network.value(answers, people.survey) == 0
        assert await finish(network.database, dataset) is None
        async with network.database.transaction():
            assert await ledger.fault(network.database) is None


async def test_the_number_of_datasets_is_stored_with_the_head(fresh: str, tmp_path: Path) -> None:
    async with network_on(fresh, data=tmp_path) as network:
        people = await gathered(network)
        dataset, laboratory = await closed(network, people), await buyer(network, people.community)
        question = {"input": {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}}
        await network.ask(laboratory, PUBLISH, question)
        stored = await FolderPlace(tmp_path).read(await ledger.identity(network.database))
        assert stored is not None
        assert stored.datasets == await ledger.dataset_count(network.database)


async def test_a_loss_is_accepted_if_the_head_is_lost_too(run: Run, fresh: str, tmp_path: Path) -> None:
    assert (await run("accept"))[0] == 0
    connection = await asyncpg.connect(fresh)
    assert await stored_head(connection, tmp_path) == await ledger.head(connection)
    async with connection.transaction():
        assert await ledger.fault(connection) is None
    await connection.close()


async def test_nothing_is_accepted_or_confirmed_while_a_place_cannot_be_read(
    run: Run, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(fresh)
    head = await ledger.head(connection)
    with object_store() as store:
        store.status = 500
        monkeypatch.setenv("COHORTE_LEDGER_HEADS", store.address)
        for arguments in (["accept"], ["confirm", str(head.position), head.hash.hex()]):
            status, printed = await run(*arguments)
            assert (status, "answers with status 500" in printed) == (1, True)
        assert await connection.fetchval("SELECT count(*) FROM insight.dataset WHERE status = 'OPEN'") > 0
        assert await ledger.head(connection) == head
    await connection.close()
