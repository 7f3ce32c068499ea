"""What buyers read of tables, over HTTP, against the exact counts: coverage, empty cells, and what is another's.

Each check fails on the behaviour that it is about, which is planted here.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.identity.organization_users import UserRole
from privacy import reading
from privacy.cubes import Cube, GroupNoise
from privacy.measures import EMPTY_SHOWN, LEAST_COUNT
from tests import factories
from tests.insight.test_attacks import KNOWN, SIZE, answers, three_buyers
from tests.support import population
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.population import closed, crowd, publish

pytestmark = pytest.mark.slow

READ = """query ($id: ID!, $reconciled: Boolean!) { insight(id: $id) {
  cells(includeUnreliable: true) { ...cell }
  reconciled(includeUnreliable: true) @include(if: $reconciled) { cells { ...cell } }
} }
fragment cell on Cell { category { code } by { code } count marginOfError interval { low high } reliability }
"""
Cells = list[dict[str, Any]]
Table = tuple[tuple[str, ...], Cells, Cells]  # variables, cells as drawn, and reconciled


async def tables(network: Network, dataset: str, buyers: Sequence[Caller], first: str | None) -> list[Table]:
    """Two-way tables until nothing is left for sale. If `first` is given: of it by two others, and reconciled too."""
    ids: list[tuple[tuple[str, ...], str]] = []
    for number, pair in enumerate(combinations(KNOWN, 2)):
        names: tuple[str, ...] = pair if first is None else (first, *pair)
        payload = await publish(network, buyers[number % 3], dataset, *names)
        if payload["userErrors"]:
            assert [error["code"] for error in payload["userErrors"]] == ["BUDGET_EXHAUSTED"]
            break
        ids.append((names, payload["insight"]["id"]))
    found: list[Table] = []
    for names, id in ids:
        cells, reconciled = await read(network, buyers[0], id, first is not None)
        found.append((names, cells, reconciled))
    return found


async def read(network: Network, who: Caller, insight: str, reconciled: bool) -> tuple[Cells, Cells]:
    """An insight's cells as drawn, and reconciled if that is asked for: that takes as long as all else."""
    answer = await network.ask(who, READ, {"id": insight, "reconciled": reconciled})
    assert "errors" not in answer, answer["errors"]
    found = answer["data"]["insight"]
    return found["cells"], found["reconciled"]["cells"] if reconciled else []


def codes(cell: dict[str, Any]) -> tuple[str, ...]:
    return (cell["category"]["code"], *(each["code"] for each in cell["by"]))


def share(found: Counter[str], of: str) -> float:
    return found[f"{of} true"] / found[of]


def least(expected: float, cases: int) -> float:
    """Fewer of independent cases are true with a probability of one in a million."""
    return expected - 4.8 * math.sqrt(expected * (1 - expected) / cases)


def most(expected: float) -> int:
    """More of rare, independent events than this happen with a probability of one in a million."""
    number, more = 0, 1.0
    while (more := more - math.exp(-expected) * expected**number / math.factorial(number)) > 1e-6:
        number += 1
    return number


@pytest.mark.parametrize("planted", [False, True], ids=["with the noise", "sampling alone"])
async def test_what_is_shown_of_small_groups_is_true_as_often_as_stated(
    network: Network, monkeypatch: pytest.MonkeyPatch, planted: bool
) -> None:
    """Shares of 416 groups of 25, whose noisy sizes are as often zero as 50; each answer is as likely as another."""
    if planted:
        noise_within = Cube.noise_within

        def ignored(cube: Cube, variable: str) -> GroupNoise:
            cells = noise_within(cube, variable).cells
            return GroupNoise(cells, 0.01, 0.01 * cells)

        monkeypatch.setattr(Cube, "noise_within", ignored)
    given = answers(11)
    made = await crowd(network.database, given, {"secret": "AB"})
    dataset = await closed(network, made)
    published = await tables(network, dataset, await three_buyers(network, made), "secret")
    assert len(published) == 26
    found: Counter[str] = Counter()
    for names, drawn, reconciled in published:
        true = Counter(tuple(one[name] for name in names) for one in given)
        for which, cells in (("drawn", drawn), ("reconciled", reconciled)):
            for cell in cells:
                if "UNKNOWN" in codes(cell):
                    continue
                away = abs(cell["count"] - true[codes(cell)])
                found[f"{which} counts"] += 1
                found[f"{which} counts true"] += away <= cell["marginOfError"]
                found[f"{which} squares"] += away**2
                if cell["category"]["code"] == "A":  # the share of B is what is left, nearly
                    found[f"{which} shares"] += 1
                    found[f"{which} shares true"] += cell["interval"]["low"] <= 0.5 <= cell["interval"]["high"]
    print(found)  # noqa: T201
    assert found["drawn shares"] == 26 * 16
    if planted:
        assert share(found, "drawn shares") < 0.85
        return
    assert share(found, "drawn shares") >= least(0.945, 26 * 16)
    assert share(found, "drawn counts") >= least(0.95, 26 * 32)
    # Errors of reconciled figures are of one another, so that there are fewer independent ones.
    assert share(found, "reconciled shares") >= least(0.945, 26 * 8)
    assert share(found, "reconciled counts") >= least(0.95, 26 * 16)
    assert found["reconciled squares"] < 0.85 * found["drawn squares"]


