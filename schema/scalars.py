"""Defines the scalars, and how each is parsed and serialized. No error message repeats a value."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from models.parameters import EmailAddress as EmailAddress
from planner.declare import Cursor

T = TypeVar("T")

# date.fromisoformat also takes 20260131 and 2026-W05-6, which RFC 3339 does not.
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
# 18 digits in all: more than any column holds.
DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
# Anything with one @ between two words: only sending a mail shows whether the address exists.
EMAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
EMAIL_ADDRESS_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, less its two angle brackets
CURSOR_LENGTH = 1_000


def strict(name: str, form: str, parse: Callable[[str], T | None]) -> Callable[[Any], T]:
    """A parser that accepts only text. Its error describes the accepted form, and does not repeat the value."""

    def parse_value(value: Any) -> T:
        if isinstance(value, str):
            try:
                parsed = parse(value)
            except ValueError:
                parsed = None
            if parsed is not None:
                return parsed
        raise GraphQLError(f"{name} takes {form}.")

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


def parse_email_address(text: str) -> EmailAddress | None:
    # Not printable: control characters, and lone surrogates, which PostgreSQL cannot be sent.
    fits = len(text) <= EMAIL_ADDRESS_LENGTH and text.isprintable() and EMAIL_ADDRESS.fullmatch(text)
    return EmailAddress(text.lower()) if fits else None


def parse_cursor(text: str) -> Cursor | None:
    return Cursor(text) if 0 < len(text) <= CURSOR_LENGTH else None


SCALARS: Mapping[object, ScalarDefinition] = {
    date: strawberry.scalar(
        name="Date",
        description="A day in the form `2026-01-31`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=text_of,
        parse_value=strict("Date", "a day in the form YYYY-MM-DD", parse_date),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A point in time with its UTC offset, in the form `2026-01-31T18:30:00+00:00`. Responses use UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=text_of,
        parse_value=strict("DateTime", "a time in the form YYYY-MM-DDTHH:MM:SSZ or with an offset", parse_date_time),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, written as a string so that no digit is lost, such as `"1250.00"`.',
        specified_by_url="https://www.w3.org/TR/xmlschema-2/#decimal",
        serialize=text_of,
        parse_value=strict("Decimal", "an exact number as text, such as 1250.00", parse_decimal),
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="An opaque position in a list, to pass as `after` or `before` to the field that returned it.",
        specified_by_url="https://relay.dev/graphql/connections.htm#sec-Cursor",
        serialize=text_of,
        parse_value=strict("Cursor", "a cursor that this field has given", parse_cursor),
    ),
    EmailAddress: strawberry.scalar(
        name="EmailAddress",
        description=f"An e-mail address of at most {EMAIL_ADDRESS_LENGTH} characters. Case is ignored.",
        specified_by_url="https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
        serialize=text_of,
        parse_value=strict("EmailAddress", "an e-mail address", parse_email_address),
    ),
}
