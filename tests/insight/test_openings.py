"""How surveys open: by one look a day at a noisy count, charged to their community, which can afford only a few."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from models.security.publisher import PUBLISHER
from privacy import thresholds
from privacy.budget import COUNT_PRECISION, SURVEYS_YEARLY
from privacy.precision import price
from resolvers.insight import ledger
from resolvers.jobs import settle_surveys
from tests import factories
from tests.server.test_scheduler import as_
from tests.support.callers import User
from tests.support.clock import set_clock
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import KINDS, crowd
from tests.support.surveys import drafted, in_days, looked_at, scheduled, status_of

pytestmark = pytest.mark.usefixtures("hurried")

SCHEDULED = "survey { status }"


async def schedules(network: Network, who: User, survey: str) -> str:
    payload = await network.do(who, "surveySchedule", SCHEDULED, survey=survey)
    assert payload["userErrors"] == []
    assert payload["survey"] == {"status": "WAITING"}
    return await looked_at(network, survey)


@pytest.mark.parametrize(("people", "minimum", "status"), [(1_000, 200, "OPEN"), (10, 1_000, "WAITING")])
async def test_a_survey_opens_if_enough_members_can_answer_it(
    network: Network, survey_manager: User, people: int, minimum: int, status: str
) -> None:
    community = (await crowd(network.database, [{"q": "A"}] * people)).community
    survey = await drafted(
        network, survey_manager, community, minimumParticipants=minimum, offeredTo=KINDS, closesOn=in_days(3)
    )
    assert await schedules(network, survey_manager, survey) == status
    invited = await network.value("SELECT count(*) FROM research.participation WHERE survey_id = $1", key(survey))
    assert invited == (people if status == "OPEN" else 0)
    charged = "SELECT kind, micro_rho, noisy FROM insight.count_release WHERE survey_id = $1"
    row = await network.row(charged, key(survey))
    assert row == {"kind": "OPENING", "micro_rho": 2_450, "noisy": []}  # whether it opened or not
    async with network.database.transaction(isolation="repeatable_read"):
        assert await ledger.fault(network.database) is None


async def test_a_survey_is_looked_at_once_a_day(
    network: Network, survey_manager: User, community_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def has_reached(count: int, threshold: int) -> bool:
        looks.append(count)
        return False

    monkeypatch.setattr(thresholds, "has_reached", has_reached)
    survey = await scheduled(network, survey_manager, community_id, opensOn=in_days(0), closesOn=in_days(60))
    mine = "SELECT count(*) FROM insight.count_release WHERE survey_id = $1 AND kind = 'OPENING'"
    try:
        async with as_(PUBLISHER, network) as publisher:
            for day in range(3):
                moment = datetime.fromisoformat(in_days(day)).replace(hour=12, tzinfo=UTC)
                await set_clock(network.database, moment)
                others = "UPDATE catalog.survey SET status = 'CLOSED' WHERE id <> $1 AND status = 'WAITING'"
                await network.database.execute(others, key(survey))
                for _ in range(3):
                    await settle_surveys(publisher)
                assert len(looks) == day + 1
        assert await network.value(mine, key(survey)) == 1  # all looks have one price
        for who in (await network.member(community_id), await network.member(community_id)):
            await network.do(who, "profileUpdate", "__typename", region="Mayotte")
        assert len(looks) == 3
    finally:
        await set_clock(network.database, None)


async def test_a_community_can_afford_only_a_few_surveys_a_year(
    network: Network, survey_manager: User, ada: User, community_id: UUID
) -> None:
    given = {"minimumParticipants": 100_000, "closesOn": in_days(1)}
    today, last = datetime.now(UTC).date(), date.fromisoformat(in_days(2))
    months = 1 + (last.month != today.month)
    afforded = 0
    while True:
        survey = await drafted(network, survey_manager, community_id, **given)
        payload = await network.do(survey_manager, "surveySchedule", SCHEDULED, survey=survey)
        if payload["userErrors"]:
            break
        afforded += 1
    assert afforded == SURVEYS_YEARLY // (2_450 + months * price(COUNT_PRECISION))
    assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [("BUDGET_EXHAUSTED", ["input", "survey"])]
    assert await status_of(network, survey) == "DRAFT"
    charged = "SELECT count(*) FROM insight.count_release WHERE survey_id = $1"
    assert await network.value(charged, key(survey)) == 0
    # The refusal is the same whoever is in the community, and ends with the year.
    another = (await factories.community(network.database))["id"]
    assert (
        await schedules(network, survey_manager, await drafted(network, survey_manager, another, **given)) == "WAITING"
    )
    # What a closed survey will not publish is free again. Its opening stays charged, so that probing comes to an end.
    opened = afforded
    closed = "UPDATE catalog.survey SET status = 'CLOSED' WHERE community_id = $1 AND status = 'WAITING'"
    while True:
        await network.database.execute(closed, community_id)
        payload = await network.do(survey_manager, "surveySchedule", SCHEDULED, survey=survey)
        if payload["userErrors"]:
            break
        opened += 1
        survey = await drafted(network, survey_manager, community_id, **given)
    assert payload["userErrors"][0]["code"] == "BUDGET_EXHAUSTED"
    assert afforded < opened <= SURVEYS_YEARLY // 2_450
    async with network.database.transaction():
        await network.database.execute("SET LOCAL session_replication_role = replica")
        past = (
            "UPDATE insight.count_release SET published_at = published_at - interval '366 days' WHERE community_id = $1"
        )
        await network.database.execute(past, community_id)
    # Each stays a part of the year until one has passed since the last day on which it was looked at.
    looked = """
        UPDATE research.survey_opening o SET looked_on = catalog.today() - $2::integer FROM catalog.survey s
        WHERE s.id = o.survey_id AND s.community_id = $1
    """
    for days, spent in ((0, opened * 2_450), (364, opened * 2_450), (365, 0)):
        await network.database.execute(looked, community_id, days)
        year = "SELECT research.spent_on_surveys($1, catalog.today())"
        assert await network.value(year, community_id) == spent
    assert await schedules(network, survey_manager, survey) == "WAITING"


async def test_a_survey_that_was_scheduled_before_openings_were_charged_is_charged_at_its_first_look(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    waiting = await factories.survey(
        network.database, community_id=community_id, status="WAITING", closes_on=date.fromisoformat(in_days(9)),
        minimum_participants=100_000,
    )  # fmt: skip
    charged = "SELECT count(*) FROM insight.count_release WHERE survey_id = $1"
    async with as_(PUBLISHER, network) as publisher:
        for _ in range(2):
            await settle_surveys(publisher)
            assert await network.value(charged, waiting["id"]) == 1
    assert await network.value("SELECT status FROM catalog.survey WHERE id = $1", waiting["id"]) == "WAITING"


async def test_a_minimum_below_what_the_community_needs_is_raised_to_it(
    network: Network, survey_manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[int] = []

    def noisy_threshold(number: int) -> int:
        numbers.append(number)
        return 10**6

    monkeypatch.setattr(thresholds, "noisy_threshold", noisy_threshold)
    community = (await factories.community(network.database, needed_count=300))["id"]
    survey = await drafted(network, survey_manager, community)
    await network.database.execute("UPDATE catalog.survey SET minimum_participants = 200 WHERE id = $1", key(survey))
    await schedules(network, survey_manager, survey)
    assert numbers == [300]


async def test_members_see_the_openings_whose_looks_included_them(
    network: Network, survey_manager: User, community_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thresholds, "has_reached", lambda count, threshold: False)
    loss = "{ me { privacyLoss { spent { microRho } } dataUses { nodes { purpose cost { microRho } } } } }"

    async def seen(who: User) -> tuple[list[tuple[str, int]], int]:
        me = (await network.ask(who, loss))["data"]["me"]
        uses = [(use["purpose"], use["cost"]["microRho"]) for use in me["dataUses"]["nodes"]]
        return uses, me["privacyLoss"]["spent"]["microRho"]

    async def next_look() -> None:
        await network.database.execute(
            "UPDATE catalog.survey SET opens_on = catalog.today() WHERE id = $1", key(survey)
        )
        again = "UPDATE research.survey_opening SET looked_on = NULL WHERE survey_id = $1"
        await network.database.execute(again, key(survey))
        assert await looked_at(network, survey) == "WAITING"

    # Until then, the server's own scheduler neither looks nor publishes progress.
    survey = await drafted(network, survey_manager, community_id, opensOn=in_days(5), closesOn=in_days(9))
    today = await network.value("SELECT catalog.today()")
    await factories.survey_progress(network.database, survey_id=key(survey), counted_on=today)
    await network.do(survey_manager, "surveySchedule", SCHEDULED, survey=survey)
    first, gone = await network.member(community_id), await network.member(community_id)
    assert await seen(first) == await seen(gone) == ([], 0)
    await next_look()
    opening = ([("Opening of a survey", 2_450)], 2_450)
    assert await seen(first) == await seen(gone) == opening
    await network.do(gone, "communityLeave", "__typename", community=f"com_{community_id}")
    late, never = await network.member(community_id), await network.member()
    assert await seen(late) == ([], 0)
    await next_look()
    await next_look()
    assert await seen(first) == await seen(gone) == await seen(late) == opening
    assert await seen(never) == ([], 0)
    await network.database.execute("SELECT catalog.open_survey($1)", key(survey))
    afterwards = await network.member(community_id)
    await network.database.execute("SELECT research.include_members($1)", community_id)
    assert await seen(afterwards) == ([], 0)
    assert await seen(late) == opening
