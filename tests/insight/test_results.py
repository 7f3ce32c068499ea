"""Links from a data use to its published results, as entries of the append-only ledger."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from resolvers.insight import ledger
from resolvers.insight.data_uses_mutations import MOST_LINKS
from resolvers.links import LENGTH, https_address
from resolvers.transactions import Refused
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.network import Network

URL = "https://doi.org/10.1000/182"
RESULTS = "dataUse { id cost { microRho } results { url ledgerEntry { position line previousHash } } }"


async def used(network: Network, who: User | None) -> str:
    """The id of a data use of an organization, or of Cohorte's own."""
    own = {} if who is None else {"organization_id": who.id}
    return f"use_{(await factories.ledger_entry(network.database, **own))['position']}"


@pytest.fixture
async def laboratory(network: Network) -> User:
    return await network.buyer()


async def test_the_organization_links_its_use_to_its_results(network: Network, laboratory: User) -> None:
    use = await used(network, laboratory)
    head = await ledger.head(network.database)
    payload = await network.do(laboratory, "dataUseLinkResults", RESULTS, dataUse=use, url=f" {URL} ")
    assert payload["userErrors"] == []
    [link] = payload["dataUse"]["results"]
    line = json.loads(link["ledgerEntry"]["line"])
    assert (payload["dataUse"]["id"], link["url"], line["results_url"]) == (use, URL, URL)
    assert (line["results_of"], line["position"], line["micro_rho"]) == (head.position, head.position + 1, 0)
    assert link["ledgerEntry"]["previousHash"] == head.hash.hex()
    assert not {"release", "commitment", "dataset"} & set(line)
    first = await network.ask(
        ANYBODY, "query ($id: ID!) { node(id: $id) { ... on LedgerEntry { line } } }", {"id": use.replace("use", "led")}
    )
    said = json.loads(first["data"]["node"]["line"])
    for name in ("community", "dataset_title", "organization", "organization_name", "purpose", "variables"):
        assert line[name] == said[name]


async def test_the_chain_holds_and_the_earlier_entry_is_unchanged(network: Network, laboratory: User) -> None:
    use = await used(network, laboratory)
    before = await network.database.fetch("SELECT * FROM insight.ledger_entry ORDER BY position")
    for url in (URL, "https://example.org/b"):
        await network.do(laboratory, "dataUseLinkResults", "__typename", dataUse=use, url=url)
    after = await network.database.fetch("SELECT * FROM insight.ledger_entry ORDER BY position")
    assert after[: len(before)] == before
    assert [row["results_url"] for row in after[len(before) :]] == [URL, "https://example.org/b"]
    async with network.database.transaction(isolation="repeatable_read"):
        fault = await ledger.fault(network.database)
    assert fault is None or fault.startswith("The ")  # the factories' releases are charged to no budget


async def test_a_link_is_no_use_of_data(network: Network, laboratory: User) -> None:
    use = await used(network, laboratory)
    payload = await network.do(laboratory, "dataUseLinkResults", RESULTS, dataUse=use, url=URL)
    position = payload["dataUse"]["results"][0]["ledgerEntry"]["position"]
    query = """
        query ($organization: ID, $use: ID!, $entry: ID!) {
          dataUses(organization: $organization) { nodes { id results { url } } }
          node(id: $use) { id }
          entry: node(id: $entry) { id }
          ledgerEntries(first: 1) { nodes { position } }
        }
    """
    ids = {"organization": f"org_{laboratory.id}", "use": f"use_{position}", "entry": f"led_{position}"}
    found = (await network.ask(ANYBODY, query, ids))["data"]
    assert found == {
        "dataUses": {"nodes": [{"id": use, "results": [{"url": URL}]}]},
        "node": None,
        "entry": {"id": f"led_{position}"},
        "ledgerEntries": {"nodes": [{"position": position}]},
    }
    again = await network.refused(laboratory, "dataUseLinkResults", dataUse=f"use_{position}", url=URL)
    assert again == ("NOT_FOUND", "input.dataUse")


async def test_a_data_steward_links_any_use_and_others_only_their_own(network: Network, laboratory: User) -> None:
    steward = await network.staff(StaffRole.DATA_STEWARD)
    for use in (await used(network, laboratory), await used(network, None)):
        assert (await network.do(steward, "dataUseLinkResults", "__typename", dataUse=use, url=URL))["userErrors"] == []
    entries = "SELECT count(*) FROM insight.ledger_entry WHERE results_of IS NOT NULL"
    before = await network.value(entries)
    for whose in (await network.buyer(), None):
        refused = await network.refused(laboratory, "dataUseLinkResults", dataUse=await used(network, whose), url=URL)
        assert refused == ("NOT_ELIGIBLE", "input.dataUse")
    moderator = await network.staff(StaffRole.MODERATOR, StaffRole.SURVEY_MANAGER)
    given = {"dataUse": await used(network, laboratory), "url": URL}
    answer = await network.answer(moderator, "dataUseLinkResults", "__typename", **given)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await network.value(entries) == before


