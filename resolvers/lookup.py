"""Finds and orders rows by words and names, and names of languages."""

from sqlalchemy import Text, func, literal, literal_column

from models.community import communities
from models.languages import Language
from models.rows import Expression, Row, ViewerIds, row, select, translated

# In place of a function of ours: those of PostgreSQL are known to read no table. A ligature counts as its first letter.
ACCENTED = literal_column("'ÀÂÄÁÃÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜŸŒÆàâäáãçéèêëíìîïñóòôöõúùûüÿœæ'", Text())
PLAIN = literal_column("'AAAAACEEEEIIIINOOOOOUUUUYOAaaaaaceeeeiiiinooooouuuuyoa'", Text())


def matches(searched: Row, text: Expression) -> Expression:
    """Whether each word of the text is a word of the row, or begins one. A text without words matches nothing."""
    return searched.search.bool_op("@@")(func.catalog.search_query(text))


def by_name(named: Row, viewer: ViewerIds) -> tuple[Expression, Expression]:
    """The order of rows by their name in the viewer's language, whatever its accents and capitals."""
    name = translated(named, "name", viewer.language)
    return func.lower(func.translate(name, ACCENTED, PLAIN)), named.id


def code_of(language: Language | None, viewer: ViewerIds) -> Expression:
    """The name of a language, such as `FR`: of the one that is asked for, or else of the viewer's."""
    return func.upper(viewer.language) if language is None else literal(language.value, Text)


def community_called(slug: Expression) -> Expression:
    """The id of the community with this slug. Null, and therefore equal to nothing, if there is none."""
    found = row(communities.Community)
    return select(found.id).where(found.slug == slug).scalar_subquery()
