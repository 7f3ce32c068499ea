"""Creates organizations for data stewards, each with an account for its contact."""

from datetime import timedelta
from uuid import UUID

from models.database import Connection
from models.identity.accounts import StaffRole
from models.identity.organizations import OrganizationKind
from models.parameters import EmailAddress
from models.viewers import Viewer
from resolvers.identity import accounts_rules
from resolvers.identity.registrations_mutations import new_code
from resolvers.transactions import Refusal, RefusalCode, Refused, invalid, line_within, require_role

NAME_LENGTH = 200
INVITATION_LIFETIME = timedelta(days=3)  # of the first code; another can be requested at any time
TAKEN = {
    "name": Refusal(RefusalCode.TAKEN, "Another organization has this name.", ("name",)),
    "email": Refusal(RefusalCode.TAKEN, "Another account has this address.", ("contact_email",)),
}


async def create_organization(
    connection: Connection,
    viewer: Viewer,
    *,
    name: str,
    kind: OrganizationKind,
    contact_email: EmailAddress,
    locale: str | None = None,
) -> UUID:
    """Creates an organization and an account for its contact, and returns the organization's id.

    A code to choose a password with is mailed to the contact, in the language of `locale`. Raises Forbidden if the
    viewer is not a data steward, and Refused: INVALID and TOO_LONG for the name or the locale, TAKEN if another
    organization has the name, ignoring case, or if the address has an account.
    """
    require_role(viewer, StaffRole.DATA_STEWARD)
    called = line_within(name, NAME_LENGTH, "name")
    if not called.isprintable():
        raise invalid("The name must not contain invisible characters.", "name")
    language = accounts_rules.locale_of(locale or accounts_rules.DEFAULT_LOCALE, "locale")
    made = await connection.fetchrow(
        "SELECT * FROM identity.open_organization($1, $2, $3, $4, $5, $6)",
        called, kind.value, contact_email, language, new_code(), INVITATION_LIFETIME,
    )  # fmt: skip
    assert made is not None
    if made["taken"]:
        raise Refused(*(TAKEN[what] for what in made["taken"]))
    organization: UUID = made["organization_id"]
    return organization
