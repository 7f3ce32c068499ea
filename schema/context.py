"""The context of an operation that graphql-core executes: the viewer and their database connections."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from models.viewers import Viewer
from resolvers.transactions import Write
from settings import Settings


@dataclass
class Context:
    """What `info.context` is: one for each operation."""

    viewer: Viewer
    read: Callable[[str, Sequence[Any]], Awaitable[str | None]]  # a planned statement, on the view's pool, as JSON text
    write: Write  # a transaction on the view's pool, its viewer set; it commits when it is left
    settings: Settings
    write_as_anybody: Write | None = None  # the same on the public view's pool, where `write` is another's
    publish: Write | None = None  # the same on the publisher's, who alone may have records counted
    extend_deadline: Callable[[float], None] | None = None  # gives the operation so many seconds from now on
    # Of a mutation: a transaction after whose commit the operation is answered whatever happens,
    carrying: Callable[[Write], Write] | None = None
    step: Callable[[Awaitable[Any]], Awaitable[Any]] | None = None  # and what a resolver awaits, which may be cut short
    device: str | None = None  # what the caller calls itself, for its list of sessions
    address: str | None = None  # the caller's, as far as proxies that are trusted tell it
    operation: Any = None  # the planner's own: what is being executed,
    variables: Any = None  # with which variables,
    computing: Any = None  # and what Python computes in it
