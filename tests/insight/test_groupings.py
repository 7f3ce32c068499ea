"""Groupings through the graph: what they count and cost, that the ledger lists them, and who can use them again."""

import json
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from privacy import noise
from resolvers.insight import ledger
from tests import factories
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import Crowd, buyer, cells
from tests.support.publishable import ASKS, GATHERED, PRICES, PUBLISHES, expect_sound, free, paid, spent

AB = {"categories": ["B", "A"]}
VARIABLES = """query ($id: ID!) { dataset(id: $id) { variables {
  name groupings { name label groupingName groupingOf { name } maxPerMember ordinal scale categorization
    categories { code label value merges } }
} } }"""
TABLE = """query ($id: ID!) { insight(id: $id) {
  variable { name groupingName } by { name groupings { name } }
  csv jsonStat proof { counts variables { name } }
  reconciled { releases cells { category { code } count } }
  half: cells(where: [{variable: "q", in: ["G1"]}], includeUnreliable: true) { category { code } count share }
  total: cells(by: [], includeUnreliable: true) { category { code } count }
  slices: cells(by: ["q"]) { by { code merges } }
  ledgerEntry { line }
} }"""


async def ask_for(
    network: Network, who: Caller, document: str, dataset: str, variable: str, *by: str, within: int = 20, **given: Any
) -> Any:
    """The result of quoting or publishing with groupings."""
    question = {"dataset": dataset, "variable": variable, "by": list(by), "precision": f"WITHIN_{within}", **given}
    answer = await network.ask(who, document, {"input": question})
    assert "errors" not in answer, answer["errors"]
    [result] = answer["data"].values()
    return result


def merging(variable: str, *groups: dict[str, Any], **given: Any) -> list[dict[str, Any]]:
    return [{"variable": variable, "groups": list(groups), **given}]


