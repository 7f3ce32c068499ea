"""The reconciled table of an insight, through the graph: what it uses, who reads it, and when it changes."""

import math
from typing import Any
from uuid import UUID, uuid4

import pytest

from privacy.precision import Precision, price
from tests.support.insights import BY_SEX, Published, furnished
from tests.support.network import Network

TABLE = """query ($id: ID!, $all: Boolean) { insight(id: $id) {
  cells(includeUnreliable: $all) { category { code } by { code } count marginOfError }
  reconciled(includeUnreliable: $all) {
    releases asOf
    cells { category { code } by { code } count marginOfError share interval { low high } reliability }
    statistics { measure by { code } value interval { low high } }
  }
} }"""


def sums(cells: list[dict[str, Any]], of: str) -> dict[str, int]:
    """The counts of each category of the grouping variable, or of the variable itself."""
    found: dict[str, int] = {}
    for cell in cells:
        code = cell["by"][0]["code"] if of == "by" else cell["category"]["code"]
        found[code] = found.get(code, 0) + cell["count"]
    return found


async def test_a_new_release_improves_the_reconciled_table_and_not_the_one_drawn(network: Network) -> None:
    published = await furnished(network, uuid4().hex)
    before = (await published("licensed", TABLE, {"all": True}))["insight"]
    # The dataset's size is a table without variables, which all others must agree with.
    assert before["reconciled"]["releases"] == 2
    assert sum(sums(before["cells"], "by").values()) == sum(BY_SEX)
    assert (await published("licensed", TABLE, {"all": True}))["insight"] == before

    fine = Precision.WITHIN_5
    sigma = math.sqrt(1e6 / (2 * price(fine)))
    await published.wave.publish(("sex",), [150, 140, 23], sigma=sigma, precision=fine, micro_rho=price(fine))
    after = (await published("licensed", TABLE, {"all": True}))["insight"]
    assert after["cells"] == before["cells"]
    assert after["reconciled"]["releases"] == 3
    assert after["reconciled"]["asOf"] > before["reconciled"]["asOf"]
    assert sums(before["cells"], "by") == {"FEMALE": 165, "MALE": 137, "UNKNOWN": 11}
    for code, count in sums(after["reconciled"]["cells"], "by").items():
        assert abs(count - {"FEMALE": 150, "MALE": 140, "UNKNOWN": 23}[code]) <= 4  # the finer table counts most
    for cell in after["reconciled"]["cells"]:
        assert cell["marginOfError"] <= 10
        assert cell["interval"]["low"] <= cell["share"] <= cell["interval"]["high"]
    assert after == (await published("patient", TABLE, {"all": True}))["insight"]


async def test_an_improved_release_replaces_the_one_that_it_improves(network: Network) -> None:
    published = await furnished(network, uuid4().hex)
    first = (await published("licensed", TABLE, {"all": True}))["insight"]
    improves = await network.database.fetchval(
        "select release_id from insight.insight where id = $1", UUID(published.ids["fatigue"].removeprefix("ins_"))
    )
    await published.wave.publish(
        ("sex", "fatigue"), BY_SEX, sigma=2.0, precision=Precision.WITHIN_5, improves_id=improves, micro_rho=45_459
    )
    again = (await published("licensed", TABLE, {"all": True}))["insight"]
    assert again["reconciled"]["releases"] == first["reconciled"]["releases"]
    margins = [cell["marginOfError"] for cell in again["reconciled"]["cells"]]
    assert max(margins) < min(cell["marginOfError"] for cell in first["reconciled"]["cells"])


async def test_a_size_that_decided_whether_there_are_tables_is_not_fitted(network: Network) -> None:
    """As datasets have it that were frozen before a size was drawn twice."""
    published = await furnished(network, uuid4().hex)
    before = (await published("licensed", TABLE, {"all": True}))["insight"]
    async with network.database.transaction():
        await network.database.execute("SET LOCAL session_replication_role = replica")
        await network.database.execute(
            "UPDATE insight.release SET contributions = 1, noisy = noisy[:1], estimates = estimates[:1]"
            " WHERE dataset_id = $1 AND variables = '{}'",
            published.wave.id,
        )
    after = (await published("licensed", TABLE, {"all": True}))["insight"]
    assert (before["reconciled"]["releases"], after["reconciled"]["releases"]) == (2, 1)
    drawn = [cell["count"] for cell in after["cells"]]
    assert [cell["count"] for cell in after["reconciled"]["cells"]] == drawn
    assert [cell["count"] for cell in before["reconciled"]["cells"]] != drawn


async def test_hidden_counts_are_left_out_unless_requested(published: Published) -> None:
    shown = (await published("licensed", TABLE))["insight"]["reconciled"]["cells"]
    every = (await published("licensed", TABLE, {"all": True}))["insight"]["reconciled"]["cells"]
    assert {cell["reliability"] for cell in shown if cell["count"] is None} == {"HIDDEN"}
    assert [cell["share"] for cell in shown] == [cell["share"] for cell in every]
    assert all(cell["count"] is not None for cell in every)


@pytest.mark.parametrize("who", ["unlicensed", "ended"])
async def test_it_is_read_by_whoever_reads_the_insight(published: Published, who: str) -> None:
    assert (await published(who, TABLE))["insight"] is None
