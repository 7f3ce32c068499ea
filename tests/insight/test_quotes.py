"""Quotes: what an insight costs and will show, what is better, and why it would be refused, without any record."""

from typing import Any

import pytest

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.identity.organizations import OrganizationKind
from tests.insight.conftest import Unsold
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import Crowd, buyer, publish, untriggered
from tests.support.publishable import PRICES, SHARE, free, paid, spent

QUOTE = """query Asks($input: InsightQuoteInput!) { insightQuote(input: $input) {
  cells affordable prices { precision cost { microRho } affordable }
  leastCountShown readableCells leastGroupForShare leastGroupForMean
  obstacles { code message } suggestions { kind message variable categories }
} }"""


async def quoted(
    network: Network, who: Caller, dataset: str, variable: str, *by: str, within: int = 20, **given: Any
) -> Any:
    question = {"dataset": dataset, "variable": variable, "by": list(by), "precision": f"WITHIN_{within}", **given}
    answer = await network.ask(who, QUOTE, {"input": question})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["insightQuote"]


async def test_a_quote_has_the_price_at_each_precision(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller
) -> None:
    await publish(network, licensed_buyer, dataset, "q", "r", within=20)
    left = SHARE - PRICES[20]
    found = (await quoted(network, licensed_buyer, dataset, "r", "q", within=10))["prices"]
    assert [each["precision"] for each in found] == [f"WITHIN_{within}" for within in PRICES]
    costs = [PRICES[5] - PRICES[20], PRICES[10] - PRICES[20], 0, 0]
    assert [each["cost"]["microRho"] for each in found] == costs
    assert [each["affordable"] for each in found] == [cost <= left for cost in costs]
    poor = await buyer(network, respondents.community, quota=5_000)
    found = (await quoted(network, poor, dataset, "sex", "q"))["prices"]
    assert [each["affordable"] for each in found] == [False, False, True, True]


