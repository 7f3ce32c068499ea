"""The long work of a large community is done in pieces, whose sizes do not depend on the number of members.

With `-s`, it prints how long the transactions take and others wait for them; docs/faults.md has that of 20,000 members.
"""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from models.identity.organization_users import UserRole
from models.identity.organizations import OrganizationKind
from models.logins import role_dsn
from models.security.publisher import PUBLISHER
from models.viewers import Audience, Viewer
from privacy.precision import Precision
from resolvers import jobs
from resolvers.faults import Faults
from resolvers.insight import freezing
from resolvers.insight.analysis_plans import MOST_QUESTIONS, PlannedQuestion
from resolvers.insight.analysis_plans_mutations import publish_plan
from tests import factories
from tests.faults.test_kill_publishing import unserved_network
from tests.support.network import Network
from tests.support.pieces import note_pieces, watched
from tests.support.population import Crowd, buyer, crowd

MEMBERS = 6_000  # all of them in one transaction would exceed every limit below
QUESTIONS, INDICATORS, TREATMENTS = 20, 8, 5
PER_MEMBER = 12  # rows other than answers: an enrolment, a record, a participation, a sheet, and what follows them
# Each variable with its categories, what is published of some of them, and the notes of that.
ABOUT_VARIABLES = 4_000
ANSWERS = [{f"q{nth}": "ABCD"[(member + nth) % 4] for nth in range(QUESTIONS)} for member in range(MEMBERS)]
PLAN = [
    PlannedQuestion(variable=f"q{nth}", by=[f"q{(nth + 1) % QUESTIONS}"], precision=Precision.WITHIN_50)
    for nth in range(MOST_QUESTIONS)
]
RECORDS = "SELECT count(*) FROM research.record WHERE dataset_id = $1"
OVER = "UPDATE catalog.survey SET opens_on = current_date - 9, closes_on = current_date - 2 WHERE id = $1"
FROZEN = "SELECT id, status FROM insight.dataset WHERE community_id = $1 AND kind = $2"
OBSERVED = """
    INSERT INTO care.observation (member_id, indicator_id, value, observed_on)
    SELECT member_id, $2, 1 + nth, current_date - nth
    FROM care.membership, generate_series(1, 2) nth WHERE community_id = $1
"""
TREATED = """
    INSERT INTO care.course (member_id, treatment_id, status, started_on)
    SELECT member_id, $2, 'ACTIVE', current_date - 40 FROM care.membership WHERE community_id = $1
"""


async def tracked(network: Network, people: Crowd) -> None:
    """Everybody tracks the indicators and treatments of their community."""
    for _ in range(INDICATORS):
        indicator = (await factories.indicator(network.database))["id"]
        of = {"community_id": people.community, "indicator_id": indicator}
        await factories.community_indicator(network.database, **of)
        await network.database.execute(OBSERVED, people.community, indicator)
    for _ in range(TREATMENTS):
        treatment = (await factories.treatment(network.database))["id"]
        of = {"community_id": people.community, "treatment_id": treatment}
        await factories.community_treatment(network.database, **of)
        await network.database.execute(TREATED, people.community, treatment)


async def whole(network: Network, community: UUID, kind: str) -> UUID:
    """The id of the dataset of this kind, once it is found to be open, with everybody's record."""
    made = await network.row(FROZEN, community, kind)
    assert made["status"] == "OPEN"
    assert await network.value(RECORDS, made["id"]) == MEMBERS
    dataset: UUID = made["id"]
    return dataset


async def licensed(network: Network, people: Crowd) -> Viewer:
    """An analyst of a laboratory that may publish from the crowd's datasets."""
    name = (await buyer(network, people.community)).name
    organization = await network.value("SELECT id FROM insight.organization WHERE name = $1", name)
    return Viewer(Audience.BUYER, organization=organization, roles=frozenset({UserRole.ANALYST}))


@pytest.mark.slow
async def test_surveys_and_waves_of_thousands_are_frozen_and_ended_in_pieces(fresh: str) -> None:
    async with asyncio.timeout(900), unserved_network(fresh) as network:
        people = await crowd(network.database, ANSWERS)
        await tracked(network, people)
        await network.database.execute(OVER, people.survey)
        await network.database.execute("ANALYZE")
        await note_pieces(network.database)
        publisher = await asyncpg.connect(role_dsn(fresh, PUBLISHER))

        async with watched(fresh, "closing a survey") as pieces:
            await jobs.settle_surveys(publisher)
        assert 0 < pieces.rows <= ABOUT_VARIABLES
        async with watched(fresh, "freezing a survey") as pieces:
            await jobs.freeze_datasets(publisher)
        assert 0 < pieces.rows <= max(freezing.BATCH * (QUESTIONS + PER_MEMBER), ABOUT_VARIABLES)
        datasets = [await whole(network, people.community, "SURVEY")]

        async with watched(fresh, "publishing a plan") as pieces, publisher.transaction():
            made = await publish_plan(
                publisher, await licensed(network, people), Faults(), dataset=datasets[0], questions=PLAN
            )
        assert len(set(made.insight_ids)) == MOST_QUESTIONS
        assert 0 < pieces.rows <= ABOUT_VARIABLES

        async with watched(fresh, "beginning a wave") as pieces, publisher.transaction():
            await freezing.begin_wave(
                publisher, community=people.community, wave="first", offered_to=list(OrganizationKind)
            )
        assert 0 < pieces.rows <= ABOUT_VARIABLES
        async with watched(fresh, "freezing a wave") as pieces:
            await jobs.freeze_datasets(publisher)
        assert 0 < pieces.rows <= max(freezing.BATCH * PER_MEMBER, ABOUT_VARIABLES)
        datasets.append(await whole(network, people.community, "TRACKING"))

        async with watched(fresh, "ending datasets") as pieces:
            for dataset in datasets:
                async with publisher.transaction():
                    await freezing.end_dataset(publisher, dataset)
        assert 0 < pieces.rows <= 10
        manager = await asyncpg.connect(role_dsn(fresh, Audience.MANAGER))
        async with watched(fresh, "deleting records") as pieces:
            await jobs.forget_records(manager)
        assert 0 < pieces.rows <= 2 * jobs.DELETED_AT_ONCE  # a record and an enrolment each
        assert [await network.value(RECORDS, dataset) for dataset in datasets] == [0, 0]
        await publisher.close()
        await manager.close()
