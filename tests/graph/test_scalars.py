"""What each scalar accepts, and that a refusal does not repeat the refused value."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError

from models.messages import message
from models.parameters import AccountAddress
from planner.declared import Cursor, Malformed
from resolvers.transactions import Refused
from schema.inputs import Visit, parameters_of, read
from schema.scalars import SCALARS, EmailAddress

TAKEN = [
    (date, "2026-01-31", date(2026, 1, 31)),
    (date, "2024-02-29", date(2024, 2, 29)),
    (datetime, "2026-01-31T18:30:00Z", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
    (datetime, "2026-01-31T20:30:00.5+02:00", datetime(2026, 1, 31, 18, 30, 0, 500_000, tzinfo=UTC)),
    (Decimal, "1250.00", Decimal("1250.00")),
    (Decimal, "-0.5", Decimal("-0.5")),
    (EmailAddress, "Somebody@Example.ORG", "somebody@example.org"),
    (EmailAddress, "o'neil+tag.x_y%z@a-b.example", "o'neil+tag.x_y%z@a-b.example"),
    (EmailAddress, "somebody@localhost", "somebody@localhost"),
    *(
        (EmailAddress, written, "elise@xn--hpital-ixa.example")
        for written in (
            "elise@hôpital.example",
            "Elise@HÔPITAL.example",
            "elise@ho\u0302pital.example",
            "elise@xn--hpital-ixa.example",
            "elise@XN--HPITAL-IXA.EXAMPLE",
            "elise@hôpital。example",
            "elise@hôｐital.example",
            "elise@hô\u00adpital.example",
        )
    ),
    (EmailAddress, "a@نامه\u200cای.com", "a@xn--mgba3gch31f060k.com"),
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
    *(
        (EmailAddress, written)
        for written in (
            "e\u200blise@exemple.fr",
            "a@b@c.example",
            "a@",
            "@example.org",
            '"a b"@example.org',
            "Somebody <a@example.org>",
            "a@example.org,b@example.org",
            "a@é\u200b\u0000.example",
            "a@\ud83d.example",
            "a＠example.org",
            "a@ .example",
            "a@☺\ufe0f\u200d.example",
            "a@example.org\n",
            " a@example.org",
        )
    ),
    (Cursor, ""),
    (Cursor, "x" * 1_001),
    (Cursor, 7),
]
# Addresses outside of the specification that accounts could have before it was applied.
STORED_ONLY = [
    "élise@exemple.fr",
    "ｅlise@exemple.fr",
    "a@-b.example",
    "a@b-.example",
    "a@b..example",
    "a@.example",
    "a@example.",
    "a@exa_mple.org",
    "a@[127.0.0.1]",
    "a(b)@example.org",
    "a,b@example.org",
    "a;b@example.org",
    "a<b>@example.org",
    "mailto:a@example.org",
    "a@" + "b" * 64 + ".example",
    "a@hôpital..example",
    "a@é" + "b" * 70 + ".example",
    "a@exämple_.org",
    "a\\b@example.org",
]


@pytest.mark.parametrize(
    ("scalar", "written", "says"),
    [
        (date, "2026-11-31", "There is no such day."),
        (date, "2026-13-01", "There is no such day."),
        (date, "31/11/2026", "Date takes a day in the form YYYY-MM-DD."),
        (datetime, "2026-11-31T18:30:00Z", "There is no such time."),
    ],
)
def test_a_day_that_does_not_exist_is_not_mistaken_for_one_in_another_form(
    scalar: object, written: str, says: str
) -> None:
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    assert parse(written) == Malformed(message(says))


@pytest.mark.parametrize(("scalar", "written", "value"), TAKEN)
def test_valid_values_are_accepted(scalar: object, written: str, value: object) -> None:
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    parsed = parse(written)
    assert (parsed.valid if isinstance(parsed, AccountAddress) else parsed) == value


async def register(*, email: EmailAddress) -> None:
    """Stands for a write function that stores an address."""


async def sign_in(*, email: AccountAddress) -> None:
    """Stands for a write function that looks for an account."""


def taken(write: Callable[..., Any], written: str) -> tuple[Any, Visit]:
    parse, visit = SCALARS[EmailAddress].parse_value, Visit()
    assert parse is not None
    return read(parameters_of(write), SimpleNamespace(email=parse(written)), visit)["email"], visit


@pytest.mark.parametrize("written", STORED_ONLY)
def test_addresses_outside_of_the_specification_are_refused_unless_an_account_may_have_them(written: str) -> None:
    _, visit = taken(register, written)
    with pytest.raises(Refused) as refusal:
        visit.faults().refuse()
    assert [(each.code, each.path) for each in refusal.value.refusals] == [("INVALID", ("email",))]
    found, visit = taken(sign_in, written)
    visit.faults().refuse()
    assert (found.forms[0], found.valid) == (written.lower(), None)


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("Ada@Example.ORG", ["ada@example.org"]),
        ("ada@hôpital.example", ["ada@hôpital.example", "ada@xn--hpital-ixa.example"]),
        ("Élise@exemple.fr", ["e\u0301lise@exemple.fr", "élise@exemple.fr"]),
        ("e\u0301lise@é.fr", ["e\u0301lise@é.fr", "e\u0301lise@xn--9ca.fr", "élise@é.fr", "élise@xn--9ca.fr"]),
    ],
)
def test_an_account_is_sought_in_each_form_and_attempts_are_counted_by_one(written: str, forms: list[str]) -> None:
    found, _ = taken(sign_in, written)
    assert (sorted(found.forms), found.canonical) == (sorted(forms), forms[-1])
    assert len({taken(sign_in, form)[0].canonical for form in (written, *forms)}) == 1
    assert taken(register, "ada@example.org")[0] == "ada@example.org"


@pytest.mark.parametrize(("scalar", "written"), REFUSED)
def test_invalid_values_are_refused_without_being_repeated(scalar: object, written: Any) -> None:
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    if isinstance(written, str) and scalar is not Cursor:  # a mutation refuses it at its path
        malformed = parse(written)
        assert isinstance(malformed, Malformed)
        assert not written or written not in malformed.message
        return
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
