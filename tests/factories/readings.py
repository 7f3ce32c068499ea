"""Factories of the terms, of what one account reads and joins, and of who read its data."""

from datetime import date, timedelta
from typing import Any

import asyncpg

from models.identity import data_reads, readings
from models.identity import terms as terms_of_use
from models.languages import Language
from tests.factories.members import member
from tests.factories.rows import DAY, NOON, Connection, fake, numbers


async def terms(connection: Connection, **given: Any) -> asyncpg.Record:
    """Terms in English, or in the `language` given; their version has the same text in every other language."""
    number = next(numbers)
    filled = {
        "version": f"fake-{number}",
        "language": Language.EN,
        "in_force_on": date(2020, 1, 1) + timedelta(days=number),
        "text": "What members agree to.",
    } | given
    async with connection.transaction():
        for language in Language:
            if language != filled["language"]:
                await fake(connection, terms_of_use.Terms, filled | {"language": language})
        return await fake(connection, terms_of_use.Terms, filled)


async def reading(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, readings.Reading, given, {"member_id": member}, day=DAY, seen=[1, -2])


async def reading_alert(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, readings.ReadingAlert, given, {"member_id": member}, day=DAY)


async def joining(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, readings.Joining, given, {"member_id": member}, total=1)


async def data_read(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        data_reads.DataRead,
        given,
        {"member_id": member, "relative_id": member},
        kind=data_reads.MemberDataKind.COURSES,
        read_at=NOON,
        reader=data_reads.DataReader.RELATIVE,
        document="0" * 64,
    )
