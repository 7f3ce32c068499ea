"""Counts of communities and surveys: published monthly, with noise and at a price, within each member's allowance."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from models.security.publisher import PUBLISHER
from privacy import noise
from privacy.budget import COUNTED_YEARLY, YEARLY
from resolvers import jobs
from resolvers.insight import counts, ledger
from resolvers.insight.counts import is_of_month, rounded
from resolvers.insight.openings import progress_price
from resolvers.jobs import publish_counts
from tests import factories
from tests.server.test_scheduler import as_
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.clock import set_clock
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import crowd
from tests.support.surveys import opened, scheduled, submitted

COUNTS = "query ($slug: String!) { community(slug: $slug) { memberCount countedOn } }"
READINESS = "query ($slug: String!) { community(slug: $slug) { memberCount readiness { consenting needed ready } } }"
FAR = 6 * 25.75 + 5  # six deviations of the noise, and the rounding


async def waits_for_counting(network: Network, community: UUID) -> str:
    """Lets the next run of the scheduler publish the community's counts; returns the community's slug."""
    await network.database.execute("UPDATE catalog.community SET counted_on = NULL WHERE id = $1", community)
    return str(await network.value("SELECT slug FROM catalog.community WHERE id = $1", community))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the waiting for the end of a step, which would only take time here."""
    monkeypatch.setattr(jobs, "COUNTING_SECONDS", None)
    monkeypatch.setattr(jobs, "NETWORK_SECONDS", None)


async def publishes(network: Network) -> None:
    async with as_(PUBLISHER, network) as publisher:
        await publish_counts(publisher)


async def test_counts_are_published_with_noise_and_stay_until_the_next_month(network: Network) -> None:
    people = await crowd(network.database, [{"q": "A"}] * 230)
    slug = await waits_for_counting(network, people.community)
    reader = await network.member()
    await publishes(network)
    found = (await network.ask(reader, READINESS, {"slug": slug}))["data"]["community"]
    assert abs(found["memberCount"] - 230) <= FAR
    assert abs(found["readiness"]["consenting"] - 230) <= FAR
    assert found["memberCount"] % 10 == found["readiness"]["consenting"] % 10 == 0
    assert found["readiness"]["ready"] == (found["readiness"]["consenting"] >= found["readiness"]["needed"] == 200)
    for who in (ANYBODY, await network.buyer(), reader):
        for _ in range(3):
            await publishes(network)
            seen = (await network.ask(who, COUNTS, {"slug": slug}))["data"]["community"]
            assert seen == {"memberCount": found["memberCount"], "countedOn": datetime.now(UTC).date().isoformat()}
    releases = await network.database.fetch(
        "SELECT * FROM insight.count_release WHERE community_id = $1 AND survey_id IS NULL", people.community
    )
    assert [(row["kind"], row["micro_rho"], len(row["noisy"])) for row in releases] == [("COMMUNITY", 1_508, 2)]
    assert [rounded(count) for count in releases[0]["noisy"]] == [
        found["memberCount"],
        found["readiness"]["consenting"],
    ]
    async with network.database.transaction(isolation="repeatable_read"):
        assert await ledger.fault(network.database) is None


async def test_the_ledger_has_an_entry_for_counts_that_anybody_can_read(network: Network) -> None:
    community = (await factories.community(network.database, name="Counted"))["id"]
    slug = await waits_for_counting(network, community)
    await publishes(network)
    uses = """query ($community: String) { dataUses(community: $community) { nodes {
      organization { name } purpose datasetTitle variables cost { microRho } ledgerEntry { line }
    } } }"""
    [use] = (await network.ask(ANYBODY, uses, {"community": slug}))["data"]["dataUses"]["nodes"]
    line = use.pop("ledgerEntry")["line"]
    assert use == {
        "organization": None, "purpose": "Counts of the community", "datasetTitle": "Counted",
        "variables": ["members", "consenting"], "cost": {"microRho": 1_508},
    }  # fmt: skip
    assert json.loads(line).keys().isdisjoint({"dataset", "organization", "licence"})
    release = await network.value("SELECT id FROM insight.count_release WHERE community_id = $1", community)
    assert f'"release":"{release}"' in line


async def test_an_altered_release_of_counts_is_found(network: Network) -> None:
    community = (await factories.community(network.database))["id"]
    await waits_for_counting(network, community)
    await publishes(network)
    for change in ("noisy = noisy || 7", "micro_rho = micro_rho + 1"):
        async with network.database.transaction() as _:
            change_it = f"UPDATE insight.count_release SET {change} WHERE community_id = $1"
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="published rows cannot be changed"):
                async with network.database.transaction():
                    await network.database.execute(change_it, community)
        transaction = network.database.transaction()
        await transaction.start()
        await network.database.execute("SET LOCAL session_replication_role = replica")
        await network.database.execute(change_it, community)
        assert await ledger.fault(network.database) is not None
        await transaction.rollback()


