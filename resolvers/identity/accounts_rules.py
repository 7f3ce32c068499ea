"""Checks what members enter about themselves: pseudonym, password, year of birth, locale, texts."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache

from models.appearance import in_lower_case
from models.identity.members import MemberKind
from resolvers.identity.passwords import normalized
from resolvers.texts import has_invisible_characters, is_blank
from resolvers.transactions import Path, Step, invalid, not_eligible, optional_text_within, too_long

PSEUDONYM_LENGTHS = (3, 30)  # in characters
ASSOCIATION_LENGTH = 120  # the most characters of an association's pseudonym: its full name
RENAMES, RENAMING_DAYS = 2, 30  # how often a pseudonym may change within so many days
# Words that only staff may go by: anywhere in a pseudonym, as words of it, and where all others are FILLERS.
STAFF_STEMS = (
    "cohorte", "administrateur", "administratrice", "administrator", "administration", "moderateur", "moderatrice",
    "moderator", "moderation", "webmaster",
)  # fmt: skip
STAFF_WORDS = ("admin", "admins", "staff", "modo", "modos", "sysadmin")
STAFF_NAMES = (
    "support", "equipe", "team", "officiel", "officielle", "official", "service", "systeme", "system", "help",
    "helpdesk", "aide", "assistance", "contact", "securite", "security", "mod", "mods",
)  # fmt: skip
FILLERS = ("the", "la", "le", "l", "de", "du", "des", "client", "clients", "technique", "technical", "desk", "site")
PASSWORD_LENGTHS = (10, 128)
ABOUT_LENGTH = 1_000
FIRST_BIRTH_YEAR = 1900
DEFAULT_LOCALE = "fr-FR"
LOCALE_LENGTH = 100
# RFC 5646, section 2.1: langtag or privateuse, without languages of four to eight letters: none is registered. Tags
# that are registered whole and have another form are named.
LOCALE = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+",
    re.ASCII | re.IGNORECASE,
)
IRREGULAR = frozenset(
    ("en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo", "i-navajo",
     "i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de")
)  # fmt: skip


def pseudonym_as_kept(text: str) -> str:
    """A pseudonym in NFKC and with single spaces: however it is typed, it is stored and found in one form."""
    return re.sub(" +", " ", unicodedata.normalize("NFKC", text.strip()).strip())


def pseudonym_of(text: str, kind: MemberKind, *path: Step) -> str:
    """The pseudonym of a member of this kind, as it is kept."""
    name = pseudonym_as_kept(text)
    least, most = PSEUDONYM_LENGTHS
    if kind is MemberKind.ASSOCIATION:
        most = ASSOCIATION_LENGTH
    if len(name) > most:
        raise too_long(most, *path)
    if len(name) < least:
        raise invalid(f"A pseudonym has {least} to {most} characters.", *path)
    # Not printable: control characters, and those that cannot be seen or turn the direction of what is read.
    if not name.isprintable() or has_invisible_characters(name):
        raise invalid("A pseudonym has letters, figures, punctuation and spaces alone.", *path)
    if "@" in name:
        raise invalid("A pseudonym is no e-mail address: other members see it. It has no @.", *path)
    if claims_to_be_staff(name):
        raise invalid("This pseudonym could be taken for staff. Choose another.", *path)
    return name


def claims_to_be_staff(name: str) -> bool:
    """Whether a name has words that only staff may go by, however they are spelled."""
    # Without marks between: accents hide behind lookalikes, and lookalikes behind accents.
    plain = _as_staff_reads(in_lower_case(_without_marks(in_lower_case(name))))
    words = re.findall(r"[^\W_]+", plain)
    joined = "".join(words)
    if any(stem in joined for stem in _spelled(STAFF_STEMS)) or _spelled(STAFF_WORDS) & {*words, joined}:
        return True
    # What is left without words that name nobody: "The support", "Équipe officielle".
    names = _spelled(STAFF_NAMES)
    others = {word for word in words if word not in names and word not in _spelled(FILLERS)}
    return bool(names & {*words}) and not others


@cache
def _spelled(words: Sequence[str]) -> frozenset[str]:
    return frozenset(_as_staff_reads(in_lower_case(word)) for word in words)


def _as_staff_reads(text: str) -> str:
    """Text in lower case with the figures that stand for letters, and `i` as `l`, which a capital I looks like."""
    return text.translate(str.maketrans("i13457$", "lleasts"))


def _without_marks(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def password_of(text: str, *others: str, path: Path) -> str:
    """The password, in the form that is hashed. `others` are what it may not be: whoever guesses knows them too.

    Length and no composition rules, and none that everybody tries: NIST SP 800-63B-4, section 3.1.1.2.
    """
    least, most = PASSWORD_LENGTHS
    # Both: a ligature or a fraction has more characters once it is normalized.
    if max(len(text), len(password := normalized(text))) > most:
        raise too_long(most, *path)
    if len(password) < least:
        raise invalid(f"A password has at least {least} characters.", *path)
    if is_blank(password):
        raise invalid("A password may not consist of invisible characters alone.", *path)
    if password.lower() in common_passwords():
        raise invalid("This password is one of those that are tried first. Choose another.", *path)
    if password.lower() in {normalized(other).lower() for other in others}:
        raise invalid("The password is the e-mail address or the pseudonym. Choose another.", *path)
    return password


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
    """The language tag (BCP 47) in its usual case: `fr-FR` for `fr-fr`, `zh-Hant-TW` for `ZH-HANT-tw`."""
    if len(text) > LOCALE_LENGTH:
        raise too_long(LOCALE_LENGTH, *path)
    subtags = text.lower().split("-")
    if text.lower() not in IRREGULAR and (not LOCALE.fullmatch(text) or _repeats(subtags)):
        raise invalid("A locale is a language tag of BCP 47, such as fr-FR, en or zh-Hant-TW.", *path)
    # RFC 5646, section 2.1.1: upper case for two letters and title case for four, except first and after a singleton.
    plain = next((place for place, subtag in enumerate(subtags) if len(subtag) == 1), len(subtags))
    return "-".join(
        subtag.upper() if 0 < place < plain and len(subtag) == 2
        else subtag.title() if 0 < place < plain and len(subtag) == 4 and subtag.isalpha()
        else subtag
        for place, subtag in enumerate(subtags)
    )  # fmt: skip


def _repeats(subtags: Sequence[str]) -> bool:
    """Whether a variant or a singleton occurs twice, which RFC 5646, section 2.2.9 does not allow."""
    own = subtags[: subtags.index("x")] if "x" in subtags else subtags
    singletons = [place for place, subtag in enumerate(own) if len(subtag) == 1]
    variants = own[1 : singletons[0] if singletons else None]
    single = [own[place] for place in singletons]
    variants = [subtag for subtag in variants if len(subtag) > 4 or (subtag[0].isdigit() and len(subtag) == 4)]
    return len(set(single)) < len(single) or len(set(variants)) < len(variants)


def about_of(text: str, *path: Step) -> str | None:
    """None where nothing is left of it."""
    return optional_text_within(text, ABOUT_LENGTH, *path)


def check_notice(version: str, current: str, *path: Step) -> None:
    """Raises Refused unless the notice that was read is the one in force."""
    if version != current:
        raise invalid(f"The privacy notice in force is version {current}: read it first.", *path)
