"""Table of the privacy notice that members read when they register."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.columns import Table, choice, within
from models.languages import Language


class PrivacyNotice(Table, table=True):
    """The text, in one language, of the privacy notice that members read when they register.

    The latest version whose date has been reached is in force. A trigger refuses a version that lacks a language.
    """

    __table_args__ = within("catalog", UniqueConstraint("language", "in_force_on"))

    version: str = Field(primary_key=True)
    language: Language = choice(Language, "language", primary_key=True)
    in_force_on: date
    text: str
