"""Computes the cost of an operation from its document alone: the selections it makes and the nodes it may return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_interface_type,
    is_leaf_type,
    is_list_type,
)
from graphql.language import (
    BooleanValueNode,
    FragmentSpreadNode,
    IntValueNode,
    ListValueNode,
    SelectionNode,
    SelectionSetNode,
)

from planner.arguments import PAGE, argument
from planner.declared import COST, PAGE_SIZE, Column, Computed, NodesByIds, Paged, Sql
from planner.tables import DEFINITION, Tables

LIST_SIZE = 10  # nodes of a list without pages, if its declaration states no other size
FIELDS_A_NODE = 10  # that a node's cost of 1 includes: one text under a hundred aliases is a hundred texts
CHARACTERS_A_FIELD = 100  # of a long text: with the field before, a node's cost of 1 stands for some 1,000 bytes
IN_PYTHON = 100  # of a query that a function answers, with statements of its own
MUTATION = 10
INTROSPECTION = 100  # of `__schema` and `__type`, whatever is selected below
COSTLIEST = 1_000_000_000  # greater costs are reported as this
KNOWN = 32  # costs of one operation, by its variables

# Its `nodes` and `edges` have as many nodes; IN_EDGE in an edge, whose `node` is no other node.
PageSize: TypeAlias = int
IN_EDGE = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a selection: fields selected after expanding fragments, and nodes that it may return.

    `leaves` are its own, among which a long text counts as many.
    """

    selections: int = 0
    leaves: int = 0
    nodes: int = 0

    @property
    def total(self) -> int:
        return min(self.selections + self.nodes, COSTLIEST)

    @property
    def of_node(self) -> int:
        """What one node with this selection costs beside the 1 for itself."""
        return self.leaves // FIELDS_A_NODE + self.nodes


class Costs:
    """The costs of one view's operations, by the declarations of its fields. Pages have at most `page_limit` rows."""

    def __init__(self, schema: GraphQLSchema, tables: Tables, page_limit: int) -> None:
        self.schema, self.tables, self.page_limit = schema, tables, page_limit
        self.costliest: dict[tuple[str, str], Any] = {}  # where a field of an interface may come from

    def operation(self, document: DocumentNode, name: str | None) -> "OperationCosts | None":
        """The costs of one operation, by its variables; None if the document has none of this name.

        The document need not be valid, but must have passed `server.operations.limits.analyse`: a walk takes time
        linear in its selections with fragments expanded, and does not end on cyclic fragments.
        """
        node = get_operation_ast(document, name)
        return None if node is None else OperationCosts(self, document, node)

    def source(self, kind: Any, name: str) -> Any:
        """Where a field's value comes from; of an interface's field, where that is costliest of all its types."""
        if not is_interface_type(kind):
            return self.tables.sources.get((kind.name, name))
        if (kind.name, name) not in self.costliest:
            possible = [self.tables.sources.get((each.name, name)) for each in self.schema.get_possible_types(kind)]
            self.costliest[kind.name, name] = max(possible, key=weight)
        return self.costliest[kind.name, name]


def weight(source: Any) -> tuple[float, ...]:
    """By which one source of a field is costlier than another: its nodes, its computation, its text."""
    if not isinstance(source, (Column, Sql)):
        return 0, 0, 0
    size = source.size or (PAGE_SIZE if isinstance(source, Paged) else 0)
    return size, source.cost if isinstance(source, Computed) else 0, source.characters


