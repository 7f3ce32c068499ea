"""Loads lists of an operator's own that were loaded before: what has changed, what staff have set, and each fault."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from commands import load
from tests import factories
from tests.support.clusters import clone
from tests.support.lists import (
    COMMUNITIES,
    CONDITIONS,
    INDICATORS,
    STAFF,
    TREATMENTS,
    Run,
    all_written,
    command,
    snapshot,
    written,
)


@pytest_asyncio.fixture(scope="module")
async def with_lists(template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Yields the name of a database in which all lists are loaded, for the tests to copy."""
    async with clone(template) as dsn:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("COHORTE_DATABASE_URL", dsn)
            for kind, path in all_written(tmp_path_factory.mktemp("lists")).items():
                assert await asyncio.to_thread(load.main, ["csv", kind, str(path)]) == 0
        yield urlsplit(dsn).path[1:]


@pytest_asyncio.fixture
async def loaded(template: str, with_lists: str) -> AsyncIterator[str]:
    """Yields the address of the test's own database, in which all lists are loaded."""
    async with clone(template, with_lists) as dsn:
        yield dsn


@pytest.fixture
def run(loaded: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Yields the command, on the test's own database."""
    return command(loaded, monkeypatch, capsys)


@pytest_asyncio.fixture
async def db(loaded: str) -> Any:
    connection = await asyncpg.connect(loaded)
    yield connection
    await connection.close()


async def test_what_loading_changes_is_a_new_version_with_its_history(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    version = "select version from catalog.indicator where slug = 'river-weight'"
    assert await db.fetchval(version) == 1
    text = INDICATORS.replace("River weight", "Weight by the river")
    await run("csv", "indicators", written(tmp_path, "indicators.csv", text))
    await run("csv", "indicators", tmp_path / "indicators.csv")  # unchanged: no version
    assert await db.fetchval(version) == 2
    changes = await db.fetch(
        """select c.field, c.before, c.after, c.changed_by from catalog.catalogue_change c
        join catalog.indicator i on i.id = c.subject_id where i.slug = 'river-weight' order by c.field nulls first"""
    )
    assert [tuple(change) for change in changes] == [
        (None, None, "River weight", None), ("name", "River weight", "Weight by the river", None)
    ]  # fmt: skip


HISTORY = """select h.field, h.before, h.after, h.changed_by from catalog.catalogue_change h
    join catalog.community c on c.id = h.subject_id where c.slug = $1 order by h.field nulls first"""


async def test_a_list_that_loading_changes_is_a_new_version_with_its_history(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    version = "select version from catalog.community where slug = 'dry-river'"
    made = await db.fetchval(version)
    listed = {("indicators", None, "river-weight thirst", None), ("treatments", None, "maravine", None)}
    first = {(None, None, "Dry river disease", None), *listed}
    assert {tuple(change) for change in await db.fetch(HISTORY, "dry-river")} == first
    assert [change["field"] for change in await db.fetch(HISTORY, "hill")] == [None, "treatments"]

    text = COMMUNITIES.replace("river-weight|HP:9999999,maravine", "thirst|river-weight,")
    path = written(tmp_path, "communities.csv", text)
    await run("csv", "communities", path, "--dry-run")
    assert await db.fetchval(version) == made
    assert (await run("csv", "communities", path)).lines == ["communities: 0 added, 1 changed, 0 retired, 0 restored"]
    changed = {
        ("indicators", "river-weight thirst", "thirst river-weight", None), ("treatments", "maravine", None, None)
    }  # fmt: skip
    for _ in range(2):  # loading again makes no version and no history
        assert await db.fetchval(version) == made + len(changed)
        assert {tuple(change) for change in await db.fetch(HISTORY, "dry-river")} == first | changed
        assert len(await db.fetch(HISTORY, "hill")) == 2
        await run("csv", "communities", path)
    assert await db.fetchval("select count(*) from catalog.catalogue_change where changed_by is not null") == 0


async def test_a_list_of_the_demonstration_is_loaded_with_a_version_and_without_a_history(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    await db.execute("update catalog.community set demonstration = true where slug = 'hill'")
    before = await db.fetch(HISTORY, "hill")
    version = await db.fetchval("select version from catalog.community where slug = 'hill'")
    text = COMMUNITIES.replace("DRAFT,,river-walks", "DRAFT,thirst,maravine|river-walks")
    await run("csv", "communities", written(tmp_path, "communities.csv", text))
    assert await db.fetch(HISTORY, "hill") == before
    assert await db.fetchval("select version from catalog.community where slug = 'hill'") == version + 2
    for kind, count in (("indicator", 1), ("treatment", 2)):  # the links are the demonstration's, as its community is
        links = await db.fetch(
            f"select l.demonstration from catalog.community_{kind} l join catalog.community c on c.id = l.community_id"
            " where c.slug = 'hill'"
        )
        assert [link["demonstration"] for link in links] == [True] * count


async def test_the_order_of_a_community_is_changed_unless_staff_changed_it(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    path = written(tmp_path, "communities.csv", COMMUNITIES.replace("river-weight|HP:9999999", "thirst|river-weight"))
    order = """select array(select i.slug from catalog.community_indicator l
        join catalog.indicator i on i.id = l.indicator_id join catalog.community c on c.id = l.community_id
        where c.slug = 'dry-river' order by position)"""
    assert (await run("csv", "communities", path)).lines == ["communities: 0 added, 1 changed, 0 retired, 0 restored"]
    assert await db.fetchval(order) == ["thirst", "river-weight"]
    await db.execute("delete from catalog.community_indicator where indicator_id in (select id from catalog.indicator where slug = 'thirst')")  # fmt: skip # noqa: E501
    path = written(tmp_path, "communities.csv", COMMUNITIES)
    done = await run("csv", "communities", path)
    assert done.lines[0] == "communities: 0 added, 0 changed, 0 retired, 0 restored"
    assert "    dry-river: indicators" in done.lines
    assert await db.fetchval(order) == ["river-weight"]
    await run("csv", "communities", path, "--overwrite")
    assert await db.fetchval(order) == ["river-weight", "thirst"]


async def test_a_community_is_opened_but_never_closed_by_its_list(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    status = "select status from catalog.community where slug = $1"
    text = COMMUNITIES.replace("hill,DRAFT", "hill,OPEN").replace("ORPHA:4242,OPEN", "ORPHA:4242,DRAFT")
    path = written(tmp_path, "communities.csv", text)
    assert (await run("csv", "communities", path)).lines == ["communities: 0 added, 1 changed, 0 retired, 0 restored"]
    assert (await db.fetchval(status, "hill"), await db.fetchval(status, "dry-river")) == ("OPEN", "OPEN")
    await db.execute("update catalog.community set status = 'CLOSED' where slug = 'hill'")
    assert (await run("csv", "communities", path, "--overwrite")).lines == [
        "communities: 0 added, 0 changed, 0 retired, 0 restored"
    ]
    assert await db.fetchval(status, "hill") == "CLOSED"
    done = await run("csv", "communities", written(tmp_path, "communities.csv", "\n".join(text.split("\n")[:3]) + "\n"))
    assert "  1 are no longer in the list and stay as they are: staff close communities" in done.lines


async def test_what_has_gone_from_a_list_is_retired_and_other_lists_stay(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    other = written(tmp_path, "other.csv", "key,name,kind\nhill-walks,Hill walks,LIFESTYLE\n")
    assert (await run("csv", "treatments", other)).lines == ["treatments: 1 added, 0 changed, 0 retired, 0 restored"]
    shorter = written(tmp_path, "shorter.csv", "\n".join(TREATMENTS.split("\n")[:2]) + "\n")
    done = await run("csv", "treatments", shorter, "--list", "treatments")
    assert done.lines == ["treatments: 0 added, 0 changed, 1 retired, 0 restored"]
    retired = await db.fetch("select slug from catalog.treatment where retired_on is not null")
    assert [row["slug"] for row in retired] == ["maravine"]


async def test_every_fault_is_reported_with_its_line_and_column(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    before = await snapshot(db)
    cases = {
        "conditions": (
            "key;name;icd10;orpha;omim;hpo;retired_on\n"
            "Bad Key;;35G;x;12;HP:1;yesterday\n"
            "a;Alpha;G35;1;154700;HP:0000001;9999-01-01\n"
            "b;alpha;;1;;;\n"
            "a;Gamma;;;;;2026-02-30\n"
            "c;Hidden\x07;\n",
            [
                "line 2, key", "line 2, name", "line 2, icd10", "line 2, orpha", "line 2, omim", "line 2, hpo",
                "line 2, retired_on", "line 3, retired_on", "line 4, orpha", "line 4, name", "line 5, retired_on",
                "line 5, key", "line 6, the whole line",
            ],
        ),
        "indicators": (
            "key,name,kind,scale,unit,minimum,maximum,loinc\n"
            "a,Alpha,SECRET,SECRET,,1,2,\n"
            "b,Beta,SCORE,QUANTITY,,,,29463-8\n"
            "c,Gamma,SCORE,QUANTITY,,5,5,\n"
            "d,Delta,SCORE,RATING_0_10,,1,10,\n"
            "e,Eta,SCORE,QUANTITY,,nan,1e999,\n"
            "f,Theta,SCORE,RATING_0_10,points,,,\n",
            [
                "line 2, kind", "line 2, scale", "line 3, loinc", "line 3, minimum", "line 3, maximum",
                "line 4, maximum", "line 5, minimum", "line 6, minimum", "line 6, maximum", "line 7, unit",
            ],
        ),
        "treatments": (
            f"key;name;kind;atc;national_code\na;{'x' * 201};MEDICATION;Z02BE01;1234567\nb;Beta;MEDICATION;;12345678\n"
            "c;Gamma;MEDICATION;;12345678\n",
            ["line 2, name", "line 2, atc", "line 2, national_code", "line 4, national_code"],
        ),
        "communities": (
            "key,name,description,condition,status,indicators,treatments\n"
            "a,Alpha,Text,SECRET,MERGED,thirst,maravine\n"
            "b,Beta,Text,SECRET,OPEN,thirst|SECRET,maravine|x|SECRET\n"
            f"c,Gamma,Text,hill,OPEN,{'|'.join(map(str, range(101)))},{'|'.join(map(str, range(501)))}\n",
            [
                "line 2, status", "line 2, condition", "line 3, condition", "line 3, indicators", "line 3, treatments",
                "line 3, treatments", "line 4, indicators", "line 4, treatments",
            ],
        ),
    }  # fmt: skip
    for kind, (text, places) in cases.items():
        path = written(tmp_path, f"faulty-{kind}.csv", text)
        for options in ((), ("--dry-run",)):
            done = await run("csv", kind, path, *options)
            assert done.status == 1
            found = [fault for fault in done.faults if fault.startswith(f"faulty-{kind}.csv")]
            assert [fault.split(": ")[0].removeprefix(f"faulty-{kind}.csv, ") for fault in found] == places, kind
            assert "SECRET" not in "".join(done.faults)
    assert await snapshot(db) == before
    done = await run("csv", "indicators", tmp_path / "faulty-communities.csv")
    assert done.faults == [
        "faulty-communities.csv: the header lacks kind, scale. Columns: key, name, kind, scale, unit, minimum, "
        "maximum, lay_names, words, hpo, loinc, name_fr, unit_fr, lay_names_fr, retired_on."
    ]


async def test_a_dry_run_reports_faults_and_what_the_other_lines_would_do(
    run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    before = await snapshot(db)
    text = "key;name;kind;atc\nriver-walks;Walks;LIFESTYLE;\nnew;New;DEVICE;\nbad;Bad;NONE;\n"
    path = written(tmp_path, "treatments.csv", text)
    done = await run("csv", "treatments", path, "--dry-run")
    assert (done.status, len(done.faults)) == (1, 1)
    assert done.lines == [
        "1 faults in lines that were left out.",
        "  added new (line 3)",
        "  changed river-walks (line 2): name",
        "  retired maravine",
        "treatments: 1 added, 1 changed, 1 retired, 0 restored (not written)",
    ]
    assert await snapshot(db) == before
    assert (await run("csv", "treatments", path)).status == 1
    assert await snapshot(db) == before
    assert (await run("csv", "treatments", path, "--skip-faulty")).status == 0
    assert await snapshot(db) != before


async def test_what_recorded_values_mean_is_not_changed(run: Run, db: asyncpg.Connection, tmp_path: Path) -> None:
    indicator = await db.fetchval("select id from catalog.indicator where slug = 'river-weight'")
    text = INDICATORS.replace("kg,20,300.5", "lb,40,600").replace("River weight", "Weight by the river")
    path = written(tmp_path, "indicators.csv", text)
    assert (await run("csv", "indicators", path, "--dry-run")).status == 0  # nobody has recorded any yet
    await factories.observation(db, indicator_id=indicator)
    done = await run("csv", "indicators", path)
    assert [fault.split(": ")[0] for fault in done.faults[:-1]] == [
        "indicators.csv, line 3, unit", "indicators.csv, line 3, minimum", "indicators.csv, line 3, maximum",
    ]  # fmt: skip
    assert (
        (await run("csv", "indicators", path, "--skip-faulty")).lines[-1].endswith(" 0 changed, 0 retired, 0 restored")
    )
    renamed = written(tmp_path, "indicators.csv", INDICATORS.replace("River weight", "Weight by the river"))
    assert (await run("csv", "indicators", renamed)).status == 0
    row = await db.fetchrow("select name, unit from catalog.indicator where id = $1", indicator)
    assert row is not None
    assert tuple(row) == ("Weight by the river", "kg")


UNIT = "cannot be changed by a list: staff have set the UCUM code of the unit"
WHOLE, RATING = "quantity,kg,20,300.5,,,29463-7,kilos,", "rating_0_10,,,,,,29463-7,,"


@pytest.mark.parametrize(
    ("edit", "old", "new", "faults"),
    [
        ("ucum = 'kg'", "quantity,kg,20", "quantity,lb,20", {"unit": UNIT}),
        ("ucum = 'kg'", "quantity,kg,20", "quantity,,20", {"unit": UNIT}),
        ("ucum = 'kg'", WHOLE, RATING, {"scale": UNIT, "unit": UNIT}),
        ("ucum = 'kg'", "quantity,kg,20,300.5", "quantity,kg,10,400", {}),
        ("ucum = null", "quantity,kg,20", "quantity,lb,20", {}),
        ("ucum = null", WHOLE, RATING, {}),
        ("unit = 'kilos'", WHOLE, RATING, {"scale": STAFF}),
        # Staff spell it, and the list follows.
        ("unit = 'kilos', ucum = 'kg'", "quantity,kg,20", "quantity,kilos,20", {}),
    ],
)
async def test_a_unit_stays_with_its_code_and_its_scale(
    edit: str, old: str, new: str, faults: dict[str, str], run: Run, db: asyncpg.Connection, tmp_path: Path
) -> None:
    await db.execute(f"update catalog.indicator set {edit} where slug = 'river-weight'")
    row = "select scale, unit, ucum, minimum from catalog.indicator where slug = 'river-weight'"
    before = await db.fetchrow(row)
    path = written(tmp_path, "indicators.csv", INDICATORS.replace(old, new))
    done = await run("csv", "indicators", path)
    expected = [f"indicators.csv, line 3, {column}: {text}" for column, text in faults.items()]
    assert sorted(done.faults[:-1]) == sorted(expected)
    assert done.status == (1 if faults else 0)
    assert not faults or await db.fetchrow(row) == before
    after = await db.fetchrow(row)
    assert after is not None
    assert (after["unit"] is None) == (after["scale"] != "QUANTITY")


async def test_a_list_does_not_overwrite_a_unit_with_a_code(run: Run, db: asyncpg.Connection, tmp_path: Path) -> None:
    await db.execute("update catalog.indicator set unit = 'kilos', ucum = 'kg' where slug = 'river-weight'")
    text = INDICATORS.replace("quantity,kg,20", "quantity,lb,20")
    path = written(tmp_path, "indicators.csv", text)
    assert "    river-weight: unit" in (await run("csv", "indicators", path)).lines  # edited by hand, and kept
    done = await run("csv", "indicators", path, "--overwrite")
    assert done.faults[:-1] == [f"indicators.csv, line 3, unit: {UNIT}"]
    row = await db.fetchrow("select unit, ucum from catalog.indicator where slug = 'river-weight'")
    assert row is not None
    assert tuple(row) == ("kilos", "kg")


async def test_the_condition_of_an_opened_community_stays(run: Run, db: asyncpg.Connection, tmp_path: Path) -> None:
    text = COMMUNITIES.replace("hill,DRAFT", "ORPHA:4242,DRAFT")  # of a draft
    path = written(tmp_path, "communities.csv", text)
    assert (await run("csv", "communities", path)).lines == ["communities: 0 added, 1 changed, 0 retired, 0 restored"]
    before = await snapshot(db)
    path = written(tmp_path, "communities.csv", text.replace("ORPHA:4242,OPEN", "hill,OPEN"))
    for options in ((), ("--overwrite",)):
        done = await run("csv", "communities", path, *options)
        assert done.faults[:-1] == ["communities.csv, line 2, condition: cannot be changed: the community has opened"]
    assert await snapshot(db) == before


async def test_a_code_or_name_of_another_row_is_a_fault(run: Run, db: asyncpg.Connection, tmp_path: Path) -> None:
    text = INDICATORS.replace(",,,29463-7", ",,HP:0012378,29463-7")
    assert await db.fetchval("select count(*) from catalog.indicator where hpo = 'HP:0012378'") == 1
    done = await run("csv", "indicators", written(tmp_path, "indicators.csv", text))
    assert done.faults[0] == "indicators.csv, line 3, hpo: another of the indicators has it"
    renamed = CONDITIONS.replace("Hill fever", "Multiple sclerosis")
    done = await run("csv", "conditions", written(tmp_path, "conditions.csv", renamed))
    assert done.faults[0] == "conditions.csv, line 3, name: another of the conditions has it"
    twins = (
        CONDITIONS
        + "river;Dry River Illness;;;\n"
        + "sclerosis;Multiple sclerosis;;;\nms;MULTIPLE SCLEROSIS (MS);;1;\n"
    )
    await db.execute("update catalog.condition set orpha = '1' where name = 'Multiple sclerosis'")
    done = await run("csv", "conditions", written(tmp_path, "conditions.csv", twins))
    assert done.faults[:-1] == ["conditions.csv, line 6, key: its code or name is that of the row of another line"]
