"""Indicators and treatments that merge: what moves, what stays, and who may merge them."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from models.identity.accounts import StaffRole
from models.metadata import metadata
from tests import factories
from tests.support.callers import User
from tests.support.moving import move_entry
from tests.support.network import Network

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)
EDITOR = StaffRole.CATALOGUE_EDITOR


async def pair(network: Network, table: str, **given: Any) -> tuple[UUID, UUID]:
    """The ids of two new entries with the same columns."""
    first, second = [await getattr(factories, table)(network.database, **given) for _ in range(2)]
    return first["id"], second["id"]


async def merged(network: Network, table: str, first: UUID, into: UUID) -> User:
    """Merges one into the other, lets the minute pass, and moves members' rows; the editor."""
    editor = await network.staff(EDITOR)
    prefix = {"indicator": "ind", "treatment": "trt"}[table]
    given = {table: f"{prefix}_{first}", "into": f"{prefix}_{into}"}
    payload = await network.do(editor, f"{table}Merge", f"{table} {{ retiredOn mergedInto {{ id }} }}", **given)
    assert payload["userErrors"] == [], payload
    assert payload[table]["mergedInto"] == {"id": given["into"]}
    assert payload[table]["retiredOn"] is not None
    await move(network, table)
    return editor


async def move(network: Network, table: str) -> None:
    await network.database.execute(f"UPDATE catalog.{table} SET moves_at = catalog.clock() WHERE moves_at IS NOT NULL")
    for row in await network.database.fetch("SELECT id FROM catalog.entries_to_move() AS id"):
        await move_entry(network.database, row["id"])


def test_nothing_that_members_record_names_a_condition() -> None:
    """So that conditions need not merge: see docs/decisions/0026-catalogue.md."""
    naming = {
        table.fullname
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.fullname == "catalog.condition"
    }
    assert naming == {"catalog.community", "care.catalogue_proposal"}


async def test_observations_side_effects_and_topics_move(network: Network) -> None:
    first, into = await pair(network, "indicator", kind="SYMPTOM")
    member = await network.member()
    of = {"member_id": member.id, "value": 3.0}
    for indicator, day in ((first, DAY), (first, NEXT), (into, NEXT)):
        await factories.observation(network.database, **of, indicator_id=indicator, observed_on=day)
    course = await factories.course(network.database, member_id=member.id)
    given = {"course_id": course["id"], "member_id": member.id, "treatment_id": course["treatment_id"]}
    evaluation = await factories.evaluation(network.database, **given)
    await factories.side_effect(
        network.database, evaluation_id=evaluation["id"], member_id=member.id, indicator_id=first
    )
    discussion = (await factories.discussion(network.database))["id"]
    for place, indicator in enumerate((first, into), 1):
        await factories.discussion_topic(
            network.database, discussion_id=discussion, position=place, treatment_id=None, indicator_id=indicator
        )
    await merged(network, "indicator", first, into)
    found = await network.database.fetch(
        "SELECT indicator_id, observed_on FROM care.observation WHERE member_id = $1",
        member.id,
    )
    # Of the day with a value of both, each stays.
    assert {tuple(row) for row in found} == {(into, DAY), (into, NEXT), (first, NEXT)}
    assert await network.count("care.side_effect", indicator_id=into, member_id=member.id) == 1
    assert await network.count("care.discussion_topic", discussion_id=discussion, indicator_id=into) == 1
    assert await network.count("care.discussion_topic", indicator_id=first) == 0


