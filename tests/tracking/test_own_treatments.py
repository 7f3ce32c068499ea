"""Treatments that members add for themselves: their courses, who sees them, and how they move into the catalogue."""

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
from models.research.surveys import ConsentPurpose
from models.security.policies import read_by
from models.tracking.treatments import TreatmentKind
from models.viewers import Audience
from resolvers.tracking.own_treatments_mutations import OWN_TREATMENTS
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.network import Network
from tests.tracking.test_own_indicators import relative_of, rows_seen

DAY, NEXT = "2026-03-02", "2026-03-03"
OWN = "ownTreatment { id name kind }"
COURSE = "ownCourse { id status startedOn endedOn dose stopReason treatment { name } }"
OWN_TABLES = ("care.own_treatment", "care.own_course")
# One fragment draws a course of either kind.
DASHBOARD = """
fragment Drawn on Course { treatment { name kind } status startedOn endedOn dose stopReason }
query { me { dashboard(from: "2026-03-02", to: "2026-03-08") { courses { ...Drawn } ownCourses { ...Drawn } } } }
"""
OF_PATIENT = """
query { me { careLinks {
  ownTreatments { name courses { dose } proposal { name } }
  dashboard(from: "2026-03-02", to: "2026-03-08") { ownCourses { treatment { name } startedOn } }
} } }
"""
MINE = "{ me { ownTreatments { name courses { startedOn } proposal { name } } } }"


async def made(network: Network, who: User, name: str = "Sunlight", kind: str = "THERAPY") -> str:
    """The id of a new own treatment."""
    payload = await network.do(who, "ownTreatmentCreate", OWN, name=name, kind=kind)
    assert payload["userErrors"] == []
    id: str = payload["ownTreatment"]["id"]
    return id


async def started(network: Network, who: User, own: str, day: str = DAY, **given: Any) -> str:
    payload = await network.do(who, "ownCourseStart", COURSE, ownTreatment=own, startedOn=day, **given)
    assert payload["userErrors"] == []
    id: str = payload["ownCourse"]["id"]
    return id


async def catalogued(network: Network, **given: Any) -> str:
    return f"trt_{(await factories.treatment(network.database, **given))['id']}"


async def days_of(network: Network, table: str, member: UUID) -> list[date]:
    found = await network.database.fetch(
        f"SELECT started_on FROM {table} WHERE member_id = $1 ORDER BY started_on", member
    )
    return [row["started_on"] for row in found]


# Creating, renaming and deleting


@pytest.mark.parametrize("kind", list(TreatmentKind))
async def test_every_kind_of_treatment_can_be_added(network: Network, kind: TreatmentKind) -> None:
    mia = await network.member()
    payload = await network.do(mia, "ownTreatmentCreate", "ownTreatment { name kind }", name="  Tea ", kind=kind.value)
    assert payload == {"ownTreatment": {"name": "Tea", "kind": kind.value}, "userErrors": []}


@pytest.mark.parametrize(("name", "code"), [("", "INVALID"), (" \t", "INVALID"), ("w" * 81, "TOO_LONG")])
async def test_a_name_is_required_and_limited(network: Network, name: str, code: str) -> None:
    mia = await network.member()
    assert await network.refusals(mia, "ownTreatmentCreate", name=name, kind="DEVICE") == [(code, "input.name")]
    assert await network.count("care.own_treatment", member_id=mia.id) == 0


async def test_names_of_a_member_differ_and_others_may_use_them(network: Network) -> None:
    mia, ben = await network.member(), await network.member()
    own, other = await made(network, mia, "Straße"), await made(network, mia, "Sleep")
    again = await network.refusals(mia, "ownTreatmentCreate", name=" STRASSE", kind="DEVICE")
    assert again == [("TAKEN", "input.name")]
    assert await network.refusals(mia, "ownTreatmentRename", ownTreatment=other, name="straße") == [
        ("TAKEN", "input.name")
    ]
    renamed = await network.do(mia, "ownTreatmentRename", OWN, ownTreatment=own, name="STRASSE")
    assert renamed["ownTreatment"]["name"] == "STRASSE"
    await made(network, ben, "Straße")
    # A treatment and an indicator may have the same name.
    assert await network.refusals(mia, "ownIndicatorCreate", name="Straße", scale="RATING_0_10") == []


