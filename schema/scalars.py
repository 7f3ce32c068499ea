"""Defines the scalars, and how each is parsed and serialized. No error message repeats a value."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import idna
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from models.messages import Message, message
from models.parameters import AccountAddress
from models.parameters import EmailAddress as EmailAddress
from planner.declared import Cursor, Malformed
from resolvers.days import EARLIEST, FIRST_ZONE

T = TypeVar("T")

MEMBERS_DAY = f"From {EARLIEST} to a day that has begun anywhere ({FIRST_ZONE})."  # what `day_within` accepts

# date.fromisoformat also takes 20260131 and 2026-W05-6, which RFC 3339 does not.
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
# 18 digits in all: more than any column holds.
DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
# The pattern of the HTML standard, which `specifiedBy` refers to.
LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
EMAIL_ADDRESS = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{LABEL}(?:\.{LABEL})*")
# What addresses had to be before that pattern applied: one @ between two words.
STORED_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
EMAIL_ADDRESS_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, less its two angle brackets
CURSOR_LENGTH = 1_000


class InvalidScalar(GraphQLError):
    """A value that is not in the scalar's form. The message describes that form, and does not repeat the value."""


def strict(malformed: Message, parse: Callable[[str], T | None]) -> Callable[[Any], T]:
    """A parser that accepts only text. It raises InvalidScalar for anything else than the accepted form."""
    lenient = forgiving(malformed, parse)

    def parse_value(value: Any) -> T:
        parsed = lenient(value)
        if isinstance(parsed, Malformed):
            raise InvalidScalar(parsed.message)
        return parsed

    return parse_value


def forgiving(
    malformed: Message, parse: Callable[[str], T | None], absent: Message | None = None
) -> Callable[[Any], T | Malformed]:
    """A parser that accepts only text, and returns Malformed for text of another form.

    `malformed` says what the scalar takes. `absent` is the message for text of that form that stands for nothing, such
    as 2026-11-31.

    A mutation reports that among the other faults of its input. Other values are errors of the client's program.
    """

    def parse_value(value: Any) -> T | Malformed:
        if not isinstance(value, str):
            raise InvalidScalar(malformed)
        try:
            parsed = parse(value)
        except ValueError:
            return Malformed(absent or malformed)
        return Malformed(malformed) if parsed is None else parsed

    return parse_value


def text_of(value: Any) -> str:
    """A value as text. One that PostgreSQL has converted to JSON is text already."""
    return value.isoformat() if isinstance(value, date) else str(value)


def parse_date(text: str) -> date | None:
    return date.fromisoformat(text) if DATE.fullmatch(text) else None


def parse_date_time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if DATE_TIME.fullmatch(text) else None


def parse_decimal(text: str) -> Decimal | None:
    return Decimal(text) if DECIMAL.fullmatch(text) else None


def parse_email_address(text: str) -> AccountAddress | None:
    """An address that is valid, or that an older account may have; schema/inputs.py decides where the latter may be."""
    if len(text) > EMAIL_ADDRESS_LENGTH:
        return None
    local, _, domain = text.rpartition("@")
    encoded = _encoded(domain)
    canonical = f"{unicodedata.normalize('NFC', local)}@{encoded or domain}".lower()
    locals = (local, *(unicodedata.normalize(form, local) for form in ("NFD", "NFC")))
    forms = [f"{one}@{place}".lower() for one in locals for place in (domain, encoded or domain)]
    valid = encoded is not None and len(canonical) <= EMAIL_ADDRESS_LENGTH and EMAIL_ADDRESS.fullmatch(canonical)
    # Not printable: control characters, and lone surrogates, which PostgreSQL cannot be sent.
    if not valid and not (text.isprintable() and STORED_ADDRESS.fullmatch(text)):
        return None
    return AccountAddress(tuple(dict.fromkeys(forms)), canonical, EmailAddress(canonical) if valid else None)


def _encoded(domain: str) -> str | None:
    """The IDNA form of a domain, as browsers send it; None if it has none."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except ValueError:
        return None


def parse_cursor(text: str) -> Cursor | None:
    return Cursor(text) if 0 < len(text) <= CURSOR_LENGTH else None


SCALARS: Mapping[object, ScalarDefinition] = {
    date: strawberry.scalar(
        name="Date",
        description="A day in the form `2026-01-31`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=text_of,
        parse_value=forgiving(
            message("Date takes a day in the form YYYY-MM-DD."), parse_date, message("There is no such day.")
        ),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A point in time with its UTC offset, in the form `2026-01-31T18:30:00+00:00`. Responses use UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=text_of,
        parse_value=forgiving(
            message("DateTime takes a time in the form YYYY-MM-DDTHH:MM:SSZ or with an offset."),
            parse_date_time,
            message("There is no such time."),
        ),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, written as a string so that no digit is lost, such as `"1250.00"`.',
        specified_by_url="https://www.w3.org/TR/xmlschema-2/#decimal",
        serialize=text_of,
        parse_value=forgiving(message("Decimal takes an exact number as text, such as 1250.00."), parse_decimal),
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="An opaque position in a list, to pass as `after` to the field that returned it.",
        specified_by_url="https://relay.dev/graphql/connections.htm#sec-Cursor",
        serialize=text_of,
        parse_value=strict(message("Cursor takes a cursor that this field has given."), parse_cursor),
    ),
    EmailAddress: strawberry.scalar(
        name="EmailAddress",
        description=f"An e-mail address of at most {EMAIL_ADDRESS_LENGTH} characters. Case is ignored. A domain with "
        "other characters than ASCII is converted to its IDNA form. `signIn` and `requestPasswordReset` also accept "
        "addresses that do not conform to the specification, because older accounts may have one.",
        specified_by_url="https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
        serialize=text_of,
        parse_value=forgiving(message("EmailAddress takes an e-mail address."), parse_email_address),
    ),
}