async def test_courses_evaluations_topics_and_eligibility_move(network: Network) -> None:
    first, into = await pair(network, "treatment")
    member = await network.member()
    course = await factories.course(network.database, member_id=member.id, treatment_id=first)
    await factories.evaluation(network.database, course_id=course["id"], member_id=member.id, treatment_id=first)
    topic = await factories.discussion_topic(network.database, treatment_id=first, indicator_id=None)
    surveys = {}
    for status in ("DRAFT", "OPEN", "CLOSED"):
        survey = await factories.survey(network.database, status=status)
        await factories.eligibility(network.database, survey_id=survey["id"], treatment_ids=[first])
        surveys[status] = survey["id"]
    await merged(network, "treatment", first, into)
    for table in ("care.course", "care.evaluation"):
        assert await network.count(table, member_id=member.id, treatment_id=into) == 1
    assert await network.count("care.discussion_topic", discussion_id=topic["discussion_id"], treatment_id=into) == 1
    for status, survey in surveys.items():
        ids = await network.value("SELECT treatment_ids FROM catalog.eligibility WHERE survey_id = $1", survey)
        assert (status, ids) == (status, [first] if status == "CLOSED" else [first, into])


@pytest.mark.parametrize("table", ["indicator", "treatment"])
async def test_lists_of_communities_proposals_and_earlier_merges_follow(network: Network, table: str) -> None:
    first, into = await pair(network, table)
    earlier = (await getattr(factories, table)(network.database))["id"]
    await merged(network, table, earlier, first)
    lists, listed = f"catalog.community_{table}", getattr(factories, f"community_{table}")
    places = [(await factories.community(network.database))["id"] for _ in range(2)]
    other = (await getattr(factories, table)(network.database))["id"]
    for community, ids in zip(places, ((first, other), (other, into, first)), strict=True):
        for position, id in enumerate(ids, 1):
            await listed(network.database, community_id=community, position=position, **{f"{table}_id": id})
    member = await network.member()
    kind = {"indicator": "SYMPTOM", "treatment": "TREATMENT"}[table]
    proposal = await factories.catalogue_proposal(
        network.database, member_id=member.id, kind=kind, status="MERGED", decided_on=DAY, **{f"{table}_id": first}
    )
    editor = await merged(network, table, first, into)
    for community, expected in zip(places, ([into, other], [other, into]), strict=True):
        ordered = f"SELECT {table}_id FROM {lists} WHERE community_id = $1 ORDER BY position"
        assert [row[0] for row in await network.database.fetch(ordered, community)] == expected
    assert await network.count("care.catalogue_proposal", id=proposal["id"], **{f"{table}_id": into}) == 1
    assert await network.value(f"SELECT merged_into_id FROM catalog.{table} WHERE id = $1", earlier) == into
    changes = (
        "SELECT field, after, staff_id FROM catalog.catalogue_change WHERE subject_id = $1 AND field = 'mergedInto'"
    )
    (change,) = await network.database.fetch(changes, first)
    prefix = {"indicator": "ind", "treatment": "trt"}[table]
    assert tuple(change) == ("mergedInto", f"{prefix}_{into}", editor.id)


@pytest.mark.parametrize("table", ["indicator", "treatment"])
async def test_merging_is_repeatable_and_for_good(network: Network, table: str) -> None:
    first, into = await pair(network, table)
    editor = await merged(network, table, first, into)
    prefix = {"indicator": "ind", "treatment": "trt"}[table]
    ids = [f"{prefix}_{id}" for id in (first, into)]
    changes = await network.count("catalog.catalogue_change", subject_id=first)
    assert await network.refusals(editor, f"{table}Merge", **{table: ids[0]}, into=ids[1]) == []
    assert await network.count("catalog.catalogue_change", subject_id=first) == changes
    assert await network.value(f"SELECT moves_at FROM catalog.{table} WHERE id = $1", first) is None
    other = f"{prefix}_{(await getattr(factories, table)(network.database))['id']}"
    refused = {
        "elsewhere": ({table: ids[0], "into": other}, ("TOO_LATE", f"input.{table}")),
        "itself": ({table: other, "into": other}, ("INVALID", "input.into")),
        "into what has merged": ({table: other, "into": ids[0]}, ("TOO_LATE", "input.into")),
        "nowhere": ({table: other, "into": f"{prefix}_{UUID(int=0)}"}, ("NOT_FOUND", "input.into")),
    }
    for case, (given, refusal) in refused.items():
        assert (case, await network.refused(editor, f"{table}Merge", **given)) == (case, refusal)
    assert await network.refused(editor, f"{table}Retire", **{table: ids[0]}, retired=False) == (
        "TOO_LATE", f"input.{table}",
    )  # fmt: skip


