"""Invites users to an organization, accepts invitations, changes roles and removes users."""

from datetime import timedelta
from uuid import UUID

from models.database import Connection
from models.identity.organization_users import UserRole
from models.messages import message
from models.parameters import EmailAddress, OrganizationUserId
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.faults import Faults
from resolvers.identity import accounts_rules
from resolvers.identity.credentials_mutations import expect_password
from resolvers.identity.registrations_mutations import count_mail, hash_by_code, new_code, read_code
from resolvers.transactions import (
    Forbidden,
    Result,
    Work,
    invalid,
    limit_reached,
    not_eligible,
    not_found,
    taken,
)

MOST_USERS = 100  # of one organization, with those who are invited
INVITATION_LIFETIME = timedelta(days=3)
INVITATION_REFUSED = message(
    "This code is invalid, was used or has expired. Ask an administrator of the organization for another invitation."
)
LAST = message("An organization keeps one administrator: give another user this role first.")


async def invite_user(
    call: Call, faults: Faults, *, email: EmailAddress, role: UserRole, locale: str | None = None
) -> Work:
    """Counts the mail; the returned Work invites the owner of an address to the viewer's organization.

    An address that has an account elsewhere gets the same response, and its owner a mail without a code. Raises
    Refused: INVALID and TOO_LONG for the locale, LIMIT_REACHED after too many mails. The Work raises Refused: TAKEN if
    a user of the organization has the address, LIMIT_REACHED if it has as many as it may have.
    """
    language = accounts_rules.DEFAULT_LOCALE
    with faults.collected():
        language = accounts_rules.locale_of(locale or language, "locale")
    faults.refuse()
    await count_mail(call, email)

    async def invites(connection: Connection, viewer: Viewer) -> Result:
        made = await connection.fetchrow(
            "SELECT * FROM identity.invite_user($1, $2, $3, $4, $5, $6, $7)",
            viewer.account, email, role.value, language, new_code(), INVITATION_LIFETIME, MOST_USERS,
        )  # fmt: skip
        assert made is not None
        expect_done(made["refused"], "email")
        return {"organization_user_id": made["user_id"]}

    return invites


async def accept_invitation(call: Call, faults: Faults, *, code: str, password: str) -> Work:
    """Checks a password; the returned Work opens the account of the user whom the code was mailed to.

    The Work raises Refused: INVALID and TOO_LONG for the password, INVALID if the code is unknown, was used or has
    expired, or if the address has an account by now.
    """
    known, password_hash = await hash_by_code(call, faults, "SELECT identity.accepts_invitation($1)", code, password)

    async def accepts(connection: Connection, viewer: Viewer) -> Result:
        opened = password_hash is not None and await connection.fetchval(
            "SELECT identity.accept_invitation($1, $2)", read_code(code), password_hash
        )
        if not known or (password_hash is not None and not opened):
            faults.add(*invalid(INVITATION_REFUSED, "code").refusals)
        faults.refuse()
        return {}

    return accepts


async def change_user_role(connection: Connection, viewer: Viewer, *, user: OrganizationUserId, role: UserRole) -> UUID:
    """Gives a user of the viewer's organization another role, with immediate effect, and returns their id.

    Raises Refused: NOT_FOUND, NOT_ELIGIBLE for the only administrator.
    """
    refusal = await connection.fetchval(
        "SELECT identity.change_user_role($1, $2, $3)", viewer.account, user, role.value
    )
    expect_done(refusal, "user" if refusal == "NOT_FOUND" else "role")
    return user


async def remove_user(connection: Connection, viewer: Viewer, *, user: OrganizationUserId) -> UUID:
    """Deletes a user of the viewer's organization with their account and sessions, or an invitation; returns the id.

    Raises Refused: NOT_FOUND, NOT_ELIGIBLE for the only administrator.
    """
    expect_done(await connection.fetchval("SELECT identity.remove_user($1, $2)", viewer.account, user), "user")
    return user


async def leave_organization(call: Call, *, password: str) -> Work:
    """Checks the password; the returned Work deletes the viewer's account, and leaves what is the organization's.

    Raises Refused: WRONG_CREDENTIALS if the password is wrong, LIMIT_REACHED after too many attempts. The Work raises
    Refused: NOT_ELIGIBLE for the only administrator.
    """
    await expect_password(call, password)

    async def leaves(connection: Connection, viewer: Viewer) -> Result:
        expect_done(await connection.fetchval("SELECT identity.leave_organization($1)", viewer.account))
        return {}

    return leaves


def expect_done(refusal: str | None, *path: str) -> None:
    """Raises what a function of the database has returned, if anything."""
    if refusal == "FORBIDDEN":
        raise Forbidden(UserRole.ADMINISTRATOR)
    if refusal == "NOT_FOUND":
        raise not_found(*path)
    if refusal == "LAST":
        raise not_eligible(LAST, *path)
    if refusal == "TAKEN":
        raise taken(message("A user of your organization has this address."), *path)
    if refusal == "LIMIT":
        raise limit_reached(
            message("An organization can have at most {most} users, with those who are invited.", most=MOST_USERS)
        )
