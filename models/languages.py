"""Languages in which the server speaks, and texts of rows in them."""

from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from privacy.described import DescribedEnum


class Language(DescribedEnum):
    """A language in which the server speaks. Every notice and mail exists in all of them."""

    EN = "EN", "English."
    FR = "FR", "French."

    @property
    def tag(self) -> str:
        """Its BCP 47 tag, such as `fr`."""
        return self.value.lower()


CODES = {"en": Language.EN, "eng": Language.EN, "fr": Language.FR, "fra": Language.FR, "fre": Language.FR}  # ISO 639
MOST_RANGES = 20  # of an Accept-Language header that are read
# The language of a row's own columns, and of what nobody has translated.
DEFAULT = Language.EN


def language_of(locale: str) -> Language | None:
    """The language of a BCP 47 tag such as `fr-FR`; None if the server does not speak it."""
    primary = locale.replace("_", "-").split("-")[0].lower()
    return CODES.get(primary)


@lru_cache(maxsize=1_000)
def negotiated(accept_language: str) -> Language | None:
    """The language that an Accept-Language header prefers (RFC 9110, 12.5.4); None if it names none of them.

    Among equals, the first that is written. `*` stands for DEFAULT, and a weight of 0 excludes a language. What cannot
    be read is ignored.
    """
    weights: dict[Language, float] = {}
    excluded, anything = set(), 0.0
    for part in accept_language.split(",")[:MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if tag.strip() == "*":
            anything = weight
            continue
        language = language_of(tag.strip())
        if language is None:
            continue
        if weight == 0:
            excluded.add(language)
        weights[language] = max(weight, weights.get(language, 0.0))
    best = max(weights, key=lambda each: weights[each], default=None)
    if best is not None and weights[best] > 0:
        return best
    left = [language for language in (DEFAULT, *Language) if language not in excluded]
    return left[0] if anything > 0 and left else None


def _weight(parameter: str) -> float:
    """The weight of a range, from 0 to 1; 0 if it is malformed, and 1 if there is none."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip() == "q" and 0 <= weight <= 1 else 0.0


def translations() -> Any:
    """A row's texts in languages other than DEFAULT: by the language's tag, then by the column's name."""
    return Field(default_factory=dict, sa_type=JSONB, nullable=False, sa_column_kwargs={"server_default": text("'{}'")})
