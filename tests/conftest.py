"""How pytest collects the tests and gives them to workers. The fixtures are in tests/fixtures.py."""

import gc
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.support.long_tests import ADVICE, long_tests

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


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Imports the fixtures, and with them the server, unless workers do: they would wait for it for four seconds."""
    if config.getoption("dist") == "no" or config.getoption("collectonly"):
        config.pluginmanager.import_plugin("tests.fixtures")


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
