"""Checks what members enter about themselves: pseudonym, password, year of birth, locale, texts."""

import re
import unicodedata
from datetime import date
from functools import cache

from resolvers.transactions import Path, Step, invalid, not_eligible, optional_text_within, too_long

PSEUDONYM_LENGTHS = (3, 30)  # in characters
PASSWORD_LENGTHS = (10, 128)
ABOUT_LENGTH = 1_000
FIRST_BIRTH_YEAR = 1900
DEFAULT_LOCALE = "fr-FR"
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def pseudonym_of(text: str, *path: Step) -> str:
    """The pseudonym as it is kept, in NFKC: of two that look alike but for their widths or ligatures there is one."""
    name = unicodedata.normalize("NFKC", text.strip())
    least, most = PSEUDONYM_LENGTHS
    if len(name) > most:
        raise too_long(most, *path)
    if len(name) < least:
        raise invalid(f"A pseudonym has {least} to {most} characters.", *path)
    # Not printable: control characters, and those that cannot be seen or turn the direction of what is read.
    if not name.isprintable():
        raise invalid("A pseudonym has letters, figures, punctuation and spaces alone.", *path)
    if "@" in name:
        raise invalid("A pseudonym is no e-mail address: other members see it. It has no @.", *path)
    return name


def password_of(text: str, *others: str, path: Path) -> str:
    """The password, as it was typed. `others` are what it may not be: whoever guesses knows them too.

    Length and no composition rules, and none that everybody tries: NIST SP 800-63B, section 5.1.1.2.
    """
    least, most = PASSWORD_LENGTHS
    if len(text) > most:
        raise too_long(most, *path)
    if len(text) < least:
        raise invalid(f"A password has at least {least} characters.", *path)
    if text.lower() in common_passwords():
        raise invalid("This password is one of those that are tried first. Choose another.", *path)
    if text.lower() in {other.lower() for other in others}:
        raise invalid("The password is the e-mail address or the pseudonym. Choose another.", *path)
    return text


@cache
def common_passwords() -> frozenset[str]:
    """Those of zxcvbn's 30,000 commonest that are long enough to be chosen at all, in lower case."""
    # Here: the lists take a moment to load.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= PASSWORD_LENGTHS[0])


def birth_year_of(year: int, today: date, minimum_age: int, *path: Step) -> int:
    """The year, of somebody who reaches `minimum_age` in this one at the latest."""
    if not FIRST_BIRTH_YEAR <= year <= today.year:
        raise invalid(f"A year of birth lies between {FIRST_BIRTH_YEAR} and this year.", *path)
    if today.year - year < minimum_age:
        raise not_eligible(f"Members are at least {minimum_age} years old.", *path)
    return year


def locale_of(text: str, *path: Step) -> str:
    if not LOCALE.fullmatch(text):
        raise invalid("A locale is a language, with a country or without, such as fr-FR or en.", *path)
    return text


def about_of(text: str, *path: Step) -> str | None:
    """None where nothing is left of it."""
    return optional_text_within(text, ABOUT_LENGTH, *path)


def check_notice(version: str, current: str, *path: Step) -> None:
    """Raises Refused unless the notice that was read is the one in force."""
    if version != current:
        raise invalid(f"The privacy notice in force is version {current}: read it first.", *path)
