"""Reads files that people downloaded or wrote: whole, as text, or not at all."""

import csv
import io
from pathlib import Path

from commands.loading.entries import NotLoaded

LARGEST = 200_000_000  # bytes; the largest file of the public medicines database has some 5 million


def read_text(path: Path, *encodings: str) -> str:
    """The text of a file, by the first encoding that fits. Raises NotLoaded if it cannot be read as text."""
    try:
        if path.stat().st_size > LARGEST:
            raise NotLoaded(f"{path.name} is larger than {LARGEST // 1_000_000} MB.")
        content = path.read_bytes()
    except OSError as error:
        raise NotLoaded(f"{path.name} cannot be read ({error.strerror}).") from None
    if b"\0" in content:
        raise NotLoaded(f"{path.name} is not a text file, or is in UTF-16: save it as UTF-8.")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise NotLoaded(f"{path.name} is empty.")
        return text
    raise NotLoaded(f"{path.name} is not text in {encodings[0].removesuffix('-sig').upper()}.")


def csv_records(text: str, file: str) -> list[tuple[int, list[str]]]:
    """The cells of each line that has any, with the line on which they begin; commas or semicolons are between them.

    Raises NotLoaded if a quote is not closed.
    """
    first = next(line for line in text.splitlines() if line.strip())
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((start, cells))
            start = reader.line_num + 1
    except csv.Error:
        raise NotLoaded(
            f"{file}, line {start}: a quote is not closed, or the file ends in the middle of a line."
        ) from None
    return records
