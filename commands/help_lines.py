"""Replaces the help lines that members in distress can call: `python -m commands.help_lines`.

A list is a CSV file with the columns number, language, name and description, in the order in which lines are shown.
docs/operating.md describes it.
"""

import argparse
import csv
import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from commands.loading.files import csv_records, read_text
from commands.owner import Connection, NotDone, run
from models.languages import Language

COLUMNS = ["number", "language", "name", "description"]
NUMBER = re.compile(r"\+?[0-9](?:[ .-]?[0-9]){1,14}")
NAME_MOST, DESCRIPTION_MOST = 100, 500  # characters
LINES_MOST = 20  # numbers

HelpLineRow = tuple[str, str, str, str]


def main(arguments: Sequence[str]) -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m commands.help_lines",
        description="Write out and replace the help lines, in the database of the settings, as its owner.",
    )
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    for name, about in (
        ("write", "write the lines to a new file"),
        ("replace", "replace all lines by those of a file"),
    ):
        action = actions.add_parser(name, help=about)
        action.add_argument("file", type=Path, metavar="FILE", help=f"CSV with the columns {', '.join(COLUMNS)}")
    given = parser.parse_args(arguments)

    async def work(connection: Connection) -> None:
        await (write if given.action == "write" else replace)(connection, given.file)

    return run(work)


async def write(connection: Connection, path: Path) -> None:
    """Writes the lines to a file. Raises NotDone if it exists."""
    found = await connection.fetch(
        "SELECT number, language, name, description FROM catalog.help_line ORDER BY position, language"
    )
    save(path, [tuple(row) for row in found])
    print(f"{path.name} has {len(found)} lines.")


async def replace(connection: Connection, path: Path) -> None:
    """Replaces the lines by those of a file. Raises NotDone with every fault of it, and NotLoaded."""
    lines, faults = read(read_text(path, "utf-8-sig"), path.name)
    if faults:
        raise NotDone("\n".join([*faults, "Nothing was replaced."]))
    await connection.execute("DELETE FROM catalog.help_line")
    numbers = list(dict.fromkeys(number for number, _, _, _ in lines))
    await connection.executemany(
        "INSERT INTO catalog.help_line (number, language, name, description, position) VALUES ($1, $2, $3, $4, $5)",
        [(*line, numbers.index(line[0]) + 1) for line in lines],
    )
    print(f"Help lines: {len(numbers)}.")


def save(path: Path, lines: Sequence[tuple[str, ...]]) -> None:
    if path.exists():
        raise NotDone(f"{path.name} exists. Nothing was written.")
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows([COLUMNS, *lines])
    path.write_text(made.getvalue(), encoding="utf-8")


def read(text: str, file: str) -> tuple[list[HelpLineRow], list[str]]:
    """The lines of a file, and its faults with the number of the line and the column; no value is repeated."""
    (first, names), *records = csv_records(text, file)
    header = [cell.strip().lower() for cell in names]
    if sorted(header) != sorted(COLUMNS):
        return [], [f"line {first}: the columns must be {', '.join(COLUMNS)}"]
    lines: list[HelpLineRow] = []
    faults: list[str] = []
    for place, row in records:
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        line = (*(cells.get(name, "") for name in COLUMNS),)
        faults += [f"line {place}, {fault}" for fault in faults_of(*line, cells=len(row))]
        lines.append((line[0], line[1].upper(), line[2], line[3]))
    return lines, faults + faults_together(lines)


def faults_of(number: str, language: str, name: str, description: str, *, cells: int) -> list[str]:
    """What is wrong with a line on its own."""
    if cells != len(COLUMNS):
        return [f"all columns: expected {len(COLUMNS)} cells"]
    wrong = {
        "number: expected digits, such as 112 or +33 1 02 03 04 05": NUMBER.fullmatch(number) is None,
        f"language: expected {' or '.join(each.value for each in Language)}": language.upper()
        not in Language.__members__,
        f"name: expected 1 to {NAME_MOST} characters": not 1 <= len(name) <= NAME_MOST,
        f"description: expected 1 to {DESCRIPTION_MOST} characters": not 1 <= len(description) <= DESCRIPTION_MOST,
    }
    return [fault for fault, is_wrong in wrong.items() if is_wrong]


def faults_together(lines: Sequence[HelpLineRow]) -> list[str]:
    """What is wrong with the lines together: each number needs every language once."""
    spoken: dict[str, list[str]] = {}
    for number, language, _, _ in lines:
        spoken.setdefault(number, []).append(language)
    expected = sorted(Language.__members__)
    found = []
    if not lines or len(spoken) > LINES_MOST:
        found.append(f"expected 1 to {LINES_MOST} numbers")
    if any(sorted(languages) != expected for languages in spoken.values()):
        found.append(f"each number needs one line in each language: {', '.join(expected)}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
