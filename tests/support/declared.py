"""Compares a migrated database with what the code declares, and names the file and the command of each difference."""

import os
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from itertools import count

import pytest_asyncio

from commands.databases import at
from models import functions
from models.migrations import catalogue, declared
from tests.support.clusters import run

numbers = count(1)


@asynccontextmanager
async def empty(server: str) -> AsyncIterator[str]:
    """The superuser's address of a new empty database, dropped afterwards."""
    name = f"empty_{os.getpid()}_{next(numbers)}"
    await run(server, f"create database {name} template template0")
    try:
        yield at(server, name)
    finally:
        await run(server, f"drop database {name} with (force)")


@pytest_asyncio.fixture(scope="session")
async def declared_catalogue(server: str) -> catalogue.Catalogue:
    """Yields the catalogue of a database built from the classes, functions and policies in the code."""
    async with empty(server) as dsn:
        await declared.build(dsn)
        return await catalogue.read(dsn)


async def complaints(dsn: str, declared_catalogue: catalogue.Catalogue, kinds: Collection[str]) -> list[str]:
    """A sentence for each object of these kinds that differs between a database and the code."""
    found = await catalogue.read(dsn)
    return [complaint(item) for item in catalogue.differing(found, declared_catalogue, kinds)]


def complaint(item: catalogue.Item) -> str:
    command = " ".join(["python -m commands.new migration NAME", *([item.table] if item.table else [])])
    mend = f"correct the rule, or run `{command}`" if item.kind in catalogue.GUARDS else f"run `{command}`"
    return f"{place(item)}: {item.kind} {item.name} differs from the migrated database: {mend}"


def place(item: catalogue.Item) -> str:
    """Where an object is declared: a file, or the name of the table whose class declares it."""
    if item.kind in catalogue.GUARDS:
        return "models/security/read_rules.py or models/security/write_rules.py"
    if item.kind in catalogue.OF_TABLES:
        return str(item.table)
    if item.kind == "trigger":
        file = functions.defining("TRIGGER", item.name.partition(" on ")[0])
    else:
        name = re.search(r"[a-z_]+\.[a-z_]+", item.name)
        file = name and functions.defining("VIEW" if item.kind == "view" else "FUNCTION", name[0])
    return str(file.relative_to(functions.FOLDER.parents[1])) if file else "models/functions"
