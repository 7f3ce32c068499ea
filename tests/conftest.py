"""Fixtures that every test module can use. Each starts only when a test requests it."""

import gc
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from graphql import GraphQLSchema
from hypothesis import Phase, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from commands import seed
from commands.databases import at
from models.migrations.run import upgrade
from models.viewers import Audience
from planner.operations import Planner
from resolvers.identity import passwords
from tests.golden.pairs import planners
from tests.support.blank import blank
from tests.support.client import anybody, ask, laboratory, manager, moderator, patient, relative, views
from tests.support.clusters import becomes_left, clone, make_template, quick_folder, run, throwaway_cluster
from tests.support.declared import declared_catalogue
from tests.support.hurried import hurried
from tests.support.insights import published
from tests.support.known_types import remember
from tests.support.long_tests import ADVICE, long_tests
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


# A hash as the server makes it takes 35 ms of a core, and the tests sign in thousands of times.
passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
asyncpg.Connection._introspect_types = remember(asyncpg.Connection._introspect_types)  # type: ignore[attr-defined]


# Files that take long. Of several workers, each takes these first: a file stays on one, and the last would run alone.
LONG = (
    "browser/browse_staff.py",
    "browser/browse_laboratory.py",
    "browser/browse_graphiql.py",
    "browser/browse_every_page.py",
    "project/test_contributing.py",
    "server/test_memory.py",
    "faults/test_cluster_failover.py",
    "commands/test_deploy.py",
    "models/test_versions.py",
    "insight/test_colon_trial.py",
    "planner/test_plans.py",
    "identity/test_data_exports.py",
    "server/test_trusted_documents.py",
    "commands/test_load.py",
    "graph/test_every_field.py",
    "graph/test_staff_fields.py",
    "graph/test_nodes.py",
    "graph/test_every_text.py",
    "project/test_starting.py",
    "commands/test_serve.py",
    "planner/test_oracle.py",
    "server/test_payloads.py",
    "graph/test_boundary_values.py",
    "tracking/test_member_days.py",
    "insight/test_attacks.py",
    "models/test_migrations.py",
    "server/test_event_loop.py",
    "server/test_events.py",
    "tracking/test_trials.py",
    "commands/test_demonstration.py",
    "journeys/test_invariants.py",
    "server/test_connections.py",
    "server/test_primary_outages.py",
    "server/test_standbys.py",
    "server/test_scheduler.py",
    "research/test_news.py",
)


# Files whose tests share nothing, and take long: each goes to the worker that is free.
APART = (
    "project/test_contributing.py",
    "privacy/test_means.py",
    "privacy/test_changes.py",
    "privacy/test_size_gate.py",
    "privacy/test_reading.py",
)


# Files that share `full_scale`, which takes a worker a minute.
AT_FULL_SCALE = ("planner/test_plans.py", "commands/test_demonstration_tables.py", "project/test_benchmark.py")


class Scheduling(LoadFileScheduling):  # type: ignore[misc]
    """Gives tests that share fixtures to one worker: those of a file, but for APART, and those AT_FULL_SCALE."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if file.endswith(AT_FULL_SCALE):
            return "full_scale"
        return nodeid if file.endswith(APART) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        folder = Path(__file__).parent
        items.sort(key=lambda item: item.path.relative_to(folder).as_posix() not in LONG)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects tests without collecting garbage, of which modules and tests leave little: it would take a second."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Leaves out of every later collection what stays until the end: the modules and the tests themselves."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.markexpr == "not slow" and (long := long_tests(terminalreporter.getreports("passed"))):
        terminalreporter.write_sep("-", ADVICE)
        for line in long:
            terminalreporter.write_line(line)


# Shrinking a failure runs its property hundreds of times more: `--hypothesis-profile=shrink` asks for it.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target)
settings.register_profile("shrink", phases=(*PHASES, Phase.shrink))
settings.register_profile("plain", phases=PHASES)
settings.load_profile("plain")


@pytest.fixture(scope="session")
def schemas() -> dict[Audience, GraphQLSchema]:
    """Yields each view's schema; the servers share it, so tests must not change it."""
    return {audience: view._schema for audience, view in views().items()}


@pytest.fixture(scope="session")
def view_planners() -> dict[Audience, Planner]:
    """Yields the planner of each view."""
    return planners()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Yields the superuser's address of the database "postgres" of a throw-away cluster."""
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
