"""What each kind of organization may request, be granted, read and publish; and the undertakings that it accepts."""

import itertools
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.organizations import ALLOWED, OrganizationKind, PurposeKind
from models.insight.licences import LicenceStatus
from models.insight.undertakings import IN_FORCE, RESULTS_MONTHS, TEXTS
from models.languages import Language
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import KINDS, closed, crowd, publish
from tests.support.publishable import GATHERED, QUOTE, paid
from tests.support.surveys import in_days

LABORATORY, HOSPITAL, MUTUAL, INSURER = OrganizationKind
# Written by hand, from articles 53 and 54: what insurers and mutuals might turn into prices is not theirs.
MAY: dict[OrganizationKind, str] = {
    LABORATORY: "SCIENTIFIC_RESEARCH PRODUCT_DEVELOPMENT CARE_IMPROVEMENT EDUCATION",
    HOSPITAL: "SCIENTIFIC_RESEARCH PRODUCT_DEVELOPMENT CARE_IMPROVEMENT EDUCATION PUBLIC_HEALTH STATISTICS",
    MUTUAL: "SCIENTIFIC_RESEARCH CARE_IMPROVEMENT",
    INSURER: "SCIENTIFIC_RESEARCH CARE_IMPROVEMENT",
}
PAIRS = list(itertools.product(OrganizationKind, PurposeKind))
QUOTED = f"query Q($input: InsightQuoteInput!) {{ insightQuote(input: $input) {{ {QUOTE} }} }}"
ACCEPTED = "purposeKind undertakings(language: FR) { version language text } undertakingsAcceptedAt resultsDueOn"


def wanted(community: UUID, purpose: str, **given: Any) -> dict[str, Any]:
    asked = {"community": f"com_{community}", "purpose": "Sleep", "purposeKind": purpose, "undertakings": IN_FORCE}
    return asked | {"startsOn": in_days(0), "endsOn": in_days(365)} | given


def test_the_rule_is_the_one_that_was_decided() -> None:
    assert {kind: " ".join(each for each in PurposeKind if each in ALLOWED[kind]) for kind in OrganizationKind} == MAY


async def test_the_database_has_the_same_rule(admin: asyncpg.Connection) -> None:
    for kind, purpose in PAIRS:
        found = await admin.fetchval("SELECT insight.may_pursue($1, $2)", kind, purpose)
        assert found is (purpose in ALLOWED[kind]), (kind, purpose)
    for pair in (("LABORATORY", None), (None, "EDUCATION"), ("LABORATORY", "MARKETING"), ("BANK", "EDUCATION")):
        assert await admin.fetchval("SELECT insight.may_pursue($1, $2)", *pair) is False


@pytest.mark.parametrize(("kind", "purpose"), PAIRS)
async def test_an_organization_requests_only_what_its_kind_may_pursue(
    network: Network, community_id: UUID, kind: OrganizationKind, purpose: PurposeKind
) -> None:
    who = await network.buyer(kind=kind)
    payload = await network.do(who, "licenceRequest", "licence { purposeKind }", **wanted(community_id, purpose))
    if purpose in MAY[kind].split():
        assert payload == {"licence": {"purposeKind": purpose}, "userErrors": []}
    else:
        refusal = {"code": "NOT_ELIGIBLE", "path": ["input", "purposeKind"]}
        assert payload == {"licence": None, "userErrors": [refusal]}
    made = await network.value("SELECT count(*) FROM insight.licence WHERE organization_id = $1", who.id)
    assert made == (purpose in MAY[kind].split())
    purposes = (await network.ask(who, "{ organization { purposes } }"))["data"]["organization"]["purposes"]
    assert (purpose in purposes) is (purpose in MAY[kind].split())