async def exact(admin: asyncpg.Connection, community: UUID) -> list[int]:
    """The exact counts, of the members that are counted from now on."""
    await admin.execute("SELECT research.include_members($1)", community)
    found: list[int] = await admin.fetchval("SELECT research.count_community($1)", community)
    return found


async def test_a_member_is_counted_in_the_five_communities_joined_first(admin: asyncpg.Connection) -> None:
    member = (await factories.member(admin))["id"]
    communities = [(await factories.community(admin))["id"] for _ in range(7)]
    for number, community in reversed(list(enumerate(communities))):
        joined_on = date(2026, 1, 1) + timedelta(days=number)
        await factories.membership(admin, member_id=member, community_id=community, joined_on=joined_on)
    for community in reversed(communities):
        await exact(admin, community)
    assert [(await exact(admin, community))[0] for community in communities] == [1] * 5 + [0] * 2
    # Who leaves gives up no part of their allowance within a year, and so is not counted elsewhere.
    await admin.execute("DELETE FROM care.membership WHERE community_id = $1", communities[0])
    assert [(await exact(admin, community))[0] for community in communities] == [0] + [1] * 4 + [0] * 2
    await admin.execute("UPDATE research.counted_membership SET left_at = left_at - interval '366 days'")
    assert [(await exact(admin, community))[0] for community in communities] == [0] + [1] * 5 + [0]


async def test_only_consenting_patients_are_ready(admin: asyncpg.Connection) -> None:
    community = (await factories.community(admin))["id"]
    for kind, purpose, granted in (
        ("PATIENT", "SURVEY_RESEARCH", True), ("PATIENT", "SURVEY_RESEARCH", False),
        ("PATIENT", "TRACKING_RESEARCH", True), ("RELATIVE", "SURVEY_RESEARCH", True),
    ):  # fmt: skip
        member = (await factories.member(admin, kind=kind))["id"]
        await factories.membership(admin, member_id=member, community_id=community)
        await factories.consent(admin, member_id=member, purpose=purpose, granted=granted)
    assert await exact(admin, community) == [4, 1]


async def test_the_members_of_a_survey_are_looked_up_once(admin: asyncpg.Connection) -> None:
    """Whichever plan PostgreSQL chooses: with nested loops, it looked them up for each member of the community."""
    made = await crowd(admin, [{"sleep": "A"}] * 5)
    await admin.execute("SELECT research.include_members($1)", made.community)
    for plan in ("hashjoin", "mergejoin", "memoize", "material"):
        await admin.execute(f"SET LOCAL enable_{plan} = off")
    await admin.execute("SET LOCAL track_functions = 'all'")
    assert await admin.fetchval("SELECT research.count_progress($1)", made.survey) == [0, 0, 0, 5]
    calls = "SELECT calls FROM pg_stat_xact_user_functions WHERE schemaname = 'research' AND funcname = 'eligible'"
    assert await admin.fetchval(calls) == 1


async def test_a_member_without_room_in_their_allowance_is_not_counted(admin: asyncpg.Connection) -> None:
    community = (await factories.community(admin))["id"]
    today = datetime.now(UTC).date()
    for reserved in (YEARLY - COUNTED_YEARLY, YEARLY - COUNTED_YEARLY + 1):
        member = (await factories.member(admin))["id"]
        await factories.membership(admin, member_id=member, community_id=community)
        dataset = (await factories.dataset(admin, frozen_on=today))["id"]
        await factories.enrolment(admin, dataset_id=dataset, member_id=member, reserved_micro_rho=reserved)
    assert await exact(admin, community) == [1, 0]


async def test_a_members_privacy_loss_includes_the_counts_of_them(network: Network, community_id: UUID) -> None:
    ada, ben = await network.member(community_id), await network.member()
    await waits_for_counting(network, community_id)
    await publishes(network)
    loss = "{ me { privacyLoss { reserved { microRho } spent { microRho } } dataUses { nodes { purpose } } } }"
    for who, reserved, spent, purposes in ((ada, 33_096, 1_508, ["Counts of the community"]), (ben, 0, 0, [])):
        me = (await network.ask(who, loss))["data"]["me"]
        assert me["privacyLoss"] == {"reserved": {"microRho": reserved}, "spent": {"microRho": spent}}
        assert [use["purpose"] for use in me["dataUses"]["nodes"]] == purposes
    await network.do(ada, "communityLeave", "__typename", community=f"com_{community_id}")
    await waits_for_counting(network, community_id)
    await publishes(network)  # no longer of Ada
    me = (await network.ask(ada, loss))["data"]["me"]
    assert me["privacyLoss"] == {"reserved": {"microRho": 33_096}, "spent": {"microRho": 1_508}}


