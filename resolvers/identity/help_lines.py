"""Reads the help lines that members in distress can call."""

from sqlalchemy import func

from models.identity import help_lines as tables
from models.languages import Language
from models.rows import Row, Rows, ViewerIds, row, select


def help_lines(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    found = row(tables.HelpLine)
    wanted = language or func.upper(viewer.language)
    return select(found).where(found.language == wanted).order_by(found.position)


def help_lines_for(payload: Row) -> Rows:
    """The help lines in the language of a mutation's result; none if that is null."""
    found = row(tables.HelpLine)
    return select(found).where(found.language == payload.help_language).order_by(found.position)
