"""Attacks on what stands beside the tables: openings of surveys and counts, carried out over HTTP.

Each succeeds on the exact mechanism, which is planted here, and stays at guessing on the real one.
"""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from math import comb, sqrt
from statistics import NormalDist
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.security.publisher import PUBLISHER
from privacy import noise, thresholds
from resolvers import jobs
from resolvers.insight import counts, openings
from resolvers.jobs import publish_counts, publish_network, settle_surveys
from tests import factories
from tests.server.test_scheduler import as_
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import KINDS, copy
from tests.support.surveys import NOTICE, consents, in_days, looked_at, status_of, wanted

pytestmark = pytest.mark.slow

ACCOMPLICES = 199
TARGETS = 40
BOTH = pytest.mark.parametrize("planted", [False, True], ids=["noisy", "exact"])


def plant_exact_openings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "noisy_threshold", lambda number: number)
    monkeypatch.setattr(thresholds, "has_reached", lambda count, threshold: count >= threshold)


MISTAKEN = 1e-4  # how often an attack on noise that is as it should be is taken for one that succeeds


def most_right(micro_rho: int, trials: int) -> int:
    """The most right guesses whether a member was counted that a price allows, but with the probability MISTAKEN.

    Of each the best guess is right with the probability Phi(sqrt(2 rho) / 2) at most; right guesses are binomial.
    """
    best, more = NormalDist().cdf(sqrt(2 * micro_rho / 1e6) / 2), 0.0
    for right in range(trials, -1, -1):
        more += comb(trials, right) * best**right * (1 - best) ** (trials - right)
        if more > MISTAKEN:
            return right
    raise AssertionError


async def patients(network: Network, community: UUID, many: int) -> list[UUID]:
    """Members of the community who consent to surveys for everybody, and share with nobody."""
    members = [uuid4() for _ in range(many)]
    rows = [(id, f"one-{id}", "PATIENT", date(2026, 1, 1)) for id in members]
    await copy(network.database, "care.member", "id pseudonym kind joined_on", rows)
    profiles = [(id, "UNKNOWN", "ONLY_ME") for id in members]
    await copy(network.database, "care.profile", "member_id sex sharing", profiles)
    await copy(network.database, "care.membership", "member_id community_id", [(id, community) for id in members])
    columns = "member_id purpose granted recipients notice_version"
    given = [(id, "SURVEY_RESEARCH", True, KINDS, NOTICE) for id in members]
    await copy(network.database, "research.consent", columns, given)
    return members


async def takes(network: Network, members: Sequence[UUID], treatments: Sequence[UUID]) -> None:
    columns = "member_id treatment_id status started_on"
    day = datetime.now(UTC).date() - timedelta(days=90)
    rows = [(member, treatment, "ACTIVE", day) for treatment in treatments for member in members]
    await copy(network.database, "care.course", columns, rows)


def test_forty_targets_tell_an_exact_opening_from_a_noisy_one() -> None:
    """An attack that is right of nine in ten is found 19 times in 20, and noise is mistaken for it once in 10,000."""
    allowed = most_right(thresholds.PRICE, TARGETS)
    assert allowed == 32
    missed = sum(comb(TARGETS, right) * 0.9**right * 0.1 ** (TARGETS - right) for right in range(allowed + 1))
    assert missed < 0.05


