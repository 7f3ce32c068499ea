"""Who reads which insights, with which fields; everyone who may read an insight gets the same numbers."""

import csv
import io
import json
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from jsonstat_validator import validate_jsonstat  # type: ignore[import-untyped]

from privacy import reading
from tests import factories
from tests.support.insights import BY_SEX, FATIGUE, SEX, Published, furnished
from tests.support.network import Network
from tests.support.waves import variable, wave

WHOLE = """query ($id: ID!) { insight(id: $id) {
  id precision marginOfError publishedAt purpose
  dataset { title wave kind } variable { name label ordinal maxPerMember } by { name categories { code label value } }
  cost { microRho delta } requestedBy { name } ledgerEntry { position previousHash }
  statistics { measure by { code } value interval { low high } reliability }
  cells { category { code label value } by { code } count marginOfError share interval { low high } reliability
    shareReliability }
} }"""

NOTHING_LEFT = "`where` leaves no category of the variable sex: its filters name none, or contradict each other."


def figures(each: reading.Cell, *, hidden: bool = False) -> dict[str, Any]:
    """A cell of an insight of fatigue by sex, as the graph returns it."""
    category, by = FATIGUE.categories[each.category], [SEX.categories[place] for place in each.by]
    published = hidden or each.reliability.value != "HIDDEN"
    return {
        "category": {"code": category.code, "label": category.label, "value": category.value},
        "by": [{"code": one.code} for one in by],
        "count": each.count if published else None,
        "marginOfError": each.margin,
        "share": each.share,
        "interval": {"low": each.low, "high": each.high},
        "reliability": each.reliability.value,
        "shareReliability": each.share_reliability and each.share_reliability.value,
    }


async def test_patients_buyers_and_staff_read_the_same_numbers_in_one_statement(published: Published) -> None:
    cube = published.wave.cube(("sex", "fatigue"), list(map(float, BY_SEX)), 5.0)
    await published("patient", "{ viewer { audience } }")  # the first time, the session is looked up too
    first = await published("patient", WHOLE)
    assert len(published.server.ask.statements) == 1
    assert first == await published("licensed", WHOLE) == await published("manager", WHOLE)
    insight = first["insight"]
    cells, statistics = insight.pop("cells"), insight.pop("statistics")
    assert insight == {
        "id": published.ids["fatigue"], "precision": "WITHIN_10", "marginOfError": 10,
        "publishedAt": "2026-03-03T12:00:00+00:00", "purpose": "Sleep and fatigue",
        "dataset": {"title": "Tracking of Home", "wave": "2026 spring", "kind": "TRACKING"},
        "variable": {"name": "fatigue", "label": "Fatigue", "ordinal": True, "maxPerMember": 1},
        "by": [{"name": "sex", "categories": [
            {"code": "FEMALE", "label": "Female", "value": None}, {"code": "MALE", "label": "Male", "value": None},
            {"code": "UNKNOWN", "label": "Unknown", "value": None},
        ]}],
        "cost": {"microRho": 17_372, "delta": 1e-06}, "requestedBy": {"name": "Who is licensed"},
        "ledgerEntry": {"position": published.line + 1, "previousHash": await published.server.database.fetchval(
            "select encode(hash, 'hex') from insight.ledger_entry where position = $1", published.line
        )},
    }  # fmt: skip
    assert cells == [figures(each) for each in reading.cells_of(cube, "fatigue", ["sex"])]
    assert [cell["count"] for cell in cells] == [90, 40, 30, None, 60, 50, 20, None, None, None, None, None]
    assert statistics == [
        {
            "measure": each.measure.value,
            "by": [{"code": SEX.categories[each.by[0]].code}],
            "value": each.value,
            "interval": None if each.low is None else {"low": each.low, "high": each.high},
            "reliability": each.reliability.value,
        }
        for each in reading.statistics_of(cube, "fatigue", ["sex"])
    ]
    assert [one["value"] for one in statistics] == [pytest.approx(0.625), 0.0, pytest.approx(90 / 130), 1.0, 0.0, 0.0]


async def test_unreliable_cells_are_returned_on_request_and_stay_marked_hidden(published: Published) -> None:
    cube = published.wave.cube(("sex", "fatigue"), list(map(float, BY_SEX)), 5.0)
    fields = """{
      category { code label value } by { code } count marginOfError share interval { low high } reliability
      shareReliability
    }"""
    text = f"query ($id: ID!) {{ insight(id: $id) {{ cells(includeUnreliable: true) {fields} }} }}"
    shown = (await published("licensed", text))["insight"]["cells"]
    assert shown == [figures(each, hidden=True) for each in reading.cells_of(cube, "fatigue", ["sex"])]
    assert [cell["count"] for cell in shown if cell["reliability"] == "HIDDEN"] == [5, 7, 9, 3, -2, 1]


