"""Exported tables: hidden cells have no numbers, and no text can be evaluated as a formula."""

import csv
import io
import json
from dataclasses import replace

import pytest
from jsonstat_validator import JSONStatValidationError, validate_jsonstat  # type: ignore[import-untyped]

from privacy.cubes import Cube
from privacy.domains import Category, DomainRule, Variable
from privacy.exports import About, ExportTable, csv_of, json_stat_of
from privacy.measures import Reliability
from privacy.precision import Precision
from privacy.reading import Cell, cells_of

PAIN = Variable(
    "pain",
    "How bad is it?",
    (Category("LOW", 'Low, or "fine"', 1), Category("HIGH", "=HYPERLINK(0)", 2), Category("UNKNOWN", "Not answered")),
    DomainRule.NUMBER,
    ordinal=True,
)
SEX = Variable("sex", "Sex", (Category("FEMALE", "Female"), Category("MALE", "Male")), DomainRule.SEX)
HIGH, LOW, HIDDEN = Reliability.HIGH, Reliability.LOW, Reliability.HIDDEN
CELLS = [
    Cell(0, (0,), 120, 5, 0.66666666, 0.6, 0.7333333, HIGH, HIGH),
    Cell(1, (0,), 15, 5, 0.1, -0.01, 0.2, LOW, LOW),
    Cell(2, (0,), 45, 5, 0.25, 0.2, 0.3, HIGH, HIGH),
    Cell(0, (1,), 12, 5, None, None, None, LOW, None),
    Cell(1, (1,), -3, 5, None, None, None, HIDDEN, None),
    Cell(2, (1,), 4, 5, 0.4, 0.1, 0.7, HIDDEN, LOW),
]
ABOUT = About("Pain by sex", "Cohorte, dataset of 2026", Precision.WITHIN_5, 5)
TABLE = ExportTable(ABOUT, PAIN, (SEX,), CELLS)


def test_a_table_as_csv() -> None:
    assert csv_of(TABLE) == (
        "sex_code,sex_label,pain_code,pain_label,count,margin,share,low,high,reliability,share_reliability\r\n"
        'FEMALE,Female,LOW,"Low, or ""fine""",120,5,0.666667,0.6,0.733333,HIGH,HIGH\r\n'
        "FEMALE,Female,HIGH,'=HYPERLINK(0),15,5,0.1,-0.01,0.2,LOW,LOW\r\n"
        "FEMALE,Female,UNKNOWN,Not answered,45,5,0.25,0.2,0.3,HIGH,HIGH\r\n"
        'MALE,Male,LOW,"Low, or ""fine""",12,5,,,,LOW,\r\n'
        "MALE,Male,HIGH,'=HYPERLINK(0),,,,,,HIDDEN,\r\n"
        "MALE,Male,UNKNOWN,Not answered,,,0.4,0.1,0.7,HIDDEN,LOW\r\n"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_begins_like_a_formula(start: str) -> None:
    label = f"{start}1+1"
    variable = replace(PAIN, name=f"{start}name", categories=(Category("-1", label), *PAIN.categories[1:]))
    header, first, *_ = csv.reader(io.StringIO(csv_of(replace(TABLE, variable=variable)), newline=""))
    assert header[2:4] == [f"'{start}name_code", f"'{start}name_label"]
    assert first[2:5] == ["'-1", f"'{label}", "120"]


def test_a_table_as_json_stat() -> None:
    exported = json.loads(json_stat_of(TABLE))
    assert validate_jsonstat(exported) is True
    assert (exported["version"], exported["class"], exported["label"], exported["source"]) == (
        "2.0", "dataset", "Pain by sex", "Cohorte, dataset of 2026"
    )  # fmt: skip
    assert (exported["id"], exported["size"], exported["role"]) == (
        ["sex", "pain", "measure"],
        [2, 3, 5],
        {"metric": ["measure"]},
    )
    assert exported["dimension"]["pain"] == {
        "label": "How bad is it?",
        "category": {
            "index": ["LOW", "HIGH", "UNKNOWN"],
            "label": {"LOW": 'Low, or "fine"', "HIGH": "=HYPERLINK(0)", "UNKNOWN": "Not answered"},
        },
    }
    assert exported["dimension"]["measure"]["category"]["index"] == ["count", "margin", "share", "low", "high"]
    none = [None] * 5
    assert exported["value"] == [
        *(120, 5, 0.666667, 0.6, 0.733333),
        *(15, 5, 0.1, -0.01, 0.2),
        *(45, 5, 0.25, 0.2, 0.3),
        *(12, 5, None, None, None),
        *none,
        *(None, None, 0.4, 0.1, 0.7),
    ]
    assert exported["status"] == {
        **{str(at): "LOW" for at in (*range(5, 10), 15, 16, 27, 28, 29)},
        **{str(at): "HIDDEN" for at in (17, 18, 19, *range(20, 27))},
    }
    assert exported["extension"] == {"precision": "WITHIN_5", "marginOfError": 5}


def test_the_validator_refuses_invalid_json_stat() -> None:
    exported = json.loads(json_stat_of(TABLE))
    with pytest.raises((JSONStatValidationError, ValueError)):
        validate_jsonstat({**exported, "size": [2, 3]})


def test_an_exported_slice_contains_its_own_cells() -> None:
    cube = Cube((PAIN, SEX), (120.0, 12.0, 15.0, -3.0, 45.0, 4.0), 1.0).sliced({"pain": ["UNKNOWN", "LOW"]})
    table = replace(TABLE, cells=cells_of(cube, "pain", ["sex"]))
    exported = json.loads(json_stat_of(table))
    assert validate_jsonstat(exported) is True
    assert (exported["size"], exported["dimension"]["pain"]["category"]["index"]) == ([2, 2, 5], ["LOW", "UNKNOWN"])
    assert exported["value"][::5] == [120, 45, 12, None]
    assert len(csv_of(table).splitlines()) == 5


def test_an_empty_table_and_a_variable_named_measure_are_exported() -> None:
    bare = replace(TABLE, variable=replace(PAIN, name="measure"), by=(), cells=[replace(CELLS[0], by=())])
    exported = json.loads(json_stat_of(bare))
    assert validate_jsonstat(exported) is True
    assert (exported["id"], exported["size"]) == (["measure", "measure_"], [1, 5])
    assert json.loads(json_stat_of(replace(TABLE, cells=[])))["value"] == []
    assert csv_of(replace(TABLE, cells=[])).count("\r\n") == 1
