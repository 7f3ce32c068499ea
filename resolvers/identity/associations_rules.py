"""Checks what associations enter about themselves: full name, telephone number, postal address, descriptions."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from models.languages import DEFAULT, Language
from models.messages import message
from resolvers.faults import Faults
from resolvers.identity.accounts_rules import claims_to_be_staff, stored_pseudonym
from resolvers.texts import has_invisible_characters
from resolvers.transactions import Step, invalid, line_within, text_within, too_long

FULL_NAME_LENGTHS = (3, 200)  # in characters
PHONE_LENGTH = 40  # in characters, of which digits:
PHONE_DIGITS = (3, 15)  # from a short number such as 3114 to the longest of ITU-T E.164
PHONE = re.compile(r"\+?[0-9(][0-9 ().\-/]*")
ADDRESS_LENGTH = 300
DESCRIPTION_LENGTH = 2_000


@dataclass(frozen=True)
class AssociationText:
    """An association's description of itself, in one language."""

    language: Language
    text: str


def full_name_of(text: str, *path: Step) -> str:
    """The full name as it is stored, in the form of pseudonyms. Raises Refused: TOO_LONG and INVALID."""
    name = stored_pseudonym(line_within(text, FULL_NAME_LENGTHS[1], *path))
    least, most = FULL_NAME_LENGTHS
    if len(name) > most:  # normalization may lengthen it
        raise too_long(most, *path)
    if len(name) < least:
        raise invalid(message("A full name must have at least {least} characters.", least=least), *path)
    if not name.isprintable() or has_invisible_characters(text.strip()):
        raise invalid(message("A full name may contain only letters, digits, punctuation and spaces."), *path)
    if not any(character.isalpha() for character in name):
        raise invalid(message("A full name must contain letters."), *path)
    if claims_to_be_staff(name):
        raise invalid(message("This name could be mistaken for staff. Choose another."), *path)
    return name


def phone_of(text: str, *path: Step) -> str:
    """The telephone number as it was entered, with single spaces. Raises Refused: TOO_LONG and INVALID."""
    line = line_within(text, PHONE_LENGTH, *path)
    number = " ".join(unicodedata.normalize("NFKC", line).replace("\u2010", "-").split())
    least, most = PHONE_DIGITS
    if not PHONE.fullmatch(number) or not least <= sum(each.isdigit() for each in number) <= most:
        raise invalid(
            message(
                "This is not a telephone number: it must have {least} to {most} digits, and may have a + in front.",
                least=least,
                most=most,
            ),
            *path,
        )
    return number


def postal_address_of(text: str, *path: Step) -> str:
    """The postal address, trimmed, in up to several lines. Raises Refused: TOO_LONG and INVALID."""
    address = text_within(text, ADDRESS_LENGTH, *path)
    if has_invisible_characters(address):
        raise invalid(message("A postal address must not contain invisible characters."), *path)
    return address


def descriptions_of(texts: Sequence[AssociationText], faults: Faults) -> dict[str, str]:
    """The descriptions by language tag; what is wrong with one is added to the faults at its own path."""
    found: dict[str, str] = {}
    for place, each in enumerate(texts):
        if each.language.tag in found:
            faults.add(*invalid(message("This language is given twice."), "descriptions", place, "language").refusals)
            continue
        found[each.language.tag] = ""
        with faults.collected():
            found[each.language.tag] = text_within(each.text, DESCRIPTION_LENGTH, "descriptions", place, "text")
    return found


def fallback_of(descriptions: dict[str, str]) -> str | None:
    """The description for readers of languages in which there is none: that in DEFAULT, or else any."""
    return descriptions.get(DEFAULT.tag) or next(iter(descriptions.values()), None)
