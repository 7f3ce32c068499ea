"""Members' courses of treatment, written over HTTP: begun, ended, and said to be worth what they were worth."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio

from models.identity.members import Sharing
from models.tracking.observations import IndicatorKind
from tests import factories
from tests.support.callers import Place, Someone, place

COURSE = (
    "course { treatment { id } community { id } status startedOn endedOn dose stopReason } userErrors { code path }"
)
FIGURES = {"effectiveness": 7, "convenience": 0, "satisfaction": 10}


@pytest_asyncio.fixture
async def here(fresh: str) -> AsyncIterator[Place]:
    async with place(fresh) as here:
        yield here


async def tomorrow(here: Place) -> str:
    today: date = await here.admin.fetchval("SELECT catalog.latest_today()")
    return (today + timedelta(days=1)).isoformat()


async def treatment(here: Place) -> str:
    return f"trt_{(await factories.treatment(here.admin))['id']}"


async def course(here: Place, who: Someone, **given: Any) -> str:
    return f"crs_{(await factories.course(here.admin, member_id=who.id, **given))['id']}"


async def state(here: Place, course: str) -> tuple[Any, ...]:
    row = await here.admin.fetchrow(
        "SELECT status, ended_on, stop_reason FROM care.course WHERE 'crs_' || id::text = $1", course
    )
    assert row is not None
    return tuple(row)


OPEN = ("ACTIVE", None, None)


async def test_a_course_is_started_in_a_community_of_ones_own(here: Place) -> None:
    mia, taken = await here.member(), await treatment(here)
    community = (await factories.membership(here.admin, member_id=mia.id))["community_id"]
    asked = {
        "treatment": taken, "startedOn": "2026-01-05", "community": f"com_{community}", "dose": " 15 mg a week ",
    }  # fmt: skip
    assert await here.do(mia, "courseStart", asked, COURSE) == {
        "course": {
            "treatment": {"id": taken},
            "community": {"id": f"com_{community}"},
            "status": "ACTIVE",
            "startedOn": "2026-01-05",
            "endedOn": None,
            "dose": "15 mg a week",
            "stopReason": None,
        },
        "userErrors": [],
    }


async def test_a_course_that_cannot_be_is_refused_and_not_written(here: Place) -> None:
    mia, taken = await here.member(), await treatment(here)
    elsewhere = f"com_{(await factories.community(here.admin))['id']}"
    right = {"treatment": taken, "startedOn": "2026-01-05"}
    for wrong, refusal in (
        ({"treatment": f"trt_{uuid4()}"}, ("NOT_FOUND", "input.treatment")),
        ({"treatment": f"ind_{taken[4:]}"}, ("NOT_FOUND", "input.treatment")),
        ({"startedOn": await tomorrow(here)}, ("INVALID", "input.startedOn")),
        ({"startedOn": "1066-10-14"}, ("INVALID", "input.startedOn")),
        ({"community": elsewhere}, ("NOT_FOUND", "input.community")),
        ({"community": "com_x"}, ("NOT_FOUND", "input.community")),
        ({"dose": "x" * 201}, ("TOO_LONG", "input.dose")),
    ):
        assert await here.refusals(mia, "courseStart", right | wrong) == [refusal]
    assert await here.count("care.course", member_id=mia.id) == 0
    assert await here.refusals(mia, "courseStart", right | {"dose": " "}) == []
    assert await here.admin.fetchval("SELECT dose FROM care.course WHERE member_id = $1", mia.id) is None


async def test_twins_that_race_start_one_course(here: Place) -> None:
    mia = await here.member()
    asked = {"treatment": await treatment(here), "startedOn": "2026-01-05"}
    async with here.admin.transaction():
        await here.admin.execute("LOCK TABLE care.course IN SHARE MODE")  # which lets both look, and neither write
        twins = [asyncio.create_task(here.refusals(mia, "courseStart", asked)) for _ in range(2)]
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while await here.admin.fetchval(waiting) < 2:
            await asyncio.sleep(0.02)
            await here.admin.execute("SELECT pg_stat_clear_snapshot()")
    assert sorted([await twin for twin in twins]) == [[], [("TAKEN", "input.startedOn")]]
    assert await here.count("care.course", member_id=mia.id) == 1
    assert await here.refusals(mia, "courseStart", asked | {"startedOn": "2026-02-05"}) == []


async def test_a_course_is_put_on_hold_and_then_stopped_for_a_reason(here: Place) -> None:
    mia = await here.member()
    id = await course(here, mia, started_on=date(2026, 1, 5))
    held = {"course": id, "endedOn": "2026-02-01", "status": "ON_HOLD"}
    answer = await here.do(mia, "courseEnd", held, "course { status endedOn stopReason }")
    assert answer == {"course": {"status": "ON_HOLD", "endedOn": "2026-02-01", "stopReason": None}}
    stopped = {"course": id, "endedOn": "2026-03-01", "status": "STOPPED", "reason": "SIDE_EFFECTS"}
    answer = await here.do(mia, "courseEnd", stopped, "course { status endedOn stopReason }")
    assert answer == {"course": {"status": "STOPPED", "endedOn": "2026-03-01", "stopReason": "SIDE_EFFECTS"}}
    again = {"course": id, "endedOn": "2026-03-02", "status": "COMPLETED"}
    assert await here.refusals(mia, "courseEnd", again) == [("TOO_LATE", "input.course")]
    assert await state(here, id) == ("STOPPED", date(2026, 3, 1), "SIDE_EFFECTS")


async def test_a_course_is_not_ended_as_it_cannot_have_ended(here: Place) -> None:
    mia = await here.member()
    id = await course(here, mia, started_on=date(2026, 1, 5))
    right = {"course": id, "endedOn": "2026-02-01", "status": "COMPLETED"}
    for wrong, refusal in (
        ({"status": "ACTIVE"}, ("INVALID", "input.status")),
        ({"status": "STOPPED"}, ("INVALID", "input.reason")),
        ({"endedOn": "2026-01-04"}, ("INVALID", "input.endedOn")),
        ({"endedOn": await tomorrow(here)}, ("INVALID", "input.endedOn")),
        ({"course": f"crs_{uuid4()}"}, ("NOT_FOUND", "input.course")),
        ({"course": "nonsense"}, ("NOT_FOUND", "input.course")),
    ):
        assert await here.refusals(mia, "courseEnd", right | wrong) == [refusal]
    assert await state(here, id) == OPEN
    refused = await asyncio.gather(*(here.refusals(mia, "courseEnd", right) for _ in range(4)))
    assert sorted(refused) == [[], *([[("TOO_LATE", "input.course")]] * 3)]


async def test_a_course_is_its_members_alone(here: Place) -> None:
    mia, eve = await here.member(sharing=Sharing.ALL_MEMBERS), await here.member()
    id = await course(here, mia)
    end = {"course": id, "endedOn": "2026-03-03", "status": "COMPLETED"}
    assert await here.refusals(eve, "courseEnd", end) == [("NOT_FOUND", "input.course")]
    assert await here.refusals(eve, "courseEvaluate", {"course": id} | FIGURES) == [("NOT_FOUND", "input.course")]
    assert await state(here, id) == OPEN
    assert await here.count("care.evaluation", member_id=eve.id) == 0
    # A relative keeps the diary of its patient, and decides nothing about its treatments.
    await factories.care_link(here.admin, patient_id=mia.id, relative_id=eve.id)
    assert await here.refusals(eve, "courseEnd", end) == [("NOT_FOUND", "input.course")]
    assert await state(here, id) == OPEN


async def test_an_evaluation_replaces_the_one_before_with_its_side_effects(here: Place) -> None:
    mia = await here.member()
    id = await course(here, mia)
    nausea, rash = [f"ind_{(await factories.indicator(here.admin, name=name))['id']}" for name in ("Nausea", "Rash")]
    selection = """evaluation { id effectiveness convenience satisfaction comment course { id }
        sideEffects { indicator { id } severity serious } } userErrors { code path }"""
    effects = [
        {"indicator": rash, "severity": "SEVERE", "serious": True},
        {"indicator": nausea, "severity": "MILD", "serious": False},
    ]
    first = await here.do(
        mia, "courseEvaluate", {"course": id, "comment": "Hard.", "sideEffects": effects} | FIGURES, selection
    )
    assert first["evaluation"] == FIGURES | {
        "id": first["evaluation"]["id"],
        "comment": "Hard.",
        "course": {"id": id},
        "sideEffects": [
            {"indicator": {"id": nausea}, "severity": "MILD", "serious": False},
            {"indicator": {"id": rash}, "severity": "SEVERE", "serious": True},
        ],
    }
    better = {"effectiveness": 9, "convenience": 9, "satisfaction": 9}
    second = await here.do(mia, "courseEvaluate", {"course": id, "sideEffects": effects[1:]} | better, selection)
    assert second["evaluation"] == better | {
        "id": first["evaluation"]["id"],
        "comment": None,
        "course": {"id": id},
        "sideEffects": [{"indicator": {"id": nausea}, "severity": "MILD", "serious": False}],
    }
    assert await here.count("care.evaluation", member_id=mia.id) == 1
    assert await here.count("care.side_effect", member_id=mia.id) == 1


async def test_an_evaluation_is_refused_figure_by_figure_and_nothing_is_written(here: Place) -> None:
    mia = await here.member()
    id = await course(here, mia)
    symptom = f"ind_{(await factories.indicator(here.admin))['id']}"
    mood = f"ind_{(await factories.indicator(here.admin, kind=IndicatorKind.MOOD))['id']}"
    effects = [
        {"indicator": one, "severity": "MILD", "serious": False} for one in (symptom, mood, symptom, f"ind_{uuid4()}")
    ]
    asked: dict[str, Any] = {
        "course": id,
        "effectiveness": 11,
        "convenience": -1,
        "satisfaction": 10,
        "comment": "x" * 4_001,
    }
    assert await here.refusals(mia, "courseEvaluate", asked | {"sideEffects": effects}) == [
        ("INVALID", "input.effectiveness"),
        ("INVALID", "input.convenience"),
        ("TOO_LONG", "input.comment"),
        ("INVALID", "input.sideEffects.1.indicator"),
        ("INVALID", "input.sideEffects.2.indicator"),
        ("NOT_FOUND", "input.sideEffects.3.indicator"),
    ]
    asked = {"course": id, "sideEffects": [effects[0]] * 51} | FIGURES
    assert await here.refusals(mia, "courseEvaluate", asked) == [("LIMIT_REACHED", "input.sideEffects")]
    assert await here.count("care.evaluation", member_id=mia.id) == 0


async def test_twins_that_race_make_one_evaluation(here: Place) -> None:
    mia = await here.member()
    symptom = f"ind_{(await factories.indicator(here.admin))['id']}"
    effects = [{"indicator": symptom, "severity": "MILD", "serious": False}]
    asked = {"course": await course(here, mia), "sideEffects": effects} | FIGURES
    assert await asyncio.gather(*(here.refusals(mia, "courseEvaluate", asked) for _ in range(6))) == [[]] * 6
    assert await here.count("care.evaluation", member_id=mia.id) == 1
    assert await here.count("care.side_effect", member_id=mia.id) == 1
