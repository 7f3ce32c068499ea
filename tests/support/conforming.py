"""Checks that the data of a response is what its document may return by the schema: keys, lists, nulls and values."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from planner.declared import Malformed

TYPE = "ofType"  # the alias under which every selection has its `__typename`


class TypenameVisitor(Visitor):
    """Adds `__typename` to every selection, without which the type of an abstract field's object is unknown."""

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        named = FieldNode(alias=NameNode(value=TYPE), name=NameNode(value="__typename"), arguments=(), directives=())
        return SelectionSetNode(selections=(named, *node.selections))


def with_typenames(document: str) -> str:
    return print_ast(visit(parse(document), TypenameVisitor()))


def faults_in(schema: GraphQLSchema, document: str, data: Any) -> list[str]:
    """What the data of a response to a document of `with_typenames` has that the schema does not allow."""
    tree = parse(document)
    (operation,) = [one for one in tree.definitions if isinstance(one, OperationDefinitionNode)]
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return list(Conforming(schema, tree).object(root, [operation.selection_set], data, "data"))


class Conforming:
    """The checks of one document, each of which returns the faults that it finds."""

    def __init__(self, schema: GraphQLSchema, tree: DocumentNode) -> None:
        self.schema = schema
        self.fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}

    def object(self, kind: GraphQLObjectType, sets: list[SelectionSetNode], value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is not an object"
            return
        if value.get(TYPE) != kind.name:
            yield f"{at}: is of type {value.get(TYPE)!r}"
            return
        fields: dict[str, list[FieldNode]] = {}
        for one in sets:
            self.collect(kind, one, fields)
        if list(value) != list(fields):
            yield f"{at}: has {list(value)} in place of {list(fields)}"
        for key in value.keys() & fields.keys():
            nodes = fields[key]
            if nodes[0].name.value == "__typename":
                continue
            inner = [node.selection_set for node in nodes if node.selection_set]
            yield from self.value(kind.fields[nodes[0].name.value].type, inner, value[key], f"{at}.{key}")

    def collect(self, kind: GraphQLObjectType, one: SelectionSetNode, into: dict[str, list[FieldNode]]) -> None:
        for node in one.selections:
            if isinstance(node, FieldNode):
                into.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self.applies(kind, node.type_condition.name.value):
                    self.collect(kind, node.selection_set, into)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if self.applies(kind, fragment.type_condition.name.value):
                    self.collect(kind, fragment.selection_set, into)

    def applies(self, kind: GraphQLObjectType, condition: str) -> bool:
        of: Any = self.schema.get_type(condition)
        return of is kind or (not isinstance(of, GraphQLObjectType) and self.schema.is_sub_type(of, kind))

    def value(self, kind: Any, sets: list[SelectionSetNode], value: Any, at: str) -> Iterator[str]:
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                yield f"{at}: null"
                return
            kind = kind.of_type
        if value is None:
            return
        if isinstance(kind, GraphQLList):
            if not isinstance(value, list):
                yield f"{at}: {value!r} is not a list"
                return
            for place, each in enumerate(value):
                yield from self.value(kind.of_type, sets, each, f"{at}.{place}")
        elif isinstance(kind, GraphQLScalarType):
            try:
                fits = not isinstance(kind.parse_value(value), Malformed)
            except Exception:
                fits = False
            if not fits:
                yield f"{at}: {value!r} is no {kind.name}"
        elif isinstance(kind, GraphQLEnumType):
            if value not in kind.values:
                yield f"{at}: {value!r} is not in {kind.name}"
        elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            named = self.schema.get_type(value.get(TYPE, "")) if isinstance(value, dict) else None
            if named not in self.schema.get_possible_types(kind):
                yield f"{at}: {value!r} is no {kind.name}"
            else:
                assert isinstance(named, GraphQLObjectType)
                yield from self.object(named, sets, value, at)
        else:
            yield from self.object(kind, sets, value, at)
