"""Finds the variables of an operation that must not be null although their types allow it."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from planner.selection import everything


def never_null(
    node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], schema: GraphQLSchema
) -> frozenset[str]:
    """The variables that are used where a value is required: those of a nullable type have a default, or the place has.

    Validation accepts such a variable, and null in a request is an error: GraphQL, October 2021, 5.8.5 and 6.4.1.
    """
    root = schema.get_root_type(node.operation)
    places = [(root, node), *everything(node.selection_set, fragments, root, schema)]
    return frozenset(
        name
        for kind, each in places
        for given, wanted in _arguments(kind, each, schema)
        for name in _required(given, wanted)
    )


def _arguments(kind: Any, node: Any, schema: GraphQLSchema) -> Iterator[tuple[ValueNode, Any]]:
    """The arguments of a selection and of its directives, with the types of their places."""
    for directive in node.directives or ():
        declared = schema.get_directive(directive.name.value)
        for each in directive.arguments or ():
            yield each.value, declared.args[each.name.value].type  # type: ignore[union-attr]  # validated
    if isinstance(node, FieldNode) and node.arguments:
        field = schema.get_field(kind, node.name.value)
        for each in node.arguments:
            yield each.value, field.args[each.name.value].type  # type: ignore[union-attr]


def _required(given: ValueNode, wanted: Any) -> Iterator[str]:
    """The variables within a value that stand where null is not allowed."""
    if isinstance(given, VariableNode):
        if is_non_null_type(wanted):
            yield given.name.value
        return
    kind: Any = get_nullable_type(wanted)
    if isinstance(given, ListValueNode):
        for item in given.values:
            yield from _required(item, kind.of_type if is_list_type(kind) else kind)
    elif isinstance(given, ObjectValueNode):
        kind = kind.of_type if is_list_type(kind) else kind  # one object stands for a list of it
        for each in given.fields:
            yield from _required(each.value, get_nullable_type(kind).fields[each.name.value].type)
