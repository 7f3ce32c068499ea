"""Decides whether a document is valid, at half the cost of finding out what is wrong with it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, visit
from graphql.language.visitor import SKIP, EnterLeaveVisitor
from graphql.pyutils import RefMap
from graphql.validation import ASTValidationRule, ValidationContext

Rules = tuple[type[ASTValidationRule], ...]


class NotValid(Exception):
    """A rule has reported an error."""


def is_valid(schema: GraphQLSchema, document: DocumentNode, rules: Rules) -> bool:
    """Whether no rule reports an error. Where one does, graphql-core's `validate` has all of them to show."""
    types = TypeInfo(schema)
    context = ValidationContext(schema, document, types, _refuse, hide_suggestions=True)
    # By identity: the hash of a node is that of all nodes below it, computed at each look-up.
    context._variable_usages, context._recursive_variable_usages = RefMap(), RefMap()  # type: ignore[assignment]
    context._fragment_spreads = RefMap()  # type: ignore[assignment]
    try:
        visit(document, TypeInfoVisitor(types, RulesVisitor(rules, context)))
    except (NotValid, GraphQLError, RecursionError):
        return False
    return True


class RulesVisitor(Visitor):
    """Shows each node to the rules that look at nodes of its kind.

    graphql-core's ParallelVisitor looks for each rule's methods in each document, and asks all rules at each node.
    """

    def __init__(self, rules: Rules, context: ValidationContext) -> None:
        super().__init__()
        self.rules = rules
        self.made = [rule(context) for rule in rules]
        self.skipped: list[Any] = [None] * len(rules)  # by each rule: a node within which it looks at nothing

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        found = self.enter_leave_map.get(kind)
        if found is None:
            methods = [(at, *names) for at, names in _methods(self.rules, kind)]
            enters = [(at, getattr(self.made[at], enter)) for at, enter, _ in methods if enter]
            leaves = [(at, getattr(self.made[at], leave) if leave else None) for at, _, leave in methods]
            found = EnterLeaveVisitor(*((self._enter(enters), self._leave(leaves)) if methods else (None, None)))
            self.enter_leave_map[kind] = found
        return found

    def _enter(self, methods: list[tuple[int, Callable[..., Any]]]) -> Callable[..., None]:
        skipped = self.skipped

        def enter(node: Any, *args: Any) -> None:
            for at, method in methods:
                if skipped[at] is None and method(node, *args) is SKIP:
                    skipped[at] = node

        return enter

    def _leave(self, methods: list[tuple[int, Callable[..., Any] | None]]) -> Callable[..., None]:
        skipped = self.skipped

        def leave(node: Any, *args: Any) -> None:
            for at, method in methods:
                if skipped[at] is node:
                    skipped[at] = None
                elif method is not None and skipped[at] is None:
                    method(node, *args)

        return leave


@lru_cache
def _methods(rules: Rules, kind: str) -> list[tuple[int, tuple[str | None, str | None]]]:
    """The names of what each rule does on entering and leaving a node of a kind, of those that do anything."""
    found = []
    for at, rule in enumerate(rules):
        names = [
            next((name for name in (f"{when}_{kind}", when) if hasattr(rule, name)), None)
            for when in ("enter", "leave")
        ]
        if any(names):
            found.append((at, (names[0], names[1])))
    return found


def _refuse(_: GraphQLError) -> None:
    raise NotValid
