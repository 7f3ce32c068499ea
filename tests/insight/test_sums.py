"""Means of counted members through the graph: what they cost beside MEANS, whose counts they take, and in plans."""

import csv
import io
import json
from collections.abc import Sequence
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
from tests.support.publishable import PRICES, PUBLISHES, expect_sound, free, paid, spent
from tests.support.scaled import COUNTED, MERGED, PEOPLE, asked, dataset_of_pain, people_in_pain, read, true_totals

SUMS = {20: 1_038, 50: 172}  # of 11 equal steps: 4.4 times cheaper than PRICES
MEANS = {20: 2_076, 50: 343}
ASKS = """query Asks($input: InsightQuoteInput!) { insightQuote(input: $input) {
  cost { microRho } cells marginOfError alreadyPublished leastGroupForMean countedBy { id } coveredBy { id }
  obstacles { code message } suggestions { kind message cost { microRho } }
} }"""
PLAN = """
  cost { microRho } costOfUncovered { microRho } obstacles { code }
  questions { cost { microRho } sameAs coveredWith countedWith quote {
    cost { microRho } countedBy { id } suggestions { kind cost { microRho } } obstacles { code }
  } }
"""
ASKS_PLAN = f"query Asks($input: InsightPlanQuoteInput!) {{ insightPlanQuote(input: $input) {{ {PLAN} }} }}"
PUBLISHED = "insights { id kind countedBy { id } } charged { microRho } userErrors { code message path }"


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


async def published(network: Network, who: Caller, dataset: str, *question: str, **given: Any) -> tuple[str, int]:
    """The insight and what was charged for it: of SUMS by default."""
    return paid(await asked(network, who, PUBLISHES, dataset, *question, **{"kind": "SUMS"} | given))


async def counted(network: Network, who: Caller, dataset: str, *names: str, **given: Any) -> str:
    """The insight with counts of these variables, which may be published already: those of each question are."""
    payload = await asked(network, who, PUBLISHES, dataset, *names, **{"kind": "COUNTS"} | given)
    assert payload["userErrors"] == []
    insight: str = payload["insight"]["id"]
    return insight


async def quoted(network: Network, who: Caller, dataset: str, *question: str, **given: Any) -> Any:
    return await asked(network, who, ASKS, dataset, *question, **{"kind": "SUMS"} | given)


