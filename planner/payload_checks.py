"""Checks the selections of a mutation's payloads before anything is written: plans statements and reads arguments."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
    is_object_type,
)
from graphql.execution.values import get_argument_values, get_directive_values
from graphql.language import FragmentSpreadNode, SelectionNode

from models.viewers import Viewer
from planner.arguments import Variables
from planner.declared import CHECK, Column
from planner.execution import plan_of, python_class
from planner.selection import Fields, Selections
from planner.tables import DEFINITION

if TYPE_CHECKING:
    from planner.operations import Operation, Plan


class PendingObject:
    """Stands for an object that the mutation has not made yet: each attribute is null."""

    def __getattr__(self, name: str) -> None:
        return None


def check_payloads(operation: "Operation", variables: Variables, viewer: Viewer) -> None:
    """Raises GraphQLError for a selection that would be refused after the mutation has been carried out.

    Arguments that depend on rows, such as the categories of an insight, are not checked.
    """
    schema = operation.planner.schema
    root = schema.mutation_type
    assert root is not None  # validated
    check_arguments(schema, operation.fragments, operation.node, root, variables, viewer)
    for plan in plans_of_operation(operation, variables):
        plan.values(variables, viewer, PendingObject())


def plans_of_operation(operation: "Operation", variables: Variables) -> Iterator["Plan"]:
    """The plans of an operation that graphql-core executes, each as soon as it is made."""
    root = operation.planner.schema.get_root_type(operation.kind)
    assert root is not None  # validated
    selections = Selections(operation.planner.schema, operation.fragments, variables.values)
    fields = selections.of(root, [operation.node.selection_set])
    return plans_of(operation, variables, selections, root, fields, ())


def check_arguments(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    root: GraphQLObjectType,
    variables: Variables,
    viewer: Viewer,
) -> None:
    """Raises GraphQLError for an argument of a field or directive that graphql-core would refuse during execution."""
    stack: list[tuple[Any, Any]] = [(operation.selection_set, root)]
    seen: set[str] = set()
    while stack:
        inside, kind = stack.pop()
        for node in inside.selections:
            if not is_included(node, variables):
                continue
            if isinstance(node, FieldNode):
                field = schema.get_field(kind, node.name.value)
                assert field is not None  # validated
                arguments = get_argument_values(field, node, variables.full)
                definition = field.extensions.get(DEFINITION)
                if definition is not None and CHECK in definition.metadata:
                    definition.metadata[CHECK](arguments, definition.arguments, viewer)
                if node.selection_set:
                    stack.append((node.selection_set, get_named_type(field.type)))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                stack.append((node.selection_set, schema.get_type(condition.name.value) if condition else kind))
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = fragments[node.name.value]
                stack.append((fragment.selection_set, schema.get_type(fragment.type_condition.name.value)))


def is_included(node: SelectionNode, variables: Variables) -> bool:
    """Whether `@skip` and `@include` keep the selection. Raises GraphQLError if a condition is null."""
    skip = get_directive_values(GraphQLSkipDirective, node, variables.full)
    include = get_directive_values(GraphQLIncludeDirective, node, variables.full)
    return not (skip and skip["if"]) and not (include and not include["if"])


def plans_of(
    operation: "Operation",
    variables: Variables,
    selections: Selections,
    kind: GraphQLObjectType,
    fields: Fields,
    path: tuple[str, ...],
) -> Iterator["Plan"]:
    """The statements of the planned fields below objects that Python returns. Execution finds them in the cache."""
    for key, nodes in fields.items():
        name, field_path = nodes[0].name.value, (*path, key)
        if name.startswith("__"):
            continue
        source, inner = operation.planner.tables.sources.get((kind.name, name)), get_named_type(kind.fields[name].type)
        if source is not None and not isinstance(source, Column):
            yield plan_of(operation, variables, kind, nodes, field_path, python_class(kind))
        elif is_object_type(inner):
            yield from plans_of(operation, variables, selections, inner, selections.fields(inner, nodes), field_path)
