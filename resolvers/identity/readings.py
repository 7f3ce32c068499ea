"""Reads the alerts about members who tried to read too much."""

from models.identity import readings as tables
from models.rows import Rows, row, select


def reading_alerts() -> Rows:
    """Days on which a member tried to read the data of more members than one may, the newest first."""
    alert = row(tables.ReadingAlert)
    return select(alert).order_by(alert.day.desc(), alert.id.desc())
