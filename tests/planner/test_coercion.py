"""Variables are coerced as graphql-core does, whichever way is taken."""

from typing import Any

import pytest
from graphql import Undefined, build_schema, parse_type, type_from_ast
from graphql.utilities import coerce_input_value

from planner.operations import coercer_of

SCHEMA = build_schema("""
    scalar Day
    enum Sharing { ALL NONE }
    input Answer { item: ID!, text: String = "none" }
    type Query { a(day: Day, sharing: Sharing, answer: Answer, number: Int, rate: Float, yes: Boolean): String }
""")
TYPES = ["String", "Int", "Float", "Boolean", "ID", "Day", "Sharing", "Answer", "[Int!]"]
VALUES = [None, "", "a", "ALL", "MOST", 0, 7, 2**40, 1.0, 1.5, True, [], [1], [None], {}, {"item": 3}, {"other": 3}]


@pytest.mark.parametrize("required", [False, True], ids=["nullable", "required"])
@pytest.mark.parametrize("name", TYPES)
def test_a_variable_is_coerced_as_graphql_core_does(name: str, *, required: bool) -> None:
    kind: Any = type_from_ast(SCHEMA, parse_type(name + "!" * required))
    coerce = coercer_of(kind)
    found = [coerce(value) for value in VALUES]
    assert list(map(repr, found)) == [repr(coerce_input_value(value, kind)) for value in VALUES]
    assert (found[0] is Undefined) == required
    assert any(value is not Undefined for value in found[1:])
