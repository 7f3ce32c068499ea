"""Reads the alerts about members who tried to read too much."""

from models.identity import readings as tables
from models.rows import Rows, row, select


def reading_alerts() -> Rows:
    alert = row(tables.ReadingAlert)
    return select(alert).order_by(alert.day.desc(), alert.id.desc())
