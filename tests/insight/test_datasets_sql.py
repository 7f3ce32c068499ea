"""A member's influence on a dataset, in the real SQL: bounded, through their own rows only, over public domains."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from privacy.domains import SurveyQuestion, survey_variables, tracking_variables
from tests import factories
from tests.support.records import (
    DAY,
    OPTIONS,
    Encoded,
    catalogue,
    consenting,
    dataset,
    submitted,
    survey_of,
    undone,
    wave_of,
)

Admin = asyncpg.Connection


def cubes_of(made: Encoded, chance: random.Random, several: int) -> list[tuple[str, ...]]:
    """The size, the cube of each variable, and some small cubes of two and three variables."""
    cells = {each.name: len(each.categories) for each in made.variables}
    larger = [
        cube
        for count in (2, 3)
        for cube in combinations(chance.sample(list(cells), min(len(cells), 9)), count)
        if math.prod(cells[name] for name in cube) <= 5_000
    ]
    return [(), *((name,) for name in cells), *chance.sample(larger, several)]


def bound(made: Encoded, cube: Sequence[str]) -> int:
    """The square of the most that one member may change a histogram (L2 distance)."""
    return math.prod(each.max_per_member for each in made.variables if each.name in cube)


async def breaches(made: Encoded, cubes: Sequence[tuple[str, ...]], members: Sequence[UUID]) -> list[object]:
    """The cubes that change beyond the bound when a member is removed, and other members whose records change."""
    found: list[object] = []
    before, records = await made.counts(*cubes), await made.records()
    for member in members:
        async with undone(made.connection):
            await made.connection.execute("DELETE FROM care.member WHERE id = $1", member)
            await made.encode_again()
            after, left = await made.counts(*cubes), await made.records()
        for cube, was, becomes in zip(cubes, before, after, strict=True):
            change = [one - other for one, other in zip(was, becomes, strict=True)]
            if min(change) < 0 or sum(step * step for step in change) > bound(made, cube):
                found.append(cube)
        if left != {other: codes for other, codes in records.items() if other != member}:
            found.append(member)
    return found


@pytest.mark.parametrize("make", [wave_of, survey_of])
async def test_one_member_changes_a_histogram_by_the_root_of_m_at_most(admin: Admin, make: Any) -> None:
    chance = random.Random(1)
    made = await make(admin, chance, 24)
    members = sorted(await made.enrolled())
    assert len(members) == len(await made.records()) == 24
    assert await breaches(made, cubes_of(made, chance, 20), chance.sample(members, 8)) == []


# Each replaces the real function during a test: one counts a member once for each of their rows; the other is a rule
# that depends on other members' rows.
UNBOUNDED = """
    CREATE OR REPLACE FUNCTION research.histogram(dataset uuid, variables integer[]) RETURNS bigint[] LANGUAGE sql AS $$
        SELECT array_agg(n ORDER BY place) FROM (
            SELECT c.place, count(r.member_id) AS n
            FROM insight.category c
            LEFT JOIN research.raw_rows(histogram.dataset) r ON r.variable = c.variable AND r.text = c.code
            WHERE c.dataset_id = histogram.dataset AND c.variable = histogram.variables[1]
            GROUP BY c.place) counted
    $$"""
COMPARING = """
    CREATE OR REPLACE FUNCTION research.raw_answers(dataset uuid, after uuid, last uuid)
    RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
    LANGUAGE sql AS $$
        SELECT e.member_id, v.position, 1, NULL, (rank() OVER (PARTITION BY v.position ORDER BY e.member_id))::float
        FROM research.enrolment e JOIN insight.variable v USING (dataset_id)
        WHERE e.dataset_id = raw_answers.dataset AND v.name = 'scale'
    $$"""


@pytest.mark.parametrize("fault", [UNBOUNDED, COMPARING])
async def test_unbounded_counts_and_rules_that_compare_members_are_detected(admin: Admin, fault: str) -> None:
    made = await survey_of(admin, random.Random(3), 24)
    members = sorted(await made.enrolled())
    assert await breaches(made, [("many",)], members) == []
    await admin.execute(fault)
    await made.encode_again()
    assert await breaches(made, [("many",)], members) != []


async def test_a_member_is_in_one_cell_of_single_valued_variables(admin: Admin) -> None:
    made, other = await survey_of(admin, random.Random(4), 20), await wave_of(admin, random.Random(5), 15)
    for one, size in ((made, 20), (other, 15)):
        single = [each.name for each in one.variables if each.max_per_member == 1][:8]
        cubes = [(), *((name,) for name in single), *combinations(single, 2), *combinations(single[:4], 3)]
        sums = {cube: sum(counted) for cube, counted in zip(cubes, await one.counts(*cubes), strict=True)}
        assert sums == dict.fromkeys(cubes, size)


async def test_a_histogram_counts_its_records_with_the_last_variable_fastest(admin: Admin) -> None:
    made = await survey_of(admin, random.Random(6), 24)
    codes = {each.name: [one.code for one in each.categories] for each in made.variables}
    read = [await made.read(member) for member in await made.enrolled()]
    for cube in (("many", "one"), ("one", "many"), ("scale", "many", "one")):
        cells = [[]]  # type: list[list[str]]
        for name in cube:
            cells = [[*cell, code] for cell in cells for code in codes[name]]
        expected = [
            sum(all(code in one[name] for name, code in zip(cube, cell, strict=True)) for one in read) for cell in cells
        ]
        assert await made.counts(cube) == [expected]
        assert sum(expected) > 0


@pytest.mark.parametrize("asked", ["{1,1}", "{0}", "{99}", "{NULL}", "{1,2,3,4}", "{{1,2},{3,4}}", "{3,4,6}"])
async def test_an_impossible_cube_is_refused(admin: Admin, asked: str) -> None:
    sizes = {3: 100, 4: 10, 6: 6}  # 6,000 cells
    made = (await factories.dataset(admin))["id"]
    for place in range(1, 7):
        codes = [*(f"C{code}" for code in range(sizes.get(place, 2) - 1)), "UNKNOWN"]
        await factories.variable(admin, dataset_id=made, codes=codes)
    assert await admin.fetchval("SELECT cardinality(research.histogram($1, '{3,4}'))", made) == 1_000
    with pytest.raises(asyncpg.CheckViolationError, match="no such cube"):
        await admin.fetchval("SELECT research.histogram($1, $2::text::integer[])", made, asked)


@pytest.mark.parametrize("status", ["FREEZING", "TOO_SMALL", "ENDED"])
async def test_a_dataset_that_is_not_available_is_not_counted(admin: Admin, status: str) -> None:
    made = (await factories.dataset(admin, status=status, progress=0 if status == "FREEZING" else 100))["id"]
    with pytest.raises(asyncpg.CheckViolationError, match="no such cube"):
        await admin.fetchval("SELECT research.histogram($1, '{}')", made)


Row = tuple[str, dict[str, Any]]


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def course(letter: str, began: int, ended: int | None = None, **given: Any) -> Row:
    return "course", {"treatment": letter, "started_on": ago(began), "ended_on": ended and ago(ended)} | given


def observed(letter: str, **values: float) -> list[Row]:
    """Observations: each value, and how many days before the freezing it was made."""
    return [
        ("observation", {"indicator": letter, "observed_on": ago(int(day[1:])), "value": value})
        for day, value in values.items()
    ]


def evaluated(letter: str, days: int, effectiveness: int, *felt: tuple[str, str]) -> Row:
    return "evaluation", {
        "treatment": letter, "evaluated_on": ago(days), "effectiveness": effectiveness, "felt": felt,
    }  # fmt: skip


STOPPED: dict[str, Any] = {"status": "STOPPED"}
UNKNOWN = ["UNKNOWN"]
RULES: list[tuple[str, list[Row], dict[str, list[str]]]] = [
    ("nothing is known", [], {"age_band": UNKNOWN, "sex": UNKNOWN, "kind": ["PATIENT"], "treatments": UNKNOWN}),
    ("a profile", [("profile", {"birth_year": 1976, "sex": "MALE", "region": "Corse"})],
     {"age_band": ["45-54"], "sex": ["MALE"], "region": ["Corse"], "time_since_diagnosis": UNKNOWN}),
    ("a birthday year", [("profile", {"birth_year": 1981})], {"age_band": ["45-54"], "region": UNKNOWN}),
    ("the year before", [("profile", {"birth_year": 1982})], {"age_band": ["35-44"], "region": UNKNOWN}),
    ("diagnosed", [("diagnosis", {"diagnosed_in": 2021})], {"time_since_diagnosis": ["FROM_5"]}),
    ("diagnosed this year", [("diagnosis", {"diagnosed_in": 2026})], {"time_since_diagnosis": ["UNDER_1"]}),
    ("diagnosed later", [("diagnosis", {"diagnosed_in": 2027})], {"time_since_diagnosis": UNKNOWN}),
    ("the day it starts", [course("a", 0)], {"course_drug_a": ["Q1_CONTINUING"], "first_treatment": ["DRUG_A"]}),
    ("91 days", [course("a", 91)], {"course_drug_a": ["Q2_CONTINUING"], "course_drug_b": UNKNOWN}),
    ("90 days, stopped", [course("a", 200, 110, **STOPPED)], {"course_drug_a": ["Q1_ENDED"]}),
    ("stopped later", [course("a", 10, -1, **STOPPED)], {"course_drug_a": ["Q1_CONTINUING"]}),
    ("stopped, no day", [course("a", 95, **STOPPED)], {"course_drug_a": ["Q2_CONTINUING"]}),
    ("on hold", [course("a", 95, 90, status="ON_HOLD")], {"course_drug_a": ["Q2_CONTINUING"]}),
    ("years", [course("a", 3_000)], {"course_drug_a": ["Q8_CONTINUING"]}),
    ("starts later", [course("a", -1)], {"course_drug_a": UNKNOWN, "treatments": UNKNOWN, "first_treatment": UNKNOWN}),
    ("the later of two", [course("a", 300), course("a", 80, 5, **STOPPED)],
     {"course_drug_a": ["Q1_ENDED"], "treatments": ["DRUG_A"]}),
    ("several", [course("c", 900), course("a", 300), course("b", 200), course("a", 100)],
     {"treatments": ["DRUG_A", "DRUG_B", "OTHER"], "first_treatment": ["OTHER"]}),
    ("another alone", [course("c", 300)], {"treatments": ["OTHER"], "course_drug_a": UNKNOWN}),
    ("evaluated twice", [evaluated("a", 90, 3, ("a", "MILD")), evaluated("a", 30, 8)],
     {"effectiveness_drug_a": ["8"], "side_effects_drug_a": ["NONE"], "effectiveness_drug_b": UNKNOWN}),
    ("evaluated later", [evaluated("a", -1, 3, ("a", "MILD"))],
     {"effectiveness_drug_a": UNKNOWN, "side_effects_drug_a": UNKNOWN}),
    ("side effects", [evaluated("a", 30, 8, ("a", "MILD"), ("b", "SEVERE"), ("c", "MODERATE"))],
     {"side_effects_drug_a": ["SIGN_B", "OTHER", "SIGN_A"]}),
    ("a median", observed("a", d0=2, d10=3, d89=8, d90=9), {"level_sign_a": ["3"], "level_sign_b": UNKNOWN}),
    ("between two", observed("a", d0=2, d10=3), {"level_sign_a": ["3"]}),
    ("too long ago", observed("a", d90=9), {"level_sign_a": UNKNOWN, "change_sign_a": UNKNOWN}),
    ("tomorrow", observed("a", **{"d-1": 9}), {"level_sign_a": UNKNOWN}),
    ("less than it was", observed("a", d200=9, d173=7, d172=0, d20=2), {"change_sign_a": ["FALL_5"]}),
    ("as it was", observed("a", d28=4, d0=4), {"change_sign_a": ["SAME"]}),
    ("no day after the first 28", observed("a", d27=4, d0=9), {"level_sign_a": ["7"], "change_sign_a": UNKNOWN}),
    ("out of its range", observed("a", d0=99), {"level_sign_a": UNKNOWN}),
    ("months", [course("c", 200), *observed("a", d201=9, d200=1, d190=3, d170=5, d0=9)],
     {"months_sign_a": ["M0_2", "M1_5"]}),
    ("months without a course", observed("a", d0=9), {"months_sign_a": UNKNOWN}),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), [case[1:] for case in RULES], ids=[case[0] for case in RULES])
async def test_each_rule_derives_the_category_from_the_members_own_rows(
    admin: Admin, rows: list[Row], expected: dict[str, list[str]]
) -> None:
    known = await catalogue(admin)
    names = {
        **{f"treatment{letter}": row["id"] for letter, row in zip("abc", known.treatments, strict=True)},
        **{f"indicator{letter}": row["id"] for letter, row in zip("abc", known.indicators, strict=True)},
    }
    made = await dataset(admin, known.variables())
    member = await consenting(admin)
    await factories.membership(admin, member_id=member, community_id=made.community)
    for table, given in rows:
        values = {"member_id": member, **given}
        felt = values.pop("felt", ())
        for kind in ("treatment", "indicator"):
            if kind in values:
                values[f"{kind}_id"] = names[kind + values.pop(kind)]
        if table == "diagnosis":
            values["community_id"] = made.community
        if table == "evaluation":
            of = {key: values[key] for key in ("member_id", "treatment_id")}
            values["course_id"] = (await factories.course(admin, **of, started_on=ago(400)))["id"]
        row = await getattr(factories, table)(admin, **values)
        for letter, severity in felt:
            effect = {"member_id": member, "evaluation_id": row["id"], "indicator_id": names[f"indicator{letter}"]}
            await factories.side_effect(admin, **effect, severity=severity)
    await made.freeze()
    read = await made.read(member)
    assert {name: read[name] for name in expected} == expected


ANSWERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"codes": ["B", "A", "B", "D", "E"]}, ["B", "A", "D"]),
    ({"codes": ["Z", "C"]}, ["C"]),
    ({"codes": ["Z"]}, UNKNOWN),
    ({"codes": ["UNKNOWN", "C"]}, ["C"]),
    ({"codes": []}, UNKNOWN),
]


@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
@pytest.mark.parametrize("version", [1, 2])
async def test_an_answer_counts_by_its_first_codes_in_every_version(
    admin: Admin, answer: dict[str, Any], expected: list[str], version: int
) -> None:
    survey = await factories.survey(admin)
    asked, now = [
        await factories.question(admin, survey_id=survey["id"], version=at, key="many", kind="MULTIPLE_CHOICE")
        for at in (version, 3)
    ]
    options = tuple((code, code) for code in OPTIONS)
    given = {"kind": "SURVEY", "survey_id": survey["id"], "community_id": survey["community_id"]}
    made = await dataset(
        admin,
        survey_variables([SurveyQuestion(now["id"], "many", "?", "MULTIPLE_CHOICE", options, max_choices=5)]),
        **given,
    )
    member = await consenting(admin, "SURVEY_RESEARCH")
    await submitted(admin, member, survey["id"], {"many": asked["id"]}, {"many": answer})
    await made.freeze()
    assert (await made.read(member))["many"] == expected


async def test_no_category_depends_on_the_data(admin: Admin) -> None:
    """A dataset without members has the same domain as one with members, with zero counts."""
    full = await wave_of(admin, random.Random(7), 15)
    empty = await dataset(admin, full.variables, wave="nobody", community_id=full.community, offered_to=["INSURER"])
    await empty.freeze()
    query = """
        SELECT variable, place, code, low, high FROM insight.category WHERE dataset_id = $1 ORDER BY variable, place
        """
    assert await admin.fetch(query, full.id) == await admin.fetch(query, empty.id)
    assert await empty.enrolled() == set()
    names = [each.name for each in full.variables]
    assert await empty.counts((), *((name,) for name in names)) == [
        [0],
        *([0] * len(each.categories) for each in full.variables),
    ]


async def test_an_unencodable_domain_is_refused(admin: Admin) -> None:
    whole = tracking_variables([], [], [])
    for flaw in (
        "UPDATE insight.variable SET slot = 9 WHERE dataset_id = $1 AND position = 5",
        "DELETE FROM insight.category WHERE dataset_id = $1 AND variable = 2 AND code = 'UNKNOWN'",
    ):
        made = await dataset(admin, whole)
        await admin.execute(flaw, made.id)
        async with undone(admin):
            with pytest.raises(asyncpg.CheckViolationError, match="a variable lacks UNKNOWN, or slots have gaps"):
                await admin.execute("SELECT research.encode($1)", made.id)
