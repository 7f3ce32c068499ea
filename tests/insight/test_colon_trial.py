"""The trial of colon cancer as a survey: registered, answered and frozen by the API, and asked by the Python client."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from unittest import mock
from uuid import UUID

import pytest
import pytest_asyncio

from cohorte import AsyncClient, PlanPublication, PlanQuote, Question
from models.identity.accounts import StaffRole
from privacy.precision import margin_of
from resolvers.insight import openings
from tests import factories
from tests.clients.test_python_client import key_of
from tests.privacy.test_colon_trial import TOGETHER, YEARS, prices
from tests.support.client import Caller
from tests.support.colon import ARMS, PATIENTS, QUESTIONS, counts, patients
from tests.support.network import Network
from tests.support.newcomers import join
from tests.support.population import buyer
from tests.support.surveys import completed, consents, drafted, opens, submitted

pytestmark = pytest.mark.slow

MERGED = [{"variable": "arm", "groups": [{"categories": TOGETHER[0], "label": "Without fluorouracil"}]}]
BANDS = [{"variable": "years", "groups": [{"categories": codes} for codes in YEARS]}]
# The plan of decision 0050, by groupings and sums.
AFTER = [
    Question("recurrence", ["arm"], "WITHIN_20", groupings=MERGED),
    Question("years", ["arm"], "WITHIN_50", groupings=BANDS),
    Question("years", ["arm"], "WITHIN_10", kind="MEANS"),
]
BY_API = 10  # one patient in so many registers by it, too
SIGMAS = 6  # of noise: one draw in five hundred million is further away


@dataclass
class Trial:
    """The dataset, its buyers' client, and what the plan cost and returned."""

    client: AsyncClient
    dataset: str
    quote: PlanQuote
    published: PlanPublication


@pytest_asyncio.fixture(scope="module")
async def trial(network: Network) -> AsyncIterator[Trial]:
    """Yields the plan of decision 0050, published from the patients' answers."""
    community = (await factories.community(network.database))["id"]
    manager = await network.staff(StaffRole.SURVEY_MANAGER)
    given = {"title": "Adjuvant therapy", "questions": QUESTIONS, "offeredTo": ["LABORATORY"]}
    survey = await drafted(network, manager, community, **given)
    with mock.patch.object(openings, "SURVEYS_YEARLY", 10**9):  # more than a community's surveys may cost
        scheduling = await network.do(manager, "surveySchedule", "survey { id }", survey=survey)
    assert scheduling["userErrors"] == []
    await opens(network, survey)
    for number, patient in enumerate(patients()):
        by_api = number % BY_API == 0
        member = await (joined(network, f"Patient{number}", community) if by_api else network.member(community))
        await consents(network, member, "LABORATORY")
        await submitted(network, member, survey, *patient.answers())
    assert await completed(network, survey) == PATIENTS
    assert (await network.do(manager, "surveyClose", "__typename", survey=survey))["userErrors"] == []
    await network.freeze()
    dataset = await network.value("SELECT id FROM insight.dataset WHERE 'svy_' || survey_id = $1", survey)
    user = await buyer(network, community)
    async with AsyncClient(await key_of(network, user), str(network.ask.http.base_url)) as client:
        quote = await client.quote_plan(f"dst_{dataset}", AFTER)
        yield Trial(client, f"dst_{dataset}", quote, await client.publish_plan(f"dst_{dataset}", AFTER))


async def joined(network: Network, name: str, community: UUID) -> Caller:
    """A patient who registers and joins the community by the API."""
    await network.database.execute("DELETE FROM identity.attempt")  # as if each had an address of their own
    member = await join(network.ask, network.mailbox, name)
    await network.do(member, "communityJoin", "__typename", community=f"com_{community}")
    return member


async def test_the_dataset_has_the_patients(trial: Trial) -> None:
    [found] = [each for each in await trial.client.catalogue() if each.id == trial.dataset]
    assert abs(found.size - PATIENTS) <= SIGMAS * 10.5
    assert {"arm", "recurrence", "years"} <= {each.name for each in (await trial.client.dataset(found.id)).variables}


async def test_the_plan_costs_what_the_decision_says(trial: Trial) -> None:
    *questions, total = prices().values()
    assert [row["micro_rho"] for row in trial.quote.prices] == [after for _, _, after in questions]
    assert trial.quote.cost.micro_rho == trial.published.charged.micro_rho == total[1]


async def test_counts_by_arm_are_those_of_the_trial_within_the_noise(trial: Trial) -> None:
    table = trial.published.insights[0]
    assert table.margin_of_error == 20
    sigma = next(s / 10 for s in range(1, 1000) if margin_of(s / 10) >= 20)
    known = counts("arm", "recurrence")
    apart = ARMS["Lev+5FU"]
    read = await trial.client.insight(table.id, include_unreliable=True)
    for row in read.cells:
        arm, outcome = row["arm_code"], row["recurrence_code"]
        merged = [apart] if arm == apart else TOGETHER[0] if arm == "G1" else []
        truth = sum(known.get((each, outcome), 0) for each in merged)
        assert abs(row["count"] - truth) <= SIGMAS * sigma, (arm, outcome)
    # What the trial found: with fluorouracil, the cancer came back less often.
    shares = {
        row["arm_code"]: row for row in read.cells if row["recurrence_code"] == "YES" and row["arm_code"] != "UNKNOWN"
    }
    assert shares[apart]["share"] < shares["G1"]["share"]


async def test_means_by_arm_are_those_of_the_trial(trial: Trial) -> None:
    means = trial.published.insights[2]
    for row in means.statistics:
        if row["arm_code"] == "UNKNOWN":
            continue
        known = [each.years for each in patients() if each.arm == row["arm_code"]]
        half = (row["high"] - row["low"]) / 2
        assert abs(row["value"] - sum(known) / len(known)) < SIGMAS / 2 * half


async def test_the_ledger_vouches_for_the_tables(trial: Trial) -> None:
    for each in trial.published.insights:
        assert (await trial.client.verify(each.id)).compared