@pytest.mark.parametrize("planted", [False, True], ids=["by the number of cells", "two standard deviations"])
async def test_tables_of_mostly_empty_groups_show_few_of_them(
    network: Network, monkeypatch: pytest.MonkeyPatch, planted: bool
) -> None:
    """Of 21 times 21 cells in each table, four have members. The members' own tables are read as well."""
    if planted:
        monkeypatch.setattr(reading, "least_shown", lambda sigma, cells: max(LEAST_COUNT, 2 * sigma))
    letters = "ABCDEFGHIJKLMNOPQRST"
    given = [{name: "AB"[(number >> place) % 2] for place, name in enumerate(KNOWN)} for number in range(SIZE)]
    made = await crowd(network.database, given, dict.fromkeys(KNOWN, letters))
    dataset = await closed(network, made)
    buyers = await three_buyers(network, made)
    own = "query ($id: ID!) { dataset(id: $id) { insights { nodes { id } } } }"
    nodes = (await network.ask(buyers[0], own, {"id": dataset}))["data"]["dataset"]["insights"]["nodes"]
    published = await tables(network, dataset, buyers, None)
    assert (len(published), len(nodes) > 3) == (26, True)
    shown, number = 0, len(published)
    for names, drawn, _ in published:
        true = Counter(tuple(one[name] for name in names) for one in given)
        assert len(drawn) == 21**2
        there = [cell for cell in drawn if cell["reliability"] != "HIDDEN"]
        shown += any(not true[codes(cell)] for cell in there)
        assert sum(true[codes(cell)] > 0 for cell in there) == 4
    for node in nodes:
        cells, _ = await read(network, buyers[0], node["id"], False)
        categories = {cell["category"]["code"] for cell in cells if cell["reliability"] != "HIDDEN"}
        if len(cells) == 21:
            number += 1
            shown += bool(categories & set(letters[2:]))
    print(shown, number)  # noqa: T201
    if planted:
        assert shown >= 20
    else:
        assert shown <= most(number * EMPTY_SHOWN)


# What is another organization's

BLANK = {
    "licence": "lic", "apiKey": "key", "webhook": "whk", "user": "usr",
}  # fmt: skip


async def belongings(network: Network, who: User, community: UUID) -> dict[str, str]:
    """Ids of an organization's licence of a community, its key, webhook and user."""
    of, today = {"organization_id": who.id}, datetime.now(UTC).date()
    term = {"starts_on": today, "ends_on": today, "quota_micro_rho": 200_000}
    rows = {
        "licence": await factories.licence(network.database, **of, **term, community_id=community),
        "apiKey": await factories.api_key(network.database, **of),
        "webhook": await factories.webhook(network.database, **of),
        "user": await factories.organization_user(network.database, **of),
    }
    return {name: f"{BLANK[name]}_{row['id']}" for name, row in rows.items()}


MUTATIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "apiKeyRevoke": ("apiKey", {}),
    "organizationUserRemove": ("user", {}),
    "organizationUserUpdate": ("user", {"role": "READER"}),
    "webhookDelete": ("webhook", {}),
    "webhookPause": ("webhook", {}),
    "webhookResume": ("webhook", {}),
    "webhookRotate": ("webhook", {}),
    "webhookTest": ("webhook", {}),
}
PLANTED = ["insight.licence", "insight.api_key", "insight.webhook", "insight.organization_user"]


