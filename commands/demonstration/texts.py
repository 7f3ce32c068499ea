"""Collects the demonstration's rows and copies them into their tables."""

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import asyncpg
from sqlmodel import SQLModel

from resolvers.texts import bare


class Network:
    """The rows to write, by table, with their values in the order of the first row's columns."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.columns: dict[str, tuple[str, ...]] = {}

    def add(self, table: type[SQLModel], /, **values: Any) -> None:
        """Adds a row of demonstration data. Raises ValueError unless it has the same columns as the table's first row."""
        name = table.__table__.fullname  # type: ignore[attr-defined]
        columns = self.columns.setdefault(name, tuple(values))
        if columns != tuple(values):
            raise ValueError(f"Rows of {name} have different columns.")
        self.rows[name].append((*values.values(), True))

    def change(self, name: str, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Replaces, in every row of a table, the values that `how` returns for it."""
        columns = (*self.columns[name], "demonstration")
        for number, row in enumerate(self.rows[name]):
            values = dict(zip(columns, row, strict=True))
            self.rows[name][number] = tuple((values | how(values)).values())

    async def write(self, connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
        schema, table = name.split(".")
        await connection.copy_records_to_table(
            table, schema_name=schema, records=self.rows[name], columns=(*self.columns[name], "demonstration")
        )


def slug(name: str) -> str:
    """`Loss of appetite (mild)` -> `loss-of-appetite-mild`."""
    return re.sub(r"[^a-z0-9]+", "-", bare(name)).strip("-")


def in_running_text(name: str) -> str:
    """`Multiple sclerosis` -> `multiple sclerosis`; `HIV infection` and `Crohn's disease` stay as they are."""
    proper = name[1:2].isupper() or "'s " in name or name.split()[0] in ("Marfan", "Gaucher", "Fabry", "Mediterranean")
    return name if proper else name[0].lower() + name[1:]
