"""Exports published tables: CSV for spreadsheets, JSON-stat for statistical tools."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from privacy.domains import Variable
from privacy.means import Total
from privacy.measures import Reliability
from privacy.precision import Precision
from privacy.reading import Cell, Statistic
from privacy.words import ENGLISH, Words

# Characters that make a spreadsheet treat a cell as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_DIGITS = 6  # of a share: far more than its confidence interval supports
_RELIABILITIES = ("reliability", "share_reliability")
_Figures = Sequence[tuple[float | None, Reliability | None]]  # the measures in order, each with its reliability

SYNTHETIC = "synthetic"  # how a file says that it is of a sandbox
COUNTS = {"count": 0, "margin": 0, "share": _DIGITS, "low": _DIGITS, "high": _DIGITS}  # with their decimals
MEANS = {
    "count": 0, "margin": 0, "sum": _DIGITS, "sum_margin": _DIGITS, "unknown": 0, "unknown_margin": 0, "mean": _DIGITS,
    "low": _DIGITS, "high": _DIGITS,
}  # fmt: skip


@dataclass(frozen=True)
class About:
    """What a table says of itself; `margin` is the half-width of each count's 95 % confidence interval."""

    title: str
    source: str
    precision: Precision
    margin: int
    words: Words = ENGLISH  # of the language that the labels are in
    synthetic: bool = False  # of a sandbox: about nobody


@dataclass(frozen=True)
class ExportTable:
    """A published table: one variable broken down by others, with its cells in any order."""

    about: About
    variable: Variable
    by: tuple[Variable, ...]
    cells: Sequence[Cell]

    measures = COUNTS
    reliabilities = _RELIABILITIES

    @property
    def variables(self) -> tuple[Variable, ...]:
        return (*self.by, self.variable)

    def rows(self) -> list[tuple[tuple[int, ...], _Figures, list[str | None]]]:
        """Each cell: the places of its categories, its figures and its reliabilities."""
        return [
            (
                (*cell.by, cell.category),
                _figures(cell),
                [cell.reliability.value, cell.share_reliability and cell.share_reliability.value],
            )
            for cell in self.cells
        ]


@dataclass(frozen=True)
class MeansTable:
    """Published means of a variable by others, in any order, with the totals that they are computed from."""

    about: About
    variable: Variable
    by: tuple[Variable, ...]
    totals: Sequence[Total]
    means: Sequence[Statistic]

    measures = MEANS
    reliabilities = _RELIABILITIES[:1]

    @property
    def variables(self) -> tuple[Variable, ...]:
        return self.by

    def rows(self) -> list[tuple[tuple[int, ...], _Figures, list[str | None]]]:
        """Each group: the places of its categories, its figures and the reliability of its mean."""
        means = {each.by: each for each in self.means}
        return [(each.by, _group(each, means[each.by]), [means[each.by].reliability.value]) for each in self.totals]


def csv_of(table: ExportTable | MeansTable) -> str:
    """The table as CSV (RFC 4180) with a header: a code and a label for each variable, then the figures.

    A missing figure is empty; a HIDDEN cell has no count. Text that a spreadsheet would treat as a formula is
    prefixed with an apostrophe. Of synthetic data, a first column says so in each line.
    """
    written = io.StringIO()
    writer = csv.writer(written)  # CRLF, and quotes where they are needed
    variables = table.variables
    mark, marked = marks(table.about.synthetic)
    texts_of = text_columns([variable.name for variable in variables])
    writer.writerow([*mark, *texts_of, *table.measures, *table.reliabilities])
    for places, figures, reliabilities in table.rows():
        categories = [one.categories[at] for one, at in zip(variables, places, strict=True)]
        texts = [spreadsheet_text(text) for category in categories for text in (category.code, category.label)]
        writer.writerow([*marked, *texts, *(figure for figure, _ in figures), *reliabilities])
    return written.getvalue()


def marks(synthetic: bool) -> tuple[list[str], list[str]]:
    """What begins the header and each line of a CSV, which says so if it is of synthetic data."""
    return ([SYNTHETIC], ["true"]) if synthetic else ([], [])


def text_columns(names: Sequence[str]) -> list[str]:
    """The columns of a CSV with the code and the label of each of these variables."""
    return [spreadsheet_text(f"{name}_{part}") for name in names for part in ("code", "label")]


