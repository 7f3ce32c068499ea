"""Reads texts that people accept, in versions of which each is in force from a day on, and in all languages."""

from typing import TypeAlias

from sqlalchemy import func

from models.database import Connection
from models.identity.privacy_notices import PrivacyNotice
from models.identity.terms import Terms
from models.languages import Language
from models.research.surveys import Notice
from models.rows import Expression, Rows, ViewerIds, row, select
from resolvers.days import today
from resolvers.lookup import code_of

LegalText: TypeAlias = type[Terms] | type[PrivacyNotice]


def in_force(text: LegalText, viewer: ViewerIds, language: Language | None) -> Rows:
    """The version in force: the latest one whose date has been reached (UTC), in a language or else the viewer's."""
    found = row(text)
    return select(found).where(found.language == code_of(language, viewer), found.in_force_on == latest(text))


def so_far(text: LegalText | type[Notice]) -> Rows:
    """The versions that are or have been in force: somebody may have accepted an earlier one."""
    found = row(text)
    return select(found).where(found.in_force_on <= today())


def latest(text: LegalText) -> Expression:
    """The day from which the version in force is."""
    other = row(text)
    return select(func.max(other.in_force_on)).where(other.in_force_on <= today()).scalar_subquery()


async def version_in_force(connection: Connection, text: LegalText) -> str | None:
    """The newest version whose day has come, by the network's calendar; None before the first."""
    version: str | None = await connection.fetchval(
        f"SELECT version FROM {text.__table__.fullname}"  # type: ignore[union-attr]  # noqa: S608 - ours
        " WHERE in_force_on <= catalog.today() ORDER BY in_force_on DESC LIMIT 1"
    )
    return version
