"""Diaries written over HTTP: a day at once or not at all, by the member or by a relative with a care link."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.identity.members import CareLinkStatus, MemberKind, Sharing
from models.tracking.observations import Scale
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import User
from tests.support.network import Network

DAY = "2026-03-02"
RECORDED = "observations { indicator { id } value observedOn note byRelative } userErrors { code path }"


async def indicator(network: Network, scale: Scale = Scale.RATING_0_10, minimum: float = 0, maximum: float = 10) -> str:
    made = await factories.indicator(network.database, scale=scale, minimum=float(minimum), maximum=float(maximum))
    return f"ind_{made['id']}"


def entry(indicator: str, value: float, **more: Any) -> dict[str, Any]:
    return {"indicator": indicator, "value": value, **more}


async def rows(network: Network, member: UUID) -> list[tuple[Any, ...]]:
    found = await network.database.fetch(
        "SELECT value, note, by_relative FROM care.observation WHERE member_id = $1 ORDER BY value", member
    )
    return [tuple(row) for row in found]


async def link(network: Network, patient: User, relative: User, status: CareLinkStatus) -> UUID:
    made = await factories.care_link(network.database, patient_id=patient.id, relative_id=relative.id, status=status)
    id: UUID = made["id"]
    return id


async def test_a_day_is_recorded_completely_and_returned_in_the_entries_order(network: Network) -> None:
    mia = await network.member()
    pain, grade = await indicator(network), await indicator(network, Scale.GRADE_NONE_TO_SEVERE, 0, 3)
    entries = [entry(pain, 6.5, note="  after the walk "), entry(grade, 2)]
    answer = await network.do(mia, "observationsRecord", RECORDED, observedOn=DAY, entries=entries)
    assert answer == {
        "observations": [
            {"indicator": {"id": pain}, "value": 6.5, "observedOn": DAY, "note": "after the walk", "byRelative": False},
            {"indicator": {"id": grade}, "value": 2, "observedOn": DAY, "note": None, "byRelative": False},
        ],
        "userErrors": [],
    }
    assert await rows(network, mia.id) == [(2.0, None, False), (6.5, "after the walk", False)]


async def test_a_second_value_of_a_day_replaces_the_first_and_keeps_its_id(network: Network) -> None:
    mia = await network.member()
    pain, sleep = await indicator(network), await indicator(network)
    selection = "observations { id }"
    first = {"observedOn": DAY, "entries": [entry(pain, 3, note="early"), entry(sleep, 8)]}
    before = await network.do(mia, "observationsRecord", selection, **first)
    second = {"observedOn": DAY, "entries": [entry(pain, 7)]}
    after = await network.do(mia, "observationsRecord", selection, **second)
    assert after["observations"] == before["observations"][:1]
    assert await rows(network, mia.id) == [(7.0, None, False), (8.0, None, False)]


async def test_values_with_a_note_are_listed_without_the_others(network: Network) -> None:
    mia = await network.member()
    pain, sleep = await indicator(network), await indicator(network)
    entries = [entry(pain, 3, note="early"), entry(sleep, 8)]
    await network.do(mia, "observationsRecord", "userErrors { code }", observedOn=DAY, entries=entries)
    own = await factories.own_indicator(network.database, member_id=mia.id)
    of = {"member_id": mia.id, "own_indicator_id": own["id"]}
    await factories.own_observation(network.database, note="uphill", observed_on=date(2026, 3, 1), **of)
    await factories.own_observation(network.database, observed_on=date(2026, 3, 2), **of)
    document = """query ($only: Boolean) { me { observations(notedOnly: $only) { nodes { note } }
        ownIndicators { observations(notedOnly: $only) { nodes { note } } } } }"""
    for only, notes, own_notes in ((True, ["early"], ["uphill"]), (False, ["early", None], [None, "uphill"])):
        me = (await network.ask(mia, document, {"only": only}))["data"]["me"]
        assert sorted((each["note"] for each in me["observations"]["nodes"]), key=str) == sorted(notes, key=str)
        assert [each["note"] for each in me["ownIndicators"][0]["observations"]["nodes"]] == own_notes


async def test_every_invalid_entry_is_refused_with_its_path_and_nothing_is_stored(network: Network) -> None:
    mia = await network.member()
    pain, grade = await indicator(network), await indicator(network, Scale.GRADE_NONE_TO_SEVERE, 0, 3)
    weight = await indicator(network, Scale.QUANTITY, 20, 400)
    treatment = await factories.treatment(network.database)
    entries = [
        entry(weight, 71.5),
        entry(pain, 10.01),
        entry(grade, 1.5),
        entry(weight, 72),
        entry(f"ind_{uuid4()}", 1),
        entry(f"trt_{treatment['id']}", 1),
        entry("nonsense", 1),
        entry(await indicator(network), -1, note="x" * 1_001),
    ]
    asked = {"observedOn": DAY, "entries": entries}
    assert await network.refusals(mia, "observationsRecord", **asked) == [
        ("INVALID", "input.entries.1.value"),
        ("INVALID", "input.entries.2.value"),
        ("INVALID", "input.entries.3.indicator"),
        ("NOT_FOUND", "input.entries.4.indicator"),
        ("NOT_FOUND", "input.entries.5.indicator"),
        ("NOT_FOUND", "input.entries.6.indicator"),
        ("TOO_LONG", "input.entries.7.note"),
        ("INVALID", "input.entries.7.value"),
    ]
    assert await rows(network, mia.id) == []


async def test_a_future_or_distant_day_is_refused(network: Network) -> None:
    mia = await network.member()
    entries = [entry(await indicator(network), 3)]
    for day in (await network.tomorrow(), "9999-12-31", "1899-12-31"):
        refused = await network.refusals(mia, "observationsRecord", observedOn=day, entries=entries)
        assert refused == [("INVALID", "input.observedOn")]
    assert await rows(network, mia.id) == []
    today = (date.fromisoformat(await network.tomorrow()) - timedelta(days=1)).isoformat()
    assert await network.refusals(mia, "observationsRecord", observedOn=today, entries=entries) == []


async def test_a_check_in_takes_one_to_a_hundred_entries(network: Network) -> None:
    mia = await network.member()
    entries = [entry(await indicator(network), 3) for _ in range(101)]
    asked = {"observedOn": DAY, "entries": entries}
    too_many = await network.ask(
        mia, "mutation ($i: ObservationsRecordInput!) { observationsRecord(input: $i) { query { __typename } } }",
        {"i": asked},
    )  # fmt: skip
    assert too_many["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert await rows(network, mia.id) == []
    assert await network.refusals(mia, "observationsRecord", **(asked | {"entries": []})) == [
        ("INVALID", "input.entries")
    ]
    entries.pop()
    assert await network.refusals(mia, "observationsRecord", **asked) == []
    assert await network.count("care.observation", member_id=mia.id) == 100


async def test_a_relative_writes_only_while_the_care_link_is_accepted(network: Network) -> None:
    mia, rob = await network.member(), await network.member(kind=MemberKind.RELATIVE)
    pain = await indicator(network)
    asked = {"observedOn": DAY, "entries": [entry(pain, 4)], "onBehalfOf": f"mbr_{mia.id}"}
    nobody = [("NOT_FOUND", "input.onBehalfOf")]
    assert await network.refusals(rob, "observationsRecord", **asked) == nobody
    care_link = await link(network, mia, rob, CareLinkStatus.INVITED)
    assert await network.refusals(rob, "observationsRecord", **asked) == nobody
    assert await network.do(rob, "careLinkAccept", "careLink { status }", careLink=f"lnk_{care_link}") == {
        "careLink": {"status": "ACCEPTED"},
        "userErrors": [],
    }
    answer = await network.do(rob, "observationsRecord", "observations { value byRelative }", **asked)
    assert answer == {"observations": [{"value": 4, "byRelative": True}], "userErrors": []}
    assert await network.refusals(mia, "careLinkEnd", careLink=f"lnk_{care_link}") == []
    assert await network.refusals(rob, "observationsRecord", **(asked | {"entries": [entry(pain, 9)]})) == nobody
    assert await rows(network, mia.id) == [(4.0, None, True)]
    assert await rows(network, rob.id) == []


async def test_patients_do_not_write_in_their_relatives_diary(network: Network) -> None:
    mia, rob = await network.member(), await network.member(kind=MemberKind.RELATIVE)
    await link(network, mia, rob, CareLinkStatus.ACCEPTED)
    asked = {"observedOn": DAY, "entries": [entry(await indicator(network), 4)], "onBehalfOf": f"mbr_{rob.id}"}
    assert await network.refusals(mia, "observationsRecord", **asked) == [("NOT_FOUND", "input.onBehalfOf")]
    assert await rows(network, rob.id) == []


async def test_patients_who_correct_a_relatives_value_become_its_author(network: Network) -> None:
    mia, rob = await network.member(), await network.member(kind=MemberKind.RELATIVE)
    await link(network, mia, rob, CareLinkStatus.ACCEPTED)
    pain = await indicator(network)
    by_rob = {"observedOn": DAY, "entries": [entry(pain, 4)], "onBehalfOf": f"mbr_{mia.id}"}
    assert await network.refusals(rob, "observationsRecord", **by_rob) == []
    assert await network.refusals(mia, "observationsRecord", observedOn=DAY, entries=[entry(pain, 5)]) == []
    assert await rows(network, mia.id) == [(5.0, None, False)]


async def test_only_the_member_and_their_relative_remove_an_observation(network: Network) -> None:
    mia, rob = await network.member(sharing=Sharing.ALL_MEMBERS), await network.member(kind=MemberKind.RELATIVE)
    other = await network.member()
    care_link = await link(network, mia, rob, CareLinkStatus.ENDED)
    ids = [f"obs_{(await factories.observation(network.database, member_id=mia.id))['id']}" for _ in range(2)]
    for who in (rob, other):
        refused = await network.refusals(who, "observationRemove", observation=ids[0])
        assert refused == [("NOT_FOUND", "input.observation")]
    assert await network.count("care.observation", member_id=mia.id) == 2
    selection = "observationId observation { id } userErrors { code path }"
    removed: dict[str, Any] = {"observationId": ids[0], "observation": None, "userErrors": []}
    assert await network.do(mia, "observationRemove", selection, observation=ids[0]) == removed
    await network.database.execute("UPDATE care.care_link SET status = 'INVITED' WHERE id = $1", care_link)
    await network.database.execute("UPDATE care.care_link SET status = 'ACCEPTED' WHERE id = $1", care_link)
    removed = removed | {"observationId": ids[1]}
    assert await network.do(rob, "observationRemove", selection, observation=ids[1]) == removed
    assert await network.count("care.observation", member_id=mia.id) == 0
    for id in (ids[0], f"mbr_{mia.id}", "obs_", ""):
        assert await network.refusals(mia, "observationRemove", observation=id) == [("NOT_FOUND", "input.observation")]


async def test_concurrent_requests_write_one_value(network: Network) -> None:
    mia = await network.member()
    indicators = [await indicator(network) for _ in range(5)]
    forward = {"observedOn": DAY, "entries": [entry(each, 3) for each in indicators]}
    backward = {"observedOn": DAY, "entries": [entry(each, 3) for each in reversed(indicators)]}
    asked = [forward, backward] * 5
    refused = await asyncio.gather(*(network.refusals(mia, "observationsRecord", **each) for each in asked))
    assert refused == [[]] * 10
    assert await rows(network, mia.id) == [(3.0, None, False)] * 5
    id = await network.value("SELECT id FROM care.observation WHERE member_id = $1 LIMIT 1", mia.id)
    gone = await asyncio.gather(
        *(network.refusals(mia, "observationRemove", observation=f"obs_{id}") for _ in range(4))
    )
    assert sorted(gone) == [[], *([[("NOT_FOUND", "input.observation")]] * 3)]


async def test_suspended_members_still_keep_their_diary(network: Network) -> None:
    mia, moderator = await network.member(), await network.staff(StaffRole.MODERATOR)
    until = {"member": f"mbr_{mia.id}", "reason": "spam"}
    assert await network.refusals(moderator, "memberSuspend", **until) == []
    asked = {"observedOn": DAY, "entries": [entry(await indicator(network), 4)]}
    assert await network.refusals(mia, "observationsRecord", **asked) == []


# Run as the patient view's role with the viewer set; `$1` is the viewer, `$2` a member who shares with all members.
REFUSED = {
    "another member's value": "INSERT INTO care.observation (member_id, indicator_id, observed_on, value) "
    "SELECT $2, id, '2020-01-01', 1 FROM catalog.indicator WHERE $1::uuid IS NOT NULL LIMIT 1",
    "another's value as its relative": "INSERT INTO care.observation (member_id, indicator_id, observed_on, value, "
    "by_relative) SELECT $2, id, '2020-01-01', 1, true FROM catalog.indicator WHERE $1::uuid IS NOT NULL LIMIT 1",
    "its own as somebody else's": "UPDATE care.observation SET member_id = $2 WHERE member_id = $1",
    "its own as a relative's": "UPDATE care.observation SET by_relative = $2::uuid IS NOT NULL WHERE member_id = $1",
    "another member's course": "INSERT INTO care.course (member_id, treatment_id, status, started_on) "
    "SELECT $2, id, 'ACTIVE', '2020-01-01' FROM catalog.treatment WHERE $1::uuid IS NOT NULL LIMIT 1",
    "what it thinks of another's course": "INSERT INTO care.evaluation (course_id, member_id, treatment_id, "
    "evaluated_on, effectiveness, convenience, satisfaction) SELECT id, $1, treatment_id, '2020-01-01', 1, 1, 1 "
    "FROM care.course WHERE member_id = $2",
    "a side effect of another's evaluation": "INSERT INTO care.side_effect (evaluation_id, member_id, indicator_id, "
    "severity, serious) SELECT e.id, $1, i.id, 'MILD', true FROM care.evaluation e, catalog.indicator i "
    "WHERE member_id = $2 LIMIT 1",
}
UNTOUCHED = {
    "another member's value": "UPDATE care.observation SET value = 9 WHERE member_id = $2 AND member_id <> $1",
    "no value of another's": "DELETE FROM care.observation WHERE member_id = $2 AND member_id <> $1",
    "another member's course": "UPDATE care.course SET status = 'STOPPED' WHERE member_id = $2 AND member_id <> $1",
    "another's evaluation": "UPDATE care.evaluation SET comment = 'x' WHERE member_id = $2 AND member_id <> $1",
    "another's side effect": "DELETE FROM care.side_effect WHERE member_id = $2 AND member_id <> $1",
    "another's notification": "UPDATE care.notification SET read_at = now() WHERE member_id = $2 AND member_id <> $1",
}


async def two_diaries(admin: asyncpg.Connection) -> tuple[UUID, UUID]:
    """Two members who share with all, each with an observation, course, evaluation, side effect and notification."""
    made = []
    for _ in range(2):
        member = (await factories.member(admin, sharing=Sharing.ALL_MEMBERS))["id"]
        await factories.observation(admin, member_id=member)
        await factories.side_effect(admin, member_id=member)
        await factories.notification(admin, member_id=member)
        made.append(member)
    return made[0], made[1]


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
async def test_the_database_refuses_rows_that_no_mutation_writes(admin: asyncpg.Connection, statement: str) -> None:
    eve, mia = await two_diaries(admin)
    async with viewing(admin, Audience.PATIENT, eve):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with admin.transaction():
                await admin.execute(statement, eve, mia)


@pytest.mark.parametrize("statement", UNTOUCHED.values(), ids=UNTOUCHED)
async def test_a_statement_without_a_condition_changes_no_other_members_row(
    admin: asyncpg.Connection, statement: str
) -> None:
    eve, mia = await two_diaries(admin)
    async with viewing(admin, Audience.PATIENT, eve):
        assert (await admin.execute(statement, eve, mia)).split()[-1] == "0"
    async with viewing(admin, Audience.PATIENT, mia):
        assert (await admin.execute(statement, eve, mia)).split()[-1] == "1"  # so that it was the policy that refused
