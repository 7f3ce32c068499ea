"""Finds rows by the words of a search, and communities by their slug."""

from sqlalchemy import func

from models.community import communities
from models.rows import Expression, Row, row, select


def matches(searched: Row, text: Expression) -> Expression:
    """Whether each word of the text is a word of the row, or begins one. A text without words matches nothing."""
    return searched.search.bool_op("@@")(func.catalog.search_query(text))


def community_called(slug: Expression) -> Expression:
    """The id of the community with this slug. Null, and therefore equal to nothing, if there is none."""
    found = row(communities.Community)
    return select(found.id).where(found.slug == slug).scalar_subquery()
