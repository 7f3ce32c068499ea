"""The only place for the demonstration's chance: seeded generators by topic, and ids that are random but repeatable."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

# A UUID of version 4 has these two bytes' upper bits fixed.
VERSION = bytes(0x40 | byte & 0x0F for byte in range(256))
VARIANT = bytes(0x80 | byte & 0x3F for byte in range(256))


class Chance(Random):
    """A generator of its own for each topic, so that one more row in one topic shifts no other."""

    def __init__(self, *topic: object) -> None:
        super().__init__("/".join(map(str, topic)))

    def id(self) -> UUID:
        return UUID(int=self.getrandbits(128), version=4)

    def ids(self, count: int) -> bytes:
        """`count` UUIDs of version 4, one after the other, 16 bytes each."""
        raw = bytearray(self.randbytes(16 * count))
        raw[6::16] = bytes(raw[6::16]).translate(VERSION)
        raw[8::16] = bytes(raw[8::16]).translate(VARIANT)
        return bytes(raw)

    def one(self, of: Sequence[T], weights: Sequence[float] | None = None) -> T:
        return of[int(self.random() * len(of))] if weights is None else self.choices(of, weights)[0]

    def some(self, of: Sequence[T], count: int) -> list[T]:
        return self.sample(of, min(count, len(of)))

    def often(self, probability: float) -> bool:
        return self.random() < probability

    def early(self, of: Sequence[T]) -> T:
        """One of `of`, the first ones more often: where a list is in order of how common a thing is."""
        return of[int(len(of) * self.random() ** 2.2)]


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers that add up to `total`, in the proportions of `weights`."""
    whole = sum(weights)
    marks = [round(total * mark / whole) for mark in accumulate(weights)]
    return [high - low for low, high in zip([0, *marks], marks, strict=False)]


def filled(target: float, weights: Sequence[float], room: Sequence[float]) -> list[float]:
    """Amounts in the proportions of `weights` that add up to `target`, where none is more than its `room`."""
    low, high = 0.0, max(cap / weight for cap, weight in zip(room, weights, strict=True))
    total: Callable[[float], float] = lambda level: sum(  # noqa: E731 - three times on one line below
        min(cap, level * weight) for cap, weight in zip(room, weights, strict=True)
    )
    for _ in range(50):
        level = (low + high) / 2
        low, high = (level, high) if total(level) < target else (low, level)
    return [min(cap, high * weight) for cap, weight in zip(room, weights, strict=True)]
