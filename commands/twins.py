"""Describes the datasets of an installation by what is public of them, and draws synthetic twins of them.

A description has the rows of the catalogue, of datasets, and of their variables and categories: no figure about
members, and not the size of a dataset. A twin is drawn from it and a fixed seed alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from random import Random
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import asyncpg

from commands.owner import Connection, NotDone
from models.insight.datasets import FREEZING_PARTS, DatasetKind
from models.languages import DEFAULT, Language
from models.research.surveys import ConsentPurpose
from privacy.bands import UNKNOWN
from privacy.budget import FLOOR

TableRows: TypeAlias = list[dict[str, Any]]
Description: TypeAlias = dict[str, TableRows]  # rows by table

RESPONDENTS = 1_000  # of every twin, whatever the size of the dataset
SEED = 2026
MARKS = {Language.EN: "synthetic data", Language.FR: "données synthétiques"}  # after a title
NOTHING = b"\xff"  # in a record: no further category
SYNTHETIC = UUID("5c6b1f0e-3b0a-4d3c-9a52-7f5c5d0c8a11")  # the namespace of synthetic members' ids

# What is described: tables in the order of their references, with their columns. What is not named here is not read.
ENTRY = "id, slug, name, kind, retired_on, merged_into_id, translations, words"
COLUMNS = {
    "catalog.condition": "id, name, icd10, orpha, omim, hpo, retired_on, translations",
    "catalog.indicator": f"{ENTRY}, lay_names, scale, unit, ucum, minimum, maximum, hpo, loinc",
    "catalog.treatment": f"{ENTRY}, inn, atc, national_code",
    "catalog.community": "id, slug, name, description, condition_id, words, status, merged_into_id, translations",
    "catalog.community_indicator": "community_id, indicator_id, position",
    "catalog.community_treatment": "community_id, treatment_id, position",
    "insight.dataset": "id, community_id, kind, title, wave, translations, collected_from, frozen_on, ends_on, "
    "offered_to, domain_version, cap_micro_rho",
    "insight.variable": "dataset_id, position, name, label, translations, ordinal, max_per_member, slot, rule, "
    "subject_id",
    "insight.category": "dataset_id, variable, place, code, label, translations, value, low, high",
}
IN_USE = "(SELECT id FROM insight.dataset WHERE status = 'OPEN' AND ends_on >= catalog.today())"
OWN = f"(SELECT dataset_id, position FROM insight.variable WHERE groups = '' AND dataset_id IN {IN_USE})"
CONDITIONS = {
    "insight.dataset": f"id IN {IN_USE}",
    "insight.variable": f"(dataset_id, position) IN {OWN}",
    "insight.category": f"(dataset_id, variable) IN {OWN}",
}


async def describe(connection: Connection) -> Description:
    """The datasets that insights can be published from today, as anybody may read them: for the public view's role."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return {
            table: json.loads(
                await connection.fetchval(
                    f"SELECT coalesce(json_agg(r), '[]') FROM (SELECT {columns} FROM {table}"
                    f" WHERE {CONDITIONS.get(table, 'true')} ORDER BY 1, 2, 3) r"
                )
            )
            for table, columns in COLUMNS.items()
        }


async def fill(connection: Connection, described: Description, respondents: int = RESPONDENTS) -> int:
    """Makes the database a sandbox and draws the twins that it does not have yet; how many these are.

    To be called in a transaction, as the owner. The server's job that freezes datasets publishes their size and their
    members' own tables. Raises NotDone if the database is neither a sandbox nor empty, and for a description of another
    version or without datasets.
    """
    if described.keys() != COLUMNS.keys():
        raise NotDone("This is not a description that this version has made: describe the datasets again.")
    if not described["insight.dataset"]:
        raise NotDone("There is no dataset that insights can be published from: nothing to draw a twin of.")
    await _mark(connection)
    known = {row["id"] for row in await connection.fetch("SELECT id FROM insight.dataset")}
    datasets = [row for row in described["insight.dataset"] if UUID(row["id"]) not in known]
    new = {row["id"] for row in datasets}
    variables = [row for row in described["insight.variable"] if row["dataset_id"] in new]
    categories = [row for row in described["insight.category"] if row["dataset_id"] in new]
    for table in COLUMNS:
        if table.startswith("catalog."):
            await _insert(connection, table, described[table])
    await _insert(connection, "insight.dataset", list(map(_marked, datasets)), ", status, progress")
    await _insert(connection, "insight.variable", variables)
    await _insert(connection, "insight.category", categories)
    members = await _members(connection, respondents)
    for dataset in datasets:
        records = records_of(
            [row for row in variables if row["dataset_id"] == dataset["id"]],
            [row for row in categories if row["dataset_id"] == dataset["id"]],
            respondents,
        )
        await _enrol(connection, UUID(dataset["id"]), dataset["kind"], members, list(records))
    return len(datasets)


