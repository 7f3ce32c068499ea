"""The caches of operations' plans: bounded by the length of their statements, each and together."""

import gc
from dataclasses import dataclass

import pytest
from graphql import parse
from sqlalchemy.sql.compiler import IdentifierPreparer, SQLCompiler

from models.viewers import Audience
from planner.compiling import COMPILED_ALIKE
from planner.operations import Planner
from planner.plans import A_SELECTION, ENTRY, MOST_CHARACTERS, Plans, PlanSpace


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


def test_the_operations_used_least_recently_give_up_their_plans_once_all_are_too_long() -> None:
    space = PlanSpace(1_000)
    text = Text("x" * (200 - ENTRY + 50))
    made = [Plans[Text](0, space) for _ in range(4)]
    for plans in made:
        plans["a"] = text  # 250 each
    assert (space.size, [len(plans) for plans in made]) == (1_000, [1, 1, 1, 1])
    assert made[0]["a"] is text
    made[3]["b"] = text
    assert [len(plans) for plans in made] == [1, 0, 0, 2]  # seven eighths are left: 875
    assert space.size == sum(plans.size for plans in made) == 750
    with pytest.raises(KeyError):
        made[1]["a"]


def test_one_operation_may_have_all_the_space_and_plans_that_are_kept_are_not_given_up() -> None:
    space = PlanSpace(1_000)
    trusted, large = Plans[Text](0, space), Plans[Text](0, space)
    trusted["kept"] = Text("x")
    trusted.keep()
    trusted["other"] = Text("x")
    large["a"] = Text("x" * 5_000)
    assert ("kept" in trusted, "other" in trusted, "a" in large) == (True, False, True)


def test_operations_that_are_forgotten_leave_their_space() -> None:
    space = PlanSpace(100 * ENTRY)
    kept = Plans[Text](0, space)
    kept["a"] = None
    for _ in range(1_000):
        Plans[Text](0, space)["a"] = None
    gc.collect()
    for number in range(90):
        kept[number] = None
    assert len(kept) == 91
    assert space.size <= space.most


def test_no_alias_that_a_client_sends_is_remembered(view_planners: dict[Audience, Planner]) -> None:
    """SQLAlchemy keeps each name that it has quoted. With 200 aliases a second, one caller added gigabytes a day."""
    planner, number = view_planners[Audience.PUBLIC], 4 * COMPILED_ALIKE
    for each in range(number):
        operation = planner.operation(parse(f"{{ remembered{each}: communities {{ nodes {{ name }} }} }}"), None)
        operation.plan_all(operation.coerce({}))
    gc.collect()
    preparers = [each for each in gc.get_objects() if isinstance(each, IdentifierPreparer)]
    names = {name for each in preparers for name in each._strings if name.startswith("remembered")}
    assert 0 < len(names) <= COMPILED_ALIKE < number


def test_what_wrote_a_statement_is_forgotten_without_a_collection(view_planners: dict[Audience, Planner]) -> None:
    """It holds all expressions of the statement: as cyclic garbage, they took a tenth of a new document's time."""
    gc.collect()
    gc.disable()
    try:
        operation = view_planners[Audience.PUBLIC].operation(parse("{ communities { nodes { slug name } } }"), None)
        assert operation.plan(operation.coerce({})) is not None
        assert [each for each in gc.get_objects() if isinstance(each, SQLCompiler)] == []
    finally:
        gc.enable()
