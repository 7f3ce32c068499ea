"""Every requirement of the specifications is held by a test that exists, or has a reason."""

import re
from pathlib import Path

import pytest

from tests.specification.requirements import SPECIFICATIONS, Requirement

FOLDER = Path(__file__).parents[1]
ALL = [one for requirements in SPECIFICATIONS.values() for one in requirements]


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.id}: {one.text}")
def test_a_requirement_has_tests_that_exist_or_a_reason(one: Requirement) -> None:
    assert bool(one.tests) is not bool(one.reason)
    for test in one.tests:
        file, name = test.split(": ")
        (path,) = FOLDER.rglob(file)
        assert re.search(rf"^(async )?def {name}\(", path.read_text(encoding="utf-8"), re.MULTILINE), test


def test_no_requirement_stands_twice() -> None:
    for requirements in SPECIFICATIONS.values():
        known = [(one.id, one.text) for one in requirements]
        assert sorted(known) == sorted(set(known))
