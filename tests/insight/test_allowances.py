"""A year is a year: whatever a member joins and is enrolled in, nothing above their allowance is published of them.

Nor more of the surveys of a community than is reserved for them, however long they wait.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.identity.accounts import StaffRole
from privacy import thresholds
from privacy.budget import CAP, COUNTED_YEARLY, LARGEST_CAP, LEAST_CAP, SURVEYS_YEARLY, TERM_DAYS, YEARLY
from resolvers.insight import openings
from resolvers.insight.counts import publish_progress
from resolvers.insight.releases import Overspent
from tests import factories
from tests.support.clock import set_clock
from tests.support.records import KINDS

HOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
EXAMPLES, MANY_EXAMPLES = 8, 25  # calendars
FIRST = date(2030, 1, 1)
DEBIT = "UPDATE insight.dataset SET spent_micro_rho = spent_micro_rho + $2 WHERE id = $1"
Event = tuple[str, int, int]  # what happens, how many days after the event before, and a cap
# Of which two, three, eight or more fit into a year, and those in between.
CAPS = st.one_of(st.sampled_from([LEAST_CAP, CAP, LARGEST_CAP]), st.integers(LEAST_CAP, LARGEST_CAP))
KINDS_OF_EVENTS = ["freeze"] * 4 + ["spend"] * 4 + ["end", "join", "leave"]
EVENTS = st.lists(
    st.tuples(st.sampled_from(KINDS_OF_EVENTS), st.sampled_from([0, 0, 0, 1, 30, 182, 363, 364]), CAPS),
    min_size=5,
    max_size=40,
)
SURVEY_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["schedule"] * 4 + ["count"] * 4 + ["postpone"] * 2 + ["wait", "open", "unschedule", "close"]),
        st.sampled_from([0, 0, 0, 1, 32, 182, 364, 366]),
        st.integers(0, 9),
    ),
    min_size=5,
    max_size=30,
)


TWO_YEARS: list[Event] = [
    ("freeze", 0, CAP), ("freeze", 0, CAP), ("spend", TERM_DAYS, 0), ("spend", 0, 0),
    ("freeze", 1, CAP), ("freeze", 0, CAP), ("spend", 0, 0), ("spend", 0, 0),
]  # fmt: skip


async def test_datasets_of_two_years_are_not_spent_in_one(admin: asyncpg.Connection) -> None:
    """Two datasets are spent on their last day: the next two have to wait for a year from then on."""
    assert max_in_a_year(await spent(admin, TWO_YEARS)) == 2 * 200_000 + COUNTED_YEARLY


# What was reserved before: the caps of what was frozen within a year, although it is spent until its last day.
BY_DAY_OF_FREEZING = """
    CREATE OR REPLACE FUNCTION research.reserved_by_datasets(members uuid[], day date)
    RETURNS TABLE (member_id uuid, micro_rho bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT e.member_id, sum(e.reserved_micro_rho)
    FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE e.member_id = ANY (reserved_by_datasets.members) AND d.frozen_on > reserved_by_datasets.day - 365
    GROUP BY e.member_id
    $$
"""


async def test_a_calendar_finds_what_is_reserved_by_the_day_of_freezing(admin: asyncpg.Connection) -> None:
    """As it was: two datasets that are spent on their last day, and two on the day after."""
    await admin.execute(BY_DAY_OF_FREEZING)
    assert max_in_a_year(await spent(admin, TWO_YEARS)) == 4 * CAP + COUNTED_YEARLY > YEARLY


async def test_a_member_is_in_as_many_datasets_of_a_year_as_their_allowance_has_room_for(
    admin: asyncpg.Connection,
) -> None:
    for caps, spent_of_them in (
        ([LEAST_CAP] * 10, 9 * LEAST_CAP),
        ([LARGEST_CAP, LARGEST_CAP, CAP, LEAST_CAP], LARGEST_CAP + CAP),
        ([CAP, LEAST_CAP, LARGEST_CAP, LEAST_CAP, 100_000], CAP + LEAST_CAP + LEAST_CAP + 100_000),
    ):
        calendar: list[Event] = [("freeze", 7, cap) for cap in caps] + [("spend", 7, 0) for _ in caps]
        assert max_in_a_year(await spent(admin, calendar)) == spent_of_them + COUNTED_YEARLY


# As if a dataset of any cap were the smallest to whoever is in it.
BY_LEAST_CAP = """
    CREATE OR REPLACE FUNCTION research.reserved_by_datasets(members uuid[], day date)
    RETURNS TABLE (member_id uuid, micro_rho bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT e.member_id, sum(least(e.reserved_micro_rho, 50000))
    FROM research.enrolment e WHERE e.member_id = ANY (reserved_by_datasets.members)
    GROUP BY e.member_id
    $$
"""


async def test_caps_of_several_sizes_add_up_to_more_than_the_allowance_if_their_number_decides(
    admin: asyncpg.Connection,
) -> None:
    calendar: list[Event] = [("freeze", 7, CAP)] * 4 + [("spend", 7, 0)] * 4
    assert max_in_a_year(await spent(admin, calendar)) <= YEARLY
    await admin.execute(BY_LEAST_CAP)
    assert max_in_a_year(await spent(admin, calendar)) == 4 * CAP + COUNTED_YEARLY > YEARLY


async def test_a_community_that_was_left_uses_the_allowance_for_a_year(admin: asyncpg.Connection) -> None:
    calendar: list[Event] = [("freeze", 0, LARGEST_CAP), ("join", 0, 0), ("spend", 0, 0), ("leave", 1, 1)]
    assert max_in_a_year(await spent(admin, [*calendar, ("freeze", 182, CAP), ("spend", 1, 0)])) <= YEARLY


@settings(HOW, max_examples=EXAMPLES)
@given(EVENTS)
async def test_no_365_days_cost_more_than_the_allowance(admin: asyncpg.Connection, calendar: list[Event]) -> None:
    assert max_in_a_year(await spent(admin, calendar)) <= YEARLY


@pytest.mark.slow
@settings(HOW, max_examples=MANY_EXAMPLES)
@given(EVENTS)
async def test_no_365_days_of_more_calendars_cost_more(admin: asyncpg.Connection, calendar: list[Event]) -> None:
    assert max_in_a_year(await spent(admin, calendar)) <= YEARLY


async def test_surveys_that_have_waited_for_years_are_part_of_each(admin: asyncpg.Connection) -> None:
    """Four that are charged in a year and postponed: the next year, they leave room for fewer counts and openings."""
    calendar: list[Event] = [("schedule", 0, 0)] * 4 + [("postpone", 0, 0)]
    for _ in range(24):
        calendar += [("count", 32, 0)]
    charges = await spent_on_surveys(admin, calendar)
    assert [charge for _, charge in charges].count(thresholds.PRICE) == 4
    assert SURVEYS_YEARLY - 754 < most_in_a_year(charges) <= SURVEYS_YEARLY


@settings(HOW, max_examples=EXAMPLES)
@given(SURVEY_EVENTS)
async def test_no_365_days_of_a_communitys_surveys_cost_more_than_is_reserved(
    admin: asyncpg.Connection, calendar: list[Event]
) -> None:
    assert most_in_a_year(await spent_on_surveys(admin, calendar)) <= SURVEYS_YEARLY


@pytest.mark.slow
@settings(HOW, max_examples=MANY_EXAMPLES)
@given(SURVEY_EVENTS)
async def test_no_365_days_of_surveys_of_more_calendars_cost_more(
    admin: asyncpg.Connection, calendar: list[Event]
) -> None:
    assert most_in_a_year(await spent_on_surveys(admin, calendar)) <= SURVEYS_YEARLY


async def spent(admin: asyncpg.Connection, calendar: Sequence[Event]) -> list[tuple[date, int]]:
    """What is published of a member, by day, who is enrolled and counted whenever their allowance has room.

    A community publishes as much as it may on each day on which something happens.
    """
    transaction = admin.transaction()
    await transaction.start()
    try:
        return await lived(admin, calendar)
    finally:
        await transaction.rollback()


async def lived(admin: asyncpg.Connection, calendar: Sequence[Event]) -> list[tuple[date, int]]:
    member: UUID = (await factories.member(admin))["id"]
    granted_on = datetime.combine(FIRST, time(), UTC)
    for purpose in ("TRACKING_RESEARCH", "SURVEY_RESEARCH"):
        await factories.consent(admin, member_id=member, purpose=purpose, recipients=KINDS, changed_at=granted_on)
    day, charges, home = FIRST, [], (await factories.community(admin))["id"]
    await factories.membership(admin, member_id=member, community_id=home)
    datasets: list[tuple[UUID, int]] = []
    places: dict[UUID, list[tuple[date, int]]] = {home: []}
    for what, days, amount in calendar:
        day += timedelta(days=days)
        await set_clock(admin, datetime.combine(day, time(12), UTC))
        if what == "join":
            community = (await factories.community(admin))["id"]
            await factories.membership(admin, member_id=member, community_id=community, joined_on=FIRST)
            places[community] = []
        elif what == "leave":
            community = list(places)[amount % len(places)]
            if community != home:
                await admin.execute("DELETE FROM care.membership WHERE community_id = $1", community)
                # The trigger has written the present, which is before all that happens here.
                left = "UPDATE research.counted_membership SET left_at = $2 WHERE community_id = $1 AND left_at < $3"
                await admin.execute(
                    left, community, datetime.combine(day, time(12), UTC), datetime.combine(FIRST, time(), UTC)
                )
        elif what == "freeze":
            cap = amount
            dataset = await factories.dataset(admin, community_id=home, frozen_on=day, cap_micro_rho=cap)
            await admin.execute("SELECT research.enrol($1)", dataset["id"])
            if await admin.fetchval("SELECT count(*) FROM research.enrolment WHERE dataset_id = $1", dataset["id"]):
                datasets.append((dataset["id"], cap))
        elif datasets:
            dataset_id, cap = datasets[amount % len(datasets)] if what == "end" else datasets.pop(0)
            row = await admin.fetchrow("SELECT * FROM insight.dataset WHERE id = $1", dataset_id)
            assert row is not None
            if row["status"] == "OPEN" and day <= row["ends_on"]:
                charge = cap - row["spent_micro_rho"]
                at = datetime.combine(day, time(12), UTC)
                release = await factories.release(admin, dataset_id=dataset_id, micro_rho=charge, published_at=at)
                await factories.ledger_entry(admin, release_id=release["id"])
                charges.append((day, charge))
                await admin.execute(DEBIT, dataset_id, charge)
            if what == "end":
                await admin.execute("SELECT research.end_dataset($1, 'ENDED')", dataset_id)
                datasets = [one for one in datasets if one[0] != dataset_id]
        for community, published in places.items():
            await admin.execute("SELECT research.include_members($1)", community)
            counted = "SELECT count(*) FROM research.counted_membership WHERE community_id = $1 AND left_at IS NULL"
            recently = sum(charge for at, charge in published if at > day - timedelta(days=365))
            if recently < COUNTED_YEARLY and await admin.fetchval(counted, community):
                published.append((day, COUNTED_YEARLY - recently))
                charges.append((day, COUNTED_YEARLY - recently))
    return charges


def max_in_a_year(charges: Sequence[tuple[date, int]]) -> int:
    """The most that was charged within 365 days."""
    return max(
        (sum(charge for at, charge in charges if first <= at < first + timedelta(days=365)) for first, _ in charges),
        default=0,
    )


Charge = tuple[range, int]  # the days, from the first to the last look of an opening, as ordinals


async def spent_on_surveys(admin: asyncpg.Connection, calendar: Sequence[Event]) -> list[Charge]:
    """What openings and progress of a community's surveys cost, where each that waits is looked at on every day."""
    transaction = admin.transaction()
    await transaction.start()
    try:
        return await surveyed(admin, calendar)
    finally:
        await transaction.rollback()


async def surveyed(admin: asyncpg.Connection, calendar: Sequence[Event]) -> list[Charge]:
    community = (await factories.community(admin))["id"]
    manager = (await factories.staff(admin, roles=[StaffRole.SURVEY_MANAGER]))["id"]
    await admin.execute("SELECT set_config('cohorte.staff', $1, true)", str(manager))
    day, charges = FIRST, list[Charge]()
    looks: dict[UUID, list[tuple[date, date]]] = {}  # of each survey, the first and the last day of its openings

    async def with_status(*statuses: str) -> list[UUID]:
        of = "SELECT id FROM catalog.survey WHERE community_id = $1 AND status::text = ANY ($2) ORDER BY title"
        return [row["id"] for row in await admin.fetch(of, community, statuses)]

    async def look() -> None:
        for one in await with_status("WAITING"):
            if await admin.fetch("SELECT FROM research.look($1)", one):
                looks[one][-1] = (looks[one][-1][0], day)

    for what, days, number in calendar:
        day += timedelta(days=days)
        await set_clock(admin, datetime.combine(day, time(12), UTC))
        await look()
        waiting, running = await with_status("WAITING"), await with_status("WAITING", "OPEN")
        one = waiting[number % len(waiting)] if waiting else None
        if what == "schedule":
            drafts = await with_status("DRAFT")
            survey = drafts[0] if drafts else (await factories.survey(admin, community_id=community))["id"]
            try:
                async with admin.transaction():
                    await admin.execute(
                        "UPDATE catalog.survey SET status = 'WAITING', closes_on = $2 WHERE id = $1", survey, day
                    )
                    await openings.begin(admin, survey)
            except Overspent:
                continue
            looks.setdefault(survey, []).append((day, day))
            await look()
        elif what == "postpone":
            later = "UPDATE catalog.survey SET closes_on = $2 WHERE id = ANY ($1)"
            await admin.execute(later, running, day + timedelta(days=900))
        elif what == "count":
            for each in running:
                await publish_progress(admin, each)
        elif what in ("open", "unschedule", "close") and one is not None:
            await admin.execute(f"SELECT catalog.{what}_survey($1)", one)
    for first, last in (times for found in looks.values() for times in found):
        charges.append((range(first.toordinal(), last.toordinal() + 1), thresholds.PRICE))
    published = "SELECT catalog.day_of(published_at), micro_rho FROM insight.count_release WHERE community_id = $1"
    for on, charge in await admin.fetch(f"{published} AND kind = 'PROGRESS'", community):
        charges.append((range(on.toordinal(), on.toordinal() + 1), charge))
    return charges


def most_in_a_year(charges: Sequence[Charge]) -> int:
    """The most that was charged within 365 days, where an opening is part of all days from its first to its last."""
    starts = {start for days, _ in charges for start in (days.start, days.stop - 1)}
    return max(
        (sum(charge for days, charge in charges if days.start < start + 365 and days.stop > start) for start in starts),
        default=0,
    )
