"""The only place that gathers the demonstration's rows and copies them into their tables."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import asyncpg
from sqlmodel import SQLModel


class Network:
    """The rows to write, table by table, in the columns' order of the first row."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.columns: dict[str, tuple[str, ...]] = {}

    def add(self, table: type[SQLModel], /, **values: Any) -> None:
        """One row of demonstration data; every row of a table names the same columns."""
        name = table.__table__.fullname  # type: ignore[attr-defined]
        columns = self.columns.setdefault(name, tuple(values))
        if columns != tuple(values):
            raise ValueError(f"rows of {name} differ in their columns")
        self.rows[name].append((*values.values(), True))

    def change(self, name: str, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Replaces, in every row of a table, the values that `how` gives for it."""
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
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
