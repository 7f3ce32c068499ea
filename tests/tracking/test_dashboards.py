"""Dashboards: curves of chosen indicators, and the dashboard of a patient for the relative who keeps their diary."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from models.identity.members import CareLinkStatus, MemberKind, Sharing
from tests import factories
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.network import Network

DAY = date(2026, 3, 2)
CURVES = """query ($ids: [ID!]) { me { dashboard(from: "2026-03-01", to: "2026-03-31", indicators: $ids) {
  series { indicator { id } points { count } latest { observedOn } } courses { startedOn }
} } }"""
OF_PATIENT = """query ($ids: [ID!]) { me { careLinks {
  dashboard(from: "2026-03-01", to: "2026-03-31", indicators: $ids) {
  series { indicator { id } points { mean } latest { note } } courses { startedOn }
} } } }"""
COURSES_ONLY = "query ($ids: [ID!]) { me { dashboard(indicators: $ids) { courses { startedOn } } } }"
NEITHER = "query ($ids: [ID!]) { me { dashboard(indicators: $ids) { __typename } } }"
MESSAGE = "The argument 'indicators' has an id at position {} that names no object of its type."


async def observed(server: Network, who: User, count: int = 3) -> list[str]:
    """The ids, by name, of new indicators that a member has a value of on DAY; and a course from that day on."""
    found = []
    for place in range(count):
        indicator = await factories.indicator(server.database, name=f"{place} {uuid4()}", minimum=0.0, maximum=10.0)
        row = {"member_id": who.id, "indicator_id": indicator["id"], "observed_on": DAY, "value": float(place)}
        await factories.observation(server.database, **row, note=f"note {place}")
        found.append(f"ind_{indicator['id']}")
    await factories.course(server.database, member_id=who.id, started_on=DAY)
    return found


def curves(dashboard: Any) -> list[str]:
    return [curve["indicator"]["id"] for curve in dashboard["series"]]


async def test_a_dashboard_has_the_curves_of_the_chosen_indicators(network: Network) -> None:
    mia = await network.member()
    pain, sleep, mood = await observed(network, mia)
    other = f"ind_{(await factories.indicator(network.database))['id']}"  # known, but not observed
    cases: Iterable[tuple[list[str] | None, list[str]]] = [
        (None, [pain, sleep, mood]),
        ([], []),
        ([mood], [mood]),
        ([mood, pain, mood], [pain, mood]),
        ([other], []),
        ([other, sleep], [sleep]),
        ([pain, sleep, mood, other], [pain, sleep, mood]),
    ]
    for chosen, expected in cases:
        answer = await network.ask(mia, CURVES, {"ids": chosen})
        dashboard = answer["data"]["me"]["dashboard"]
        assert curves(dashboard) == expected
        assert all(curve["points"] == [{"count": 1}] for curve in dashboard["series"])
        assert dashboard["courses"] == [{"startedOn": DAY.isoformat()}]
        assert sum("care.viewer_observation" in sql for sql in network.ask.statements) == 1


async def refused(server: Network, who: Caller, text: str, ids: list[str]) -> tuple[int, Any]:
    response = await server.ask.post(who, text, {"ids": ids})
    return response.status_code, response.json()


@pytest.mark.parametrize("text", [CURVES, OF_PATIENT, COURSES_ONLY, NEITHER])
async def test_an_id_that_names_no_indicator_is_refused_at_its_position(network: Network, text: str) -> None:
    mia = await network.member()
    relative = await network.member(kind=MemberKind.RELATIVE)
    await factories.care_link(
        network.database, patient_id=mia.id, relative_id=relative.id, status=CareLinkStatus.ACCEPTED
    )
    (pain,) = await observed(network, mia, 1)
    for strange in (f"ind_{uuid4()}", f"mbr_{mia.id}", pain.replace("ind_", "trt_"), pain[4:], f"{pain}0", "ind_", ""):
        for ids, at in (
            ([strange], 0),
            ([pain, strange], 1),
            ([strange, strange], 0),
            ([pain, pain, strange, pain], 2),
        ):
            status, answer = await refused(network, mia, text, ids)
            (error,) = answer["errors"]
            assert (status, error["message"]) == (400, MESSAGE.format(at))
            assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": ["indicators", str(at)]}
            assert len(error["locations"]) == 1
            assert "data" not in answer
    literal = NEITHER.replace("($ids: [ID!])", "").replace("$ids", f'["{pain}", "ind_{uuid4()}"]')
    status, answer = await refused(network, mia, literal, [])
    assert (status, [error["message"] for error in answer["errors"]]) == (400, [MESSAGE.format(1)])


async def test_two_dashboards_report_the_argument_that_is_at_fault(network: Network) -> None:
    mia = await network.member()
    (pain,) = await observed(network, mia, 1)
    text = """query ($good: [ID!], $bad: [ID!]) { me {
      one: dashboard(indicators: $good) { series { indicator { id } } }
      other: dashboard(indicators: $bad) { series { indicator { id } } } } }"""
    for variables, line in (({"good": [pain], "bad": [f"ind_{uuid4()}"]}, 3), ({"good": [f"ind_{uuid4()}"]}, 2)):
        answer = await network.ask(mia, text, variables)
        assert [error["locations"][0]["line"] for error in answer["errors"]] == [line]


async def test_an_unknown_indicator_does_not_undo_what_is_written(network: Network) -> None:
    """A malformed id is refused before the write; one that names no row is only known to be so after it."""
    mia = await network.member()
    (pain,) = await observed(network, mia, 1)
    text = """mutation ($ids: [ID!], $pain: ID!, $day: Date!) {
      observationsRecord(input: {observedOn: $day, entries: [{indicator: $pain, value: 4}]}) {
        userErrors { code } query { me { dashboard(indicators: $ids) { series { indicator { id } } } } } } }"""
    given = {"pain": pain, "day": "2026-03-03"}
    status, answer = await refused_write(network, mia, text, given | {"ids": ["ind_none"]})
    assert (status, "data" in answer) == (400, False)
    assert await network.count("care.observation", member_id=mia.id) == 1
    status, answer = await refused_write(network, mia, text, given | {"ids": [pain, f"ind_{uuid4()}"]})
    assert answer["data"]["observationsRecord"] == {"userErrors": [], "query": None}
    (error,) = answer["errors"]
    assert (error["path"], error["message"]) == (["observationsRecord", "query", "me"], MESSAGE.format(1))
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": ["indicators", "1"]}
    assert await network.count("care.observation", member_id=mia.id) == 2


async def refused_write(server: Network, who: Caller, text: str, variables: dict[str, Any]) -> tuple[int, Any]:
    response = await server.ask.post(who, text, variables)
    return response.status_code, response.json()


@pytest.mark.parametrize("status", CareLinkStatus)
@pytest.mark.parametrize("sharing", Sharing)
async def test_a_relative_sees_a_patients_dashboard_while_the_link_is_accepted(
    network: Network, sharing: Sharing, status: CareLinkStatus
) -> None:
    mia = await network.member(sharing=sharing)
    rob, eve = [await network.member(kind=MemberKind.RELATIVE) for _ in range(2)]
    pain, sleep = await observed(network, mia, 2)
    link = await factories.care_link(network.database, patient_id=mia.id, relative_id=rob.id, status=status)
    whole: Any = {
        "series": [
            {"indicator": {"id": id}, "points": [{"mean": float(at)}], "latest": {"note": f"note {at}"}}
            for at, id in enumerate((pain, sleep))
        ],
        "courses": [{"startedOn": DAY.isoformat()}],
    }
    shown = whole if status is CareLinkStatus.ACCEPTED else None
    for who in (mia, rob):
        answer = await network.ask(who, OF_PATIENT)
        assert answer["data"]["me"]["careLinks"] == [{"dashboard": shown}]
    answer = await network.ask(rob, OF_PATIENT, {"ids": [sleep]})
    only = None if shown is None else whole | {"series": whole["series"][1:]}
    assert answer["data"]["me"]["careLinks"] == [{"dashboard": only}]
    node = "query ($id: ID!) { node(id: $id) { ... on CareLink { dashboard { courses { startedOn } } } } }"
    answer = await network.ask(rob, node, {"id": f"lnk_{link['id']}"})
    assert answer["data"]["node"] == {"dashboard": shown and {"courses": [{"startedOn": DAY.isoformat()}]}}
    assert (await network.ask(eve, node, {"id": f"lnk_{link['id']}"}))["data"] == {"node": None}
    assert (await network.ask(eve, OF_PATIENT))["data"]["me"]["careLinks"] == []
