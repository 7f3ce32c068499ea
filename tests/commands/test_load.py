"""Loads the catalogue as operators do, and again: nothing doubles, nothing that members follow is lost."""

import functools
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from commands.loading import hpo
from tests import factories
from tests.support.lists import INDICATORS, STAFF, Outcome, Run, all_written, command, snapshot, written


@pytest.fixture
def run(fresh: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Yields the command, on the test's own database."""
    return command(fresh, monkeypatch, capsys)


@pytest_asyncio.fixture
async def db(fresh: str) -> Any:
    connection = await asyncpg.connect(fresh)
    yield connection
    await connection.close()


def medicine(
    code: str, name: str, form: str = "comprimé", state: str = "Autorisation active", sold: str = "Commercialisée"
) -> str:
    return f"{code}\t{name}, {form}\t{form}\torale\t{state}\tProcédure nationale\t{sold}\t12/03/1998\t\t\t LABO\tNon"


def substance(code: str, number: int, name: str, nature: str = "SA", link: int = 1) -> str:
    return f"{code}\tcomprimé\t{number:05}\t{name}\t500 mg\tun comprimé\t{nature}\t{link}\t"


def presentation(code: str, state: str, day: str) -> str:
    return f"{code}\t1234567\tboîte de 30\tPrésentation active\t{state}\t{day}\t3400912345678\toui\t65 %\t2,18\t\t"


def database_of(folder: Path, encoding: str = "cp1252", **files: list[str]) -> Path:
    """A folder with files of the public medicines database, in lines of our own making."""
    folder.mkdir(exist_ok=True)
    names = {
        "medicines": "CIS_bdpm",
        "substances": "CIS_COMPO_bdpm",
        "presentations": "CIS_CIP_bdpm",
        "atc": "CIS_MITM",
    }
    for name, lines in files.items():
        text = "".join(f"{line}\r\n" for line in lines)
        (folder / f"{names[name]}.txt").write_bytes(text.encode(encoding))
    return folder


@pytest.fixture
def bdpm(tmp_path: Path) -> Path:
    return database_of(
        tmp_path / "bdpm",
        medicines=[
            medicine("60000001", "MARAVINE 500 mg"),
            medicine("60000002", "MARAVINE LABO LP 1 g", "comprimé à libération prolongée"),
            medicine("60000003", "VIEILLINE 10 mg", "gélule", "Autorisation abrogée", "Non commercialisée"),
            medicine("60000004", "ARRETEX 20 mg", "sirop", sold="Non commercialisée"),
        ],
        substances=[
            substance("60000001", 1, "CHLORHYDRATE DE MARAVINE"),
            substance("60000001", 2, "MARAVINE", "FT"),
            substance("60000002", 3, "MARAVINE (CHLORHYDRATE DE)", link=2),
            substance("60000002", 4, "ACIDE PLUVIQUE"),
            substance("99999999", 4, "ACIDE PLUVIQUE"),
        ],
        presentations=[
            presentation("60000001", "Déclaration de commercialisation", "01/02/2003"),
            presentation("60000004", "Déclaration d'arrêt de commercialisation", "31/12/2021"),
            presentation("60000004", "Déclaration d'arrêt de commercialisation", "30/06/2022"),
        ],
        atc=[
            "60000001\tN02BE01\tMARAVINE 500 mg, comprimé\thttp://example.org",
            "60000002\tN02BE\tMARAVINE\thttp://example.org",
        ],
    )


async def treatment(db: asyncpg.Connection, code: str) -> dict[str, Any]:
    row = await db.fetchrow("select * from catalog.treatment where national_code = $1", code)
    assert row is not None
    return {**row, "translations": json.loads(row["translations"])}


# The public medicines database


async def test_a_medicine_becomes_a_treatment(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    done = await run("bdpm", bdpm)
    assert (done.status, done.lines, done.faults) == (0, ["treatments: 4 added, 0 changed, 0 retired, 0 restored"], [])
    first = await treatment(db, "60000001")
    assert {name: first[name] for name in ("slug", "name", "kind", "inn", "atc", "retired_on", "translations")} == {
        "slug": "maravine-500-mg",
        "name": "Maravine 500 mg, tablet",
        "kind": "MEDICATION",
        "inn": "maravine",
        "atc": "N02BE01",
        "retired_on": None,
        "translations": {"fr": {"name": "Maravine 500 mg, comprimé"}},
    }
    second = await treatment(db, "60000002")
    assert second["name"] == "Maravine Labo LP 1 g, prolonged-release tablet"
    assert second["inn"] == "acide pluvique, maravine"
    assert second["atc"] is None  # a group of substances is no code of a substance
    found = await db.fetch(
        "select national_code from catalog.treatment where search @@ catalog.search_query('pluvique') order by 1"
    )
    assert [row["national_code"] for row in found] == ["60000002"]


@pytest.mark.slow
async def test_as_many_medicines_as_there_are_take_as_many_statements_as_a_few(
    run: Run, db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    connect = asyncpg.connect

    async def watched(*given: Any, **named: Any) -> asyncpg.Connection:
        connection: asyncpg.Connection = await connect(*given, **named)
        connection.add_query_logger(lambda query: sent.append(query.query))
        return connection

    async def loaded(name: str, first: int, many: int) -> tuple[int, Path]:
        numbers = range(first, first + many)
        folder = database_of(
            tmp_path / name,
            medicines=[medicine(f"{60_000_000 + n}", f"NOM{n} {n % 9 + 1} mg") for n in numbers],
            substances=[substance(f"{60_000_000 + n}", n % 2_900 + 1, f"SUBSTANCE {n % 2_900}") for n in numbers],
            presentations=[
                presentation(f"{60_000_000 + n}", "Déclaration de commercialisation", "19/09/2011") for n in numbers
            ],
        )  # without ATC codes, of which a note says that they stay
        sent.clear()
        done = await run("bdpm", folder)
        added = f"treatments: {many:,} added, 0 changed, 0 retired, 0 restored"
        assert (done.status, done.faults, done.lines[1:]) == (0, [], [added])
        return len(sent), folder

    monkeypatch.setattr(asyncpg, "connect", watched)
    few, _ = await loaded("few", 0, 20)
    await db.execute("DELETE FROM catalog.source_entry")
    many, folder = await loaded("many", 20, 15_000)
    assert 5 < few == many < 50
    sent.clear()
    again = await run("bdpm", folder)
    assert again.lines[1:] == ["treatments: 0 added, 0 changed, 0 retired, 0 restored"]
    assert len(sent) <= many
    codes = "select count(*), count(distinct national_code) from catalog.treatment where national_code >= '60000020'"
    assert tuple(await db.fetchrow(codes) or ()) == (15_000, 15_000)


async def test_withdrawn_medicines_are_retired(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    await run("bdpm", bdpm)
    assert str((await treatment(db, "60000004"))["retired_on"]) == "2022-06-30"
    assert (await treatment(db, "60000003"))["retired_on"] == await db.fetchval("select catalog.today()")
    assert (await treatment(db, "60000001"))["retired_on"] is None


async def test_loading_again_changes_nothing(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    await run("bdpm", bdpm)
    before = await snapshot(db)
    for _ in range(2):
        done = await run("bdpm", bdpm)
        assert done.lines == ["treatments: 0 added, 0 changed, 0 retired, 0 restored"]
    assert await snapshot(db) == before
    lines = (bdpm / "CIS_bdpm.txt").read_bytes().split(b"\r\n")
    (bdpm / "CIS_bdpm.txt").write_bytes(b"\r\n".join([*reversed(lines[:-1]), b""]))  # in another order
    await run("bdpm", bdpm)
    assert await snapshot(db) == before


async def test_a_dry_run_says_what_it_would_do_and_does_not(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    before = await snapshot(db)
    done = await run("bdpm", bdpm, "--dry-run")
    assert (done.status, done.lines[0]) == (0, "  added 60000001 (line 1)")
    assert done.lines[-1] == "treatments: 4 added, 0 changed, 0 retired, 0 restored (not written)"
    assert await snapshot(db) == before


async def test_a_treatment_that_a_member_takes_is_never_lost(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    await run("bdpm", bdpm)
    first = await treatment(db, "60000001")
    member = await factories.member(db)
    course = await factories.course(db, member_id=member["id"], treatment_id=first["id"])
    renamed = medicine("60000001", "MARAVINE NOUVELLE 500 mg")
    database_of(bdpm, medicines=[renamed, medicine("60000002", "MARAVINE LABO LP 1 g")])
    done = await run("bdpm", bdpm)
    assert done.lines == ["treatments: 0 added, 2 changed, 0 retired, 0 restored"]  # 3 and 4 were retired before
    after = await treatment(db, "60000001")
    assert (after["id"], after["slug"], after["name"]) == (
        first["id"],
        first["slug"],
        "Maravine Nouvelle 500 mg, tablet",
    )

    database_of(bdpm, medicines=[medicine("60000002", "MARAVINE LABO LP 1 g")])
    assert (await run("bdpm", bdpm)).lines == ["treatments: 0 added, 0 changed, 1 retired, 0 restored"]
    gone = await treatment(db, "60000001")
    assert (gone["id"], gone["retired_on"]) == (first["id"], await db.fetchval("select catalog.today()"))
    assert await db.fetchval("select treatment_id from care.course where id = $1", course["id"]) == first["id"]

    database_of(bdpm, medicines=[renamed, medicine("60000002", "MARAVINE LABO LP 1 g")])
    assert (await run("bdpm", bdpm)).lines == ["treatments: 0 added, 0 changed, 0 retired, 1 restored"]
    assert (await treatment(db, "60000001"))["retired_on"] is None


async def test_what_staff_edited_stays(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    await run("bdpm", bdpm)
    await db.execute(
        """update catalog.treatment set name = 'By hand', atc = null, words = 'By hand',
        translations = '{"fr": {"name": "À la main"}}' where national_code = '60000001'"""
    )
    await db.execute("update catalog.treatment set retired_on = '2020-01-01' where national_code = '60000002'")
    database_of(bdpm, medicines=[medicine(f"6000000{n}", f"AUTREX {n} mg") for n in (1, 2, 3, 4)])
    done = await run("bdpm", bdpm)
    assert done.lines[0] == "treatments: 0 added, 1 changed, 0 retired, 2 restored"
    assert "    60000001: name, words, translations.fr.name, atc" in done.lines
    first = await treatment(db, "60000001")
    assert (first["name"], first["atc"]) == ("By hand", None)
    assert first["translations"] == {"fr": {"name": "À la main"}}
    assert str((await treatment(db, "60000002"))["retired_on"]) == "2020-01-01"

    done = await run("bdpm", bdpm, "--overwrite")
    assert done.lines[0] == "treatments: 0 added, 1 changed, 0 retired, 0 restored"
    assert (await treatment(db, "60000001"))["name"] == "Autrex 1 mg, tablet"
    assert str((await treatment(db, "60000002"))["retired_on"]) == "2020-01-01"  # staff's decision, and no text
    assert "edited by hand" not in "".join((await run("bdpm", bdpm)).lines[:1])


async def test_what_staff_removed_or_restored_stays_so(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    await run("bdpm", bdpm)
    await db.execute("delete from catalog.treatment where national_code = '60000001'")
    await db.execute("update catalog.treatment set retired_on = null where national_code = '60000003'")
    done = await run("bdpm", bdpm)
    assert done.lines[0] == "treatments: 0 added, 0 changed, 0 retired, 0 restored"
    assert "  1 were removed by staff and are not added again" in done.lines
    assert (await treatment(db, "60000003"))["retired_on"] is None


async def test_a_treatment_with_the_code_is_filled_where_it_is_empty(
    run: Run, db: asyncpg.Connection, bdpm: Path
) -> None:
    made = await factories.treatment(db, name="Of staff", national_code="60000001", inn="of staff")
    await run("bdpm", bdpm)
    row = await treatment(db, "60000001")
    assert (row["id"], row["name"], row["inn"], row["atc"]) == (made["id"], "Of staff", "of staff", "N02BE01")


async def test_names_that_are_equal_have_slugs_of_their_own(run: Run, db: asyncpg.Connection, bdpm: Path) -> None:
    database_of(bdpm, medicines=[medicine(f"6000001{n}", "DOUBLEX 1 g") for n in range(3)])
    await run("bdpm", bdpm)
    slugs = [(await treatment(db, f"6000001{n}"))["slug"] for n in range(3)]
    assert slugs == ["doublex-1-g", "doublex-1-g-60000011", "doublex-1-g-60000012"]


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("CIS_bdpm.txt", None, "CIS_bdpm.txt is missing from the folder."),
        ("CIS_COMPO_bdpm.txt", None, "CIS_COMPO_bdpm.txt is missing from the folder."),
        ("CIS_bdpm.txt", b"", "CIS_bdpm.txt is empty."),
        ("CIS_bdpm.txt", b"\r\n \r\n", "CIS_bdpm.txt is empty."),
        ("CIS_MITM.txt", b"\xef\xbb\xbf", "CIS_MITM.txt is empty."),
        ("CIS_bdpm.txt", b"PK\x03\x04\0\0", "CIS_bdpm.txt is not a text file, or is in UTF-16: save it as UTF-8."),
        ("CIS_bdpm.txt", "60000001\t".encode("utf-16"),
         "CIS_bdpm.txt is not a text file, or is in UTF-16: save it as UTF-8."),
        ("CIS_CIP_bdpm.txt", b"<!DOCTYPE html>\n<html></html>\n",
         "CIS_CIP_bdpm.txt is not this file of the database: its first line has no CIS code."),
        ("CIS_bdpm.txt", medicine("60000001", "MARAVINE").encode("cp1252")[:-20],
         "CIS_bdpm.txt ends in the middle of a line: download it again."),
        ("CIS_bdpm.txt", medicine("60000001", "MARAVINE").encode() + b"\xff\r\n",
         "CIS_bdpm.txt is neither whole UTF-8 nor Windows-1252: download it again."),
        ("CIS_COMPO_bdpm.txt", b"60000001\tcompri",
         "CIS_COMPO_bdpm.txt ends in the middle of a line: download it again."),
    ],
)  # fmt: skip
async def test_a_broken_file_is_one_sentence_and_nothing_is_written(
    file: str, content: bytes | None, sentence: str, run: Run, db: asyncpg.Connection, bdpm: Path
) -> None:
    before = await snapshot(db)
    if content is None:
        (bdpm / file).unlink()
    else:
        (bdpm / file).write_bytes(content)
    for options in ((), ("--skip-faulty",), ("--dry-run",)):
        done = await run("bdpm", bdpm, *options)
        assert (done.status, done.faults, done.lines) == (1, [sentence], [])
    assert await snapshot(db) == before


async def test_there_must_be_a_folder_and_a_database(
    run: Run, tmp_path: Path, bdpm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await run("bdpm", tmp_path / "none")).faults == ["There is no such folder."]
    monkeypatch.setenv("COHORTE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/none")
    done = await run("bdpm", bdpm)
    assert done.status == 1
    assert len(done.faults) == 1
    assert "secret" not in done.faults[0]


async def test_optional_files_that_are_missing_leave_their_columns(
    run: Run, db: asyncpg.Connection, bdpm: Path
) -> None:
    await run("bdpm", bdpm)
    (bdpm / "CIS_MITM.txt").unlink()
    database_of(bdpm, substances=[substance("60000002", 4, "ACIDE PLUVIQUE")])  # half of it, cut at the end of a line
    done = await run("bdpm", bdpm)
    assert done.lines[0] == "CIS_MITM.txt is missing: what it is for stays as it is."
    row = await treatment(db, "60000001")
    assert (row["inn"], row["atc"]) == ("maravine", "N02BE01")


async def test_lines_at_fault_are_reported_at_once_and_can_be_left_out(
    run: Run, db: asyncpg.Connection, bdpm: Path
) -> None:
    await run("bdpm", bdpm)
    before = await snapshot(db)
    database_of(
        bdpm,
        medicines=[
            medicine("60000001", "MARAVINE 500 mg").replace("12/03/1998", "1998"),
            medicine("60000002", "SECRETINE 1 g"),
            medicine("60000002", "SECRETINE 2 g"),
            medicine("6000000X", "MARAVINE 500 mg"),
        ],
        substances=[substance("60000001", 1, "MARAVINE", "??")],
    )
    expected = [
        "CIS_COMPO_bdpm.txt, line 1, column 7 (nature): missing, or not of the file's format",
        "CIS_bdpm.txt, line 1, column 8 (authorized on): missing, or not of the file's format",
        "CIS_bdpm.txt, line 3, column 1 (CIS code): the code of line 2, with other values",
        "CIS_bdpm.txt, line 4, column 1 (CIS code): missing, or not of the file's format",
    ]
    done = await run("bdpm", bdpm)
    assert (done.status, done.faults[:-1]) == (1, expected)
    assert "SECRET" not in "".join(done.faults)
    assert await snapshot(db) == before

    done = await run("bdpm", bdpm, "--skip-faulty")
    assert done.status == 0
    # A line has no readable code: nobody knows what it is, so that nothing is taken for withdrawn.
    assert done.lines == [
        "4 faults in lines that were left out.",
        "treatments: 0 added, 1 changed, 0 retired, 0 restored",
    ]


async def test_a_file_cut_at_the_end_of_a_line_does_not_retire_the_rest(
    run: Run, db: asyncpg.Connection, bdpm: Path
) -> None:
    lines = [medicine(f"6100{n:04}", f"SERIEX {n} mg") for n in range(60)]
    database_of(bdpm, medicines=lines)
    await run("bdpm", bdpm)
    before = await snapshot(db)
    database_of(bdpm, medicines=lines[:30])
    done = await run("bdpm", bdpm)
    assert (done.status, done.lines) == (1, [])
    assert done.faults[0].startswith("30 of 60 rows loaded earlier from bdpm are missing")
    assert await snapshot(db) == before
    assert (await run("bdpm", bdpm, "--retire-many")).lines == [
        "treatments: 0 added, 0 changed, 30 retired, 0 restored"
    ]


# Lists of the operator's own


async def load_all(run: Run, folder: Path) -> list[Outcome]:
    return [await run("csv", kind, path) for kind, path in all_written(folder).items()]


async def test_lists_of_every_kind_and_what_belongs_together(run: Run, db: asyncpg.Connection, tmp_path: Path) -> None:
    done = await load_all(run, tmp_path)
    assert [outcome.faults for outcome in done] == [[]] * 4
    assert all(outcome.lines[0].endswith(": 2 added, 0 changed, 0 retired, 0 restored") for outcome in done)
    rows = await db.fetch(
        """select c.slug, c.name, c.description, c.status, d.icd10, c.translations,
            array(select i.slug from catalog.community_indicator l join catalog.indicator i on i.id = l.indicator_id
                where l.community_id = c.id order by position) as indicators,
            array(select t.slug from catalog.community_treatment l join catalog.treatment t on t.id = l.treatment_id
                where l.community_id = c.id order by position) as treatments
        from catalog.community c join catalog.condition d on d.id = c.condition_id
        where c.slug in ('dry-river', 'hill') order by 1"""
    )
    first, second = ({**row, "translations": json.loads(row["translations"])} for row in rows)
    assert first == {
        "slug": "dry-river",
        "name": "Dry river disease",
        "description": "Who live with it, and\nhow.",
        "status": "OPEN",
        "icd10": "G35",
        "translations": {"fr": {"name": "Rivière sèche", "description": "Ceux qui vivent avec."}},
        "indicators": ["river-weight", "thirst"],
        "treatments": ["maravine"],
    }
    assert (second["status"], second["indicators"], second["treatments"]) == ("DRAFT", [], ["river-walks"])
    row = await db.fetchrow("select * from catalog.indicator where slug = 'river-weight'")
    assert row is not None
    assert (row["kind"], row["scale"], row["unit"], row["minimum"], row["maximum"]) == (
        "MEASUREMENT", "QUANTITY", "kg", 20.0, 300.5,
    )  # fmt: skip
    row = await db.fetchrow("select lay_names, minimum, maximum from catalog.indicator where slug = 'thirst'")
    assert row is not None
    assert dict(row) == {"lay_names": ["Riverish", "Dry mouth"], "minimum": 0.0, "maximum": 10.0}
    for slug, french in (("thirst", {"lay_names": ["Bouche pâteuse", "Pépie"]}), ("river-weight", {"unit": "kilos"})):
        found = await db.fetchval("select translations -> 'fr' from catalog.indicator where slug = $1", slug)
        assert json.loads(found) == french
    for table, term, slug in (
        ("indicator", "riverish", "thirst"),
        ("indicator", "pepie", "thirst"),
        ("community", "riviere seche", "dry-river"),
    ):
        query = f"select slug from catalog.{table} where search @@ catalog.search_query($1)"
        assert [row["slug"] for row in await db.fetch(query, term)] == [slug]
    before = await snapshot(db)
    again = await load_all(run, tmp_path)
    assert all(outcome.lines == [outcome.lines[0]] for outcome in again)
    assert all(outcome.lines[0].endswith(": 0 added, 0 changed, 0 retired, 0 restored") for outcome in again)
    assert await snapshot(db) == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_a_list_may_be_written_by_any_spreadsheet(
    encoding: str, delimiter: str, end: str, run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    cells = [
        ["Key ", "NAME", "kind", "name_fr"],
        ["the", 'Tea, "green"; or not', "supplement", "Thé"],
    ]
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in cells]
    text = end.join(["", *(delimiter.join(row) for row in quoted), delimiter * 3, ""])
    done = await run("csv", "treatments", written(tmp_path, "tea.csv", text, encoding))
    assert (done.faults, done.lines) == ([], ["treatments: 1 added, 0 changed, 0 retired, 0 restored"])
    row = await db.fetchrow("select name, kind, translations from catalog.treatment where slug = 'the'")
    assert row is not None
    assert tuple(row) == ('Tea, "green"; or not', "SUPPLEMENT", '{"fr": {"name": "Thé"}}')


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("key,name,kind\nthé,Thé,DEVICE\n".encode("latin-1"), "list.csv is not text in UTF-8."),
        (b'key,name,kind\na,"Alpha,DEVICE\n',
         "list.csv, line 2: a quote is not closed, or the file ends in the middle of a line."),
        (b"key,name,kind\n", "list.csv has a header and nothing else."),
        (b"key,name,kind,kind\na,b,c,d\n", "list.csv: the header has kind twice."),
        (b"key,name,kind,colour\na,b,c,d\n", "list.csv: column 4 of the header is not known. Columns: key, name, "
         "kind, inn, atc, national_code, words, name_fr, retired_on."),
        (b"", "list.csv is empty."),
    ],
)  # fmt: skip
async def test_a_list_that_cannot_be_read_is_one_sentence(
    content: bytes, sentence: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    done = await run("csv", "treatments", tmp_path / "list.csv", "--skip-faulty")
    assert (done.status, done.faults, done.lines) == (1, [sentence], [])


async def test_a_unit_is_not_filled_in_where_the_scale_of_staff_has_none(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    await factories.indicator(db, slug="river-weight")  # a rating
    done = await run("csv", "indicators", written(tmp_path, "indicators.csv", INDICATORS))
    assert done.faults[:-1] == [f"indicators.csv, line 3, unit: {STAFF}"]


# The Human Phenotype Ontology


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads the files of the ontology once for all runs of the command: that takes a second."""
    for name, read in READ.items():
        monkeypatch.setattr(hpo, name, read)


READ = {name: functools.cache(getattr(hpo, name)) for name in ("diseases", "symptoms")}


@pytest.mark.usefixtures("read_once")
async def test_conditions_and_symptoms_of_the_ontology(run: Run, db: asyncpg.Connection) -> None:
    chosen = (
        "--condition",
        "ORPHA:558",
        "--condition",
        "OMIM:154700",
        "--symptom",
        "HP:0012378",
        "--symptoms-of",
        "ORPHA:558",
    )
    before = await db.fetchrow("select id, name, slug, scale from catalog.indicator where hpo = 'HP:0012378'")
    done = await run("hpo", *chosen)
    assert done.status == 0
    row = await db.fetchrow("select name, orpha, omim from catalog.condition where orpha = '558'")
    assert row is not None
    assert tuple(row) == ("Marfan syndrome", "558", "154700")
    assert await db.fetchrow("select id, name, slug, scale from catalog.indicator where hpo = 'HP:0012378'") == before
    row = await db.fetchrow("select name, lay_names, kind, scale, minimum, maximum from catalog.indicator where hpo = 'HP:0000545'")  # fmt: skip # noqa: E501
    assert row is not None
    assert (row["name"], row["kind"], row["scale"]) == ("Myopia", "SYMPTOM", "RATING_0_10")
    assert "Near sighted" in row["lay_names"]
    everything = await snapshot(db)
    again = await run("hpo", *chosen)
    assert again.lines[0] == "conditions: 0 added, 0 changed, 0 retired, 0 restored"
    assert await snapshot(db) == everything


@pytest.mark.usefixtures("read_once")
async def test_codes_that_the_ontology_does_not_have_are_refused(run: Run) -> None:
    done = await run("hpo", "--condition", "ORPHA:0", "--condition", "ORPHA:558")
    assert (done.status, done.faults) == (1, ["ORPHA:0: no condition of the HPO's annotations."])
    done = await run("hpo", "--symptom", "HP:0000005")  # a mode of inheritance
    assert (done.status, done.faults) == (1, ["HP:0000005: no symptom of the HPO."])
