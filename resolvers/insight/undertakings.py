"""Reads the undertakings in force, and those that an organization accepted."""

from sqlalchemy import Text, case, literal

from models.insight.undertakings import IN_FORCE, TEXTS
from models.languages import Language
from models.rows import Row, Rows, select


def undertakings(*, language: Language = Language.EN) -> Rows:
    """The undertakings in force, as one row."""
    return select(
        literal(IN_FORCE, Text).label("version"),
        literal(language.value, Text).label("language"),
        literal(TEXTS[IN_FORCE][language], Text).label("text"),
    )


def undertakings_of(licence: Row, *, language: Language = Language.EN) -> Rows:
    """The undertakings that were accepted, as one row; no row if none were."""
    text = case(*((licence.undertakings == version, literal(each[language], Text)) for version, each in TEXTS.items()))
    found = (licence.undertakings.label("version"), literal(language.value, Text).label("language"), text.label("text"))
    return select(*found).where(licence.undertakings.is_not(None))
