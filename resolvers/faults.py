"""Collects the faults of an input, so that a write is refused for all of them at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from resolvers.transactions import Refusal, Refused, Step


class Faults:
    """The faults of one input, which begin with those of values that could not be read.

    Such a value has a stand-in: the id of no row, an empty text, or a day long ago. Faults of stand-ins are ignored,
    and `refuse` must be called before anything is done with one.
    """

    def __init__(self, *unreadable: Refusal) -> None:
        self._found = dict.fromkeys(unreadable)  # in order, without repetitions
        self._unreadable = frozenset(refusal.path for refusal in unreadable)

    @property
    def found(self) -> list[Refusal]:
        return list(self._found)

    def add(self, *refusals: Refusal) -> None:
        self._found |= dict.fromkeys(each for each in refusals if each.path not in self._unreadable)

    @contextmanager
    def collected(self, *within: Step) -> Iterator[None]:
        """Adds the refusals of the block, which ends at the first that it raises; their paths are `within` this one."""
        try:
            yield
        except Refused as refused:
            self.add(*(replace(each, path=(*within, *each.path)) for each in refused.refusals))

    def at(self, *path: Step) -> bool:
        """Whether there is a fault at this path or within it."""
        return any(refusal.path[: len(path)] == path for refusal in self._found)

    def refuse(self) -> None:
        """Raises Refused for all faults found so far, if any."""
        if self._found:
            raise Refused(*self._found)
