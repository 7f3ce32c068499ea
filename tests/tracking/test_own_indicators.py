"""Indicators that members make for themselves: what they take, who sees them, and how they move into the catalogue."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models import functions
from models.identity.accounts import StaffRole
from models.identity.members import CareLinkStatus, MemberKind, Sharing
from models.metadata import metadata
from models.security.policies import read_by
from models.viewers import Audience
from resolvers.tracking.own_indicators_mutations import OWN_INDICATORS
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.network import Network

DAY, NEXT = "2026-03-02", "2026-03-03"
OWN = "ownIndicator { id name scale unit minimum maximum }"
VALUE = "ownObservation { id value observedOn note byRelative indicator { name } }"
OWN_TABLES = ("care.own_indicator", "care.own_observation")
# One fragment draws a curve of either kind.
DASHBOARD = """
fragment Curve on TrackedSeries {
  indicator { name scale unit minimum maximum }
  points { startsOn mean minimum maximum count }
  latest { value observedOn note byRelative }
}
query { me { dashboard(from: "2026-03-02", to: "2026-03-08") { series { ...Curve } ownSeries { ...Curve } } } }
"""
OF_PATIENT = """
query { me { careLinks {
  ownIndicators { name observations { nodes { value } } proposal { name } }
  dashboard(from: "2026-03-02", to: "2026-03-08") { ownSeries { indicator { name } points { count } } }
} } }
"""


async def made(network: Network, who: User, name: str = "Walks", **given: Any) -> str:
    """The id of a new own indicator: a quantity in kilometres unless another scale is given."""
    quantity = {"scale": "QUANTITY", "unit": "km", "minimum": 0, "maximum": 50}
    payload = await network.do(who, "ownIndicatorCreate", OWN, name=name, **(given or quantity))
    assert payload["userErrors"] == []
    id: str = payload["ownIndicator"]["id"]
    return id


async def recorded(network: Network, who: User, own: str, value: float, day: str = DAY, **given: Any) -> str:
    payload = await network.do(
        who, "ownObservationRecord", VALUE, ownIndicator=own, observedOn=day, value=value, **given
    )
    assert payload["userErrors"] == []
    id: str = payload["ownObservation"]["id"]
    return id


async def relative_of(network: Network, patient: User, status: CareLinkStatus = CareLinkStatus.ACCEPTED) -> User:
    relative = await network.member(kind=MemberKind.RELATIVE)
    await factories.care_link(network.database, patient_id=patient.id, relative_id=relative.id, status=status)
    return relative


async def rows_seen(
    admin: asyncpg.Connection, member: UUID, sharing: Sharing, tables: Sequence[str]
) -> dict[str, list[int]]:
    """How many rows of a member an accepted relative, a former one, another member and they themselves can read."""
    community = (await factories.membership(admin, member_id=member))["community_id"]
    seen: dict[str, list[int]] = {}
    for name, status in (("accepted", CareLinkStatus.ACCEPTED), ("ended", CareLinkStatus.ENDED), ("member", None)):
        viewer = (await factories.member(admin, sharing=sharing))["id"]
        await factories.membership(admin, member_id=viewer, community_id=community)
        if status is not None:
            await factories.care_link(admin, patient_id=member, relative_id=viewer, status=status)
        async with viewing(admin, Audience.PATIENT, viewer):
            seen[name] = [
                await admin.fetchval(f"SELECT count(*) FROM {table} WHERE member_id = $1", member) for table in tables
            ]
    async with viewing(admin, Audience.PATIENT, member):
        seen["self"] = [await admin.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    return seen


async def catalogued(network: Network, **given: Any) -> str:
    quantity = {"scale": "QUANTITY", "unit": "km", "minimum": 0.0, "maximum": 50.0}
    indicator = await factories.indicator(network.database, **quantity | given)
    return f"ind_{indicator['id']}"


async def values_of(network: Network, table: str, member: UUID) -> list[tuple[date, float]]:
    found = await network.database.fetch(
        f"SELECT observed_on, value FROM {table} WHERE member_id = $1 ORDER BY observed_on", member
    )
    return [(row["observed_on"], row["value"]) for row in found]


# Making, renaming and deleting


@pytest.mark.parametrize(
    ("given", "bounds"),
    [
        ({"scale": "RATING_0_10"}, (None, 0, 10)),
        ({"scale": "GRADE_NONE_TO_SEVERE"}, (None, 0, 3)),
        ({"scale": "QUANTITY", "unit": " km ", "minimum": -2, "maximum": 2.5}, ("km", -2, 2.5)),
    ],
)
async def test_each_scale_has_its_bounds(network: Network, given: dict[str, Any], bounds: tuple[Any, ...]) -> None:
    mia = await network.member()
    payload = await network.do(mia, "ownIndicatorCreate", OWN, name="  Ringing  ", **given)
    own = payload["ownIndicator"]
    assert (own["name"], own["scale"]) == ("Ringing", given["scale"])
    assert (own["unit"], own["minimum"], own["maximum"]) == bounds


@pytest.mark.parametrize(
    ("given", "refusals"),
    [
        ({"scale": "RATING_0_10", "unit": "km"}, [("INVALID", "input.unit")]),
        ({"scale": "RATING_0_10", "minimum": 0}, [("INVALID", "input.minimum")]),
        ({"scale": "GRADE_NONE_TO_SEVERE", "maximum": 5}, [("INVALID", "input.maximum")]),
        ({"scale": "QUANTITY", "unit": "km", "minimum": 5, "maximum": 5}, [("INVALID", "input.maximum")]),
        ({"scale": "QUANTITY", "unit": "km", "minimum": 6, "maximum": 5}, [("INVALID", "input.maximum")]),
        ({"scale": "QUANTITY", "unit": "km", "minimum": -2e9, "maximum": 5}, [("INVALID", "input.minimum")]),
        ({"scale": "QUANTITY", "unit": "km", "maximum": 5}, [("INVALID", "input.minimum")]),
        ({"scale": "QUANTITY", "unit": "w" * 21, "minimum": 0, "maximum": 5}, [("TOO_LONG", "input.unit")]),
        ({"scale": "QUANTITY", "unit": " ", "minimum": 0, "maximum": 5}, [("INVALID", "input.unit")]),
    ],
)
async def test_units_and_bounds_that_mean_nothing_are_refused(
    network: Network, given: dict[str, Any], refusals: list[tuple[str, str]]
) -> None:
    mia = await network.member()
    assert await network.refusals(mia, "ownIndicatorCreate", name="Walks", **given) == refusals
    assert await network.count("care.own_indicator", member_id=mia.id) == 0


async def test_names_of_a_member_differ_and_others_may_use_them(network: Network) -> None:
    mia, ben = await network.member(), await network.member()
    own, other = await made(network, mia, "Straße"), await made(network, mia, "Sleep")
    again = await network.refusals(mia, "ownIndicatorCreate", name=" STRASSE", scale="RATING_0_10")
    assert again == [("TAKEN", "input.name")]
    assert await network.refusals(mia, "ownIndicatorRename", ownIndicator=other, name="straße") == [
        ("TAKEN", "input.name")
    ]
    renamed = await network.do(mia, "ownIndicatorRename", OWN, ownIndicator=own, name="STRASSE")
    assert renamed["ownIndicator"]["name"] == "STRASSE"
    await made(network, ben, "Straße")


async def test_a_name_that_looks_like_another_of_a_member_is_taken(network: Network) -> None:
    mia = await network.member()
    own = await made(network, mia, "Petit cafe\u0301")
    stored = "SELECT name FROM care.own_indicator WHERE id = $1"
    assert await network.value(stored, UUID(own[4:])) == "Petit café"
    alike = "Petit café", "petit cafe\u0301", "Petit  café", "Petit\u00a0café", "Petit ca\u200bfé", "Petit ca\u200dfé"
    for name in alike:
        again = await network.refusals(mia, "ownIndicatorCreate", name=name, scale="RATING_0_10")
        assert again == [("TAKEN", "input.name")], name
    # So is one that an older version stored otherwise.
    await network.value("UPDATE care.own_indicator SET name = $2 WHERE id = $1", UUID(own[4:]), "Petit cafe\u0301")
    again = await network.refusals(mia, "ownIndicatorCreate", name="Petit café", scale="RATING_0_10")
    assert again == [("TAKEN", "input.name")]


async def test_a_member_has_a_limited_number_of_own_indicators(network: Network) -> None:
    mia = await network.member()
    for _ in range(OWN_INDICATORS):
        own = await factories.own_indicator(network.database, member_id=mia.id)
    full = await network.refusals(mia, "ownIndicatorCreate", name="One more", scale="RATING_0_10")
    assert full == [("LIMIT_REACHED", "input")]
    renamed = await network.do(mia, "ownIndicatorRename", OWN, ownIndicator=f"own_{own['id']}", name="Another name")
    assert renamed["userErrors"] == []


async def test_an_own_indicator_is_deleted_with_its_observations(network: Network) -> None:
    mia = await network.member()
    own, kept = await made(network, mia), await made(network, mia, "Sleep", scale="RATING_0_10")
    await recorded(network, mia, own, 5)
    await recorded(network, mia, kept, 6)
    payload = await network.do(mia, "ownIndicatorDelete", "ownIndicatorId ownIndicator { id }", ownIndicator=own)
    assert payload == {"ownIndicatorId": own, "ownIndicator": None, "userErrors": []}
    assert await values_of(network, "care.own_observation", mia.id) == [(date(2026, 3, 2), 6)]
    assert await network.refusals(mia, "ownIndicatorDelete", ownIndicator=own) == [("NOT_FOUND", "input.ownIndicator")]


# Recording


async def test_values_stand_beside_the_others_on_the_dashboard(network: Network) -> None:
    mia = await network.member()
    own = await made(network, mia)
    await recorded(network, mia, own, 1)
    await recorded(network, mia, own, 3, note=" uphill ")  # replaces that of the day
    await recorded(network, mia, own, 5, NEXT)
    indicator = await factories.indicator(network.database, name="Pain")
    await factories.observation(network.database, member_id=mia.id, indicator_id=indicator["id"], value=7.0)
    answer = await network.ask(mia, DASHBOARD)
    point = {"startsOn": DAY, "mean": 4, "minimum": 3, "maximum": 5, "count": 2}
    assert answer["data"]["me"]["dashboard"] == {
        "series": [
            {
                "indicator": {"name": "Pain", "scale": "RATING_0_10", "unit": None, "minimum": 0, "maximum": 10},
                "points": [{"startsOn": DAY, "mean": 7, "minimum": 7, "maximum": 7, "count": 1}],
                "latest": {"value": 7, "observedOn": DAY, "note": None, "byRelative": False},
            }
        ],
        "ownSeries": [
            {
                "indicator": {"name": "Walks", "scale": "QUANTITY", "unit": "km", "minimum": 0, "maximum": 50},
                "points": [point],
                "latest": {"value": 5, "observedOn": NEXT, "note": None, "byRelative": False},
            }
        ],
    }
    assert sum("care.own_observation" in sql for sql in network.ask.statements) == 1


@pytest.mark.parametrize(
    ("scale", "value", "day", "path"),
    [
        ({"scale": "RATING_0_10"}, 10.5, DAY, "value"),
        ({"scale": "RATING_0_10"}, -0.5, DAY, "value"),
        ({"scale": "GRADE_NONE_TO_SEVERE"}, 1.5, DAY, "value"),
        ({"scale": "RATING_0_10"}, 5, "2999-01-01", "observedOn"),
        ({"scale": "RATING_0_10"}, 5, "1899-12-31", "observedOn"),
    ],
)
async def test_a_value_lies_on_the_scale_and_not_in_the_future(
    network: Network, scale: dict[str, Any], value: float, day: str, path: str
) -> None:
    mia = await network.member()
    own = await made(network, mia, **scale)
    refusals = await network.refusals(mia, "ownObservationRecord", ownIndicator=own, observedOn=day, value=value)
    assert refusals == [("INVALID", f"input.{path}")]
    assert await network.count("care.own_observation", member_id=mia.id) == 0


async def test_a_relative_keeps_the_diary_and_does_not_rename_delete_or_move(network: Network) -> None:
    mia = await network.member()
    rob, target = await relative_of(network, mia), await catalogued(network)
    own = await made(network, rob, "Steps", scale="RATING_0_10", onBehalfOf=f"mbr_{mia.id}")
    value = await recorded(network, rob, own, 4)
    found = await network.row(
        "SELECT member_id, by_relative FROM care.own_observation WHERE own_indicator_id = $1", UUID(own[4:])
    )
    assert dict(found) == {"member_id": mia.id, "by_relative": True}
    answer = await network.ask(rob, OF_PATIENT)
    assert answer["data"]["me"]["careLinks"] == [
        {
            "ownIndicators": [{"name": "Steps", "observations": {"nodes": [{"value": 4}]}, "proposal": None}],
            "dashboard": {"ownSeries": [{"indicator": {"name": "Steps"}, "points": [{"count": 1}]}]},
        }
    ]
    assert await network.count("care.data_read", member_id=mia.id, kind="OBSERVATIONS") >= 1
    for mutation, given in (
        ("ownIndicatorRename", {"name": "Other"}),
        ("ownIndicatorDelete", {}),
        ("ownIndicatorMerge", {"into": target}),
    ):
        refusals = await network.refusals(rob, mutation, ownIndicator=own, **given)
        assert refusals == [("NOT_FOUND", "input.ownIndicator")], mutation
    proposal = {"kind": "SYMPTOM", "name": "Steps", "ownIndicator": own}
    assert await network.refusals(rob, "catalogueProposalCreate", **proposal) == [("NOT_FOUND", "input.ownIndicator")]
    assert await network.refusals(rob, "ownObservationRemove", ownObservation=value) == []


# Walls


@pytest.mark.parametrize("status", [None, CareLinkStatus.INVITED, CareLinkStatus.ENDED])
async def test_nobody_else_reads_or_writes_them(
    network: Network, community_id: UUID, status: CareLinkStatus | None
) -> None:
    mia = await network.member(community_id)
    await network.database.execute("UPDATE care.profile SET sharing = 'ALL_MEMBERS' WHERE member_id = $1", mia.id)
    own = await made(network, mia, "Secret walks")
    value = await recorded(network, mia, own, 5)
    other = await network.member(community_id) if status is None else await relative_of(network, mia, status)
    node = "query ($id: ID!) { node(id: $id) { id } }"
    moderator = await network.staff(*StaffRole)
    for who in (other, await network.buyer(), moderator, ANYBODY):
        for id in (own, value):
            assert (await network.ask(who, node, {"id": id}))["data"] == {"node": None}
    for mutation, given, at in (
        ("ownIndicatorRename", {"ownIndicator": own, "name": "Mine"}, "ownIndicator"),
        ("ownIndicatorDelete", {"ownIndicator": own}, "ownIndicator"),
        ("ownIndicatorMerge", {"ownIndicator": own, "into": await catalogued(network)}, "ownIndicator"),
        ("ownObservationRecord", {"ownIndicator": own, "observedOn": DAY, "value": 1}, "ownIndicator"),
        ("ownObservationRemove", {"ownObservation": value}, "ownObservation"),
        ("observationRemove", {"observation": value.replace("oob_", "obs_")}, "observation"),
    ):
        assert await network.refusals(other, mutation, **given) == [("NOT_FOUND", f"input.{at}")]
    created = {"name": "Theirs", "scale": "RATING_0_10", "onBehalfOf": f"mbr_{mia.id}"}
    assert await network.refusals(other, "ownIndicatorCreate", **created) == [("NOT_FOUND", "input.onBehalfOf")]
    assert await values_of(network, "care.own_observation", mia.id) == [(date(2026, 3, 2), 5)]
    search = await network.ask(other, '{ indicators(search: "Secret walks") { name } }')
    assert search["data"] == {"indicators": []}


@pytest.mark.parametrize("sharing", list(Sharing))
async def test_the_policies_pass_the_member_and_accepted_relatives_alone(
    admin: asyncpg.Connection, sharing: Sharing
) -> None:
    member = (await factories.member(admin, sharing=sharing))["id"]
    await factories.own_observation(admin, member_id=member)
    seen = await rows_seen(admin, member, sharing, OWN_TABLES)
    assert seen == {"accepted": [1, 1], "ended": [0, 0], "member": [0, 0], "self": [1, 1]}


async def test_a_value_belongs_to_the_member_of_its_indicator(admin: asyncpg.Connection) -> None:
    """PostgreSQL refuses a value of another member's indicator, whichever member it names."""
    mine, theirs = await factories.own_indicator(admin), await factories.own_indicator(admin)
    insert = "INSERT INTO care.own_observation (member_id, own_indicator_id, observed_on, value) VALUES ($1, $2, $3, 1)"
    for whose in (mine["member_id"], theirs["member_id"]):
        async with viewing(admin, Audience.PATIENT, mine["member_id"]):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await admin.execute(insert, whose, theirs["id"], factories.DAY)
    async with viewing(admin, Audience.PATIENT, mine["member_id"]):
        await admin.execute(insert, mine["member_id"], mine["id"], factories.DAY)


