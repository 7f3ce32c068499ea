"""Published insights: their figures with margins and intervals, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from cohorte.graph.fragments import CategoryFields, CellFields, InsightFields, StatisticFields, TotalFields
from cohorte.tables import Kind, Row, Table, columns_of, names_of

if TYPE_CHECKING:
    import pandas
    import polars
    from matplotlib.axes import Axes

PlottedFigure = Literal["count", "share", "mean", "median"]

_CELL: dict[str, Kind] = {
    "value": float,
    "count": int,
    "margin": int,
    "count_low": int,
    "count_high": int,
    "share": float,
    "share_low": float,
    "share_high": float,
    "reliability": str,
    "share_reliability": str,
}
_TOTAL: dict[str, Kind] = {
    "count": int,
    "margin": int,
    "sum": float,
    "sum_margin": float,
    "unknown": int,
    "unknown_margin": int,
}
_STATISTIC: dict[str, Kind] = {"measure": str, "value": float, "low": float, "high": float, "reliability": str}


@dataclass(frozen=True)
class Provenance:
    """Where an insight comes from, and what the public ledger says of it."""

    insight: str
    dataset: str
    dataset_title: str
    wave: str
    community: str
    frozen_on: date
    published_at: datetime
    requested_by: str | None
    purpose: str | None
    variables: tuple[str, ...]
    precision: str
    margin_of_error: int
    micro_rho: int
    ledger_position: int
    ledger_hash: str
    synthetic: bool = False  # of a sandbox: its counts say nothing about people
    counted_by: str | None = None  # of SUMS: the insight with the numbers of members

    def to_dict(self) -> dict[str, Any]:
        """The facts as JSON has them."""
        found = asdict(self) | {"variables": list(self.variables)}
        return {name: each.isoformat() if isinstance(each, date) else each for name, each in found.items()}

    def citation(self) -> str:
        """A sentence to cite the insight with."""
        mark = "SYNTHETIC DATA of a sandbox, not to be cited: " if self.synthetic else ""
        wave = "" if self.wave in self.dataset_title else f" ({self.wave})"
        return (
            f"{mark}{self.dataset_title}{wave}, Cohorte, frozen on {self.frozen_on.isoformat()}. "
            f"Insight {self.insight}, published on {self.published_at.date().isoformat()} with a margin of error of "
            f"{self.margin_of_error} (95 % confidence). Public ledger, entry {self.ledger_position}, "
            f"SHA-256 {self.ledger_hash}."
        )


@dataclass(frozen=True)
class Insight:
    """A published table. Sizes are numbers of members; shares are between 0 and 1.

    `cells` has a row for each group and category: `count` from `count_low` to `count_high`, and `share` from
    `share_low` to `share_high`, both at 95 % confidence. `statistics` has the mean and the median of each group.

    An insight of the `kind` MEANS or SUMS has no cells. Its `statistics` have the mean of each group, and its `totals`
    what it is made of: the number of members with a value, the sum of their values, and the number of members without
    one. SUMS take the numbers of members from the counts of the insight that `provenance.counted_by` names, or from
    the dataset's size.
    """

    id: str
    title: str
    variable: str
    variable_label: str
    by: tuple[str, ...]
    cells: Table
    statistics: Table
    totals: Table
    kind: str
    provenance: Provenance
    names: tuple[tuple[str, str], ...] = field(repr=False)  # columns of the label and the code: `by`, then `variable`
    releases: int | None = None  # of a reconciled table: the number of releases that it is computed from
    as_of: datetime | None = None

    def to_pandas(self) -> pandas.DataFrame:
        """The cells for pandas, or the means. `attrs` has the provenance, which pandas stores in Parquet files too."""
        frame = self._figures.to_pandas()
        frame.attrs["provenance"] = self.provenance.to_dict()
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The cells for polars, or the means."""
        return self._figures.to_polars()

    def plot(self, figure: PlottedFigure | None = None, ax: Axes | None = None) -> Axes:
        """Points with error bars, and the citation below.

        `figure` is the share by default, or else the count; of MEANS and SUMS, it is the mean.
        """
        from cohorte.plots import plot

        return plot(self, figure, ax)

    @property
    def _figures(self) -> Table:
        return self.statistics if self.kind in ("MEANS", "SUMS") else self.cells

    @property
    def margin_of_error(self) -> int:
        return self.provenance.margin_of_error


