"""What the public ledger commits to can be verified by those who may read it, and found by nobody else."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.research.surveys import SurveyStatus
from models.viewers import Audience
from resolvers.insight import ledger, openings
from resolvers.insight.counts import publish_community, publish_progress
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.client import ANYBODY, Caller
from tests.support.insights import Published
from tests.support.network import Network
from tests.support.population import KINDS, Crowd, buyer, cells, close, closed, crowd, publish
from tests.support.publishable import GATHERED, paid

PROOF = "salt counts commitment variables { name categories { code } } ledgerEntry { position hash line }"
LINES = "query ($community: String) { dataUses(first: 100, community: $community) { nodes { ledgerEntry { line } } } }"
FOUR_CELLS = [24, 9, 2, -1]


@asynccontextmanager
async def as_before(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Lets entries without a salt be written, as they were before there were salts."""
    await connection.execute("SET session_replication_role = replica")  # no trigger refuses them
    try:
        yield
    finally:
        await connection.execute("SET session_replication_role = DEFAULT")


async def lines_of(network: Network, community: UUID) -> list[dict[str, Any]]:
    """The public ledger's lines about a community, as a visitor reads them: the first entry first."""
    slug = await network.value("SELECT slug FROM catalog.community WHERE id = $1", community)
    answer = await network.ask(ANYBODY, LINES, {"community": slug})
    return [json.loads(use["ledgerEntry"]["line"]) for use in reversed(answer["data"]["dataUses"]["nodes"])]


def found_by_trying(line: dict[str, Any], tables: Iterable[Sequence[int]]) -> list[int] | None:
    """The cells whose hash the line shows, if they are among these tables."""
    shown = {value for value in line.values() if isinstance(value, str)}
    for table in tables:
        if hashlib.sha256(json.dumps(list(table), separators=(",", ":")).encode()).hexdigest() in shown:
            return list(table)
    return None


def four_cells() -> Iterable[Sequence[int]]:
    return product(range(20, 30), range(15), range(-6, 7), range(-6, 7))


def sizes() -> Iterable[Sequence[int]]:
    return product(range(-150, 250), repeat=2)


# The attack


async def test_a_small_table_is_found_by_trying_only_in_entries_without_a_salt(own_network: Network) -> None:
    community = (await factories.community(own_network.database))["id"]
    dataset = (await factories.dataset(own_network.database, community_id=community))["id"]
    of = {"dataset_id": dataset, "noisy": FOUR_CELLS, "variables": [1]}
    salted = await factories.release(own_network.database, **of)
    await factories.ledger_entry(own_network.database, release_id=salted["id"])
    async with as_before(own_network.database):
        unsalted = await factories.release(own_network.database, **of | {"variables": [2]}, salt=None)
        await factories.ledger_entry(own_network.database, release_id=unsalted["id"])
    line, planted = await lines_of(own_network, community)
    assert found_by_trying(planted, four_cells()) == FOUR_CELLS
    assert found_by_trying(line, four_cells()) is None


async def test_counts_are_found_by_trying_only_in_entries_without_a_salt(own_network: Network) -> None:
    community = (await factories.community(own_network.database))["id"]
    salted = await factories.count_release(own_network.database, community_id=community, noisy=[212, 143])
    await factories.ledger_entry(own_network.database, count_release_id=salted["id"])
    async with as_before(own_network.database):
        unsalted = await factories.count_release(
            own_network.database, community_id=community, noisy=[212, 143], salt=None
        )
        await factories.ledger_entry(own_network.database, count_release_id=unsalted["id"])
    line, planted = await lines_of(own_network, community)
    assert found_by_trying(planted, product(range(200, 220), range(130, 150))) == [212, 143]
    assert found_by_trying(line, product(range(200, 220), range(130, 150))) is None