async def test_a_member_has_a_limited_number_of_own_treatments(network: Network) -> None:
    mia = await network.member()
    for _ in range(OWN_TREATMENTS):
        own = await factories.own_treatment(network.database, member_id=mia.id)
    full = await network.refusals(mia, "ownTreatmentCreate", name="One more", kind="DEVICE")
    assert full == [("LIMIT_REACHED", "input")]
    renamed = await network.do(mia, "ownTreatmentRename", OWN, ownTreatment=f"otr_{own['id']}", name="Another name")
    assert renamed["userErrors"] == []


async def test_an_own_treatment_is_deleted_with_its_courses(network: Network) -> None:
    mia = await network.member()
    own, kept = await made(network, mia), await made(network, mia, "Cold water")
    await started(network, mia, own)
    await started(network, mia, kept, NEXT)
    payload = await network.do(mia, "ownTreatmentDelete", "ownTreatmentId ownTreatment { id }", ownTreatment=own)
    assert payload == {"ownTreatmentId": own, "ownTreatment": None, "userErrors": []}
    assert await days_of(network, "care.own_course", mia.id) == [date(2026, 3, 3)]
    assert await network.refusals(mia, "ownTreatmentDelete", ownTreatment=own) == [("NOT_FOUND", "input.ownTreatment")]


# Courses


async def test_courses_stand_beside_the_others_on_the_dashboard(network: Network) -> None:
    mia = await network.member()
    own = await made(network, mia)
    await started(network, mia, own, dose=" an hour ")
    before = await started(network, mia, own, "2026-02-01")
    ended = await network.do(
        mia, "ownCourseEnd", COURSE, ownCourse=before, endedOn="2026-02-09", status="STOPPED", reason="COST"
    )
    assert ended == {
        "ownCourse": {
            "id": before, "status": "STOPPED", "startedOn": "2026-02-01", "endedOn": "2026-02-09", "dose": None,
            "stopReason": "COST", "treatment": {"name": "Sunlight"},
        },
        "userErrors": [],
    }  # fmt: skip
    await started(network, mia, own, "2026-03-09")
    treatment = await factories.treatment(network.database, name="Tea", kind=TreatmentKind.LIFESTYLE)
    await factories.course(network.database, member_id=mia.id, treatment_id=treatment["id"])
    answer = await network.ask(mia, DASHBOARD)
    course = {"status": "ACTIVE", "startedOn": DAY, "endedOn": None, "stopReason": None}
    assert answer["data"]["me"]["dashboard"] == {
        "courses": [{"treatment": {"name": "Tea", "kind": "LIFESTYLE"}, **course, "dose": None}],
        "ownCourses": [{"treatment": {"name": "Sunlight", "kind": "THERAPY"}, **course, "dose": "an hour"}],
    }
    assert sum("care.own_course" in sql for sql in network.ask.statements) == 1
    days = [{"startedOn": day} for day in ("2026-03-09", DAY, "2026-02-01")]
    mine = (await network.ask(mia, MINE))["data"]["me"]["ownTreatments"]
    assert mine == [{"name": "Sunlight", "courses": days, "proposal": None}]


@pytest.mark.parametrize(
    ("given", "refusals"),
    [
        ({"startedOn": "2999-01-01"}, [("INVALID", "input.startedOn")]),
        ({"startedOn": "1899-12-31"}, [("INVALID", "input.startedOn")]),
        ({"startedOn": DAY}, [("TAKEN", "input.startedOn")]),
        ({"startedOn": NEXT, "dose": "an\nhour"}, [("INVALID", "input.dose")]),
        ({"startedOn": DAY, "dose": "w" * 201}, [("TAKEN", "input.startedOn"), ("TOO_LONG", "input.dose")]),
    ],
)
async def test_a_course_that_cannot_have_begun_so_is_refused(
    network: Network, given: dict[str, Any], refusals: list[tuple[str, str]]
) -> None:
    mia = await network.member()
    own = await made(network, mia)
    await started(network, mia, own)
    found = await network.refusals(mia, "ownCourseStart", ownTreatment=own, **given)
    assert sorted(found) == sorted(refusals)
    assert await days_of(network, "care.own_course", mia.id) == [date(2026, 3, 2)]


