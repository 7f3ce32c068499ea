"""Registers accounts, verifies them by a mailed code, and resets passwords."""

import asyncio
import base64
import secrets
from datetime import timedelta

from models.appearance import looks, unaccented
from models.database import Connection
from models.identity.members import MemberKind, Sex
from models.messages import message
from models.parameters import AccountAddress, EmailAddress
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.days import current_days
from resolvers.faults import Faults
from resolvers.identity import accounts_rules, attempts
from resolvers.identity.accounts import stored_address
from resolvers.identity.passwords import hash_password, verify_password
from resolvers.identity.privacy_notices_mutations import expect_privacy_notice
from resolvers.identity.terms_mutations import expect_terms
from resolvers.regions import region_of
from resolvers.texts import is_blank
from resolvers.transactions import RefusalCode, Result, Work, invalid, not_eligible, refused, taken

CODE_BYTES = 20  # too many to guess: a code alone identifies its account
VERIFICATION_LIFETIME = timedelta(days=1)
RESET_LIFETIME = timedelta(hours=1)
NOT_REGISTERED_WITH = message(
    "This is not the password that was chosen when this code was requested. If you have several codes, enter the one "
    "from the e-mail that names the pseudonym that you chose."
)
CODE_REFUSED = message("This code is invalid or has expired. Request a new one.")
SANDBOX = message("This is a sandbox with synthetic data: nobody can register here. Register with Cohorte itself.")
PENDING = 20  # registrations of one address: more than can be mailed to it in a window, so a code outlives a flood
MAIL_REQUEST = "mail"  # the attempts that count: each has a mail sent
VERIFY = "verify"  # the same: each at the password of a registration


async def register(
    call: Call,
    faults: Faults,
    *,
    email: EmailAddress,
    password: str,
    pseudonym: str,
    kind: MemberKind,
    birth_year: int | None = None,
    of_age: bool | None = None,
    sex: Sex | None = None,
    region: str | None = None,
    locale: str | None = None,
    notice_version: str,
    terms_version: str,
) -> Work:
    """Checks the input; the returned Work stores the registration and has a code mailed.

    The account opens when the code is entered in time with the password; until then the pseudonym is reserved. Several
    registrations of one address are independent of each other. An address that has an account gets the same response,
    in the same time, and its owner is notified by mail. Raises Refused: INVALID and
    TOO_LONG for a field, INVALID if neither the year of birth nor that they are of age is stated, NOT_ELIGIBLE for
    somebody too young and in a sandbox, LIMIT_REACHED. The Work raises Refused: TAKEN for another
    member's pseudonym.
    """
    await asyncio.to_thread(accounts_rules.common_passwords)  # loads the list on first use
    name, place, language = "", None, accounts_rules.DEFAULT_LOCALE
    with faults.collected():
        name = accounts_rules.pseudonym_of(pseudonym, kind, "pseudonym")
    with faults.collected():
        accounts_rules.password_of(password, email, name, path=("password",))
    async with call.apart() as connection:
        days = await current_days(connection)
        if await connection.fetchval("SELECT insight.is_sandbox()"):
            raise not_eligible(SANDBOX)
        with faults.collected():
            await expect_terms(connection, terms_version, "terms_version")
        with faults.collected():
            await expect_privacy_notice(connection, notice_version, "notice_version")
    with faults.collected():
        accounts_rules.expect_of_age(kind, birth_year, of_age, days.latest, call.minimum_age)
    with faults.collected():
        place = None if region is None or is_blank(region) else region_of(region, "region")
    with faults.collected():
        language = accounts_rules.locale_of(locale or language, "locale")
    # Whether the pseudonym is taken is not looked up before this: only requests that are counted may reveal it.
    faults.refuse()
    await count_mail(call, email)
    password_hash = await hash_password(password, call.caller)  # before the transaction: it takes long by design

    async def registers(connection: Connection, viewer: Viewer) -> Result:
        is_free = await connection.fetchval(
            "SELECT identity.register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            email, password_hash, name, sorted([*looks(name), unaccented(name)]), kind.value, birth_year,
            (sex or Sex.UNKNOWN).value, place, language, notice_version, terms_version, new_code(),
            VERIFICATION_LIFETIME, PENDING,
        )  # fmt: skip
        if not is_free:
            raise pseudonym_taken()
        return {}

    return registers


