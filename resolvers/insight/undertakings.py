"""Reads the undertakings in force, and those that an organization accepted."""

from sqlalchemy import Text, case, literal

from models.insight.undertakings import IN_FORCE, TEXTS
from models.languages import Language
from models.rows import Expression, Row, Rows, ViewerIds, select
from resolvers.lookup import code_of


def undertakings(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The undertakings in force, as one row."""
    return _undertakings(literal(IN_FORCE, Text), code_of(language, viewer))


def undertakings_of(licence: Row, *, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The undertakings that were accepted, as one row; no row if none were."""
    found = _undertakings(licence.undertakings, code_of(language, viewer))
    return found.where(licence.undertakings.is_not(None))


def _undertakings(version: Expression, code: Expression) -> Rows:
    texts = [
        ((version == each) & (code == language.value), literal(text, Text))
        for each, translated in TEXTS.items()
        for language, text in translated.items()
    ]
    return select(version.label("version"), code.label("language"), case(*texts).label("text"))
