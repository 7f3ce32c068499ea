"""Analysis plans by the Python client, against the real server: priced together, and published as one act or not."""

from collections.abc import AsyncIterator

import httpx
import polars
import pytest
import pytest_asyncio

from cohorte import AsyncClient, Client, Question, errors, steps
from cohorte.graph.enums import InsightKind, Precision
from tests.clients.test_python_client import Laboratory, in_thread, key_of
from tests.support.network import Network
from tests.support.population import buyer, closed
from tests.support.publishable import PRICES, SHARE, expect_sound, gathered, spent

# `q` is published when the survey closes, within 20: it costs the difference. `r` by `twin` is asked twice.
PLAN = [
    Question("q", precision=Precision.WITHIN_10),
    Question("r", ["twin"], "WITHIN_50"),
    Question("twin", ["r"]),
    Question("sex", ["q"], "WITHIN_50", groupings=[{"variable": "q", "groups": [{"categories": ["A", "B"]}]}]),
]
PRICE = PRICES[10] + PRICES[50]
WRONG = [Question("q", ["r"]), Question("none", ["r"]), Question("q", ["sex", "absent"]), Question("q", kind="MEANS")]
PLACES = {1: ("variable",), 2: ("by", "1"), 3: ("variable",)}


@pytest_asyncio.fixture
async def laboratory(network: Network) -> Laboratory:
    """Yields a laboratory that has published nothing yet."""
    respondents = await gathered(network)
    user = await buyer(network, respondents.community)
    return Laboratory(network, await closed(network, respondents), await key_of(network, user))


@pytest_asyncio.fixture
async def client(laboratory: Laboratory) -> AsyncIterator[AsyncClient]:
    """Yields the laboratory's client."""
    async with laboratory.client() as client:
        yield client


async def test_a_plan_is_quoted_and_published_as_one_act(client: AsyncClient, laboratory: Laboratory) -> None:
    network, dataset = laboratory.network, laboratory.dataset
    before = await spent(network, dataset)
    quote = await client.quote_plan(dataset, PLAN)
    assert (quote.cost.micro_rho, quote.affordable, quote.obstacles) == (PRICE, True, ())
    assert quote.remaining_after.micro_rho == SHARE - PRICE
    columns = ("variable", "by", "kind", "precision", "micro_rho", "alone_micro_rho", "same_as", "cells")
    assert [tuple(row[name] for name in columns) for row in quote.prices] == [
        ("q", "", "COUNTS", "WITHIN_10", PRICES[10] - PRICES[20], PRICES[10] - PRICES[20], None, 4),
        ("r", "twin", "COUNTS", "WITHIN_50", 0, PRICES[50], 2, 9),
        ("twin", "r", "COUNTS", "WITHIN_20", PRICES[20], PRICES[20], None, 9),
        ("sex", "q", "COUNTS", "WITHIN_50", PRICES[50], PRICES[50], None, 12),
    ]
    assert await spent(network, dataset) == before  # a quote is free
    published = await client.publish_plan(dataset, PLAN)
    assert published.charged.micro_rho == PRICE
    assert await spent(network, dataset) == (before[0] + PRICE, before[1] + PRICE)
    assert [(each.variable, each.by) for each in published.insights] == [
        (each.variable, tuple(each.by)) for each in PLAN
    ]
    assert published.insights[1].margin_of_error == published.insights[2].margin_of_error == 20
    for each in published.insights[2:]:
        assert (await client.verify(each.id)).compared
        assert each == await client.insight(each.id)
    again = await client.publish_plan(dataset, PLAN)
    assert (again.insights, again.charged.micro_rho) == (published.insights, 0)
    await expect_sound(network, dataset)


async def test_each_refusal_is_that_of_its_question(client: AsyncClient, laboratory: Laboratory) -> None:
    network, dataset = laboratory.network, laboratory.dataset
    before = await spent(network, dataset)
    for ask in (client.quote_plan, client.publish_plan):
        with pytest.raises(errors.Invalid) as raised:
            await ask(dataset, WRONG)
        refused = raised.value
        assert {place: [fault.path for fault in faults] for place, faults in refused.by_question.items()} == {
            place: [("input", "questions", str(place), *path)] for place, path in PLACES.items()
        }
        assert [fault.question for fault in refused.faults] == list(PLACES)
        for faults in refused.by_question.values():
            assert faults[0].code == "INVALID"
            assert faults[0].message in str(refused)
        assert "(INVALID at input.questions[2].by[1])" in str(refused)
        with pytest.raises(errors.Invalid) as empty:
            await ask(dataset, [])
        assert (empty.value.path, empty.value.by_question) == (("input", "questions"), {})
    assert await spent(network, dataset) == before


