"""Reads the privacy notice."""

from sqlalchemy import func

from models.identity import privacy_notices as tables
from models.languages import Language
from models.rows import Rows, row, select
from resolvers.days import today


def privacy_notice(*, language: Language = Language.EN) -> Rows:
    """The notice in force: the latest one whose date has been reached (UTC)."""
    found, other = row(tables.PrivacyNotice), row(tables.PrivacyNotice)
    latest = select(func.max(other.in_force_on)).where(other.in_force_on <= today()).scalar_subquery()
    return select(found).where(found.language == language, found.in_force_on == latest)


def privacy_notices_so_far() -> Rows:
    """The notices that are or have been in force: a member may have read an earlier version."""
    found = row(tables.PrivacyNotice)
    return select(found).where(found.in_force_on <= today())