async def test_a_course_ends_once_and_not_before_it_begins(network: Network) -> None:
    mia = await network.member()
    course = await started(network, mia, await made(network, mia))
    for given, refusals in (
        ({"endedOn": "2026-03-01", "status": "COMPLETED"}, [("INVALID", "input.endedOn")]),
        ({"endedOn": NEXT, "status": "ACTIVE"}, [("INVALID", "input.status")]),
        ({"endedOn": NEXT, "status": "STOPPED"}, [("INVALID", "input.reason")]),
    ):
        assert await network.refusals(mia, "ownCourseEnd", ownCourse=course, **given) == refusals
    for status in ("ON_HOLD", "COMPLETED"):
        given = {"ownCourse": course, "endedOn": NEXT, "status": status}
        assert await network.refusals(mia, "ownCourseEnd", **given) == []
    assert await network.refusals(mia, "ownCourseEnd", **given) == [("TOO_LATE", "input.ownCourse")]


# Walls


async def test_a_relative_reads_them_and_writes_nothing(network: Network) -> None:
    mia = await network.member()
    rob, own, target = await relative_of(network, mia), await made(network, mia), await catalogued(network)
    course = await started(network, mia, own, dose="an hour")
    proposal = {"kind": "TREATMENT", "name": "Sunlight", "ownTreatment": own}
    assert await network.refusals(mia, "catalogueProposalCreate", **proposal) == []
    assert (await network.ask(rob, OF_PATIENT))["data"]["me"]["careLinks"] == [
        {
            "ownTreatments": [{"name": "Sunlight", "courses": [{"dose": "an hour"}], "proposal": None}],
            "dashboard": {"ownCourses": [{"treatment": {"name": "Sunlight"}, "startedOn": DAY}]},
        }
    ]
    assert await network.count("care.data_read", member_id=mia.id, kind="COURSES") >= 1
    for mutation, given, at in writes(own, course, target):
        assert await network.refusals(rob, mutation, **given) == [("NOT_FOUND", f"input.{at}")], mutation
    assert await network.refusals(rob, "catalogueProposalCreate", **proposal) == [("NOT_FOUND", "input.ownTreatment")]


def writes(own: str, course: str, target: str) -> list[tuple[str, dict[str, Any], str]]:
    """Mutations of an own treatment and its course, with their inputs and the field that names the row."""
    return [
        ("ownTreatmentRename", {"ownTreatment": own, "name": "Mine"}, "ownTreatment"),
        ("ownTreatmentDelete", {"ownTreatment": own}, "ownTreatment"),
        ("ownTreatmentMerge", {"ownTreatment": own, "into": target}, "ownTreatment"),
        ("ownCourseStart", {"ownTreatment": own, "startedOn": NEXT}, "ownTreatment"),
        ("ownCourseEnd", {"ownCourse": course, "endedOn": NEXT, "status": "COMPLETED"}, "ownCourse"),
        ("courseEnd", {"course": f"crs_{course[4:]}", "endedOn": NEXT, "status": "COMPLETED"}, "course"),
        ("courseStart", {"treatment": f"trt_{own[4:]}", "startedOn": NEXT}, "treatment"),
    ]


