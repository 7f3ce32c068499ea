"""Reads the terms of use, and whether an account accepted those in force."""

from sqlalchemy import func, literal_column

from models.identity import terms as tables
from models.languages import Language
from models.rows import Expression, Row, Rows, ViewerIds, row, select
from resolvers.days import today
from resolvers.lookup import code_of


def terms(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The terms in force: the latest ones whose date has been reached (UTC)."""
    found = row(tables.Terms)
    return select(found).where(found.language == code_of(language, viewer), found.in_force_on == _latest())


def terms_so_far() -> Rows:
    """The terms that are or have been in force: a member may have accepted an earlier version."""
    found = row(tables.Terms)
    return select(found).where(found.in_force_on <= today())


def are_outdated(account: Row) -> Expression:
    accepted = row(tables.Terms)
    in_force = select(literal_column("1")).where(
        accepted.version == account.terms_version, accepted.in_force_on == _latest()
    )
    return ~in_force.exists()


def _latest() -> Expression:
    other = row(tables.Terms)
    return select(func.max(other.in_force_on)).where(other.in_force_on <= today()).scalar_subquery()
