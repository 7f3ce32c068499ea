"""Fixtures that every test module can use. Each starts only when a test requests it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import uvloop
from argon2 import PasswordHasher
from graphql import GraphQLSchema

from commands import seed
from commands.databases import at
from models.migrations.run import upgrade
from models.viewers import Audience
from planner.operations import Planner
from resolvers.identity import passwords
from tests.golden.pairs import planners
from tests.support.blank import blank
from tests.support.client import anybody, ask, laboratory, manager, moderator, patient, relative, views
from tests.support.clusters import (
    becomes_left,
    clone,
    copied_cluster,
    make_template,
    quick_folder,
    run,
    throwaway_cluster,
)
from tests.support.declared import declared_catalogue
from tests.support.hurried import hurried
from tests.support.insights import published
from tests.support.known_types import remember
from tests.support.network import ada, ben, community_id, laboratory_user, network, own_network, steward, survey_manager
from tests.support.newcomers import mailbox, own_ask, owner
from tests.support.publishable import dataset, licensed_buyer, respondents
from tests.support.small_network import in_small_template
from tests.support.surveys import survey

__all__ = [
    "ada",
    "anybody",
    "ask",
    "ben",
    "blank",
    "community_id",
    "dataset",
    "declared_catalogue",
    "hurried",
    "in_small_template",
    "laboratory",
    "laboratory_user",
    "licensed_buyer",
    "mailbox",
    "manager",
    "moderator",
    "network",
    "own_ask",
    "own_network",
    "owner",
    "patient",
    "published",
    "relative",
    "respondents",
    "steward",
    "survey",
    "survey_manager",
]  # includes the fixtures of tests/support


# As the server's own processes do. asyncio's own loop takes a tenth more of a test.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
# A hash as the server makes it takes 35 ms of a core, and the tests sign in thousands of times.
passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
asyncpg.Connection._introspect_types = remember(asyncpg.Connection._introspect_types)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def schemas() -> dict[Audience, GraphQLSchema]:
    """Yields each view's schema; the servers share it, so tests must not change it."""
    return {audience: view._schema for audience, view in views().items()}


@pytest.fixture(scope="session")
def view_planners() -> dict[Audience, Planner]:
    """Yields the planner of each view."""
    return planners()


@pytest_asyncio.fixture(scope="session")
async def server(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Yields the superuser's address of the database "postgres" of a throw-away cluster, one for each worker."""
    if hasattr(pytestconfig, "workerinput"):
        async with copied_cluster(tmp_path_factory.getbasetemp().parent) as dsn:
            yield dsn
    else:
        with throwaway_cluster() as dsn:
            yield dsn


@pytest_asyncio.fixture(scope="session")
async def template(server: str) -> str:
    """Yields the cluster's address once the template database exists."""
    await make_template(server)
    return server


@pytest_asyncio.fixture(scope="session")
async def full_scale(server: str) -> AsyncIterator[str]:
    """Yields the address of the demonstration at full scale, seeded once because that takes half a minute."""
    await run(server, "create database full_scale")
    address = at(server, "full_scale")
    await upgrade(address)
    await seed.seed(address, 1.0)
    yield address
    await run(server, "drop database full_scale with (force)")


@pytest_asyncio.fixture(scope="session")
async def dsn(template: str) -> AsyncIterator[str]:
    """Yields the address of a database that all tests share; no test commits to it."""
    async with clone(template) as address:
        yield address


@pytest_asyncio.fixture
async def fresh(template: str) -> AsyncIterator[str]:
    """Yields the address of the test's own database, which it may write into."""
    async with clone(template) as address:
        yield address


@pytest_asyncio.fixture
async def admin(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Yields a superuser's connection to the shared database, in a transaction that is rolled back."""
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yields a new empty folder that PostgreSQL's account can reach, for a cluster of the test's own."""
    folder = quick_folder()
    yield folder
    left = becomes_left(folder)  # a server whose files are gone could not be stopped
    shutil.rmtree(folder, ignore_errors=True)
    assert left
