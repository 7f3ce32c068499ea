"""The network in three figures: published monthly, with noise and at a price, within each member's allowance."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from models.security.publisher import PUBLISHER
from privacy import noise
from privacy.budget import NETWORK_YEARLY, YEARLY
from resolvers.insight import counts, ledger
from resolvers.insight.counts import publish_network, rounded
from tests import factories
from tests.server.test_scheduler import as_
from tests.support.client import ANYBODY
from tests.support.clock import set_clock
from tests.support.network import Network

NETWORK = "{ network { communities activeMembers treatmentsFollowed countedOn } }"
NOTHING = {"activeMembers": None, "treatmentsFollowed": None, "countedOn": None}


async def forgets(connection: asyncpg.Connection) -> None:
    """Makes this month's counts of the network due."""
    await connection.execute("DELETE FROM catalog.network_count")


async def published(admin: asyncpg.Connection) -> asyncpg.Record:
    """The counts, published by the first of two servers and not by the second."""
    for _ in range(2):
        await publish_network(admin)
    [count] = await admin.fetch("SELECT * FROM catalog.network_count")
    assert isinstance(count, asyncpg.Record)
    return count


async def exact(admin: asyncpg.Connection) -> tuple[int, int]:
    """The exact counts, of the members that are counted from now on."""
    await admin.execute("SELECT research.include_in_network()")
    active, treatments = await admin.fetchval("SELECT research.count_network()")
    return active, treatments


async def member(admin: asyncpg.Connection, days_away: int = 0, courses: int = 0, kind: str = "PATIENT") -> UUID:
    """A member who signed in so many days ago, with this many courses of treatment."""
    id: UUID = (await factories.member(admin, kind=kind))["id"]
    today: date = await admin.fetchval("SELECT catalog.today()")
    await factories.account(admin, member_id=id, signed_in_on=today - timedelta(days=days_away))
    for _ in range(courses):
        await factories.course(admin, member_id=id)
    return id


async def test_counts_are_published_with_noise_rounded_and_in_the_ledger(admin: asyncpg.Connection) -> None:
    await forgets(admin)
    for courses in (0, 1, 7):
        await member(admin, courses=courses)
    active, treatments = await exact(admin)
    shown = await published(admin)
    # Six deviations of the noise, and the rounding.
    assert abs(shown["active_members"] - active) <= 6 * noise.noise_for(22).sigma + 50
    assert abs(shown["treatments_followed"] - treatments) <= 6 * noise.noise_for(31, 16).sigma + 50
    [release] = await admin.fetch("SELECT * FROM insight.count_release WHERE kind = 'NETWORK' AND published_at = now()")
    assert (release["micro_rho"], release["community_id"], release["survey_id"]) == (53, None, None)
    assert [rounded(count, 100) for count in release["noisy"]] == [
        shown["active_members"],
        shown["treatments_followed"],
    ]
    entry = await admin.fetchrow("SELECT * FROM insight.ledger_entry WHERE count_release_id = $1", release["id"])
    assert entry is not None
    told = (entry["dataset_title"], entry["purpose"], entry["variables"], entry["micro_rho"], entry["community_id"])
    assert told == ("The network", "Counts of the network", ["active_members", "treatments_followed"], 53, None)
    assert await ledger.fault(admin) is None
    for change in ("noisy = noisy || 7", "micro_rho = micro_rho + 1"):
        transaction = admin.transaction()
        await transaction.start()
        await admin.execute("SET LOCAL session_replication_role = replica")
        await admin.execute(f"UPDATE insight.count_release SET {change} WHERE id = $1", release["id"])
        assert await ledger.fault(admin) is not None
        await transaction.rollback()


async def test_everybody_reads_the_same_figures(network: Network) -> None:
    await factories.community(network.database, status="DRAFT")
    await factories.community(network.database, status="CLOSED")
    communities = await network.value("SELECT count(*) FROM catalog.community WHERE status = 'OPEN'")
    # The lock that publishing takes, which the server's own scheduler then waits for.
    await network.database.execute("SELECT pg_advisory_lock(hashtext('cohorte.network'))")
    try:
        await forgets(network.database)
        callers = (ANYBODY, await network.member(), await network.buyer(), await network.staff())
        for who in callers:
            assert (await network.ask(who, NETWORK))["data"]["network"] == {"communities": communities} | NOTHING
        today = await network.value("SELECT catalog.today()")
        for day, active in ((today - timedelta(days=40), 700), (today, 900)):
            await factories.network_count(network.database, counted_on=day, active_members=active)
        latest = {"activeMembers": 900, "treatmentsFollowed": 400, "countedOn": today.isoformat()}
        for who in callers:
            assert (await network.ask(who, NETWORK))["data"]["network"] == {"communities": communities} | latest
    finally:
        await network.database.execute("SELECT pg_advisory_unlock(hashtext('cohorte.network'))")


async def test_active_members_have_signed_in_within_a_year(admin: asyncpg.Connection) -> None:
    active, treatments = await exact(admin)
    for days_away, kind in ((0, "PATIENT"), (364, "RELATIVE"), (365, "PATIENT"), (366, "ASSOCIATION")):
        await member(admin, days_away, courses=1, kind=kind)
    assert await exact(admin) == (active + 2, treatments + 2)


