"""Caps of several sizes: chosen when a survey is scheduled or a wave is frozen, and read before anybody takes part."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from privacy import budget, noise
from privacy.budget import LARGEST_CAP, LEAST_CAP, WAVES_YEARLY, YEARLY
from privacy.loss import guess_probability
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import close, crowd
from tests.support.surveys import drafted, opens, today

CAP = "survey { id status cap { microRho epsilon } guess }"
READ = "query ($id: ID!) { survey(id: $id) { cap { microRho } guess } }"
OF_SURVEY = "SELECT status, cap_micro_rho FROM catalog.survey WHERE id = $1"
CAPS_OF_WAVES = "SELECT cap_micro_rho FROM insight.dataset WHERE community_id = $1 ORDER BY frozen_on DESC"
PASS = "UPDATE insight.dataset SET frozen_on = frozen_on - $2::integer WHERE community_id = $1"
RESERVED = """
    SELECT e.reserved_micro_rho, count(*) FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE d.survey_id = $1 GROUP BY 1
"""
OF_MEMBERS = """
    SELECT count(*), each.datasets, each.reserved FROM (
        SELECT e.member_id, count(*) AS datasets, sum(e.reserved_micro_rho)::integer AS reserved
        FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id WHERE d.community_id = $1
        GROUP BY e.member_id) each
    GROUP BY each.datasets, each.reserved
"""
CHOSEN: list[tuple[dict[str, int | None], int]] = [
    ({}, 200_000),
    ({"cap": None}, 200_000),
    ({"cap": 50_000}, 50_000),
    ({"cap": 99_999}, 99_999),
    ({"cap": 250_000}, 250_000),
]


@pytest.fixture
def without_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yields nothing; switches the noise off, so that a published size is exact."""
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))


@pytest.mark.parametrize(("given", "cap"), CHOSEN)
async def test_a_surveys_cap_is_chosen_when_it_is_scheduled_and_read_before_taking_part(
    network: Network, survey_manager: User, community_id: UUID, ada: User, given: dict[str, int | None], cap: int
) -> None:
    survey = await drafted(network, survey_manager, community_id)
    payload = await network.do(survey_manager, "surveySchedule", CAP, survey=survey, **given)
    assert payload["userErrors"] == []
    assert payload["survey"]["cap"]["microRho"] == cap
    assert payload["survey"]["cap"]["epsilon"] > 1
    assert payload["survey"]["guess"] == pytest.approx(guess_probability(cap))
    # Waiting or open, members read the same; another cap once it is scheduled again.
    expected = {"cap": {"microRho": cap}, "guess": pytest.approx(guess_probability(cap))}
    assert (await network.ask(ada, READ, {"id": survey}))["data"]["survey"] == expected
    await network.do(survey_manager, "surveyUnschedule", "survey { id }", survey=survey)
    again = await network.do(survey_manager, "surveySchedule", CAP, survey=survey, cap=60_000)
    assert again["survey"]["cap"]["microRho"] == 60_000
    await opens(network, survey)
    assert (await network.ask(ada, READ, {"id": survey}))["data"]["survey"]["cap"] == {"microRho": 60_000}


@pytest.mark.parametrize("cap", [-1, 0, 1, LEAST_CAP - 1, LARGEST_CAP + 1, 2**31 - 1])
async def test_a_cap_out_of_bounds_is_refused_beside_other_faults(
    network: Network, survey_manager: User, community_id: UUID, cap: int
) -> None:
    survey = await drafted(network, survey_manager, community_id)
    assert await network.refused(survey_manager, "surveySchedule", survey=survey, cap=cap) == (
        "INVALID", "input.cap",
    )  # fmt: skip
    assert await network.row(OF_SURVEY, key(survey)) == {"status": "DRAFT", "cap_micro_rho": 200_000}
    lines = "SELECT count(*) FROM insight.count_release WHERE survey_id = $1"
    assert await network.value(lines, key(survey)) == 0
    await network.do(survey_manager, "surveySchedule", CAP, survey=survey)
    both = await network.refusals(survey_manager, "surveySchedule", survey=survey, cap=cap)
    assert both == [("CONFLICT", "input.survey"), ("INVALID", "input.cap")]


