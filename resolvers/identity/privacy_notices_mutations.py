"""Checks which privacy notice a newcomer has read."""

from models.database import Connection
from models.messages import message
from resolvers.transactions import Step, invalid


async def expect_privacy_notice(connection: Connection, version: str, *path: Step) -> None:
    """Raises Refused: INVALID unless `version`, which was read, is that of the notice in force."""
    current = await connection.fetchval(
        "SELECT version FROM catalog.privacy_notice WHERE in_force_on <= catalog.today()"
        " ORDER BY in_force_on DESC LIMIT 1"
    )
    if version != current:
        raise invalid(message("Accept version {version}, which `privacyNotice` returns.", version=current), *path)
