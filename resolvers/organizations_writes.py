"""The only place where the house makes a buyer: an organization, and an account that its contact opens."""

from datetime import timedelta
from uuid import UUID

from models.accounts import StaffRole
from models.organizations import OrganizationKind
from models.viewers import Viewer
from models.viewing import Connection
from resolvers import acceptance
from resolvers.registration import new_code
from resolvers.writing import Refusal, RefusalCode, Refused, invalid, require_role, text_within

NAME_LENGTH = 200
INVITING = timedelta(days=3)  # for the first code; another can be asked for at any time
TAKEN = {
    "name": Refusal(RefusalCode.TAKEN, "There is an organization of this name.", ("input", "name")),
    "email": Refusal(RefusalCode.TAKEN, "There is an account with this address.", ("input", "contactEmail")),
}


async def create_organization(
    connection: Connection,
    viewer: Viewer,
    *,
    name: str,
    kind: OrganizationKind,
    contact_email: str,
    locale: str | None = None,
) -> UUID:
    """A new organization; a code to choose a password with is mailed to its contact, in the language of `locale`.

    Raises Forbidden for who is no data steward, and Refused: INVALID and TOO_LONG, and TAKEN for a name that another
    organization has in whatever capitals, or an address that has an account.
    """
    require_role(viewer, StaffRole.DATA_STEWARD)
    called = text_within(name, NAME_LENGTH, "input", "name")
    if not called.isprintable():
        raise invalid("A name is written on one line.", "input", "name")
    language = acceptance.locale_of(locale or "fr-FR", "input", "locale")
    made = await connection.fetchrow(
        "SELECT * FROM identity.open_organization($1, $2, $3, $4, $5, $6)",
        called, kind.value, contact_email, language, new_code(), INVITING,
    )  # fmt: skip
    assert made is not None
    if made["taken"]:
        raise Refused(*(TAKEN[what] for what in made["taken"]))
    organization: UUID = made["organization_id"]
    return organization
