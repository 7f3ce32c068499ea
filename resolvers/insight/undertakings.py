"""Reads the undertakings in force, and those that an organization accepted."""

from sqlalchemy import Text, case, func, literal

from models.insight.undertakings import IN_FORCE, TEXTS
from models.languages import Language
from models.rows import Expression, Row, Rows, ViewerIds, select


def undertakings(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The undertakings in force, as one row."""
    return select(literal(IN_FORCE, Text).label("version"), *_in(IN_FORCE, viewer, language))


def undertakings_of(licence: Row, *, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The undertakings that were accepted, as one row; no row if none were."""
    texts = {version: _in(version, viewer, language) for version in TEXTS}
    language_of_text = next(iter(texts.values()))[0]
    text = case(*((licence.undertakings == version, each[1]) for version, each in texts.items())).label("text")
    found = licence.undertakings.label("version"), language_of_text, text
    return select(*found).where(licence.undertakings.is_not(None))


def _in(version: str, viewer: ViewerIds, language: Language | None) -> tuple[Expression, Expression]:
    """The language and the text of a version: in `language`, or that of the viewer."""
    texts = {each.value: literal(text, Text) for each, text in TEXTS[version].items()}
    if language is not None:
        return literal(language.value, Text).label("language"), texts[language.value].label("text")
    code = func.upper(viewer.language)
    return code.label("language"), case(texts, value=code).label("text")