async def verify_email(call: Call, *, code: str, password: str) -> Work:
    """Checks the password that was registered with; the returned Work opens the account that the code was mailed for.

    Who has the code has read the mail, and who has the password has registered: together they are one person. Either
    alone may be another's, who registered with an address that is not theirs. Raises Refused: LIMIT_REACHED after too
    many passwords. The Work raises Refused: INVALID if the code is unknown or has expired, WRONG_CREDENTIALS for the
    password.
    """
    async with call.apart() as connection:
        password_hash = await connection.fetchval("SELECT identity.registered_password($1)", read_code(code))
        tried = []
        if password_hash is not None:
            tried = await attempts.count_attempt(connection, VERIFY, read_code(code), call.address, call.proofs)
    matches = password_hash is not None and await verify_password(password, password_hash, call.caller)

    async def opens(connection: Connection, viewer: Viewer) -> Result:
        if password_hash is not None and not matches:
            raise refused(RefusalCode.WRONG_CREDENTIALS, NOT_REGISTERED_WITH, "password")
        if not matches or not await connection.fetchval(
            "SELECT identity.verify_email($1, $2)", read_code(code), password_hash
        ):
            raise invalid(CODE_REFUSED, "code")
        await attempts.forget_attempts(connection, tried)
        return {}

    return opens


async def request_password_reset(call: Call, *, email: AccountAddress) -> Work:
    """Counts the request; the returned Work mails a code to set a new password, or to verify the account.

    An address without an account gets the same response, and no mail. Raises Refused: LIMIT_REACHED after too many
    requests.
    """
    await count_mail(call, email.canonical)

    async def requests(connection: Connection, viewer: Viewer) -> Result:
        address = await stored_address(connection, email)
        await connection.execute(
            "SELECT identity.request_password_reset($1, $2, $3, $4, $5)",
            address, new_code(), RESET_LIFETIME, VERIFICATION_LIFETIME, call.demonstration,
        )  # fmt: skip
        return {}

    return requests


async def reset_password(call: Call, faults: Faults, *, code: str, password: str) -> Work:
    """Checks a new password; the returned Work sets it and closes the account's sessions.

    The first reset of an account also ends what others could read through who had it before. The Work raises Refused:
    INVALID and TOO_LONG for the password, INVALID if the code is unknown or has expired.
    """
    known, password_hash = await hash_by_code(call, faults, "SELECT identity.resets_password($1)", code, password)

    async def resets(connection: Connection, viewer: Viewer) -> Result:
        is_first = None
        if password_hash is not None:
            is_first = await connection.fetchval(
                "SELECT identity.reset_password($1, $2)", read_code(code), password_hash
            )
        if not known or (password_hash is not None and is_first is None):
            faults.add(*invalid(CODE_REFUSED, "code").refusals)
        faults.refuse()
        return {"access_ended": is_first}

    return resets


async def hash_by_code(call: Call, faults: Faults, known: str, code: str, password: str) -> tuple[bool, str | None]:
    """Checks a new password that is set with a code: whether the query knows the code, and the password's hash.

    The hash is None, and no time is spent on it, if the code is not known or there are faults.
    """
    await asyncio.to_thread(accounts_rules.common_passwords)  # loads the list on first use
    with faults.collected():
        accounts_rules.password_of(password, path=("password",))
    async with call.apart() as connection:
        is_known = bool(await connection.fetchval(known, read_code(code)))
    return is_known, await hash_password(password, call.caller) if is_known and not faults.found else None


async def count_mail(call: Call, email: str) -> None:
    """Raises Refused: LIMIT_REACHED if too much mail was sent to an address, or requested by a client."""
    await attempts.count_attempt_apart(call.apart, MAIL_REQUEST, email, call.address, call.mails)


def pseudonym_taken() -> Exception:
    """A refusal, to be raised: TAKEN."""
    return taken(
        message(
            "Another member has this pseudonym, or one that looks like it, or had it until recently. Choose another."
        ),
        "pseudonym",
    )


def new_code() -> str:
    """A random code in base32, whose letters and digits are not easily confused by people who type it."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def read_code(typed: str) -> str:
    """The code in capitals and without white space, as it is compared."""
    return "".join(typed.split()).upper()
