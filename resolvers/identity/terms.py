"""Reads the terms of use, and whether an account accepted those in force."""

from sqlalchemy import literal_column

from models.identity import terms as tables
from models.languages import Language
from models.rows import Expression, Row, Rows, ViewerIds, row, select
from resolvers import legal_texts


def terms(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The terms in force: the latest ones whose date has been reached (UTC)."""
    return legal_texts.in_force(tables.Terms, viewer, language)


def terms_so_far() -> Rows:
    """The terms that are or have been in force: a member may have accepted an earlier version."""
    return legal_texts.so_far(tables.Terms)


def are_outdated(account: Row) -> Expression:
    """A boolean: whether the account has accepted another version of the terms than that in force."""
    accepted = row(tables.Terms)
    in_force = select(literal_column("1")).where(
        accepted.version == account.terms_version, accepted.in_force_on == legal_texts.latest(tables.Terms)
    )
    return ~in_force.exists()
