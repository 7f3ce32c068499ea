"""Members' days: a day that has begun anywhere is accepted, and is in the default dashboard."""

from datetime import datetime
from typing import Any

import pytest

from tests import factories
from tests.support.clock import set_clock
from tests.support.network import Network

# The moment, by a member's own clock; a day; whether the day has begun anywhere.
DAYS = [
    ("2026-03-10T00:30:00+01:00", "2026-03-10", True),  # half past midnight in Paris
    ("2026-03-10T00:30:00+04:00", "2026-03-10", True),  # in La Réunion
    ("2026-03-10T00:00:00+14:00", "2026-03-10", True),  # in Kiritimati, where days begin
    ("2026-03-09T23:59:59.999999+14:00", "2026-03-10", False),
    ("2026-03-09T23:59:00-04:00", "2026-03-09", True),  # the day ends in Martinique
    ("2026-03-09T23:59:59-12:00", "2026-03-09", True),  # the day ends where it ends last
    ("2026-03-10T12:00:00+00:00", "2026-03-11", True),
    ("2026-03-10T12:00:00+00:00", "2026-03-12", False),
    ("2026-12-31T10:00:00+00:00", "2027-01-01", True),  # the new year
    ("2026-12-31T09:59:59+00:00", "2027-01-01", False),
    ("2028-02-28T10:00:00+00:00", "2028-02-29", True),
    ("2026-03-10T12:00:00+00:00", "1900-01-01", True),
    ("2026-03-10T12:00:00+00:00", "1899-12-31", False),
]
DASHBOARD = "query { me { dashboard { series { latest { observedOn } } courses { startedOn } } } } userErrors { path }"


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "day", "accepted"), DAYS)
async def test_accepted_days_are_in_the_default_dashboard_of_the_same_answer(
    network: Network, moment: str, day: str, accepted: bool
) -> None:
    mia = await network.member()
    pain = f"ind_{(await factories.indicator(network.database, minimum=0.0, maximum=10.0))['id']}"
    taken = f"trt_{(await factories.treatment(network.database))['id']}"
    await set_clock(network.database, datetime.fromisoformat(moment))
    recorded = await network.do(
        mia, "observationsRecord", DASHBOARD, observedOn=day, entries=[{"indicator": pain, "value": 3}]
    )
    started = await network.do(mia, "courseStart", f"course {{ id }} {DASHBOARD}", treatment=taken, startedOn=day)
    if not accepted:
        assert recorded["userErrors"] == [{"path": ["input", "observedOn"]}]
        assert started["userErrors"] == [{"path": ["input", "startedOn"]}]
        return
    assert (recorded["userErrors"], started["userErrors"]) == ([], [])
    if day[:4] != "1900":  # the default period is one year
        assert recorded["query"]["me"]["dashboard"]["series"] == [{"latest": {"observedOn": day}}]
    assert started["query"]["me"]["dashboard"]["courses"] == [{"startedOn": day}]
    course = started["course"]["id"]
    figures = {"effectiveness": 5, "convenience": 5, "satisfaction": 5}
    evaluated = await network.do(
        mia, "courseEvaluate", "evaluation { evaluatedOn } userErrors { path }", **({"course": course} | figures)
    )
    assert evaluated["userErrors"] == []
    assert evaluated["evaluation"]["evaluatedOn"] >= day
    assert await network.refusals(mia, "courseEnd", course=course, endedOn=day, status="COMPLETED") == []


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        ("2026-03-10T11:59:59Z", "2025-03-09"),
        ("2026-03-10T12:00:00Z", "2025-03-10"),
        ("2028-02-29T12:00:00Z", "2027-02-28"),
        ("2028-03-01T12:00:00Z", "2027-03-01"),
    ],
)
async def test_the_default_dashboard_begins_one_year_before_the_earliest_present_day(
    network: Network, moment: str, first: str
) -> None:
    mia = await network.member()
    pain = await factories.indicator(network.database, minimum=0.0, maximum=10.0)
    before = datetime.fromordinal(datetime.fromisoformat(first).toordinal() - 1).date()
    for day in (datetime.fromisoformat(first).date(), before):
        await factories.observation(
            network.database, member_id=mia.id, indicator_id=pain["id"], observed_on=day, value=3.0
        )
    await set_clock(network.database, datetime.fromisoformat(moment))
    answer = await network.ask(mia, "{ me { dashboard(interval: DAY) { series { points { startsOn } } } } }")
    assert answer["data"]["me"]["dashboard"]["series"] == [{"points": [{"startsOn": first}]}]


YEARS = [
    ("2026-12-31T10:00:00Z", 2027, []),
    ("2026-12-31T09:59:59Z", 2027, [("INVALID", "input.diagnosedIn")]),
    ("2027-01-01T00:30:00+01:00", 2027, []),
]


@pytest.mark.parametrize(("moment", "year", "refusals"), YEARS)
async def test_a_year_that_has_begun_anywhere_is_accepted_as_the_year_of_diagnosis(
    network: Network, moment: str, year: int, refusals: list[Any]
) -> None:
    mia = await network.member()
    community_id = f"com_{(await factories.community(network.database))['id']}"
    await set_clock(network.database, datetime.fromisoformat(moment))
    assert await network.refusals(mia, "communityJoin", community=community_id, diagnosedIn=year) == refusals
