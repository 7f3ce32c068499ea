"""Plans an operation before it is requested, for the shapes that its variables may have.

A shape is what the variables change in a statement: conditions, sizes of pages, and which arguments are given.
"""

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, get_nullable_type, is_non_null_type
from graphql.type import GraphQLBoolean
from graphql.utilities.coerce_input_value import coerce_input_literal

from planner.arguments import Variables, present, structural
from planner.operations import Operation

SHAPES = 32  # of one operation
ENUM_VALUES = 8  # of a larger enum, none is tried
ABSENT = object()  # a variable that is not sent
GIVEN = object()  # one of which a statement needs to know only that it is sent


def plan_ahead(operation: Operation) -> int:
    """Plans the operation for every shape that is known without a request, and keeps these plans for good.

    Returns the number of shapes. Shapes that depend on a value, such as the size of a page in a required variable, are
    planned when they are requested. So are shapes that are refused now: a request is told why.
    """
    made = 0
    for variables in islice(shapes(operation), SHAPES):
        try:
            operation.plan_all(variables)
        except GraphQLError:
            continue
        made += 1
    operation.keep_plans()
    return made


def shapes(operation: Operation) -> Iterator[Variables]:
    """The variables of each shape, the usual one first. Their values are good for planning only."""
    candidates = {}
    for name, kind, default in operation.shaping_variables():
        parts = operation.parts_of(name)
        candidates[name] = values_of(kind, default) if structural in parts else presence_of(kind, default)
        if parts - {structural, present}:  # the prefix of an id
            return
    for chosen in product(*candidates.values()):
        values = {name: value for name, value in zip(candidates, chosen, strict=True) if value is not ABSENT}
        yield Variables(values)


def presence_of(kind: Any, default: Any) -> list[Any]:
    return [GIVEN] if default is not None or is_non_null_type(kind) else [ABSENT, GIVEN]


def values_of(kind: Any, default: Any) -> list[Any]:
    """The values of a variable that are known beforehand; none if a request has to choose."""
    found: list[Any] = []
    if default is not None:
        found.append(coerce_input_literal(default, kind))
    elif not is_non_null_type(kind):
        found.append(ABSENT)
    named = get_nullable_type(kind)
    if named is GraphQLBoolean:
        found += [value for value in (True, False) if value not in found]
    elif isinstance(named, GraphQLEnumType) and len(named.values) <= ENUM_VALUES:
        found += [each.value for each in named.values.values() if each.value not in found]
    return found
