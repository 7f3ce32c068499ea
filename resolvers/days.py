"""Compares calendar days with the present, by the one clock that models/functions/days.sql declares.

Cohorte dates what it does itself by UTC. A member's day is a day anywhere on Earth: it has begun once it begins at
UTC+14, and it is over once it ends at UTC-12. Nothing else compares a day with a clock.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, func

from models.database import Connection
from models.rows import Expression
from resolvers.transactions import Step, invalid

EARLIEST = date(1900, 1, 1)  # a member's day or year before it is mistyped


@dataclass(frozen=True)
class Days:
    """The days that it is now: the earliest one, at UTC-12; the one by UTC; and the latest one, at UTC+14."""

    earliest: date
    utc: date
    latest: date

    def is_to_come(self, day: date) -> bool:
        """Whether the day has not begun anywhere."""
        return day > self.latest

    def is_over(self, day: date) -> bool:
        """Whether the day is over everywhere."""
        return day < self.earliest


async def current_days(connection: Connection) -> Days:
    """The days that it is at the beginning of the transaction."""
    found = await connection.fetchrow("SELECT catalog.earliest_today(), catalog.today(), catalog.latest_today()")
    assert found is not None
    return Days(*found)


async def current_day(connection: Connection) -> date:
    """The present day by UTC, which licences and datasets go by."""
    return (await current_days(connection)).utc


async def day_within(connection: Connection, day: date, *path: Step) -> date:
    """The day itself. Raises Refused if it has not begun anywhere, or lies before 1900 and so must be mistyped."""
    if (await current_days(connection)).is_to_come(day):
        raise invalid("This day is in the future.", *path)
    if day < EARLIEST:
        raise invalid("This day is too long ago.", *path)
    return day


def today() -> Expression:
    """The present day by UTC."""
    return func.catalog.today(type_=Date())


def earliest_today() -> Expression:
    """The earliest day that is not over everywhere."""
    return func.catalog.earliest_today(type_=Date())


def latest_today() -> Expression:
    """The latest day that has begun anywhere."""
    return func.catalog.latest_today(type_=Date())
