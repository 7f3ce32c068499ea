"""Table of the help lines that members in distress can call."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.columns import Table, choice, within
from models.languages import Language


class HelpLine(Table, table=True):
    """A service for people in distress, in one language. An operator keeps those of their country."""

    __table_args__ = within("catalog", UniqueConstraint("language", "position"))

    number: str = Field(primary_key=True)
    language: Language = choice(Language, "language", primary_key=True)
    position: int
    name: str
    description: str
