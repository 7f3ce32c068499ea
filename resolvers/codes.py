"""Checks the form of codes: of conditions, symptoms, measurements and medicines. Which ones exist is not known."""

import re
from collections.abc import Callable
from typing import TypeAlias

from models.messages import message
from resolvers.texts import is_blank
from resolvers.transactions import Step, invalid, line_within

CodeCheck: TypeAlias = Callable[..., str]  # takes a text and its path; raises Refused

INN_LENGTH = 200
# The WHO's ICD-10: a chapter's letter, two digits, and at most two more after a point.
ICD10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,2})?")
ORPHA = re.compile(r"[1-9][0-9]{0,6}")
HPO = re.compile(r"HP:[0-9]{7}")
LOINC = re.compile(r"([0-9]{1,7})-([0-9])")
# The fourteen anatomical groups, and the four levels below: https://atcddd.fhi.no/atc/structure_and_principles/
ATC = re.compile(r"[ABCDGHJLMNPRSV][0-9]{2}[A-Z]{2}[0-9]{2}")
CIS_DIGITS = 8
CIS = re.compile(rf"[0-9]{{{CIS_DIGITS}}}")


def icd10_in(text: str, *path: Step) -> str:
    """An ICD-10 code, such as `M05.9`, in capitals. Raises Refused: INVALID."""
    code = text.strip().upper()
    if not ICD10.fullmatch(code):
        raise invalid(message("This is not an ICD-10 code, such as G35 or M05.9."), *path)
    return code


def orpha_in(text: str, *path: Step) -> str:
    """An ORPHAcode: digits alone. Raises Refused: INVALID."""
    code = text.strip()
    if not ORPHA.fullmatch(code):
        raise invalid(message("This is not an ORPHAcode, which is a number such as 586."), *path)
    return code


def hpo_in(text: str, *path: Step) -> str:
    """A term of the Human Phenotype Ontology, such as `HP:0000716`. Raises Refused: INVALID."""
    code = text.strip().upper()
    if not HPO.fullmatch(code):
        raise invalid(message("This is not an HPO term, such as HP:0000716."), *path)
    return code


def loinc_in(text: str, *path: Step) -> str:
    """A LOINC code, whose check digit is right. Raises Refused: INVALID."""
    found = LOINC.fullmatch(text.strip())
    if found is None:
        raise invalid(message("This is not a LOINC code, such as 2345-7."), *path)
    number, digit = found.groups()
    if int(digit) != check_digit(number):
        raise invalid(message("The check digit of this LOINC code is wrong."), *path)
    return text.strip()


def check_digit(number: str) -> int:
    """The check digit of a LOINC number by modulus 10, as the LOINC Users' Guide defines it (Luhn's algorithm)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return -total % 10


def atc_in(text: str, *path: Step) -> str:
    """A complete ATC code, such as `L04AX03`, in capitals. Raises Refused: INVALID."""
    code = text.strip().upper()
    if not ATC.fullmatch(code):
        raise invalid(message("This is not an ATC code of 7 characters, such as L04AX03."), *path)
    return code


def inn_in(text: str, *path: Step) -> str:
    """An international nonproprietary name, or several of a combination. Raises Refused: INVALID, TOO_LONG."""
    name = line_within(text, INN_LENGTH, *path)
    if not name.isprintable() or not any(character.isalpha() for character in name):
        raise invalid(message("This is not an international nonproprietary name, such as methotrexate."), *path)
    return name


def national_code_in(text: str, *path: Step) -> str:
    """A CIS code, by which France's public database of medicines names one. Raises Refused: INVALID."""
    code = text.strip()
    if not CIS.fullmatch(code):
        raise invalid(message("This is not a CIS code, which has {digits} digits.", digits=CIS_DIGITS), *path)
    return code


def optional(check: CodeCheck) -> Callable[..., str | None]:
    """The check of a text that may be left out: None for null and for a blank text."""

    def checked(text: str | None, *path: Step) -> str | None:
        return None if text is None or is_blank(text) else check(text, *path)

    return checked