async def test_a_survey_becomes_a_dataset_with_its_cap_which_is_reserved_of_every_participant(
    network: Network, survey_manager: User, without_noise: None
) -> None:
    made = await crowd(network.database, [{"q": "A"}] * 220)
    await network.database.execute("UPDATE catalog.survey SET cap_micro_rho = 75000 WHERE id = $1", made.survey)
    fields = "cap { microRho } dataset { budget { cap { microRho } spent { microRho } } }"
    closed = await close(network, survey_manager, made.survey, fields)
    budget = closed["dataset"]["budget"]
    assert (closed["cap"], budget["cap"]) == ({"microRho": 75_000}, {"microRho": 75_000})
    assert budget["spent"]["microRho"] <= 75_000 * 15 // 100
    assert await network.row(RESERVED, made.survey) == {"reserved_micro_rho": 75_000, "count": 220}


async def freezes(network: Network, who: User, community: UUID, wave: str, cap: int | None = None) -> Any:
    given: dict[str, Any] = {"community": f"com_{community}", "wave": wave, "offeredTo": ["HOSPITAL"]}
    given |= {} if cap is None else {"cap": cap}
    return await network.do(
        who, "waveFreeze", "dataset { budget { cap { microRho } } } userErrors { code path message }", **given
    )


async def test_the_caps_of_a_communitys_waves_add_up_to_a_years(
    network: Network, survey_manager: User, without_noise: None
) -> None:
    community = (await crowd(network.database, [{"q": "A"}] * 230)).community
    for wave, cap in (("1", 50_000), ("2", 90_000), ("3", 60_000)):
        payload = await freezes(network, survey_manager, community, wave, cap)
        assert payload["userErrors"] == []
        assert payload["dataset"]["budget"]["cap"]["microRho"] == cap
        await network.freeze()
        await network.database.execute(PASS, community, 100)
    # Frozen 300, 200 and 100 days ago.
    refused: list[tuple[int | None, int]] = [(50_000, 65), (51_000, 165), (140_000, 165), (150_000, 265), (None, 265)]
    for other, days in refused:
        (refusal,) = (await freezes(network, survey_manager, community, "4", other))["userErrors"]
        assert (refusal["code"], refusal["path"]) == ("TOO_EARLY", ["input", "community"])
        assert f"from {today() + timedelta(days=days)} on" in refusal["message"]
    await network.database.execute(PASS, community, 65)
    assert (await freezes(network, survey_manager, community, "4", 51_000))["dataset"] is None
    assert (await freezes(network, survey_manager, community, "4", 50_000))["userErrors"] == []
    await network.freeze()
    rows = await network.database.fetch(CAPS_OF_WAVES, community)
    assert [row["cap_micro_rho"] for row in rows] == [50_000, 60_000, 90_000, 50_000]
    # Nobody's year had room for four of the usual cap.
    enrolled = await network.database.fetch(OF_MEMBERS, community)
    assert [tuple(row) for row in enrolled] == [(230, 4, 250_000)]
    assert 250_000 <= YEARLY < 4 * budget.CAP


@pytest.mark.parametrize("cap", [0, LEAST_CAP - 1, WAVES_YEARLY + 1, LARGEST_CAP])
async def test_a_waves_cap_out_of_bounds_is_refused(network: Network, survey_manager: User, cap: int) -> None:
    community = (await crowd(network.database, [{"q": "A"}])).community
    (refusal,) = (await freezes(network, survey_manager, community, "1", cap))["userErrors"]
    assert (refusal["code"], refusal["path"]) == ("INVALID", ["input", "cap"])
    assert await network.database.fetch(CAPS_OF_WAVES, community) == []
