"""Cuts numeric ranges into bands: categories without gaps or overlaps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from privacy.words import ENGLISH, Words

MOST_CATEGORIES = 254  # of a variable: a record stores a category in one byte, and 255 means none
UNKNOWN = "UNKNOWN"  # code of the last category of every variable
OTHER = "OTHER"
DIGITS = 12  # of a computed edge or value: more than any bound has, and fewer than a binary fraction gets right
BANDS = 10  # of a range with too many whole numbers for a category each


@dataclass(frozen=True)
class Category:
    """One category. `value` is its value in a mean; raw numbers in [low, high) fall into it.

    Either both bounds are set or neither is. The outermost bounds may be infinite. `merges` are the codes of the
    categories that it stands for, if its variable is a grouping.
    """

    code: str
    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    merges: tuple[str, ...] = ()


def unknown(label: str) -> Category:
    """The UNKNOWN category, under this label."""
    return Category(UNKNOWN, label)


def between(edges: Sequence[float], named: Sequence[tuple[str, str]]) -> tuple[Category, ...]:
    """One category between each edge and the next, with the given (code, label) pairs and no value.

    Raises ValueError unless there is one pair fewer than there are edges.
    """
    return tuple(
        Category(code, label, low=low, high=high)
        for (low, high), (code, label) in zip(pairwise(edges), named, strict=True)
    )


def levels(minimum: float, maximum: float, unit: str | None = None, say: Words = ENGLISH) -> tuple[Category, ...]:
    """One category for each whole number of the range if there are at most eleven, otherwise ten equal bands.

    A band's value is its midpoint. A number between two whole ones belongs to the nearer one, halves rounding up.
    The last band includes the maximum.
    """
    if float(minimum).is_integer() and float(maximum).is_integer() and 0 < maximum - minimum <= BANDS:
        return tuple(
            Category(str(at), say.number(number, unit), number, number - 0.5, number + 0.5)
            for at, number in enumerate(minimum + step for step in range(int(maximum - minimum) + 1))
        )
    edges = [exact(minimum + (maximum - minimum) * step / BANDS) for step in range(BANDS)] + [maximum]
    return _bands(edges, unit, say)


def bins(
    edges: Sequence[float],
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str | None = None,
    say: Words = ENGLISH,
) -> tuple[Category, ...]:
    """One band between each edge and the next, plus one below the first and above the last if numbers may lie there.

    The value of an outer band is the midpoint of its edge and the range's bound, or its edge if there is no bound. If
    the last edge is the maximum, the last band includes it.
    """
    kept = list(edges)[: MOST_CATEGORIES - 2]
    first, last = kept[0], kept[-1]
    closed = maximum is not None and maximum <= last
    found = list(_bands(kept, unit, say, closed=closed))
    if minimum is None or minimum < first:
        worth = first if minimum is None else exact((minimum + first) / 2)
        found.insert(
            0, Category("BELOW", say("under {number}", number=say.number(first, unit)), worth, -math.inf, first)
        )
    if not closed:
        worth = last if maximum is None else exact((maximum + last) / 2)
        found.append(Category("ABOVE", say("{number} or more", number=say.number(last, unit)), worth, last, math.inf))
    return tuple(found)


def changes(minimum: float, maximum: float, unit: str | None = None, say: Words = ENGLISH) -> tuple[Category, ...]:
    """Seven bands of a change, with edges at 1, 3 and 5 tenths of the range either way; the outermost are open."""
    tenth = (maximum - minimum) / BANDS
    one, three, five = (say.number(steps * tenth, unit) for steps in (1, 3, 5))
    named = (
        ("FALL_5", say("lower by more than {low}", low=five)),
        ("FALL_3", say("lower by more than {low}, up to {high}", low=three, high=five)),
        ("FALL_1", say("lower by more than {low}, up to {high}", low=one, high=three)),
        ("SAME", say("change of at most {number}", number=one)),
        ("RISE_1", say("higher by {low} to {high}", low=one, high=three)),
        ("RISE_3", say("higher by {low} to {high}", low=three, high=five)),
        ("RISE_5", say("higher by {number} or more", number=five)),
    )
    edges = [-math.inf, *(exact(steps * tenth) for steps in (-5, -3, -1, 1, 3, 5)), math.inf]
    worth = (exact(steps * tenth) for steps in (-6, -4, -2, 0, 2, 4, 6))
    return tuple(
        Category(code, label, value, low, high)
        for (low, high), (code, label), value in zip(pairwise(edges), named, worth, strict=True)
    )


def exact(number: float) -> float:
    """The number that was meant, without what binary fractions add to it: 2.4 for 2.4000000000000004."""
    return float(f"{number:.{DIGITS}g}") + 0.0  # minus zero becomes zero


def _bands(edges: Sequence[float], unit: str | None, say: Words, closed: bool = True) -> tuple[Category, ...]:
    last = len(edges) - 2
    return tuple(
        Category(
            code=f"B{at}",
            label=say("{low} to {high}", low=say.number(low), high=say.number(high, unit)),
            value=exact((low + high) / 2),
            low=low,
            # Bands exclude their upper bound, so the last band of a closed range ends just above it.
            high=math.nextafter(high, math.inf) if closed and at == last else high,
        )
        for at, (low, high) in enumerate(pairwise(edges))
    )
