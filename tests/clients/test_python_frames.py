"""Columns and plots of the Python client, for tables of every shape."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import matplotlib
import pytest

from cohorte.graph.fragments import CellFields, InsightFields, StatisticFields
from cohorte.insights import Insight, PlottedFigure, insight_of
from cohorte.tables import names_of

CODES = ("LOW", "HIGH")


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    """Has figures drawn without a screen, and closes them."""
    from matplotlib import pyplot

    matplotlib.use("agg")
    yield
    pyplot.close("all")


def variable(name: str) -> dict[str, Any]:
    return {"name": name, "label": name.capitalize(), "unit": None}


def category(code: str) -> dict[str, Any]:
    return {"code": code, "label": code.capitalize(), "value": 1.5}


def made(
    *by: str, name: str = "mood", share: float | None = 0.5, count: int | None = 40, reliability: str = "LOW"
) -> Insight:
    """An insight with the same figures in each cell of its table."""
    fields = InsightFields.model_validate(
        {
            "id": "ins_1",
            "dataset": {
                "id": "dst_1", "title": "Tracking", "wave": "2026", "frozenOn": "2026-03-02",
                "community": {"slug": "home", "name": "Home"},
            },
            "variable": variable(name),
            "by": [variable(each) for each in by],
            "kind": "COUNTS",
            "precision": "WITHIN_20",
            "marginOfError": 20,
            "cost": {"microRho": 4567, "epsilon": 0.5, "delta": 1e-6},
            "publishedAt": "2026-03-03T12:00:00+00:00",
            "requestedBy": None,
            "purpose": None,
            "synthetic": False,
            "countedBy": None,
            "ledgerEntry": {"position": 7, "hash": "ab" * 32},
        }
    )  # fmt: skip
    groups = [[]] if not by else [[category(code)] * len(by) for code in CODES]
    interval = {"low": 0.4, "high": 0.7}
    cells = [
        {
            "category": category(code), "by": group, "count": count, "marginOfError": 20, "share": share,
            "interval": None if share is None else interval, "reliability": "HIDDEN" if count is None else "LOW",
            "shareReliability": None if share is None else reliability,
        }
        for group in groups for code in CODES
    ]  # fmt: skip
    statistics = [
        {"measure": measure, "by": group, "value": 0.5, "interval": interval, "reliability": reliability}
        for group in groups
        for measure in ("MEAN", "MEDIAN")
    ]
    return insight_of(
        fields,
        [CellFields.model_validate(cell) for cell in cells],
        [StatisticFields.model_validate(each) for each in statistics],
    )


def bars(ax: Any) -> list[tuple[float, float, float]]:
    """Each drawn value and the bounds of its error bar."""
    found = []
    for container in ax.containers:
        line, _, (bar,) = container.lines
        for value, segment in zip(line.get_ydata(), bar.get_segments(), strict=True):
            found.append((float(value), float(segment[0][1]), float(segment[1][1])))
    return found


@pytest.mark.parametrize("by", [(), ("sex",), ("sex", "age")])
def test_shares_and_counts_are_drawn_with_their_intervals(by: tuple[str, ...]) -> None:
    many = 2 * (2 if by else 1)
    drawn: list[tuple[PlottedFigure | None, tuple[float, float, float]]] = [
        (None, (0.5, 0.4, 0.7)),
        ("share", (0.5, 0.4, 0.7)),
        ("count", (40, 20, 60)),
    ]
    for figure, expected in drawn:
        ax = made(*by).plot(figure)
        assert bars(ax) == [pytest.approx(expected)] * many
        assert [text.get_text() for text in ax.get_xticklabels()] == ["Low", "High"]
        legend = ax.get_legend()
        assert (legend is None) == (not by)
        if legend is not None:
            assert [text.get_text() for text in legend.get_texts()] == [
                ", ".join([code.capitalize()] * len(by)) for code in CODES
            ]
        assert "95 % confidence interval" in ax.get_ylabel()
        assert " ".join(ax.get_xlabel().split()) == made().provenance.citation()


def test_a_citation_names_what_is_needed_to_find_the_table_again() -> None:
    provenance = made().provenance
    assert provenance.citation() == (
        "Tracking (2026), Cohorte, frozen on 2026-03-02. Insight ins_1, published on 2026-03-03 with a margin of error "
        f"of 20 (95 % confidence). Public ledger, entry 7, SHA-256 {'ab' * 32}."
    )
    assert replace(provenance, dataset_title="Tracking, 2026").citation().startswith("Tracking, 2026, Cohorte, frozen")


def test_a_provenance_is_json() -> None:
    found = made("sex").provenance.to_dict()
    assert json.loads(json.dumps(found)) == found
    assert (found["frozen_on"], found["published_at"]) == ("2026-03-02", "2026-03-03T12:00:00+00:00")
    assert found["variables"] == ["sex", "mood"]


def test_a_mean_is_drawn_for_each_group() -> None:
    ax = made("sex").plot("mean")
    assert bars(ax) == [pytest.approx((0.5, 0.4, 0.7))] * 2
    assert [text.get_text() for text in ax.get_xticklabels()] == ["Low", "High"]
    assert [text.get_text() for text in made().plot("median").get_xticklabels()] == ["Mood"]


def test_what_is_missing_is_left_out() -> None:
    assert bars(made(share=None).plot()) == [(40, 20, 60)] * 2  # counts, as there are no shares
    figures: tuple[PlottedFigure, ...] = ("share", "count")
    for figure in figures:
        with pytest.raises(ValueError, match=f"no {figure} to draw"):
            made(share=None, count=None).plot(figure)


def test_figures_of_which_nothing_is_known_are_left_out() -> None:
    known, unknown = made("sex"), made("sex", reliability="NONE")
    figures: tuple[PlottedFigure, ...] = ("mean", "share")
    for figure in figures:
        both = replace(
            known,
            cells=replace(known.cells, rows=(*known.cells.rows[:2], *unknown.cells.rows[2:])),
            statistics=replace(known.statistics, rows=(*known.statistics.rows[:2], *unknown.statistics.rows[2:])),
        )
        assert len(bars(both.plot(figure))) == len(bars(known.plot(figure))) / 2
        with pytest.raises(ValueError, match=f"no {figure} to draw"):
            unknown.plot(figure)
    assert bars(unknown.plot()) == bars(known.plot("count"))


def test_it_is_drawn_into_axes_of_ones_own() -> None:
    from matplotlib import pyplot

    _, ax = pyplot.subplots()
    assert made().plot(ax=ax) is ax


@pytest.mark.parametrize("name", ["count", "value", "measure", "low", "share_high"])
def test_a_variable_with_the_name_of_a_figure_keeps_a_column_of_its_own(name: str) -> None:
    insight = made(name)
    assert list(insight.cells.columns)[:4] == [f"{name}_", f"{name}__code", "mood", "mood_code"]
    assert {row[f"{name}_"] for row in insight.cells} == {"Low", "High"}
    assert {row["count"] for row in insight.cells} == {40}
    assert insight.to_pandas().columns.is_unique
    assert insight.statistics.to_pandas().columns.is_unique
    assert insight.statistics.to_polars().height == 4


def test_no_two_columns_have_one_name() -> None:
    for variables in (["a", "a_code"], ["a_code", "a"], ["a", "a_"], ["a", "a"], ["x_code", "x", "x_"]):
        names = [name for pair in names_of(variables, ["count"]) for name in pair]
        assert len(set(names)) == 2 * len(variables), variables


def test_a_table_without_rows_has_its_columns() -> None:
    from cohorte.tables import Table

    empty = Table({"a": str, "b": int, "c": float, "d": date}, ())
    assert list(empty.to_pandas().columns) == empty.to_polars().columns == ["a", "b", "c", "d"]
    assert empty.to_pandas()["d"].dtype.kind == "M"
