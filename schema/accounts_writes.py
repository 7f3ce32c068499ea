"""Mutations of accounts: registration, signing in and out, the viewer's own profile, data and notifications."""

from resolvers import accounts, members, profiles, registration, rights
from resolvers import notifications_writes as notifications
from resolvers.acceptance import (
    ABOUT_LENGTH,
    DEFAULT_LOCALE,
    FIRST_BIRTH_YEAR,
    PASSWORD_LENGTHS,
    PSEUDONYM_LENGTHS,
    REGION_LENGTH,
)
from schema.access import MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.accounts import Me, Notification, Viewer
from schema.members import Member
from schema.mutations import Options, given, mutation, mutations, shown

CODE = "The code from the mail. Case and spaces are ignored."
ACCOUNTS_OWN = "The account's password."
PASSWORD = "{} to {} characters. Common passwords are refused.".format(*PASSWORD_LENGTHS)
PSEUDONYM = "{} to {} characters, not an e-mail address.".format(*PSEUDONYM_LENGTHS)
BIRTH_YEAR = f"The year of birth, {FIRST_BIRTH_YEAR} or later."
REGION = f"The region of residence: at most {REGION_LENGTH} characters."


@mutations
class AccountMutations:
    account_delete = mutation(
        rights.delete_account,
        "Delete the viewer's account for good: their own data is erased, and their posts lose their author.",
        only=PATIENT,
        options=Options(payload="Without errors, the account and all data that was the member's alone are gone."),
        password=ACCOUNTS_OWN,
    )
    association_verify = mutation(
        profiles.verify_association,
        "Confirm that an association is the one it claims to be, or withdraw that, as staff.",
        only=MANAGER,
        shows={"member": shown(Member, profiles.member_changed)},
        member="The association.",
        verified="Whether the association is verified.",
    )
    data_export = mutation(
        rights.export_data,
        "Export everything that is stored about the viewer, as a JSON document.",
        only=PATIENT,
        shows={"export": given(str, "A JSON document: under each table's name its rows, each column by its name.")},
    )
    notifications_read = mutation(
        notifications.read_notifications,
        "Mark notifications as read: all of them, or none.",
        only=PATIENT,
        shows={"notifications": shown(list[Notification], members.notifications_made)},
        notifications=f"The ids of the notifications, at most {notifications.NOTIFICATIONS}.",
    )
    profile_update = mutation(
        profiles.update_profile,
        "Change the viewer's pseudonym, profile or language. Fields that are left out stay as they are.",
        only=PATIENT,
        shows={"me": shown(Me, profiles.profile_changed, "The viewer's profile.")},
        options=Options(read_by="member_id"),
        pseudonym=f"{PSEUDONYM} Null is refused.",
        about=f"What other members read about the viewer: at most {ABOUT_LENGTH:,} characters. Null clears it.",
        birth_year=f"{BIRTH_YEAR} Null clears it.",
        sex="The viewer's sex, or UNKNOWN. Null is refused.",
        region=f"{REGION} Null clears it.",
        locale=f"The language, with or without a country, such as `{DEFAULT_LOCALE}`. Null is refused.",
        sharing="Who can see the viewer's profile, courses and observations. Null is refused.",
    )
    register = mutation(
        registration.register,
        "Register an account. It opens once the code that is mailed to its address is verified.",
        only=PUBLIC,
        options=Options(payload="The same whether or not the address has an account.", as_anybody=True),
        email="The address to sign in with. A code is mailed to it.",
        password=PASSWORD,
        pseudonym=f"The name that other members see: {PSEUDONYM[0].lower()}{PSEUDONYM[1:]}",
        kind="Whether the member is a patient, a relative or an association.",
        birth_year=BIRTH_YEAR,
        sex="UNKNOWN by default.",
        region=REGION,
        locale=f"The language of mail to the member: `{DEFAULT_LOCALE}` by default.",
        notice_version="The version of the privacy notice that the member has read.",
    )
    request_password_reset = mutation(
        registration.request_password_reset,
        "Request a code by mail: to set a new password, or to verify an account that is not verified yet.",
        only=PUBLIC,
        options=Options(payload="The same whether or not the address has an account.", as_anybody=True),
        email="The account's address.",
    )
    reset_password = mutation(
        registration.reset_password,
        "Set a new password with a code. All sessions of the account are closed.",
        only=PUBLIC,
        options=Options(payload="Without errors, the password is changed and no session is open.", as_anybody=True),
        code=CODE,
        password=PASSWORD,
    )
    session_revoke = mutation(
        accounts.revoke_session,
        "Sign out one of the viewer's devices, with immediate effect.",
        only=SIGNED_IN,
        session="One of the viewer's own sessions.",
    )
    sign_in = mutation(
        accounts.sign_in,
        "Open a session with an e-mail address and a password.",
        only=PUBLIC,
        shows={
            "token": given(str, "For the header `Authorization: Bearer ...`. Shown only once."),
            "viewer": given(Viewer, "Who has signed in."),
        },
        options=Options(stored=False, as_anybody=True, open_to_keys=True),
        email="The account's e-mail address.",
        password=ACCOUNTS_OWN,
    )
    sign_out = mutation(accounts.sign_out, "Close the viewer's session, with immediate effect.", only=SIGNED_IN)
    verify_email = mutation(
        registration.verify_email,
        "Open an account with the code that was mailed to it.",
        only=PUBLIC,
        options=Options(payload="Without errors, the account is open.", as_anybody=True),
        code=CODE,
    )