CELLS = """query ($id: ID!, $by: [String!], $where: [CategoryFilter!], $all: Boolean) {
  insight(id: $id) {
    cells(by: $by, where: $where, includeUnreliable: $all) {
      category { code label value } by { code } count marginOfError share interval { low high } reliability
      shareReliability
    }
    statistics(by: $by, where: $where) { measure by { code } value interval { low } reliability }
  }
}"""
ASKED: list[tuple[list[str] | None, dict[str, list[str]]]] = [
    (None, {}),
    (["sex"], {}),
    ([], {}),
    (None, {"sex": ["FEMALE"]}),
    ([], {"sex": ["MALE", "FEMALE"]}),
    (["sex"], {"fatigue": ["HIGH", "LOW"], "sex": ["MALE"]}),
]


@pytest.mark.parametrize(("by", "where"), ASKED)
@pytest.mark.parametrize("all", [None, True])
async def test_slices_and_roll_ups_are_computed_from_the_stored_cube(
    published: Published, by: list[str] | None, where: dict[str, list[str]], all: bool | None
) -> None:
    cube = published.wave.cube(("sex", "fatigue"), list(map(float, BY_SEX)), 5.0).sliced(where)
    kept = ["sex"] if by is None else by
    filters = [{"variable": name, "in": codes} for name, codes in where.items()]
    answer = (await published("licensed", CELLS, {"by": by, "where": filters or None, "all": all}))["insight"]
    assert len(published.server.ask.statements) == 1
    assert answer["cells"] == [figures(each, hidden=bool(all)) for each in reading.cells_of(cube, "fatigue", kept)]
    assert [(one["measure"], one["value"]) for one in answer["statistics"]] == [
        (each.measure.value, each.value) for each in reading.statistics_of(cube, "fatigue", kept)
    ]
    assert answer == (await published("patient", CELLS, {"by": by, "where": filters or None, "all": all}))["insight"]


async def test_two_filters_on_one_variable_both_apply(published: Published) -> None:
    filters = [{"variable": "sex", "in": ["FEMALE", "MALE"]}, {"variable": "sex", "in": ["MALE"]}]
    cells = (await published("patient", CELLS, {"where": filters}))["insight"]["cells"]
    assert [cell["count"] for cell in cells] == [60, 50, 20, None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('by: ["age"]', "`by` may name only grouping variables of the insight: sex."),
        ('by: ["fatigue"]', "`by` may name only grouping variables of the insight: sex."),
        (
            'where: [{variable: "symptoms", in: ["PAIN"]}]',
            "`where` may name only variables of the insight: sex, fatigue.",
        ),
        (
            'where: [{variable: "sex", in: ["MALE", "NONE"]}]',
            "`where` names a category that the variable sex does not have.",
        ),
        ('where: [{variable: "sex", in: []}]', NOTHING_LEFT),
        (
            'where: [{variable: "sex", in: ["FEMALE"]}, {variable: "sex", in: ["MALE"]}]',
            NOTHING_LEFT,
        ),
    ],
)
async def test_unknown_variables_and_categories_are_refused_in_every_view(
    published: Published, arguments: str, message: str
) -> None:
    assert await published.refused("licensed", arguments) == message
    assert await published.refused("patient", arguments) == message


async def test_categories_that_can_overlap_are_not_summed(published: Published) -> None:
    id = {"id": published.ids["symptoms by"]}
    answer = await published.server.ask(published.who["patient"], CELLS, id | {"by": []})
    assert {error["message"] for error in answer["errors"]} == {
        "A member may be in several categories of symptoms, so their counts cannot be added up:"
        " group by it, or filter by one of its categories."
    }
    assert answer["data"] == {"insight": None}
    one = {"by": [], "where": [{"variable": "symptoms", "in": ["PAIN"]}]}
    assert [each["count"] for each in (await published("patient", CELLS, id | one))["insight"]["cells"]] == [
        60,
        80,
        None,
    ]
    over_sex = (await published("patient", CELLS, {"id": published.ids["symptoms"], "by": []}))["insight"]["cells"]
    assert [each["count"] for each in over_sex] == [145, 119, 52]


async def test_files_contain_the_same_numbers_as_the_cells(published: Published) -> None:
    answer = (await published("licensed", "query ($id: ID!) { insight(id: $id) { csv jsonStat cells { count } } }"))[
        "insight"
    ]
    lines = list(csv.reader(io.StringIO(answer["csv"])))
    assert lines[0][:5] == ["sex_code", "sex_label", "fatigue_code", "fatigue_label", "count"]
    assert lines[1][:6] == ["FEMALE", "Female", "LOW", "Low", "90", "10"]
    assert [int(line[4]) if line[4] else None for line in lines[1:]] == [cell["count"] for cell in answer["cells"]]
    document = json.loads(answer["jsonStat"])
    assert validate_jsonstat(document)
    assert document["label"] == "Tracking of Home: Fatigue, by Sex"
    assert document["source"] == f"2026 spring, frozen on 2026-03-02; entry {published.line + 1} of the public ledger"
    assert (document["id"], document["size"]) == (["sex", "fatigue", "measure"], [3, 4, 5])


