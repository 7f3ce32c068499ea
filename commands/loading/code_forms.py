"""Checks the form of the codes that classify conditions, symptoms, measurements and medicines."""

import re
from collections.abc import Callable, Mapping

from resolvers import codes

PATTERNS = {
    "icd10": (codes.ICD10, "an ICD-10 code, such as M05.9"),
    "orpha": (codes.ORPHA, "the number of an ORPHA code, such as 558"),
    "omim": (re.compile(r"[1-9][0-9]{5}"), "the six digits of an OMIM number, such as 154700"),
    "hpo": (codes.HPO, "an HPO term, such as HP:0012378"),
    "atc": (codes.ATC, "an ATC code of seven characters, such as N02BE01"),
    "national_code": (codes.CIS, "a CIS code of eight digits"),
    "loinc": (codes.LOINC, "a LOINC code with its check digit, such as 29463-7"),
    "key": (
        re.compile(r"(?=.{1,80}$)[a-z0-9]+(-[a-z0-9]+)*"),
        "lower-case letters and digits, with single hyphens between them: at most 80 characters",
    ),
}


def fault_of(code: str, value: str) -> str | None:
    """What is wrong with a value of one of PATTERNS; None if nothing is."""
    pattern, form = PATTERNS[code]
    if not pattern.fullmatch(value) or not CHECKS.get(code, bool)(value):
        return f"must be {form}"
    return None


def has_check_digit(loinc: str) -> bool:
    number, given = loinc.split("-")
    return codes.check_digit(number) == int(given)


CHECKS: Mapping[str, Callable[[str], bool]] = {"loinc": has_check_digit}
