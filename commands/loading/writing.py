"""Reads the catalogue as loading compares it, and writes what a comparison decided."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB

from commands.loading.comparing import Comparison, Flat, Given
from commands.loading.entries import CellValue
from commands.owner import Connection
from models.metadata import metadata

# Computed by PostgreSQL or by counting members, or the merger of communities: never of a source.
NOT_LOADED = {
    "demonstration",
    "search",
    "version",
    "member_count",
    "counted_on",
    "consenting_count",
    "needed_count",
    "merged_into_id",
}
KINDS = ("condition", "indicator", "treatment", "community")  # what is referenced comes first
LISTS = {"indicators": "indicator", "treatments": "treatment"}  # of a community, in order


@dataclass(frozen=True)
class State:
    """The catalogue before loading: rows by kind and id, and what each source gave by source, kind and code."""

    rows: Mapping[str, Mapping[str, Flat]]
    given: Mapping[tuple[str, str], Mapping[str, Given]]
    today: date


def columns(kind: str) -> list[str]:
    """The columns of the kind's table that loading reads and writes."""
    return [column.name for column in metadata.tables[f"catalog.{kind}"].columns if column.name not in NOT_LOADED]


async def lock(connection: Connection, kinds: Iterable[str]) -> None:
    """Keeps tables from being edited until the end of the transaction. Members read, track and write as usual.

    The advisory lock is that of staff who edit the catalogue: neither waits for a part of what the other has.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.catalogue'))")
    tables = ["source_entry", *sorted(kinds)]
    if "community" in kinds:
        tables += [f"community_{kind}" for kind in LISTS.values()]
    await connection.execute(
        f"LOCK TABLE {', '.join(f'catalog.{table}' for table in tables)} IN SHARE ROW EXCLUSIVE MODE"
    )


async def read_state(connection: Connection) -> State:
    """The catalogue, as `flat` rows."""
    rows = {}
    for kind in KINDS:
        found = await connection.fetch(f"SELECT {', '.join(columns(kind))} FROM catalog.{kind}")
        rows[kind] = {str(row["id"]): flat(kind, dict(row)) for row in found}
    for name, kind in LISTS.items():
        links = await connection.fetch(
            f"SELECT community_id, {kind}_id AS id FROM catalog.community_{kind}"
            f" ORDER BY community_id, position, {kind}_id"
        )
        listed: dict[str, list[str]] = defaultdict(list)
        for link in links:
            listed[str(link["community_id"])].append(str(link["id"]))
        for id, row in rows["community"].items():
            row[name] = listed[id]
    given: dict[tuple[str, str], dict[str, Given]] = defaultdict(dict)
    for entry in await connection.fetch("SELECT source, kind, code, row_id, given FROM catalog.source_entry"):
        given[entry["source"], entry["kind"]][entry["code"]] = Given(str(entry["row_id"]), json.loads(entry["given"]))
    today: date = await connection.fetchval("SELECT catalog.today()")
    return State(rows, given, today)


async def recorded(connection: Connection, indicators: Iterable[str]) -> set[str]:
    """Those of the indicators of which members have recorded values."""
    found = await connection.fetch(
        "SELECT i.id FROM unnest($1::uuid[]) i (id) WHERE EXISTS"
        " (SELECT FROM care.observation o WHERE o.indicator_id = i.id)",
        list(indicators),
    )
    return {str(row["id"]) for row in found}


def flat(kind: str, row: Mapping[str, Any]) -> Flat:
    """A table's row with ids and days as texts, and its translations as columns of their own."""
    values: Flat = {}
    for column in columns(kind):
        value = row[column]
        if column == "translations":
            texts = json.loads(value) if isinstance(value, str) else value
            for language, by_column in texts.items():
                values |= {f"translations.{language}.{name}": text for name, text in by_column.items()}
        elif isinstance(value, UUID):
            values[column] = str(value)
        elif isinstance(value, date):
            values[column] = value.isoformat()
        else:
            values[column] = value
    return values


async def write(connection: Connection, made: Comparison) -> None:
    """Writes what the comparison adds, changes, retires and restores, and stores what the source gave."""
    kind = made.batch.kind
    changes = list(made.rows())
    if changes:
        whole = [record(kind, change.id, change.row) for change in changes]
        await upsert(connection, f"catalog.{kind}", columns(kind), whole, ("id",))
    for name, listed in LISTS.items():
        if kind == "community":
            listing = {change.id: change.row.get(name) for change in changes if name in change.columns}
            await write_list(connection, listed, listing)
    entries = [
        (made.batch.source, kind, code, UUID(given.row), json.dumps(given.values)) for code, given in made.given.items()
    ]
    if entries:
        names = ["source", "kind", "code", "row_id", "given"]
        await upsert(connection, "catalog.source_entry", names, entries, ("source", "kind", "code"))


async def upsert(
    connection: Connection, table: str, names: list[str], rows: list[tuple[Any, ...]], key: tuple[str, ...]
) -> None:
    """Inserts rows, or updates those that exist, by one statement from a temporary table."""
    listed = ", ".join(names)
    rest = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    await connection.execute(
        f"CREATE TEMPORARY TABLE loading ON COMMIT DROP AS SELECT {listed} FROM {table} WITH NO DATA"
    )
    await connection.copy_records_to_table("loading", records=rows, columns=names)
    await connection.execute(
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM loading"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {rest}"
    )
    await connection.execute("DROP TABLE loading")


def record(kind: str, id: str, row: Flat) -> tuple[Any, ...]:
    """A flat row as a record of the table's columns; what it does not have is what the table's class defaults to."""
    return tuple(UUID(id) if name == "id" else stored(kind, name, row) for name in columns(kind))


def stored(kind: str, name: str, row: Flat) -> Any:
    column = metadata.tables[f"catalog.{kind}"].columns[name]
    if isinstance(column.type, JSONB):
        return json.dumps(texts(row))
    value = row.get(name)
    if value is None:
        return None if column.nullable else EMPTY.get(name)
    if name.endswith("_id"):
        return UUID(str(value))
    return date.fromisoformat(str(value)) if name.endswith("_on") else value


EMPTY: Mapping[str, CellValue] = {"words": "", "lay_names": [], "status": "DRAFT"}


def texts(row: Flat) -> dict[str, dict[str, CellValue]]:
    """The translations of a flat row, by language and column."""
    made: dict[str, dict[str, CellValue]] = defaultdict(dict)
    for name, value in row.items():
        if name.startswith("translations.") and value:
            _, language, column = name.split(".")
            made[language][column] = value
    return made


async def write_list(connection: Connection, kind: str, listing: Mapping[str, CellValue]) -> None:
    """Replaces the indicators or treatments of communities, in order: those that differ get a version and a history."""
    await connection.executemany(
        f"SELECT catalog.replace_community_{kind}s($1, $2)",
        [
            (UUID(community), [UUID(id) for id in ids] if isinstance(ids, list) else [])
            for community, ids in listing.items()
        ],
    )