def records_of(variables: TableRows, categories: TableRows, respondents: int, seed: int = SEED) -> Iterator[bytes]:
    """The records of a twin, in the format of `research.record`: each category of a variable is as likely as another.

    Of a variable with several values per member, the first is drawn so, and the number of further ones.
    """
    by_variable = {
        position: list(rows)
        for position, rows in groupby(
            sorted(categories, key=lambda row: (row["variable"], row["place"])), lambda row: row["variable"]
        )
    }
    in_order = sorted(variables, key=lambda row: row["slot"])
    chance = Random(f"{seed}/{'/'.join(row['name'] for row in in_order)}")  # noqa: S311 - it protects nobody
    known = [
        (len(by_variable[row["position"]]), _unknown(by_variable[row["position"]]), row["max_per_member"])
        for row in in_order
    ]
    for _ in range(respondents):
        yield b"".join(_drawn(chance, *each) for each in known)


def _unknown(categories: Sequence[Mapping[str, Any]]) -> int:
    place: int = next(row["place"] for row in categories if row["code"] == UNKNOWN)
    return place


def _drawn(chance: Random, places: int, unknown: int, most: int) -> bytes:
    first = chance.randrange(places)
    drawn = [first]
    if most > 1 and first != unknown:
        others = [place for place in range(places) if place not in (first, unknown)]
        drawn += chance.sample(others, chance.randint(0, min(most - 1, len(others))))
    return bytes(drawn).ljust(most, NOTHING)


async def _mark(connection: Connection) -> None:
    if await connection.fetchval("SELECT insight.is_sandbox()"):
        return
    try:
        await connection.execute("UPDATE insight.ledger SET sandbox = true")
    except asyncpg.CheckViolationError:
        raise NotDone(
            "A sandbox needs a database of its own: this one has accounts, members, organizations or datasets."
        ) from None


def _marked(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a dataset's twin, which is to be frozen. Its title says what it is, in every language."""
    titles = {
        language.tag: {"title": f"{texts['title']} ({MARKS[language]})"}
        for language in Language
        if (texts := dataset["translations"].get(language.tag)) is not None
    }
    title = f"{dataset['title']} ({MARKS[DEFAULT]})"
    return {**dataset, "title": title, "translations": titles, "status": "FREEZING", "progress": 0}


async def _insert(connection: Connection, table: str, rows: TableRows, more: str = "") -> None:
    """Inserts the rows that are not there yet, with `more` columns."""
    columns = COLUMNS[table] + more
    await connection.execute(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(null::{table}, $1)"
        " ON CONFLICT DO NOTHING",
        json.dumps(rows),
    )


async def _members(connection: Connection, respondents: int) -> list[UUID]:
    """The synthetic members, the same for all twins: without accounts, profiles and communities."""
    members = [uuid5(SYNTHETIC, str(number)) for number in range(respondents)]
    await connection.executemany(
        "INSERT INTO care.member (id, pseudonym, kind, joined_on) VALUES ($1, $2, 'PATIENT', $3)"
        " ON CONFLICT DO NOTHING",
        [(id, f"synthetic-{number}", date(2026, 1, 1)) for number, id in enumerate(members, 1)],
    )
    return members


async def _enrol(
    connection: Connection, dataset: UUID, kind: str, members: Sequence[UUID], records: Sequence[bytes]
) -> None:
    """Enters the records of a dataset, as if all members were frozen and only publishing were left."""
    survey = kind == DatasetKind.SURVEY
    purpose = ConsentPurpose.SURVEY_RESEARCH if survey else ConsentPurpose.TRACKING_RESEARCH
    await connection.execute(
        """
        INSERT INTO research.enrolment (dataset_id, member_id, purpose, reserved_micro_rho)
        SELECT $1, unnest($2::uuid[]), $3, 0
        """,
        dataset, members, purpose.value,
    )  # fmt: skip
    await connection.copy_records_to_table(
        "record",
        schema_name="research",
        columns=("dataset_id", "member_id", "codes"),
        records=[(dataset, member, codes) for member, codes in zip(members, records, strict=True)],
    )
    await connection.execute(
        """
        INSERT INTO research.freezing (dataset_id, floor, part, frozen_to)
        VALUES ($1, $2, $3, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        """,
        dataset, FLOOR, FREEZING_PARTS,
    )  # fmt: skip
