"""Mutations of an account's e-mail address and password."""

from resolvers.identity import credentials_mutations as write
from schema.access import PUBLIC, SIGNED_IN
from schema.identity.registrations_mutations import CODE, PASSWORD
from schema.mutations import Options, mutation, mutations

ACCOUNTS_OWN = "The account's current password."


@mutations
class CredentialMutations:
    email_change = mutation(
        write.change_email,
        "Request another e-mail address for the viewer's account. A code for `emailChangeConfirm` is mailed to it, "
        "and a note to the current address, which stays until then. A later request replaces this one.",
        only=SIGNED_IN,
        rate="codes",
        options=Options(payload="The same whether or not another account has the address."),
        new_email="The address to sign in with from now on.",
        password=ACCOUNTS_OWN,
    )
    email_change_confirm = mutation(
        write.confirm_email,
        "Give the viewer's account the address that a code was mailed to. Their other devices are signed out. The "
        "previous address gets a mail with a code for `emailChangeRevert`, which is valid for "
        f"{write.REVERT_LIFETIME.days} days.",
        only=SIGNED_IN,
        rate="codes",
        options=Options(payload="Without errors, the account has the new address."),
        code=CODE,
    )
    email_change_revert = mutation(
        write.revert_email,
        "Take back an account whose address somebody else has changed. It gets its previous address and a new "
        "password. All sessions end, and so do care links and invitations in both directions, an organization's API "
        "keys, and members' sharing of their data with others.",
        only=PUBLIC,
        rate="passwords",
        options=Options(payload="Without errors, the account has its previous address.", as_anybody=True),
        code=CODE,
        password=PASSWORD,
    )
    password_change = mutation(
        write.change_password,
        "Change the password of the viewer's account. Their other devices are signed out, and they are notified by "
        "mail.",
        only=SIGNED_IN,
        rate="passwords",
        options=Options(payload="Without errors, the password is changed."),
        password=ACCOUNTS_OWN,
        new_password=PASSWORD,
    )
