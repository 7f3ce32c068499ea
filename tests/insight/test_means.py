"""Means by bounded sums through the graph: what is drawn and charged, what the ledger lists, and what is refused."""

import csv
import io
import json
import math
from typing import Any

import pytest
import pytest_asyncio
from jsonstat_validator import validate_jsonstat  # type: ignore[import-untyped]

from privacy import noise
from privacy.means import UNIT
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import Crowd, buyer
from tests.support.publishable import ASKS, PRICES, PUBLISHES, expect_sound, free, paid, spent
from tests.support.scaled import (
    COUNTED,
    MERGED,
    PEOPLE,
    READ,
    asked,
    dataset_of_pain,
    people_in_pain,
    read,
    true_totals,
)

SAVED = {20: 2_076, 50: 343}  # of 11 equal steps: 2.2 times cheaper than PRICES


@pytest_asyncio.fixture
async def people(network: Network) -> Crowd:
    return await people_in_pain(network)


@pytest_asyncio.fixture
async def dataset(network: Network, people: Crowd) -> str:
    return await dataset_of_pain(network, people)


@pytest_asyncio.fixture
async def laboratory(network: Network, people: Crowd) -> Caller:
    return await buyer(network, people.community)


@pytest_asyncio.fixture(scope="module")
async def unsold_dataset(network: Network) -> tuple[str, Caller]:
    """Yields the id of a dataset that tests quote and publish nothing from, and a laboratory that might."""
    people = await people_in_pain(network)
    return await dataset_of_pain(network, people), await buyer(network, people.community)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws no noise."""
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))


@pytest.mark.usefixtures("silent")
async def test_means_are_the_sums_and_counts_of_each_group_at_a_lower_price(
    network: Network, people: Crowd, dataset: str, laboratory: Caller
) -> None:
    quoted = await asked(network, laboratory, ASKS, dataset, "pain", "drug")
    assert (quoted["cost"], quoted["cells"], quoted["marginOfError"]) == ({"microRho": SAVED[20]}, 4, 30)
    before = await spent(network, dataset)
    insight, charged = paid(await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug"))
    assert charged == SAVED[20] < PRICES[20] / 2
    assert await spent(network, dataset) == (before[0] + charged, before[1] + charged)
    shown = await read(network, laboratory, insight)
    true = true_totals(people)
    assert {each["by"][0]["code"]: (each["count"], each["sum"], each["unknown"]) for each in shown["totals"]} == {
        **true, "UNKNOWN": (0, 0, 0),
    }  # fmt: skip
    assert {(each["marginOfError"], each["unknownMarginOfError"]) for each in shown["totals"]} == {(43, 30)}
    means = {each["by"][0]["code"]: each for each in shown["statistics"]}
    for drug, (count, sum, _) in true.items():
        assert means[drug]["value"] == pytest.approx(sum / count)
        assert means[drug]["measure"] == "MEAN"
        assert 0 <= means[drug]["interval"]["low"] < sum / count < means[drug]["interval"]["high"] <= 10
    assert (shown["kind"], shown["cells"], shown["sliced"]) == ("MEANS", [], [])
    assert shown["reconciled"]["cells"] == []
    assert [each["value"] for each in shown["reconciled"]["statistics"]] == [m["value"] for m in shown["statistics"]]
    assert json.loads(shown["ledgerEntry"]["line"])["variables"] == ["mean(pain)", "drug"]
    # Four sums of each drug, in their unit.
    assert [each["name"] for each in shown["proof"]["variables"]] == ["pain", "drug"]
    assert len(shown["proof"]["counts"]) == 16
    assert shown["proof"]["counts"][12:] == [true[drug][2] * UNIT for drug in "PXY"] + [0]
    # It is free from now on, and a coarser one too; a counted table of the same is another question.
    assert free(await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug", within=50)) == insight
    assert paid(await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug", kind="COUNTS"))[1] == PRICES[20]
    await expect_sound(network, dataset)


@pytest.mark.usefixtures("silent")
async def test_groupings_slices_and_roll_ups(network: Network, people: Crowd, dataset: str, laboratory: Caller) -> None:
    insight, charged = paid(
        await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug", "sex", groupings=MERGED)
    )
    assert charged == SAVED[20]
    true = true_totals(people)
    drugs = tuple(map(sum, zip(true["X"], true["Y"], strict=True)))
    shown = await read(network, laboratory, insight, by=["drug"])
    assert [each["by"][0]["label"] for each in shown["totals"]] == ["Answer P", "Drug", "Not answered"]
    assert [(each["count"], each["sum"], each["unknown"]) for each in shown["totals"]] == [true["P"], drugs, (0, 0, 0)]
    assert json.loads(shown["ledgerEntry"]["line"])["variables"] == ["sex", "mean(pain)", "drug{P|X&Y}"]
    named = await network.ask(laboratory, COUNTED)
    assert named["data"]["dataUses"]["nodes"] == [{"counted": [{"name": "sex"}, {"name": "pain"}, {"name": "drug"}]}]
    one = await read(network, laboratory, insight, by=[], where=[{"variable": "drug", "in": ["P"]}])
    [total], [mean] = one["totals"], one["statistics"]
    assert (total["by"], total["count"], total["sum"]) == ([], true["P"][0], true["P"][1])
    assert mean["value"] == pytest.approx(true["P"][1] / true["P"][0])
    # All sexes are summed: their noise adds up.
    sexes = await network.value(
        "SELECT count(*) FROM insight.category c JOIN insight.variable v ON v.dataset_id = c.dataset_id"
        " AND v.position = c.variable WHERE v.dataset_id = $1 AND v.name = 'sex'",
        key(dataset),
    )
    assert total["unknownMarginOfError"] == pytest.approx(30 * math.sqrt(sexes), abs=2)
    answer = await network.ask(laboratory, READ, {"id": insight, "where": [{"variable": "pain", "in": ["A"]}]})
    assert {each["message"] for each in answer["errors"]} == {"Means of pain cannot be filtered by its categories."}


async def test_a_better_precision_is_charged_the_difference_and_combined(
    network: Network, dataset: str, laboratory: Caller
) -> None:
    first, charged = paid(await asked(network, laboratory, PUBLISHES, dataset, within=50))
    assert charged == SAVED[50]
    second, charged = paid(await asked(network, laboratory, PUBLISHES, dataset, within=20))
    assert charged == SAVED[20] - SAVED[50]
    assert first != second
    [total] = (await read(network, laboratory, second))["totals"]
    assert total["unknownMarginOfError"] == 30
    assert abs(total["count"] - PEOPLE * 10 / 11) < 43 * 4
    await expect_sound(network, dataset)


@pytest.mark.usefixtures("silent")
async def test_files_have_the_totals_and_means(network: Network, dataset: str, laboratory: Caller) -> None:
    insight, _ = paid(await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug"))
    shown = await read(network, laboratory, insight)
    header, *lines = csv.reader(io.StringIO(shown["csv"]))
    assert header == [
        "drug_code", "drug_label", "count", "margin", "sum", "sum_margin", "unknown", "unknown_margin", "mean", "low",
        "high", "reliability",
    ]  # fmt: skip
    assert [int(line[2]) for line in lines] == [each["count"] for each in shown["totals"]]
    assert [float(line[8]) for line in lines] == [pytest.approx(each["value"]) for each in shown["statistics"]]
    stat = json.loads(shown["jsonStat"])
    assert validate_jsonstat(stat)
    assert (stat["id"], stat["size"]) == (["drug", "measure"], [4, 9])
    assert stat["value"][:1] == [shown["totals"][0]["count"]]


async def test_what_answers_means(network: Network, dataset: str, laboratory: Caller) -> None:
    counts, _ = paid(await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug", within=10, kind="COUNTS"))
    means, _ = paid(await asked(network, laboratory, PUBLISHES, dataset, "pain", "sex", within=10))
    by_drug = await asked(network, laboratory, ASKS, dataset, "pain", "drug", within=10)
    assert [each["id"] for each in by_drug["coveredBy"]] == [counts]
    alone = await asked(network, laboratory, ASKS, dataset, within=50)
    assert means in [each["id"] for each in alone["coveredBy"]]
    # Means answer no question about counts.
    for variable, by in (("pain", ["sex"]), ("sex", ["pain"])):
        asked_counts = await asked(network, laboratory, ASKS, dataset, variable, *by, within=50, kind="COUNTS")
        assert means not in [each["id"] for each in asked_counts["coveredBy"]]


@pytest.mark.parametrize(
    ("variable", "by", "groupings", "path"),
    [
        ("drug", [], [], "input.variable"),
        ("sex", ["pain"], [], "input.variable"),
        ("pain", [], [{"variable": "pain", "groups": [{"categories": ["A", "B"]}]}], "input.groupings.0.variable"),
    ],
)
async def test_what_has_no_mean_is_refused_at_its_place(
    network: Network, unsold_dataset: tuple[str, Caller], variable: str, by: list[str], groupings: list[Any], path: str
) -> None:
    dataset, laboratory = unsold_dataset
    before = await spent(network, dataset)
    payload = await asked(network, laboratory, PUBLISHES, dataset, variable, *by, groupings=groupings)
    assert [(each["code"], ".".join(map(str, each["path"]))) for each in payload["userErrors"]] == [("INVALID", path)]
    assert await spent(network, dataset) == before
