"""The only place that cuts numbers into bands: categories that leave no gap and never overlap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_CATEGORIES = 254  # of a variable: a record has a byte for one, and 255 is for none
UNKNOWN = "UNKNOWN"  # the code of every variable's last category
OTHER = "OTHER"
BANDS = 10  # of a range that is too wide for its whole numbers


@dataclass(frozen=True)
class Category:
    """One category; `value` is what it counts as in a mean, [low, high) the raw numbers that fall into it.

    Bounds are both there or neither; the outermost may be infinite.
    """

    code: str
    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


def unknown(label: str = "Unknown") -> Category:
    return Category(UNKNOWN, label)


def between(edges: Sequence[float], named: Sequence[tuple[str, str]]) -> tuple[Category, ...]:
    """A category from each edge to the next, given their codes and labels; they stand for no value."""
    return tuple(
        Category(code, label, low=low, high=high)
        for (low, high), (code, label) in zip(pairwise(edges), named, strict=True)
    )


def levels(minimum: float, maximum: float, unit: str | None = None) -> tuple[Category, ...]:
    """The range's whole numbers where they are eleven at most, else ten equal bands, each worth its middle.

    A number between two whole ones falls to the nearer, upwards at the half. The maximum is in the last band.
    """
    if float(minimum).is_integer() and float(maximum).is_integer() and 0 < maximum - minimum <= BANDS:
        return tuple(
            Category(str(at), said(number, unit), number, number - 0.5, number + 0.5)
            for at, number in enumerate(minimum + step for step in range(int(maximum - minimum) + 1))
        )
    edges = [minimum + (maximum - minimum) * step / BANDS for step in range(BANDS)] + [maximum]
    return _bands(edges, unit)


def bins(
    edges: Sequence[float], minimum: float | None = None, maximum: float | None = None, unit: str | None = None
) -> tuple[Category, ...]:
    """A band from each edge to the next, and one below the first and above the last where a number may lie there.

    An open band is worth the middle of it and the bound, or its edge where there is no bound. Where the last edge is
    the maximum, it is in the last band.
    """
    kept = list(edges)[: MOST_CATEGORIES - 2]
    first, last = kept[0], kept[-1]
    closed = maximum is not None and maximum <= last
    found = list(_bands(kept, unit, closed=closed))
    if minimum is None or minimum < first:
        worth = first if minimum is None else (minimum + first) / 2
        found.insert(0, Category("BELOW", f"under {said(first, unit)}", worth, -math.inf, first))
    if not closed:
        worth = last if maximum is None else (maximum + last) / 2
        found.append(Category("ABOVE", f"{said(last, unit)} or more", worth, last, math.inf))
    return tuple(found)


def changes(minimum: float, maximum: float, unit: str | None = None) -> tuple[Category, ...]:
    """Seven bands of a change, in tenths of the range: 1, 3 and 5 of them either way, the outermost open."""
    tenth = (maximum - minimum) / BANDS
    one, three, five = (said(steps * tenth, unit) for steps in (1, 3, 5))
    named = (
        ("FALL_5", f"lower by more than {five}"),
        ("FALL_3", f"lower by more than {three}, up to {five}"),
        ("FALL_1", f"lower by more than {one}, up to {three}"),
        ("SAME", f"within {one}"),
        ("RISE_1", f"higher by {one} to {three}"),
        ("RISE_3", f"higher by {three} to {five}"),
        ("RISE_5", f"higher by {five} or more"),
    )
    edges = [-math.inf, *(steps * tenth for steps in (-5, -3, -1, 1, 3, 5)), math.inf]
    worth = (steps * tenth for steps in (-6, -4, -2, 0, 2, 4, 6))
    return tuple(
        Category(code, label, value, low, high)
        for (low, high), (code, label), value in zip(pairwise(edges), named, worth, strict=True)
    )


def said(number: float, unit: str | None = None) -> str:
    """The number as it is read: no point where it is whole, at most ten digits."""
    written = f"{number:.10g}"
    return f"{written} {unit}" if unit else written


def _bands(edges: Sequence[float], unit: str | None, closed: bool = True) -> tuple[Category, ...]:
    last = len(edges) - 2
    return tuple(
        Category(
            code=f"B{at}",
            label=f"{said(low)} to {said(high, unit)}",
            value=(low + high) / 2,
            low=low,
            # A band ends before its end: the last of a closed range ends just after.
            high=math.nextafter(high, math.inf) if closed and at == last else high,
        )
        for at, (low, high) in enumerate(pairwise(edges))
    )
