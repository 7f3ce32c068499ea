"""A connection that bounds the statements it keeps prepared: PostgreSQL uses many times their text for each."""

from collections.abc import Coroutine, Sequence
from typing import Any

import asyncpg
from asyncpg.connection import _StatementCache  # type: ignore[attr-defined]
from asyncpg.transaction import Transaction, TransactionState
from cachetools import LRUCache

from models.bounded_connections import COMMIT, BoundedConnection

MOST_CHARACTERS = 500_000  # of all statements that one connection keeps: some 10 to 15 MB of PostgreSQL's memory
LARGEST = 32_768  # characters of a statement that is kept; those of the longest pages have 10,000
COMMIT_SECONDS = 86_400.0  # for a COMMIT, whose caller decides how long they wait
REMEMBERED = 2_000  # statements that have run once


class PreparedStatements(_StatementCache):  # type: ignore[misc]
    """asyncpg's cache of prepared statements, bounded by the length of their text too."""

    __slots__ = ("characters",)

    def __init__(self, like: _StatementCache, loop: Any) -> None:
        super().__init__(
            loop=loop, max_size=like.get_max_size(), on_remove=like._on_remove, max_lifetime=like.get_max_lifetime()
        )
        self.characters = 0

    def put(self, query: tuple[Any, ...], statement: Any) -> None:
        self.characters += len(query[0])
        super().put(query, statement)

    def _maybe_cleanup(self) -> None:
        super()._maybe_cleanup()
        if self.characters <= MOST_CHARACTERS:
            return
        # Counted anew: asyncpg also removes statements elsewhere, such as those whose types have changed.
        self.characters = sum(len(query[0]) for query in self._entries)
        while self.characters > MOST_CHARACTERS:
            query, entry = self._entries.popitem(last=False)
            self.characters -= len(query[0])
            self._clear_entry_callback(entry)
            self._on_remove(entry._statement)


class FrugalConnection(BoundedConnection):
    """A connection that keeps a statement prepared from its second run on, unless it is large.

    A statement that runs once has no name in PostgreSQL, and leaves nothing behind.
    """

    __slots__ = ("_once",)

    _protocol: Any
    _query_loggers: Any
    _stmt_cache: Any

    def __init__(self, protocol: Any, transport: Any, loop: Any, *more: Any) -> None:
        super().__init__(protocol, transport, loop, *more)
        self._stmt_cache = PreparedStatements(self._stmt_cache, loop)
        self._once: LRUCache[int, None] = LRUCache(REMEMBERED)  # by hash: a collision only prepares one sooner

    async def _get_statement(
        self,
        query: str,
        timeout: float | None,
        *,
        use_cache: bool = True,
        ignore_custom_codec: bool = False,
        record_class: Any = None,
        **more: Any,
    ) -> Any:
        if record_class is None:
            record_class = self._protocol.get_record_class()
        if use_cache:
            known = self._stmt_cache.get((query, record_class, ignore_custom_codec))
            if known is not None:
                return known
            use_cache = self._keeps(query)
        return await super()._get_statement(  # type: ignore[misc]
            query,
            timeout,
            use_cache=use_cache,
            ignore_custom_codec=ignore_custom_codec,
            record_class=record_class,
            **more,
        )

    def value(self, query: str, values: Sequence[Any]) -> Coroutine[Any, Any, Any]:
        """As `fetchval`, for which a kept statement needs one coroutine instead of seven."""
        kept = self._stmt_cache.get((query, self._protocol.get_record_class(), False))
        if kept is None:
            return self.fetchval(query, *values)
        work = self._run(kept, query, values)
        return self._logged(work, query, values) if self._query_loggers else work

    async def _run(self, kept: Any, query: str, values: Sequence[Any]) -> Any:
        try:
            rows = await self._protocol.bind_execute(kept, values, "", 1, False, None)
        except asyncpg.InvalidCachedStatementError:  # a migration has changed its result's type
            self._drop_global_statement_cache()  # type: ignore[attr-defined]
            if self._protocol.is_in_transaction():
                raise
            return await self.fetchval(query, *values)
        except asyncpg.OutdatedSchemaCacheError:  # or a type of its result
            await self.reload_schema_state()
            raise
        return rows[0][0] if rows else None

    async def _logged(self, work: Coroutine[Any, Any, Any], query: str, values: Sequence[Any]) -> Any:
        with self._time_and_log(query, values, None):  # type: ignore[attr-defined]
            return await work

    def _keeps(self, query: str) -> bool:
        if len(query) > LARGEST:
            return False
        if hash(query) in self._once:
            return True
        self._once[hash(query)] = None
        return False


class Begun(Transaction):
    """asyncpg's transaction, of which `then` is carried out with the BEGIN, in one round trip."""

    __slots__ = ("_then",)

    _connection: Any
    _readonly: bool

    def __init__(self, connection: FrugalConnection, then: str, *, snapshot: bool) -> None:
        super().__init__(connection, "repeatable_read" if snapshot else None, snapshot, False)
        self._then = then

    async def start(self) -> None:
        """Begins it. Raises what asyncpg does."""
        connection = self._connection
        connection._top_xact = self
        modes = " ISOLATION LEVEL REPEATABLE READ READ ONLY" if self._readonly else ""
        try:
            await connection.execute(f"BEGIN{modes};{self._then}")
        except BaseException:
            self._state = TransactionState.FAILED
            raise
        self._state = TransactionState.STARTED

    async def commit(self) -> None:
        """Commits it, however long that takes. Raises what asyncpg does."""
        connection = self._connection
        connection._top_xact = None
        try:
            await connection.execute(COMMIT, timeout=COMMIT_SECONDS)
        except BaseException:
            self._state = TransactionState.FAILED
            raise
        self._state = TransactionState.COMMITTED


def transaction_of(lent: "asyncpg.pool.PoolConnectionProxy", then: str, *, snapshot: bool) -> Begun:
    """A transaction to start on a connection of a pool, which is in none; a `snapshot` is one, and reads only.

    `then` is SQL without parameters.
    """
    return Begun(lent._con, then, snapshot=snapshot)  # type: ignore[attr-defined]


def is_open(lent: "asyncpg.pool.PoolConnectionProxy") -> bool:
    """Whether a connection of a pool can be used, for all that is known."""
    connection: FrugalConnection | None = lent._con  # type: ignore[attr-defined]
    return connection is not None and not connection.is_closed()  # None: asyncpg has replaced it already


def value_of(lent: "asyncpg.pool.PoolConnectionProxy", query: str, values: Sequence[Any]) -> Coroutine[Any, Any, Any]:
    """The single value of a statement, by a connection of a pool that is open and does nothing else."""
    connection: FrugalConnection = lent._con  # type: ignore[attr-defined]
    return connection.value(query, values)