@pytest.mark.parametrize(("kind", "purpose"), [*PAIRS, (LABORATORY, None), (INSURER, None)])
async def test_a_request_for_another_purpose_cannot_be_granted_but_refused(
    network: Network, steward: User, kind: OrganizationKind, purpose: PurposeKind | None
) -> None:
    """Requests that are older than the rule, or whose organization's kind was corrected."""
    organization = await factories.organization(network.database, kind=kind)
    without = {} if purpose else {"undertakings": None, "undertakings_accepted_at": None}
    licence = await factories.licence(
        network.database, organization_id=organization["id"], status=LicenceStatus.REQUESTED, purpose_kind=purpose,
        starts_on=date.fromisoformat(in_days(0)), ends_on=date.fromisoformat(in_days(9)), **without,
    )  # fmt: skip
    granted = {"licence": f"lic_{licence['id']}", "granted": True, "quota": 5}
    payload = await network.do(steward, "licenceDecide", "licence { status }", **granted)
    if purpose in ALLOWED[kind]:
        assert payload == {"licence": {"status": "GRANTED"}, "userErrors": []}
        return
    assert payload["userErrors"] == [{"code": "NOT_ELIGIBLE", "path": ["input", "licence"]}]
    async with network.database.transaction():  # nor past the mutation
        await network.database.execute("SET LOCAL ROLE cohorte_manager")
        await network.database.execute("SELECT set_config('cohorte.staff', $1, true)", str(steward.id))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with network.database.transaction():
                await network.database.execute(
                    "UPDATE insight.licence SET status = 'GRANTED', quota_micro_rho = 5 WHERE id = $1", licence["id"]
                )
    refused = {"licence": f"lic_{licence['id']}", "granted": False}
    payload = await network.do(steward, "licenceDecide", "licence { status }", **refused)
    assert payload == {"licence": {"status": "REFUSED"}, "userErrors": []}


async def test_a_licence_for_another_purpose_opens_nothing(network: Network) -> None:
    """For every kind and purpose: reading, quoting and publishing, under a licence that is granted and in force."""
    people = await crowd(network.database, [{"q": "AB"[n % 2]} for n in range(GATHERED)], {"q": "AB"}, offered_to=KINDS)
    dataset = await closed(network, people)
    today = date.fromisoformat(in_days(0))
    for kind, purpose in [*PAIRS, *((kind, None) for kind in OrganizationKind)]:
        who = await network.buyer(kind=kind)
        without = {} if purpose else {"undertakings": None, "undertakings_accepted_at": None}
        await factories.licence(
            network.database, organization_id=who.id, community_id=people.community, purpose_kind=purpose,
            starts_on=today, ends_on=today, quota_micro_rho=200_000, **without,
        )  # fmt: skip
        asked = {"dataset": dataset, "variable": "sex", "by": [], "precision": "WITHIN_50"}
        read = "query ($id: ID!) { dataset(id: $id) { insights { nodes { id } } sizeProof { salt } } }"
        seen = (await network.ask(who, read, {"id": dataset}))["data"]["dataset"]
        quote = (await network.ask(who, QUOTED, {"input": asked}))["data"]["insightQuote"]
        payload = await publish(network, who, dataset, "sex", within=50)
        opened = purpose in ALLOWED[kind]
        assert bool(seen["insights"]["nodes"]) is opened, (kind, purpose)
        assert (seen["sizeProof"] is not None) is opened, (kind, purpose)
        assert (quote["affordable"], bool(payload["insight"])) == (opened, opened), (kind, purpose)
        if not opened:
            assert [error["code"] for error in payload["userErrors"]] == ["LICENCE_REQUIRED"]


# As it was: whatever a licence was for, it opened the tables.
WHATEVER = """
    CREATE OR REPLACE FUNCTION insight.may_pursue(kind text, purpose_kind text) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT true $$
"""


@pytest.mark.parametrize("planted", [True, False], ids=["any purpose, as planted", "as the rule says"])
async def test_an_insurer_reads_tables_under_a_licence_for_prices_only_where_any_purpose_will_do(
    own_network: Network, planted: bool
) -> None:
    """The attack is a licence that was granted by mistake, or before the rule: policies ask for its purpose."""
    network = own_network
    people = await crowd(network.database, [{"q": "AB"[n % 2]} for n in range(GATHERED)], {"q": "AB"}, offered_to=KINDS)
    dataset = await closed(network, people)
    insurer = await network.buyer(kind=INSURER)
    today = date.fromisoformat(in_days(0))
    await factories.licence(
        network.database, organization_id=insurer.id, community_id=people.community,
        purpose_kind="PRODUCT_DEVELOPMENT", starts_on=today, ends_on=today, quota_micro_rho=200_000,
    )  # fmt: skip
    if planted:
        await network.database.execute(WHATEVER)
    read = "query ($id: ID!) { dataset(id: $id) { insights { nodes { cells { count } } } } }"
    seen = (await network.ask(insurer, read, {"id": dataset}))["data"]["dataset"]["insights"]["nodes"]
    assert bool(seen) is planted
    # Publishing checks the purpose by itself, too.
    payload = await publish(network, insurer, dataset, "sex", within=50)
    assert [error["code"] for error in payload["userErrors"]] == ["LICENCE_REQUIRED"]


