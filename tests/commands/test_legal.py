"""Operators publish what members accept, and replace the help lines, without SQL: everything or nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from commands import help_lines, legal
from models.languages import Language
from models.logins import role_dsn
from models.viewers import Audience
from tests.support.client import ANYBODY, Ask

Run = Callable[..., Awaitable[tuple[int, str, str]]]
MAINS = {"legal": legal.main, "help-lines": help_lines.main}
READ = """
    query ($in: Language!) {
      privacyNotice(language: $in) { version text } terms(language: $in) { version text }
      notices(language: $in) { purpose version text } helpLines(language: $in) { number name description }
    }
"""
LINES = "number;language;name;description\n113;EN;Zelfmoordlijn;Day and night.\n113;fr;Zelfmoordlijn;Jour et nuit.\n"


@pytest.fixture
def run(fresh: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Yields the commands, on the test's own database: the exit status, and what is printed to both streams."""
    monkeypatch.setenv("COHORTE_DATABASE_URL", fresh)

    async def carried_out(command: str, *arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = await asyncio.to_thread(MAINS[command], [str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return carried_out


@pytest.fixture
def texts_folder(tmp_path: Path) -> Path:
    """Yields a folder with a text in each language."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "en.txt").write_bytes("\ufeffOur text.\r\n\r\nIts end.\r\n".encode())
    (folder / "fr.txt").write_text("Notre texte, où tout est dit.\n", encoding="utf-8")
    return folder


async def read(ask: Ask, language: str = "EN") -> dict[str, Any]:
    answer = await ask(ANYBODY, READ, {"in": language})
    data: dict[str, Any] = answer["data"]
    return data


async def rows(owner: asyncpg.Connection) -> list[str]:
    """Every text and help line."""
    tables = ("privacy_notice", "terms", "notice", "help_line")
    return [
        row[0] for table in tables for row in await owner.fetch(f"SELECT t::text FROM catalog.{table} t ORDER BY 1")
    ]


async def in_days(owner: asyncpg.Connection, days: int) -> date:
    today: date = await owner.fetchval("SELECT catalog.today()")
    return today + timedelta(days=days)


@pytest.mark.parametrize("kind", sorted(legal.KINDS))
async def test_a_version_is_in_force_from_its_day_in_every_language(
    run: Run, own_ask: Ask, owner: asyncpg.Connection, texts_folder: Path, kind: str
) -> None:
    before = {language: await read(own_ask, language.value) for language in Language}
    tomorrow = await in_days(owner, 1)
    status, _, errors = await run("legal", "publish", kind, "2099-2", texts_folder, "--from", tomorrow)
    assert (status, errors) == (0, "")
    assert {language: await read(own_ask, language.value) for language in Language} == before
    assert (await run("legal", "withdraw", kind, "2099-2"))[0] == 0
    status, printed, _ = await run("legal", "publish", kind, "2099-1", texts_folder)
    assert (status, printed) == (0, f"Version 2099-1 is published, and in force from {await in_days(owner, 0)}.\n")
    english, french = await read(own_ask, "EN"), await read(own_ask, "FR")
    places: dict[str, Any] = {"privacy-notice": "privacyNotice", "survey-notice": 0, "tracking-notice": 1}
    place = places.get(kind, kind)
    for found, text in ((english, "Our text.\n\nIts end."), (french, "Notre texte, où tout est dit.")):
        changed = found["notices"][place] if isinstance(place, int) else found[place]
        assert (changed["version"], changed["text"]) == ("2099-1", text)
    others = {name: value for name, value in english.items() if name not in (place, "notices")}
    assert others == {name: before[Language.EN][name] for name in others}
    if isinstance(place, int):
        assert english["notices"][1 - place] == before[Language.EN]["notices"][1 - place]
    listed = (await run("legal", "list"))[1].splitlines()
    assert f"{kind} 2099-1, from {await in_days(owner, 0)}, in force" in listed
    assert len([line for line in listed if line.endswith(", in force")]) == len(legal.KINDS)


async def test_the_texts_in_force_are_written_out_to_be_edited(
    run: Run, own_ask: Ask, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "new/terms"
    assert (await run("legal", "write", "terms", folder))[0] == 0
    assert (folder / "fr.txt").read_text(encoding="utf-8").strip() == (await read(own_ask, "FR"))["terms"][
        "text"
    ].strip()
    status, _, errors = await run("legal", "write", "terms", folder)
    assert (status, errors) == (1, "The folder has en.txt and fr.txt already. Nothing was written.\n")
    assert (await run("legal", "publish", "terms", "2099-1", folder))[0] == 0
    assert (await read(own_ask, "FR"))["terms"]["version"] == "2099-1"


@pytest.mark.parametrize(
    ("version", "days", "says"),
    [
        ("2026-1", 30, "There is a version of this name"),
        ("20 27", 0, "1 to 20 letters"),
        ("x" * 21, 0, "1 to 20 letters"),
        ("", 0, "1 to 20 letters"),
        ("2099-1", -1, "in the past"),
        ("2099-1", 7, "Choose a later day"),
        ("2099-1", 6, "Choose a later day"),
    ],
)
async def test_a_version_that_would_hide_another_is_refused(
    run: Run, owner: asyncpg.Connection, texts_folder: Path, version: str, days: int, says: str
) -> None:
    await run("legal", "publish", "terms", "2098-1", texts_folder, "--from", await in_days(owner, 7))
    before = await rows(owner)
    given = ("publish", "terms", version, texts_folder, "--from", await in_days(owner, days))
    status, printed, errors = await run("legal", *given)
    assert (status, printed, errors.count("\n")) == (1, "", 1)
    assert says in errors
    assert await rows(owner) == before


@pytest.mark.parametrize("broken", ["missing", "empty", "latin", "long"])
async def test_a_text_that_is_missing_in_a_language_is_refused(
    run: Run, owner: asyncpg.Connection, texts_folder: Path, broken: str
) -> None:
    path = texts_folder / "fr.txt"
    path.unlink()
    written = {"empty": b" \n", "latin": "é".encode("latin-1"), "long": b"a" * (legal.TEXT_MOST + 1)}
    if broken in written:
        path.write_bytes(written[broken])
    before = await rows(owner)
    status, printed, errors = await run("legal", "publish", "terms", "2099-1", texts_folder)
    assert (status, printed) == (1, "")
    assert errors.startswith("fr.txt ")
    assert await rows(owner) == before


async def test_only_what_nobody_has_accepted_is_withdrawn(
    run: Run, owner: asyncpg.Connection, texts_folder: Path
) -> None:
    before = await rows(owner)
    await run("legal", "publish", "survey-notice", "2099-1", texts_folder, "--from", await in_days(owner, 1))
    for kind, version in (("terms", "2026-1"), ("terms", "2099-1"), ("tracking-notice", "2099-1")):
        status, _, errors = await run("legal", "withdraw", kind, version)
        assert (status, errors) == (1, "There is no such version that is not in force yet. Nothing was withdrawn.\n")
    assert (await run("legal", "withdraw", "survey-notice", "2099-1"))[0] == 0
    assert await rows(owner) == before


async def test_the_help_lines_are_replaced(run: Run, own_ask: Ask, tmp_path: Path) -> None:
    before = (await read(own_ask))["helpLines"]
    written, file = tmp_path / "lines.csv", tmp_path / "new.csv"
    assert (await run("help-lines", "write", written))[0] == 0
    assert (await run("help-lines", "write", written))[0] == 1
    file.write_text(LINES, encoding="utf-8")
    assert (await run("help-lines", "replace", file))[1] == "Help lines: 1.\n"
    assert (await read(own_ask, "FR"))["helpLines"] == [
        {"number": "113", "name": "Zelfmoordlijn", "description": "Jour et nuit."}
    ]
    assert (await run("help-lines", "replace", written))[0] == 0
    assert (await read(own_ask))["helpLines"] == before


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("number;language;name\n113;EN;A\n", ["line 1: the columns must be number, language, name, description"]),
        ("number;language;name;description\n", ["expected 1 to 20 numbers"]),
        (
            "number,language,name,description\nsecret,DE,,B\n112,EN,A,B\n112,FR,A,B,C\n",
            [
                "line 2, number: expected digits, such as 112 or +33 1 02 03 04 05",
                "line 2, language: expected EN or FR",
                "line 2, name: expected 1 to 100 characters",
                "line 4, all columns: expected 4 cells",
                "each number needs one line in each language: EN, FR",
            ],
        ),
        (LINES + "113;EN;Again;Twice.\n", ["each number needs one line in each language: EN, FR"]),
        (LINES.replace("Jour et nuit.", "é" * 501), ["line 3, description: expected 1 to 500 characters"]),
    ],
)
async def test_every_fault_of_a_list_is_reported_and_nothing_is_replaced(
    run: Run, owner: asyncpg.Connection, tmp_path: Path, text: str, faults: list[str]
) -> None:
    before = await rows(owner)
    (tmp_path / "lines.csv").write_text(text, encoding="utf-8")
    status, printed, errors = await run("help-lines", "replace", tmp_path / "lines.csv")
    assert (status, printed, errors.splitlines()) == (1, "", [*faults, "Nothing was replaced."])
    assert "secret" not in errors
    assert await rows(owner) == before


async def test_a_role_of_the_server_may_publish_nothing(
    run: Run, fresh: str, owner: asyncpg.Connection, texts_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORTE_DATABASE_URL", role_dsn(fresh, Audience.MANAGER, None))
    before = await rows(owner)
    (texts_folder / "lines.csv").write_text(LINES, encoding="utf-8")
    for given in (
        ("legal", "publish", "terms", "2099-1", texts_folder),
        ("help-lines", "replace", texts_folder / "lines.csv"),
    ):
        status, printed, errors = await run(*given)
        assert (status, printed) == (1, "")
        assert "the database's owner" in errors
    assert await rows(owner) == before


async def test_a_database_that_is_not_migrated_is_reported(
    run: Run, server: str, texts_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORTE_DATABASE_URL", server)
    status, printed, errors = await run("legal", "publish", "terms", "2099-1", texts_folder)
    assert (status, printed) == (1, "")
    assert "python -m commands.migrate" in errors


async def test_a_day_that_is_none_is_refused(run: Run, texts_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        await run("legal", "publish", "terms", "2099-1", texts_folder, "--from", "tomorrow")
    errors = capsys.readouterr().err
    assert "expected a day, such as 2027-03-01" in errors
    assert "tomorrow" not in errors
