"""Dates and timestamps are sent to PostgreSQL and read exactly, up to the limits of the calendar."""

from datetime import UTC, date, datetime, timedelta, timezone

import asyncpg
import pytest

from models.codecs import use_exact_days

DAYS = [date.min, date(1, 1, 2), date(1999, 12, 31), date(2000, 1, 1), date(2000, 2, 29), date(9999, 12, 30), date.max]
MOMENTS = [
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999999, UTC),
    datetime(2026, 3, 10, 0, 30, tzinfo=timezone(timedelta(hours=1))),
]
BEYOND = [  # Python's calendar, by UTC
    (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), "10000-01-01 13:59:59.999999+00"),
    (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "0001-12-31 10:00:00+00 BC"),
]


@pytest.mark.parametrize("day", DAYS)
async def test_a_date_is_sent_and_read_exactly(admin: asyncpg.Connection, day: date) -> None:
    await use_exact_days(admin)
    text, back, listed = await admin.fetchrow("SELECT $1::date::text, $1::date, $2::date[]", day, [day])  # type: ignore[misc]
    assert (text, back, listed) == (day.isoformat(), day, [day])


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_timestamp_is_sent_and_read_exactly(admin: asyncpg.Connection, moment: datetime) -> None:
    await use_exact_days(admin)
    assert await admin.fetchval("SELECT isfinite($1::timestamptz)", moment)
    assert await admin.fetchval("SELECT $1::timestamptz", moment) == moment


@pytest.mark.parametrize(("moment", "text"), BEYOND)
async def test_a_timestamp_beyond_the_calendar_is_sent_exactly_and_read_as_the_nearest(
    admin: asyncpg.Connection, moment: datetime, text: str
) -> None:
    await use_exact_days(admin)
    await admin.execute("SET LOCAL timezone = 'UTC'")
    assert await admin.fetchval("SELECT $1::timestamptz::text", moment) == text
    ends = {datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)}
    assert await admin.fetchval("SELECT $1::timestamptz", moment) in ends


async def test_infinity_is_read_as_the_limit_of_the_calendar(admin: asyncpg.Connection) -> None:
    await use_exact_days(admin)
    assert await admin.fetchval("SELECT 'infinity'::date") == date.max
    assert await admin.fetchval("SELECT '-infinity'::date") == date.min
    assert await admin.fetchval("SELECT 'infinity'::timestamptz") == datetime.max.replace(tzinfo=UTC)
    assert await admin.fetchval("SELECT '-infinity'::timestamptz") == datetime.min.replace(tzinfo=UTC)
