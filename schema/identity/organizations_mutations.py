"""Mutations of organizations."""

from models.identity.accounts import StaffRole
from resolvers.identity import organizations as resolve
from resolvers.identity import organizations_mutations as write
from resolvers.identity.accounts_rules import DEFAULT_LOCALE
from schema.access import MANAGER
from schema.identity.organizations import Organization
from schema.mutations import mutation, mutations, shown


@mutations
class OrganizationMutations:
    organization_create = mutation(
        write.create_organization,
        "Create an organization, as a data steward. A code to choose a password is mailed to its contact. It replaces "
        "an organization of the same name whose account has no password yet, so that a contact can be given another "
        "address.",
        only=MANAGER,
        staff_role=StaffRole.DATA_STEWARD,
        rate="invitations",
        shows={"organization": shown(Organization, resolve.organization_of)},
        name=f"A unique name: at most {write.NAME_LENGTH} characters.",
        kind="The kind of organization.",
        contact_email="The contact's address. A code to choose a password is mailed to it. The owner of one that has "
        "an account already gets a mail that asks for another address instead; the result is the same.",
        locale=f"The language of mail to the contact: `{DEFAULT_LOCALE}` by default.",
    )