def test_nothing_that_counts_or_publishes_names_their_tables() -> None:
    """Datasets, insights and counts cannot read them: no role that counts has a right, and no function names them."""
    for table in OWN_TABLES:
        assert set(read_by(metadata.tables[table])) == {Audience.PATIENT}
    naming = {
        Path(path).relative_to(functions.FOLDER).as_posix()
        for path in functions.FOLDER.rglob("*.sql")
        if "own_indicator" in path.read_text(encoding="utf-8") or "own_observation" in path.read_text(encoding="utf-8")
    }
    assert naming == {
        "tracking/own_indicators.sql",
        "community/proposals.sql",
        "identity/personal_data.sql",
    }  # erases them


# Merging


async def test_a_member_moves_their_values_into_the_catalogue(network: Network) -> None:
    mia, target = await network.member(), await catalogued(network, maximum=20.0)
    own = await made(network, mia)
    rob = await relative_of(network, mia)
    await recorded(network, mia, own, 5, note="uphill")
    await recorded(network, rob, own, 7, NEXT)
    fields = "indicator { id } ownIndicator { id }"
    payload = await network.do(mia, "ownIndicatorMerge", fields, ownIndicator=own, into=target)
    assert payload == {"indicator": {"id": target}, "ownIndicator": None, "userErrors": []}
    found = await network.database.fetch(
        "SELECT value, note, by_relative, indicator_id FROM care.observation WHERE member_id = $1 ORDER BY value",
        mia.id,
    )
    assert [tuple(row) for row in found] == [(5, "uphill", False, UUID(target[4:])), (7, None, True, UUID(target[4:]))]
    assert await values_of(network, "care.own_observation", mia.id) == []


