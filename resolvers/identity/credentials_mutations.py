"""Changes the e-mail address and the password of an account that is signed in, and takes an address back."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from models.database import Connection
from models.messages import message
from models.parameters import EmailAddress
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.faults import Faults
from resolvers.identity import accounts_rules, attempts
from resolvers.identity.accounts import SIGN_IN
from resolvers.identity.passwords import hash_password, verify_password
from resolvers.identity.registrations_mutations import (
    CODE_REFUSED,
    VERIFICATION_LIFETIME,
    count_mail,
    hash_by_code,
    new_code,
    read_code,
)
from resolvers.transactions import Forbidden, RefusalCode, Refused, Result, Work, invalid, refused, taken

REVERT_LIFETIME = timedelta(days=7)
WRONG_PASSWORD = message("This is not the account's password.")


@dataclass(frozen=True)
class Checked:
    """An account that is signed in, as found when its password was checked; empty if it has none."""

    email: str = ""
    password_hash: str = ""
    pseudonym: str | None = None
    matches: bool = False  # whether the password was right


async def check_password(call: Call, password: str) -> Checked:
    """Checks the password of the viewer's account, in transactions of its own: hashing takes long by design.

    Raises Refused: LIMIT_REACHED after too many attempts.
    """
    async with call.apart() as connection:
        found = await connection.fetchrow("SELECT * FROM identity.credential_of_account($1)", call.viewer.account)
        if found is None:  # deleted in the meantime, or without a password so far
            return Checked()
        tried = await attempts.count_attempt(
            connection, SIGN_IN, found["email"], call.address, call.sign_ins, found["password_hash"]
        )
    matches = await verify_password(password, found["password_hash"], call.caller)
    if matches:
        async with call.apart() as connection:
            await attempts.forget_attempts(connection, tried)
    return Checked(found["email"], found["password_hash"], found["pseudonym"], matches)


async def expect_password(call: Call, password: str) -> Checked:
    """As `check_password`. Raises Forbidden if the account no longer exists, and Refused: WRONG_CREDENTIALS."""
    checked = await check_password(call, password)
    if not checked.email:
        raise Forbidden
    if not checked.matches:
        raise wrong_password()
    return checked


def wrong_password() -> Refused:
    """A refusal, to be raised: WRONG_CREDENTIALS."""
    return refused(RefusalCode.WRONG_CREDENTIALS, WRONG_PASSWORD, "password")


async def change_password(call: Call, faults: Faults, *, password: str, new_password: str) -> Work:
    """Checks both passwords; the returned Work sets the new one and closes the account's other sessions.

    Raises Refused: WRONG_CREDENTIALS for the present password, INVALID and TOO_LONG for the new one, LIMIT_REACHED
    after too many attempts. The Work raises Refused: WRONG_CREDENTIALS if the password was changed in the meantime.
    """
    await asyncio.to_thread(accounts_rules.common_passwords)  # loads the list on first use
    checked = await check_password(call, password)
    if not checked.matches:
        faults.add(*wrong_password().refusals)
    with faults.collected():
        accounts_rules.password_of(new_password, checked.email, checked.pseudonym or "", path=("new_password",))
    faults.refuse()
    becomes = await hash_password(new_password, call.caller)

    async def changes(connection: Connection, viewer: Viewer) -> Result:
        changed = await connection.fetchval(
            "SELECT identity.change_password($1, $2, $3, $4)",
            viewer.account, viewer.session, checked.password_hash, becomes,
        )  # fmt: skip
        if not changed:
            raise wrong_password()
        return {}

    return changes


async def change_email(call: Call, faults: Faults, *, new_email: EmailAddress, password: str) -> Work:
    """Checks the password; the returned Work has a code mailed to the new address, and a note to the present one.

    An address that another account has gets the same response, in the same time, and its owner is notified by mail.
    Raises Refused: WRONG_CREDENTIALS for the password, INVALID for the present address, LIMIT_REACHED. The Work raises
    Forbidden if the account no longer exists.
    """
    checked = await check_password(call, password)
    if not checked.matches:
        faults.add(*wrong_password().refusals)
    if new_email == checked.email:
        with faults.collected():
            raise invalid(message("This is the account's address already."), "new_email")
    faults.refuse()
    await count_mail(call, new_email)

    async def requests(connection: Connection, viewer: Viewer) -> Result:
        requested = await connection.fetchval(
            "SELECT identity.request_email_change($1, $2, $3, $4)",
            viewer.account, new_email, new_code(), VERIFICATION_LIFETIME,
        )  # fmt: skip
        if not requested:
            raise Forbidden
        return {}

    return requests


async def confirm_email(connection: Connection, viewer: Viewer, *, code: str) -> None:
    """Gives the viewer's account the address that a code was mailed to, and closes its other sessions.

    The previous address gets a mail with a code that takes the account back. Raises Refused: INVALID if the code is
    unknown or has expired, was requested by another account, or if the address has an account by now.
    """
    changed = await connection.fetchval(
        "SELECT identity.change_email($1, $2, $3, $4, $5)",
        viewer.account, viewer.session, read_code(code), new_code(), REVERT_LIFETIME,
    )  # fmt: skip
    if not changed:
        raise invalid(CODE_REFUSED, "code")


async def revert_email(call: Call, faults: Faults, *, code: str, password: str) -> Work:
    """Checks a new password; the returned Work gives an account its previous address again, with this password.

    All sessions end, and what others could read through the account. The Work raises Refused: INVALID and TOO_LONG for
    the password, INVALID if the code is unknown or has expired, TAKEN if another account has the address by now.
    """
    known, password_hash = await hash_by_code(call, faults, "SELECT identity.reverts_email($1)", code, password)

    async def reverts(connection: Connection, viewer: Viewer) -> Result:
        outcome = "REVERTED" if known else "INVALID"
        if password_hash is not None:
            outcome = await connection.fetchval("SELECT identity.revert_email($1, $2)", read_code(code), password_hash)
        if outcome == "TAKEN":
            raise taken(message("Another account has this address by now."), "code")
        if outcome == "INVALID":
            faults.add(*invalid(CODE_REFUSED, "code").refusals)
        faults.refuse()
        return {}

    return reverts
