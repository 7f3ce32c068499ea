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
from privacy.measures import Reliability
from privacy.precision import Precision
from privacy.reading import Cell
from privacy.words import ENGLISH, Words

# Characters that make a spreadsheet treat a cell as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_DIGITS = 6  # of a share: far more than its confidence interval supports
_RELIABILITIES = ("reliability", "share_reliability")
_MEASURES = {"count": 0, "margin": 0, "share": _DIGITS, "low": _DIGITS, "high": _DIGITS}  # with their decimals


@dataclass(frozen=True)
class ExportTable:
    """A published table: one variable broken down by others, with its cells in any order.

    `margin` is the half-width of each count's 95 % confidence interval.
    """

    title: str
    source: str
    variable: Variable
    by: tuple[Variable, ...]
    cells: Sequence[Cell]
    precision: Precision
    margin: int
    words: Words = ENGLISH  # of the language that the labels are in


def csv_of(table: ExportTable) -> str:
    """The table as CSV (RFC 4180) with a header: a code and a label for each variable, then the figures.

    A missing figure is empty; a HIDDEN cell has no count. Text that a spreadsheet would treat as a formula is
    prefixed with an apostrophe.
    """
    written = io.StringIO()
    writer = csv.writer(written)  # CRLF, and quotes where they are needed
    variables = (*table.by, table.variable)
    names = [f"{variable.name}_{part}" for variable in variables for part in ("code", "label")]
    writer.writerow([*map(spreadsheet_text, names), *_MEASURES, *_RELIABILITIES])
    for cell in table.cells:
        categories = [one.categories[at] for one, at in zip(variables, (*cell.by, cell.category), strict=True)]
        texts = [spreadsheet_text(text) for category in categories for text in (category.code, category.label)]
        reliable = cell.share_reliability
        figures = (figure for figure, _ in _figures(cell))
        writer.writerow([*texts, *figures, cell.reliability.value, reliable and reliable.value])
    return written.getvalue()


def json_stat_of(table: ExportTable) -> str:
    """The table as a JSON-stat 2.0 dataset (json-stat.org/full), with the dimensions `by`, variable and measure.

    Its extension says what the categories of groupings merge.
    A missing figure is null and has the status HIDDEN; a LOW count or share has the status LOW.
    """
    say = table.words
    variables = (*table.by, table.variable)
    cells = {(*cell.by, cell.category): cell for cell in table.cells}
    there = [sorted({places[at] for places in cells}) for at in range(len(variables))]
    measure = "measure"
    while any(variable.name == measure for variable in variables):
        measure += "_"
    values: list[float | None] = []
    status: dict[str, str] = {}
    for places in product(*there):
        cell = cells.get(places)
        for figure, reliability in _figures(cell) if cell else ((None, None),) * len(_MEASURES):
            if reliability is not Reliability.HIGH:
                status[str(len(values))] = (reliability or Reliability.HIDDEN).value
            values.append(figure)
    document: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": table.title,
        "source": table.source,
        "id": [*(variable.name for variable in variables), measure],
        "size": [*map(len, there), len(_MEASURES)],
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
                    "index": list(_MEASURES),
                    "label": _measure_labels(say),
                    "unit": {name: {"decimals": decimals} for name, decimals in _MEASURES.items()},
                },
            },
        },
        "value": values,
        "status": status,
        "extension": {"precision": table.precision.value, "marginOfError": table.margin, **_merges(variables)},
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


def _figures(cell: Cell) -> list[tuple[float | None, Reliability | None]]:
    """The measures in order, each with its reliability."""
    counted = None if cell.reliability is Reliability.HIDDEN else cell.reliability
    counts = (cell.count, cell.margin) if counted else (None, None)
    shares = (_rounded(one) for one in (cell.share, cell.low, cell.high))
    return [*((one, counted) for one in counts), *((one, cell.share_reliability) for one in shares)]


def _rounded(number: float | None) -> float | None:
    return None if number is None else math.floor(number * 10**_DIGITS + 0.5) / 10**_DIGITS


def spreadsheet_text(text: str) -> str:
    """The text, prefixed with an apostrophe if a spreadsheet would treat it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