@pytest.mark.slow
async def test_nothing_that_is_published_can_be_found_by_trying(network: Network) -> None:
    """The size of a dataset that was too small, and the counts of its survey and community, by the server's code."""
    people = await crowd(network.database, [{"q": "AB"[n % 2]} for n in range(20)])
    manager = await network.staff(StaffRole.SURVEY_MANAGER)
    async with network.database.transaction():
        assert await openings.lock(network.database, people.survey) is SurveyStatus.OPEN
        await publish_progress(network.database, people.survey)  # unless the server's own job was faster
    assert await closed_too_small(network, manager, people)
    async with network.database.transaction():
        await network.database.execute("UPDATE catalog.community SET counted_on = NULL WHERE id = $1", people.community)
        await publish_community(network.database, people.community)
    progress, size, counts = await lines_of(network, people.community)
    assert progress["variables"] == ["eligible", "invited", "started", "completed"]
    assert (size["variables"], counts["variables"]) == ([], ["members", "consenting"])
    assert found_by_trying(size, sizes()) is None
    small = range(-150, 250)  # twenty members, and noise within 50
    assert found_by_trying(counts, product(small, small)) is None
    drawn = await network.value("SELECT noisy FROM insight.count_release WHERE id = $1", progress["release"])
    assert found_by_trying(progress, product(*(range(count - 5, count + 6) for count in drawn))) is None
    noisy = await network.value("SELECT noisy FROM insight.release WHERE id = $1", size["release"])
    assert tuple(noisy) in set(sizes())  # or the attack would have missed it


async def closed_too_small(network: Network, manager: Caller, people: Crowd) -> bool:
    return (await close(network, manager, people.survey, "dataset { id }"))["dataset"] is None


# Verification


async def test_a_buyer_verifies_a_table_from_what_the_graph_returns_alone(network: Network) -> None:
    answers = [{"q": "ABC"[n % 3], "r": "AB"[n % 2]} for n in range(GATHERED)]
    people = await crowd(network.database, answers, {"q": "ABC", "r": "AB"}, offered_to=KINDS[:2])
    dataset = await closed(network, people)
    who = await buyer(network, people.community)
    insight, _ = paid(await publish(network, who, dataset, "r", "q"))
    query = f"query ($id: ID!) {{ insight(id: $id) {{ proof {{ {PROOF} }} dataset {{ sizeProof {{ {PROOF} }} }} }} }}"
    answer = await network.ask(who, query, {"id": insight})
    proof = answer["data"]["insight"]["proof"]

    committed = hashlib.sha256(
        bytes.fromhex(proof["salt"]) + json.dumps(proof["counts"], separators=(",", ":")).encode()
    )
    line = json.loads(proof["ledgerEntry"]["line"])
    assert proof["commitment"] == committed.hexdigest() == line["commitment"]
    assert hashlib.sha256(proof["ledgerEntry"]["line"].encode()).hexdigest() == proof["ledgerEntry"]["hash"]
    assert line["variables"] == [variable["name"] for variable in proof["variables"]] == ["q", "r"]
    # The counts are in the order of the variables' categories, the last variable running fastest.
    q, r = ([category["code"] for category in variable["categories"]] for variable in proof["variables"])
    counts = dict(
        zip(
            product(r, q),
            (proof["counts"][place * len(r) + at] for at in range(len(r)) for place in range(len(q))),
            strict=True,
        )
    )
    assert counts == await cells(network, who, insight)

    size = answer["data"]["insight"]["dataset"]["sizeProof"]
    committed = hashlib.sha256(bytes.fromhex(size["salt"]) + json.dumps(size["counts"], separators=(",", ":")).encode())
    assert size["commitment"] == committed.hexdigest() == json.loads(size["ledgerEntry"]["line"])["commitment"]
    assert (size["variables"], len(size["counts"])) == ([], 2)
    assert size["salt"] != proof["salt"]


async def test_an_improved_table_commits_to_its_own_draw(network: Network) -> None:
    answers = [{"q": "AB"[n % 2]} for n in range(GATHERED)]
    people = await crowd(network.database, answers, {"q": "AB"}, offered_to=KINDS[:2])
    dataset = await closed(network, people)
    who = await buyer(network, people.community)
    proofs = []
    for within in (50, 20):
        insight, _ = paid(await publish(network, who, dataset, "q", "sex", within=within))
        answer = await network.ask(
            who, f"query ($id: ID!) {{ insight(id: $id) {{ proof {{ {PROOF} }} }} }}", {"id": insight}
        )
        proofs.append(answer["data"]["insight"]["proof"])
    first, second = proofs
    assert first["salt"] != second["salt"]
    assert first["ledgerEntry"]["position"] < second["ledgerEntry"]["position"]
    for proof in proofs:
        text = json.dumps(proof["counts"], separators=(",", ":")).encode()
        assert proof["commitment"] == hashlib.sha256(bytes.fromhex(proof["salt"]) + text).hexdigest()


