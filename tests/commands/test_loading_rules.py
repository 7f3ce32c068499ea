"""What loading makes of names, codes, lines and values, without a database."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.loading import comparing
from commands.loading.bdpm_files import MEDICINES, SUBSTANCES, aligned
from commands.loading.code_forms import fault_of
from commands.loading.comparing import Flat, Given
from commands.loading.entries import TODAY, Batch, CellValue, NotLoaded, SourceRow
from commands.loading.files import read_text
from commands.loading.medicine_names import in_english, readable, substance

DAY = date(2026, 3, 1)
LINE = (
    "61234567\tNOM 5 mg, gel\tgel\tcutanée\tAutorisation active\tProcédure nationale\tCommercialisée\t12/03/1998"
    "\t\t\tLABO\tNon"
)


# Names


@pytest.mark.parametrize(
    ("name", "french", "english"),
    [
        ("MARAVINE 1000 mg, comprimé", "Maravine 1000 mg, comprimé", "Maravine 1000 mg, tablet"),
        ("MARAVINE/PLUVINE LABO 0,5 mg/ml, collyre", "Maravine/Pluvine Labo 0,5 mg/ml, collyre",
         "Maravine/Pluvine Labo 0,5 mg/ml, eye drops"),
        ("A 313 200 000 UI POUR CENT, pommade", "A 313 200 000 UI pour cent, pommade",
         "A 313 200 000 UI pour cent, ointment"),
        ("MARAVINE EG LP 5 mg SANS SUCRE, sirop en flacon", "Maravine EG LP 5 mg sans sucre, sirop en flacon",
         "Maravine EG LP 5 mg sans sucre, syrup in vial"),
        ("L-MARAVINE D3 BGR, Poudre rare", "L-Maravine D3 BGR, Poudre rare", "L-Maravine D3 BGR, Poudre rare"),
        ("Maravine déjà lisible 5 mg", "Maravine déjà lisible 5 mg", "Maravine déjà lisible 5 mg"),
        ("ÉLIXIR DE L'ABBÉ", "Élixir de L'Abbé", "Élixir de L'Abbé"),
        ("DE MARAVINE, gel", "De Maravine, gel", "De Maravine, gel"),
    ],
)  # fmt: skip
def test_names_in_capitals_become_readable(name: str, french: str, english: str) -> None:
    assert (readable(name), in_english(readable(name))) == (french, english)
    assert readable(french) == french


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("RANITIDINE (CHLORHYDRATE DE)", "ranitidine"),
        ("RANITIDINE BASE", "ranitidine"),
        ("CHLORHYDRATE DE MARAVINE", "chlorhydrate de maravine"),
        ("(MARAVINE)", "(maravine)"),
        ("BASE", "base"),
        ("Facteur VIII", "Facteur VIII"),
    ],
)
def test_substances_lose_their_salts(written: str, name: str) -> None:
    assert substance(written) == name


# Codes


@pytest.mark.parametrize(
    ("code", "right", "wrong"),
    [
        ("icd10", "G35 M05.9 E11.65 U07.1", "g35 G3 35G M05. M05.999 G35x C7A"),
        ("orpha", "5 558 411777", "0 05 ORPHA:5 5a ٥"),
        ("omim", "154700", "54700 0154700 154700x"),
        ("hpo", "HP:0012378", "HP:12378 hp:0012378 0012378"),
        ("atc", "N02BE01 V03AE02 A10BJ06", "N02BE N02BE1 E02BE01 N2BE01 n02be01"),
        ("national_code", "60000001", "6000000 600000011 6000000x"),
        ("loinc", "29463-7 8480-6 4548-4 1988-5 718-7", "29463-8 294637 29463- -7"),
        ("key", "a dry-river b12", f"-a a- a--b A é a_b a.b {'a' * 81}"),
    ],
)
def test_codes_have_a_form(code: str, right: str, wrong: str) -> None:
    assert [value for value in right.split() if fault_of(code, value)] == []
    assert [value for value in wrong.split() if not fault_of(code, value)] == []
    assert fault_of(code, "") is not None
    assert fault_of(code, f"{right.split()[0]}\n") is not None


# Lines of the public medicines database


def cells(line: str) -> list[str]:
    found = aligned(line, MEDICINES)
    assert not isinstance(found, str), found
    return [found[column] for column in MEDICINES.patterns]  # the others are not read


@pytest.mark.parametrize("place", range(len(MEDICINES.columns)))
@pytest.mark.parametrize("doubled", [1, 2])
def test_doubled_tabs_are_one(place: int, doubled: int) -> None:
    parts = LINE.split("\t")
    parts[place:place] = [""] * doubled
    assert cells("\t".join(parts)) == cells(LINE)


@pytest.mark.parametrize("after", ["\t", "\t\t", "\r", " ", "\tnew column"])
def test_what_follows_the_last_column_is_ignored(after: str) -> None:
    assert cells(LINE + after) == cells(LINE)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ('"NOM, gel"', "NOM, gel"),
        ('"NOM ""FORT"", gel"', 'NOM "FORT", gel'),
        ('NOM "FORT', 'NOM "FORT'),
        ("  NOM\u00a0 5\u200b mg\x85 ", "NOM 5 mg"),
    ],
)
def test_quotes_and_spaces_of_cells_are_cleaned(name: str, cleaned: str) -> None:
    assert cells(LINE.replace("NOM 5 mg, gel", name))[1] == cleaned


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("61234567", "6123456", "CIS code"),
        ("NOM 5 mg, gel", " ", "name"),
        ("Autorisation active", "", "authorization"),
        ("12/03/1998", "1998-03-12", "authorized on"),
        ("\tNon", "", "monitored"),
        ("\tgel\t", "\tgel\tstray\t", "authorization"),
    ],
)
def test_the_first_column_at_fault_is_named(old: str, new: str, column: str) -> None:
    assert aligned(LINE.replace(old, new, 1), MEDICINES) == column


def test_a_substance_without_a_dose_is_read() -> None:
    found = aligned("61234567\tgel\t00042\tMARAVINE\t\t\tSA\t1\t", SUBSTANCES)
    assert not isinstance(found, str)
    assert (found["substance"], found["dose"], found["link"]) == ("MARAVINE", "", "1")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_encodings_of_the_files(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("cœur – été", encoding=encoding)
    assert read_text(path, "utf-8-sig", "cp1252", "latin-1") == "cœur – été"


# Values, three ways

TEXTS = st.sampled_from([None, "", "a", "b", "c"])


def planned(
    row: Flat | None, before: Flat | None, values: dict[str, CellValue], *, overwrite: bool = False
) -> comparing.Comparison:
    entry = SourceRow("1", values, matches=(("national_code", "1"),), slug="one")
    rows = {} if row is None else {"id": {"national_code": "1", **row}}
    given = {} if before is None else {"1": Given("id", dict(before))}
    batch = Batch("bdpm", "treatment", [entry], frozenset("1"))
    return comparing.compare(batch, rows, given, DAY, overwrite=overwrite)


@pytest.mark.parametrize(
    ("now", "before", "offered", "after"),
    [
        ("a", {"name": "a"}, "b", "b"),  # nobody edited it
        ("x", {"name": "a"}, "b", "x"),  # edited by hand
        ("x", {"name": "a"}, "a", "x"),
        ("", {"name": "a"}, "a", ""),  # emptied by hand
        ("x", None, "b", "x"),  # not of this source
        ("", None, "b", "b"),  # empty
        (None, {}, "b", "b"),
        ("a", {"name": "a"}, None, None),  # the source has it no longer
        ("b", {"name": "a"}, "b", "b"),
    ],
)
def test_a_value_follows_the_source_unless_it_was_edited(
    now: CellValue, before: Flat | None, offered: CellValue, after: CellValue
) -> None:
    made = planned({"name": now}, before, {"name": offered})
    rows = {change.id: change.row["name"] for change in made.rows()}
    assert rows.get("id", now) == after
    over = planned({"name": now}, before, {"name": offered}, overwrite=True)
    assert {change.id: change.row["name"] for change in over.rows()}.get("id", now) in (offered, now)


GIVEN: st.SearchStrategy[Flat | None] = st.none() | st.builds(dict) | st.builds(lambda name: {"name": name}, TEXTS)


@given(now=TEXTS, before=GIVEN, offered=TEXTS, overwrite=st.booleans())
def test_planning_again_changes_nothing(
    now: str | None, before: Flat | None, offered: str | None, overwrite: bool
) -> None:
    values: dict[str, CellValue] = {"name": offered}
    made = planned({"name": now}, before, values, overwrite=overwrite)
    row: Flat = next((change.row for change in made.rows()), {"name": now})
    after: Flat | None = made.given["1"].values if "1" in made.given else before
    again = planned(row, after, values, overwrite=overwrite)
    assert (list(again.rows()), again.given) == ([], {})


@pytest.mark.parametrize(
    ("now", "before", "offered", "after"),
    [
        (None, None, TODAY, "2026-03-01"),
        (None, None, "2020-01-01", "2020-01-01"),
        (None, None, "2030-01-01", "2026-03-01"),  # of a file that announces it
        ("2020-01-01", "2020-01-01", None, None),  # sold again
        ("2020-01-01", None, None, "2020-01-01"),  # retired by staff
        ("2020-01-01", None, "2019-01-01", "2020-01-01"),
        (None, "2020-01-01", TODAY, None),  # restored by staff
        ("2020-01-01", "2020-01-01", TODAY, "2020-01-01"),
        ("2020-01-01", "2020-01-01", "2020-01-02", "2020-01-02"),
    ],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_staff_decide_what_is_retired(
    now: CellValue, before: CellValue, offered: CellValue, after: CellValue, overwrite: bool
) -> None:
    made = planned({"retired_on": now}, {"retired_on": before}, {"retired_on": offered}, overwrite=overwrite)
    assert {change.id: change.row["retired_on"] for change in made.rows()}.get("id", now) == after


@pytest.mark.parametrize(
    ("loaded", "missing", "refused"), [(30, 20, False), (30, 21, True), (300, 30, False), (300, 31, True)]
)
def test_an_unlikely_share_is_not_retired_unasked(loaded: int, missing: int, refused: bool) -> None:
    rows: dict[str, Flat] = {str(number): {"national_code": str(number)} for number in range(loaded)}
    before = {id: Given(id, {}) for id in rows}
    batch = Batch("bdpm", "treatment", [], frozenset(list(rows)[missing:]))
    if refused:
        with pytest.raises(NotLoaded, match=f"^{missing} of {loaded} rows"):
            comparing.compare(batch, rows, before, DAY)
    else:
        assert len(comparing.compare(batch, rows, before, DAY).retired) == missing
    assert len(comparing.compare(batch, rows, before, DAY, retire_many=True).retired) == missing
