"""A new laboratory's whole journey, for its people and its program: from the first mail to an entry in the ledger."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from tests import factories
from tests.support.agreed import AGREED
from tests.support.callers import User
from tests.support.client import ANYBODY, Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.newcomers import RESET, code_in, done, sign_in
from tests.support.population import Crowd, closed
from tests.support.publishable import GATHERED, PRICES, asks, free, gathered, paid, publishes, spent

NAME, CONTACT, PASSWORD = "Institut Nouveau", "contact@nouveau.example", "six amber lamps"
PURPOSE = "How a treatment is lived with"
LEFT = 800  # of the quota, after the publications
KNOWN = """
    query Known($id: ID!) {
      dataset(id: $id) { variables { name } insights(first: 100) { nodes { variable { name } by { name } } } }
    }
"""
READ = """
    query Read($id: ID!) {
      insight(id: $id) {
        purpose requestedBy { name } ledgerEntry { position hash }
        cells { category { code label } by { code label } count share reliability }
        csv jsonStat
      }
    }
"""
REGISTER = """
    { dataUses(first: 1) {
        nodes { organization { name } purpose variables cost { microRho } ledgerEntry { position hash } }
    } }
"""


@dataclass
class Offer:
    """A dataset offered to laboratories, one of the same community that is not, and one of another community."""

    respondents: Crowd
    dataset: str
    insurers: str
    elsewhere: str


@pytest_asyncio.fixture
async def offer(network: Network) -> Offer:
    """Yields the datasets that a new laboratory may and may not use."""
    respondents = await gathered(network)
    elsewhere = (await factories.community(network.database))["id"]
    insurers = await another(network, respondents.community, "INSURER")
    return Offer(
        respondents, await closed(network, respondents), insurers, await another(network, elsewhere, "LABORATORY")
    )


async def another(network: Network, community: UUID, kind: str) -> str:
    """A dataset without members, offered only to this kind of organization."""
    dataset = (await factories.dataset(network.database, community_id=community, offered_to=[kind]))["id"]
    await factories.variable(network.database, dataset_id=dataset, position=1, name="q")
    await factories.category(network.database, dataset_id=dataset, variable=1, place=0, code="UNKNOWN")
    return f"dst_{dataset}"


async def test_a_new_laboratory_learns_only_what_it_may(network: Network, steward: User, offer: Offer) -> None:
    laboratory = await comes_in(network, steward)
    assert await readable(network, laboratory, offer.dataset) == set()  # members' own tables take a licence as well
    before = await spent(network, offer.dataset)
    assert await refusal(network, laboratory, offer.dataset, "q", "r") == LICENCE_REQUIRED
    await is_licensed(network, steward, laboratory, offer.respondents)
    assert ("q",) in await readable(network, laboratory, offer.dataset)

    quoted = await asks(network, laboratory, offer.dataset, "q", "r")
    assert (quoted["cost"]["microRho"], quoted["remainingAfter"]["microRho"]) == (PRICES[20], LEFT)
    assert await spent(network, offer.dataset) == before
    insight, charged = paid(await publishes(network, laboratory, offer.dataset, "q", "r"))
    assert charged == quoted["cost"]["microRho"]
    await is_read_and_registered(network, laboratory, insight)
    assert ("q", "r") in await readable(network, laboratory, offer.dataset)

    after = (before[0] + charged, charged)
    assert await spent(network, offer.dataset) == after
    for dataset, asked, expected in (
        (offer.dataset, ("q", "sex"), BUDGET_EXHAUSTED),
        (offer.dataset, ("q", "r", "sex", "age_band"), TOO_MANY),
        (offer.insurers, ("q",), NOT_ELIGIBLE),
        (offer.elsewhere, ("q",), LICENCE_REQUIRED),
    ):
        assert await refusal(network, laboratory, dataset, *asked) == expected
    assert await spent(network, offer.dataset) == after
    await its_program_does_as_much(network, laboratory, offer, insight)


LICENCE_REQUIRED = {
    "code": "LICENCE_REQUIRED",
    "path": ["input", "dataset"],
    "message": "This requires a licence for the dataset's community that is in force today. See `licenceRequest`.",
}
NOT_ELIGIBLE = {
    "code": "NOT_ELIGIBLE",
    "path": ["input", "dataset"],
    "message": "This dataset is not offered to organizations of your kind. See `offeredTo`.",
}
BUDGET_EXHAUSTED = {
    "code": "BUDGET_EXHAUSTED",
    "path": ["input", "precision"],
    "message": "This costs 4,567 micro-rho, and 800 are left. The precision WITHIN_50 is still affordable.",
}
TOO_MANY = {
    "code": "INVALID",
    "path": ["input", "by"],
    "message": "An insight can have at most 3 variables. Leave some out.",
}


async def refusal(network: Network, who: Caller, dataset: str, variable: str, *by: str) -> dict[str, Any]:
    """The only user error of publishing from a dataset; the payload has nothing else."""
    payload = await publishes(network, who, dataset, variable, *by)
    assert (payload["insight"], payload["charged"]) == (None, None)
    [error] = payload["userErrors"]
    return dict(error)


async def comes_in(network: Network, steward: User) -> Caller:
    """Staff create the organization, and its contact opens the account."""
    asked = {"name": NAME, "kind": "LABORATORY", "contactEmail": CONTACT, "locale": "en"}
    assert (await network.do(steward, "organizationCreate", "__typename", **asked))["userErrors"] == []
    chosen = {"code": code_in(await network.mailbox.next(CONTACT)), "password": PASSWORD}
    assert await done(network.ask, ANYBODY, RESET, chosen) == []
    return await sign_in(network.ask, CONTACT, PASSWORD)


async def is_licensed(network: Network, steward: User, laboratory: Caller, respondents: Crowd) -> None:
    """The laboratory requests a licence; staff find the pending request and grant it, and a mail says so."""
    today = datetime.now(UTC).date()
    days = {"startsOn": today.isoformat(), "endsOn": (today + timedelta(days=365)).isoformat()}
    asked = {
        "community": f"com_{respondents.community}",
        "purpose": PURPOSE,
        **AGREED,
    } | days
    assert (await network.do(laboratory, "licenceRequest", "__typename", **asked))["userErrors"] == []
    waiting = "{ licences(status: REQUESTED, first: 100) { nodes { id purpose organization { name } } } }"
    found = (await network.ask(steward, waiting))["data"]["licences"]["nodes"]
    [licence] = [one["id"] for one in found if (one["organization"]["name"], one["purpose"]) == (NAME, PURPOSE)]
    decided = {"licence": licence, "granted": True, "quota": PRICES[20] + LEFT}
    assert (await network.do(steward, "licenceDecide", "__typename", **decided))["userErrors"] == []
    mails = network.mailbox
    while (await mails.next(CONTACT))["Subject"] != "Your licence was granted":
        pass


async def readable(network: Network, who: Caller, dataset: str) -> set[tuple[str, ...]]:
    """The variables of each insight of a dataset that the caller may read."""
    answer = await network.ask(who, KNOWN, {"id": dataset})
    found = answer["data"]["dataset"]["insights"]["nodes"]
    return {(one["variable"]["name"], *(by["name"] for by in one["by"])) for one in found}


async def is_read_and_registered(network: Network, laboratory: Caller, insight: str) -> None:
    """Checks an insight's cells, its CSV and JSON-stat files, and its public ledger entry."""
    answer = await network.ask(laboratory, READ, {"id": insight})
    assert "errors" not in answer, answer["errors"]
    read = answer["data"]["insight"]
    assert (read["purpose"], read["requestedBy"]) == (PURPOSE, {"name": NAME})
    cells = {(cell["by"][0]["code"], cell["category"]["code"]): cell for cell in read["cells"]}
    counts = {places: cell["count"] for places, cell in cells.items()}
    assert len(cells) == 3 * 4
    # A sixth of the members in each of six cells; 70 is more than six standard deviations of the noise.
    assert all(abs((counts[r, q] or 0) - GATHERED // 6) < 70 for r in "AB" for q in "ABC")
    rows = list(csv.DictReader(io.StringIO(read["csv"])))
    assert {(row["r_code"], row["q_code"]): row["count"] for row in rows} == {
        places: "" if count is None else str(count) for places, count in counts.items()
    }
    stat = json.loads(read["jsonStat"])
    assert (stat["version"], stat["class"], stat["id"], stat["size"]) == (
        "2.0",
        "dataset",
        ["r", "q", "measure"],
        [3, 4, 5],
    )
    assert stat["value"][::5] == [
        counts[r, q]
        for r in stat["dimension"]["r"]["category"]["index"]
        for q in stat["dimension"]["q"]["category"]["index"]
    ]
    register = await network.ask(ANYBODY, REGISTER)
    assert register["data"]["dataUses"]["nodes"] == [
        {
            "organization": {"name": NAME},
            "purpose": PURPOSE,
            "variables": ["q", "r"],
            "cost": {"microRho": PRICES[20]},
            "ledgerEntry": read["ledgerEntry"],
        }
    ]


async def its_program_does_as_much(network: Network, laboratory: Caller, offer: Offer, insight: str) -> None:
    """With an API key, the program reads, quotes and publishes under the same licence, and cannot request another."""
    expires = (datetime.now(UTC) + timedelta(days=90)).isoformat(timespec="seconds")
    payload = await network.do(laboratory, "apiKeyCreate", "secret", name="Reports", expiresAt=expires)
    program = Caller("program", payload["secret"])
    assert free(await publishes(network, program, offer.dataset, "q", "r", within=50)) == insight
    assert await refusal(network, program, offer.dataset, "q", "sex") == BUDGET_EXHAUSTED
    cheaper, charged = paid(await publishes(network, program, offer.dataset, "q", "sex", within=50))
    assert charged == PRICES[50]
    licences = "SELECT count(DISTINCT licence_id) FROM insight.release WHERE dataset_id = $1 AND licence_id IS NOT NULL"
    assert await network.value(licences, key(offer.dataset)) == 1
    answer = await network.ask(program, READ, {"id": cheaper})
    assert len(answer["data"]["insight"]["cells"]) == 4 * 4
    asked = {"community": f"com_{offer.respondents.community}", "purpose": PURPOSE, **AGREED} | {
        "startsOn": expires[:10]
    }
    refused = await network.answer(program, "licenceRequest", "__typename", **asked, endsOn=expires[:10])
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]