@pytest.mark.parametrize("planted", [False, True], ids=["monthly", "live"])
async def test_a_survey_is_followed_by_counts_that_no_answer_changes(
    network: Network,
    survey_manager: User,
    community_id: UUID,
    ada: User,
    ben: User,
    monkeypatch: pytest.MonkeyPatch,
    planted: bool,
) -> None:
    progress = "query ($id: ID!) { survey(id: $id) { progress { countedOn eligible invited started completed } } }"
    survey = await opened(network, survey_manager, community_id, ada, ben)
    waiting = await scheduled(network, survey_manager, community_id)
    await submitted(network, ada, survey)
    monkeypatch.setattr(noise, "draw", lambda counts, *_: [100 * count + 4 for count in counts])
    await publishes(network)
    counted_on = {"countedOn": datetime.now(UTC).date().isoformat()}
    seen = (await network.ask(survey_manager, progress, {"id": survey}))["data"]["survey"]["progress"]
    assert seen == counted_on | {"eligible": 220, "invited": 210, "started": 110, "completed": 100}
    other = (await network.ask(survey_manager, progress, {"id": waiting}))["data"]["survey"]["progress"]
    assert other == counted_on | {"eligible": 220, "invited": 10, "started": 10, "completed": 0}
    await submitted(network, ben, survey)
    if planted:
        monkeypatch.setattr(counts, "is_of_month", lambda counted_on, today: False)
        live = "UPDATE catalog.survey_progress SET counted_on = counted_on - 31 WHERE survey_id = $1"
        await network.database.execute(live, key(survey))
    await publishes(network)
    later = (await network.ask(survey_manager, progress, {"id": survey}))["data"]["survey"]["progress"]
    assert later == (seen | {"started": 210, "completed": 200} if planted else seen)
    answer = await network.ask(ada, progress, {"id": survey})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    kinds = "SELECT kind, micro_rho FROM insight.count_release WHERE survey_id = $1 ORDER BY kind"
    assert [tuple(row) for row in await network.database.fetch(kinds, key(survey))] == [
        ("OPENING", 2_450), *[("PROGRESS", 754)] * (1 + planted),
    ]  # fmt: skip


@pytest.mark.slow
async def test_a_community_is_counted_at_most_twelve_times_in_365_days(network: Network) -> None:
    community = (await factories.community(network.database))["id"]
    await waits_for_counting(network, community)
    released = "SELECT count(*) FROM insight.count_release WHERE community_id = $1"
    try:
        # Published late in January, in time from then on.
        days = [date(2031, 1, 31), *(date(2031, month, 1) for month in range(2, 13)), date(2032, 1, 1)]
        for number, day in enumerate(days, start=1):
            await set_clock(network.database, datetime.combine(day, datetime.min.time(), UTC))
            await publishes(network)
            assert await network.value(released, community) == min(number, 12)
    finally:
        await set_clock(network.database, None)


@pytest.mark.parametrize(
    ("count", "shown"), [(-30, 0), (-1, 0), (0, 0), (4, 0), (5, 10), (14, 10), (15, 20), (230, 230)]
)
def test_counts_are_shown_to_tens_and_not_below_zero(count: int, shown: int) -> None:
    assert rounded(count) == shown


@pytest.mark.parametrize(
    ("counted_on", "today", "same"),
    [
        (None, date(2026, 3, 1), False), (date(2026, 2, 28), date(2026, 3, 1), False),
        (date(2026, 3, 1), date(2026, 3, 31), True), (date(2025, 3, 9), date(2026, 3, 8), False),
    ],
)  # fmt: skip
def test_counts_are_those_of_a_month(counted_on: date | None, today: date, same: bool) -> None:
    assert is_of_month(counted_on, today) is same


@pytest.mark.parametrize(
    ("closes_on", "counted_on", "months"),
    [
        (date(2026, 3, 10), None, 1), (date(2026, 3, 10), date(2026, 3, 1), 0), (date(2026, 3, 31), None, 2),
        (date(2026, 5, 30), None, 3), (date(2026, 5, 31), date(2026, 3, 2), 3), (date(2029, 1, 1), None, 12),
        (date.max, None, 12), (date(2026, 1, 1), None, 0),
    ],
)  # fmt: skip
def test_the_price_of_progress_is_that_of_the_months_until_a_survey_closes(
    closes_on: date, counted_on: date | None, months: int
) -> None:
    assert progress_price(closes_on, counted_on, date(2026, 3, 5)) == months * 754
