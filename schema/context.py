"""Defines the context of an operation that graphql-core executes: the viewer and their database connections."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from models.viewers import Viewer
from resolvers.transactions import Write
from settings import Settings


@dataclass
class Context:
    """The value of `info.context`, one for each operation."""

    viewer: Viewer
    read: Callable[
        [str, Sequence[Any]], Awaitable[str | None]
    ]  # runs a planned statement on the view's pool; JSON text
    write: Write  # opens a transaction on the view's pool for the viewer
    settings: Settings
    write_as_anybody: Write | None = None  # on the public view's pool, if `write` is on another
    publish: Write | None = None  # on the publisher's pool, whose role alone may count records
    extend_deadline: Callable[[float], None] | None = None  # to so many seconds from now
    # Of a mutation: keeps its response once a transaction is committed,
    guard_commit: Callable[[Write], Write] | None = None
    await_step: Callable[[Awaitable[Any]], Awaitable[Any]] | None = None  # and awaits for a resolver, unless cut short
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]] | None = None  # runs what would hold the event loop
    count_bytes: Callable[[int], None] | None = None  # of computed fields; raises if the response becomes too large
    # Of the JSON of a plan that is marked or recorded: counts and records the members whose data it has, and returns it
    # without the marks.
    admit: Callable[[str], Awaitable[str]] | None = None
    device: str | None = None  # the client's description of itself, for the list of sessions
    address: str | None = None  # the client's IP address, as reported by trusted proxies
    operation: Any = None  # the planner's: the operation being executed,
    variables: Any = None  # its variables,
    computing: Any = None  # and the fields that Python computes in it
