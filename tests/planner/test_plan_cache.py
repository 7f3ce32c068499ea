"""The cache of an operation's plans: bounded by the length of their statements."""

from dataclasses import dataclass

import pytest

from planner.plans import A_SELECTION, ENTRY, MOST_CHARACTERS, Plans


@dataclass
class Text:
    sql: str


def test_the_least_recently_used_plans_are_given_up() -> None:
    plans = Plans[Text](0)
    length = MOST_CHARACTERS // 4 - ENTRY
    for number in range(4):
        plans[number] = Text("x" * length)
    assert plans[0] is not None
    plans[4] = Text("x")
    assert [number in plans for number in range(5)] == [True, False, True, True, True]
    with pytest.raises(KeyError):
        plans[1]
    for number in range(5, 10_000):
        plans[number] = None
        plans[number] = Text("never stored")
    assert plans[9_999] is None
    assert plans.size <= MOST_CHARACTERS
    assert len(plans) <= MOST_CHARACTERS // ENTRY


def test_a_plan_that_is_too_long_is_kept_alone() -> None:
    plans = Plans[Text](0)
    plans["small"] = Text("x")
    plans["large"] = Text("x" * MOST_CHARACTERS)
    assert ("small" in plans, "large" in plans) == (False, True)


def test_an_operation_of_many_selections_has_more_space() -> None:
    assert Plans[Text](1_500).most == A_SELECTION * 1_500