async def test_an_entry_without_a_salt_is_verified_as_before(own_network: Network) -> None:
    community = (await factories.community(own_network.database))["id"]
    async with as_before(own_network.database):
        dataset = (await factories.dataset(own_network.database, community_id=community))["id"]
        release = await factories.release(
            own_network.database, dataset_id=dataset, noisy=FOUR_CELLS, variables=[1], salt=None
        )
        await factories.ledger_entry(own_network.database, release_id=release["id"])
        insight = await factories.insight(own_network.database, release_id=release["id"])
    staff = await own_network.staff(StaffRole.DATA_STEWARD)
    query = "query ($id: ID!) { insight(id: $id) { proof { salt commitment ledgerEntry { line } } } }"
    proof = (await own_network.ask(staff, query, {"id": f"ins_{insight['id']}"}))["data"]["insight"]["proof"]
    line = json.loads(proof["ledgerEntry"]["line"])
    assert proof["salt"] is None
    assert line["cells"] == proof["commitment"] == hashlib.sha256(b"[24,9,2,-1]").hexdigest()
    assert line["organization"] is None
    assert "version" not in line


async def test_a_ledger_whose_first_entries_have_no_salt_is_valid(admin: asyncpg.Connection) -> None:
    """As a database has it that published before there were salts; the order of the versions is part of the chain."""
    await admin.execute("SET LOCAL session_replication_role = replica")
    for table in ("ledger_entry", "statistic", "cell", "insight", "release", "count_release"):
        await admin.execute(f"DELETE FROM insight.{table}")
    await admin.execute("UPDATE insight.dataset SET spent_micro_rho = 0, sold_micro_rho = 0")
    dataset = await factories.dataset(admin, spent_micro_rho=3 * 4_567)
    await factories.variable(admin, dataset_id=dataset["id"])
    of = {"dataset_id": dataset["id"], "variables": [1], "noisy": FOUR_CELLS}
    for cube, salt in (("a", {"salt": None}), ("b", {}), ("c", {})):
        release = await factories.release(admin, **of, cube=cube, **salt)
        await factories.ledger_entry(admin, release_id=release["id"])
    counts = await factories.count_release(admin)
    await factories.ledger_entry(admin, count_release_id=counts["id"])
    assert [row["version"] for row in await admin.fetch("SELECT version FROM insight.ledger_entry ORDER BY 1")] == [
        1, 2, 2, 2,
    ]  # fmt: skip
    assert await ledger.fault(admin) is None
    late = await factories.count_release(admin, salt=None)
    await factories.ledger_entry(admin, count_release_id=late["id"])
    assert await ledger.fault(admin) == "Entry 5 of the ledger was altered, or does not follow the previous entry."


# Who reads the salt


@pytest.mark.parametrize("who", ["not begun", "run out", "only asked for", "of another community", "unlicensed",
                                 "of a kind that is not offered it"])  # fmt: skip
async def test_buyers_who_may_not_read_an_insight_are_given_no_salt(published: Published, who: str) -> None:
    insight = await published(who, "query ($id: ID!) { insight(id: $id) { proof { salt counts } } }")
    assert insight == {"insight": None}
    size = await published(
        who, "query ($id: ID!) { dataset(id: $id) { id sizeProof { salt counts } } }", {"id": published.ids["dataset"]}
    )
    assert size == {"dataset": {"id": published.ids["dataset"], "sizeProof": None}}
    licensed = await published(
        "licensed", "query ($id: ID!) { dataset(id: $id) { sizeProof { salt } } }", {"id": published.ids["dataset"]}
    )
    assert len(licensed["dataset"]["sizeProof"]["salt"]) == 64


async def test_nobody_reads_the_size_of_a_dataset_that_was_too_small(admin: asyncpg.Connection) -> None:
    dataset = await factories.dataset(admin, status="TOO_SMALL", offered_to=KINDS)
    other = await factories.dataset(admin, community_id=dataset["community_id"], offered_to=KINDS)
    for made in (dataset, other):
        await factories.release(admin, dataset_id=made["id"])
    licence = await factories.licence(admin, community_id=dataset["community_id"])
    member = (await factories.member(admin))["id"]
    await factories.membership(admin, member_id=member, community_id=dataset["community_id"])
    viewers = {
        Audience.PATIENT: member,
        Audience.MANAGER: (await factories.staff(admin))["id"],
        Audience.BUYER: licence["organization_id"],
    }
    read = "SELECT dataset_id FROM insight.release WHERE dataset_id = any($1) AND salt IS NOT NULL"
    for audience, viewer in viewers.items():
        async with viewing(admin, audience, viewer):
            there = [row["dataset_id"] for row in await admin.fetch(read, [dataset["id"], other["id"]])]
        assert there == [other["id"]], audience
