"""Encodes and decodes dates and timestamps exactly, up to the first and the last that Python can represent.

By itself, asyncpg sends 9999-12-31 as PostgreSQL's "infinity" and 0001-01-01 as "-infinity", which the answers would
then contain.
"""

from datetime import UTC, date, datetime, timedelta

import asyncpg

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
FIRST, LAST = date.min.toordinal(), date.max.toordinal()
MICROSECOND = timedelta(microseconds=1)
FIRST_MOMENT = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
LAST_MOMENT = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND


async def use_exact_days(connection: asyncpg.Connection) -> None:
    """Makes a new connection send and read dates and timestamps exactly.

    A value that Python cannot represent is read as the nearest that it can.
    """
    await connection.set_type_codec(
        "date", schema="pg_catalog", format="tuple", encoder=_encoded_day, decoder=_decoded_day
    )
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=_encoded_moment, decoder=_decoded_moment
    )


def _encoded_day(day: date) -> tuple[int]:
    return (day.toordinal() - EPOCH.toordinal(),)


def _decoded_day(days: tuple[int]) -> date:
    return date.fromordinal(max(FIRST, min(days[0] + EPOCH.toordinal(), LAST)))


def _encoded_moment(moment: datetime) -> tuple[int]:
    return ((moment - EPOCH) // MICROSECOND,)


def _decoded_moment(microseconds: tuple[int]) -> datetime:
    return EPOCH + timedelta(microseconds=max(FIRST_MOMENT, min(microseconds[0], LAST_MOMENT)))
