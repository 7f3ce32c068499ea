"""Refusals and quotes of publishing: each code and price, and that nothing was spent."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.identity.accounts import StaffRole
from models.identity.organizations import OrganizationKind
from models.insight.licences import LicenceStatus
from tests import factories
from tests.insight.conftest import Unsold
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import KINDS, Crowd, buyer, closed, crowd, publish
from tests.support.publishable import (
    ASKS,
    GATHERED,
    PRICES,
    PUBLISHES,
    SHARE,
    asks,
    expect_sound,
    free,
    paid,
    publishes,
    releases,
    spent,
)


async def test_a_quota_restricts_its_licence_and_not_others(network: Network, respondents: Crowd, dataset: str) -> None:
    poor = await buyer(network, respondents.community, quota=PRICES[20] + 800)
    rich = await buyer(network, respondents.community)
    paid(await publish(network, poor, dataset, "q", "r"))
    before = await spent(network, dataset)
    result = await publishes(network, poor, dataset, "q", "sex")
    [error] = result["userErrors"]
    assert (error["code"], error["path"]) == ("BUDGET_EXHAUSTED", ["input", "precision"])
    assert (
        error["message"] == "This costs 4,567 micro-rho, and 800 are left. The precision WITHIN_50 is still affordable."
    )
    assert (result["insight"], result["charged"]) == (None, None)
    assert result["quote"] == {
        "cost": {"microRho": PRICES[20]}, "affordable": False, "alreadyPublished": False, "cells": 16,
        "marginOfError": 20, "remainingAfter": {"microRho": 800}, "cheaper": ["WITHIN_50"], "coveredBy": [],
    }  # fmt: skip
    assert await asks(network, poor, dataset, "q", "sex") == result["quote"]
    assert await spent(network, dataset) == before
    paid(await publish(network, poor, dataset, "q", "sex", within=50))
    [error] = (await publishes(network, poor, dataset, "sex", "r", within=50))["userErrors"]
    assert error["message"] == (
        f"This costs {PRICES[50]} micro-rho, and {800 - PRICES[50]} are left of the licence's quota. Name another "
        "licence, or request one: `licenceRequest`."
    )
    paid(await publish(network, rich, dataset, "q", "sex"))
    await expect_sound(network, dataset)


async def test_a_quota_covers_all_datasets_of_the_community(network: Network, respondents: Crowd, dataset: str) -> None:
    poor = await buyer(network, respondents.community, quota=PRICES[20] + 800)
    paid(await publish(network, poor, dataset, "q", "r"))
    wave = await factories.dataset(network.database, community_id=respondents.community, offered_to=KINDS)
    await factories.variable(network.database, dataset_id=wave["id"], position=1, name="q")
    await factories.category(network.database, dataset_id=wave["id"], variable=1, place=0, code="UNKNOWN")
    assert (await asks(network, poor, f"dst_{wave['id']}", "q"))["remainingAfter"] == {"microRho": 800}


async def test_the_licence_with_the_most_quota_left_pays(network: Network, respondents: Crowd, dataset: str) -> None:
    who = await buyer(network, respondents.community, quota=100)
    poor = await network.row("SELECT l.* FROM insight.licence l JOIN insight.organization o ON o.id = l.organization_id"
                          " WHERE o.name = $1", who.name)  # fmt: skip
    kept = ("organization_id", "community_id", "status", "starts_on", "ends_on")
    rich = await factories.licence(network.database, **{name: poor[name] for name in kept}, quota_micro_rho=9_000)
    paid(await publish(network, who, dataset, "q", "r"))
    [release] = await releases(network, dataset, "q", "r")
    assert release["licence_id"] == rich["id"]


async def test_buyers_and_cohorte_have_separate_budget_shares(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller, steward: User
) -> None:
    other = await buyer(network, respondents.community)
    paid(await publish(network, licensed_buyer, dataset, "q", "sex", within=5))
    paid(await publish(network, other, dataset, "r", "sex", within=10))
    left = SHARE - PRICES[5] - PRICES[10]
    for who in (licensed_buyer, other):
        result = await publishes(network, who, dataset, "twin", "sex", within=5)
        assert result["quote"]["remainingAfter"] == {"microRho": left}
        assert result["quote"]["cheaper"] == ["WITHIN_10", "WITHIN_20", "WITHIN_50"]
    used, sold = await spent(network, dataset)
    assert sold == PRICES[5] + PRICES[10]
    house = 80_000 - (used - sold)
    assert (await asks(network, steward, dataset, "twin", "sex", within=10))["remainingAfter"] == {
        "microRho": house - PRICES[10]
    }
    paid(await publish(network, steward, dataset, "twin", "sex", within=10))
    [release] = await releases(network, dataset, "twin", "sex")
    assert (release["organization_id"], release["licence_id"]) == (None, None)
    assert release["purpose"] == "Cohorte's own research"
    assert (await publishes(network, steward, dataset, "q", "kind", within=5))["userErrors"][0][
        "code"
    ] == "BUDGET_EXHAUSTED"
    await expect_sound(network, dataset)


async def test_a_quote_names_the_insight_that_already_answers_the_question(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller
) -> None:
    fine, _ = paid(await publish(network, licensed_buyer, dataset, "twin", "kind", within=5))
    quoted = await asks(network, licensed_buyer, dataset, "kind", within=10)
    assert [one["id"] for one in quoted["coveredBy"]] == [fine]  # three cells summed are within 5 * sqrt(3)
    assert quoted["cost"] == {"microRho": PRICES[10]}
    by_kind, _ = paid(await publish(network, licensed_buyer, dataset, "kind", within=10))
    covering = (await asks(network, licensed_buyer, dataset, "kind", within=10))["coveredBy"]
    assert [one["id"] for one in covering] == [by_kind, fine]
    assert (await asks(network, licensed_buyer, dataset, "kind", within=5))["coveredBy"] == []
    assert (await asks(network, licensed_buyer, dataset, "twin", "kind", "q", within=50))["coveredBy"] == []
    stranger = await asks(network, await buyer(network), dataset, "sex", within=10)
    assert (stranger["affordable"], stranger["alreadyPublished"], stranger["coveredBy"]) == (False, False, [])


async def test_a_quote_is_free_and_reads_no_record(network: Network, unsold: Unsold) -> None:
    who, before = await buyer(network, unsold.respondents.community), await spent(network, unsold.dataset)
    quoted = await asks(network, who, unsold.dataset, "q", "age_band", "region")
    assert quoted == {
        "cost": {"microRho": PRICES[20]}, "affordable": True, "alreadyPublished": False, "cells": 4 * 9 * 19,
        "marginOfError": 20, "remainingAfter": {"microRho": SHARE - PRICES[20]}, "cheaper": ["WITHIN_50"],
        "coveredBy": [],
    }  # fmt: skip
    assert not [one for one in network.ask.statements if "research." in one]
    assert await spent(network, unsold.dataset) == before


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"variable": "nobody"}, "INVALID", "input.variable"),
    ({"by": ["r", "nobody"]}, "INVALID", "input.by.1"),
    ({"by": ["q"]}, "INVALID", "input.by.0"),
    ({"by": ["r", "r"]}, "INVALID", "input.by.1"),
    ({"by": ["r", "sex", "kind"]}, "INVALID", "input.by"),
    ({"dataset": f"dst_{uuid4()}"}, "NOT_FOUND", "input.dataset"),
    ({"dataset": f"svy_{uuid4()}"}, "NOT_FOUND", "input.dataset"),
    ({"dataset": "dst_x"}, "NOT_FOUND", "input.dataset"),
]


@pytest.mark.parametrize(("change", "code", "path"), REFUSED)
async def test_an_invalid_question_is_refused_by_quotes_and_publishing_alike(
    network: Network, unsold: Unsold, change: dict[str, Any], code: str, path: str
) -> None:
    laboratory = await buyer(network, unsold.respondents.community)
    before = await spent(network, unsold.dataset)
    given = {"dataset": unsold.dataset, "variable": "q", "by": [], "precision": "WITHIN_20"} | change
    answer = await network.ask(laboratory, PUBLISHES, {"input": given})
    [error] = answer["data"]["insightPublish"]["userErrors"]
    assert (error["code"], ".".join(error["path"])) == (code, path)
    assert answer["data"]["insightPublish"]["quote"] is None
    [quoted] = (await network.ask(laboratory, ASKS, {"input": given}))["errors"]
    assert (quoted["extensions"]["code"], ".".join(quoted["extensions"]["argument"])) == (code, path)
    assert quoted["message"] == error["message"]
    assert await spent(network, unsold.dataset) == before


async def test_a_cube_with_too_many_cells_is_refused(network: Network) -> None:
    codes = [f"C{number}" for number in range(90)]
    wide = await crowd(network.database, [{"a": "C1", "b": "C2"}] * GATHERED, {"a": codes, "b": codes})
    who = await buyer(network, wide.community)
    result = await publishes(network, who, await closed(network, wide), "a", "b")
    [error] = result["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", "by"])
    assert error["message"].startswith("This has 8,281 cells, and the limit is 5,000.")


@pytest.mark.parametrize(
    ("kind", "licence", "code"),
    [
        (OrganizationKind.MUTUAL, {}, "NOT_ELIGIBLE"),
        (OrganizationKind.LABORATORY, None, "LICENCE_REQUIRED"),
        (OrganizationKind.LABORATORY, {"status": LicenceStatus.REQUESTED, "quota_micro_rho": 0}, "LICENCE_REQUIRED"),
        (OrganizationKind.LABORATORY, {"status": LicenceStatus.REFUSED, "quota_micro_rho": 0}, "LICENCE_REQUIRED"),
        (OrganizationKind.LABORATORY, {"starts_on": 1}, "LICENCE_REQUIRED"),
        (OrganizationKind.LABORATORY, {"ends_on": -1}, "LICENCE_REQUIRED"),
        (OrganizationKind.LABORATORY, {"community_id": None}, "LICENCE_REQUIRED"),
    ],
)
async def test_callers_without_access_are_refused_published_questions_too(
    network: Network,
    unsold: Unsold,
    kind: OrganizationKind,
    licence: dict[str, Any] | None,
    code: str,
) -> None:
    before = await spent(network, unsold.dataset)
    who = await buyer(network, kind=kind)
    today = datetime.now(UTC).date()
    if licence is not None:
        organization = await network.value("SELECT id FROM insight.organization WHERE name = $1", who.name)
        given: dict[str, Any] = {
            "status": LicenceStatus.GRANTED,
            "quota_micro_rho": 250_000,
            "starts_on": -9,
            "ends_on": 9,
        } | licence
        days = {name: today + timedelta(days=given.pop(name)) for name in ("starts_on", "ends_on")}
        about = {"organization_id": organization, "community_id": unsold.respondents.community} | given
        await factories.licence(network.database, **{name: value for name, value in about.items() if value}, **days)
    for variable in ("q", "sex"):  # of which the first was published at freezing
        [error] = (await publishes(network, who, unsold.dataset, variable))["userErrors"]
        assert (error["code"], error["path"]) == (code, ["input", "dataset"])
    quoted = await asks(network, who, unsold.dataset, "q", "sex")
    assert (quoted["affordable"], quoted["remainingAfter"]) == (False, {"microRho": 0})
    assert await spent(network, unsold.dataset) == before


async def test_only_data_stewards_publish_for_cohorte_and_members_never(network: Network, unsold: Unsold) -> None:
    before = await spent(network, unsold.dataset)
    given = {"dataset": unsold.dataset, "variable": "q", "precision": "WITHIN_50"}
    survey_manager = await network.staff(StaffRole.SURVEY_MANAGER, StaffRole.MODERATOR)
    [error] = (await network.ask(survey_manager, PUBLISHES, {"input": given}))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    [error, *_] = (await network.ask(await network.member(), PUBLISHES, {"input": given}))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert await spent(network, unsold.dataset) == before


@pytest.mark.parametrize("ending", ["status = 'ENDED'", "ends_on = current_date - 1"])
async def test_a_dataset_that_has_ended_publishes_nothing_new(
    network: Network, dataset: str, licensed_buyer: Caller, ending: str
) -> None:
    insight, _ = paid(await publish(network, licensed_buyer, dataset, "q", "r"))
    await network.database.execute(f"UPDATE insight.dataset SET {ending} WHERE id = $1", key(dataset))
    before = await spent(network, dataset)
    [error] = (await publishes(network, licensed_buyer, dataset, "kind"))["userErrors"]
    assert (error["code"], error["path"]) == ("TOO_LATE", ["input", "dataset"])
    assert free(await publish(network, licensed_buyer, dataset, "q", "r")) == insight
    assert free(await publish(network, licensed_buyer, dataset, "r", "q")) != insight
    assert await spent(network, dataset) == before


async def test_an_insight_is_published_under_the_licence_that_is_named(
    network: Network, dataset: str, respondents: Crowd, licensed_buyer: Caller
) -> None:
    whose = "SELECT organization_id FROM insight.licence WHERE community_id = $1"
    of = {
        "organization_id": await network.value(whose, respondents.community), "status": LicenceStatus.GRANTED,
        "starts_on": await network.value("SELECT catalog.today() - 9"), "ends_on": date(2999, 12, 31),
    }  # fmt: skip
    here = {"community_id": respondents.community}
    database = network.database
    # The buyer's first licence has the larger quota: without a name it is the one that is used.
    second = await factories.licence(database, **of, **here, purpose="Second study", quota_micro_rho=5_000)
    over = await factories.licence(database, **of | {"ends_on": of["starts_on"]}, **here, quota_micro_rho=250_000)
    elsewhere = await factories.licence(database, **of, quota_micro_rho=250_000)
    foreign = await factories.licence(
        database, **{name: of[name] for name in of if name != "organization_id"}, **here, quota_micro_rho=250_000
    )

    def given(licence: Any, **changed: Any) -> dict[str, Any]:
        asked = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}
        return {"input": asked | {"licence": licence and f"lic_{licence}"} | changed}

    before = await spent(network, dataset)
    for licence, code in (
        (over["id"], "INVALID"), (elsewhere["id"], "INVALID"), (foreign["id"], "NOT_FOUND"),
        (uuid4(), "NOT_FOUND"),
    ):  # fmt: skip
        answer = (await network.ask(licensed_buyer, PUBLISHES, given(licence)))["data"]["insightPublish"]
        [error] = answer["userErrors"]
        assert (error["code"], error["path"]) == (code, ["input", "licence"])
        [quoted] = (await network.ask(licensed_buyer, ASKS, given(licence)))["errors"]
        assert (quoted["extensions"]["code"], quoted["extensions"]["argument"]) == (code, ["input", "licence"])
    steward = await network.staff(StaffRole.DATA_STEWARD)
    [error] = (await network.ask(steward, PUBLISHES, given(second["id"])))["data"]["insightPublish"]["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "licence"])
    assert await spent(network, dataset) == before
    # The quota of the licence that is named decides, in quotes too.
    fine = given(second["id"], precision="WITHIN_10")
    assert not (await network.ask(licensed_buyer, ASKS, fine))["data"]["insightQuote"]["affordable"]
    [error] = (await network.ask(licensed_buyer, PUBLISHES, fine))["data"]["insightPublish"]["userErrors"]
    assert error["code"] == "BUDGET_EXHAUSTED"
    quote = (await network.ask(licensed_buyer, ASKS, given(second["id"])))["data"]["insightQuote"]
    assert (quote["affordable"], quote["remainingAfter"]) == (True, {"microRho": 5_000 - 4_567})
    for asked in (given(second["id"]), given(None, variable="r", by=["kind"])):
        answer = (await network.ask(licensed_buyer, PUBLISHES, asked))["data"]["insightPublish"]
        assert answer["userErrors"] == []
    recorded = await network.database.fetch(
        "SELECT r.licence_id, l.purpose FROM insight.ledger_entry l JOIN insight.release r ON r.id = l.release_id"
        " WHERE r.dataset_id = $1 AND r.licence_id IS NOT NULL ORDER BY l.position", key(dataset),
    )  # fmt: skip
    assert [row["licence_id"] == second["id"] for row in recorded] == [True, False]
    assert recorded[0]["purpose"] == "Second study" != recorded[1]["purpose"]


LICENCES = """{ organization { licences {
  purpose status quota { microRho } spent { microRho } remaining { microRho }
} } }"""


async def test_a_licence_says_what_is_spent_and_what_is_left(
    network: Network, respondents: Crowd, dataset: str
) -> None:
    who = await buyer(network, respondents.community, quota=PRICES[20] + 800)

    async def shown() -> tuple[str, int, int]:
        [found] = (await network.ask(who, LICENCES))["data"]["organization"]["licences"]
        return found["status"], found["spent"]["microRho"], found["remaining"]["microRho"]

    assert await shown() == ("GRANTED", 0, PRICES[20] + 800)
    paid(await publish(network, who, dataset, "q", "r"))
    free(await publish(network, who, dataset, "r", "q"))
    assert await shown() == ("GRANTED", PRICES[20], 800)
    assert await shown() == (
        "GRANTED",
        PRICES[20],
        (await asks(network, who, dataset, "sex"))["remainingAfter"]["microRho"],
    )
    # What was spent is still said of a licence that reads nothing any more.
    await network.database.execute(
        "UPDATE insight.licence SET starts_on = catalog.today() - 9, ends_on = catalog.today() - 1"
        " WHERE community_id = $1",
        respondents.community,
    )
    assert await shown() == ("ENDED", PRICES[20], 0)
