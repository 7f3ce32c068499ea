"""Collects selected fields: fragments, type conditions, `@skip` and `@include`, merged fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)
from graphql.language import BooleanValueNode, DirectiveNode, SelectionNode

Fields = dict[str, list[FieldNode]]


class Selections:
    """Collects the fields that one operation selects of a type, with one request's variables."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def fields(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> Fields:
        """The fields that the nodes of one response key select of a type: merged nodes by response key, in order."""
        return self.of(kind, [node.selection_set for node in nodes if node.selection_set])

    def of(self, kind: GraphQLObjectType, sets: list[SelectionSetNode]) -> Fields:
        """As `fields`, of several selection sets."""
        found: Fields = {}
        seen: set[str] = set()
        for selected in sets:
            self._collect(kind, selected, found, seen)
        return found

    def _collect(self, kind: GraphQLObjectType, selected: SelectionSetNode, found: Fields, seen: set[str]) -> None:
        for node in selected.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, kind):
                    self._collect(kind, node.selection_set, found, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, kind):
                    self._collect(kind, fragment.selection_set, found, seen)

    def _applies(self, name: str, kind: GraphQLObjectType) -> bool:
        if name == kind.name:
            return True
        condition = self.schema.get_type(name)
        return is_abstract_type(condition) and self.schema.is_sub_type(condition, kind)

    def _included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in ("skip", "include") and self._condition(directive) is (name == "skip"):
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> bool:
        (condition,) = directive.arguments or ()
        value = condition.value
        if isinstance(value, VariableNode):
            return bool(self.variables[value.name.value])
        assert isinstance(value, BooleanValueNode)  # validated
        return value.value


def everything(
    selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], parent: Any, schema: GraphQLSchema
) -> Iterator[tuple[Any, SelectionNode]]:
    """Every selection of an operation, skipped ones too, with the type it is made on; each fragment's once."""
    seen: set[str] = set()
    stack: list[tuple[SelectionSetNode, Any]] = [(selected, parent)]
    while stack:
        inside, kind = stack.pop()
        for node in inside.selections:
            yield kind, node
            if isinstance(node, FieldNode):
                field = schema.get_field(kind, node.name.value) if node.selection_set else None
                if field is not None and node.selection_set:
                    stack.append((node.selection_set, get_named_type(field.type)))
            elif isinstance(node, InlineFragmentNode):
                name = node.type_condition.name.value if node.type_condition else None
                stack.append((node.selection_set, schema.get_type(name) if name else kind))
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = fragments[node.name.value]
                stack.append((fragment.selection_set, schema.get_type(fragment.type_condition.name.value)))
