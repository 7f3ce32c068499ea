"""Closes the coroutines of an execution that nobody has started, which Python would otherwise warn of."""

from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any

from graphql.pyutils import is_awaitable


class Awaitables:
    """The coroutines that an execution has been seen to make: an executor's predicate `is_awaitable`.

    An executor hands coroutines on, each held by the next. One that is cancelled before its first step never starts
    those that it holds.
    """

    def __init__(self) -> None:
        self.seen: list[CoroutineType[Any, Any, Any]] = []

    def __call__(self, value: Any) -> bool:
        if isinstance(value, CoroutineType):
            self.seen.append(value)
            return True
        return is_awaitable(value)

    def close(self) -> None:
        """Closes those that were never started. To be called when the execution has ended."""
        for each in self.seen:
            if getcoroutinestate(each) == CORO_CREATED:
                each.close()