@pytest.mark.parametrize("planted", [False, True], ids=["by organization", "rows of everybody"])
async def test_what_is_anothers_is_answered_as_what_does_not_exist(own_network: Network, planted: bool) -> None:
    """To the byte, in every mutation and query that takes an id of what organizations have."""
    network = own_network
    theirs, reader = await network.buyer(), await network.buyer()
    made = await crowd(network.database, [{"q": "AB"[number % 2]} for number in range(330)], {"q": "AB"})
    dataset = await closed(network, made)
    of_theirs = await belongings(network, theirs, made.community)
    absent = {name: f"{prefix}_{uuid4()}" for name, prefix in BLANK.items()}
    if planted:
        for table in PLANTED:
            await network.database.execute(f"CREATE POLICY planted ON {table} TO cohorte_buyer USING (true)")
    node = "query ($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id]) { id } }"
    question = {"dataset": dataset, "variable": "q", "by": [], "precision": "WITHIN_50"}
    quote = (
        "query ($input: InsightQuoteInput!) { insightQuote(input: $input) { affordable obstacles { code message } } }"
    )
    differ = []
    for name in BLANK:
        texts = [node, quote] if name == "licence" else [node]
        for text in texts:
            both = []
            for id in (of_theirs[name], absent[name]):
                given = {"id": id} if text is node else {"input": question | {"licence": id}}
                both.append((await network.ask.post(reader, text, given)).text.replace(id, ""))
            if both[0] != both[1]:
                differ.append(f"{'nodes' if text is node else 'insightQuote'} of a {name}")
    for mutation, (name, more) in MUTATIONS.items():
        both = [
            json.dumps(await network.answer(reader, mutation, "userErrors { code path message }", **{name: id}, **more))
            for id in (of_theirs[name], absent[name])
        ]
        if both[0] != both[1]:
            differ.append(mutation)
    for ids in (of_theirs, absent):
        payload = await network.do(reader, "insightPublish", "insight { id }", **question, licence=ids["licence"])
        differ += [] if [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"] else ["insightPublish"]
    print(differ)  # noqa: T201
    if planted:
        assert {"nodes of a licence", "nodes of a apiKey", "nodes of a webhook", "nodes of a user"} <= set(differ)
    else:
        assert differ == []
        assert await network.count("insight.api_key", organization_id=theirs.id) == 1
        assert await network.count("insight.webhook", organization_id=theirs.id) == 1


EVERYTHING = """query ($slug: String!, $dataset: ID!, $insight: ID!, $question: InsightQuoteInput!) {
  community(slug: $slug) { memberCount datasets { nodes { id title } } insights { nodes { id cost { microRho } } } }
  dataset(id: $dataset) { size sizeProof { salt counts } budget { spent { microRho } remaining { microRho } }
    variables { name groupings { name } } insights { nodes { id } } }
  insight(id: $insight) { precision cells { count } reconciled { releases } proof { salt } purpose
    requestedBy { name } csv }
  insightQuote(input: $question) { affordable alreadyPublished coveredBy { id } remainingAfter { microRho }
    cost { microRho } obstacles { code } }
  dataUses { nodes { id variables cost { microRho } insight { id } } }
}"""


async def test_laboratories_that_differ_in_a_licence_differ_in_what_it_opens(own_network: Network) -> None:
    """And users of one laboratory in nothing but what a quote says that they may do."""
    network = own_network
    made = await crowd(network.database, [{"q": "AB"[number % 2]} for number in range(330)], {"q": "AB"})
    dataset = await closed(network, made)
    slug = await network.value("SELECT slug FROM catalog.community WHERE id = $1", made.community)
    asks = await population.buyer(network, made.community)
    payload = await publish(network, asks, dataset, "q", "sex", within=50)
    given = {"slug": slug, "dataset": dataset, "insight": payload["insight"]["id"]}
    given["question"] = {"dataset": dataset, "variable": "q", "by": ["sex"], "precision": "WITHIN_50"}

    async def read(who: Caller, **other: Any) -> Any:
        answer = await network.ask(who, EVERYTHING, given | other)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    other = (await factories.community(network.database))["id"]
    licensed, elsewhere, none = [
        await population.buyer(network, *communities) for communities in ((made.community,), (other,), ())
    ]
    assert json.dumps(await read(elsewhere)) == json.dumps(await read(none))
    assert await read(none) == await read(none, insight=f"ins_{uuid4()}")
    seen, unseen = await read(licensed), await read(none)
    assert seen == await read(asks)
    differ = {
        f"{root}.{field}"
        for root in ("community", "dataset", "insightQuote")
        for field in seen[root]
        if seen[root][field] != unseen[root][field]
    }
    of_quote = "affordable alreadyPublished cost coveredBy obstacles remainingAfter"  # as if nothing were published
    assert differ == {
        "community.insights",
        "dataset.insights",
        "dataset.sizeProof",
        *(f"insightQuote.{field}" for field in of_quote.split()),
    }
    assert unseen["insightQuote"]["alreadyPublished"] is False
    assert seen["insight"]["reconciled"]["releases"] > 1
    assert unseen["insight"] is None
    without = [use | {"insight": None} for use in seen["dataUses"]["nodes"]]
    assert unseen["dataUses"]["nodes"] == without != seen["dataUses"]["nodes"]
    # A user of the same laboratory who may read alone.
    organization = await network.value("SELECT id FROM insight.organization WHERE name = $1", licensed.name)
    of = {"organization_id": organization, "email_verified": True}
    reader = await network.signed_in("reader", organization, role=UserRole.READER, **of)
    theirs = await read(reader)
    assert theirs["insightQuote"].pop("obstacles") != seen["insightQuote"].pop("obstacles")
    assert theirs == seen