FOUND = """query ($id: ID!) {
  insight(id: $id) { id } node(id: $id) { id }
  community(slug: "home") { insights { nodes { id } } datasets { nodes { title insights { nodes { id } } } } }
  treatment(slug: "tea") { insights { nodes { id } } }
}"""


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("patient", True),
        ("withdrawn", True),
        ("of the community", True),
        ("of the other community", False),
        ("respondent", False),
        ("stranger", False),
        ("manager", True),
        ("licensed", True),
        ("running out today", True),
        ("run out", False),
        ("not begun", False),
        ("ended", False),
        ("only asked for", False),
        ("of another community", False),
        ("of a kind that is not offered it", False),
        ("unlicensed", False),
    ],
)
async def test_an_insight_is_read_by_its_members_and_by_buyers_with_a_running_licence(
    published: Published, who: str, sees: bool
) -> None:
    of_fatigue, of_symptoms = [{"id": published.ids[name]} for name in ("fatigue", "sex")], published.ids["symptoms"]
    newest = await published.server.database.fetch(
        "select 'ins_' || id as id from insight.insight where dataset_id = $1 order by published_at desc, id desc",
        published.wave.id,
    )
    every = [{"id": each["id"]} for each in newest] if sees else []
    assert await published(who, FOUND) == {
        "insight": of_fatigue[0] if sees else None,
        "node": of_fatigue[0] if sees else None,
        "community": {
            "insights": {"nodes": every},
            "datasets": {
                "nodes": [{"title": "Tracking of Home", "insights": {"nodes": every}}, OLD]
            },  # its existence is public
        },
        "treatment": {"insights": {"nodes": [one for one in every if one not in of_fatigue]}},
    }
    assert not sees or {"id": of_symptoms} in every
    away = await published(
        who, "query ($id: ID!) { insight(id: $id) { cells { count } } }", {"id": published.ids["away"]}
    )
    assert (away["insight"] is not None) is (
        who in ("of the other community", "respondent", "manager", "of another community")
    )


OLD = {"title": "Tracking, spring", "insights": {"nodes": []}}


@pytest.mark.slow
async def test_five_thousand_cells_fit_one_response_planned_or_computed(published: Published) -> None:
    a, b, c = (
        variable(name, *(f"{name.upper()}{n}" for n in range(n))) for name, n in (("a", 24), ("b", 9), ("c", 19))
    )
    large = await wave(published.server.database, a, b, c, title="Large")
    noisy = [(7 * place) % 41 for place in range(25 * 10 * 20)]
    ids = await large.publish(("a", "b", "c"), noisy)
    text = """query ($id: ID!, $where: [CategoryFilter!]) { insight(id: $id) {
      cells(where: $where, includeUnreliable: true) { category { code } by { code } count reliability } } }"""
    planned = (await published("manager", text, {"id": ids["c"]}))["insight"]["cells"]
    expected = [
        ([one.code, two.code], three.code, count)
        for (one, two, three), count in zip(product(a.categories, b.categories, c.categories), noisy, strict=True)
    ]
    assert [
        ([each["code"] for each in cell["by"]], cell["category"]["code"], cell["count"]) for cell in planned
    ] == expected
    every = [{"variable": "a", "in": [category.code for category in a.categories]}]
    assert (await published("manager", text, {"id": ids["c"], "where": every}))["insight"]["cells"] == planned


async def test_stored_figures_outside_their_range_are_clamped_when_read(own_network: Network) -> None:
    published = await furnished(own_network)
    insight = UUID(published.ids["fatigue"].removeprefix("ins_"))
    outside: dict[str, Any] = {"insight_id": insight, "by": [0], "low": -0.2, "high": 12.0}
    unset: dict[str, Any] = {"share": None, "low": None, "high": None}
    await factories.cell(own_network.database, place=900, share=1.03, **outside)
    await factories.cell(own_network.database, place=901, **outside | unset)
    await factories.statistic(own_network.database, place=900, value=-7.0, **outside)
    found = (await published("licensed", WHOLE))["insight"]
    shares = [(cell["share"], cell["interval"]) for cell in found["cells"][-2:]]
    assert shares == [(1.0, {"low": 0.0, "high": 1.0}), (None, None)]
    scale = [category.value for category in FATIGUE.categories if category.value is not None]
    mean = found["statistics"][-1]
    assert (mean["value"], mean["interval"]) == (min(scale), {"low": min(scale), "high": max(scale)})