def json_stat_of(table: ExportTable | MeansTable) -> str:
    """The table as a JSON-stat 2.0 dataset (json-stat.org/full), with the dimensions `by`, variable and measure.

    Means have no dimension of the variable.

    Its extension says what the categories of groupings merge, and whether the data is synthetic.
    A missing figure is null and has the status HIDDEN; a LOW count or share has the status LOW.
    """
    about, variables, measures = table.about, table.variables, table.measures
    say = about.words
    cells = {places: figures for places, figures, _ in table.rows()}
    there = [sorted({places[at] for places in cells}) for at in range(len(variables))]
    measure = "measure"
    while any(variable.name == measure for variable in variables):
        measure += "_"
    values: list[float | None] = []
    status: dict[str, str] = {}
    for places in product(*there):
        for figure, reliability in cells.get(places, ((None, None),) * len(measures)):
            if reliability is not Reliability.HIGH:
                status[str(len(values))] = (reliability or Reliability.HIDDEN).value
            values.append(figure)
    document: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": about.title,
        "source": about.source,
        "id": [*(variable.name for variable in variables), measure],
        "size": [*map(len, there), len(measures)],
        "role": {"metric": [measure]},
        "dimension": {
            **{
                variable.name: {
                    "label": variable.label,
                    "category": {
                        "index": [variable.categories[place].code for place in places],
                        "label": {
                            variable.categories[place].code: variable.categories[place].label for place in places
                        },
                    },
                }
                for variable, places in zip(variables, there, strict=True)
            },
            measure: {
                "label": say("Measure"),
                "category": {
                    "index": list(measures),
                    "label": _measure_labels(say) if measures is COUNTS else _means_labels(say),
                    "unit": {name: {"decimals": decimals} for name, decimals in measures.items()},
                },
            },
        },
        "value": values,
        "status": status,
        "extension": {
            "precision": about.precision.value,
            "marginOfError": about.margin,
            **({SYNTHETIC: True} if about.synthetic else {}),
            **_merges(variables),
        },
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def _merges(variables: Sequence[Variable]) -> dict[str, Any]:
    """The codes that each category of a grouping merges, by variable; nothing without one."""
    found = {
        variable.name: {each.code: list(each.merges) for each in variable.categories}
        for variable in variables
        if any(each.merges for each in variable.categories)
    }
    return {"merges": found} if found else {}


def _measure_labels(say: Words) -> dict[str, str]:
    return {
        "count": say("Count"),
        "margin": say("Margin of error of the count (95 % confidence)"),
        "share": say("Share"),
        "low": say("Lower bound of the share's 95 % confidence interval"),
        "high": say("Upper bound of the share's 95 % confidence interval"),
    }


def _means_labels(say: Words) -> dict[str, str]:
    return {
        "count": say("Members with a value"),
        "margin": say("Margin of error of the count (95 % confidence)"),
        "sum": say("Sum of their values"),
        "sum_margin": say("Margin of error of the sum (95 % confidence)"),
        "unknown": say("Members without a value"),
        "unknown_margin": say("Margin of error of the members without a value (95 % confidence)"),
        "mean": say("Mean"),
        "low": say("Lower bound of the mean's 95 % confidence interval"),
        "high": say("Upper bound of the mean's 95 % confidence interval"),
    }


def _group(total: Total, mean: Statistic) -> _Figures:
    drawn = (total.count, total.margin, _rounded(total.sum), _rounded(total.sum_margin), total.unknown)
    figures = (_rounded(one) for one in (mean.value, mean.low, mean.high))
    # What was drawn is never hidden.
    return [
        *((one, Reliability.HIGH) for one in (*drawn, total.unknown_margin)),
        *((one, mean.reliability) for one in figures),
    ]


def _figures(cell: Cell) -> _Figures:
    counted = None if cell.reliability is Reliability.HIDDEN else cell.reliability
    counts = (cell.count, cell.margin) if counted else (None, None)
    shares = (_rounded(one) for one in (cell.share, cell.low, cell.high))
    return [*((one, counted) for one in counts), *((one, cell.share_reliability) for one in shares)]


def _rounded(number: float | None) -> float | None:
    return None if number is None else math.floor(number * 10**_DIGITS + 0.5) / 10**_DIGITS


def spreadsheet_text(text: str) -> str:
    """The text, prefixed with an apostrophe if a spreadsheet would treat it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
