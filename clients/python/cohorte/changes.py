"""Changes of shares and means between two waves, and trends over all waves, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from cohorte.graph.change_from import ChangeFromInsight, ChangeFromInsightChangeFrom
from cohorte.graph.fragments import CategoryFields, ChangeFields, InsightFields, PointFields
from cohorte.graph.trend import TrendInsight, TrendInsightTrendWaves
from cohorte.insights import Provenance, places, provenance_of
from cohorte.tables import Kind, Row, Table, columns_of, names_of

if TYPE_CHECKING:
    import pandas
    import polars

_CHANGE: dict[str, Kind] = {
    "before": float,
    "after": float,
    "change": float,
    "change_low": float,
    "change_high": float,
    "mismatch": str,
}
_WAVE: dict[str, Kind] = {"wave": str, "frozen_on": date, "insight": str}
_SINCE: dict[str, Kind] = {
    "since_first": float,
    "since_first_low": float,
    "since_first_high": float,
    "since_previous": float,
    "since_previous_low": float,
    "since_previous_high": float,
    "mismatch": str,
}


@dataclass(frozen=True)
class Change:
    """What changed since another insight of the same question, with 95 % confidence intervals.

    `shares` has a row for each group and category: the share `before` and `after`, and its `change` from `change_low`
    to `change_high`. `means` has the same for each group. Where the two do not match, there is no change, and
    `mismatch` says why.
    """

    variable: str
    by: tuple[str, ...]
    shares: Table
    means: Table
    provenance: Provenance
    since: Provenance  # of the insight that it is compared with

    def to_pandas(self) -> pandas.DataFrame:
        """The changes of the shares for pandas. `attrs` has the provenance of both insights."""
        frame = self.shares.to_pandas()
        frame.attrs |= {"provenance": self.provenance.to_dict(), "since": self.since.to_dict()}
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The changes of the shares for polars."""
        return self.shares.to_polars()


@dataclass(frozen=True)
class Trend:
    """A question over the waves that asked it, oldest first, with 95 % confidence intervals.

    `shares` has a row for each group, category and wave: the `share` from `share_low` to `share_high`, and its change
    since the first wave and since the one before. `means` has the same for each group and wave. Where a wave does not
    match, there is no figure, and `mismatch` says why.
    """

    variable: str
    by: tuple[str, ...]
    shares: Table
    means: Table
    provenance: Provenance  # of the insight whose trend it is

    def to_pandas(self) -> pandas.DataFrame:
        """The shares over the waves for pandas. `attrs` has the provenance."""
        frame = self.shares.to_pandas()
        frame.attrs["provenance"] = self.provenance.to_dict()
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The shares over the waves for polars."""
        return self.shares.to_polars()


def change_of(found: ChangeFromInsight, changed: ChangeFromInsightChangeFrom, other: InsightFields) -> Change:
    """The change to an insight from another one."""
    names = names_of([*changed.by, found.variable.name], _CHANGE)
    return Change(
        variable=found.variable.name,
        by=tuple(changed.by),
        shares=Table(
            columns_of(names, _CHANGE),
            tuple(
                places([*each.by, each.category], names) | _change(each.before, each.after, each.change)
                for each in changed.shares
            ),
        ),
        means=Table(
            columns_of(names[:-1], _CHANGE),
            tuple(
                places(each.by, names[:-1]) | _change(each.before, each.after, each.change) for each in changed.means
            ),
        ),
        provenance=provenance_of(found),
        since=provenance_of(other),
    )


def trend_of(found: TrendInsight, by: Sequence[str] | None) -> Trend:
    """The trend of an insight, grouped by the variables named by `by`, or else by all of its own."""
    groups = tuple([each.name for each in found.by] if by is None else by)
    shares, means = _WAVE | _figure("share"), _WAVE | _figure("mean")
    names = names_of([*groups, found.variable.name], shares | means)
    trend = found.trend
    return Trend(
        variable=found.variable.name,
        by=groups,
        shares=Table(
            columns_of(names, shares),
            tuple(
                row
                for each in trend.shares
                for row in _series("share", [*each.by, each.category], names, trend.waves, each.points)
            ),
        ),
        means=Table(
            columns_of(names[:-1], means),
            tuple(
                row for each in trend.means for row in _series("mean", each.by, names[:-1], trend.waves, each.points)
            ),
        ),
        provenance=provenance_of(found),
    )


def _figure(name: str) -> dict[str, Kind]:
    return {name: float, f"{name}_low": float, f"{name}_high": float} | _SINCE


def _series(
    figure: str,
    categories: Sequence[CategoryFields],
    names: Sequence[tuple[str, str]],
    waves: Sequence[TrendInsightTrendWaves],
    points: Sequence[PointFields],
) -> list[Row]:
    return [
        places(categories, names)
        | {"wave": wave.wave, "frozen_on": wave.frozen_on, "insight": wave.insight}
        | _interval(figure, point)
        | _interval("since_first", point.since_first)
        | _interval("since_previous", point.since_previous)
        | {"mismatch": point.mismatch and point.mismatch.value}
        for wave, point in zip(waves, points, strict=True)
    ]


def _change(before: float | None, after: float | None, change: ChangeFields) -> Row:
    mismatch = change.mismatch and change.mismatch.value
    return {"before": before, "after": after} | _interval("change", change) | {"mismatch": mismatch}


def _interval(name: str, found: ChangeFields | PointFields | None) -> Row:
    interval = found and found.interval
    return {
        name: found and found.value,
        f"{name}_low": interval and interval.low,
        f"{name}_high": interval and interval.high,
    }
