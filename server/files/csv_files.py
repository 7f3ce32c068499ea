"""Writes the CSV of an insight for spreadsheets, and describes it by CSVW, the W3C's metadata for tabular data."""

import csv
import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from privacy.exports import SYNTHETIC, marks, spreadsheet_text, text_columns
from privacy.means import InsightKind
from privacy.precision import ALPHA

BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheets recognize UTF-8
DATATYPES = {
    "count": "integer", "margin": "integer", "share": "number", "low": "number", "high": "number",
    "reliability": "string", "share_reliability": "string",
}  # fmt: skip
DATATYPES_OF_MEANS = {
    "count": "integer", "margin": "integer", "sum": "number", "sum_margin": "number", "unknown": "integer",
    "unknown_margin": "integer", "mean": "number", "low": "number", "high": "number", "reliability": "string",
}  # fmt: skip

DATATYPES_OF_TRENDS = {
    "share": "number", "low": "number", "high": "number", "since_first": "number", "since_first_low": "number",
    "since_first_high": "number", "since_previous": "number", "since_previous_low": "number",
    "since_previous_high": "number", "mismatch": "string",
}  # fmt: skip
DIGITS = 6  # of a figure of a trend, as in the CSV of an insight


def spreadsheet_csv(text: str) -> str:
    """The CSV as spreadsheets in English open it."""
    return BYTE_ORDER_MARK + text


def french_csv(text: str) -> str:
    """The CSV as spreadsheets in French open it: with semicolons between fields, and commas in numbers."""
    header, *lines = csv.reader(io.StringIO(text, newline=""))
    first = len(header) - len(_datatypes(header))  # of the figures, which come last
    written = io.StringIO()
    written.write(BYTE_ORDER_MARK)
    writer = csv.writer(written, delimiter=";")
    writer.writerow(header)
    for line in lines:
        writer.writerow([*line[:first], *(figure.replace(".", ",") for figure in line[first:])])
    return written.getvalue()


def trend_csv(insight: Any) -> str:
    """The shares of an insight's trend as CSV, a line for each cell and wave. A missing figure is empty.

    Of synthetic data, a first column says so in each line.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(_header_of_trend(insight))
    _, marked = marks(insight["synthetic"])
    waves = insight["trend"]["waves"]
    for share in insight["trend"]["shares"]:
        texts = [text for each in (*share["by"], share["category"]) for text in (each["code"], each["label"])]
        for wave, point in zip(waves, share["points"], strict=True):
            of_wave = [wave["wave"], wave["frozenOn"], wave["insight"]]
            figures = [*_figures(point), *_figures(point["sinceFirst"]), *_figures(point["sincePrevious"])]
            writer.writerow([*marked, *map(spreadsheet_text, [*texts, *of_wave]), *figures, point["mismatch"]])
    return written.getvalue()


def _figures(found: Any) -> list[float | None]:
    if found is None or found["value"] is None:
        return [None] * 3
    return [round(each, DIGITS) for each in (found["value"], *found["interval"].values())]


def metadata_of(insight: Any, title: str, name: str) -> str:
    """The description of the CSV of this name, which is read from beside it.

    Of SUMS, its note has the insight with the numbers of members.
    """
    about = {"marginOfError": insight["marginOfError"]}
    if insight["countedBy"] is not None:
        about["countedBy"] = insight["countedBy"]["id"]
    days = insight["dataset"]["frozenOn"], insight["publishedAt"]
    return _described(insight, _header(insight), title, name, days, about)


def trend_metadata_of(insight: Any, title: str, name: str) -> str:
    """The description of the CSV of this name with the trend, whose note has its waves."""
    waves = insight["trend"]["waves"]
    days = max(each["frozenOn"] for each in waves), max(each["publishedAt"] for each in waves)
    return _described(insight, _header_of_trend(insight), title, name, days, {"waves": waves})


def _header(insight: Any) -> list[str]:
    """The columns of the CSV of an insight. Means have none of the variable, whose categories they sum."""
    means = insight["kind"] != InsightKind.COUNTS
    counted = insight["by"] if means else (*insight["by"], insight["variable"])
    figures = DATATYPES_OF_MEANS if means else DATATYPES
    return [*marks(insight["synthetic"])[0], *text_columns([each["name"] for each in counted]), *figures]


def _header_of_trend(insight: Any) -> list[str]:
    names = [each["name"] for each in (*insight["by"], insight["variable"])]
    of_wave = "wave", "frozen_on", "insight"
    return [*marks(insight["synthetic"])[0], *text_columns(names), *of_wave, *DATATYPES_OF_TRENDS]


def _described(
    insight: Any, header: list[str], title: str, name: str, days: tuple[str, str], about: Mapping[str, Any]
) -> str:
    """The description of a CSV with this header, whose note has what is `about` it too.

    `days` are that of its newest data, and the moment that it was published.
    """
    figures = _datatypes(header)
    types = ["string"] * (len(header) - len(figures)) + list(figures.values())
    if insight["synthetic"]:
        types[0] = "boolean"
    described = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": name,
        "dc:title": title,
        "dc:created": days[0],
        "dc:issued": days[1],
        "dc:creator": insight["requestedBy"] and insight["requestedBy"]["name"],
        "dc:description": insight["purpose"],
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True},
        "tableSchema": {
            "columns": [
                {"name": name, "titles": column, "datatype": datatype}
                for name, column, datatype in zip(_names(header), header, types, strict=True)
            ],
        },
        "notes": [
            {
                "precision": insight["precision"],
                **about,
                "confidence": 1 - ALPHA,
                "ledgerEntry": insight["ledgerEntry"],
                SYNTHETIC: insight["synthetic"],
            }
        ],
    }
    return orjson.dumps({key: value for key, value in described.items() if value is not None}).decode()


def _datatypes(header: list[str]) -> dict[str, str]:
    """The figures that the columns end with, and their types."""
    kinds = (DATATYPES_OF_MEANS, DATATYPES_OF_TRENDS)
    return next((kind for kind in kinds if header[-len(kind) :] == list(kind)), DATATYPES)


def _names(header: list[str]) -> list[str]:
    """A name for each column: unique, percent-encoded as in a URI template, and not beginning with `_`."""
    names: list[str] = []
    for column in header:
        name = quote(column, safe="").replace("-", "%2D").replace("~", "%7E")
        name = f"%5F{name[1:]}" if name.startswith("_") else name
        while name in names:
            name += "_"
        names.append(name)
    return names
