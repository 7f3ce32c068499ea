"""Checks what members enter about themselves: pseudonym, password, year of birth, locale, texts."""

import re
import unicodedata
from datetime import date
from functools import cache

from resolvers.transactions import Path, Step, invalid, not_eligible, text_within, too_long

PSEUDONYM_LENGTHS = (3, 30)  # in characters
PASSWORD_LENGTHS = (10, 128)
ABOUT_LENGTH = 1_000
REGION_LENGTH = 100
FIRST_BIRTH_YEAR = 1900
DEFAULT_LOCALE = "fr-FR"
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def pseudonym_of(text: str, *path: Step) -> str:
    """The pseudonym in NFKC, in which forms that differ only by width or ligature are equal.

    Raises Refused: TOO_LONG and INVALID.
    """
    name = unicodedata.normalize("NFKC", text.strip())
    least, most = PSEUDONYM_LENGTHS
    if len(name) > most:
        raise too_long(most, *path)
    if len(name) < least:
        raise invalid(f"A pseudonym must have {least} to {most} characters.", *path)
    # Not printable: control characters, and those that are invisible or change the direction of text.
    if not name.isprintable():
        raise invalid("A pseudonym may contain only letters, digits, punctuation and spaces.", *path)
    if "@" in name:
        raise invalid(
            "A pseudonym must not contain @: other members see it, and it must not be an e-mail address.", *path
        )
    return name


def password_of(text: str, *others: str, path: Path) -> str:
    """The password as typed. It must equal none of `others`, which an attacker may know.

    Its length is limited and common passwords are refused, without rules of composition: NIST SP 800-63B, section
    5.1.1.2. Raises Refused: TOO_LONG and INVALID.
    """
    least, most = PASSWORD_LENGTHS
    if len(text) > most:
        raise too_long(most, *path)
    if len(text) < least:
        raise invalid(f"A password must have at least {least} characters.", *path)
    if text.lower() in common_passwords():
        raise invalid("This password is too common. Choose another.", *path)
    if text.lower() in {other.lower() for other in others}:
        raise invalid("The password must not be the e-mail address or the pseudonym. Choose another.", *path)
    return text


@cache
def common_passwords() -> frozenset[str]:
    """The passwords of zxcvbn's list that are long enough to be accepted otherwise, in lower case."""
    # Imported here, because the lists take a moment to load.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= PASSWORD_LENGTHS[0])


def birth_year_of(year: int, today: date, minimum_age: int, *path: Step) -> int:
    """The year itself.

    Raises Refused: INVALID if it is impossible, NOT_ELIGIBLE unless `minimum_age` is reached this year.
    """
    if not FIRST_BIRTH_YEAR <= year <= today.year:
        raise invalid(f"The year of birth must be between {FIRST_BIRTH_YEAR} and the current year.", *path)
    if today.year - year < minimum_age:
        raise not_eligible(f"Members must be at least {minimum_age} years old.", *path)
    return year


def locale_of(text: str, *path: Step) -> str:
    if not LOCALE.fullmatch(text):
        raise invalid("A locale must be a language code, with or without a country code, such as fr-FR or en.", *path)
    return text


def about_of(text: str, *path: Step) -> str | None:
    """The text, trimmed; None if it is blank. Raises Refused: TOO_LONG."""
    return text_within(text, ABOUT_LENGTH, *path) if text.strip() else None


def region_of(text: str, *path: Step) -> str | None:
    """The region, trimmed; None if it is blank. Raises Refused: TOO_LONG, and INVALID unless it is a single line."""
    region = text_within(text, REGION_LENGTH, *path) if text.strip() else None
    if region is not None and not region.isprintable():
        raise invalid("The region must be a single line.", *path)
    return region


def check_notice(version: str, current: str, *path: Step) -> None:
    """Raises Refused: INVALID unless `version`, which was read, is `current`."""
    if version != current:
        raise invalid(f"The privacy notice in force is version {current}. Read that one first.", *path)
