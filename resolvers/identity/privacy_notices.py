"""Reads the privacy notice."""

from models.identity import privacy_notices as tables
from models.languages import Language
from models.rows import Rows, ViewerIds
from resolvers import legal_texts


def privacy_notice(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The notice in force: the latest one whose date has been reached (UTC)."""
    return legal_texts.in_force(tables.PrivacyNotice, viewer, language)


def privacy_notices_so_far() -> Rows:
    """The notices that are or have been in force: a member may have read an earlier version."""
    return legal_texts.so_far(tables.PrivacyNotice)
