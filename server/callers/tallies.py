"""Counts by key, of which only those above zero take memory."""

from collections import Counter
from typing import TypeVar

K = TypeVar("K")


class Tally(Counter[K]):
    """How many there are of each key; a key of which none is left is forgotten."""

    def add(self, key: K, number: int = 1) -> None:
        self[key] += number
        if not self[key]:
            del self[key]

    def remove(self, key: K, number: int = 1) -> None:
        self.add(key, -number)