@BOTH
async def test_a_surveys_threshold_does_not_tell_which_treatment_a_member_takes(
    network: Network, survey_manager: User, monkeypatch: pytest.MonkeyPatch, planted: bool
) -> None:
    """A survey manager with 199 accomplices, who take whatever is needed, asks for one member after the other."""
    monkeypatch.setattr(openings, "SURVEYS_YEARLY", 10**9)  # or three probes are all that a community allows
    if planted:
        plant_exact_openings(monkeypatch)
    chance, many = random.Random(7), TARGETS
    community = (await factories.community(network.database))["id"]
    targets = await patients(network, community, many)
    accomplices = await patients(network, community, ACCOMPLICES)
    treatments = [(await factories.treatment(network.database))["id"] for _ in targets]
    await takes(network, accomplices, treatments)
    truth = [chance.random() < 0.5 for _ in targets]
    for target, treatment, taken in zip(targets, treatments, truth, strict=True):
        if taken:
            await takes(network, [target], [treatment])
    right = 0
    for treatment, taken in zip(treatments, truth, strict=True):
        given = wanted(community, eligibility={"treatments": [f"trt_{treatment}"]}, minimumParticipants=200)
        made = await network.do(survey_manager, "surveyCreate", "survey { id }", **given | {"closesOn": in_days(2)})
        scheduled = await network.do(survey_manager, "surveySchedule", "survey { status }", survey=made["survey"]["id"])
        assert scheduled["userErrors"] == []
        right += (await looked_at(network, made["survey"]["id"]) == "OPEN") == taken
    if planted:
        assert right == many
    else:
        assert right <= most_right(thresholds.PRICE, many)


async def test_probing_by_many_surveys_ends_with_the_communitys_budget(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    statuses = []
    for number in range(8):
        given = wanted(community_id, eligibility={"bornFrom": 1950 + number}, minimumParticipants=200)
        made = await network.do(survey_manager, "surveyCreate", "survey { id }", **given)
        payload = await network.do(survey_manager, "surveySchedule", "survey { status }", survey=made["survey"]["id"])
        statuses.append(payload["userErrors"][0]["code"] if payload["userErrors"] else "SCHEDULED")
    afforded = statuses.count("SCHEDULED")
    assert 1 <= afforded <= 5
    assert statuses == ["SCHEDULED"] * afforded + ["BUDGET_EXHAUSTED"] * (8 - afforded)


@BOTH
async def test_an_outsider_who_watches_a_waiting_survey_does_not_see_a_course_begin(
    network: Network, survey_manager: User, monkeypatch: pytest.MonkeyPatch, planted: bool
) -> None:
    monkeypatch.setattr(openings, "SURVEYS_YEARLY", 10**9)
    watch = "query ($id: ID!) { survey(id: $id) { status minimumParticipants eligibility { treatments { id } } } }"
    outsider, turned = await network.member(), 0
    if planted:
        plant_exact_openings(monkeypatch)
    community = (await factories.community(network.database))["id"]
    accomplices = await patients(network, community, ACCOMPLICES)
    for _ in range(4):
        target, treatment = await network.member(community), (await factories.treatment(network.database))["id"]
        await consents(network, target, *KINDS)
        await takes(network, accomplices, [treatment])
        with monkeypatch.context() as waiting:
            waiting.setattr(thresholds, "has_reached", lambda count, threshold: False)
            asked: dict[str, Any] = {"eligibility": {"treatments": [f"trt_{treatment}"]}, "offeredTo": KINDS}
            made = await network.do(survey_manager, "surveyCreate", "survey { id }", **wanted(community, **asked))
            survey = made["survey"]["id"]
            await network.do(survey_manager, "surveySchedule", "__typename", survey=survey)
            assert await looked_at(network, survey) == "WAITING"  # and is not looked at again today
        before = (await network.ask(outsider, watch, {"id": survey}))["data"]["survey"]
        assert before == {"status": "WAITING", "minimumParticipants": None, "eligibility": None}
        started = {"treatment": f"trt_{treatment}", "startedOn": "2026-03-02"}
        await network.do(target, "courseStart", "__typename", **started)
        async with as_(PUBLISHER, network) as publisher:
            if planted:  # looked at whenever somebody changes
                again = "UPDATE research.survey_opening SET looked_on = NULL WHERE survey_id = $1"
                await network.database.execute(again, key(survey))
            await settle_surveys(publisher)
        turned += await status_of(network, survey) == "OPEN"
        assert await network.value("SELECT count(*) FROM care.course WHERE member_id = $1", target.id) == 1
    assert turned == (4 if planted else 0)


@BOTH
async def test_joining_and_consenting_flip_no_public_count(
    network: Network, monkeypatch: pytest.MonkeyPatch, planted: bool
) -> None:
    """35 members, so that one more or less turns what is rounded to tens."""
    read = "query ($slug: String!) { community(slug: $slug) { memberCount readiness { consenting } } }"
    made = await factories.community(network.database, counted_on=None)
    await patients(network, made["id"], 34)
    target, outsider = await network.member(), await network.member()
    if planted:
        monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))
        monkeypatch.setattr(counts, "is_of_month", lambda counted_on, today: False)
        monkeypatch.setattr(counts, "COUNTS_A_YEAR", 10**9)

    async def seen() -> tuple[int, int]:
        async with as_(PUBLISHER, network) as publisher:
            if planted:  # as live counts are
                live = "UPDATE catalog.community SET counted_on = NULL WHERE id = $1"
                await network.database.execute(live, made["id"])
            await publish_counts(publisher)
        found = (await network.ask(outsider, read, {"slug": made["slug"]}))["data"]["community"]
        return found["memberCount"], found["readiness"]["consenting"]

    readings = [await seen()]
    place = {"community": f"com_{made['id']}"}
    for _ in range(3):
        await network.do(target, "communityJoin", "__typename", **place)
        readings.append(await seen())
        await consents(network, target)
        readings.append(await seen())
        await network.do(target, "communityLeave", "__typename", **place)
        readings.append(await seen())
    if planted:
        cycle = [(40, 40) if number else (40, 30) for number in range(3)]
        assert readings[:4] == [(30, 30), (40, 30), cycle[1], (30, 30)]
    else:
        assert len(set(readings)) == 1


