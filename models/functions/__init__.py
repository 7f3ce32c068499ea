"""Finds the current source of the database's functions, triggers and views, in the order in which it is loaded."""

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
DOMAINS = ("identity", "community", "tracking", "research", "insight")


def before_tables() -> Iterator[Path]:
    """The files that tables build on: functions that generated columns call."""
    yield from sorted(FOLDER.glob("*.sql"))


def after_tables() -> Iterator[Path]:
    """The files of each domain, one domain after the other, by name within it."""
    for domain in DOMAINS:
        yield from sorted((FOLDER / domain).glob("*.sql"))


def defining(kind: str, name: str) -> Path | None:
    """The file that creates this object: a `FUNCTION` or `VIEW` by its qualified name, a `TRIGGER` by its own.

    None if no file does.
    """
    wanted = re.compile(rf"^CREATE (OR REPLACE )?{kind} {re.escape(name)}\b", re.MULTILINE)
    files = (*before_tables(), *after_tables())
    return next((file for file in files if wanted.search(file.read_text(encoding="utf-8"))), None)
