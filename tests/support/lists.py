"""Runs `commands.load` as operators do, and the lists of an operator's own that tests load."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from commands import load


class Outcome(NamedTuple):
    status: int
    lines: list[str]  # on standard output, without those of the progress
    faults: list[str]


Run = Callable[..., Awaitable[Outcome]]
CATALOGUE = ("condition", "indicator", "treatment", "community", "community_indicator", "community_treatment")
CONDITIONS = (
    "key;name;icd10;orpha;name_fr\ndry-river;Dry river disease;G35;4242;Maladie de la rivière\nhill;Hill fever;;;\n"
)
INDICATORS = """key,name,kind,scale,unit,minimum,maximum,lay_names,hpo,loinc,unit_fr,lay_names_fr
thirst,Thirst,SYMPTOM,RATING_0_10,,,,Riverish|Dry mouth,HP:9999999,,,Bouche pâteuse|Pépie
river-weight,River weight,measurement,quantity,kg,20,300.5,,,29463-7,kilos,
"""
TREATMENTS = "key;name;kind;atc\nriver-walks;River walks;LIFESTYLE;\nmaravine;Maravine;MEDICATION;n02be01\n"
COMMUNITIES = """key,name,description,condition,status,indicators,treatments,name_fr,description_fr
dry-river,Dry river disease,"Who live with it, and
how.",ORPHA:4242,OPEN,river-weight|HP:9999999,maravine,Rivière sèche,Ceux qui vivent avec.
hill,Hill fever,Up and down.,hill,DRAFT,,river-walks,,
"""
LISTS = {"conditions": CONDITIONS, "indicators": INDICATORS, "treatments": TREATMENTS, "communities": COMMUNITIES}
STAFF = "does not agree with what staff have set: only a QUANTITY has a unit"


def command(dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, on this database."""
    monkeypatch.setenv("COHORTE_DATABASE_URL", dsn)

    async def carried_out(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = await asyncio.to_thread(load.main, [str(argument) for argument in arguments])
        printed = capsys.readouterr()
        lines = [line for line in printed.out.splitlines() if "%" not in line[:7] and not line.startswith("Loading ")]
        return Outcome(status, lines, printed.err.splitlines())

    return carried_out


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def all_written(folder: Path) -> dict[str, Path]:
    """The file of each list, in the order in which they are loaded."""
    return {kind: written(folder, f"{kind}.csv", text) for kind, text in LISTS.items()}


async def snapshot(db: asyncpg.Connection) -> dict[str, set[str]]:
    """All rows of the catalogue and of the sources, as texts."""
    tables = (*CATALOGUE, "source_entry")
    return {
        table: {row["t"] for row in await db.fetch(f"select t::text as t from catalog.{table} t")} for table in tables
    }