@pytest.mark.usefixtures("silent")
async def test_sums_give_the_means_of_counted_groups_for_less(
    network: Network, people: Crowd, dataset: str, laboratory: Caller
) -> None:
    counts = await counted(network, laboratory, dataset, "drug")  # published when the survey was closed
    quote = await quoted(network, laboratory, dataset, "pain", "drug")
    assert (quote["cost"], quote["cells"], quote["obstacles"]) == ({"microRho": SUMS[20]}, 4, [])
    assert quote["countedBy"] == {"id": counts}
    before = await spent(network, dataset)
    insight, charged = await published(network, laboratory, dataset, "pain", "drug")
    assert charged == SUMS[20] == PRICES[20] // 4.4 + 1
    assert await spent(network, dataset) == (before[0] + charged, before[1] + charged)
    shown = await read(network, laboratory, insight)
    true = true_totals(people)
    assert {each["by"][0]["code"]: (each["count"], each["sum"], each["unknown"]) for each in shown["totals"]} == {
        **true, "UNKNOWN": (0, 0, 0),
    }  # fmt: skip
    # Of 1,038 micro-rho, the sums have a margin of 43, and the counts one of 20.
    assert {(each["marginOfError"], each["unknownMarginOfError"]) for each in shown["totals"]} == {(48, 43)}
    means = {each["by"][0]["code"]: each for each in shown["statistics"]}
    for drug, (count, sum, _) in true.items():
        mean = means[drug]
        assert mean["value"] == pytest.approx(sum / count)
        assert 0 <= mean["interval"]["low"] < mean["value"] < mean["interval"]["high"] <= 10
    assert (shown["kind"], shown["countedBy"], shown["cells"]) == ("SUMS", {"id": counts}, [])
    assert shown["reconciled"]["releases"] == 2
    assert [each["value"] for each in shown["reconciled"]["statistics"]] == [m["value"] for m in shown["statistics"]]
    assert json.loads(shown["ledgerEntry"]["line"])["variables"] == ["sum(pain)", "drug"]
    named = await network.ask(laboratory, COUNTED)
    assert named["data"]["dataUses"]["nodes"] == [{"counted": [{"name": "pain"}, {"name": "drug"}]}]
    # Three sums of each drug, in their unit, of which the first is below zero where pain is low.
    assert len(shown["proof"]["counts"]) == 12
    assert shown["proof"]["counts"][8:] == [true[drug][2] * UNIT for drug in "PXY"] + [0]
    centred = [2 * (true[drug][1] * UNIT // 10) - true[drug][0] * UNIT for drug in "PXY"]
    assert shown["proof"]["counts"][:4] == [*centred, 0]
    assert min(centred) < 0
    # It is free from now on, and a coarser one too.
    assert free(await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug", kind="SUMS", within=50)) == insight
    await expect_sound(network, dataset)


async def test_a_mean_is_known_from_noisy_sums(
    network: Network, people: Crowd, dataset: str, laboratory: Caller
) -> None:
    await published(network, laboratory, dataset, "drug", kind="COUNTS", within=5)
    insight, _ = await published(network, laboratory, dataset, "pain", "drug", within=5)
    shown = await read(network, laboratory, insight)
    for each in shown["statistics"][:3]:
        count, sum, _ = true_totals(people)[each["by"][0]["code"]]
        half = (each["interval"]["high"] - each["interval"]["low"]) / 2
        assert half < 2
        assert abs(each["value"] - sum / count) < 3 * half
    # Stored figures are those that are computed from the stored sums and counts.
    again = await read(network, laboratory, insight, by=["drug"])
    assert again["statistics"] == shown["statistics"]


async def test_sums_without_counts_are_refused_and_nothing_is_charged(
    network: Network, dataset: str, laboratory: Caller
) -> None:
    # Counts of fewer groups, means of the same ones, and counts that are merged otherwise.
    await counted(network, laboratory, dataset, "sex")
    await published(network, laboratory, dataset, "pain", "drug", "sex", kind="MEANS")
    await published(network, laboratory, dataset, "sex", "drug", kind="COUNTS", groupings=MERGED)
    before = await spent(network, dataset)
    payload = await asked(network, laboratory, PUBLISHES, dataset, "pain", "drug", "sex", kind="SUMS")
    [error] = payload["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", "kind"])
    assert "Publish the counts of sex, drug first" in error["message"]
    quote = await quoted(network, laboratory, dataset, "pain", "drug", "sex")
    assert [(each["code"], each["message"]) for each in quote["obstacles"]] == [("INVALID", error["message"])]
    assert (quote["cost"]["microRho"], quote["countedBy"]) == (SUMS[20], None)
    assert await spent(network, dataset) == before
    made = "SELECT count(*) FROM insight.release WHERE dataset_id = $1 AND counts_id IS NOT NULL"
    assert await network.value(made, key(dataset)) == 0
    # Merged in the same way, they are counted.
    _, charged = await published(network, laboratory, dataset, "pain", "drug", "sex", groupings=MERGED)
    assert charged == SUMS[20]


async def test_counts_have_to_be_precise_enough(network: Network, dataset: str, laboratory: Caller) -> None:
    # With 11 values, counts may have 2.5 times the margin.
    group = "drug", "sex"
    counts = await counted(network, laboratory, dataset, *group, within=50)
    payload = await asked(network, laboratory, PUBLISHES, dataset, "pain", *group, kind="SUMS", within=10)
    assert [each["code"] for each in payload["userErrors"]] == ["INVALID"]
    first, charged = await published(network, laboratory, dataset, "pain", *group, within=20)
    assert charged == SUMS[20]
    before = await read(network, laboratory, first)
    assert before["countedBy"] == {"id": counts}
    # Better counts allow for a better precision, which is charged the difference and takes them.
    better = await counted(network, laboratory, dataset, *group, within=20)
    second, charged = await published(network, laboratory, dataset, "pain", *group, within=10)
    assert charged == 3_949 - SUMS[20]
    assert (await read(network, laboratory, second))["countedBy"] == {"id": better}
    # What was published before stays as it was.
    assert await read(network, laboratory, first) == before
    await expect_sound(network, dataset)


@pytest.mark.usefixtures("silent")
async def test_counts_of_larger_tables_and_the_dataset_s_size(
    network: Network, people: Crowd, dataset: str, laboratory: Caller
) -> None:
    counts = await counted(network, laboratory, dataset, "sex", "drug", within=5)
    insight, charged = await published(network, laboratory, dataset, "pain", "drug", "sex")
    assert charged == SUMS[20]
    true = true_totals(people)
    shown = await read(network, laboratory, insight, by=["drug"])
    assert [(each["count"], each["sum"], each["unknown"]) for each in shown["totals"][:3]] == [*true.values()]
    [one] = (await read(network, laboratory, insight, by=[], where=[{"variable": "drug", "in": ["P", "X"]}]))["totals"]
    assert (one["count"], one["sum"]) == (true["P"][0] + true["X"][0], true["P"][1] + true["X"][1])
    # Summed over `sex`, they are the counts of the drugs.
    insight, _ = await published(network, laboratory, dataset, "pain", "drug")
    shown = await read(network, laboratory, insight)
    assert shown["countedBy"] == {"id": counts}
    assert [(each["count"], each["sum"]) for each in shown["totals"][:3]] == [each[:2] for each in true.values()]
    # All members are counted by the dataset's size.
    insight, charged = await published(network, laboratory, dataset, "pain", within=50)
    assert charged == SUMS[50]
    [total] = (await read(network, laboratory, insight))["totals"]
    assert total["unknown"] == sum(each[2] for each in true.values())
    assert abs(total["count"] - PEOPLE * 10 / 11) < 60
    await expect_sound(network, dataset)


async def test_the_size_has_no_insight(network: Network, dataset: str, laboratory: Caller) -> None:
    size = await network.value(
        "SELECT id FROM insight.release WHERE dataset_id = $1 AND variables = '{}'", key(dataset)
    )
    insight, _ = await published(network, laboratory, dataset, "pain", within=50)
    by = await network.value(
        "SELECT r.counts_id FROM insight.release r JOIN insight.insight i ON i.release_id = r.id WHERE i.id = $1",
        key(insight),
    )
    shown = await read(network, laboratory, insight)
    assert (shown["countedBy"] is None) == (by == size)


async def test_a_quote_of_means_suggests_sums_where_there_are_counts(
    network: Network, dataset: str, laboratory: Caller
) -> None:
    group = "drug", "sex"
    quote = await quoted(network, laboratory, dataset, "pain", *group, kind="MEANS")
    assert (quote["suggestions"], quote["countedBy"]) == ([], None)
    counts = await counted(network, laboratory, dataset, *group, within=50)
    quote = await quoted(network, laboratory, dataset, "pain", *group, kind="MEANS")
    assert [(each["kind"], each["cost"]) for each in quote["suggestions"]] == [("SUMS", {"microRho": SUMS[20]})]
    assert "1,038 micro-rho" in quote["suggestions"][0]["message"]
    assert (quote["cost"]["microRho"], quote["countedBy"]) == (MEANS[20], {"id": counts})
    quote = await quoted(network, laboratory, dataset, "pain", *group, kind="MEANS", within=10)
    assert (quote["suggestions"], quote["countedBy"]) == ([], None)


async def test_sums_and_means_answer_each_other(network: Network, dataset: str, laboratory: Caller) -> None:
    await counted(network, laboratory, dataset, "sex", "drug")
    sums, _ = await published(network, laboratory, dataset, "pain", "drug", "sex")
    for kind in ("MEANS", "SUMS"):
        quote = await quoted(network, laboratory, dataset, "pain", "drug", "sex", kind=kind)
        assert [each["id"] for each in quote["coveredBy"]] == [sums]
        quote = await quoted(network, laboratory, dataset, "pain", "drug", kind=kind, within=50)
        assert sums in [each["id"] for each in quote["coveredBy"]]
    means, _ = await published(network, laboratory, dataset, "pain", "drug", kind="MEANS", within=10)
    await counted(network, laboratory, dataset, "drug", within=10)
    quote = await quoted(network, laboratory, dataset, "pain", "drug")
    assert means in [each["id"] for each in quote["coveredBy"]]
    quote = await quoted(network, laboratory, dataset, "pain", "drug", kind="COUNTS", within=50)
    assert quote["coveredBy"] == []


def question(variable: str, *by: str, kind: str = "SUMS", within: int = 20) -> dict[str, Any]:
    return {"variable": variable, "by": list(by), "precision": f"WITHIN_{within}", "kind": kind}


async def plan_of(network: Network, who: Caller, dataset: str, questions: Sequence[dict[str, Any]]) -> Any:
    answer = await network.ask(who, ASKS_PLAN, {"input": {"dataset": dataset, "questions": list(questions)}})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["insightPlanQuote"]


@pytest.mark.parametrize("first", [0, 1])
async def test_the_counts_of_a_plan_are_published_before_its_sums(
    network: Network, dataset: str, laboratory: Caller, first: int
) -> None:
    plan = [question("drug", "sex", kind="COUNTS", within=50), question("pain", "sex", "drug")]
    plan = plan[first:] + plan[:first]
    counted, summed = first, 1 - first
    found = await plan_of(network, laboratory, dataset, plan)
    assert (found["cost"]["microRho"], found["obstacles"]) == (PRICES[50] + SUMS[20], [])
    assert found["costOfUncovered"] == found["cost"]
    of_sums = found["questions"][summed]
    assert (of_sums["countedWith"], of_sums["quote"]["countedBy"]) == (counted, None)
    assert of_sums["quote"]["obstacles"] == []
    payload = await network.do(laboratory, "insightPlanPublish", PUBLISHED, dataset=dataset, questions=plan)
    assert (payload["userErrors"], payload["charged"]) == ([], found["cost"])
    assert [each["kind"] for each in payload["insights"]] == [each["kind"] for each in plan]
    assert payload["insights"][summed]["countedBy"] == {"id": payload["insights"][counted]["id"]}
    await expect_sound(network, dataset)


async def test_a_plan_whose_sums_have_no_counts_is_refused_as_a_whole(
    network: Network, unsold_dataset: tuple[str, Caller]
) -> None:
    dataset, laboratory = unsold_dataset
    plan = [question("sex", kind="COUNTS"), question("pain", "drug", "sex")]
    before = await spent(network, dataset)
    assert [each["code"] for each in (await plan_of(network, laboratory, dataset, plan))["obstacles"]] == ["INVALID"]
    payload = await network.do(laboratory, "insightPlanPublish", PUBLISHED, dataset=dataset, questions=plan)
    assert [".".join(each["path"]) for each in payload["userErrors"]] == ["input.questions.1.kind"]
    assert (payload["insights"], await spent(network, dataset)) == ([], before)


async def test_a_plan_suggests_sums_for_means_whose_groups_it_counts(
    network: Network, unsold_dataset: tuple[str, Caller]
) -> None:
    dataset, laboratory = unsold_dataset
    plan = [question("pain", "drug", "sex", kind="MEANS"), question("drug", "sex", kind="COUNTS", within=50)]
    found = await plan_of(network, laboratory, dataset, plan)
    means = found["questions"][0]
    assert [(each["kind"], each["cost"]) for each in means["quote"]["suggestions"]] == [
        ("SUMS", {"microRho": SUMS[20]})
    ]
    assert (means["countedWith"], found["cost"]["microRho"]) == (1, MEANS[20] + PRICES[50])


async def test_counts_that_sums_of_a_plan_need_stay_in_it(network: Network, unsold_dataset: tuple[str, Caller]) -> None:
    """Another table of the plan has the same counts, but they are merged otherwise there."""
    dataset, laboratory = unsold_dataset
    merged = {"groupings": MERGED}
    plan = [
        question("pain", "drug", "sex") | merged,
        question("drug", "sex", kind="COUNTS", within=50) | merged,
        question("sex", "drug", kind="COUNTS", within=10),
    ]
    found = await plan_of(network, laboratory, dataset, plan)
    of_sums, coarse, fine = found["questions"]
    assert (of_sums["countedWith"], coarse["coveredWith"]) == (1, [])
    assert found["costOfUncovered"] == found["cost"]
    assert fine["cost"]["microRho"] == PRICES[10]
    # Without the sums, the finer table answers it.
    found = await plan_of(network, laboratory, dataset, plan[1:])
    assert found["questions"][0]["coveredWith"] == [1]


async def test_what_a_plan_costs_by_histograms_means_and_sums(
    network: Network, unsold_dataset: tuple[str, Caller]
) -> None:
    dataset, laboratory = unsold_dataset

    async def cost(kind: str, *more: dict[str, Any]) -> int:
        found = await plan_of(network, laboratory, dataset, [question("pain", "drug", "sex", kind=kind), *more])
        alone: int = found["questions"][0]["cost"]["microRho"]
        rest: int = sum(each["cost"]["microRho"] for each in found["questions"][1:])
        return 6 * alone + rest

    histograms, means = await cost("COUNTS"), await cost("MEANS")
    sums = await cost("SUMS", question("drug", "sex", kind="COUNTS", within=50))
    assert (histograms, means, sums) == (6 * PRICES[20], 6 * MEANS[20], 6 * SUMS[20] + PRICES[50])
    assert histograms / means == pytest.approx(2.2, abs=0.01)
    assert histograms / sums == pytest.approx(3.92, abs=0.01)


@pytest.mark.usefixtures("silent")
async def test_files_have_the_totals_and_means(network: Network, dataset: str, laboratory: Caller) -> None:
    insight, _ = await published(network, laboratory, dataset, "pain", "drug")
    shown = await read(network, laboratory, insight)
    header, *lines = csv.reader(io.StringIO(shown["csv"]))
    assert header[2:] == [
        "count", "margin", "sum", "sum_margin", "unknown", "unknown_margin", "mean", "low", "high", "reliability",
    ]  # fmt: skip
    assert [int(line[2]) for line in lines] == [each["count"] for each in shown["totals"]]
    assert [float(line[8]) for line in lines] == [pytest.approx(each["value"]) for each in shown["statistics"]]
    stat = json.loads(shown["jsonStat"])
    assert validate_jsonstat(stat)
    assert stat["value"][:1] == [shown["totals"][0]["count"]]
    entries = await network.database.fetchrow(
        "SELECT s.position AS sums, c.position AS counts FROM insight.release r"
        " JOIN insight.insight i ON i.release_id = r.id JOIN insight.ledger_entry s ON s.release_id = r.id"
        " JOIN insight.ledger_entry c ON c.release_id = r.counts_id WHERE i.id = $1",
        key(insight),
    )
    assert entries is not None
    source = f"entry {entries['sums']} of the public ledger, with numbers of members of entry {entries['counts']}"
    assert source in stat["source"]
