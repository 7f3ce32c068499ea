"""Compares calendar days with the present, by the clock of models/functions/days.sql.

Days of Cohorte's own, such as those of licences, are by UTC. A member's day is a day anywhere on Earth: it has begun
once it begins at UTC+14, and is over once it ends at UTC-12. No other module compares a day with a clock.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, func

from models.database import Connection
from models.messages import message
from models.rows import Expression
from resolvers.transactions import Step, invalid

FIRST_ZONE, LAST_ZONE = "UTC+14", "UTC-12"  # where a day begins first, and where it ends last
EARLIEST = date(1900, 1, 1)  # an earlier day or year of a member is a typing error


@dataclass(frozen=True)
class Days:
    """The present day in three time zones: UTC-12, where it is earliest; UTC; and UTC+14, where it is latest."""

    earliest: date
    utc: date
    latest: date

    def is_future(self, day: date) -> bool:
        """Whether the day has not begun anywhere."""
        return day > self.latest

    def is_over(self, day: date) -> bool:
        """Whether the day is over everywhere."""
        return day < self.earliest


async def current_days(connection: Connection) -> Days:
    """The present days, as of the beginning of the transaction."""
    found = await connection.fetchrow("SELECT catalog.earliest_today(), catalog.today(), catalog.latest_today()")
    assert found is not None
    return Days(*found)


async def current_day(connection: Connection) -> date:
    """Today by UTC, on which the dates of licences and datasets are based."""
    return (await current_days(connection)).utc


async def day_within(connection: Connection, day: date, *path: Step) -> date:
    """The day itself. Raises Refused: INVALID if it has not begun anywhere, or is before `EARLIEST`."""
    if (await current_days(connection)).is_future(day):
        raise invalid(message("This day is in the future."), *path)
    if day < EARLIEST:
        raise invalid(message("This day is before {first}.", first=EARLIEST), *path)
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