@BOTH
async def test_signing_in_and_following_treatments_flip_no_figure_of_the_network(
    network: Network, monkeypatch: pytest.MonkeyPatch, planted: bool
) -> None:
    read = "{ network { activeMembers treatmentsFollowed } }"
    treatments = [(await factories.treatment(network.database))["id"] for _ in range(2)]
    target, outsider = await network.member(), await network.member()
    monkeypatch.setattr(jobs, "NETWORK_SECONDS", None)  # which would only take time here
    if planted:
        monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))
        monkeypatch.setattr(counts, "is_of_month", lambda counted_on, today: False)
        monkeypatch.setattr(counts, "COUNTS_A_YEAR", 10**9)
        monkeypatch.setattr(counts, "NETWORK_ROUNDING", 1)

    async def seen() -> tuple[int, int]:
        async with as_(PUBLISHER, network) as publisher:
            if planted:  # as live counts are
                await network.database.execute("DELETE FROM catalog.network_count")
            await publish_network(publisher)
        found = (await network.ask(outsider, read))["data"]["network"]
        return found["activeMembers"], found["treatmentsFollowed"]

    async def signed_in(days_ago: int) -> None:
        change = "UPDATE identity.account SET signed_in_on = catalog.today() - $2::integer WHERE member_id = $1"
        await network.database.execute(change, target.id, days_ago)

    readings = [await seen()]
    for treatment in treatments:
        started = {"treatment": f"trt_{treatment}", "startedOn": "2026-03-02"}
        await network.do(target, "courseStart", "__typename", **started)
        readings.append(await seen())
    for days_ago in (400, 0):
        await signed_in(days_ago)
        readings.append(await seen())
    await network.database.execute("DELETE FROM care.member WHERE id = $1", target.id)
    readings.append(await seen())
    if planted:
        active, followed = readings[0]
        assert readings[1:] == [
            (active, followed + 1), (active, followed + 2), (active - 1, followed), (active, followed + 2),
            (active - 1, followed),
        ]  # fmt: skip
    else:
        assert len(set(readings)) == 1