@pytest.mark.parametrize(
    "use",
    ["use_0", "use_-1", "use_01", "use_999999999", "use_9999999999", "use_x", "use_", "use_1.0", "use_١", "led_1", ""],
)
async def test_an_unknown_use_is_refused(network: Network, laboratory: User, use: str) -> None:
    refused = await network.refused(laboratory, "dataUseLinkResults", dataUse=use, url=URL)
    assert refused == ("NOT_FOUND", "input.dataUse")


async def test_a_link_is_added_once_and_a_use_has_a_limited_number(network: Network, laboratory: User) -> None:
    use = await used(network, laboratory)
    given = {"dataUse": use, "url": URL}
    payloads = await asyncio.gather(
        *(network.do(laboratory, "dataUseLinkResults", "__typename", **given) for _ in "123")
    )
    refusals = sorted((payload["userErrors"] for payload in payloads), key=len)
    assert refusals == [[], *[[{"code": "TAKEN", "path": ["input", "url"]}]] * 2]
    for number in range(1, MOST_LINKS):
        payload = await network.do(laboratory, "dataUseLinkResults", "__typename", dataUse=use, url=f"{URL}/{number}")
        assert payload["userErrors"] == []
    refused = await network.refused(laboratory, "dataUseLinkResults", dataUse=use, url="https://example.org/")
    assert refused == ("LIMIT_REACHED", "input.dataUse")


ACCEPTED = [
    URL,
    "https://example.org",
    "https://www.example.org/a/b?c=d&e=%C3%A9#f",
    "https://EXAMPLE.ORG/",
    "https://xn--hpital-ixa.fr/",
    "https://a-b.c1.fr/;x,y=(z)'!*@~$",
    "https://example.org/" + "x" * (LENGTH - 20),
]
REFUSED = [
    "http://example.org/", "ftp://example.org/", "//example.org/", "example.org", "https:example.org", "https://",
    "https:///path", "javascript:alert(1)", "data:text/html,x", "https://user@example.org/", "https://u:p@example.org/",
    "https://example.org:443/", "https://example.org:/", "https://localhost/", "https://a.localhost/", "https://a.local",
    "https://intranet/", "https://127.0.0.1/", "https://0x7f.0.0.1/", "https://1.2/", "https://2130706433/",
    "https://[::1]/", "https://a.0x7f/", "https://example.org./", "https://-a.fr/", "https://a-.fr/", "https://a..fr/",
    "https://.fr/", "https://a_b.fr/", "https://exa mple.org/", "https://example.org/a b", "https://example.org/<b>",
    "https://example.org/\\", 'https://example.org/"', "https://example.org/é", "https://hôpital.fr/", "https://example.org/%",
    "https://example.org/%zz", "https://example.org/a\nb", "https://example.org\\@evil.fr", "https://evil.fr\u200b.org/",
    "https://" + "a" * 64 + ".fr/", "https://" + "a." * 130 + "fr/", "", " ",
]  # fmt: skip


@pytest.mark.parametrize("url", ACCEPTED)
def test_an_address_of_a_public_page_is_accepted_as_it_is(url: str) -> None:
    assert https_address(url, "url") == url


@pytest.mark.parametrize("url", REFUSED)
def test_any_other_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Refused) as refused:
        https_address(url, "url")
    [refusal] = refused.value.refusals
    assert (refusal.code, refusal.path) == ("INVALID", ("url",))
    assert len(url) < 9 or url not in refusal.message


def test_a_long_address_is_refused() -> None:
    with pytest.raises(Refused, match="TOO_LONG"):
        https_address("https://example.org/" + "x" * LENGTH, "url")


WRONG: list[dict[str, Any]] = [
    {"micro_rho": 1},
    {"results_url": None},
    {"results_of": None},
    {"commitment": bytes(32)},
]


@pytest.mark.parametrize("given", WRONG)
async def test_the_table_refuses_an_entry_that_is_half_a_link(admin: asyncpg.Connection, given: dict[str, Any]) -> None:
    entry = await factories.ledger_entry(admin)
    with pytest.raises(asyncpg.CheckViolationError):
        await linked(admin, entry, **given)


async def test_verification_detects_a_link_that_says_something_else_of_the_use(admin: asyncpg.Connection) -> None:
    faults = await ledger.fault(admin)
    entry = await factories.ledger_entry(admin)
    link = await linked(admin, entry, purpose="Another")
    assert faults is None
    found = "of the ledger links to results of an entry that it does not match."
    assert await ledger.fault(admin) == f"Entry {link['position']} {found}"


async def linked(admin: asyncpg.Connection, entry: asyncpg.Record, **given: Any) -> asyncpg.Record:
    """A ledger entry that links `entry` to results, with other values."""
    link = {"results_of": entry["position"], "results_url": URL, "micro_rho": 0, "commitment": None}
    return await factories.ledger_link(admin, entry, **link | given)