async def test_the_ledger_states_the_kind_of_purpose(network: Network) -> None:
    people = await crowd(network.database, [{"q": "AB"[n % 2]} for n in range(GATHERED)], {"q": "AB"}, offered_to=KINDS)
    dataset = await closed(network, people)
    who = await network.buyer(kind=MUTUAL)
    today = date.fromisoformat(in_days(0))
    await factories.licence(
        network.database, organization_id=who.id, community_id=people.community, purpose_kind="CARE_IMPROVEMENT",
        starts_on=today, ends_on=today, quota_micro_rho=200_000,
    )  # fmt: skip
    paid(await publish(network, who, dataset, "sex", "q", within=50))
    slug = await network.value("SELECT slug FROM catalog.community WHERE id = $1", people.community)
    uses = (
        "query ($community: String) { dataUses(community: $community) { nodes { purposeKind organization { kind } } } }"
    )
    [use, *others] = (await network.ask(ANYBODY, uses, {"community": slug}))["data"]["dataUses"]["nodes"]
    assert use == {"purposeKind": "CARE_IMPROVEMENT", "organization": {"kind": "MUTUAL"}}
    assert {other["purposeKind"] for other in others} == {None}


# Undertakings


@pytest.mark.parametrize("language", Language)
async def test_anybody_reads_the_undertakings_before_they_are_accepted(network: Network, language: Language) -> None:
    query = "query ($language: Language) { undertakings(language: $language) { version language text } }"
    found = (await network.ask(ANYBODY, query, {"language": language}))["data"]["undertakings"]
    assert found == {"version": IN_FORCE, "language": language, "text": TEXTS[IN_FORCE][language]}
    assert str(RESULTS_MONTHS) in found["text"]


def test_every_version_exists_in_every_language() -> None:
    assert all(set(texts) == set(Language) and all(texts.values()) for texts in TEXTS.values())
    assert list(TEXTS) == sorted(TEXTS)
    for text in TEXTS[IN_FORCE].values():
        assert [line[0] for line in text.splitlines() if line[:1].isdigit()] == list("123456")


async def test_the_undertakings_are_stored_with_version_and_time_and_shown_to_readers_of_the_licence(
    network: Network, steward: User, laboratory_user: User, community_id: UUID
) -> None:
    before = await network.value("SELECT now()")
    days = {"startsOn": "2096-01-01", "endsOn": "2096-08-31"}
    asked = wanted(community_id, "EDUCATION", **days)
    payload = await network.do(laboratory_user, "licenceRequest", f"licence {{ id {ACCEPTED} }}", **asked)
    licence = payload["licence"]
    text = {"version": IN_FORCE, "language": "FR", "text": TEXTS[IN_FORCE][Language.FR]}
    assert {name: licence[name] for name in ("purposeKind", "undertakings", "resultsDueOn")} == {
        "purposeKind": "EDUCATION", "undertakings": text, "resultsDueOn": "2098-02-28",
    }  # fmt: skip
    accepted = await network.value(
        "SELECT undertakings_accepted_at FROM insight.licence WHERE id = $1", key(licence["id"])
    )
    assert before < accepted < await network.value("SELECT now()")
    # PostgreSQL leaves out zeros at the end of a fraction.
    assert datetime.fromisoformat(licence["undertakingsAcceptedAt"]) == accepted
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Licence {{ id {ACCEPTED} }} }} }}"
    assert (await network.ask(steward, query, {"id": licence["id"]}))["data"]["node"] == licence
    other = await network.buyer()
    assert (await network.ask(other, query, {"id": licence["id"]}))["data"]["node"] is None


async def test_a_licence_from_before_has_no_undertakings(network: Network, laboratory_user: User) -> None:
    without = {"purpose_kind": None, "undertakings": None, "undertakings_accepted_at": None}
    await factories.licence(network.database, organization_id=laboratory_user.id, **without)
    answer = await network.ask(laboratory_user, f"{{ organization {{ licences {{ {ACCEPTED} }} }} }}")
    nothing = dict.fromkeys(("purposeKind", "undertakings", "undertakingsAcceptedAt", "resultsDueOn"))
    assert answer["data"]["organization"]["licences"] == [nothing]


@pytest.mark.parametrize("missing", ["purpose_kind", "undertakings", "undertakings_accepted_at"])
async def test_no_purpose_is_stored_without_undertakings_nor_the_other_way_round(
    admin: asyncpg.Connection, missing: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="ck_licence_accepted"):
        await factories.licence(admin, **{missing: None})
