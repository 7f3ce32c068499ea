"""The only place that weighs a document before it is validated: how deep, how wide, how often the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

from server.errors import Code, over, refusal
from settings import Limits

EXPANDED = 1_500  # selections once every fragment is written out; PostgreSQL's rows end at 1,664 columns
REPEATED = 5_000  # pairs of fields with one response key: validation compares each pair, in some 8 microseconds
DIRECTIVES = 8  # at one place
NESTING = 100  # braces in braces, whatever they hold: what walks a document after us walks it by recursion
MUTATIONS = 10  # in one operation: a password may not be guessed at a hundred times in a request
INTROSPECTION = frozenset(("__schema", "__type"))
INTROSPECTION_DEPTH = 30  # GraphiQL asks for types of types of types
INTROSPECTION_ALIASES = 10  # each may ask for the whole schema again, which takes some 50 ms


@dataclass(frozen=True)
class Weight:
    """What the limits found out on their way: whether a document introspects, and whether it does nothing else."""

    introspects: bool = False
    only_introspects: bool = False
    sound: bool = True  # False: fragments that are cyclic or of one name, which a few rules say more safely than all


@dataclass(frozen=True)
class Shape:
    """A selection with its fragments written out: levels of fields, levels of braces, selections of every kind."""

    depth: int
    nesting: int
    size: int


EMPTY = Shape(0, 0, 0)
OPEN = Shape(0, 0, 0)  # of a fragment that is being measured: to come back to it is a cycle


def weigh(document: DocumentNode, limits: Limits) -> Weight:
    """What a parsed document weighs; raises Refusal when that is too much. Takes time in proportion to its length.

    An undefined fragment counts as nothing: validation reports it.
    """
    pass_ = Pass(document, limits)
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if pass_.defined > limits.fragments:
        raise too_many("fragments", limits.fragments, pass_.defined, "fragments")
    size = depth = 0
    for operation in operations:
        pass_.directives(operation.directives)
        for variable in operation.variable_definitions or ():
            pass_.name(variable.variable.name.value)
            pass_.directives(variable.directives)
            if variable.default_value:
                pass_.value(variable.default_value)
        shape = pass_.shape(operation.selection_set)
        depth, size = max(depth, shape.depth), size + shape.size
    for name in pass_.fragments:
        pass_.fragment(name)
    if pass_.cyclic or pass_.defined > len(pass_.fragments):
        return Weight(sound=False)
    if pass_.aliases > limits.aliases:
        raise too_many("aliases", limits.aliases, pass_.aliases, "aliases")
    if depth > limits.depth:
        message = f"Document depth {depth} exceeds the limit of {limits.depth}."
        raise over("depth", limits.depth, message, asked=depth)
    if size > EXPANDED:
        raise too_many("selections", EXPANDED, size, "selections after expanding fragments")
    # Only now, when what is written out is known to be small, is it written out.
    roots = set[str]()
    for operation in operations:
        asked = pass_.merge([operation.selection_set])
        if operation.operation is OperationType.MUTATION and len(asked) > MUTATIONS:
            raise too_many("mutations", MUTATIONS, len(asked), "mutations")
        roots.update(node.name.value for node in asked)
    introspects = bool(pass_.introspected)
    if introspects and pass_.aliases > INTROSPECTION_ALIASES:
        raise too_many("aliases", INTROSPECTION_ALIASES, pass_.aliases, "aliases beside introspection")
    return Weight(introspects, introspects and roots <= INTROSPECTION | {"__typename"})


def weigh_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Refuses variables with a list that is too long or a character that no text may hold."""
    rest: list[Any] = list(variables.values())
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            if "\x00" in value:
                raise nul()
        elif isinstance(value, list):
            if len(value) > limits.input_list:
                raise too_long(limits.input_list, len(value))
            rest.extend(value)
        elif isinstance(value, dict):
            rest.extend(value.values())