async def test_a_day_with_a_value_of_both_loses_neither(network: Network) -> None:
    mia, target = await network.member(), await catalogued(network)
    own = await made(network, mia)
    await recorded(network, mia, own, 5)
    await recorded(network, mia, own, 7, NEXT)
    await factories.observation(network.database, member_id=mia.id, indicator_id=UUID(target[4:]), value=1.0)
    payload = await network.do(mia, "ownIndicatorMerge", "ownIndicator { id }", ownIndicator=own, into=target)
    assert payload == {"ownIndicator": {"id": own}, "userErrors": []}
    assert await values_of(network, "care.own_observation", mia.id) == [(date(2026, 3, 2), 5)]
    assert await values_of(network, "care.observation", mia.id) == [(date(2026, 3, 2), 1), (date(2026, 3, 3), 7)]


async def test_a_unit_fits_in_each_of_its_languages(network: Network) -> None:
    mia = await network.member()
    target = await catalogued(network, unit="days", translations='{"fr": {"unit": "jours"}}')
    for unit, day, fits in (("jours", DAY, True), ("days", NEXT, True), ("Tage", NEXT, False)):
        own = await made(network, mia, f"Off, in {unit}", scale="QUANTITY", unit=unit, minimum=0, maximum=50)
        await recorded(network, mia, own, 5, day)
        refusals = await network.refusals(mia, "ownIndicatorMerge", ownIndicator=own, into=target)
        assert refusals == ([] if fits else [("INVALID", "input.into")]), unit
    assert len(await values_of(network, "care.observation", mia.id)) == 2


