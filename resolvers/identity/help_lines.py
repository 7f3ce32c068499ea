"""Reads the help lines that members in distress can call."""

from models.identity import help_lines as tables
from models.languages import Language
from models.rows import Row, Rows, ViewerIds, row, select
from resolvers.lookup import code_of


def help_lines(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """Help lines in a language, by default the viewer's, in the order in which staff have listed them."""
    found = row(tables.HelpLine)
    return select(found).where(found.language == code_of(language, viewer)).order_by(found.position)


def help_lines_for(payload: Row) -> Rows:
    """The help lines in the language of a mutation's result; none if that is null."""
    found = row(tables.HelpLine)
    return select(found).where(found.language == payload.help_language).order_by(found.position)
