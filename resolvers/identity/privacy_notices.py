"""Reads the privacy notice."""

from sqlalchemy import func

from models.identity import privacy_notices as tables
from models.languages import Language
from models.rows import Rows, ViewerIds, row, select
from resolvers.days import today
from resolvers.lookup import code_of


def privacy_notice(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The notice in force: the latest one whose date has been reached (UTC)."""
    found, other = row(tables.PrivacyNotice), row(tables.PrivacyNotice)
    latest = select(func.max(other.in_force_on)).where(other.in_force_on <= today()).scalar_subquery()
    return select(found).where(found.language == code_of(language, viewer), found.in_force_on == latest)


def privacy_notices_so_far() -> Rows:
    """The notices that are or have been in force: a member may have read an earlier version."""
    found = row(tables.PrivacyNotice)
    return select(found).where(found.in_force_on <= today())
