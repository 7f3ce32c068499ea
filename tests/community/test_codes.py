"""The form of codes and units: what is accepted, as it is stored, and what is refused."""

from collections.abc import Callable

import pytest

from commands.demonstration.conditions import DISEASES
from commands.demonstration.rare_conditions import RARER_DISEASES
from resolvers.codes import atc_in, hpo_in, icd10_in, inn_in, loinc_in, national_code_in, orpha_in
from resolvers.transactions import Refused
from resolvers.ucum import is_ucum, ucum_in

Check = Callable[..., str]
ACCEPTED: list[tuple[Check, str, str]] = [
    (icd10_in, " g35 ", "G35"), (icd10_in, "M05.9", "M05.9"), (icd10_in, "M05.90", "M05.90"),
    (icd10_in, "U07.1", "U07.1"),
    (orpha_in, "586", "586"), (orpha_in, "100070", "100070"),
    (hpo_in, "hp:0000716", "HP:0000716"),
    (loinc_in, "2345-7", "2345-7"), (loinc_in, "4548-4", "4548-4"), (loinc_in, "29463-7", "29463-7"),
    (loinc_in, "8480-6", "8480-6"), (loinc_in, "718-7", "718-7"), (loinc_in, "3141-9", "3141-9"),
    (atc_in, "L04AX03", "L04AX03"), (atc_in, "a10ba02", "A10BA02"), (atc_in, "V03AB37", "V03AB37"),
    (national_code_in, "60002283", "60002283"),
    (inn_in, " methotrexate ", "methotrexate"),
    (inn_in, "amoxicillin + clavulanic acid", "amoxicillin + clavulanic acid"),
]  # fmt: skip
REFUSED: list[tuple[Check, str]] = [
    *((icd10_in, code) for code in ("", "G3", "35G", "G355", "G35.", "G35.123", "ÀG35", "G35 M05", "Ｇ35", "G3５")),
    *((orpha_in, code) for code in ("", "ORPHA:586", "0", "0586", "5.86", "12345678", "٥٨٦")),
    *((hpo_in, code) for code in ("", "0000716", "HP:716", "HP:00007160", "HP0000716", "HP:٠٠٠٠٧١٦")),
    *((loinc_in, code) for code in ("", "2345", "2345-8", "2354-7", "-7", "12345678-1", "2345-77", "٢٣٤٥-٧")),
    *((atc_in, code) for code in ("", "L04", "L04AX", "L04AX033", "E04AX03", "W04AX03", "L4AX03", "L04A103")),
    *((national_code_in, code) for code in ("", "6000228", "600022833", "6000228A", "٦٠٠٠٢٢٨٣")),
    *((inn_in, name) for name in ("", "  ", "123", "+", "a\nb", "x\u200c", "w" * 201)),
]
UNITS = [
    "kg",
    "mm[Hg]",
    "%",
    "mmol/L",
    "{beats}/min",
    "/min",
    "L/min",
    "m",
    "{steps}/d",
    "h",
    "d",
    "umol/L",
    "mL/min",
    "g/dL",
    "m[IU]/L",
    "ng/mL",
    "cm",
    "kPa",
    "Cel",
    "1",
    "10*3/uL",
    "10*9/L",
    "mL/min/{1.73_m2}",
    "ug.h/mL",
    "[in_i]",
    "a_g",
    "cal_[15]",
    "kg/m2",
    "m.s-2",
    "(kg.m)/s2",
    "mmol/mol",
    "[degF]",
    "U/L",
    "[pH]",
    "mosm/kg",
    "[hp'_X]",
    "g%",
    "m[H2O]",
    "mg/(24.h)",
    "10^6",
    "dB[SPL]",
    "mg/kg/d",
    "[CFU]/mL",
    "[iU]/mL",
    "meq/L",
    "fL",
    "pg",
    "s2",
    "m2/s+1",
    "mL{total}",
]
NO_UNITS = """
KG mmHg mmol/ //m µmol/L kg2m {}{ foo m..s kilo kmin mmol/l/ °C mIU {a {ü} a} m^2 m**2 ((((((m)))))) (m m) 0 -1 m/0 k%
[iu k kkg d[pH]
"""


@pytest.mark.parametrize(("check", "text", "stored"), ACCEPTED)
def test_codes_are_stored_in_one_form(check: Check, text: str, stored: str) -> None:
    assert check(text, "code") == stored


@pytest.mark.parametrize(("check", "text"), REFUSED)
def test_other_texts_are_refused_at_their_place(check: Check, text: str) -> None:
    with pytest.raises(Refused) as refused:
        check(text, "code")
    assert [refusal.path for refusal in refused.value.refusals] == [("code",)]


@pytest.mark.parametrize("number", ["2345", "4548", "29463", "8480", "718", "3141", "98765"])
def test_of_ten_check_digits_one_is_right(number: str) -> None:
    right = 0
    for digit in range(10):
        try:
            loinc_in(f"{number}-{digit}", "code")
            right += 1
        except Refused:
            pass
    assert right == 1


@pytest.mark.parametrize("unit", UNITS)
def test_units_of_ucum_are_accepted_as_they_are(unit: str) -> None:
    assert ucum_in(f" {unit} ", "unit") == unit


@pytest.mark.parametrize("unit", [*NO_UNITS.split(), "", " ", "kg m", "m" * 61])
def test_other_units_are_refused(unit: str) -> None:
    assert not is_ucum(unit)


def test_the_codes_of_the_demonstration_have_their_form() -> None:
    for disease in (*DISEASES, *RARER_DISEASES):
        assert icd10_in(disease.icd10, "code") == disease.icd10
        assert disease.orpha is None or orpha_in(disease.orpha, "code") == disease.orpha
