"""Fixtures of the suites that others wrote, and the page of their results, written once all of them have passed."""

import pytest

from tests.clients.results import PAGE, Results, expected, page

COLLECTED = pytest.StashKey[Results]()


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> Results:
    """Yields the results of the run, which each suite adds its own to."""
    return pytestconfig.stash.setdefault(COLLECTED, {})


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    collected = session.config.stash.get(COLLECTED, {})
    if exitstatus == 0 and set(collected) == set(expected()):
        PAGE.write_text(page(collected), encoding="utf-8")
