"""Records which terms of use members accept."""

from models.database import Connection
from models.identity.terms import Terms
from models.messages import message
from models.viewers import Viewer
from resolvers.legal_texts import version_in_force
from resolvers.transactions import Forbidden, Step, invalid


async def accept_terms(connection: Connection, viewer: Viewer, *, terms_version: str) -> None:
    """Records that the viewer accepts the terms in force. Accepting them again changes nothing.

    Raises Forbidden if the viewer has no account, and Refused: INVALID for another version.
    """
    if viewer.account is None:
        raise Forbidden
    await expect_terms(connection, terms_version, "terms_version")
    await connection.execute(
        "UPDATE identity.account SET terms_version = $2, terms_accepted_at = now()"
        " WHERE id = $1 AND terms_version IS DISTINCT FROM $2",
        viewer.account,
        terms_version,
    )


async def expect_terms(connection: Connection, version: str, *path: Step) -> None:
    """Raises Refused: INVALID unless `version`, which was read, is that of the terms in force."""
    current = await version_in_force(connection, Terms)
    if version != current:
        raise invalid(message("Accept version {version}, which `terms` returns.", version=current), *path)
