"""Grants and withdraws members' consents."""

from collections.abc import Sequence

from models.database import Connection
from models.identity.organizations import OrganizationKind
from models.languages import Language
from models.messages import message
from models.research.surveys import ConsentPurpose
from models.viewers import Viewer
from resolvers.faults import Faults
from resolvers.transactions import invalid


async def set_consent(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    purpose: ConsentPurpose,
    granted: bool,
    recipients: Sequence[OrganizationKind] | None,
    notice_version: str,
    notice_language: Language,
) -> str:
    """Grants or withdraws consent for a purpose, and returns the purpose. Answers no longer covered are deleted.

    Granting requires the notice in force and at least one recipient; None retains the earlier ones. Withdrawing accepts
    any notice ever in force, because it must be as easy as granting. The consent retains the notice's version and the
    language in which it was shown. Raises Refused: INVALID for the notice, its language or the recipients.
    """
    versions = await connection.fetch(
        """
        SELECT version, array_agg(language) AS languages FROM catalog.notice
        WHERE purpose = $1 AND in_force_on <= catalog.today()
        GROUP BY version ORDER BY max(in_force_on) DESC
        """,
        purpose,
    )
    languages = {row["version"]: row["languages"] for row in versions}
    known = list(languages)
    with faults.collected():
        if notice_version not in (known[:1] if granted else known):
            raise invalid(
                message("Accept version {version}, which `notices` returns.", version=known[0]), "notice_version"
            )
        if notice_language not in languages[notice_version]:
            raise invalid(message("This version of the notice does not exist in this language."), "notice_language")
    if not granted:
        if recipients:
            faults.add(
                *invalid(message("Recipients can only be given when consent is granted."), "recipients").refusals
            )
        kinds: list[str] = []
    elif recipients is not None:
        kinds = sorted({kind.value for kind in recipients})
    else:
        kinds = await connection.fetchval("SELECT recipients FROM research.consent WHERE purpose = $1", purpose) or []
    if granted and not kinds:
        faults.add(*invalid(message("Name at least one kind of organization."), "recipients").refusals)
    faults.refuse()
    await connection.execute(
        "SELECT research.set_consent($1, $2, $3, $4, $5)", purpose, granted, kinds, notice_version, notice_language
    )
    return purpose.value
