"""Seeded random generators for the demonstration, one per topic, and random but repeatable ids."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

# UUIDs of version 4 have fixed upper bits in two bytes.
VERSION = bytes(0x40 | byte & 0x0F for byte in range(256))
VARIANT = bytes(0x80 | byte & 0x3F for byte in range(256))


class Chance(Random):
    """A random generator for one topic, so that an additional row in one topic does not change any other topic."""

    def __init__(self, *topic: object) -> None:
        super().__init__("/".join(map(str, topic)))

    def id(self) -> UUID:
        return UUID(int=self.getrandbits(128), version=4)

    def ids(self, count: int) -> bytes:
        """`count` UUIDs of version 4, concatenated, 16 bytes each."""
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
        """A random element of `of`, the first ones with a higher probability: for lists sorted by frequency."""
        return of[int(len(of) * self.random() ** 2.2)]


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Integers that add up to `total`, in proportion to `weights`."""
    whole = sum(weights)
    marks = [round(total * mark / whole) for mark in accumulate(weights)]
    return [high - low for low, high in zip([0, *marks], marks, strict=False)]


def filled(target: float, weights: Sequence[float], room: Sequence[float]) -> list[float]:
    """Amounts in proportion to `weights` that add up to `target`, none of which exceeds its `room`."""
    low, high = 0.0, max(cap / weight for cap, weight in zip(room, weights, strict=True))
    total: Callable[[float], float] = lambda level: sum(  # noqa: E731 - a name keeps the loop below on one line
        min(cap, level * weight) for cap, weight in zip(room, weights, strict=True)
    )
    for _ in range(50):
        level = (low + high) / 2
        low, high = (level, high) if total(level) < target else (low, level)
    return [min(cap, high * weight) for cap, weight in zip(room, weights, strict=True)]
