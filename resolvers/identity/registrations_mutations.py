"""Registers accounts, verifies them by a mailed code, and resets passwords."""

import asyncio
import base64
import secrets
from datetime import timedelta

from models.appearance import looks
from models.database import Connection
from models.identity.members import MemberKind, Sex
from models.parameters import AccountAddress, EmailAddress
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.days import current_days
from resolvers.faults import Faults
from resolvers.identity import accounts_rules, attempts
from resolvers.identity.accounts import stored_address
from resolvers.identity.passwords import hash_password
from resolvers.identity.terms_mutations import expect_terms
from resolvers.regions import region_of
from resolvers.texts import is_blank
from resolvers.transactions import Result, Work, invalid, taken

CODE_BYTES = 20  # too many to guess: a code alone identifies its account
VERIFICATION_LIFETIME = timedelta(days=1)
RESET_LIFETIME = timedelta(hours=1)
CODE_REFUSED = "This code is invalid or has expired. Request a new one."
MAIL_REQUEST = "mail"  # the attempts that count: each has a mail sent


async def register(
    call: Call,
    faults: Faults,
    *,
    email: EmailAddress,
    password: str,
    pseudonym: str,
    kind: MemberKind,
    birth_year: int | None = None,
    sex: Sex | None = None,
    region: str | None = None,
    locale: str | None = None,
    notice_version: str,
    terms_version: str,
) -> Work:
    """Checks the input; the returned Work stores the registration and has a code mailed.

    The account opens when the code is entered in time; until then the pseudonym is reserved. An address that has an
    account gets the same response, in the same time, and its owner is notified by mail. Raises Refused: INVALID and
    TOO_LONG for a field, NOT_ELIGIBLE for somebody too young, LIMIT_REACHED. The Work raises Refused: TAKEN for another
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
        with faults.collected():
            await expect_terms(connection, terms_version, "terms_version")
    if birth_year is not None:
        with faults.collected():
            accounts_rules.birth_year_of(birth_year, days.latest, call.minimum_age, "birth_year")
    with faults.collected():
        place = None if region is None or is_blank(region) else region_of(region, "region")
    with faults.collected():
        language = accounts_rules.locale_of(locale or language, "locale")
    with faults.collected():
        accounts_rules.check_notice(notice_version, call.notice_version, "notice_version")
    # Whether the pseudonym is taken is not looked up before this: only requests that are counted may reveal it.
    faults.refuse()
    password_hash = await hash_password(password)  # before the transaction: it takes long by design
    await count_mail(call, email)

    async def registers(connection: Connection, viewer: Viewer) -> Result:
        is_free = await connection.fetchval(
            "SELECT identity.register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            email, password_hash, name, looks(name), kind.value, birth_year, (sex or Sex.UNKNOWN).value, place,
            language, notice_version, terms_version, new_code(), VERIFICATION_LIFETIME,
        )  # fmt: skip
        if not is_free:
            raise pseudonym_taken()
        return {}

    return registers


async def verify_email(connection: Connection, viewer: Viewer, *, code: str) -> None:
    """Opens the account that the code was mailed for. Raises Refused: INVALID if the code is unknown or has expired."""
    if not await connection.fetchval("SELECT identity.verify_email($1)", read_code(code)):
        raise invalid(CODE_REFUSED, "code")


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

    The Work raises Refused: INVALID and TOO_LONG for the password, INVALID if the code is unknown or has expired.
    """
    await asyncio.to_thread(accounts_rules.common_passwords)
    with faults.collected():
        accounts_rules.password_of(password, path=("password",))
    password_hash = "" if faults.found else await hash_password(password)

    async def resets(connection: Connection, viewer: Viewer) -> Result:
        # Undone if there are faults, as all of the transaction: the code can be entered once more.
        if not await connection.fetchval("SELECT identity.reset_password($1, $2)", read_code(code), password_hash):
            faults.add(*invalid(CODE_REFUSED, "code").refusals)
        faults.refuse()
        return {}

    return resets


async def count_mail(call: Call, email: str) -> None:
    """Raises Refused: LIMIT_REACHED if too much mail was sent to an address, or requested by a client."""
    await attempts.count_attempt_apart(call.apart, MAIL_REQUEST, email, call.address, call.mails)


def pseudonym_taken() -> Exception:
    return taken(
        "Another member has this pseudonym, or one that looks like it, or had it until recently. Choose another.",
        "pseudonym",
    )


def new_code() -> str:
    """A random code in base32, whose letters and digits are not easily confused by people who type it."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def read_code(typed: str) -> str:
    return "".join(typed.split()).upper()