class Pass:
    """One walk over a document; every fragment is measured once, however often it is spread."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.limits = limits
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.defined = sum(isinstance(one, FragmentDefinitionNode) for one in document.definitions)
        self.shapes: dict[str, Shape] = {}
        self.cyclic = False
        self.aliases = 0
        self.introspected = False
        self.pairs = 0

    def fragment(self, name: str) -> Shape:
        known = self.shapes.get(name)
        if known is not None:
            self.cyclic = self.cyclic or known is OPEN
            return known
        definition = self.fragments.get(name)
        if definition is None:
            return EMPTY
        self.shapes[name] = OPEN
        self.name(name)
        self.name(definition.type_condition.name.value)
        self.directives(definition.directives)
        shape = self.shapes[name] = self.shape(definition.selection_set)
        return shape

    def shape(self, selection_set: SelectionSetNode, level: int = 1) -> Shape:
        depth = nesting = size = 0
        if level > NESTING:  # within one definition; through fragments it is known only on the way back
            raise nested(level)
        for node in selection_set.selections:
            self.directives(node.directives)
            if isinstance(node, FieldNode):
                inner = self.field(node, level)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition:
                    self.name(node.type_condition.name.value)
                inner = self.shape(node.selection_set, level + 1)
            elif isinstance(node, FragmentSpreadNode):
                inner = self.fragment(node.name.value)
            else:  # pragma: no cover
                continue
            depth, nesting, size = max(depth, inner.depth), max(nesting, inner.nesting), size + 1 + inner.size
        if nesting >= NESTING:
            raise nested(nesting + 1)
        return Shape(depth, nesting + 1, size)

    def field(self, node: FieldNode, level: int) -> Shape:
        name = node.name.value
        self.name(name)
        if node.alias:
            self.aliases += 1
            self.name(node.alias.value)
        for argument in node.arguments or ():
            self.argument(argument)
        inner = self.shape(node.selection_set, level + 1) if node.selection_set else EMPTY
        if name not in INTROSPECTION:
            return Shape(inner.depth + 1, inner.nesting, inner.size)
        self.introspected = True
        if inner.depth >= INTROSPECTION_DEPTH:
            message = f"Introspection depth {inner.depth + 1} exceeds the limit of {INTROSPECTION_DEPTH}."
            raise over("introspection_depth", INTROSPECTION_DEPTH, message, asked=inner.depth + 1)
        return Shape(1, inner.nesting, inner.size)

    def name(self, name: str) -> None:
        # Not only response keys, which PostgreSQL would cut: errors name names, and search for ones that are alike.
        if len(name) > self.limits.key_bytes:
            message = f"A name of {len(name)} bytes exceeds the limit of {self.limits.key_bytes}."
            raise over("key_bytes", self.limits.key_bytes, message, asked=len(name))

    def directives(self, directives: Sequence[DirectiveNode | ConstDirectiveNode] | None) -> None:
        if not directives:
            return
        if len(directives) > DIRECTIVES:
            message = f"{len(directives)} directives at one location exceed the limit of {DIRECTIVES}."
            raise over("directives", DIRECTIVES, message, asked=len(directives))
        for directive in directives:
            self.name(directive.name.value)
            for argument in directive.arguments or ():
                self.argument(argument)

    def argument(self, argument: ArgumentNode | ConstArgumentNode) -> None:
        self.name(argument.name.value)
        self.value(argument.value)

    def value(self, node: ValueNode) -> None:
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
        """Counts the fields of one object, and of the objects below it; gives the first of each of its own."""
        nodes: dict[str, list[FieldNode]] = {}
        for one in sets:
            self.collect(one, nodes)
        if len(nodes) > self.limits.fields:
            raise too_many("fields", self.limits.fields, len(nodes), "fields in one selection")
        for same in nodes.values():
            self.pairs += len(same) * (len(same) - 1) // 2
            if self.pairs > REPEATED:
                message = f"Document repeats the same fields: its repetitions exceed the limit of {REPEATED:,}."
                raise over("repetitions", REPEATED, message)
            inner = [node.selection_set for node in same if node.selection_set]
            if inner:
                self.merge(inner)
        return [same[0] for same in nodes.values()]

    def collect(self, one: SelectionSetNode, into: dict[str, list[FieldNode]]) -> None:
        for node in one.selections:
            if isinstance(node, FieldNode):
                into.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                self.collect(node.selection_set, into)
            elif isinstance(node, FragmentSpreadNode):
                definition = self.fragments.get(node.name.value)
                if definition is not None:
                    self.collect(definition.selection_set, into)


def too_many(limit: str, most: int, asked: int, what: str) -> Exception:
    figure = f"{asked:,}" if asked < 1_000_000 else "more than a million"
    message = f"Document has {figure} {what}. The limit is {most:,}."
    return over(limit, most, message, asked=min(asked, 1_000_000))


def nested(asked: int) -> Exception:
    message = f"Document nests braces {asked} levels deep. The limit is {NESTING}."
    return over("nesting", NESTING, message, asked=asked)


def too_long(most: int, asked: int) -> Exception:
    return over("input_list", most, f"A list of {asked:,} values exceeds the limit of {most}.", asked=asked)


def nul() -> Exception:
    return refusal(400, Code.BAD_USER_INPUT, "Text may not contain the character U+0000.", lenient=True)
