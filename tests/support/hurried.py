"""Lets scheduled work go on at once, where it would wait until a whole number of its steps has passed."""

import pytest

from resolvers import jobs


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the steps of scheduled work short: that it waits has a test in tests/insight/test_publishing_times.py."""
    for name, seconds in (("PART_SECONDS", 0.001), ("MEMBER_SECONDS", 0.0), ("PUBLISHING_SECONDS", 0.001)):
        monkeypatch.setattr(jobs, name, seconds)
    for name in ("COUNTING_SECONDS", "NETWORK_SECONDS", "MOVING_SECONDS"):
        monkeypatch.setattr(jobs, name, None)
