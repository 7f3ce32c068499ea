"""Describes the kinds of data in an export, and the JSON Schema of an export that contains them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
import sqlalchemy
from sqlalchemy import types
from sqlalchemy.dialects.postgresql import asyncpg

from models.rows import Expression, Rows

FORMAT = "cohorte-export"
VERSION = 2  # 1 had the rows of each table under the table's name
ADDRESS = "/schema/data-export.json"

JsonSchema: TypeAlias = Mapping[str, Any]
MOMENT: JsonSchema = {"type": "string", "format": "date-time"}
TEXT: JsonSchema = {"type": "string"}
INTEGER: JsonSchema = {"type": "integer"}
TEXTS: JsonSchema = {"type": "array", "items": TEXT}
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class ExportColumn:
    """A value of each row of a kind; `name` is as in the graph."""

    name: str
    about: str
    schema: JsonSchema


@dataclass(frozen=True)
class ExportKind:
    """A kind of data; `sql` selects each of its rows as JSON text. $1 is the member, and $2 the tag of their language.

    `finish` adds what Python computes to a row.
    """

    name: str  # of the JSON list, in camel case
    about: str
    columns: tuple[ExportColumn, ...]
    sql: str
    finish: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def file(self) -> str:
        """The name of its CSV file."""
        return f"{self.name}.csv"


@dataclass(frozen=True)
class GraphNames:
    """How the graph calls what tables hold: by a table's full name the prefix of ids, by a column's its description."""

    prefixes: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def id(self, table: str, column: str) -> str:
        """SQL of a row's id in the graph, from a column with its key; the bare key if the graph has none."""
        prefix = self.prefixes.get(table)
        return column if prefix is None else f"'{prefix}_' || {column}"

    def id_schema(self, table: str) -> JsonSchema:
        prefix = self.prefixes.get(table)
        return {"type": "string", "pattern": f"^{'' if prefix is None else f'{prefix}_'}{UUID}$"}


def camel(name: str) -> str:
    """A column as exports name it: `observedOn` for `observed_on`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def nullable(schema: JsonSchema) -> JsonSchema:
    """The schema of a value that may be null."""
    more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **more}


def schema_of(kind: types.TypeEngine[Any]) -> JsonSchema:
    """The schema of a column's value, as PostgreSQL writes it in JSON. Raises TypeError for a type it does not know."""
    if isinstance(kind, types.TypeDecorator):
        return schema_of(kind.impl_instance)
    if isinstance(kind, types.ARRAY):
        return {"type": "array", "items": schema_of(kind.item_type)}
    if isinstance(kind, types.Enum):
        return {"type": "string", "enum": list(kind.enums)}
    known: Sequence[tuple[Any, JsonSchema]] = (
        (types.Uuid, {"type": "string", "pattern": f"^{UUID}$"}),
        (types.DateTime, MOMENT),
        (types.Date, {"type": "string", "format": "date"}),
        (types.Boolean, {"type": "boolean"}),
        (types.Integer, INTEGER),
        (types.Numeric | types.Float, {"type": "number"}),
        (types.String, TEXT),
    )
    for each, schema in known:
        if isinstance(kind, each):
            return schema
    raise TypeError(f"an export cannot contain {kind!r}")


def sql_of(rows: Rows | Expression) -> str:
    """A statement as text, with its values in it: for values of this program, never for a caller's."""
    return str(rows.compile(dialect=asyncpg.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]


THE_MEMBER: Any = sqlalchemy.literal_column("$1::uuid")  # of an ExportKind's statement
THE_LANGUAGE: Any = sqlalchemy.literal_column("$2::text", types.Text())


def translated(row: str, column: str) -> str:
    """SQL of a text of a row in the member's language; the column's own text where nobody has translated it."""
    return f"coalesce({row}.translations -> $2::text ->> '{column}', {row}.{column})"


def as_json(listed: str) -> str:
    """The SQL of an ExportKind, of a SELECT of its columns. It has both parameters, whichever the SELECT needs."""
    return (
        f"SELECT row_to_json(e)::text FROM ({listed}) e"  # noqa: S608 - SQL of this program
        " WHERE $1::uuid IS NOT NULL AND $2::text IS NOT NULL"
    )


def json_schema(kinds: Sequence[ExportKind]) -> JsonSchema:
    """The JSON Schema (draft 2020-12) of an export in JSON. The columns of the CSV files have the same names."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Export of a member's data from Cohorte",
        "type": "object",
        "required": ["format", "version", "schema", "exportedAt", "data"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": FORMAT},
            "version": {"const": VERSION},
            "schema": {"const": ADDRESS, "description": "Where the server has this JSON Schema."},
            "exportedAt": {**MOMENT, "description": "When the data was read."},
            "data": {
                "type": "object",
                "description": "All data stored about the member, by kind.",
                "required": [kind.name for kind in kinds],
                "additionalProperties": False,
                "properties": {kind.name: _list(kind) for kind in kinds},
            },
        },
    }


def json_schema_text(kinds: Sequence[ExportKind]) -> str:
    """The JSON Schema as text for people to read."""
    return orjson.dumps(json_schema(kinds), option=orjson.OPT_INDENT_2).decode() + "\n"


def _list(kind: ExportKind) -> JsonSchema:
    return {
        "type": "array",
        "description": kind.about,
        "items": {
            "type": "object",
            "required": [column.name for column in kind.columns],
            "additionalProperties": False,
            "properties": {column.name: {**column.schema, "description": column.about} for column in kind.columns},
        },
    }
