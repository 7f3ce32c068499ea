"""Publishes versions of the privacy notice, the terms and the consent notices: `python -m commands.legal`.

A version is a folder with a file for each language, such as en.txt. docs/operating.md describes it.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from commands.loading.files import read_text
from commands.owner import Connection, NotDone, run
from models.languages import Language
from models.research.surveys import ConsentPurpose

TEXT_MOST = 100_000  # characters
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")


@dataclass(frozen=True)
class Kind:
    """A kind of text: its table, and the columns that all of its rows have in common."""

    table: str
    common: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return "".join(f" AND {column} = '{value}'" for column, value in self.common.items())


KINDS = {
    "privacy-notice": Kind("catalog.privacy_notice"),
    "terms": Kind("catalog.terms"),
    "survey-notice": Kind("catalog.notice", {"purpose": ConsentPurpose.SURVEY_RESEARCH.value}),
    "tracking-notice": Kind("catalog.notice", {"purpose": ConsentPurpose.TRACKING_RESEARCH.value}),
}


def main(arguments: Sequence[str]) -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m commands.legal",
        description="List, write out and publish the texts that members accept, in the database of the settings, as "
        "its owner. Texts that are or were in force are never changed: members accepted them.",
    )
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    actions.add_parser("list", help="list all versions of all texts")
    write = actions.add_parser("write", help="write the texts in force into a folder, to edit them")
    publish = actions.add_parser("publish", help="publish a new version from a folder")
    withdraw = actions.add_parser("withdraw", help="withdraw a version that is not in force yet")
    for action in (write, publish, withdraw):
        action.add_argument("kind", choices=sorted(KINDS), metavar="KIND", help=", ".join(KINDS))
    for action in (publish, withdraw):
        action.add_argument("version", metavar="VERSION", help="the version's name, such as 2027-1")
    for action in (write, publish):
        action.add_argument("folder", type=Path, metavar="FOLDER", help=f"with {files()}")
    publish.add_argument("--from", type=day_of, dest="day", metavar="DAY", help="by UTC (default: today)")
    given = parser.parse_args(arguments)

    async def work(connection: Connection) -> None:
        match given.action:
            case "list":
                await list_versions(connection)
            case "write":
                await write_in_force(connection, KINDS[given.kind], given.folder)
            case "publish":
                await publish_version(connection, KINDS[given.kind], given.version, given.folder, given.day)
            case "withdraw":
                await withdraw_version(connection, KINDS[given.kind], given.version)

    return run(work)


async def list_versions(connection: Connection) -> None:
    today = await connection.fetchval("SELECT catalog.today()")
    for name, kind in KINDS.items():
        days = await versions_of(connection, kind)
        in_force = [version for version, day in days.items() if day <= today][-1:]
        for version, day in days.items():
            print(f"{name} {version}, from {day}{', in force' if version in in_force else ''}")


async def write_in_force(connection: Connection, kind: Kind, folder: Path) -> None:
    """Writes the texts in force into files. Raises NotDone if there are such files."""
    found = await connection.fetch(
        f"SELECT version, language, text FROM {kind.table} WHERE in_force_on ="
        f" (SELECT max(in_force_on) FROM {kind.table} WHERE in_force_on <= catalog.today(){kind.where}){kind.where}"
    )
    save(folder, {Language(row["language"]): row["text"] for row in found})
    print(f"{files()} have the texts of version {found[0]['version']}.")


async def publish_version(connection: Connection, kind: Kind, version: str, folder: Path, day: date | None) -> None:
    """Publishes the texts of a folder, in force from a day on. Raises NotDone, and NotLoaded for a file."""
    if not VERSION.fullmatch(version):
        raise NotDone("The version must have 1 to 20 letters, digits, dots and hyphens. Nothing was published.")
    texts = {language: text_of(folder / file_of(language)) for language in Language}
    await connection.execute(f"LOCK TABLE {kind.table} IN SHARE ROW EXCLUSIVE MODE")
    days = await versions_of(connection, kind)
    today = await connection.fetchval("SELECT catalog.today()")
    day = day or today
    if version in days:
        raise NotDone("There is a version of this name. Choose another. Nothing was published.")
    if day < today:
        raise NotDone("The day is in the past: nobody could have accepted the text. Nothing was published.")
    if day <= max(days.values(), default=date.min):
        raise NotDone(
            f"Another version is in force from {max(days.values())}. Choose a later day. Nothing was published."
        )
    names = [*kind.common, "version", "language", "in_force_on", "text"]
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    await connection.executemany(
        f"INSERT INTO {kind.table} ({', '.join(names)}) VALUES ({places})",
        [(*kind.common.values(), version, language.value, day, text) for language, text in texts.items()],
    )
    print(f"Version {version} is published, and in force from {day}.")


async def withdraw_version(connection: Connection, kind: Kind, version: str) -> None:
    """Deletes a version that nobody can have accepted. Raises NotDone for another."""
    if not await connection.fetch(
        f"DELETE FROM {kind.table} WHERE version = $1 AND in_force_on > catalog.today(){kind.where} RETURNING 1",
        version,
    ):
        raise NotDone("There is no such version that is not in force yet. Nothing was withdrawn.")
    print(f"Version {version} is withdrawn.")


async def versions_of(connection: Connection, kind: Kind) -> dict[str, date]:
    """The day from which each version is in force, in order."""
    found = await connection.fetch(
        f"SELECT DISTINCT version, in_force_on FROM {kind.table} WHERE true{kind.where} ORDER BY in_force_on, version"
    )
    return {row["version"]: row["in_force_on"] for row in found}


def text_of(path: Path) -> str:
    """The text of a file. Raises NotLoaded if there is none, NotDone if it is too long."""
    text = read_text(path, "utf-8-sig").replace("\r\n", "\n").strip()
    if len(text) > TEXT_MOST:
        raise NotDone(f"{path.name} has more than {TEXT_MOST:,} characters. Nothing was published.")
    return text


def save(folder: Path, texts: Mapping[Language, str]) -> None:
    """Writes each text to a new file of a folder, which is made if need be. Raises NotDone if there are such files."""
    paths = {language: folder / file_of(language) for language in texts}
    if any(path.exists() for path in paths.values()):
        raise NotDone(f"The folder has {files()} already. Nothing was written.")
    folder.mkdir(parents=True, exist_ok=True)
    for language, text in texts.items():
        paths[language].write_text(f"{text}\n", encoding="utf-8")


def day_of(text: str) -> date:
    """The day of an argument. Raises ArgumentTypeError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a day, such as 2027-03-01") from None


def file_of(language: Language) -> str:
    return f"{language.tag}.txt"


def files() -> str:
    return " and ".join(map(file_of, Language))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