async def test_a_quote_says_what_will_be_readable_from_published_figures_alone(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    before = await spent(network, dataset)
    # Participants' tables of q and r are published: a sixth of the members in each pair of answers, none in UNKNOWN. Of
    # that, noise alone may publish some.
    async with untriggered(network.database):
        await network.database.execute(
            "UPDATE insight.release SET estimates = trim_array(estimates, 1) || 0::float"
            " WHERE dataset_id = $1 AND cardinality(variables) = 1",
            key(dataset),
        )
    first = await quoted(network, licensed_buyer, dataset, "q", "r", within=10)
    assert (first["cells"], first["readableCells"]) == (12, 6)
    assert first["leastCountShown"] == 15
    assert first["leastGroupForShare"] is not None
    assert first["leastGroupForMean"] is None
    assert (first["obstacles"], first["affordable"]) == ([], True)
    assert not [one for one in network.ask.statements if "research." in one]
    # Nothing of members changes what is expected: without them, the same figures.
    await network.database.execute("DELETE FROM research.record WHERE dataset_id = $1", key(dataset))
    assert await quoted(network, licensed_buyer, dataset, "q", "r", within=10) == first
    assert await spent(network, dataset) == before


async def test_nothing_is_expected_without_published_tables(network: Network, unsold: Unsold) -> None:
    dataset, licensed = unsold.dataset, await buyer(network, unsold.respondents.community)
    unpublished = await quoted(network, licensed, dataset, "region", "kind")
    published = await network.value(
        "SELECT array_agg(v.name) FROM insight.release r JOIN insight.variable v ON v.dataset_id = r.dataset_id"
        " AND v.position = any(r.variables) WHERE r.dataset_id = $1",
        key(dataset),
    )
    assert not {"region", "kind"} <= set(published)
    assert unpublished["readableCells"] is None
    assert unpublished["leastGroupForShare"] > 100
    # A stranger may read no table, and learns nothing of any.
    stranger = await quoted(network, await buyer(network), dataset, "q", "r")
    assert stranger["readableCells"] is None


async def test_rare_categories_are_suggested_for_a_grouping_that_makes_more_cells_readable(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    # Ages of the crowd spread from 20 to 86, and nobody is younger than 18.
    paid(await publish(network, licensed_buyer, dataset, "age_band", within=5))
    fine = await quoted(network, licensed_buyer, dataset, "q", "age_band", within=50)
    [merge] = [each for each in fine["suggestions"] if each["kind"] == "MERGE_CATEGORIES"]
    assert merge["variable"] == "age_band"
    assert merge["message"].startswith(f"{len(merge['categories'])} categories of age_band have few members.")
    ages = await network.value(
        "SELECT array_agg(c.code ORDER BY c.place) FROM insight.category c JOIN insight.variable v"
        " ON v.dataset_id = c.dataset_id AND v.position = c.variable WHERE v.dataset_id = $1 AND v.name = 'age_band'",
        key(dataset),
    )
    first = ages.index(merge["categories"][0])
    assert merge["categories"] == ages[first : first + len(merge["categories"])]
    rest = [{"categories": [code]} for code in ages[:-1] if code not in merge["categories"]]
    grouping = {"variable": "age_band", "groups": [{"categories": merge["categories"]}, *rest]}
    merged = await quoted(network, licensed_buyer, dataset, "age_band", within=50, groupings=[grouping])
    assert "MERGE_CATEGORIES" not in [each["kind"] for each in merged["suggestions"]]
    alone = await quoted(network, licensed_buyer, dataset, "age_band", within=50)
    assert merged["prices"][3]["cost"] == {"microRho": PRICES[50]}
    assert alone["prices"][3]["cost"] == {"microRho": 0}


async def test_what_is_published_or_covered_is_suggested_first(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller
) -> None:
    paid(await publish(network, licensed_buyer, dataset, "twin", "kind", within=5))
    for asked, kind in ((("kind",), "COVERED"), (("twin", "kind"), "PUBLISHED")):
        found = await quoted(network, licensed_buyer, dataset, *asked, within=10)
        assert found["suggestions"][0]["kind"] == kind
        assert found["obstacles"] == []
    poor = await buyer(network, respondents.community, quota=5_000)
    found = await quoted(network, poor, dataset, "sex", "q", within=10)
    [less] = [each for each in found["suggestions"] if each["kind"] == "LESS_PRECISE"]
    assert less["message"] == "The precision WITHIN_20 is still affordable."
    [obstacle] = found["obstacles"]
    assert (obstacle["code"], found["affordable"]) == ("BUDGET_EXHAUSTED", False)
    assert obstacle["message"].startswith("This costs 17,372 micro-rho, and 5,000 are left.")


async def test_a_quote_says_why_publishing_would_be_refused(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller
) -> None:
    async def code(who: Caller) -> list[str]:
        return [each["code"] for each in (await quoted(network, who, dataset, "sex", "r"))["obstacles"]]

    mutual = await buyer(network, respondents.community, kind=OrganizationKind.MUTUAL)
    survey_manager = await network.staff(StaffRole.SURVEY_MANAGER)
    assert await code(await buyer(network)) == ["LICENCE_REQUIRED"]
    assert await code(mutual) == ["NOT_ELIGIBLE"]
    assert await code(survey_manager) == ["NOT_ELIGIBLE"]
    assert await code(licensed_buyer) == []
    assert await code(await buyer(network, respondents.community, role=UserRole.ANALYST)) == []
    assert await code(await buyer(network, role=UserRole.READER)) == ["NOT_ELIGIBLE", "LICENCE_REQUIRED"]
    await network.database.execute("UPDATE insight.dataset SET status = 'ENDED' WHERE id = $1", key(dataset))
    assert await code(licensed_buyer) == ["TOO_LATE"]
    # What is published is still free to whoever may read it.
    assert (await quoted(network, licensed_buyer, dataset, "q"))["obstacles"] == []
    free(await publish(network, licensed_buyer, dataset, "q"))


async def test_a_reader_sees_the_price_and_that_they_may_not_publish(network: Network, unsold: Unsold) -> None:
    dataset, community = unsold.dataset, unsold.respondents.community
    reader, analyst = await buyer(network, community, role=UserRole.READER), await buyer(network, community)
    found = await quoted(network, reader, dataset, "sex", "r")
    assert found["affordable"]
    assert found["prices"] == (await quoted(network, analyst, dataset, "sex", "r"))["prices"]
    assert [each["message"] for each in found["obstacles"]] == [
        "Only analysts and administrators of your organization publish insights."
    ]


@pytest.mark.parametrize(("header", "words"), [("fr", "Cette demande coûte"), ("en", "This costs")])
async def test_a_quote_speaks_the_viewers_language(network: Network, unsold: Unsold, header: str, words: str) -> None:
    poor = await buyer(network, unsold.respondents.community, quota=10)
    await network.database.execute(
        "UPDATE identity.account SET locale = $1 WHERE organization_id = ("
        "SELECT id FROM insight.organization WHERE name = $2)",
        header, poor.name,
    )  # fmt: skip
    [obstacle] = (await quoted(network, poor, unsold.dataset, "sex", "r"))["obstacles"]
    assert obstacle["message"].startswith(words)
