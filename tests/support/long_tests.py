"""Names the quick tests that took long. It is no failure: machines are noisy."""

from collections.abc import Iterable

import pytest

LONG_SECONDS = 3.0
NAMED = 10
ADVICE = "long for quick tests: CONTRIBUTING.md says which are slow"


def long_tests(reports: Iterable[pytest.TestReport]) -> list[str]:
    """A line for each of the tests that took longest, without the time of their fixtures; empty if none took long.

    Walks in a browser have a command of their own, and may take as long as they need.
    """
    calls = [each for each in reports if each.when == "call" and not each.nodeid.startswith("tests/browser/")]
    longest = sorted((each for each in calls if each.duration > LONG_SECONDS), key=lambda each: -each.duration)
    return [f"{each.duration:.1f} s {each.nodeid}" for each in longest[:NAMED]]
