"""Finds what is wrong with a document, as graphql-core's `validate` does and by the same rules, in half the time."""

from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, Node, TypeInfo, Visitor
from graphql.language import FragmentDefinitionNode
from graphql.language.visitor import SKIP
from graphql.pyutils import RefMap
from graphql.validation import ASTValidationRule, ValidationContext
from graphql.validation.validate import ValidationAbortedError, query_document_keys_to_validate
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor

# What is below a node of each kind, without names: almost half of all nodes, at which no rule looks.
BELOW = {kind: tuple(key for key in keys if key != "name") for kind, keys in query_document_keys_to_validate.items()}

Rules = tuple[type[ASTValidationRule], ...]


def faults(
    schema: GraphQLSchema, document: DocumentNode, rules: Rules, most: int, *, hide_suggestions: bool
) -> list[GraphQLError]:
    """The errors of a document, in their order: at most `most`, and then one more that says so."""
    found: list[GraphQLError] = []

    def report(error: GraphQLError) -> None:
        if len(found) >= most:
            raise ValidationAbortedError("Too many validation errors, error limit reached. Validation aborted.")
        found.append(error)

    types = TypeInfo(schema)
    context = SharedByRules(schema, document, types, report, hide_suggestions=hide_suggestions)
    try:
        RuleWalk(types, rules, [rule(context) for rule in rules]).visit(document, None, None)
    except ValidationAbortedError as error:
        error.__context__ = None  # which has the frames of the walk
        found.append(error.with_traceback(None))
    except RecursionError:
        found.append(ValidationAbortedError("Validation aborted."))
    return found


class SharedByRules(ValidationContext):
    """What graphql-core's rules share, found by the identity of nodes: a node's hash is that of all nodes below it."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._variable_usages, self._recursive_variable_usages = RefMap(), RefMap()  # type: ignore[assignment]
        self._fragment_spreads = RefMap()  # type: ignore[assignment]

    def get_variable_usages(self, node: Any) -> list[VariableUsage]:
        known = self._variable_usages.get(node)
        if known is not None:
            return known
        fragment = node if isinstance(node, FragmentDefinitionNode) else None
        visitor = VariableUsageVisitor(self._type_info, fragment)
        RuleWalk(self._type_info, (VariableUsageVisitor,), [visitor]).visit(node, None, None)
        self._variable_usages[node] = visitor.usages
        return visitor.usages


class RuleWalk:
    """Shows each node below one to the visitors that look at nodes of its kind.

    graphql-core's `visit` looks for each visitor's methods in each document, asks all of them at each node, and can
    edit a document. None of these visitors does, ends the walk or looks at paths.
    """

    def __init__(self, types: TypeInfo, classes: tuple[type[Visitor], ...], visitors: list[Any]) -> None:
        self.types, self.classes, self.visitors = types, classes, visitors
        self.skipped: list[Node | None] = [None] * len(visitors)  # a node within which each looks at nothing
        self.ancestors: list[Any] = []  # nodes and tuples of nodes, without the parent
        self.kinds: dict[str, tuple[Any, ...]] = {}

    def visit(self, node: Any, key: str | int | None, parent: Any) -> None:
        kind, skipped, ancestors = self.kinds.get(node.kind) or self.methods(node.kind), self.skipped, self.ancestors
        enter_type, enters, keys, leaves, leave_type = kind
        if enter_type is not None:
            enter_type(node)
        for at, method in enters:
            if skipped[at] is None and method(node, key, parent, None, ancestors) is SKIP:
                skipped[at] = node
        if keys:
            if parent is not None:
                ancestors.append(parent)
            for name in keys:
                below = getattr(node, name, None)
                if below.__class__ is tuple:
                    ancestors.append(node)
                    for place, each in enumerate(below):
                        self.visit(each, place, below)
                    ancestors.pop()
                elif below is not None:
                    self.visit(below, name, node)
            if parent is not None:
                ancestors.pop()
        for at, method in leaves:
            if skipped[at] is node:
                skipped[at] = None
            elif method is not None and skipped[at] is None:
                method(node, key, parent, None, ancestors)
        if leave_type is not None:
            leave_type()

    def methods(self, kind: str) -> tuple[Any, ...]:
        """What is done with a node of a kind: on entering it, with what is below, and on leaving it."""
        named = [(at, *names) for at, names in _methods(self.classes, kind)]
        enters = [(at, getattr(self.visitors[at], enter)) for at, enter, _ in named if enter]
        leaves = [(at, getattr(self.visitors[at], leave) if leave else None) for at, _, leave in named]
        of_type = [getattr(self.types, f"{when}_{kind}", None) for when in ("enter", "leave")]
        found = (of_type[0], enters, BELOW.get(kind, ()), leaves, of_type[1])
        self.kinds[kind] = found
        return found


@lru_cache
def _methods(classes: tuple[type[Visitor], ...], kind: str) -> list[tuple[int, tuple[str | None, str | None]]]:
    """The names of what each class does on entering and leaving a node of a kind, of those that do anything."""
    found = []
    for at, each in enumerate(classes):
        names = [
            next((name for name in (f"{when}_{kind}", when) if hasattr(each, name)), None)
            for when in ("enter", "leave")
        ]
        if any(names):
            found.append((at, (names[0], names[1])))
    return found
