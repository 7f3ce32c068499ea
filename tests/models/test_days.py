"""The clock: the present days, and which days are over or have begun, at the boundaries of each."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import asyncpg
import pytest

from models.viewers import Audience
from resolvers.days import FIRST_ZONE, LAST_ZONE, Days, current_day, current_days
from tests.support.clock import set_clock

ROOT = Path(__file__).parents[2]
ISO = datetime.fromisoformat

# The moment, then the present day at UTC-12, by UTC and at UTC+14.
MOMENTS = [
    ("2026-03-10T00:00:00+00:00", "2026-03-09", "2026-03-10", "2026-03-10"),
    ("2026-03-09T23:59:59.999999+00:00", "2026-03-09", "2026-03-09", "2026-03-10"),
    ("2026-03-10T09:59:59.999999+00:00", "2026-03-09", "2026-03-10", "2026-03-10"),
    ("2026-03-10T10:00:00+00:00", "2026-03-09", "2026-03-10", "2026-03-11"),  # three days at once
    ("2026-03-10T11:59:59.999999+00:00", "2026-03-09", "2026-03-10", "2026-03-11"),
    ("2026-03-10T12:00:00+00:00", "2026-03-10", "2026-03-10", "2026-03-11"),
    ("2026-03-10T00:30:00+01:00", "2026-03-09", "2026-03-09", "2026-03-10"),  # half past midnight in Paris
    ("2026-03-10T00:00:00+04:00", "2026-03-09", "2026-03-09", "2026-03-10"),  # midnight in La Réunion
    ("2026-03-10T23:59:00-04:00", "2026-03-10", "2026-03-11", "2026-03-11"),  # the day ends in Martinique
    ("2026-12-31T10:00:00+00:00", "2026-12-30", "2026-12-31", "2027-01-01"),  # a year has begun
    ("2028-02-29T12:00:00+00:00", "2028-02-29", "2028-02-29", "2028-03-01"),  # a leap day
    ("2026-03-29T02:00:00+02:00", "2026-03-28", "2026-03-29", "2026-03-29"),  # clocks go forward in Paris
    ("2026-10-25T02:30:00+01:00", "2026-10-24", "2026-10-25", "2026-10-25"),  # clocks go back in Paris
]


@pytest.mark.parametrize(("moment", "earliest", "utc", "latest"), MOMENTS)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/Paris"])
async def test_the_present_days_do_not_depend_on_the_connections_time_zone(
    admin: asyncpg.Connection, moment: str, earliest: str, utc: str, latest: str, zone: str
) -> None:
    await set_clock(admin, ISO(moment))
    await admin.execute(f"SET LOCAL timezone = '{zone}'")
    days = Days(date.fromisoformat(earliest), date.fromisoformat(utc), date.fromisoformat(latest))
    assert await current_days(admin) == days
    assert await current_day(admin) == days.utc


@pytest.mark.parametrize(("moment", "earliest", "utc", "latest"), MOMENTS)
async def test_python_and_sql_agree_on_which_days_are_over_everywhere(
    admin: asyncpg.Connection, moment: str, earliest: str, utc: str, latest: str
) -> None:
    await set_clock(admin, ISO(moment))
    days = await current_days(admin)
    for ahead in range(-3, 4):
        day = date.fromordinal(days.utc.toordinal() + ahead)
        assert await admin.fetchval("SELECT catalog.is_over($1)", day) is days.is_over(day) is (day < days.earliest)
        assert days.is_future(day) is (day > days.latest)
        assert not (days.is_over(day) and days.is_future(day))
    assert await admin.fetchval("SELECT catalog.is_over(NULL)") is None


async def test_the_zones_in_descriptions_are_those_of_the_clock(admin: asyncpg.Connection) -> None:
    first, last = (timezone(timedelta(hours=int(zone.removeprefix("UTC")))) for zone in (FIRST_ZONE, LAST_ZONE))
    await set_clock(admin, datetime(2026, 3, 10, tzinfo=first))
    assert (await current_days(admin)).latest == date(2026, 3, 10)
    await set_clock(admin, datetime(2026, 3, 10, tzinfo=first) - timedelta(microseconds=1))
    assert (await current_days(admin)).latest == date(2026, 3, 9)
    await set_clock(admin, datetime(2026, 3, 10, tzinfo=last))
    assert (await current_days(admin)).earliest == date(2026, 3, 10)
    await set_clock(admin, datetime(2026, 3, 10, tzinfo=last) - timedelta(microseconds=1))
    assert (await current_days(admin)).earliest == date(2026, 3, 9)


async def test_the_first_day_of_the_calendar_is_over_and_the_last_is_in_the_future(admin: asyncpg.Connection) -> None:
    days = await current_days(admin)
    assert days.is_over(date.min)
    assert days.is_future(date.max)
    for day, over in (("4713-01-01 BC", True), ("-infinity", True), ("5874897-12-31", False), ("infinity", False)):
        assert await admin.fetchval("SELECT catalog.is_over($1::text::date)", day) is over


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-03-09T23:59:59.999999Z", "2026-03-09"), ("2026-03-10T00:00:00Z", "2026-03-10")],
)
async def test_the_day_of_a_moment_and_the_end_of_a_day_are_by_utc(
    admin: asyncpg.Connection, moment: str, day: str
) -> None:
    await admin.execute("SET LOCAL timezone = 'America/Martinique'")
    assert await admin.fetchval("SELECT catalog.day_of($1)", ISO(moment)) == date.fromisoformat(day)
    ends = await admin.fetchval("SELECT catalog.end_of($1)", date(2026, 3, 9))
    assert ends == datetime(2026, 3, 10, tzinfo=UTC)


async def test_the_clock_is_the_databases_unless_a_test_sets_it(admin: asyncpg.Connection) -> None:
    assert await admin.fetchval("SELECT catalog.clock() = now()")
    await set_clock(admin, datetime(2001, 1, 1, tzinfo=UTC))
    assert await current_day(admin) == date(2001, 1, 1)
    await set_clock(admin, None)
    assert await admin.fetchval("SELECT catalog.clock() = now()")


@pytest.mark.parametrize("audience", list(Audience))
async def test_only_the_owner_can_set_the_clock(admin: asyncpg.Connection, audience: Audience) -> None:
    await admin.execute(f"SET LOCAL ROLE {audience.role}")
    assert await admin.fetchval("SELECT catalog.is_over(catalog.earliest_today())") is False
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await set_clock(admin, datetime(2001, 1, 1, tzinfo=UTC))


async def test_a_day_is_computed_once_per_statement(admin: asyncpg.Connection) -> None:
    plan = "\n".join(
        row[0]
        for row in await admin.fetch("EXPLAIN VERBOSE SELECT * FROM catalog.survey WHERE catalog.is_over(closes_on)")
    )
    assert "catalog." not in plan.partition("Filter")[2], plan  # inlined


# Code that takes a day from a clock; `now()` beside a timestamp does not.
READS_A_DAY = re.compile(
    r"current_date|localtimestamp|\bdate\.today\(|now\([^)]*\)\.date\(|at time zone|now\(\)\s*::\s*date|'(today|now)'",
    re.IGNORECASE,
)
FOLDERS = ("models", "resolvers", "planner", "schema", "server", "privacy")


def test_only_the_days_module_compares_a_day_with_a_clock() -> None:
    reading = {
        str(file.relative_to(ROOT))
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", ".sql") and "versions" not in file.parts and READS_A_DAY.search(file.read_text())
    }
    assert reading == {"models/functions/days.sql"}