async def groupings_of(network: Network, dataset: str) -> list[str | None]:
    """The names of a dataset's groupings."""
    rows = "SELECT grouping_name FROM insight.variable WHERE dataset_id = $1 AND groups <> '' ORDER BY position"
    return [each["grouping_name"] for each in await network.database.fetch(rows, key(dataset))]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws no noise."""
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))


@pytest.mark.usefixtures("silent")
async def test_a_grouping_counts_its_groups_at_the_price_of_any_table(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    merged = merging("q", AB)
    quoted = await ask_for(network, licensed_buyer, ASKS, dataset, "r", "q", groupings=merged)
    assert (quoted["cells"], quoted["cost"], quoted["marginOfError"]) == (9, {"microRho": PRICES[20]}, 20)
    insight, charged = paid(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "r", "q", groupings=merged))
    assert charged == PRICES[20]
    expected = {(r, q): 0 for r in ("A", "B", "UNKNOWN") for q in ("G1", "C", "UNKNOWN")}
    for n in range(GATHERED):
        expected["AB"[n % 2], "C" if n % 3 == 2 else "G1"] += 1
    assert await cells(network, licensed_buyer, insight) == expected
    shown = (await network.ask(licensed_buyer, TABLE, {"id": insight}))["data"]["insight"]
    assert shown["by"] == [{"name": "q", "groupings": []}]
    assert [cell["count"] for cell in shown["half"]] == [GATHERED // 3, GATHERED // 3, 0]
    assert [cell["share"] for cell in shown["half"]] == [0.5, 0.5, 0]
    assert [cell["count"] for cell in shown["total"]] == [GATHERED // 2, GATHERED // 2, 0]
    assert {"code": "G1", "merges": ["A", "B"]} in [category for cell in shown["slices"] for category in cell["by"]]
    assert [each["name"] for each in shown["proof"]["variables"]] == ["r", "q"]
    assert shown["csv"].splitlines()[0].startswith("q_code,q_label,r_code,r_label,count")
    assert shown["csv"].splitlines()[1].startswith(f"G1,Answer A / Answer B,A,Answer A,{GATHERED // 3}")
    stat = json.loads(shown["jsonStat"])
    assert stat["dimension"]["q"]["category"]["index"] == ["G1", "C", "UNKNOWN"]
    assert stat["extension"]["merges"] == {"q": {"G1": ["A", "B"], "C": ["C"], "UNKNOWN": ["UNKNOWN"]}}
    assert json.loads(shown["ledgerEntry"]["line"])["variables"] == ["r", "q{A&B|C}"]
    await expect_sound(network, dataset)


async def test_the_same_sets_are_the_same_question_whatever_their_order_and_labels(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    first, _ = paid(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q", groupings=merging("q", AB)))
    before = await spent(network, dataset)
    for groups in (
        merging("q", {"categories": ["A", "B"], "label": "Early"}),
        merging("q", {"categories": ["C"]}),
        merging("q", {"categories": ["C"], "label": "Late"}, {"categories": ["A", "B"]}),
    ):
        quoted = await ask_for(network, licensed_buyer, ASKS, dataset, "q", groupings=groups)
        assert (quoted["alreadyPublished"], quoted["cost"]) == (True, {"microRho": 0})
        assert free(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q", groupings=groups)) == first
    assert await spent(network, dataset) == before
    assert await groupings_of(network, dataset) == [None]
    # What merges nothing is the plain question, and another grouping is another one.
    plain = free(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q"))
    apart = merging("q", *({"categories": [code]} for code in "ABC"))
    assert free(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q", groupings=apart)) == plain
    other = merging("q", {"categories": ["A", "C"]})
    assert paid(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q", groupings=other))[0] != first
    finer = await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q", groupings=merging("q", AB), within=10)
    assert paid(finer)[1] == PRICES[10] - PRICES[20]
    await expect_sound(network, dataset)


async def test_a_published_finer_table_answers_a_grouping(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    fine, _ = paid(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q", "r", within=10))
    quoted = await ask_for(network, licensed_buyer, ASKS, dataset, "r", "q", groupings=merging("q", AB))
    assert [each["id"] for each in quoted["coveredBy"]] == [fine]
    # A sum of two cells within 10 each is not within 10.
    closer = await ask_for(network, licensed_buyer, ASKS, dataset, "r", "q", groupings=merging("q", AB), within=10)
    assert closer["coveredBy"] == []


async def test_a_named_grouping_is_public_and_used_again_by_its_name(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller
) -> None:
    labelled = merging("q", {"categories": ["A", "B"], "label": "Early"}, name="Halves")
    paid(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "q", groupings=labelled))
    other = await buyer(network, respondents.community)
    again = [{"variable": "q", "name": "hALVES"}]
    insight, _ = paid(await ask_for(network, other, PUBLISHES, dataset, "q", "r", groupings=again))
    assert {code for code, _ in await cells(network, other, insight)} == {"G1", "C", "UNKNOWN"}
    shown = (await network.ask(other, VARIABLES, {"id": dataset}))["data"]["dataset"]["variables"]
    assert [each["name"] for each in shown][-3:] == ["q", "r", "twin"]
    [grouping] = shown[-3]["groupings"]
    assert (grouping["name"], grouping["groupingName"], grouping["groupingOf"]) == ("q", "Halves", {"name": "q"})
    assert [(each["label"], each["merges"]) for each in grouping["categories"]] == [
        ("Early", ["A", "B"]), ("Answer C", ["C"]), ("Not answered", ["UNKNOWN"]),
    ]  # fmt: skip
    assert grouping["categorization"].startswith("Categories of the variable were merged")
    assert [each["groupings"] for each in shown[-2:]] == [[], []]
    # Another one cannot have its name, and its first name stays.
    taken = merging("q", {"categories": ["B", "C"]}, name="halves")
    refused = await ask_for(network, other, PUBLISHES, dataset, "q", groupings=taken)
    assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [
        ("TAKEN", ["input", "groupings", "0", "name"])
    ]
    free(await ask_for(network, other, PUBLISHES, dataset, "q", groupings=merging("q", AB, name="Others")))
    assert await groupings_of(network, dataset) == ["Halves"]


async def test_a_grouping_without_a_name_can_be_named_later(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    first, _ = paid(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "r", groupings=merging("r", AB)))
    free(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "r", groupings=merging("r", AB, name="Any answer")))
    named = [{"variable": "r", "name": "Any answer"}]
    assert free(await ask_for(network, licensed_buyer, PUBLISHES, dataset, "r", groupings=named)) == first


FAULTS: list[tuple[list[dict[str, Any]], set[tuple[str, str]]]] = [
    ([{"variable": "r", "groups": [AB]}], {("INVALID", "0.variable")}),
    ([{"variable": "nothing", "groups": [AB]}], {("INVALID", "0.variable")}),
    ([{"variable": "q", "groups": [AB]}] * 2, {("INVALID", "1.variable")}),
    ([{"variable": "q"}], {("INVALID", "0.groups")}),
    ([{"variable": "q", "groups": []}], {("INVALID", "0.groups")}),
    ([{"variable": "q", "name": "Nobody's"}], {("NOT_FOUND", "0.name")}),
    ([{"variable": "q", "name": " "}], {("INVALID", "0.name")}),
    ([{"variable": "q", "groups": [AB], "name": "x" * 61}], {("TOO_LONG", "0.name")}),
    ([{"variable": "q", "groups": [{"categories": [c]} for c in "AB"], "name": "None"}], {("INVALID", "0.name")}),
    (merging("q", {"categories": []}), {("INVALID", "0.groups.0.categories")}),
    (merging("q", *[{"categories": ["A"]}] * 51), {("TOO_LONG", "0.groups")}),
    (
        merging("q", {"categories": ["A", "X", "UNKNOWN"]}, {"categories": ["B", "A"]}),
        {
            ("INVALID", "0.groups.0.categories.1"),
            ("INVALID", "0.groups.0.categories.2"),
            ("INVALID", "0.groups.1.categories.1"),
        },
    ),
    (
        merging("q", {"categories": ["A"], "label": "One"}, {"categories": ["B"], "label": " oNE"}),
        {("INVALID", "0.groups.1.label")},
    ),
    (merging("q", {"categories": ["A"], "label": "x" * 81}), {("TOO_LONG", "0.groups.0.label")}),
    (merging("age_band", {"categories": ["0-17", "25-34"]}), {("INVALID", "0.groups.0.categories")}),
    (merging("age_band", {"categories": ["25-34", "35-44"]}), {("INVALID", "0.groups")}),
]


@pytest_asyncio.fixture(scope="module")
async def steady(network: Network) -> str:
    """Yields the id of a dataset from which nothing is published."""
    made = await factories.dataset(network.database)
    await factories.variable(network.database, dataset_id=made["id"], name="q", codes=["A", "B", "C", "UNKNOWN"])
    ages = ["0-17", "18-24", "25-34", "35-44", "45-54", "UNKNOWN"]
    await factories.variable(network.database, dataset_id=made["id"], name="age_band", ordinal=True, codes=ages)
    return f"dst_{made['id']}"


@pytest.mark.parametrize(("groupings", "expected"), FAULTS)
async def test_each_fault_of_a_grouping_has_its_place(
    network: Network, steady: str, groupings: list[dict[str, Any]], expected: set[tuple[str, str]]
) -> None:
    community = await network.value("SELECT community_id FROM insight.dataset WHERE id = $1", key(steady))
    who = await buyer(network, community)
    result = await ask_for(network, who, PUBLISHES, steady, "q", "age_band", groupings=groupings)
    found = {(each["code"], ".".join(each["path"]).removeprefix("input.groupings.")) for each in result["userErrors"]}
    assert found == expected
    assert await network.value("SELECT count(*) FROM insight.variable WHERE dataset_id = $1", key(steady)) == 2


async def test_neighbours_of_an_ordinal_variable_and_its_rest_can_be_merged(network: Network, steady: str) -> None:
    community = await network.value("SELECT community_id FROM insight.dataset WHERE id = $1", key(steady))
    who = await buyer(network, community)
    quoted = await ask_for(
        network, who, ASKS, steady, "age_band", groupings=merging("age_band", {"categories": ["18-24", "0-17"]})
    )
    assert quoted["cells"] == 3


# ------------------------------------------------------------------ the real SQL


async def of_records(admin: asyncpg.Connection, *records: bytes) -> Any:
    """A dataset with a variable of several values and one of a single value, and these records."""
    made = (await factories.dataset(admin))["id"]
    codes = ["A", "B", "C", "D", "UNKNOWN"]
    await factories.variable(admin, dataset_id=made, name="taken", max_per_member=2, codes=codes)
    await factories.variable(admin, dataset_id=made, name="sex", codes=["F", "M", "UNKNOWN"])
    for each in records:
        await factories.record(admin, dataset_id=made, codes=each)
    return made


async def grouping(admin: asyncpg.Connection, dataset: Any, name: str, most: int, *groups: str) -> None:
    made = await factories.variable(
        admin, dataset_id=dataset, name=name, slot=0 if name == "taken" else 2, max_per_member=most,
        groups="{" + "|".join(groups[:-1]) + "}",
    )  # fmt: skip
    for place, group in enumerate(groups):
        of = {"dataset_id": dataset, "variable": made["position"], "place": place}
        code = "UNKNOWN" if group == "UNKNOWN" else f"G{place}"
        await factories.category(admin, **of, code=code, merges=group.split("&"))


async def test_a_member_in_several_categories_of_a_group_counts_once(admin: asyncpg.Connection) -> None:
    both, one, apart, none = b"\0\1\0", b"\1\xff\1", b"\0\2\1", b"\4\xff\2"
    dataset = await of_records(admin, both, one, apart, none)
    await grouping(admin, dataset, "taken", 2, "A&B", "C&D", "UNKNOWN")
    await grouping(admin, dataset, "sex", 1, "F&M", "UNKNOWN")
    count = "SELECT research.histogram($1, $2)"
    assert await admin.fetchval(count, dataset, [3]) == [3, 1, 1]
    assert await admin.fetchval(count, dataset, [1]) == [2, 2, 1, 0, 1]
    assert await admin.fetchval(count, dataset, [4]) == [3, 1]
    assert await admin.fetchval(count, dataset, [3, 4]) == [3, 0, 1, 0, 0, 1]
    assert await admin.fetchval(count, dataset, [2, 3]) == [1, 0, 0, 2, 1, 0, 0, 0, 1]


@pytest.mark.parametrize("most", [1, 2])
async def test_a_grouping_that_would_be_charged_too_little_is_not_counted(admin: asyncpg.Connection, most: int) -> None:
    dataset = await of_records(admin, b"\0\1\0")
    await grouping(admin, dataset, "taken", most, "A&B", "C&D", "UNKNOWN")
    if most == 2:
        assert await admin.fetchval("SELECT research.histogram($1, '{3}')", dataset) == [1, 0, 0]
        return
    with pytest.raises(asyncpg.CheckViolationError, match="no such cube"):
        await admin.fetchval("SELECT research.histogram($1, '{3}')", dataset)


async def test_a_members_own_records_have_no_groupings(admin: asyncpg.Connection) -> None:
    dataset = await of_records(admin, b"\0\1\0")
    await grouping(admin, dataset, "taken", 2, "A&B", "C&D", "UNKNOWN")
    member = await admin.fetchval("SELECT member_id FROM research.record WHERE dataset_id = $1", dataset)
    await admin.execute("SELECT set_config('cohorte.member', $1, true)", str(member))
    rows = await admin.fetch("SELECT variable, codes FROM research.own_records() ORDER BY position")
    assert [(row["variable"], row["codes"]) for row in rows] == [("taken", ["A", "B"]), ("sex", ["F"])]


async def test_the_ledger_vouches_for_the_groups(admin: asyncpg.Connection) -> None:
    assert await ledger.fault(admin) is None
    dataset = await of_records(admin)
    await grouping(admin, dataset, "taken", 2, "A&B", "C&D", "UNKNOWN")
    assert await ledger.fault(admin) is None
    await admin.execute(
        "UPDATE insight.category SET merges = '{A,C}' WHERE dataset_id = $1 AND variable = 3 AND place = 0", dataset
    )
    assert await ledger.fault(admin) == "The groups of taken{A&B|C&D} are not those that the ledger lists."
