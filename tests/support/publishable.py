"""The dataset that publishing tests share, requests to quote and publish it, and its invariants."""

from typing import Any
from uuid import UUID

import pytest_asyncio

from resolvers.insight import ledger
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.population import KINDS, Crowd, buyer, closed, crowd

PRICES = {5: 62_831, 10: 17_372, 20: 4_567, 50: 754}
SIZE = PRICES[20]
SHARE = 150_000  # of a cap of 250,000: what all buyers may spend together
QUOTE = (
    "cost { microRho } affordable alreadyPublished cells marginOfError remainingAfter { microRho } cheaper"
    " coveredBy { id }"
)
ASKS = f"query Asks($input: InsightQuoteInput!) {{ insightQuote(input: $input) {{ {QUOTE} }} }}"
PUBLISHES = f"""
    mutation Publishes($input: InsightInput!) {{
      insightPublish(input: $input) {{
        insight {{ id }} charged {{ microRho }} quote {{ {QUOTE} }} userErrors {{ code message path }}
      }}
    }}
"""


async def gathered(network: Network) -> Crowd:
    """Whose answers to `q` and `r` go together in all ways there are, and who answer `twin` as they do `r`."""
    answers = [{"q": "ABC"[n % 3], "r": "AB"[n % 2], "twin": "AB"[n % 2]} for n in range(240)]
    return await crowd(network.database, answers, {"q": "ABC", "r": "AB", "twin": "AB"}, offered_to=KINDS[:2])


@pytest_asyncio.fixture
async def respondents(network: Network) -> Crowd:
    """Whose survey is open still; a test's own, as the next two are."""
    return await gathered(network)


@pytest_asyncio.fixture
async def dataset(network: Network, respondents: Crowd) -> str:
    """What it became, as the graph names it."""
    return await closed(network, respondents)


@pytest_asyncio.fixture
async def licensed_buyer(network: Network, respondents: Crowd) -> Caller:
    """A laboratory that may publish of it."""
    return await buyer(network, respondents.community)


async def asks(
    network: Network, who: Caller, dataset: str, variable: str, *by: str, within: int = 20
) -> dict[str, Any]:
    """What a quote says of it."""
    asked = {"dataset": dataset, "variable": variable, "by": list(by), "precision": f"WITHIN_{within}"}
    answer = await network.ask(who, ASKS, {"input": asked})
    assert "errors" not in answer, answer["errors"]
    said: dict[str, Any] = answer["data"]["insightQuote"]
    return said


async def publishes(
    network: Network, who: Caller, dataset: str, variable: str, *by: str, within: int = 20
) -> dict[str, Any]:
    """What publishing says of it, with the quote of a budget that does not suffice."""
    asked = {"dataset": dataset, "variable": variable, "by": list(by), "precision": f"WITHIN_{within}"}
    answer = await network.ask(who, PUBLISHES, {"input": asked})
    assert "errors" not in answer, answer["errors"]
    said: dict[str, Any] = answer["data"]["insightPublish"]
    return said


async def spent(network: Network, dataset: str) -> tuple[int, int]:
    """Of a dataset's budget, and of that by licensed buyers."""
    row = await network.row("SELECT spent_micro_rho, sold_micro_rho FROM insight.dataset WHERE id = $1", key(dataset))
    return row["spent_micro_rho"], row["sold_micro_rho"]


async def releases(network: Network, dataset: str, *names: str) -> list[dict[str, Any]]:
    """Those of the cube of these variables, in the order of publishing."""
    query = """
        SELECT r.* FROM insight.release r JOIN insight.ledger_entry l ON l.release_id = r.id
        WHERE r.dataset_id = $1 AND r.cube = $2 ORDER BY l.position
    """
    cube = "|".join(sorted(names)) + "@v1"
    return [dict(row) for row in await network.database.fetch(query, key(dataset), cube)]


def key(id: str) -> UUID:
    return UUID(id[4:])


def free(said: dict[str, Any]) -> str:
    """The insight that was answered with, for nothing."""
    assert said["userErrors"] == []
    assert said["charged"]["microRho"] == 0
    return str(said["insight"]["id"])


def paid(said: dict[str, Any]) -> tuple[str, int]:
    """The insight, and what was charged."""
    assert said["userErrors"] == []
    return str(said["insight"]["id"]), int(said["charged"]["microRho"])


async def expect_sound(network: Network, dataset: str) -> None:
    """The charges of all releases are what was spent, within the cap and the shares; no question was sold twice."""
    rows = await network.database.fetch("SELECT * FROM insight.release WHERE dataset_id = $1", key(dataset))
    charged = sum(row["micro_rho"] for row in rows)
    bought = sum(row["micro_rho"] for row in rows if row["licence_id"] is not None)
    assert await spent(network, dataset) == (charged, bought)
    assert charged <= 250_000
    assert bought <= SHARE
    assert len({(row["cube"], row["precision"]) for row in rows}) == len(rows)
    async with network.database.transaction(isolation="repeatable_read"):
        assert await ledger.fault(network.database) is None
