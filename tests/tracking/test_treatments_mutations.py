"""Courses of treatment written over HTTP: started, changed, ended and evaluated."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

from models.identity.members import Sharing
from models.tracking.observations import IndicatorKind
from tests import factories
from tests.support.callers import User
from tests.support.eventually import becomes
from tests.support.network import Network

COURSE = (
    "course { treatment { id } community { id } status startedOn endedOn dose stopReason } userErrors { code path }"
)
FIGURES = {"effectiveness": 7, "convenience": 0, "satisfaction": 10}


async def treatment(network: Network) -> str:
    return f"trt_{(await factories.treatment(network.database))['id']}"


async def course(network: Network, who: User, **given: Any) -> str:
    return f"crs_{(await factories.course(network.database, member_id=who.id, **given))['id']}"


async def state(network: Network, course: str) -> tuple[Any, ...]:
    row = await network.database.fetchrow(
        "SELECT status, ended_on, stop_reason FROM care.course WHERE 'crs_' || id::text = $1", course
    )
    assert row is not None
    return tuple(row)


OPEN = ("ACTIVE", None, None)


async def test_a_course_is_started_in_a_community_of_the_member(network: Network) -> None:
    mia, taken = await network.member(), await treatment(network)
    community = (await factories.membership(network.database, member_id=mia.id))["community_id"]
    asked = {
        "treatment": taken, "startedOn": "2026-01-05", "community": f"com_{community}", "dose": " 15 mg a week ",
    }  # fmt: skip
    assert await network.do(mia, "courseStart", COURSE, **asked) == {
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


async def test_an_invalid_course_is_refused_and_not_stored(network: Network) -> None:
    mia, taken = await network.member(), await treatment(network)
    elsewhere = f"com_{(await factories.community(network.database))['id']}"
    right = {"treatment": taken, "startedOn": "2026-01-05"}
    for wrong, refusal in (
        ({"treatment": f"trt_{uuid4()}"}, ("NOT_FOUND", "input.treatment")),
        ({"treatment": f"ind_{taken[4:]}"}, ("NOT_FOUND", "input.treatment")),
        ({"startedOn": await network.tomorrow()}, ("INVALID", "input.startedOn")),
        ({"startedOn": "1066-10-14"}, ("INVALID", "input.startedOn")),
        ({"community": elsewhere}, ("NOT_FOUND", "input.community")),
        ({"community": "com_x"}, ("NOT_FOUND", "input.community")),
        ({"dose": "x" * 201}, ("TOO_LONG", "input.dose")),
    ):
        assert await network.refusals(mia, "courseStart", **(right | wrong)) == [refusal]
    assert await network.count("care.course", member_id=mia.id) == 0
    assert await network.refusals(mia, "courseStart", **(right | {"dose": " "})) == []
    assert await network.value("SELECT dose FROM care.course WHERE member_id = $1", mia.id) is None


async def test_concurrent_requests_start_one_course(network: Network) -> None:
    mia = await network.member()
    asked = {"treatment": await treatment(network), "startedOn": "2026-01-05"}
    async with network.database.transaction():
        await network.database.execute(
            "LOCK TABLE care.course IN SHARE MODE"
        )  # so that both can read and neither can write
        twins = [asyncio.create_task(network.refusals(mia, "courseStart", **asked)) for _ in range(2)]
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )

        async def wait() -> bool:
            await network.database.execute("SELECT pg_stat_clear_snapshot()")
            return bool(await network.value(waiting) >= 2)

        await becomes(wait)
    assert sorted([await twin for twin in twins]) == [[], [("TAKEN", "input.startedOn")]]
    assert await network.count("care.course", member_id=mia.id) == 1
    assert await network.refusals(mia, "courseStart", **(asked | {"startedOn": "2026-02-05"})) == []


async def test_a_course_is_put_on_hold_and_then_stopped_with_a_reason(network: Network) -> None:
    mia = await network.member()
    id = await course(network, mia, started_on=date(2026, 1, 5))
    held = {"course": id, "endedOn": "2026-02-01", "status": "ON_HOLD"}
    answer = await network.do(mia, "courseEnd", "course { status endedOn stopReason }", **held)
    assert answer == {
        "course": {"status": "ON_HOLD", "endedOn": "2026-02-01", "stopReason": None},
        "userErrors": [],
    }
    stopped = {"course": id, "endedOn": "2026-03-01", "status": "STOPPED", "reason": "SIDE_EFFECTS"}
    answer = await network.do(mia, "courseEnd", "course { status endedOn stopReason }", **stopped)
    assert answer == {
        "course": {"status": "STOPPED", "endedOn": "2026-03-01", "stopReason": "SIDE_EFFECTS"},
        "userErrors": [],
    }
    again = {"course": id, "endedOn": "2026-03-02", "status": "COMPLETED"}
    assert await network.refusals(mia, "courseEnd", **again) == [("TOO_LATE", "input.course")]
    assert await state(network, id) == ("STOPPED", date(2026, 3, 1), "SIDE_EFFECTS")


async def test_an_impossible_end_of_a_course_is_refused(network: Network) -> None:
    mia = await network.member()
    id = await course(network, mia, started_on=date(2026, 1, 5))
    right = {"course": id, "endedOn": "2026-02-01", "status": "COMPLETED"}
    for wrong, refusal in (
        ({"status": "ACTIVE"}, ("INVALID", "input.status")),
        ({"status": "STOPPED"}, ("INVALID", "input.reason")),
        ({"endedOn": "2026-01-04"}, ("INVALID", "input.endedOn")),
        ({"endedOn": await network.tomorrow()}, ("INVALID", "input.endedOn")),
        ({"course": f"crs_{uuid4()}"}, ("NOT_FOUND", "input.course")),
        ({"course": "nonsense"}, ("NOT_FOUND", "input.course")),
    ):
        assert await network.refusals(mia, "courseEnd", **(right | wrong)) == [refusal]
    assert await state(network, id) == OPEN
    refused = await asyncio.gather(*(network.refusals(mia, "courseEnd", **right) for _ in range(4)))
    assert sorted(refused) == [[], *([[("TOO_LATE", "input.course")]] * 3)]


async def test_only_its_member_ends_and_evaluates_a_course(network: Network) -> None:
    mia, eve = await network.member(sharing=Sharing.ALL_MEMBERS), await network.member()
    id = await course(network, mia)
    end = {"course": id, "endedOn": "2026-03-03", "status": "COMPLETED"}
    assert await network.refusals(eve, "courseEnd", **end) == [("NOT_FOUND", "input.course")]
    assert await network.refusals(eve, "courseEvaluate", **({"course": id} | FIGURES)) == [
        ("NOT_FOUND", "input.course")
    ]
    assert await state(network, id) == OPEN
    assert await network.count("care.evaluation", member_id=eve.id) == 0
    # A relative keeps the patient's diary but does not decide about their treatments.
    await factories.care_link(network.database, patient_id=mia.id, relative_id=eve.id)
    assert await network.refusals(eve, "courseEnd", **end) == [("NOT_FOUND", "input.course")]
    assert await state(network, id) == OPEN


async def test_an_evaluation_replaces_the_one_before_with_its_side_effects(network: Network) -> None:
    mia = await network.member()
    id = await course(network, mia)
    nausea, rash = [
        f"ind_{(await factories.indicator(network.database, name=name))['id']}" for name in ("Nausea", "Rash")
    ]
    selection = """evaluation { id effectiveness convenience satisfaction comment course { id }
        sideEffects { indicator { id } severity serious } } userErrors { code path }"""
    effects = [
        {"indicator": rash, "severity": "SEVERE", "serious": True},
        {"indicator": nausea, "severity": "MILD", "serious": False},
    ]
    first = await network.do(
        mia, "courseEvaluate", selection, **({"course": id, "comment": "Hard.", "sideEffects": effects} | FIGURES)
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
    second = await network.do(mia, "courseEvaluate", selection, **({"course": id, "sideEffects": effects[1:]} | better))
    assert second["evaluation"] == better | {
        "id": first["evaluation"]["id"],
        "comment": None,
        "course": {"id": id},
        "sideEffects": [{"indicator": {"id": nausea}, "severity": "MILD", "serious": False}],
    }
    assert await network.count("care.evaluation", member_id=mia.id) == 1
    assert await network.count("care.side_effect", member_id=mia.id) == 1


async def test_each_invalid_rating_is_refused_and_nothing_is_stored(network: Network) -> None:
    mia = await network.member()
    id = await course(network, mia)
    symptom = f"ind_{(await factories.indicator(network.database))['id']}"
    mood = f"ind_{(await factories.indicator(network.database, kind=IndicatorKind.MOOD))['id']}"
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
    assert await network.refusals(mia, "courseEvaluate", **(asked | {"sideEffects": effects})) == [
        ("INVALID", "input.effectiveness"),
        ("INVALID", "input.convenience"),
        ("TOO_LONG", "input.comment"),
        ("INVALID", "input.sideEffects.1.indicator"),
        ("INVALID", "input.sideEffects.2.indicator"),
        ("NOT_FOUND", "input.sideEffects.3.indicator"),
    ]
    asked = {"course": id, "sideEffects": [effects[0]] * 51} | FIGURES
    assert await network.refusals(mia, "courseEvaluate", **asked) == [("LIMIT_REACHED", "input.sideEffects")]
    assert await network.count("care.evaluation", member_id=mia.id) == 0


async def test_concurrent_requests_create_one_evaluation(network: Network) -> None:
    mia = await network.member()
    symptom = f"ind_{(await factories.indicator(network.database))['id']}"
    effects = [{"indicator": symptom, "severity": "MILD", "serious": False}]
    asked = {"course": await course(network, mia), "sideEffects": effects} | FIGURES
    assert await asyncio.gather(*(network.refusals(mia, "courseEvaluate", **asked) for _ in range(6))) == [[]] * 6
    assert await network.count("care.evaluation", member_id=mia.id) == 1
    assert await network.count("care.side_effect", member_id=mia.id) == 1
