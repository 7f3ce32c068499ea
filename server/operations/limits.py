"""Checks a document's depth, breadth and repetitions against the limits, before it is validated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode
from graphql.language import (
    ArgumentNode,
    ConstArgumentNode,
    ConstDirectiveNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)

from server.operations.errors import Code, RequestError, empty_selection, limit_exceeded, request_error
from settings import Limits

EXPANDED = 1_500  # selections with all fragments expanded; a PostgreSQL row has at most 1,664 columns
REPEATED = 5_000  # pairs of fields with the same response key: validation takes about 8 microseconds for each pair
DIRECTIVES = 8  # at one location
NESTING = 100  # levels of braces of any kind: the visitors after this one are recursive
MUTATIONS = 10  # in one operation: one request must not try a hundred passwords
INTROSPECTION = frozenset(("__schema", "__type"))
INTROSPECTION_DEPTH = 30  # GraphiQL selects types within types, many levels deep
INTROSPECTION_ALIASES = 10  # each may repeat the whole schema, which takes about 50 ms


@dataclass(frozen=True)
class Analysis:
    """The result of `analyse`: whether a document introspects, and whether it does nothing else."""

    introspects: bool = False
    only_introspects: bool = False
    size: int = field(default=0, compare=False)  # selections of all operations, with fragments expanded
    sound: bool = True  # False: cyclic or duplicate fragments, which only `documents.SOUND` may validate


@dataclass(frozen=True)
class Complexity:
    """Of a selection with its fragments expanded: levels of fields, levels of braces, and number of selections."""

    depth: int
    nesting: int
    size: int


EMPTY = Complexity(0, 0, 0)
OPEN = Complexity(0, 0, 0)  # of a fragment that is being visited: reaching it again is a cycle


def analyse(document: DocumentNode, limits: Limits) -> Analysis:
    """Analyses a parsed document, in time linear in its length. Raises RequestError if it exceeds a limit.

    An undefined fragment counts as empty: validation reports it.
    """
    visitor = ComplexityVisitor(document, limits)
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if visitor.defined > limits.fragments:
        raise too_many("fragments", limits.fragments, visitor.defined, "fragments")
    size = depth = 0
    for operation in operations:
        visitor.directives(operation.directives)
        for variable in operation.variable_definitions or ():
            visitor.name(variable.variable.name.value)
            visitor.directives(variable.directives)
            if variable.default_value:
                visitor.value(variable.default_value)
        complexity = visitor.selection(operation.selection_set)
        depth, size = max(depth, complexity.depth), size + complexity.size
    for name in visitor.fragments:
        visitor.fragment(name)
    if visitor.cyclic or visitor.defined > len(visitor.fragments):
        return Analysis(sound=False)
    if visitor.aliases > limits.aliases:
        raise too_many("aliases", limits.aliases, visitor.aliases, "aliases")
    if depth > limits.depth:
        message = f"The document is {depth} levels deep and exceeds the limit of {limits.depth}."
        raise limit_exceeded("depth", limits.depth, message, asked=depth)
    if size > EXPANDED:
        raise too_many("selections", EXPANDED, size, "selections with fragments expanded")
    # Merging expands the fragments, so it comes after the check that the expanded document is small.
    roots = set[str]()
    for operation in operations:
        root_fields = visitor.merge([operation.selection_set])
        if operation.operation is OperationType.MUTATION and len(root_fields) > MUTATIONS:
            raise too_many("mutations", MUTATIONS, len(root_fields), "mutations")
        roots.update(node.name.value for node in root_fields)
    introspects = bool(visitor.introspected)
    if introspects and visitor.aliases > INTROSPECTION_ALIASES:
        raise too_many("aliases", INTROSPECTION_ALIASES, visitor.aliases, "aliases in an introspection query")
    return Analysis(introspects, introspects and roots <= INTROSPECTION | {"__typename"}, size)


def check_variables(variables: Mapping[str, Any], limits: Limits, enough: int | None = None) -> int:
    """The number of values in variables, with those in lists and objects; once it exceeds `enough`, so far.

    Raises RequestError for too many values, a list that is too long, and U+0000, which PostgreSQL cannot store.
    """
    rest: list[Any] = list(variables.values())
    count = len(rest)
    while rest and (enough is None or count <= enough):
        value = rest.pop()
        if isinstance(value, str):
            if "\x00" in value:
                raise nul()
        elif isinstance(value, list):
            if len(value) > limits.input_list:
                raise too_long(limits.input_list, len(value))
            rest.extend(value)
            count += len(value)
        elif isinstance(value, dict):
            rest.extend(value.values())
            count += len(value)
        if count > limits.input_values:
            message = f"The variables exceed the limit of {limits.input_values:,} values."
            raise limit_exceeded("input_values", limits.input_values, message)
    return count


class ComplexityVisitor:
    """Computes the complexity of selections and checks names and values; visits every fragment once."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.limits = limits
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.defined = sum(isinstance(one, FragmentDefinitionNode) for one in document.definitions)
        self.complexities: dict[str, Complexity] = {}  # by fragment
        self.cyclic = False
        self.aliases = 0
        self.introspected = False
        self.pairs = 0

    def fragment(self, name: str) -> Complexity:
        """The complexity of a fragment; EMPTY if it is undefined, OPEN within itself."""
        known = self.complexities.get(name)
        if known is not None:
            self.cyclic = self.cyclic or known is OPEN
            return known
        definition = self.fragments.get(name)
        if definition is None:
            return EMPTY
        self.complexities[name] = OPEN
        self.name(name)
        self.name(definition.type_condition.name.value)
        self.directives(definition.directives)
        complexity = self.complexities[name] = self.selection(definition.selection_set)
        return complexity

    def selection(self, selection_set: SelectionSetNode, level: int = 1) -> Complexity:
        """The complexity of a selection set; `level` counts braces within one definition."""
        depth = nesting = size = 0
        if not selection_set.selections:
            raise empty_selection(selection_set)
        if level > NESTING:  # within one definition; with fragments it is known only on return
            raise nested(level)
        for node in selection_set.selections:
            self.directives(node.directives)
            if isinstance(node, FieldNode):
                inner = self.field(node, level)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition:
                    self.name(node.type_condition.name.value)
                inner = self.selection(node.selection_set, level + 1)
            elif isinstance(node, FragmentSpreadNode):
                inner = self.fragment(node.name.value)
            else:  # pragma: no cover
                continue
            depth, nesting, size = max(depth, inner.depth), max(nesting, inner.nesting), size + 1 + inner.size
        if nesting >= NESTING:
            raise nested(nesting + 1)
        return Complexity(depth, nesting + 1, size)

    def field(self, node: FieldNode, level: int) -> Complexity:
        name = node.name.value
        self.name(name)
        if node.alias:
            self.aliases += 1
            self.name(node.alias.value)
        for argument in node.arguments or ():
            self.argument(argument)
        inner = self.selection(node.selection_set, level + 1) if node.selection_set else EMPTY
        if name not in INTROSPECTION:
            return Complexity(inner.depth + 1, inner.nesting, inner.size)
        self.introspected = True
        if inner.depth >= INTROSPECTION_DEPTH:
            message = (
                f"The introspection is {inner.depth + 1} levels deep and exceeds the limit of {INTROSPECTION_DEPTH}."
            )
            raise limit_exceeded("introspection_depth", INTROSPECTION_DEPTH, message, asked=inner.depth + 1)
        return Complexity(1, inner.nesting, inner.size)

    def name(self, name: str) -> None:
        # All names, and not only response keys, which PostgreSQL truncates: validation searches for similar names.
        if len(name) > self.limits.key_bytes:
            message = f"A name is {len(name)} bytes long and exceeds the limit of {self.limits.key_bytes}."
            raise limit_exceeded("key_bytes", self.limits.key_bytes, message, asked=len(name))

    def directives(self, directives: Sequence[DirectiveNode | ConstDirectiveNode] | None) -> None:
        if not directives:
            return
        if len(directives) > DIRECTIVES:
            message = f"One location has {len(directives)} directives and exceeds the limit of {DIRECTIVES}."
            raise limit_exceeded("directives", DIRECTIVES, message, asked=len(directives))
        for directive in directives:
            self.name(directive.name.value)
            for argument in directive.arguments or ():
                self.argument(argument)

    def argument(self, argument: ArgumentNode | ConstArgumentNode) -> None:
        self.name(argument.name.value)
        self.value(argument.value)

    def value(self, node: ValueNode) -> None:
        """Checks a literal: lengths of lists, and characters of strings."""
        if isinstance(node, StringValueNode):
            if "\x00" in node.value:
                raise nul()
        elif isinstance(node, ListValueNode):
            if len(node.values) > self.limits.input_list:
                raise too_long(self.limits.input_list, len(node.values))
            for value in node.values:
                self.value(value)
        elif isinstance(node, ObjectValueNode):
            for field in node.fields:
                self.name(field.name.value)
                self.value(field.value)

    def merge(self, sets: list[SelectionSetNode]) -> list[FieldNode]:
        """Counts the fields of one object and of those below it. Returns its first field for each response key."""
        nodes: dict[str, list[FieldNode]] = {}
        for one in sets:
            self.collect(one, nodes)
        if len(nodes) > self.limits.fields:
            raise too_many("fields", self.limits.fields, len(nodes), "fields in one selection")
        for same in nodes.values():
            self.pairs += len(same) * (len(same) - 1) // 2
            if self.pairs > REPEATED:
                message = f"The document exceeds the limit of {REPEATED:,} repeated selections of the same fields."
                raise limit_exceeded("repetitions", REPEATED, message)
            inner = [node.selection_set for node in same if node.selection_set]
            if inner:
                self.merge(inner)
        return [same[0] for same in nodes.values()]

    def collect(self, one: SelectionSetNode, into: dict[str, list[FieldNode]]) -> None:
        """Adds the fields of a selection set, with those of its fragments, by response key."""
        for node in one.selections:
            if isinstance(node, FieldNode):
                into.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                self.collect(node.selection_set, into)
            elif isinstance(node, FragmentSpreadNode):
                definition = self.fragments.get(node.name.value)
                if definition is not None:
                    self.collect(definition.selection_set, into)


def too_many(limit: str, most: int, asked: int, what: str) -> RequestError:
    figure = f"{asked:,}" if asked < 1_000_000 else "more than a million"
    message = f"The document has {figure} {what} and exceeds the limit of {most:,}."
    return limit_exceeded(limit, most, message, asked=min(asked, 1_000_000))


def nested(asked: int | None = None) -> RequestError:
    """A document with too many levels of braces; how many is unknown where its parsing was given up."""
    message = f"The document exceeds the limit of {NESTING} levels of nested braces."
    return limit_exceeded("nesting", NESTING, message, asked=asked)


def too_long(most: int, asked: int) -> RequestError:
    return limit_exceeded(
        "input_list", most, f"A list has {asked:,} values and exceeds the limit of {most:,}.", asked=asked
    )


def nul() -> RequestError:
    return request_error(400, Code.BAD_USER_INPUT, "Strings must not contain the character U+0000.", lenient=True)
