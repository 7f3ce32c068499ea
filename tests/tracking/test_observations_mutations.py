"""Members' diaries, written over HTTP: a day at once or not at all, by oneself or by a relative while it may."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.identity.members import CareLinkStatus, MemberKind, Sharing
from models.tracking.observations import Scale
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import Place, Someone, place

DAY = "2026-03-02"
RECORDED = "observations { indicator { id } value observedOn note byRelative } userErrors { code path }"


@pytest_asyncio.fixture
async def here(fresh: str) -> AsyncIterator[Place]:
    async with place(fresh) as here:
        yield here


async def indicator(here: Place, scale: Scale = Scale.RATING_0_10, minimum: float = 0, maximum: float = 10) -> str:
    made = await factories.indicator(here.admin, scale=scale, minimum=float(minimum), maximum=float(maximum))
    return f"ind_{made['id']}"


async def tomorrow(here: Place) -> str:
    """A day that has not begun anywhere, whenever the test runs."""
    today: date = await here.admin.fetchval("SELECT catalog.latest_today()")
    return (today + timedelta(days=1)).isoformat()


def entry(indicator: str, value: float, **more: Any) -> dict[str, Any]:
    return {"indicator": indicator, "value": value, **more}


async def rows(here: Place, member: UUID) -> list[tuple[Any, ...]]:
    found = await here.admin.fetch(
        "SELECT value, note, by_relative FROM care.observation WHERE member_id = $1 ORDER BY value", member
    )
    return [tuple(row) for row in found]


async def link(here: Place, patient: Someone, relative: Someone, status: CareLinkStatus) -> UUID:
    made = await factories.care_link(here.admin, patient_id=patient.id, relative_id=relative.id, status=status)
    id: UUID = made["id"]
    return id


async def test_a_day_is_recorded_at_once_and_answered_in_the_entries_order(here: Place) -> None:
    mia = await here.member()
    pain, grade = await indicator(here), await indicator(here, Scale.GRADE_NONE_TO_SEVERE, 0, 3)
    entries = [entry(pain, 6.5, note="  after the walk "), entry(grade, 2)]
    answer = await here.do(mia, "observationsRecord", {"observedOn": DAY, "entries": entries}, RECORDED)
    assert answer == {
        "observations": [
            {"indicator": {"id": pain}, "value": 6.5, "observedOn": DAY, "note": "after the walk", "byRelative": False},
            {"indicator": {"id": grade}, "value": 2, "observedOn": DAY, "note": None, "byRelative": False},
        ],
        "userErrors": [],
    }
    assert await rows(here, mia.id) == [(2.0, None, False), (6.5, "after the walk", False)]


async def test_a_second_value_of_a_day_replaces_the_first_and_keeps_its_id(here: Place) -> None:
    mia = await here.member()
    pain, sleep = await indicator(here), await indicator(here)
    selection = "observations { id }"
    first = {"observedOn": DAY, "entries": [entry(pain, 3, note="early"), entry(sleep, 8)]}
    before = await here.do(mia, "observationsRecord", first, selection)
    second = {"observedOn": DAY, "entries": [entry(pain, 7)]}
    after = await here.do(mia, "observationsRecord", second, selection)
    assert after["observations"] == before["observations"][:1]
    assert await rows(here, mia.id) == [(7.0, None, False), (8.0, None, False)]


async def test_every_entry_is_refused_with_its_own_path_and_nothing_is_written(here: Place) -> None:
    mia = await here.member()
    pain, grade = await indicator(here), await indicator(here, Scale.GRADE_NONE_TO_SEVERE, 0, 3)
    weight = await indicator(here, Scale.QUANTITY, 20, 400)
    treatment = await factories.treatment(here.admin)
    entries = [
        entry(weight, 71.5),
        entry(pain, 10.01),
        entry(grade, 1.5),
        entry(weight, 72),
        entry(f"ind_{uuid4()}", 1),
        entry(f"trt_{treatment['id']}", 1),
        entry("nonsense", 1),
        entry(await indicator(here), -1, note="x" * 1_001),
    ]
    asked = {"observedOn": DAY, "entries": entries}
    assert await here.refusals(mia, "observationsRecord", asked) == [
        ("INVALID", "input.entries.1.value"),
        ("INVALID", "input.entries.2.value"),
        ("INVALID", "input.entries.3.indicator"),
        ("NOT_FOUND", "input.entries.4.indicator"),
        ("NOT_FOUND", "input.entries.5.indicator"),
        ("NOT_FOUND", "input.entries.6.indicator"),
        ("TOO_LONG", "input.entries.7.note"),
        ("INVALID", "input.entries.7.value"),
    ]
    assert await rows(here, mia.id) == []


async def test_a_day_to_come_or_long_gone_is_refused(here: Place) -> None:
    mia = await here.member()
    entries = [entry(await indicator(here), 3)]
    for day in (await tomorrow(here), "9999-12-31", "1899-12-31"):
        refused = await here.refusals(mia, "observationsRecord", {"observedOn": day, "entries": entries})
        assert refused == [("INVALID", "input.observedOn")]
    assert await rows(here, mia.id) == []
    today = (date.fromisoformat(await tomorrow(here)) - timedelta(days=1)).isoformat()
    assert await here.refusals(mia, "observationsRecord", {"observedOn": today, "entries": entries}) == []


async def test_a_check_in_takes_one_to_a_hundred_entries(here: Place) -> None:
    mia = await here.member()
    entries = [entry(await indicator(here), 3) for _ in range(101)]
    asked = {"observedOn": DAY, "entries": entries}
    too_many = await here.ask(
        mia, "mutation ($i: ObservationsRecordInput!) { observationsRecord(input: $i) { query { __typename } } }",
        {"i": asked},
    )  # fmt: skip
    assert too_many["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert await rows(here, mia.id) == []
    assert await here.refusals(mia, "observationsRecord", asked | {"entries": []}) == [("INVALID", "input.entries")]
    entries.pop()
    assert await here.refusals(mia, "observationsRecord", asked) == []
    assert await here.count("care.observation", member_id=mia.id) == 100


async def test_a_relative_writes_while_its_link_is_accepted_and_not_a_moment_longer(here: Place) -> None:
    mia, rob = await here.member(), await here.member(MemberKind.RELATIVE)
    pain = await indicator(here)
    asked = {"observedOn": DAY, "entries": [entry(pain, 4)], "onBehalfOf": f"mbr_{mia.id}"}
    nobody = [("NOT_FOUND", "input.onBehalfOf")]
    assert await here.refusals(rob, "observationsRecord", asked) == nobody
    care_link = await link(here, mia, rob, CareLinkStatus.INVITED)
    assert await here.refusals(rob, "observationsRecord", asked) == nobody
    assert await here.do(rob, "careLinkAccept", {"careLink": f"lnk_{care_link}"}, "careLink { status }") == {
        "careLink": {"status": "ACCEPTED"}
    }
    answer = await here.do(rob, "observationsRecord", asked, "observations { value byRelative }")
    assert answer == {"observations": [{"value": 4, "byRelative": True}]}
    assert await here.refusals(mia, "careLinkEnd", {"careLink": f"lnk_{care_link}"}) == []
    assert await here.refusals(rob, "observationsRecord", asked | {"entries": [entry(pain, 9)]}) == nobody
    assert await rows(here, mia.id) == [(4.0, None, True)]
    assert await rows(here, rob.id) == []


async def test_a_patient_does_not_write_in_its_relatives_diary(here: Place) -> None:
    mia, rob = await here.member(), await here.member(MemberKind.RELATIVE)
    await link(here, mia, rob, CareLinkStatus.ACCEPTED)
    asked = {"observedOn": DAY, "entries": [entry(await indicator(here), 4)], "onBehalfOf": f"mbr_{rob.id}"}
    assert await here.refusals(mia, "observationsRecord", asked) == [("NOT_FOUND", "input.onBehalfOf")]
    assert await rows(here, rob.id) == []


async def test_a_patient_who_corrects_its_relatives_value_makes_it_its_own(here: Place) -> None:
    mia, rob = await here.member(), await here.member(MemberKind.RELATIVE)
    await link(here, mia, rob, CareLinkStatus.ACCEPTED)
    pain = await indicator(here)
    by_rob = {"observedOn": DAY, "entries": [entry(pain, 4)], "onBehalfOf": f"mbr_{mia.id}"}
    assert await here.refusals(rob, "observationsRecord", by_rob) == []
    assert await here.refusals(mia, "observationsRecord", {"observedOn": DAY, "entries": [entry(pain, 5)]}) == []
    assert await rows(here, mia.id) == [(5.0, None, False)]


async def test_an_observation_is_removed_by_its_member_or_its_relative_and_by_nobody_else(here: Place) -> None:
    mia, rob = await here.member(sharing=Sharing.ALL_MEMBERS), await here.member(MemberKind.RELATIVE)
    other = await here.member()
    care_link = await link(here, mia, rob, CareLinkStatus.ENDED)
    ids = [f"obs_{(await factories.observation(here.admin, member_id=mia.id))['id']}" for _ in range(2)]
    for who in (rob, other):
        refused = await here.refusals(who, "observationRemove", {"observation": ids[0]})
        assert refused == [("NOT_FOUND", "input.observation")]
    assert await here.count("care.observation", member_id=mia.id) == 2
    selection = "observationId observation { id } userErrors { code path }"
    removed: dict[str, Any] = {"observationId": ids[0], "observation": None, "userErrors": []}
    assert await here.do(mia, "observationRemove", {"observation": ids[0]}, selection) == removed
    await here.admin.execute("UPDATE care.care_link SET status = 'INVITED' WHERE id = $1", care_link)
    await here.admin.execute("UPDATE care.care_link SET status = 'ACCEPTED' WHERE id = $1", care_link)
    removed = removed | {"observationId": ids[1]}
    assert await here.do(rob, "observationRemove", {"observation": ids[1]}, selection) == removed
    assert await here.count("care.observation", member_id=mia.id) == 0
    for id in (ids[0], f"mbr_{mia.id}", "obs_", ""):
        assert await here.refusals(mia, "observationRemove", {"observation": id}) == [
            ("NOT_FOUND", "input.observation")
        ]


async def test_twins_that_race_write_one_value(here: Place) -> None:
    mia = await here.member()
    indicators = [await indicator(here) for _ in range(5)]
    forward = {"observedOn": DAY, "entries": [entry(each, 3) for each in indicators]}
    backward = {"observedOn": DAY, "entries": [entry(each, 3) for each in reversed(indicators)]}
    asked = [forward, backward] * 5
    refused = await asyncio.gather(*(here.refusals(mia, "observationsRecord", each) for each in asked))
    assert refused == [[]] * 10
    assert await rows(here, mia.id) == [(3.0, None, False)] * 5
    id = await here.admin.fetchval("SELECT id FROM care.observation WHERE member_id = $1 LIMIT 1", mia.id)
    gone = await asyncio.gather(
        *(here.refusals(mia, "observationRemove", {"observation": f"obs_{id}"}) for _ in range(4))
    )
    assert sorted(gone) == [[], *([[("NOT_FOUND", "input.observation")]] * 3)]


async def test_a_suspended_member_still_keeps_its_diary(here: Place) -> None:
    mia, moderator = await here.member(), await here.staff("MODERATOR")
    until = {"member": f"mbr_{mia.id}", "reason": "spam"}
    assert await here.refusals(moderator, "memberSuspend", until) == []
    asked = {"observedOn": DAY, "entries": [entry(await indicator(here), 4)]}
    assert await here.refusals(mia, "observationsRecord", asked) == []


# As the role of the patient's view with the viewer set, `$1` the viewer and `$2` a member who shares with all.
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
    """Two members who share with all, each with an observation, a course, an evaluation, a side effect and news."""
    made = []
    for _ in range(2):
        member = (await factories.member(admin, sharing=Sharing.ALL_MEMBERS))["id"]
        await factories.observation(admin, member_id=member)
        await factories.side_effect(admin, member_id=member)
        await factories.notification(admin, member_id=member)
        made.append(member)
    return made[0], made[1]


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
async def test_the_database_refuses_what_no_mutation_would_write(admin: asyncpg.Connection, statement: str) -> None:
    eve, mia = await two_diaries(admin)
    async with viewing(admin, Audience.PATIENT, eve):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with admin.transaction():
                await admin.execute(statement, eve, mia)


@pytest.mark.parametrize("statement", UNTOUCHED.values(), ids=UNTOUCHED)
async def test_a_statement_without_its_where_changes_no_other_members_row(
    admin: asyncpg.Connection, statement: str
) -> None:
    eve, mia = await two_diaries(admin)
    async with viewing(admin, Audience.PATIENT, eve):
        assert (await admin.execute(statement, eve, mia)).split()[-1] == "0"
    async with viewing(admin, Audience.PATIENT, mia):
        assert (await admin.execute(statement, eve, mia)).split()[-1] == "1"  # so that it is the policy that held