async def test_a_plan_that_is_too_dear_is_refused_with_the_price_of_each_question(laboratory: Laboratory) -> None:
    network, dataset = laboratory.network, laboratory.dataset
    community = await network.value("select community_id from insight.dataset where 'dst_' || id = $1", dataset)
    poor = await buyer(network, community, quota=PRICE - 1)
    before = await spent(network, dataset)
    async with AsyncClient(poor.token, laboratory.url) as client:
        quote = await client.quote_plan(dataset, PLAN)
        with pytest.raises(errors.BudgetExhausted) as raised:
            await client.publish_plan(dataset, PLAN)
        assert (quote.affordable, quote.remaining_after.micro_rho) == (False, PRICE - 1)
        assert raised.value.plan_quote == quote.fields
        assert raised.value.path == ("input", "questions")
        assert list(quote.obstacles) == [fault.message for fault in raised.value.faults]
        assert await spent(network, dataset) == before
        part = await client.publish_plan(dataset, PLAN[:3])
        assert (part.charged.micro_rho, len(part.insights)) == (PRICE - PRICES[50], 3)


async def test_a_plan_whose_response_is_lost_is_charged_once(laboratory: Laboratory) -> None:
    class Lossy(httpx.AsyncHTTPTransport):
        sent = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.sent += 1
            response = await super().handle_async_request(request)
            await response.aread()
            if self.sent == 1:
                raise httpx.ReadError("lost", request=request)
            return response

    before = await spent(laboratory.network, laboratory.dataset)
    transport = Lossy()
    async with laboratory.client(transport=transport) as client:
        published = await client.publish_plan(laboratory.dataset, PLAN)
    # Twice to publish, and once to read each of the four insights. The result is that of the first one.
    assert (transport.sent, published.charged.micro_rho) == (6, PRICE)
    after = await spent(laboratory.network, laboratory.dataset)
    assert after == (before[0] + PRICE, before[1] + PRICE)


async def test_the_largest_plan_is_within_the_limits_of_a_request(client: AsyncClient, laboratory: Laboratory) -> None:
    pairs = [("q", "r"), ("q", "twin"), ("q", "sex"), ("r", "twin"), ("r", "sex"), ("twin", "sex"), ("kind", "q")]
    plan = [Question(*pair[:1], pair[1:], f"WITHIN_{within}") for pair in pairs for within in (10, 20, 50)][:20]
    quote = await client.quote_plan(laboratory.dataset, plan)
    assert len(quote.prices) == 20
    assert [row["same_as"] for row in quote.prices] == [None if at % 3 == 0 else at - at % 3 for at in range(20)]
    covered = await client.quote_plan(laboratory.dataset, [Question("sex", ["q", "r"]), Question("sex", ["q"])])
    assert [row["covered_with"] for row in covered.prices] == ["", ""]  # its sums have a wider margin


@pytest.mark.slow
async def test_both_clients_price_and_publish_the_same_plan(client: AsyncClient, laboratory: Laboratory) -> None:
    plan = [Question("q", ["sex"], "WITHIN_50"), Question("r", ["sex"], "WITHIN_50", InsightKind.COUNTS)]
    with Client(laboratory.key, laboratory.url) as threads:
        quote = await in_thread(lambda: threads.quote_plan(laboratory.dataset, plan))
        assert quote == await client.quote_plan(laboratory.dataset, plan)
        published = await in_thread(lambda: threads.publish_plan(laboratory.dataset, plan))
        assert published.charged.micro_rho == quote.cost.micro_rho == 2 * PRICES[50]
        assert (await client.publish_plan(laboratory.dataset, plan)).insights == published.insights
    frame = quote.to_pandas()
    assert list(frame["micro_rho"]) == [PRICES[50]] * 2
    assert frame["same_as"].isna().all()
    assert quote.to_polars().schema["same_as"] == polars.Int64()


async def test_a_plan_names_its_licence_and_its_key(client: AsyncClient, laboratory: Laboratory) -> None:
    plan = [Question("q", ["sex"], "WITHIN_50")]
    first = await client.publish_plan(laboratory.dataset, plan, key="study-7")
    again = await client.publish_plan(laboratory.dataset, plan, key="study-7")
    assert again.charged.micro_rho == first.charged.micro_rho == PRICES[50]
    with pytest.raises(errors.Conflict):
        await client.publish_plan(laboratory.dataset, [*plan, Question("r")], key="study-7")
    unknown = "lic_00000000-0000-4000-8000-000000000000"
    for ask in (client.quote_plan, client.publish_plan):
        with pytest.raises(errors.NotFound) as raised:
            await ask(laboratory.dataset, plan, licence=unknown)
        assert raised.value.path == ("input", "licence")


def test_the_name_of_one_variable_to_group_by_is_not_taken_for_a_list_of_its_letters() -> None:
    assert Question("q", by="age_band").as_input()["by"] == ["age_band"]
    reads = (
        steps.insight("ins_1", "sex", None, False),
        steps.change_from("ins_1", "ins_2", "sex", None),
        steps.trend("ins_1", "sex", None),
    )
    for read in reads:
        assert next(read).variables["by"] == ["sex"]
