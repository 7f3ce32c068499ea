"""Grants and withdraws members' consents."""

from collections.abc import Sequence

from models.database import Connection
from models.identity.organizations import OrganizationKind
from models.research.surveys import ConsentPurpose
from models.viewers import Viewer
from resolvers.transactions import invalid


async def set_consent(
    connection: Connection,
    viewer: Viewer,
    *,
    purpose: ConsentPurpose,
    granted: bool,
    recipients: Sequence[OrganizationKind] | None,
    notice_version: str,
) -> str:
    """Grants or withdraws consent for a purpose, which it returns; answers no longer covered are deleted at once.

    Granting takes the notice in force and at least one recipient; None keeps the earlier ones. Withdrawing takes any
    notice ever published: it must be as easy as granting. Raises Refused.
    """
    versions = await connection.fetch(
        """
        SELECT version FROM catalog.notice
        WHERE purpose = $1 AND in_force_on <= catalog.today() ORDER BY in_force_on DESC
        """,
        purpose,
    )
    known = [row["version"] for row in versions]
    if notice_version not in (known[:1] if granted else known):
        raise invalid(f"The notice in force is version {known[0]}: read it first.", "notice_version")
    if not granted:
        if recipients:
            raise invalid("Recipients can only be given when consent is granted.", "recipients")
        kinds: list[str] = []
    elif recipients is not None:
        kinds = sorted({kind.value for kind in recipients})
    else:
        kinds = await connection.fetchval("SELECT recipients FROM research.consent WHERE purpose = $1", purpose) or []
    if granted and not kinds:
        raise invalid("Name at least one kind of organization.", "recipients")
    await connection.execute("SELECT research.set_consent($1, $2, $3, $4)", purpose, granted, kinds, notice_version)
    return purpose.value