@pytest.mark.parametrize(
    ("own", "target", "path"),
    [
        ({}, {"scale": "RATING_0_10", "unit": None, "maximum": 10.0}, "Its scale differs"),
        ({}, {"unit": "mi"}, "Its unit differs"),
        ({}, {"maximum": 4.5}, "Values of your indicator"),
        ({}, {"minimum": 5.5}, "Values of your indicator"),
        ({"scale": "GRADE_NONE_TO_SEVERE"}, {"scale": "GRADE_NONE_TO_SEVERE", "unit": None, "maximum": 4.0}, "Values"),
        ({"scale": "RATING_0_10"}, {"scale": "RATING_0_10", "unit": None, "maximum": 100.0}, "Values"),
        ({}, {"retired_on": date(2026, 1, 1)}, "This does not exist"),
    ],
)
async def test_values_that_would_mean_something_else_are_not_moved(
    network: Network, own: dict[str, Any], target: dict[str, Any], path: str
) -> None:
    mia, into = await network.member(), await catalogued(network, **target)
    made_by_mia = await made(network, mia, **own)
    value = 5 if own.get("scale") != "GRADE_NONE_TO_SEVERE" else 2
    await recorded(network, mia, made_by_mia, value)
    answer = await network.answer(
        mia, "ownIndicatorMerge", "userErrors { message path }", ownIndicator=made_by_mia, into=into
    )
    [error] = answer["data"]["ownIndicatorMerge"]["userErrors"]
    assert error["path"] == ["input", "into"]
    assert error["message"].startswith(path)
    assert await values_of(network, "care.own_observation", mia.id) == [(date(2026, 3, 2), value)]
    assert await values_of(network, "care.observation", mia.id) == []
