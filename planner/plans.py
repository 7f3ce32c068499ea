"""Caches the plans of operations, bounded by the length of their SQL. Safe to use from several threads."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet


class HasSql(Protocol):
    @property
    def sql(self) -> str: ...


P = TypeVar("P", bound=HasSql)

TOO_LARGE = "too large"  # a statement's result in place of one that exceeds the planner's limit; it is not JSON
MOST_CHARACTERS = 200_000  # of the statements of one operation: it may have many fields, and pages of many sizes,
A_SELECTION = 2_000  # or else as many for each of its selections
MOST_OF_VIEW = 4_000_000  # of the statements of all operations of one view
LEFT = 7 / 8  # of which so much is left once there are more, so that they are seldom counted
ENTRY = 200  # what an entry counts beside its statement


class Plans(Generic[P]):
    """The most recently used plans, by key, and those that are kept for good.

    None is a plan too: of a part that is no statement.
    """

    def __init__(self, selections: int, space: "PlanSpace | None" = None) -> None:
        self.most, self.size = max(MOST_CHARACTERS, A_SELECTION * selections), 0
        self.space = space or PlanSpace()
        self.used = 0  # when, by the space's count of uses
        self.space.share(self)
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
        self.space.uses = self.used = self.space.uses + 1
        return plan

    def __setitem__(self, key: Hashable, plan: P | None) -> None:
        with self._writing:
            if key in self:
                return
            self._found[key] = plan
            self.size += weight(plan)
            while self.size > self.most and len(self._found) > 1:
                self.size -= weight(self._found.popitem(last=False)[1])
        self.space.fill(self, weight(plan))

    def keep(self) -> None:
        """Keeps the plans that are cached now for good."""
        with self._writing:
            self._kept |= self._found
        self.clear()

    def clear(self) -> None:
        """Gives up all plans but those that are kept for good."""
        with self._writing:
            self._found.clear()
            self.size = 0


class PlanSpace:
    """Bounds the plans of all operations of one view together: those of the operations used least recently go first.

    An operation that is forgotten takes its plans with it.
    """

    def __init__(self, most: int = MOST_OF_VIEW) -> None:
        self.most = most
        self.size = 0  # at most: operations that were forgotten since they were last counted are in it
        self.uses = 0
        self._all: WeakSet[Plans[Any]] = WeakSet()
        self._writing = Lock()

    def share(self, plans: Plans[Any]) -> None:
        """Counts the plans of a further operation."""
        with self._writing:
            self._all.add(plans)

    def fill(self, plans: Plans[Any], size: int) -> None:
        """Counts a new plan of this size, for which plans of other operations may be given up."""
        self.uses = plans.used = self.uses + 1
        with self._writing:
            self.size += size
            if self.size <= self.most:
                return
            found = sorted(self._all, key=lambda each: each.used)
            self.size = sum(each.size for each in found)
            if self.size <= self.most:
                return
            for each in found[:-1]:
                self.size -= each.size
                each.clear()
                if self.size <= LEFT * self.most:
                    return


def weight(plan: HasSql | None) -> int:
    return ENTRY + (0 if plan is None else len(plan.sql))


def bounded(sql: str, most: int) -> str:
    """The statement of one text, which returns TOO_LARGE in its place if it has more than `most` bytes."""
    # Without OFFSET, PostgreSQL would merge the two levels, and evaluate the text twice.
    limited = f"CASE WHEN octet_length(bounded.t) > {most} THEN '{TOO_LARGE}' ELSE bounded.t END"
    return f"SELECT {limited} FROM ({sql} OFFSET 0) AS bounded(t)"  # noqa: S608 - all of it is the planner's
