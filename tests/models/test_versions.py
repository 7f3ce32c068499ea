"""Runs migrations and a core of the tests on each other version of PostgreSQL whose programs are installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.clusters import PROGRAMS

ROOT = Path(__file__).parents[2]
INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))  # where Debian has them
MIGRATIONS = "tests/models/test_migrations.py"
CORE = (
    "tests/planner/test_plans.py::test_an_operation_is_one_statement",
    "tests/community/test_discussions.py",
    "tests/insight/test_ledger.py",
    # What the code declares is what migrations make, and what `commands.roles apply` makes again.
    "tests/models/test_policies.py",
    f"{MIGRATIONS}::test_alembic_finds_no_difference_between_the_database_and_the_models",
    f"{MIGRATIONS}::test_columns_constraints_and_indexes_equal_the_models",
    f"{MIGRATIONS}::test_migrating_a_migrated_database_changes_nothing",
    "tests/models/test_datasets_migration.py",
    "tests/insight/test_freezing_pieces.py",
    "tests/insight/test_ending_pieces.py",
    "tests/insight/test_publishing_races.py",
    "tests/research/test_departures.py",
    "tests/faults/test_erasing.py",
)


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="needs apt-get install postgresql")
@pytest.mark.parametrize("program", INSTALLED, ids=lambda program: program.parent.parent.name)
def test_the_core_works_on_another_version(program: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "--tb=short", *CORE]
    environment = os.environ | {PROGRAMS: str(program.parent)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1_500)
    assert done.returncode == 0, done.stdout[-5_000:]
    assert " skipped" not in done.stdout
