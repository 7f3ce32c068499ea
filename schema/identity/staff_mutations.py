"""Mutations of staff, for administrators."""

from models.identity.accounts import StaffRole
from resolvers.identity import staff as resolve
from resolvers.identity import staff_mutations as write
from resolvers.identity.accounts_rules import DEFAULT_LOCALE
from schema.access import MANAGER
from schema.identity.staff import Staff
from schema.mutations import mutation, mutations, shown

NAME = f"a single line of at most {write.NAME_LENGTH} characters."


@mutations
class StaffMutations:
    staff_create = mutation(
        write.create_staff,
        "Create a staff account, as an administrator. A code to choose a password is mailed to the person.",
        only=MANAGER,
        staff_role=StaffRole.ADMINISTRATOR,
        rate="invitations",
        shows={"staff": shown(Staff, resolve.staff_of, "The staff member.")},
        name=f"Their name: {NAME}",
        email="Their address. A code to choose a password is mailed to it.",
        roles="Their roles.",
        locale=f"The language of mail to them: `{DEFAULT_LOCALE}` by default.",
    )
    staff_update = mutation(
        write.update_staff,
        "Change a staff member's name or roles, as an administrator. Changes of roles take effect at once. Nobody can "
        "change their own roles, so that one administrator always remains.",
        only=MANAGER,
        staff_role=StaffRole.ADMINISTRATOR,
        rate="staff",
        shows={"staff": shown(Staff, resolve.staff_of, "The staff member.")},
        staff="The staff member.",
        name=f"Their new name: {NAME}",
        roles="All of their new roles.",
        prior_roles="The `roles` and `withheldRoles` that the change is based on. If an administrator has changed them "
        "since then, the change is refused as CONFLICT.",
    )
    staff_suspend = mutation(
        write.suspend_staff,
        "Suspend another staff member, as an administrator: their sessions end, and they cannot sign in.",
        only=MANAGER,
        staff_role=StaffRole.ADMINISTRATOR,
        rate="staff",
        shows={"staff": shown(Staff, resolve.staff_of, "The staff member.")},
        staff="The staff member.",
    )
    staff_reinstate = mutation(
        write.reinstate_staff,
        "Reinstate a suspended staff member with their previous roles, as an administrator.",
        only=MANAGER,
        staff_role=StaffRole.ADMINISTRATOR,
        rate="staff",
        shows={"staff": shown(Staff, resolve.staff_of, "The staff member.")},
        staff="The staff member.",
    )
