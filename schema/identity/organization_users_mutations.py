"""Mutations of organizations' users."""

from models.identity.organization_users import UserRole
from resolvers.identity import organization_users as resolve
from resolvers.identity import organization_users_mutations as write
from resolvers.identity.accounts_rules import DEFAULT_LOCALE
from schema.access import BUYER, PUBLIC
from schema.identity.organization_users import OrganizationUser
from schema.identity.registrations_mutations import CODE, PASSWORD
from schema.identity.second_factors_mutations import ACCOUNTS_OWN
from schema.mutations import Options, given_id, mutation, mutations, shown

DAYS = write.INVITATION_LIFETIME.days


@mutations
class OrganizationUserMutations:
    organization_user_invite = mutation(
        write.invite_user,
        "Invite somebody to be a user of the organization, as an administrator. A code for `organizationJoin` is "
        f"mailed to them, which is valid for {DAYS} days. Inviting an address again replaces its earlier invitation.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="invitations",
        shows={"organization_user": shown(OrganizationUser, resolve.user_of, "The invited user.")},
        options=Options(
            read_by="organization_user_id",
            payload="The same whether or not the address has an account elsewhere. One that does cannot join.",
        ),
        email="Their address. No user of the organization has it.",
        role="Their role.",
        locale=f"The language of mail to them: `{DEFAULT_LOCALE}` by default.",
    )
    organization_join = mutation(
        write.accept_invitation,
        "Accept an invitation with the code that was mailed, and choose a password to sign in with.",
        only=PUBLIC,
        rate="passwords",
        options=Options(payload="Without errors, the account is open.", as_anybody=True),
        code=CODE,
        password=PASSWORD,
    )
    organization_user_update = mutation(
        write.change_user_role,
        "Give a user of the organization another role, as an administrator. It takes effect at once. An organization "
        "keeps at least one administrator.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="changes",
        shows={"organization_user": shown(OrganizationUser, resolve.user_of, "The user.")},
        user="A user of the organization.",
        role="Their new role.",
    )
    organization_user_remove = mutation(
        write.remove_user,
        "Remove a user of the organization, or cancel their invitation, as an administrator. Their sessions end and "
        "their account is deleted. API keys, webhooks and licences stay, since they are the organization's.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="changes",
        shows={"user_id": given_id("usr", "The id of the removed user.")},
        options=Options(read_by="removed", payload="Without errors, the user can no longer sign in."),
        user="A user of the organization.",
    )
    organization_leave = mutation(
        write.leave_organization,
        "Delete the viewer's account as a user of their organization. The only administrator cannot leave.",
        only=BUYER,
        user_role=UserRole.READER,
        rate="passwords",
        options=Options(payload="Without errors, the account is deleted and all its sessions have ended."),
        password=ACCOUNTS_OWN,
    )
