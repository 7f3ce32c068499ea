"""A plugin of pytest that leaves out the rest of a file once one of its tests has failed, as `-x` does of all files."""

import pytest

failed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        failed.add(report.location[0])


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.location[0] in failed:
        pytest.skip("a test of this file has failed")
