"""Table of the terms of use that members accept."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.columns import Table, choice, within
from privacy.described import DescribedEnum


class NoticeLanguage(DescribedEnum):
    """A language in which notices and terms exist. Every version exists in all of them."""

    EN = "EN", "English."
    FR = "FR", "French."


class Terms(Table, table=True):
    """The text, in one language, of the terms of use.

    The latest version whose date has been reached is in force. A trigger refuses a version that lacks a language.
    """

    __table_args__ = within("catalog", UniqueConstraint("language", "in_force_on"))

    version: str = Field(primary_key=True)
    language: NoticeLanguage = choice(NoticeLanguage, "language", primary_key=True)
    in_force_on: date
    text: str
