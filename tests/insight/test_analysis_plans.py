"""Analysis plans: one price whatever the order, published as one act, and what others of the plan answer."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.viewers import Audience, Viewer
from privacy.precision import Precision
from resolvers.insight.analysis_plans import MOST_QUESTIONS
from resolvers.insight.insight_requests import InsightRequest
from resolvers.insight.insights_mutations import publish
from server.databases.shares import MOST_WAITING_OF_ONE
from tests.insight.conftest import Unsold
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import Crowd, buyer, cells
from tests.support.population import publish as publish_alone
from tests.support.publishable import PRICES, SHARE, expect_sound, paid, spent

QUOTE = """
  cost { microRho } costOfUncovered { microRho } affordable remainingAfter { microRho } obstacles { code message }
  questions {
    cost { microRho } sameAs coveredWith
    quote { cost { microRho } affordable alreadyPublished coveredBy { id } obstacles { code } }
  }
"""
ASKS = f"query Asks($input: InsightPlanQuoteInput!) {{ insightPlanQuote(input: $input) {{ {QUOTE} }} }}"
PAYLOAD = f"""insights {{ id marginOfError variable {{ name }} by {{ name }} }} charged {{ microRho }}
  quote {{ {QUOTE} }} userErrors {{ code message path }}"""

Question = dict[str, Any]


def question(variable: str, *by: str, within: int = 20, **given: Any) -> Question:
    return {"variable": variable, "by": list(by), "precision": f"WITHIN_{within}"} | given


# `q` is published when the survey closes, within 20: it costs the difference. `r` by `twin` is asked twice.
PLAN = [
    question("q", within=10),
    question("r", "twin", within=50),
    question("twin", "r"),
    question("sex", "q", within=50),
]
PRICE = PRICES[10] - PRICES[20] + PRICES[20] + PRICES[50]


async def quoted(network: Network, who: Caller, dataset: str, questions: Sequence[Question], **given: Any) -> Any:
    answer = await network.ask(who, ASKS, {"input": {"dataset": dataset, "questions": list(questions), **given}})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["insightPlanQuote"]


async def published(network: Network, who: Caller, dataset: str, questions: Sequence[Question], **given: Any) -> Any:
    given |= {"dataset": dataset, "questions": list(questions)}
    return await network.do(who, "insightPlanPublish", PAYLOAD, **given)


async def one_by_one(
    network: Network, who: Caller, dataset: str, questions: Sequence[Question]
) -> tuple[int, list[tuple[Any, ...]]]:
    """What publishing the questions by themselves in this order charges, and their ledger entries; then undone."""
    organization = await network.value("SELECT id FROM insight.organization WHERE name = $1", who.name)
    viewer = Viewer(Audience.BUYER, organization=organization, roles=frozenset({UserRole.ANALYST}))
    undone = network.database.transaction()
    await undone.start()
    try:
        charged = 0
        for each in questions:
            precision = Precision(each["precision"])
            request = InsightRequest(key(dataset), each["variable"], each["by"], precision)
            made = await publish(network.database, viewer, request, at=datetime.now(UTC))
            charged += made.charged_micro_rho
        return charged, await entries(network, dataset)
    finally:
        await undone.rollback()


async def entries(network: Network, dataset: str) -> list[tuple[Any, ...]]:
    """What the ledger says of the licensed uses of a dataset."""
    rows = await network.database.fetch(
        "SELECT variables, micro_rho, purpose, purpose_kind, organization_id FROM insight.ledger_entry"
        " WHERE dataset_id = $1 AND organization_id IS NOT NULL",
        key(dataset),
    )
    return [tuple(row) for row in rows]


async def test_a_plan_costs_what_its_questions_cost_one_by_one_in_every_order(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    before = await spent(network, dataset)
    for first in permutations(PLAN[:3]):
        order = [*first, PLAN[3]]
        found = await quoted(network, licensed_buyer, dataset, order)
        assert found["cost"]["microRho"] == PRICE == sum(each["cost"]["microRho"] for each in found["questions"])
        assert (found["affordable"], found["obstacles"]) == (True, [])
        assert found["remainingAfter"]["microRho"] == SHARE - PRICE
        assert (await one_by_one(network, licensed_buyer, dataset, order))[0] == PRICE
    assert await spent(network, dataset) == before
    assert not [one for one in network.ask.statements if "research.histogram" in one]
    payload = await published(network, licensed_buyer, dataset, PLAN[::-1])
    assert payload["userErrors"] == []
    assert payload["charged"]["microRho"] == PRICE
    assert await spent(network, dataset) == (before[0] + PRICE, before[1] + PRICE)
    await expect_sound(network, dataset)


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_plan_publishes_the_insight_of_each_question_as_one_act(
    network: Network, dataset: str, licensed_buyer: Caller, reverse: bool
) -> None:
    order = PLAN[::-1] if reverse else PLAN
    # In the order that sells no table twice: the better precision comes first.
    _, expected = await one_by_one(network, licensed_buyer, dataset, [PLAN[2], PLAN[0], PLAN[3], PLAN[1]])
    before = await network.value("SELECT count(*) FROM insight.ledger_entry")
    payload = await published(network, licensed_buyer, dataset, order)
    assert [(each["variable"]["name"], [one["name"] for one in each["by"]]) for each in payload["insights"]] == [
        (each["variable"], each["by"]) for each in order
    ]
    # Both questions of one table are answered by the release with the better precision.
    by_question = {each["variable"]["name"]: each["marginOfError"] for each in payload["insights"]}
    assert by_question["r"] == by_question["twin"] == 20
    assert by_question["sex"] == 50
    assert await network.value("SELECT count(*) FROM insight.ledger_entry") == before + 3
    assert sorted(await entries(network, dataset), key=str) == sorted(expected, key=str)
    moments = await network.value(
        "SELECT count(DISTINCT published_at) FROM insight.ledger_entry WHERE position > $1", before
    )
    assert moments == 1
    for each in payload["insights"]:
        assert await cells(network, licensed_buyer, each["id"])
    await expect_sound(network, dataset)
    # All of it is published now, by whoever asks.
    again = await quoted(network, licensed_buyer, dataset, PLAN)
    assert (again["cost"]["microRho"], again["costOfUncovered"]["microRho"]) == (0, 0)
    repeated = await published(network, licensed_buyer, dataset, order)
    assert (repeated["insights"], repeated["charged"]["microRho"]) == (payload["insights"], 0)


async def test_nothing_is_published_if_a_question_is_refused(network: Network, unsold: Unsold) -> None:
    dataset, licensed = unsold.dataset, await buyer(network, unsold.respondents.community)
    before, lines = await spent(network, dataset), await network.value("SELECT count(*) FROM insight.ledger_entry")
    merged = [{"variable": "q", "groups": [{"categories": ["A", "none"]}]}]
    wrong = [
        question("q", "r"),
        question("none", "r"),
        question("sex"),
        question("q", "sex", "q", groupings=merged),
        question("q", kind="MEANS"),
    ]
    places = ["1.variable", "3.by.1", "3.groupings.0.groups.0.categories.1", "4.variable"]
    payload = await published(network, licensed, dataset, wrong)
    assert [(one["code"], ".".join(one["path"])) for one in payload["userErrors"]] == [
        ("INVALID", f"input.questions.{place}") for place in places
    ]
    assert (payload["insights"], payload["charged"], payload["quote"]) == ([], None, None)
    answer = await network.ask(licensed, ASKS, {"input": {"dataset": dataset, "questions": wrong}})
    errors = answer["errors"][0]["extensions"]["userErrors"]
    assert [".".join(error["path"]) for error in errors] == [f"input.questions.{place}" for place in places]
    # A name that an earlier question of the plan gives to another grouping is found out last of all.
    named = [
        question("q", groupings=[{"variable": "q", "name": "Halves", "groups": [{"categories": codes}]}])
        for codes in (["A", "B"], ["B", "C"])
    ]
    refused = await network.refused(licensed, "insightPlanPublish", dataset=dataset, questions=named)
    assert refused == ("TAKEN", "input.questions.1.groupings.0.name")
    assert await spent(network, dataset) == before
    assert await network.value("SELECT count(*) FROM insight.ledger_entry") == lines
    assert await network.value("SELECT count(*) FROM insight.variable WHERE groups <> ''") == 0
    await expect_sound(network, dataset)


async def test_a_budget_that_suffices_for_all_but_one_refuses_all(
    network: Network, respondents: Crowd, dataset: str
) -> None:
    poor = await buyer(network, respondents.community, quota=PRICE - 1)
    before = await spent(network, dataset)
    for order in permutations(PLAN[1:]):
        questions = [PLAN[0], *order]
        payload = await published(network, poor, dataset, questions)
        [error] = payload["userErrors"]
        assert (error["code"], error["path"]) == ("BUDGET_EXHAUSTED", ["input", "questions"])
        assert error["message"].startswith(f"This plan costs {PRICE:,} micro-rho, and {PRICE - 1:,} are left.")
        assert (payload["insights"], payload["charged"]) == ([], None)
        quote = payload["quote"]
        assert (quote["affordable"], quote["remainingAfter"]["microRho"]) == (False, PRICE - 1)
        assert all(each["quote"]["affordable"] for each in quote["questions"])  # each by itself
        assert await quoted(network, poor, dataset, questions) == quote
        assert [each["code"] for each in quote["obstacles"]] == ["BUDGET_EXHAUSTED"]
    assert await spent(network, dataset) == before
    assert not [one for one in network.ask.statements if "research.histogram" in one]
    payload = await published(network, poor, dataset, PLAN[:3])
    assert payload["charged"]["microRho"] == PRICE - PRICES[50]
    await expect_sound(network, dataset)


async def test_plans_that_meet_never_overspend_together(network: Network, respondents: Crowd, dataset: str) -> None:
    pairs = [("q", "r"), ("q", "twin"), ("q", "sex"), ("r", "sex"), ("twin", "sex"), ("q", "kind"), ("r", "kind")]
    plans = [[question(*pair, within=10) for pair in pairs[at : at + 4]] for at in (0, 3)]
    who = [await buyer(network, respondents.community) for _ in plans]
    payloads = await asyncio.gather(
        *(published(network, one, dataset, plan) for one, plan in zip(who, plans, strict=True))
    )
    # Seven pairs cost more than all buyers may spend: whichever plan is second is refused as a whole.
    assert 7 * PRICES[10] > SHARE >= 4 * PRICES[10]
    assert sorted(len(each["insights"]) for each in payloads) == [0, 4]
    assert (await spent(network, dataset))[1] == 4 * PRICES[10]
    await expect_sound(network, dataset)


async def test_a_quote_says_what_others_of_the_plan_answer(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    paid(await publish_alone(network, licensed_buyer, dataset, "twin", "kind", within=5))
    plan = [
        question("sex", "q", within=50),  # answered by the third one
        question("sex", "r", within=50),  # answered by the next one
        question("sex", "r", "q", within=10),
        question("r", "sex", within=50),  # as the second one
        question("kind", within=50),  # answered by what is published
        question("q", "kind", within=50),  # answered by nothing
    ]
    for order in (range(6), (4, 1, 5, 0, 3, 2)):
        found = await quoted(network, licensed_buyer, dataset, [plan[at] for at in order])
        place = {at: place for place, at in enumerate(order)}
        by = {at: found["questions"][place[at]] for at in range(6)}
        assert [by[at]["coveredWith"] for at in range(6)] == [[place[2]], [place[2]], [], [place[2]], [], []]
        assert [bool(by[at]["quote"]["coveredBy"]) for at in range(6)] == [False] * 4 + [True, False]
        pair = sorted((1, 3), key=lambda at: place[at])
        assert (by[pair[0]]["sameAs"], by[pair[1]]["sameAs"]) == (None, place[pair[0]])
        assert (by[pair[0]]["cost"]["microRho"], by[pair[1]]["cost"]["microRho"]) == (PRICES[50], 0)
        alone = {at: by[at]["quote"]["cost"]["microRho"] for at in range(6)}
        assert found["cost"]["microRho"] == sum(alone.values()) - PRICES[50]
        assert found["costOfUncovered"]["microRho"] == alone[2] + alone[5] == PRICES[10] + PRICES[50]
    # Without them, the plan costs that.
    less = await quoted(network, licensed_buyer, dataset, [plan[2], plan[5]])
    assert less["cost"] == less["costOfUncovered"] == found["costOfUncovered"]
    payload = await published(network, licensed_buyer, dataset, [plan[2], plan[5]])
    assert payload["charged"] == less["cost"]
    # Published, the table answers what the plan said it would.
    rest = await quoted(network, licensed_buyer, dataset, plan[:2])
    for each in rest["questions"]:
        assert each["quote"]["coveredBy"][0]["id"] == payload["insights"][0]["id"]


async def test_questions_of_a_plan_merge_categories_as_by_themselves(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    def merging(*groups: Sequence[str]) -> list[Any]:
        return [{"variable": "q", "groups": [{"categories": list(group)} for group in groups]}]

    plan = [
        question("q", groupings=merging("AB")),
        question("q", "r", groupings=merging("BC", "A")),
        question("q", within=50, groupings=merging("C", "BA")),  # as the first one
        question("r", groupings=[]),
    ]
    found = await quoted(network, licensed_buyer, dataset, plan)
    assert [each["sameAs"] for each in found["questions"]] == [None, None, 0, None]
    payload = await published(network, licensed_buyer, dataset, plan)
    assert payload["userErrors"] == []
    assert payload["charged"] == found["cost"] == {"microRho": 2 * PRICES[20]}  # `r` is published
    assert payload["insights"][2] == payload["insights"][0]
    codes = {code for code, *_ in await cells(network, licensed_buyer, payload["insights"][1]["id"])}
    assert len(codes) == 3
    await expect_sound(network, dataset)


async def test_a_plan_has_one_question_to_twenty(network: Network, dataset: str, licensed_buyer: Caller) -> None:
    too_many = [question("q")] * (MOST_QUESTIONS + 1)
    for questions, code in (([], "INVALID"), (too_many, "TOO_LONG")):
        given = {"dataset": dataset, "questions": questions}
        assert await network.refused(licensed_buyer, "insightPlanPublish", **given) == (code, "input.questions")
        answer = await network.ask(licensed_buyer, ASKS, {"input": given})
        assert answer["errors"][0]["extensions"]["code"] == code
    found = await quoted(network, licensed_buyer, dataset, too_many[1:])
    assert len(found["questions"]) == MOST_QUESTIONS
    assert len((await published(network, licensed_buyer, dataset, too_many[1:]))["insights"]) == MOST_QUESTIONS


async def test_a_repeated_request_returns_the_first_result(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    first = await published(network, licensed_buyer, dataset, PLAN, clientMutationId="plan-1")
    again = await published(network, licensed_buyer, dataset, PLAN, clientMutationId="plan-1")
    assert again == first
    assert first["charged"]["microRho"] == PRICE


async def test_a_plan_is_charged_to_one_licence(network: Network, respondents: Crowd, dataset: str) -> None:
    # Each of two licences would suffice for one of the two questions.
    who = await buyer(network, respondents.community, respondents.community, quota=PRICES[20] + 1)
    plan = [question("q", "r"), question("q", "sex")]
    found = await quoted(network, who, dataset, plan)
    assert [each["quote"]["affordable"] for each in found["questions"]] == [True, True]
    assert found["affordable"] is False
    assert (await published(network, who, dataset, plan))["insights"] == []
    unknown = "lic_00000000-0000-4000-8000-000000000000"
    given = {"dataset": dataset, "questions": plan, "licence": unknown}
    assert await network.refused(who, "insightPlanPublish", **given) == ("NOT_FOUND", "input.licence")
    licence = await network.value("SELECT id FROM insight.licence ORDER BY id DESC LIMIT 1")
    assert licence is not None
    for each in plan:
        paid(await publish_alone(network, who, dataset, each["variable"], *each["by"]))
    await expect_sound(network, dataset)


async def test_who_may_not_publish_is_told_why(network: Network, respondents: Crowd, dataset: str) -> None:
    async def codes(who: Caller, *questions: Question) -> list[str]:
        return [each["code"] for each in (await quoted(network, who, dataset, questions))["obstacles"]]

    stranger, owner = await buyer(network), await buyer(network, respondents.community)
    survey_manager = await network.staff(StaffRole.SURVEY_MANAGER)
    assert await codes(stranger, question("q")) == ["LICENCE_REQUIRED"]
    assert await codes(survey_manager, question("q")) == ["NOT_ELIGIBLE"]
    questions = [question("q"), question("q", "r")]
    given: dict[str, Any] = {"dataset": dataset, "questions": questions}
    refused = await network.refused(stranger, "insightPlanPublish", **given)
    assert refused == ("LICENCE_REQUIRED", "input.dataset")
    answer = await network.answer(survey_manager, "insightPlanPublish", "userErrors { code }", **given)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    await network.database.execute("UPDATE insight.dataset SET status = 'ENDED' WHERE id = $1", key(dataset))
    assert await codes(owner, *questions) == ["TOO_LATE"]
    assert await network.refused(owner, "insightPlanPublish", **given) == ("TOO_LATE", "input.dataset")
    # What is published is still free.
    assert await codes(owner, question("q")) == []
    payload = await published(network, owner, dataset, [question("q")])
    assert (len(payload["insights"]), payload["charged"]["microRho"]) == (1, 0)


async def test_the_prices_of_the_largest_plan_are_more_statements_than_one_caller_may_have_waiting(
    network: Network, unsold: Unsold
) -> None:
    dataset, licensed = unsold.dataset, await buyer(network, unsold.respondents.community)
    prices = "questions { quote { cost { microRho } prices { precision cost { microRho } } } }"
    document = f"query Asks($input: InsightPlanQuoteInput!) {{ insightPlanQuote(input: $input) {{ {prices} }} }}"
    questions = [question("r", "twin", within=within) for within in (10, 20, 50) for _ in range(7)][:MOST_QUESTIONS]
    assert MOST_QUESTIONS * (1 + len(PRICES)) >= MOST_WAITING_OF_ONE
    answer = await network.ask(licensed, document, {"input": {"dataset": dataset, "questions": questions}})
    assert "errors" not in answer, answer["errors"]
    for each in answer["data"]["insightPlanQuote"]["questions"]:
        assert [one["cost"]["microRho"] for one in each["quote"]["prices"]] == list(PRICES.values())
