"""Refuses ids in arguments that name no row: malformed ones before the statement runs, unknown ones while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from graphql import FieldNode, GraphQLError, GraphQLField
from sqlalchemy import ARRAY, Uuid, func, select

from models.rows import Expression, row
from planner.arguments import converted, prefix_of, uuid_of
from planner.expressions import integer

if TYPE_CHECKING:
    from planner.compose import StatementBuilder

UNKNOWN_KEY = "UK001"  # the SQLSTATE that `catalog.known_keys` and `catalog.same_list` raise


class StatementCheck(Protocol):
    """What a statement checks in an argument, by raising UNKNOWN_KEY with the check's number and a position."""

    def refusal(self, at: int) -> GraphQLError: ...


@dataclass(frozen=True)
class IdCheck:
    """An argument with ids that a statement checks; the number of the check is its place in the plan's list."""

    node: FieldNode
    argument: str

    def refusal(self, at: int) -> GraphQLError:
        """The error for the id at a position of the argument, from 0."""
        message = f"The argument '{self.argument}' has an id at position {at} that names no object of its type."
        extensions = {"code": "BAD_USER_INPUT", "argument": [self.argument, str(at)]}
        return GraphQLError(message, nodes=self.node, extensions=extensions)


def known_keys(
    builder: "StatementBuilder", node: FieldNode, declared: GraphQLField, argument: str, prefix: str
) -> Expression:
    """The keys in an argument, as an array. Evaluating it raises UNKNOWN_KEY if one is not in its type's table.

    Its reader raises GraphQLError for an id that is malformed or has another prefix.
    """
    check = IdCheck(node, argument)
    keys = builder.bind_list(converted(node, declared, argument, _keys(check, prefix)), Uuid())
    there = row(builder.tables.table_of[builder.tables.by_prefix[prefix].name])
    found = func.array(select(there.id).where(there.id == func.any(keys)).scalar_subquery())
    builder.checks.append(check)
    known = func.catalog.known_keys(keys, found, integer(len(builder.checks) - 1), type_=ARRAY(Uuid()))
    return cast(Expression, select(known).scalar_subquery())  # a subselect, so that it is evaluated once


def refusal_of(error: Exception, checks: tuple[StatementCheck, ...]) -> GraphQLError | None:
    """The error that a client sees for what a statement raised; None if no check raised it."""
    if not checks or getattr(error, "sqlstate", None) != UNKNOWN_KEY:
        return None
    number, at = map(int, str(getattr(error, "detail", "")).split())
    return checks[number].refusal(at)


def _keys(check: IdCheck, prefix: str) -> Callable[[Any], list[str]]:
    def keys(ids: list[Any]) -> list[str]:
        found = []
        for at, id in enumerate(ids):
            key = uuid_of(id) if prefix_of(id) == prefix else None
            if key is None:
                raise check.refusal(at)
            found.append(str(key))
        return found

    return keys
