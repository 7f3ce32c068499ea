"""The only place for opening an account and for getting back into one: registering, verifying, a new password."""

import asyncio
import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from models.members import MemberKind, Sex
from models.viewers import Viewer
from models.viewing import Connection
from resolvers import acceptance
from resolvers.passwords import hash_password
from resolvers.writing import Made, Work, invalid, taken

CODE_BYTES = 20  # nobody guesses them: a code says by itself whose it is
VERIFYING = timedelta(days=1)
RESETTING = timedelta(hours=1)
CODE_REFUSED = "This code opens nothing, or no longer. Ask for a new one."
EMAIL, PASSWORD, CODE = ("input", "email"), ("input", "password"), ("input", "code")


@dataclass(frozen=True)
class Wanted:
    """What somebody registers with, as typed."""

    email: str
    password: str
    pseudonym: str
    kind: MemberKind
    birth_year: int | None
    sex: Sex | None
    region: str | None
    locale: str | None
    notice_version: str


async def registering(wanted: Wanted, *, notice_version: str, minimum_age: int, today: date | None = None) -> Work:
    """What registers it, once its values are found acceptable. Raises Refused.

    An address that is somebody's already is answered as any other, in the same time: its owner is told by mail. The
    account opens when the code that is mailed comes back, within a day; until then the pseudonym is held.
    """
    await asyncio.to_thread(acceptance.common_passwords)  # which has to be loaded, the first time
    pseudonym = acceptance.pseudonym_of(wanted.pseudonym, "input", "pseudonym")
    acceptance.password_of(wanted.password, wanted.email, pseudonym, path=PASSWORD)
    birth_year = wanted.birth_year
    if birth_year is not None:
        today = today or datetime.now(UTC).date()
        birth_year = acceptance.birth_year_of(birth_year, today, minimum_age, "input", "birthYear")
    region = None if wanted.region is None else acceptance.region_of(wanted.region, "input", "region")
    locale = acceptance.locale_of(wanted.locale or "fr-FR", "input", "locale")
    acceptance.check_notice(wanted.notice_version, notice_version, "input", "noticeVersion")
    password_hash = await hash_password(wanted.password)  # before the transaction: it takes long by design
    kind, sex = wanted.kind.value, (wanted.sex or Sex.UNKNOWN).value

    async def register(connection: Connection, viewer: Viewer) -> Made:
        is_free = await connection.fetchval(
            "SELECT identity.register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            wanted.email, password_hash, pseudonym, kind, birth_year, sex, region, locale, wanted.notice_version,
            new_code(), VERIFYING,
        )  # fmt: skip
        if not is_free:
            raise pseudonym_taken()
        return {}

    return register


def verifying(code: str) -> Work:
    """What opens the account that waits for `code`; it raises Refused where none does."""

    async def verify(connection: Connection, viewer: Viewer) -> Made:
        if not await connection.fetchval("SELECT identity.verify_email($1)", read_code(code)):
            raise invalid(CODE_REFUSED, *CODE)
        return {}

    return verify


def requesting_password_reset(email: str, *, demonstration: bool) -> Work:
    """What mails a code to `email`: good for a new password, within the hour, or to verify it where it waits for that.

    The same is answered where nobody has that address, and nothing is sent.
    """

    async def request(connection: Connection, viewer: Viewer) -> Made:
        await connection.execute(
            "SELECT identity.request_password_reset($1, $2, $3, $4, $5)",
            email, new_code(), RESETTING, VERIFYING, demonstration,
        )  # fmt: skip
        return {}

    return request


async def resetting_password(code: str, password: str) -> Work:
    """What makes `password` the account's and closes its sessions. Raises Refused, and so does what it returns."""
    await asyncio.to_thread(acceptance.common_passwords)
    acceptance.password_of(password, path=PASSWORD)
    password_hash = await hash_password(password)

    async def reset(connection: Connection, viewer: Viewer) -> Made:
        if not await connection.fetchval("SELECT identity.reset_password($1, $2)", read_code(code), password_hash):
            raise invalid(CODE_REFUSED, *CODE)
        return {}

    return reset


def pseudonym_taken() -> Exception:
    return taken("Another member has this pseudonym. Choose another.", "input", "pseudonym")


def new_code() -> str:
    """Letters and figures that are not mistaken for one another, for people who type it."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def read_code(typed: str) -> str:
    return "".join(typed.split()).upper()
