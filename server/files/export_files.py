"""Writes the rows of an export to a file, as one JSON document or as a ZIP archive of CSV files."""

import asyncio
import re
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import IO, Any, Protocol

import orjson

from models.database import Connection
from models.identity.data_exports import DataExportFormat
from models.languages import Language
from resolvers.exporting import ADDRESS, FORMAT, VERSION, ExportKind

CHUNK_ROWS = 500  # read and written at a time
MEMORY_BYTES = 1_000_000  # larger files lie on disk, in a file without a name
# What a spreadsheet may take for a formula (OWASP, CSV injection), after blanks and characters that do not show; and an
# apostrophe, so that the one which is put before these can be removed again. The last four are full-width forms.
FORMULA = re.compile(
    "'|[\t\r\n]|[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]"
)
MARK = "\ufeff"  # by which spreadsheets recognize UTF-8
MEDIA_TYPES = {DataExportFormat.JSON: "application/json", DataExportFormat.CSV_ZIP: "application/zip"}
SUFFIXES = {DataExportFormat.JSON: "json", DataExportFormat.CSV_ZIP: "zip"}


class Writer(Protocol):
    """Writes kinds one after another: each is begun, then its rows are written, then it is ended."""

    def begin(self, kind: ExportKind) -> None: ...
    def write(self, rows: Sequence[str]) -> None: ...
    def end(self) -> None: ...
    def close(self) -> None: ...


async def write_export(
    connection: Connection, kinds: Iterable[ExportKind], member: object, format: DataExportFormat, language: Language
) -> IO[bytes]:
    """All data of a member in a file, to be read from its start, with the words of the catalogue in a language.

    To be called in a transaction of the member's view.

    Rows are read in chunks and written in a thread, so that neither the event loop nor the memory is held by a large
    export.
    """
    file = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
    try:
        now = datetime.now(UTC)
        writer: Writer = JsonWriter(file, now) if format is DataExportFormat.JSON else CsvZipWriter(file, now)
        for kind in kinds:
            await asyncio.to_thread(writer.begin, kind)
            cursor = await connection.cursor(kind.sql, member, language.tag)
            while rows := await cursor.fetch(CHUNK_ROWS):
                await asyncio.to_thread(writer.write, [row[0] for row in rows])
            await asyncio.to_thread(writer.end)
        await asyncio.to_thread(writer.close)
    except BaseException:
        file.close()
        raise
    return file


class JsonWriter:
    """Writes a document that conforms to `resolvers.exporting.json_schema`."""

    def __init__(self, file: IO[bytes], now: datetime) -> None:
        self.file = file
        self.kind: ExportKind | None = None
        self.between = b""
        about = {"format": FORMAT, "version": VERSION, "schema": ADDRESS, "exportedAt": now}
        file.write(orjson.dumps(about)[:-1] + b',"data":{')

    def begin(self, kind: ExportKind) -> None:
        self.file.write((b"," if self.kind else b"") + b"\n" + orjson.dumps(kind.name) + b":[")
        self.kind, self.between = kind, b"\n"

    def write(self, rows: Sequence[str]) -> None:
        assert self.kind is not None
        finish = self.kind.finish
        texts = rows if finish is None else [orjson.dumps(finish(orjson.loads(row))).decode() for row in rows]
        self.file.write(self.between + ",\n".join(texts).encode())
        self.between = b",\n"

    def end(self) -> None:
        self.file.write(b"]")

    def close(self) -> None:
        self.file.write(b"\n}}\n")


class CsvZipWriter:
    """Writes an archive of CSV files with a header row, and `columns.csv`, which describes their columns.

    As RFC 4180, with CRLF; texts are quoted, null is empty and a list is JSON. Before a text that a spreadsheet would
    take for a formula, and before one that begins with an apostrophe, stands an apostrophe.
    """

    def __init__(self, file: IO[bytes], now: datetime) -> None:
        self.archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self.date_time = (now.year, now.month, now.day, now.hour, now.minute, now.second)
        self.kinds: list[ExportKind] = []

    def begin(self, kind: ExportKind) -> None:
        self.kinds.append(kind)
        self.entry = self.open(kind.file)
        self.entry.write((MARK + line([column.name for column in kind.columns])).encode())

    def open(self, name: str) -> IO[bytes]:
        info = zipfile.ZipInfo(name, self.date_time)
        info.compress_type = zipfile.ZIP_DEFLATED
        return self.archive.open(info, "w")

    def write(self, rows: Sequence[str]) -> None:
        kind = self.kinds[-1]
        found = (orjson.loads(row) for row in rows)
        finished = found if kind.finish is None else map(kind.finish, found)
        lines = (line([row[column.name] for column in kind.columns]) for row in finished)
        self.entry.write("".join(lines).encode())

    def end(self) -> None:
        self.entry.close()

    def close(self) -> None:
        with self.open("columns.csv") as entry:
            entry.write((MARK + line(["file", "rows", "column", "type", "description"])).encode())
            for kind in self.kinds:
                for column in kind.columns:
                    described = [kind.file, kind.about, column.name, type_of(column.schema), column.about]
                    entry.write(line(described).encode())
        self.archive.close()


def line(values: Iterable[Any]) -> str:
    return ",".join(map(cell, values)) + "\r\n"


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if FORMULA.match(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"'


def type_of(schema: Any) -> str:
    """A JSON Schema's type in a word: its format, if it has one."""
    kind = schema["type"]
    name = kind if isinstance(kind, str) else kind[0]
    return str(schema.get("format", name))
