"""The dataset that publishing tests share, requests to quote and publish it, and its invariants."""

from typing import Any

import pytest_asyncio

from resolvers.insight import ledger
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import KINDS, Crowd, buyer, closed, crowd, send_question

PRICES = {5: 62_831, 10: 17_372, 20: 4_567, 50: 754}
SIZE = PRICES[20]
SHARE = 120_000  # of a cap of 200,000: the budget share of all buyers together
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

# Seven standard deviations above the noisy size below which the members' own table is finer, and costs more.
GATHERED = 330


async def gathered(network: Network) -> Crowd:
    """A crowd in which every pair of answers to `q` and `r` is equally frequent, and `twin` is answered like `r`."""
    answers = [{"q": "ABC"[n % 3], "r": "AB"[n % 2], "twin": "AB"[n % 2]} for n in range(GATHERED)]
    return await crowd(network.database, answers, {"q": "ABC", "r": "AB", "twin": "AB"}, offered_to=KINDS[:2])


@pytest_asyncio.fixture
async def respondents(network: Network) -> Crowd:
    """Yields the test's own crowd, whose survey is still open."""
    return await gathered(network)


@pytest_asyncio.fixture
async def dataset(network: Network, respondents: Crowd) -> str:
    """Yields the graph's id of the dataset that the respondents' survey became."""
    return await closed(network, respondents)


@pytest_asyncio.fixture
async def licensed_buyer(network: Network, respondents: Crowd) -> Caller:
    """Yields a user of a laboratory that may publish from the dataset."""
    return await buyer(network, respondents.community)


async def asks(
    network: Network, who: Caller, dataset: str, variable: str, *by: str, within: int = 20
) -> dict[str, Any]:
    """The quote for an insight."""
    return await send_question(network, who, ASKS, dataset, variable, *by, within=within)


async def publishes(
    network: Network, who: Caller, dataset: str, variable: str, *by: str, within: int = 20
) -> dict[str, Any]:
    """The payload of publishing an insight, with the quote if the budget does not suffice."""
    return await send_question(network, who, PUBLISHES, dataset, variable, *by, within=within)


async def spent(network: Network, dataset: str) -> tuple[int, int]:
    """What was spent of a dataset's budget, and the part that licensed buyers spent, in micro-rho."""
    row = await network.row("SELECT spent_micro_rho, sold_micro_rho FROM insight.dataset WHERE id = $1", key(dataset))
    return row["spent_micro_rho"], row["sold_micro_rho"]


async def releases(network: Network, dataset: str, *names: str) -> list[dict[str, Any]]:
    """The releases of the cube of these variables, in the order of publishing."""
    query = """
        SELECT r.* FROM insight.release r JOIN insight.ledger_entry l ON l.release_id = r.id
        WHERE r.dataset_id = $1 AND r.cube = $2 ORDER BY l.position
    """
    cube = "|".join(sorted(names)) + "@v1"
    return [dict(row) for row in await network.database.fetch(query, key(dataset), cube)]


def free(payload: dict[str, Any]) -> str:
    """The id of the insight in a payload that charged nothing."""
    assert payload["userErrors"] == []
    assert payload["charged"]["microRho"] == 0
    return str(payload["insight"]["id"])


def paid(payload: dict[str, Any]) -> tuple[str, int]:
    """The id of the insight in a payload, and the micro-rho charged."""
    assert payload["userErrors"] == []
    return str(payload["insight"]["id"]), int(payload["charged"]["microRho"])


async def expect_sound(network: Network, dataset: str) -> None:
    """Checks that charges equal the amounts spent, within cap and share, and that no question was sold twice."""
    rows = await network.database.fetch("SELECT * FROM insight.release WHERE dataset_id = $1", key(dataset))
    charged = sum(row["micro_rho"] for row in rows)
    bought = sum(row["micro_rho"] for row in rows if row["licence_id"] is not None)
    assert await spent(network, dataset) == (charged, bought)
    assert charged <= 200_000
    assert bought <= SHARE
    assert len({(row["cube"], row["precision"]) for row in rows}) == len(rows)
    async with network.database.transaction(isolation="repeatable_read"):
        assert await ledger.fault(network.database) is None
