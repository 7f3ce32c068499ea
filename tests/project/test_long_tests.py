"""Tests of `make test` that take long are named after the run, the longest first."""

import pytest

from tests.support.long_tests import LONG_SECONDS, NAMED, long_tests


def report(name: str, seconds: float, when: str = "call") -> pytest.TestReport:
    return pytest.TestReport(name, (name, 1, name), {}, "passed", None, when, duration=seconds)  # type: ignore[arg-type]


def test_the_longest_tests_are_named_without_their_fixtures() -> None:
    reports = [
        report("long", LONG_SECONDS + 1),
        report("longest", LONG_SECONDS + 2),
        report("short", LONG_SECONDS - 1),
        report("after a long fixture", LONG_SECONDS + 3, "setup"),
        report("tests/browser/browse_all.py::test_a_walk", LONG_SECONDS + 4),
    ]
    assert long_tests(reports) == ["5.0 s longest", "4.0 s long"]


def test_only_some_of_many_are_named() -> None:
    assert len(long_tests(report(str(n), LONG_SECONDS + n) for n in range(1, 3 * NAMED))) == NAMED


def test_none_is_named_if_none_is_long() -> None:
    assert long_tests([report("short", LONG_SECONDS)]) == []
