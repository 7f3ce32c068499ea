"""Checks which privacy notice a newcomer has read."""

from models.database import Connection
from models.identity.privacy_notices import PrivacyNotice
from models.messages import message
from resolvers.legal_texts import version_in_force
from resolvers.transactions import Step, invalid


async def expect_privacy_notice(connection: Connection, version: str, *path: Step) -> None:
    """Raises Refused: INVALID unless `version`, which was read, is that of the notice in force."""
    current = await version_in_force(connection, PrivacyNotice)
    if version != current:
        raise invalid(message("Accept version {version}, which `privacyNotice` returns.", version=current), *path)
