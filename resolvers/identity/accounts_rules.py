"""Checks what members enter about themselves: pseudonym, password, year of birth, locale, texts."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache

from models.appearance import in_lower_case
from models.identity.members import MemberKind
from models.messages import counted, message
from resolvers.identity.passwords import normalized
from resolvers.texts import has_invisible_characters, is_blank
from resolvers.transactions import Path, Step, invalid, not_eligible, optional_text_within, too_long

PSEUDONYM_LENGTHS = (3, 30)  # in characters
ASSOCIATION_LENGTH = 120  # the most characters of an association's pseudonym: its full name
RESERVED_DAYS = 365  # in which a former pseudonym is free for nobody but its holder
RENAMES, RENAMING_DAYS = 2, 30  # the most changes of a pseudonym within so many days
# Words reserved for staff: as a part of any word, as a whole word, and as a whole word beside FILLERS only.
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
# RFC 5646, section 2.1: langtag or privateuse, without languages of four to eight letters, of which none is
# registered. IRREGULAR are the registered tags of other forms.
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


def stored_pseudonym(text: str) -> str:
    """A pseudonym as it is stored: in NFKC, trimmed, and with single spaces."""
    return re.sub(" +", " ", unicodedata.normalize("NFKC", text.strip()).strip())


def pseudonym_of(text: str, kind: MemberKind, *path: Step) -> str:
    """The pseudonym of a member of this kind, as it is stored. Raises Refused: TOO_LONG and INVALID."""
    name = stored_pseudonym(text)
    least, most = PSEUDONYM_LENGTHS
    if kind is MemberKind.ASSOCIATION:
        most = ASSOCIATION_LENGTH
    if len(name) > most:
        raise too_long(most, *path)
    if len(name) < least:
        raise invalid(message("A pseudonym must have {least} to {most} characters.", least=least, most=most), *path)
    # Not printable: control characters, and those that are invisible or change the direction of text.
    if not name.isprintable() or has_invisible_characters(name):
        raise invalid(message("A pseudonym may contain only letters, digits, punctuation and spaces."), *path)
    if "@" in name:
        raise invalid(
            message("A pseudonym must not contain @: other members see it, and it must not be an e-mail address."),
            *path,
        )
    if claims_to_be_staff(name):
        raise invalid(message("This pseudonym could be mistaken for staff. Choose another."), *path)
    return name


def claims_to_be_staff(name: str) -> bool:
    """Whether a name contains words that only staff may use, in any spelling."""
    # Marks are removed between two passes: an accented lookalike and a lookalike with an accent become the same letter.
    plain = _as_staff_reads(in_lower_case(_without_marks(in_lower_case(name))))
    words = re.findall(r"[^\W_]+", plain)
    joined = "".join(words)
    if any(stem in joined for stem in _spelled(STAFF_STEMS)) or _spelled(STAFF_WORDS) & {*words, joined}:
        return True
    # "The support" and "Équipe officielle" contain no other word; "Équipe SEP Bretagne" does.
    names = _spelled(STAFF_NAMES)
    others = {word for word in words if word not in names and word not in _spelled(FILLERS)}
    return bool(names & {*words}) and not others


@cache
def _spelled(words: Sequence[str]) -> frozenset[str]:
    return frozenset(_as_staff_reads(in_lower_case(word)) for word in words)


def _as_staff_reads(text: str) -> str:
    """Text in lower case with digits that stand for letters as those letters, and `i` as `l`, like a capital I."""
    return text.translate(str.maketrans("i13457$", "lleasts"))


def _without_marks(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def password_of(text: str, *others: str, path: Path) -> str:
    """The password in NFKC, which is hashed. It must equal none of `others`, which an attacker may know.

    Its length is limited and common passwords are refused, without rules of composition: NIST SP 800-63B-4, section
    3.1.1.2. Raises Refused: TOO_LONG and INVALID.
    """
    least, most = PASSWORD_LENGTHS
    # Both lengths: normalization turns a ligature or a fraction into several characters.
    if max(len(text), len(password := normalized(text))) > most:
        raise too_long(most, *path)
    if len(password) < least:
        raise invalid(message("A password must have at least {least} characters.", least=least), *path)
    if is_blank(password):
        raise invalid(message("A password must not consist of invisible characters only."), *path)
    if password.lower() in common_passwords():
        raise invalid(message("This password is too common. Choose another."), *path)
    if password.lower() in {normalized(other).lower() for other in others}:
        raise invalid(message("The password must not be the e-mail address or the pseudonym. Choose another."), *path)
    return password


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
        raise invalid(
            message(
                "The year of birth must be between {first} and the current year.",
                first=FIRST_BIRTH_YEAR,
            ),
            *path,
        )
    if today.year - year < minimum_age:
        raise not_eligible(
            counted(
                "Members must be at least {count} year old.", "Members must be at least {count} years old.", minimum_age
            ),
            *path,
        )
    return year


def locale_of(text: str, *path: Step) -> str:
    """The language tag (BCP 47) in its usual case: `fr-FR` for `fr-fr`, `zh-Hant-TW` for `ZH-HANT-tw`.

    Raises Refused: TOO_LONG, and INVALID unless the tag is well-formed.
    """
    if len(text) > LOCALE_LENGTH:
        raise too_long(LOCALE_LENGTH, *path)
    subtags = text.lower().split("-")
    if text.lower() not in IRREGULAR and (not LOCALE.fullmatch(text) or _repeats(subtags)):
        raise invalid(message("A locale must be a language tag of BCP 47, such as fr-FR, en or zh-Hant-TW."), *path)
    # RFC 5646, section 2.1.1: upper case for two letters and title case for four, except first and after a singleton.
    first_singleton = next((place for place, subtag in enumerate(subtags) if len(subtag) == 1), len(subtags))
    return "-".join(
        subtag.upper() if 0 < place < first_singleton and len(subtag) == 2
        else subtag.title() if 0 < place < first_singleton and len(subtag) == 4 and subtag.isalpha()
        else subtag
        for place, subtag in enumerate(subtags)
    )  # fmt: skip


def _repeats(subtags: Sequence[str]) -> bool:
    """Whether a variant or a singleton occurs twice, which RFC 5646, section 2.2.9 does not allow."""
    public = subtags[: subtags.index("x")] if "x" in subtags else subtags
    places = [place for place, subtag in enumerate(public) if len(subtag) == 1]
    singletons = [public[place] for place in places]
    plain = public[1 : places[0] if places else None]
    variants = [subtag for subtag in plain if len(subtag) > 4 or (subtag[0].isdigit() and len(subtag) == 4)]
    return len(set(singletons)) < len(singletons) or len(set(variants)) < len(variants)


def about_of(text: str, *path: Step) -> str | None:
    """The text, trimmed; None if it is blank. Raises Refused: TOO_LONG."""
    return optional_text_within(text, ABOUT_LENGTH, *path)


def check_notice(version: str, current: str, *path: Step) -> None:
    """Raises Refused: INVALID unless `version`, which was read, is `current`."""
    if version != current:
        raise invalid(message("Accept version {version} of the privacy notice.", version=current), *path)
