"""Languages in which the server speaks, and texts of rows in them."""

from functools import cached_property
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from privacy.described import DescribedEnum


class Language(DescribedEnum):
    """A language in which the server speaks. Every notice and mail exists in all of them."""

    EN = "EN", "English."
    FR = "FR", "French."

    @cached_property
    def tag(self) -> str:
        """Its BCP 47 tag, such as `fr`."""
        return self.value.lower()


CODES = {"en": Language.EN, "eng": Language.EN, "fr": Language.FR, "fra": Language.FR, "fre": Language.FR}  # ISO 639
# The language of a row's own columns, and of what nobody has translated.
DEFAULT = Language.EN


def language_of(locale: str) -> Language | None:
    """The language of a BCP 47 tag such as `fr-FR`; None if the server does not speak it."""
    primary = locale.replace("_", "-").split("-")[0].lower()
    return CODES.get(primary)


def translations() -> Any:
    """A row's texts in languages other than DEFAULT: by the language's tag, then by the column's name."""
    return Field(default_factory=dict, sa_type=JSONB, nullable=False, sa_column_kwargs={"server_default": text("'{}'")})
