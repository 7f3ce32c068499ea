"""Creates organizations for data stewards, each with an account for its contact."""

from datetime import timedelta
from uuid import UUID, uuid4

from models.database import Connection
from models.identity.organizations import OrganizationKind
from models.messages import message
from models.parameters import EmailAddress
from resolvers.faults import Faults
from resolvers.identity import accounts_rules
from resolvers.identity.registrations_mutations import new_code
from resolvers.transactions import Refusal, RefusalCode, Step, name_within

NAME_LENGTH = 200
INVITATION_LIFETIME = timedelta(days=3)  # of the first code; another can be requested at any time


async def create_organization(
    connection: Connection,
    faults: Faults,
    *,
    name: str,
    kind: OrganizationKind,
    contact_email: EmailAddress,
    locale: str | None = None,
) -> UUID:
    """Creates an organization and an account for its contact, and returns the organization's id.

    A code to choose a password with is mailed to the contact, in the language of `locale`. The owner of an address that
    has an account already is told so instead, and the viewer is not: it may be a member's. An organization whose
    account has no password is replaced by another of its name. Raises Refused: INVALID and TOO_LONG for the name or the
    locale, TAKEN if another organization has the name, ignoring case.
    """
    with faults.collected():
        name = name_within(name, NAME_LENGTH, "name")
    language = accounts_rules.DEFAULT_LOCALE
    with faults.collected():
        language = accounts_rules.locale_of(locale or language, "locale")
    made = await connection.fetchrow(
        "SELECT * FROM identity.open_organization($1, $2, $3, $4, $5, $6)",
        # A stand-in that is free: what this opens is undone if there are faults, as all of the transaction.
        free(faults, name, "name"), kind.value, free(faults, contact_email, "contact_email"), language, new_code(),
        INVITATION_LIFETIME,
    )  # fmt: skip
    assert made is not None
    if made["taken"]:
        faults.add(Refusal(RefusalCode.TAKEN, message("Another organization has this name."), ("name",)))
    faults.refuse()
    organization: UUID = made["organization_id"]
    return organization


def free(faults: Faults, value: str, *path: Step) -> str:
    """The value, or if it is at fault one that nobody has."""
    return f"{uuid4()}@example.invalid" if faults.at(*path) else value