async def test_members_rows_wait_for_a_minute_and_nobody_records_what_has_merged(network: Network) -> None:
    first, into = await pair(network, "indicator")
    member, editor = await network.member(), await network.staff(EDITOR)
    await factories.observation(network.database, member_id=member.id, indicator_id=first, observed_on=DAY)
    assert await network.refusals(editor, "indicatorMerge", indicator=f"ind_{first}", into=f"ind_{into}") == []
    await move_entry(network.database, first)
    assert await network.count("care.observation", indicator_id=first) == 1
    entries = [{"indicator": f"ind_{first}", "value": 1}]
    refused = await network.refused(member, "observationsRecord", observedOn=str(NEXT), entries=entries)
    assert refused == ("TOO_LATE", "input.entries.0.indicator")
    await move(network, "indicator")
    assert await network.count("care.observation", indicator_id=into) == 1


@pytest.mark.parametrize(
    ("first", "into", "fits"),
    [
        ({"scale": "QUANTITY", "unit": "kg"}, {"scale": "QUANTITY", "unit": "g"}, False),
        ({"scale": "QUANTITY", "unit": "days", "ucum": "d"}, {"scale": "QUANTITY", "unit": "day", "ucum": "d"}, True),
        ({"scale": "QUANTITY", "unit": "kg", "maximum": 9}, {"scale": "QUANTITY", "unit": "kg", "maximum": 10}, True),
        ({"scale": "QUANTITY", "unit": "kg", "maximum": 10}, {"scale": "QUANTITY", "unit": "kg", "maximum": 9}, False),
        ({"scale": "QUANTITY", "unit": "kg"}, {"scale": "RATING_0_10"}, False),
        ({"scale": "GRADE_NONE_TO_SEVERE", "maximum": 3}, {"scale": "GRADE_NONE_TO_SEVERE", "maximum": 4}, False),
        ({"scale": "RATING_0_10"}, {"scale": "RATING_0_10"}, True),
    ],
)
async def test_indicators_merge_if_values_mean_the_same(
    network: Network, first: dict[str, Any], into: dict[str, Any], fits: bool
) -> None:
    bounds = {"minimum": 0, "maximum": 10, "unit": None, "kind": "MEASUREMENT"}
    ids = [f"ind_{(await factories.indicator(network.database, **bounds | given))['id']}" for given in (first, into)]
    editor = await network.staff(EDITOR)
    found = await network.refusals(editor, "indicatorMerge", indicator=ids[0], into=ids[1])
    assert found == ([] if fits else [("INVALID", "input.into")])


async def test_of_two_merges_at_once_one_is_refused_or_both_end_at_one(network: Network) -> None:
    first, second = await pair(network, "treatment")
    editor = await network.staff(EDITOR)
    ids = [f"trt_{first}", f"trt_{second}"]
    found = await asyncio.gather(
        network.refusals(editor, "treatmentMerge", treatment=ids[0], into=ids[1]),
        network.refusals(editor, "treatmentMerge", treatment=ids[1], into=ids[0]),
    )
    assert sorted(len(each) for each in found) == [0, 1]


async def test_what_was_published_names_what_has_merged(network: Network) -> None:
    """The functions that merge and move name no table of datasets."""
    for name in ("catalog.merge_indicator", "catalog.merge_treatment", "care.move_entry"):
        source = await network.value("SELECT prosrc FROM pg_proc WHERE oid = $1::regproc", name)
        assert "insight." not in source
        assert "research." not in source
