"""Finds rows by what people type: words of a search, and the slug of a community."""

from sqlalchemy import func

from models.community import communities
from models.rows import Expression, Row, row, select


def matches(searched: Row, text: Expression) -> Expression:
    """Whether a row's words hold every word of the text, or begin with it; a text without a word finds nothing."""
    return searched.search.bool_op("@@")(func.catalog.search_query(text))


def community_called(slug: Expression) -> Expression:
    """The id of the community with this slug; null, so equal to nothing, where there is none."""
    found = row(communities.Community)
    return select(found.id).where(found.slug == slug).scalar_subquery()
