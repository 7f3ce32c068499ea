"""Answers asyncpg's question for PostgreSQL's own types, which it asks on each new connection, once for all of them.

Planning that query takes 20 ms, longer than most statements of a test, and a server's connection asks three times.
"""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import asyncpg

FIRST_OF_A_DATABASE = 16_384  # below it, an id is that of the same type in every database

known: dict[frozenset[int], Any] = {}


def remember(introspect: Callable[..., Any]) -> Callable[..., Any]:
    async def introspect_types(connection: asyncpg.Connection, ids: Iterable[int], timeout: float | None) -> Any:
        wanted = frozenset(ids)
        if wanted in known:
            return known[wanted], NONE_RAN
        types, statement = await introspect(connection, wanted, timeout)
        if max(wanted) < FIRST_OF_A_DATABASE:
            known[wanted] = types
        return types, statement

    return introspect_types


NONE_RAN = SimpleNamespace(name="none")  # so that asyncpg keeps its unnamed statement
