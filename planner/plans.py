"""Caches the plans of one operation, bounded by the length of their SQL. Safe to use from several threads."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class HasSql(Protocol):
    @property
    def sql(self) -> str: ...


P = TypeVar("P", bound=HasSql)

TOO_LARGE = "too large"  # a statement's result in place of one that exceeds the planner's limit; it is not JSON
MOST_CHARACTERS = 200_000  # of the statements of one operation: it may have many fields, and pages of many sizes,
A_SELECTION = 2_000  # or else as many for each of its selections
ENTRY = 200  # what an entry counts beside its statement


class Plans(Generic[P]):
    """The most recently used plans, by key, and those that are kept for good.

    None is a plan too: of a part that is no statement.
    """

    def __init__(self, selections: int) -> None:
        self.most, self.size = max(MOST_CHARACTERS, A_SELECTION * selections), 0
        self._found: OrderedDict[Hashable, P | None] = OrderedDict()
        self._kept: dict[Hashable, P | None] = {}  # never evicted, and not counted in the size
        self._writing = Lock()

    def __len__(self) -> int:
        return len(self._found) + len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._found or key in self._kept

    def __getitem__(self, key: Hashable) -> P | None:
        """The plan. Raises KeyError if it is not cached."""
        try:
            plan = self._found[key]
        except KeyError:
            return self._kept[key]
        try:  # noqa: SIM105 - `suppress` takes as long as all the rest
            self._found.move_to_end(key)
        except KeyError:  # evicted meanwhile, by another thread
            pass
        return plan

    def __setitem__(self, key: Hashable, plan: P | None) -> None:
        with self._writing:
            if key in self:
                return
            self._found[key] = plan
            self.size += weight(plan)
            while self.size > self.most and len(self._found) > 1:
                self.size -= weight(self._found.popitem(last=False)[1])

    def keep(self) -> None:
        """Keeps the plans that are cached now for good."""
        with self._writing:
            self._kept |= self._found
            self._found.clear()
            self.size = 0


def weight(plan: HasSql | None) -> int:
    return ENTRY + (0 if plan is None else len(plan.sql))


def bounded(sql: str, most: int) -> str:
    """The statement of one text, which returns TOO_LARGE in its place if it has more than `most` bytes."""
    # Without OFFSET, PostgreSQL would merge the two levels, and evaluate the text twice.
    limited = f"CASE WHEN octet_length(bounded.t) > {most} THEN '{TOO_LARGE}' ELSE bounded.t END"
    return f"SELECT {limited} FROM ({sql} OFFSET 0) AS bounded(t)"  # noqa: S608 - all of it is the planner's
