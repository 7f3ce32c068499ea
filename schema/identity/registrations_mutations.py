"""Mutations of registrations: opening an account, and setting a new password."""

from resolvers.identity import registrations_mutations
from resolvers.identity.accounts_rules import DEFAULT_LOCALE, PASSWORD_LENGTHS
from schema.access import PUBLIC
from schema.identity.members_mutations import BIRTH_YEAR, LOCALE, PSEUDONYM, REGION
from schema.mutations import Options, given, mutation, mutations

CODE = "The code from the mail. Case and spaces are ignored."
PASSWORD = "{} to {} characters, compared in NFKC. Common passwords are refused.".format(*PASSWORD_LENGTHS)

ACCESS_ENDED = (
    "Whether this was the account's first reset. It also ends what an earlier user of the address may have set up: "
    "care links and invitations in both directions, an organization's API keys, and members' sharing of their data "
    "with others. Null if the mutation was refused."
)


@mutations
class RegistrationMutations:
    register = mutation(
        registrations_mutations.register,
        "Register an account. A code is mailed to its address: `verifyEmail` opens the account with this code and "
        "the same password. If several registrations have the same address, only the first to be verified opens.",
        only=PUBLIC,
        rate="registrations",
        options=Options(payload="The same whether or not the address has an account.", as_anybody=True),
        email="The address to sign in with. A code is mailed to it, with the pseudonym.",
        password=PASSWORD,
        pseudonym=f"The name that other members see: {PSEUDONYM[0].lower()}{PSEUDONYM[1:]}",
        kind="Whether the member is a patient, a relative or an association.",
        birth_year=f"{BIRTH_YEAR} Patients and relatives give it, or state `ofAge`.",
        of_age="Whether a patient or relative states that they have reached the minimum age of members, which the "
        "privacy notice names. Required if they do not give their year of birth.",
        sex="UNKNOWN by default.",
        region=REGION,
        locale=f"{LOCALE} `{DEFAULT_LOCALE}` by default.",
        notice_version="The version of the privacy notice that the member has read, from `Query.privacyNotice`.",
        terms_version="The version of the terms of use that the member has read and accepts, from `Query.terms`.",
    )
    request_password_reset = mutation(
        registrations_mutations.request_password_reset,
        "Request a code by mail: to set a new password, or to verify the newest registration of an address without an "
        "account.",
        only=PUBLIC,
        rate="codes",
        options=Options(payload="The same whether or not the address has an account.", as_anybody=True),
        email="The account's address.",
    )
    reset_password = mutation(
        registrations_mutations.reset_password,
        "Set a new password with a code. All sessions of the account end. The first reset also revokes everything "
        "else that gives access to the account's data.",
        only=PUBLIC,
        rate="passwords",
        shows={"access_ended": given(bool, ACCESS_ENDED)},
        options=Options(payload="Without errors, the password is changed and no session is open.", as_anybody=True),
        code=CODE,
        password=PASSWORD,
    )
    verify_email = mutation(
        registrations_mutations.verify_email,
        "Open an account with the code that was mailed to its address and the password that it was registered with.",
        only=PUBLIC,
        rate="passwords",
        options=Options(payload="Without errors, the account is open.", as_anybody=True),
        code=f"{CODE} It opens the registration that it was mailed for, and no other.",
        password="The password of that registration.",  # noqa: S106 - a description
    )
