"""Checks the form of the codes that classify conditions, symptoms, measurements and medicines."""

import re
from collections.abc import Callable, Mapping

PATTERNS = {
    # Of the WHO: a chapter's letter, two digits, and at most two more after a point.
    "icd10": (r"[A-Z][0-9]{2}(\.[0-9]{1,2})?", "an ICD-10 code, such as M05.9"),
    "orpha": (r"[1-9][0-9]{0,6}", "the number of an ORPHA code, such as 558"),
    "omim": (r"[1-9][0-9]{5}", "the six digits of an OMIM number, such as 154700"),
    "hpo": (r"HP:[0-9]{7}", "an HPO term, such as HP:0012378"),
    # Of the WHO: the anatomical group, then two digits, two letters and two digits.
    "atc": (r"[A-DGHJLMNPRSV][0-9]{2}[A-Z]{2}[0-9]{2}", "an ATC code of seven characters, such as N02BE01"),
    "national_code": (r"[0-9]{8}", "a CIS code of eight digits"),
    "loinc": (r"[0-9]{1,7}-[0-9]", "a LOINC code with its check digit, such as 29463-7"),
    "key": (
        r"(?=.{1,80}$)[a-z0-9]+(-[a-z0-9]+)*",
        "lower-case letters and digits, with single hyphens between them: at most 80 characters",
    ),
}


def fault_of(code: str, value: str) -> str | None:
    """What is wrong with a value of one of PATTERNS; None if nothing is."""
    pattern, form = PATTERNS[code]
    if not re.fullmatch(pattern, value, re.ASCII) or not CHECKS.get(code, bool)(value):
        return f"must be {form}"
    return None


def has_check_digit(loinc: str) -> bool:
    """Whether the last digit is that of the others by Luhn's algorithm (modulus 10), as LOINC defines."""
    number, given = loinc.split("-")
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number)))
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10 == int(given)


CHECKS: Mapping[str, Callable[[str], bool]] = {"loinc": has_check_digit}
