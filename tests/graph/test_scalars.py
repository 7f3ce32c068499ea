"""What each scalar accepts, and that a refusal does not repeat the refused value."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError

from planner.declare import Cursor
from schema.scalars import SCALARS, EmailAddress

TAKEN = [
    (date, "2026-01-31", date(2026, 1, 31)),
    (date, "2024-02-29", date(2024, 2, 29)),
    (datetime, "2026-01-31T18:30:00Z", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
    (datetime, "2026-01-31T20:30:00.5+02:00", datetime(2026, 1, 31, 18, 30, 0, 500_000, tzinfo=UTC)),
    (Decimal, "1250.00", Decimal("1250.00")),
    (Decimal, "-0.5", Decimal("-0.5")),
    (EmailAddress, "Somebody@Example.ORG", "somebody@example.org"),
    (EmailAddress, "élise@exemple.fr", "élise@exemple.fr"),
    (Cursor, "WyJ4Il0=", "WyJ4Il0="),
]
REFUSED = [
    (date, "20260131"),
    (date, "2026-W05-6"),
    (date, "2026-02-30"),
    (date, "2026-01-31T00:00:00"),
    (date, "2026-01-31 "),
    (date, "٢٠٢٦-01-31"),
    (date, 20260131),
    (datetime, "2026-01-31"),
    (datetime, "2026-01-31T18:30:00"),
    (datetime, "2026-01-31T25:30:00Z"),
    (datetime, 1769884200),
    (Decimal, "1e5"),
    (Decimal, "NaN"),
    (Decimal, "1234567890123"),
    (Decimal, 12.5),
    (EmailAddress, "somebody"),
    (EmailAddress, "two@at@example.org"),
    (EmailAddress, "some body@example.org"),
    (EmailAddress, "zero\0@example.org"),
    (EmailAddress, "half\ud83d@example.org"),
    (EmailAddress, "a" * 243 + "@example.org"),
    (EmailAddress, ["somebody@example.org"]),
    (Cursor, ""),
    (Cursor, "x" * 1_001),
    (Cursor, 7),
]


@pytest.mark.parametrize(("scalar", "written", "value"), TAKEN)
def test_valid_values_are_accepted(scalar: object, written: str, value: object) -> None:
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    assert parse(written) == value


@pytest.mark.parametrize(("scalar", "written"), REFUSED)
def test_invalid_values_are_refused_without_being_repeated(scalar: object, written: Any) -> None:
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    with pytest.raises(GraphQLError) as refusal:
        parse(written)
    assert not str(written) or str(written) not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("scalar", "value", "written"),
    [
        (date, "2026-01-31", "2026-01-31"),
        (date, date(2026, 1, 31), "2026-01-31"),
        (datetime, datetime(2026, 1, 31, 18, 30, tzinfo=UTC), "2026-01-31T18:30:00+00:00"),
        (Decimal, Decimal("1250.00"), "1250.00"),
    ],
)
def test_scalars_serialize_values_and_pass_text_through(scalar: object, value: object, written: str) -> None:
    serialize = SCALARS[scalar].serialize
    assert serialize is not None
    assert serialize(value) == written
