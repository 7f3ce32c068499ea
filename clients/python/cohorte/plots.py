"""Figures with error bars, by matplotlib, which is the extra `plot`."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from cohorte.insights import Insight, PlottedFigure
from cohorte.tables import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CITED = 160  # characters of a line of the citation
SPREAD = 0.6  # of the distance of two places, over which their groups are spread
NOTHING_KNOWN = "NONE"  # the reliability of a figure whose interval is its whole range
TURNED = 8  # from so many places on, their labels are turned


def plot(insight: Insight, figure: PlottedFigure | None = None, ax: Axes | None = None) -> Axes:
    """Draws one figure of the insight. Raises ValueError if there is nothing to draw.

    What is missing is left out, and so is a figure of which nothing is known.
    """
    from matplotlib import pyplot

    if figure is None:
        shares = any(row["share_reliability"] not in (None, NOTHING_KNOWN) for row in insight.cells)
        figure = "mean" if insight.kind in ("MEANS", "SUMS") else "share" if shares else "count"
    series = _of_statistics(insight, figure) if figure in ("mean", "median") else _of_cells(insight, figure)
    if not any(points for points in series.values()):
        raise ValueError(f"The insight has no {figure} to draw.")
    places = list(dict.fromkeys(place for points in series.values() for place in points))
    ax = ax or pyplot.subplots(figsize=(8, 4.5), layout="constrained")[1]
    for at, (group, points) in enumerate(series.items()):
        shift = SPREAD * ((at + 0.5) / len(series) - 0.5)
        across = [places.index(place) + shift for place in points]
        values = [value for value, _, _ in points.values()]
        bars = [
            [value - low for value, low, _ in points.values()],
            [high - value for value, _, high in points.values()],
        ]
        ax.errorbar(across, values, yerr=bars, fmt="o", capsize=3, label=group)
    turned = len(places) >= TURNED
    ax.set_xticks(range(len(places)), places, rotation=45 if turned else 0, ha="right" if turned else "center")
    ax.set_xlim(-0.5, len(places) - 0.5)  # as far from the edges as from one another
    ax.set_title(insight.title)
    ax.set_ylabel(f"{figure.capitalize()}, with its 95 % confidence interval")
    if any(series):
        ax.legend()
    ax.set_xlabel(fill(insight.provenance.citation(), CITED), fontsize=6, loc="left")
    return ax


Points = dict[str, tuple[float, float, float]]  # place to the value and the bounds of its interval


def _of_cells(insight: Insight, figure: str) -> dict[str, Points]:
    *groups, (place, _) = insight.names
    series: dict[str, Points] = {}
    for row in insight.cells:
        points = series.setdefault(_group(row, groups), {})
        if figure == "share" and row["share_reliability"] == NOTHING_KNOWN:
            continue
        _add(points, str(row[place]), row[figure], row[f"{figure}_low"], row[f"{figure}_high"])
    return {group: points for group, points in series.items() if points}


def _of_statistics(insight: Insight, figure: str) -> dict[str, Points]:
    points: Points = {}
    for row in insight.statistics:
        if row["measure"] == figure.upper() and row["reliability"] != NOTHING_KNOWN:
            place = _group(row, insight.names[:-1]) or insight.variable_label
            _add(points, place, row["value"], row["low"], row["high"])
    return {"": points}


def _group(row: Row, groups: Sequence[tuple[str, str]]) -> str:
    return ", ".join(str(row[label]) for label, _ in groups)


def _add(points: Points, place: str, value: float | None, low: float | None, high: float | None) -> None:
    if value is None or low is None or high is None:
        return
    points[place] = (value, low, high)
