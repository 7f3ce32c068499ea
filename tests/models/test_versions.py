"""Runs migrations and a core of the tests on each other version of PostgreSQL whose programs are installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.clusters import PROGRAMS

ROOT = Path(__file__).parents[2]
INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))  # where Debian has them
CORE = (
    "tests/planner/test_plans.py::test_an_operation_is_one_statement",
    "tests/community/test_discussions.py",
    "tests/insight/test_ledger.py",
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