def insight_of(
    found: InsightFields,
    cells: Sequence[CellFields],
    statistics: Sequence[StatisticFields],
    totals: Sequence[TotalFields] = (),
    by: Sequence[str] | None = None,
    **more: Any,
) -> Insight:
    """The insight, whose cells are grouped by the variables named by `by`, or else by all of its own."""
    labels = {each.name: each.label for each in found.by}
    groups = tuple(labels if by is None else by)
    names = names_of([*groups, found.variable.name], _CELL | _STATISTIC | _TOTAL)
    title = " × ".join([found.variable.label, *(labels.get(name, name) for name in groups)])  # in any language
    return Insight(
        id=found.id,
        title=title,
        variable=found.variable.name,
        variable_label=found.variable.label,
        by=groups,
        cells=Table(columns_of(names, _CELL), tuple(_cell(cell, names) for cell in cells)),
        statistics=Table(
            columns_of(names[:-1], _STATISTIC), tuple(_statistic(each, names[:-1]) for each in statistics)
        ),
        totals=Table(columns_of(names[:-1], _TOTAL), tuple(_total(each, names[:-1]) for each in totals)),
        kind=found.kind.value,
        provenance=provenance_of(found),
        names=names,
        **more,
    )


def provenance_of(found: InsightFields) -> Provenance:
    """Where an insight comes from."""
    return Provenance(
        insight=found.id,
        dataset=found.dataset.id,
        dataset_title=found.dataset.title,
        wave=found.dataset.wave,
        community=found.dataset.community.slug,
        frozen_on=found.dataset.frozen_on,
        published_at=found.published_at,
        requested_by=found.requested_by.name if found.requested_by else None,
        purpose=found.purpose,
        variables=(*(each.name for each in found.by), found.variable.name),
        precision=found.precision.value,
        margin_of_error=found.margin_of_error,
        micro_rho=found.cost.micro_rho,
        ledger_position=found.ledger_entry.position,
        ledger_hash=found.ledger_entry.hash,
        synthetic=found.synthetic,
        counted_by=found.counted_by.id if found.counted_by else None,
    )


def places(categories: Sequence[CategoryFields], names: Sequence[tuple[str, str]]) -> Row:
    """The labels and codes of a row's categories, in the columns with these names."""
    row: Row = {}
    for category, (label, code) in zip(categories, names, strict=True):
        row |= {label: category.label, code: category.code}
    return row


def _cell(cell: CellFields, names: Sequence[tuple[str, str]]) -> Row:
    count, margin, shares = cell.count, cell.margin_of_error, cell.interval
    return places([*cell.by, cell.category], names) | {
        "value": cell.category.value,
        "count": count,
        "margin": margin,
        "count_low": None if count is None else count - margin,
        "count_high": None if count is None else count + margin,
        "share": cell.share,
        "share_low": shares and shares.low,
        "share_high": shares and shares.high,
        "reliability": cell.reliability.value,
        "share_reliability": cell.share_reliability and cell.share_reliability.value,
    }


def _statistic(found: StatisticFields, names: Sequence[tuple[str, str]]) -> Row:
    return places(found.by, names) | {
        "measure": found.measure.value,
        "value": found.value,
        "low": found.interval and found.interval.low,
        "high": found.interval and found.interval.high,
        "reliability": found.reliability.value,
    }


def _total(found: TotalFields, names: Sequence[tuple[str, str]]) -> Row:
    return places(found.by, names) | {
        "count": found.count,
        "margin": found.margin_of_error,
        "sum": found.sum,
        "sum_margin": found.sum_margin_of_error,
        "unknown": found.unknown,
        "unknown_margin": found.unknown_margin_of_error,
    }


def filters_of(where: Mapping[str, Sequence[str]] | None) -> list[dict[str, Any]] | None:
    """The filters in the graph's form: for each variable, the codes of the categories that are counted."""
    return None if where is None else [{"variable": name, "in": list(codes)} for name, codes in where.items()]