async def test_nobody_changes_the_counts_by_more_than_they_are_charged_for(admin: asyncpg.Connection) -> None:
    for courses in (0, 1, 4, 5, 60):
        before = await exact(admin)
        one = await member(admin, courses=courses)
        after = await exact(admin)
        assert (after[0] - before[0], after[1] - before[1]) == (1, min(courses, 4))
        await admin.execute(
            "UPDATE care.course SET status = 'STOPPED', ended_on = started_on WHERE member_id = $1", one
        )
        assert await exact(admin) == after
        await admin.execute("DELETE FROM care.member WHERE id = $1", one)
        assert await exact(admin) == before


async def test_members_without_room_in_their_allowance_are_not_counted(admin: asyncpg.Connection) -> None:
    before, _ = await exact(admin)
    today = await admin.fetchval("SELECT catalog.today()")
    for reserved in (YEARLY - NETWORK_YEARLY, YEARLY - NETWORK_YEARLY + 1):
        one = await member(admin)
        dataset = (await factories.dataset(admin, frozen_on=today))["id"]
        await factories.enrolment(admin, dataset_id=dataset, member_id=one, reserved_micro_rho=reserved)
    assert (await exact(admin))[0] == before + 1
    # What is reserved is left to nothing else, a community's counts included.
    community = (await factories.community(admin))["id"]
    for left in (33_096 + 636, 33_096 + 635):
        one = await member(admin)
        await exact(admin)
        await factories.membership(admin, member_id=one, community_id=community)
        dataset = (await factories.dataset(admin, frozen_on=today))["id"]
        await factories.enrolment(admin, dataset_id=dataset, member_id=one, reserved_micro_rho=YEARLY - left)
    await admin.execute("SELECT research.include_members($1)", community)
    assert await admin.fetchval("SELECT research.count_community($1)", community) == [1, 0]


async def test_members_are_included_in_pieces_for_which_whoever_leaves_waits(
    admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "INCLUDED_AT_ONCE", 10)
    await forgets(admin)
    community = (await factories.community(admin, counted_on=None))["id"]
    for _ in range(33):
        await factories.membership(admin, member_id=await member(admin), community_id=community)
    await admin.execute("DELETE FROM research.counted_member")
    members = await admin.fetchval("SELECT count(*) FROM care.member")
    await publish_network(admin)
    await counts.publish_community(admin, community)
    for table, condition, number in (("member", "true", members), ("membership", f"community_id = '{community}'", 33)):
        by_piece = f"SELECT count(*) FROM research.counted_{table} WHERE {condition} GROUP BY xmin::text"
        pieces = [row["count"] for row in await admin.fetch(by_piece)]
        assert sum(pieces) == number
        assert max(pieces) <= 10


async def test_what_is_reserved_in_sql_is_what_it_costs(admin: asyncpg.Connection) -> None:
    one = await member(admin)
    reserved = "SELECT by_counts FROM research.reserved(ARRAY[$1::uuid], catalog.today())"
    assert await admin.fetchval(reserved, one) == 0
    await exact(admin)
    assert await admin.fetchval(reserved, one) == NETWORK_YEARLY


async def test_the_network_is_counted_at_most_twelve_times_in_365_days(admin: asyncpg.Connection) -> None:
    # Published late in January, in time from then on.
    days = [date(2031, 1, 31), *(date(2031, month, 1) for month in range(2, 13)), date(2032, 1, 1), date(2032, 2, 1)]
    counted = "SELECT count(*) FROM catalog.network_count WHERE counted_on >= '2031-01-01'"
    found = []
    for day in days:
        await set_clock(admin, datetime.combine(day, datetime.min.time(), UTC))
        await publish_network(admin)
        await publish_network(admin)
        found.append(await admin.fetchval(counted))
    assert found == [*range(1, 13), 12, 13]


async def test_a_members_privacy_loss_and_uses_include_the_counts_of_them(network: Network) -> None:
    loss = """{ me {
      privacyLoss { reserved { microRho } spent { microRho } }
      dataUses { nodes { purpose datasetTitle community { slug } organization { name } cost { microRho } } }
    } }"""
    ada = await network.member()
    nothing = {"reserved": {"microRho": 0}, "spent": {"microRho": 0}}
    assert (await network.ask(ada, loss))["data"]["me"] == {"privacyLoss": nothing, "dataUses": {"nodes": []}}
    await forgets(network.database)
    async with as_(PUBLISHER, network) as publisher, publisher.transaction():
        await publish_network(publisher)
    ben = await network.member()  # joins after the counts
    use = {
        "purpose": "Counts of the network", "datasetTitle": "The network", "community": None, "organization": None,
        "cost": {"microRho": 53},
    }  # fmt: skip
    assert (await network.ask(ada, loss))["data"]["me"] == {
        "privacyLoss": {"reserved": {"microRho": 636}, "spent": {"microRho": 53}},
        "dataUses": {"nodes": [use]},
    }
    assert (await network.ask(ben, loss))["data"]["me"] == {"privacyLoss": nothing, "dataUses": {"nodes": []}}
    await forgets(network.database)
    async with as_(PUBLISHER, network) as publisher, publisher.transaction():
        await publish_network(publisher)
    for who, times in ((ada, 2), (ben, 1)):
        me = (await network.ask(who, loss))["data"]["me"]
        assert me["privacyLoss"] == {"reserved": {"microRho": 636}, "spent": {"microRho": 53 * times}}
        assert me["dataUses"]["nodes"] == [use] * times


@pytest.mark.parametrize(("count", "shown"), [(-300, 0), (49, 0), (50, 100), (149, 100), (150, 200), (17_950, 18_000)])
def test_counts_of_the_network_are_shown_to_hundreds(count: int, shown: int) -> None:
    assert rounded(count, 100) == shown