@pytest.mark.parametrize("status", [None, CareLinkStatus.INVITED, CareLinkStatus.ENDED])
async def test_nobody_else_reads_or_writes_them(
    network: Network, community_id: UUID, status: CareLinkStatus | None
) -> None:
    mia = await network.member(community_id)
    await network.database.execute("UPDATE care.profile SET sharing = 'ALL_MEMBERS' WHERE member_id = $1", mia.id)
    own = await made(network, mia, "Secret sunlight")
    course = await started(network, mia, own)
    other = await network.member(community_id) if status is None else await relative_of(network, mia, status)
    node = "query ($id: ID!) { node(id: $id) { id } }"
    for who in (other, await network.buyer(), await network.staff(*StaffRole), ANYBODY):
        for id in (own, course):
            assert (await network.ask(who, node, {"id": id}))["data"] == {"node": None}
    for mutation, given, at in writes(own, course, await catalogued(network)):
        assert await network.refusals(other, mutation, **given) == [("NOT_FOUND", f"input.{at}")], mutation
    stored = await network.row("SELECT status, ended_on FROM care.own_course WHERE id = $1", UUID(course[4:]))
    assert dict(stored) == {"status": "ACTIVE", "ended_on": None}
    search = await network.ask(other, '{ treatments(first: 5, search: "Secret sunlight") { nodes { name } } }')
    assert search["data"]["treatments"]["nodes"] == []
    shared = f'{{ node(id: "mbr_{mia.id}") {{ ... on Member {{ courses {{ id }} }} }} }}'
    assert (await network.ask(other, shared))["data"]["node"]["courses"] == []


@pytest.mark.parametrize("sharing", list(Sharing))
async def test_the_policies_pass_the_member_and_accepted_relatives_alone(
    admin: asyncpg.Connection, sharing: Sharing
) -> None:
    member = (await factories.member(admin, sharing=sharing))["id"]
    await factories.own_course(admin, member_id=member)
    seen = await rows_seen(admin, member, sharing, OWN_TABLES)
    assert seen == {"accepted": [1, 1], "ended": [0, 0], "member": [0, 0], "self": [1, 1]}


async def test_a_course_belongs_to_the_member_of_its_treatment(admin: asyncpg.Connection) -> None:
    """PostgreSQL refuses a course of another member's treatment, whichever member it names, and a relative's."""
    mine, theirs = await factories.own_treatment(admin), await factories.own_treatment(admin)
    await factories.care_link(
        admin, patient_id=theirs["member_id"], relative_id=mine["member_id"], status=CareLinkStatus.ACCEPTED
    )
    insert = (
        "INSERT INTO care.own_course (member_id, own_treatment_id, status, started_on) VALUES ($1, $2, 'ACTIVE', $3)"
    )
    for whose in (mine["member_id"], theirs["member_id"]):
        async with viewing(admin, Audience.PATIENT, mine["member_id"]):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await admin.execute(insert, whose, theirs["id"], factories.DAY)
    async with viewing(admin, Audience.PATIENT, mine["member_id"]):
        await admin.execute(insert, mine["member_id"], mine["id"], factories.DAY)


async def test_the_function_moves_the_viewers_own_alone(admin: asyncpg.Connection) -> None:
    course, target = await factories.own_course(admin), (await factories.treatment(admin))["id"]
    relative = (await factories.care_link(admin, patient_id=course["member_id"]))["relative_id"]
    merge = "SELECT care.merge_own_treatment($1, $2)"
    for viewer in (relative, (await factories.member(admin))["id"], None):
        async with viewing(admin, Audience.PATIENT, viewer):
            assert await admin.fetchval(merge, course["own_treatment_id"], target) == "NOTHING"