@dataclass
class OperationCosts:
    """The cost of one operation for each set of variables that changes it."""

    costs: Costs
    document: DocumentNode
    node: OperationDefinitionNode
    variables: tuple[str, ...] | None = None  # those that change the cost; None before the first walk
    fixed: int | None = None  # the cost, if no variable changes it
    known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def total(self, variables: Mapping[str, Any]) -> int:
        """The cost with these variables, as sent. May run in any thread: 1,000 selections take 7 ms."""
        found = self.found(variables)
        return self._walked(variables) if found is None else found

    def found(self, variables: Mapping[str, Any]) -> int | None:
        """As `total`, if it is known."""
        if self.fixed is not None:
            return self.fixed
        return None if self.variables is None else self.known.get(self._key(variables, self.variables))

    def _walked(self, variables: Mapping[str, Any]) -> int:
        walk = Walk(self.costs, self.document, self.node, variables)
        root = self.costs.schema.get_root_type(self.node.operation)
        total = walk.cost(root, [self.node.selection_set]).total
        names = tuple(sorted(walk.used))
        if not names:
            self.fixed = total
        if len(self.known) >= KNOWN:
            self.known.clear()
        self.known[self._key(variables, names)] = total
        self.variables = names
        return total

    def _key(self, variables: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(self._relevant(variables[name]) if name in variables else "default" for name in names)

    def _relevant(self, value: Any) -> Any:
        """What matters of a value. Of one of a wrong type, which is refused later, nothing does."""
        if isinstance(value, bool) or value is None:
            return str(value)
        if isinstance(value, list):
            return f"{min(len(value), self.costs.page_limit + 1)} values"
        return max(0, min(value, self.costs.page_limit + 1)) if isinstance(value, int) else ""


class Walk:
    """Computes the cost of one operation with one request's variables, and collects those that it depends on."""

    def __init__(
        self, costs: Costs, document: DocumentNode, node: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> None:
        self.costs, self.schema, self.page_limit = costs, costs.schema, costs.page_limit
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.defaults = {one.variable.name.value: one.default_value for one in node.variable_definitions or ()}
        self.given = variables
        self.used: set[str] = set()

    def cost(self, kind: Any, sets: list[SelectionSetNode], page: PageSize | None = None) -> Cost:
        """The cost of selection sets on one object of a type, None if unknown; `page` if that is a connection or edge.

        Fields of one response key are merged, as in the response.
        """
        merged: dict[tuple[str, str, str], tuple[Any, list[FieldNode]]] = {}
        selections = leaves = nodes = 0
        for one in sets:
            selections += self.collect(kind, one, merged)
        for parent, fields in merged.values():
            inner = self.field(parent, fields, page)
            selections, leaves, nodes = selections + inner.selections, leaves + inner.leaves, nodes + inner.nodes
        return Cost(selections, leaves, nodes)

    def collect(
        self, kind: Any, one: SelectionSetNode, into: dict[tuple[str, str, str], tuple[Any, list[FieldNode]]]
    ) -> int:
        """Adds a selection set's fields by type and response key. Returns their number, with those that are skipped."""
        count = 0
        for node in one.selections:
            target = into if self.is_included(node) else {}
            if isinstance(node, FieldNode):
                count += 1
                key = (getattr(kind, "name", ""), (node.alias or node.name).value, node.name.value)
                target.setdefault(key, (kind, []))[1].append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self.schema.get_type(condition.name.value) if condition else kind
                count += self.collect(inner, node.selection_set, target)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments.get(node.name.value)
                if fragment is not None:
                    inner = self.schema.get_type(fragment.type_condition.name.value)
                    count += self.collect(inner, fragment.selection_set, target)
            if target is not into:
                for parent, fields in target.values():  # for its variables and its size: the cost must know them
                    count += self.field(parent, fields, None).selections
        return count

    def field(self, kind: Any, nodes: list[FieldNode], page: PageSize | None) -> Cost:
        """The cost of one field of an object, beside the 1 for its own selection."""
        node, inside = nodes[0], [each.selection_set for each in nodes if each.selection_set]
        name = node.name.value
        if name in ("__schema", "__type"):
            return Cost(self.cost(None, inside).selections, 0, INTROSPECTION)
        declared = getattr(kind, "fields", {}).get(name)
        if declared is None:  # unknown, which validation reports, or __typename
            return Cost(self.cost(None, inside).selections, 1, 0)
        source, named = self.costs.source(kind, name), get_named_type(declared.type)
        extra = source.cost if isinstance(source, Computed) else 0
        if is_leaf_type(named):
            characters = source.characters if isinstance(source, (Column, Sql)) else 0
            return Cost(0, 1 + characters // CHARACTERS_A_FIELD, extra)
        many = is_list_type(get_nullable_type(declared.type))
        if page is not None:
            inner = self.cost(named, inside, IN_EDGE if many and name == "edges" else None)
            return Cost(inner.selections, 0, page * (1 + inner.of_node) if many else inner.of_node)
        size = self.size(node, source) if many or isinstance(source, Paged) else 1
        if isinstance(source, Paged):
            inner = self.cost(named, inside, size)
            return Cost(inner.selections, 0, max(size, inner.nodes))  # a page without nodes is read all the same
        inner = self.cost(named, inside)
        return Cost(inner.selections, 0, extra + self.own(kind, declared, source) + size * (1 + inner.of_node))

    def own(self, kind: Any, declared: GraphQLField, source: object) -> int:
        if source is not None:
            return 0
        if kind is self.schema.query_type:
            cost: int = declared.extensions[DEFINITION].metadata.get(COST, IN_PYTHON)
            return cost
        return MUTATION if kind is self.schema.mutation_type else 0

    def size(self, node: FieldNode, source: object) -> int:
        """The number of a list's nodes: as requested, or as declared."""
        if isinstance(source, NodesByIds):
            return self.ids(node)
        sizes = [size for name in PAGE if (size := self.requested(node, name)) is not None]
        if sizes:
            return max(sizes)
        if not isinstance(source, Sql):
            return source.size or LIST_SIZE if isinstance(source, Column) else LIST_SIZE
        default = next((each.default for each in source.parameters if each.argument == "first"), None)
        return source.size or default or (PAGE_SIZE if isinstance(source, Paged) else LIST_SIZE)

    def requested(self, node: FieldNode, name: str) -> int | None:
        """The value of `first` or `last`, None if not given. What is not within 1 to the limit is refused later."""
        value = argument(node, name)
        if isinstance(value, VariableNode):
            given = self.variable(value)
            if given is None:
                return None
            return max(1, min(given, self.page_limit)) if type(given) is int else self.page_limit
        if isinstance(value, IntValueNode):
            # By its length first: converting a literal of thousands of digits is refused by Python.
            return max(1, min(int(value.value), self.page_limit)) if len(value.value) < 10 else self.page_limit
        return None

    def ids(self, node: FieldNode) -> int:
        """The number of ids of `nodes`, within 1 to the limit. Where it is not known, the limit."""
        value: Any = argument(node, "ids")
        if isinstance(value, VariableNode):
            name = value.name.value
            self.used.add(name)
            value = self.given[name] if name in self.given else self.defaults.get(name)
        if isinstance(value, ListValueNode):
            value = value.values
        return max(1, min(len(value), self.page_limit)) if isinstance(value, (list, tuple)) else self.page_limit

    def is_included(self, node: SelectionNode) -> bool:
        included = True
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                for given in directive.arguments or ():
                    if self.condition(given.value) is (directive.name.value == "skip"):
                        included = False
        return included

    def condition(self, value: object) -> bool | None:
        if isinstance(value, VariableNode):
            given = self.variable(value)
            return given if isinstance(given, bool) else None
        return value.value if isinstance(value, BooleanValueNode) else None

    def variable(self, node: VariableNode) -> Any:
        """A variable as sent, or else its default, if that is a number or a Boolean."""
        name = node.name.value
        self.used.add(name)
        if name in self.given:
            return self.given[name]
        default = self.defaults.get(name)
        if isinstance(default, IntValueNode):
            return int(default.value) if len(default.value) < 10 else self.page_limit
        return default.value if isinstance(default, BooleanValueNode) else None
