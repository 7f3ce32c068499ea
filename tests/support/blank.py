"""A migrated database that has no rows but those of the migrations, to clone: to migrate takes seconds each time."""

import pytest_asyncio

from commands.databases import at
from models.migrations.run import upgrade
from tests.support.clusters import run

BLANK = "template_blank"


@pytest_asyncio.fixture(scope="session")
async def blank(template: str) -> str:
    """Yields the cluster's address once the template database BLANK exists too."""
    await run(template, f"create database {BLANK}")
    await upgrade(at(template, BLANK))
    return template