async def test_a_treatment_follows_no_proposal_of_another_member(admin: asyncpg.Connection) -> None:
    mine, theirs = await factories.own_treatment(admin), await factories.catalogue_proposal(admin)
    async with viewing(admin, Audience.PATIENT, mine["member_id"]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await admin.execute(
                "UPDATE care.own_treatment SET proposal_id = $2 WHERE id = $1", mine["id"], theirs["id"]
            )


def test_nothing_that_counts_or_publishes_names_their_tables() -> None:
    """Datasets, insights and counts cannot read them: no role that counts has a right, and no function names them."""
    for table in OWN_TABLES:
        assert set(read_by(metadata.tables[table])) == {Audience.PATIENT}
    naming = {
        Path(path).relative_to(functions.FOLDER).as_posix()
        for path in functions.FOLDER.rglob("*.sql")
        if any(table in path.read_text(encoding="utf-8") for table in OWN_TABLES)
    }
    assert naming == {"tracking/own_treatments.sql", "community/proposals.sql", "identity/personal_data.sql"}


# Merging


async def test_a_member_moves_their_courses_into_the_catalogue(network: Network) -> None:
    mia, ben, target = await network.member(), await network.member(), await catalogued(network)
    own, theirs = await made(network, mia), await made(network, ben)
    await started(network, mia, own, dose="an hour")
    ended = await started(network, mia, own, "2026-02-01")
    given = {"ownCourse": ended, "endedOn": "2026-02-09", "status": "STOPPED", "reason": "SIDE_EFFECTS"}
    assert await network.refusals(mia, "ownCourseEnd", **given) == []
    await started(network, ben, theirs)
    fields = "treatment { id } ownTreatment { id }"
    payload = await network.do(mia, "ownTreatmentMerge", fields, ownTreatment=own, into=target)
    assert payload == {"treatment": {"id": target}, "ownTreatment": None, "userErrors": []}
    found = await network.database.fetch(
        "SELECT started_on, ended_on, status, stop_reason, dose FROM care.course"
        " WHERE member_id = $1 AND treatment_id = $2 AND community_id IS NULL ORDER BY started_on",
        mia.id,
        UUID(target[4:]),
    )
    assert [tuple(row) for row in found] == [
        (date(2026, 2, 1), date(2026, 2, 9), "STOPPED", "SIDE_EFFECTS", None),
        (date(2026, 3, 2), None, "ACTIVE", None, "an hour"),
    ]
    assert [await days_of(network, "care.own_course", who.id) for who in (mia, ben)] == [[], [date(2026, 3, 2)]]


async def test_a_day_on_which_both_began_loses_neither(network: Network) -> None:
    mia, target = await network.member(), await catalogued(network)
    own = await made(network, mia)
    await started(network, mia, own)
    await started(network, mia, own, NEXT)
    await factories.course(network.database, member_id=mia.id, treatment_id=UUID(target[4:]), dose="two")
    await factories.course(network.database, treatment_id=UUID(target[4:]), started_on=date(2026, 3, 3))
    fields = "ownTreatment { id courses { startedOn } }"
    payload = await network.do(mia, "ownTreatmentMerge", fields, ownTreatment=own, into=target)
    assert payload == {"ownTreatment": {"id": own, "courses": [{"startedOn": DAY}]}, "userErrors": []}
    assert await days_of(network, "care.own_course", mia.id) == [date(2026, 3, 2)]
    assert await days_of(network, "care.course", mia.id) == [date(2026, 3, 2), date(2026, 3, 3)]
    assert await network.count("care.course", member_id=mia.id, dose="two") == 1


async def test_nothing_moves_to_what_is_retired(network: Network) -> None:
    mia = await network.member()
    own, retired = await made(network, mia), await catalogued(network, retired_on=date(2026, 1, 1))
    await started(network, mia, own)
    given = {"ownTreatment": own, "into": retired}
    assert await network.refusals(mia, "ownTreatmentMerge", **given) == [("NOT_FOUND", "input.into")]
    outcome = "SELECT care.move_own_treatment($1, $2)"
    assert await network.value(outcome, UUID(own[4:]), UUID(retired[4:])) == "NOTHING"
    assert await days_of(network, "care.own_course", mia.id) == [date(2026, 3, 2)]


async def test_a_course_that_moves_makes_its_member_eligible(network: Network, community_id: UUID) -> None:
    """As one that they start: an open survey for members who have had the treatment invites them."""
    mia, target = await network.member(community_id, kind=MemberKind.PATIENT), await catalogued(network)
    survey = await factories.survey(
        network.database, community_id=community_id, status="OPEN", opens_on=None, closes_on=date(2999, 1, 1),
        offered_to=["LABORATORY"],
    )  # fmt: skip
    await factories.eligibility(network.database, survey_id=survey["id"], treatment_ids=[UUID(target[4:])])
    await factories.consent(
        network.database, member_id=mia.id, purpose=ConsentPurpose.SURVEY_RESEARCH, recipients=["LABORATORY"]
    )
    own = await made(network, mia)
    await started(network, mia, own)
    assert await network.count("research.participation", member_id=mia.id) == 0
    assert await network.refusals(mia, "ownTreatmentMerge", ownTreatment=own, into=target) == []
    assert await network.count("research.participation", member_id=mia.id, survey_id=survey["id"]) == 1
