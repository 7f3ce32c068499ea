"""Names the quick tests that took long. It is no failure: machines are noisy."""

from collections.abc import Iterable

import pytest

LONG_SECONDS = 3.0
NAMED = 10
ADVICE = "long for quick tests: CONTRIBUTING.md says which are slow"


def long_tests(reports: Iterable[pytest.TestReport]) -> list[str]:
    """A line for each of the tests that took longest, without the time of their fixtures; empty if none took long."""
    long = [each for each in reports if each.when == "call" and each.duration > LONG_SECONDS]
    return [f"{each.duration:.1f} s {each.nodeid}" for each in sorted(long, key=lambda each: -each.duration)[:NAMED]]
