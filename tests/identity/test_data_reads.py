"""The trail of who read members' data: what is recorded, when, what is refused without it, and who sees it."""

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.data_reads import DataReader, MemberDataKind
from models.identity.members import MemberKind, Sex, Sharing
from models.viewers import Audience
from server.operations.data_reads import DataReads
from server.operations.errors import RequestError
from tests import factories
from tests.planner.test_recorded_reads import RECORDED
from tests.support.callers import User
from tests.support.eventually import becomes
from tests.support.exports import exported
from tests.support.network import Network, network_on
from tests.support.subscribers import event_stream

PROFILE = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Member { pseudonym ageBand sex } } }"
TRAIL = """query ($first: Int, $after: Cursor) { me { dataReads(first: $first, after: $after) {
    nodes { id kind readAt reader staffRoles relative { pseudonym } document }
    pageInfo { endCursor hasNextPage } } } }"""


@dataclass
class Patient:
    """A member with a row of each kind of data, shared with nobody, who has a relative and a removed post."""

    user: User
    relative: User
    ids: dict[str, str]  # of their rows, by prefix

    async def reads(self, network: Network) -> set[tuple[str, str]]:
        """The reader and kind of each read in their trail, which is emptied."""
        found = await network.database.fetch(
            "SELECT reader, kind FROM care.data_read WHERE member_id = $1", self.user.id
        )
        await emptied(network)
        assert len(found) == len(set(found)), "one request has a row for each kind"
        return {(row["reader"], row["kind"]) for row in found}


async def emptied(network: Network) -> None:
    """Deletes the trail, without its trigger."""
    async with network.database.transaction():
        await network.database.execute("SET LOCAL session_replication_role = replica; DELETE FROM care.data_read")


async def patient(network: Network, sharing: Sharing = Sharing.ALL_MEMBERS) -> Patient:
    db = network.database
    community = await factories.community(db)
    user = await network.member(community["id"], sharing=sharing)
    await db.execute("UPDATE care.profile SET sex = $2 WHERE member_id = $1", user.id, Sex.FEMALE.value)
    relative = await network.member(kind=MemberKind.RELATIVE)
    link = await factories.care_link(db, patient_id=user.id, relative_id=relative.id)
    of = {"member_id": user.id}
    course = await factories.course(db, **of)
    evaluation = await factories.evaluation(db, **of, course_id=course["id"], treatment_id=course["treatment_id"])
    await factories.side_effect(db, evaluation_id=evaluation["id"], **of)
    observation = await factories.observation(db, **of)
    await factories.own_course(db, **of)
    post = await factories.post(db, author_id=user.id)
    await factories.removal(db, post_id=post["id"])
    await factories.removed_text(db, post_id=post["id"], author_id=user.id)
    treatment = await db.fetchval("SELECT slug FROM catalog.treatment WHERE id = $1", course["treatment_id"])
    ids = {
        "mbr": f"mbr_{user.id}", "lnk": f"lnk_{link['id']}", "crs": f"crs_{course['id']}",
        "evl": f"evl_{evaluation['id']}", "obs": f"obs_{observation['id']}", "pst": f"pst_{post['id']}",
        "ind": f"ind_{observation['indicator_id']}", "slug": community["slug"], "treatment": treatment,
    }  # fmt: skip
    return Patient(user, relative, ids)


@pytest_asyncio.fixture
async def theirs(network: Network) -> Patient:
    await emptied(network)
    return await patient(network)


# For each selection: which kinds staff read by it, and which a relative; None if it is not in their view.
SELECTIONS: dict[str, tuple[str | None, str | None]] = {
    'node(id: "{mbr}") {{ ... on Member {{ pseudonym kind verified about joinedOn }} }}': ("", ""),
    'node(id: "{mbr}") {{ ... on Member {{ ageBand }} }}': ("PROFILE", "PROFILE"),
    'node(id: "{mbr}") {{ ... on Member {{ sex }} }}': ("PROFILE", "PROFILE"),
    'node(id: "{mbr}") {{ ... on Member {{ region suspension {{ reason }} }} }}': ("PROFILE", "PROFILE"),
    'nodes(ids: ["{mbr}"]) {{ ... on Member {{ communities {{ name }} }} }}': ("COMMUNITIES", "COMMUNITIES"),
    'community(slug: "{slug}") {{ members {{ nodes {{ pseudonym }} }} }}': ("COMMUNITIES", "COMMUNITIES"),
    'community(slug: "{slug}") {{ members {{ edges {{ node {{ a: region }} }} }} }}': (
        "COMMUNITIES PROFILE", "COMMUNITIES PROFILE",
    ),
    'node(id: "{mbr}") {{ ... on Member {{ courses {{ id }} }} }}': (None, "COURSES"),
    'node(id: "{mbr}") {{ ... on Member {{ courses {{ evaluation {{ id }} }} }} }}': (None, "COURSES EVALUATIONS"),
    'node(id: "{mbr}") {{ ... on Member {{ series(indicator: "{ind}", interval: WEEK) {{ mean }} }} }}': (
        None, "OBSERVATIONS",
    ),
    'node(id: "{crs}") {{ id }}': (None, "COURSES"),
    'node(id: "{evl}") {{ ... on TreatmentEvaluation {{ sideEffects {{ severity }} }} }}': (None, "EVALUATIONS"),
    'node(id: "{obs}") {{ ... on Observation {{ value }} }}': (None, "OBSERVATIONS"),
    'node(id: "{lnk}") {{ ... on CareLink {{ status patient {{ pseudonym }} }} }}': (None, ""),
    'node(id: "{lnk}") {{ ... on CareLink {{ dashboard {{ series {{ latest {{ value }} }} }} }} }}': (
        None, "OBSERVATIONS",
    ),
    "me {{ careLinks {{ dashboard {{ courses {{ dose evaluation {{ comment }} }} }} }} }}": (
        None, "OBSERVATIONS COURSES EVALUATIONS",
    ),
    "me {{ careLinks {{ ownTreatments {{ name }} }} }}": (None, "COURSES"),
    'node(id: "{lnk}") {{ ... on CareLink {{ ownTreatments {{ courses {{ dose }} }} }} }}': (None, "COURSES"),
    'node(id: "{lnk}") {{ ... on CareLink {{ dashboard {{ ownCourses {{ dose treatment {{ name }} }} }} }} }}': (
        None, "OBSERVATIONS COURSES",
    ),
    'treatment(slug: "{treatment}") {{ evaluations {{ nodes {{ comment course {{ dose }} }} }} }}': (
        None, "EVALUATIONS COURSES",
    ),
    'node(id: "{pst}") {{ ... on Post {{ removed body author {{ pseudonym }} }} }}': ("", ""),
    'node(id: "{pst}") {{ ... on Post {{ removedBody }} }}': ("REMOVED_POSTS", ""),
}  # fmt: skip


def test_every_kind_is_tried() -> None:
    tried = {kind for found in SELECTIONS.values() for kinds in found for kind in (kinds or "").split()}
    assert tried == set(RECORDED.values())


@pytest.mark.parametrize("selection", SELECTIONS)
async def test_each_read_by_staff_or_a_relative_is_recorded(network: Network, theirs: Patient, selection: str) -> None:
    """And none of the member's own, of members who are no relatives, and of a relative by an open invitation."""
    document = f"{{ {selection.format(**theirs.ids)} }}"
    by_staff, by_relative = SELECTIONS[selection]
    stranger, invited = await network.member(), await network.member()
    await factories.care_link(network.database, patient_id=theirs.user.id, relative_id=invited.id, status="INVITED")
    for viewer in (theirs.user, stranger, invited):
        assert "errors" not in await network.ask(viewer, document)
        assert await theirs.reads(network) == set()
    assert "errors" not in await network.ask(theirs.relative, document)
    assert by_relative is not None
    assert await theirs.reads(network) == {("RELATIVE", kind) for kind in by_relative.split()}
    moderator = await network.staff(StaffRole.MODERATOR)
    answer = await network.ask(moderator, document)
    if by_staff is None:  # the field does not exist, or the id is of no type
        assert "errors" in answer or not any(answer["data"].values())
    assert await theirs.reads(network) == {("STAFF", kind) for kind in (by_staff or "").split()}


@pytest.mark.parametrize("role", list(StaffRole))
async def test_what_staff_may_not_see_is_not_recorded(network: Network, role: StaffRole) -> None:
    hidden = await patient(network, Sharing.ONLY_ME)
    document = "query ($id: ID!) { node(id: $id) { ... on Member { sex communities { name } } } }"
    answer = await network.ask(await network.staff(role), document, {"id": hidden.ids["mbr"]})
    found = answer["data"]["node"] or {"sex": None, "communities": []}
    expected = ({"PROFILE"} if found["sex"] else set()) | ({"COMMUNITIES"} if found["communities"] else set())
    assert await hidden.reads(network) == {("STAFF", kind) for kind in expected}
    assert expected == ({"COMMUNITIES"} if role is StaffRole.MODERATOR else set())


async def test_a_relative_is_recorded_from_the_moment_they_accept_until_the_link_ends(
    network: Network, theirs: Patient
) -> None:
    rob = await network.member(kind=MemberKind.RELATIVE)
    link = await factories.care_link(network.database, patient_id=theirs.user.id, relative_id=rob.id, status="INVITED")
    for status, kinds in (("INVITED", set()), ("ACCEPTED", {("RELATIVE", "PROFILE")}), ("ENDED", set())):
        await network.database.execute("UPDATE care.care_link SET status = $2 WHERE id = $1", link["id"], status)
        await network.ask(rob, PROFILE, {"ids": [theirs.ids["mbr"]]})
        assert await theirs.reads(network) == kinds


async def test_a_request_has_one_row_for_each_member_and_kind(network: Network, theirs: Patient) -> None:
    """However many fields and aliases show it, also where graphql-core executes the operation."""
    moderator, other = await network.staff(StaffRole.MODERATOR), await patient(network)
    document = f"""{{ a: node(id: "{theirs.ids["mbr"]}") {{ ... on Member {{ sex x: sex }} }}
        b: nodes(ids: ["{theirs.ids["mbr"]}", "{other.ids["mbr"]}"]) {{ ... on Member {{ region ageBand }} }}
        __schema {{ queryType {{ name }} }} }}"""
    for text in (document, document.replace("__schema { queryType { name } }", "")):
        assert "errors" not in await network.ask(moderator, text)
        rows = await network.database.fetch("SELECT member_id, kind FROM care.data_read ORDER BY member_id")
        assert [tuple(row) for row in rows] == sorted(
            [(other.user.id, "PROFILE"), (theirs.user.id, "PROFILE")], key=lambda row: str(row[0])
        )
        await emptied(network)


async def test_payloads_of_mutations_are_recorded(network: Network, theirs: Patient) -> None:
    moderator = await network.staff(StaffRole.MODERATOR)
    fields = "member { sex suspension { reason } }"
    payload = await network.do(moderator, "memberSuspend", fields, member=theirs.ids["mbr"], reason="Insults")
    assert payload["member"]["sex"] == "FEMALE"
    assert await theirs.reads(network) == {("STAFF", "PROFILE")}


async def test_each_event_of_a_subscription_is_recorded(network: Network, theirs: Patient) -> None:
    moderator = await network.staff(StaffRole.MODERATOR)
    community = await network.value("SELECT community_id FROM care.membership WHERE member_id = $1", theirs.user.id)
    discussion = await factories.discussion(network.database, community_id=community)
    document = f'subscription {{ postAdded(discussion: "dis_{discussion["id"]}") {{ author {{ sex }} }} }}'
    async with event_stream(network.ask, moderator, document) as stream:
        assert await stream.receive() == (":", None)
        for count in (1, 2):
            await network.do(theirs.user, "postAdd", "post { id }", discussion=f"dis_{discussion['id']}", body="Hello")
            kind, received = await stream.receive()
            assert (kind, received["data"]["postAdded"]["author"]["sex"]) == ("next", "FEMALE")
            assert await network.count("care.data_read", member_id=theirs.user.id) == count


# Without the trail there is no answer


@pytest.mark.parametrize("fault", ["REVOKE", "CONSTRAINT"])
async def test_what_cannot_be_recorded_is_not_read(own_network: Network, fault: str) -> None:
    theirs, db = await patient(own_network), own_network.database
    moderator = await own_network.staff(StaffRole.MODERATOR)
    may_record = "EXECUTE ON FUNCTION identity.record_reads"
    broken, mended = {
        "REVOKE": (f"REVOKE {may_record} FROM cohorte_public", f"GRANT {may_record} TO cohorte_public"),
        "CONSTRAINT": (
            "ALTER TABLE care.data_read ADD CONSTRAINT never CHECK (false) NOT VALID",
            "ALTER TABLE care.data_read DROP CONSTRAINT never",
        ),
    }[fault]  # fmt: skip
    course = f'{{ node(id: "{theirs.ids["crs"]}") {{ ... on TreatmentCourse {{ status }} }} }}'
    reads: list[tuple[User, str, dict[str, Any]]] = [
        (moderator, PROFILE, {"ids": [theirs.ids["mbr"]]}),
        (theirs.relative, course, {}),
    ]
    await db.execute(broken)
    for viewer, document, variables in reads:
        response = await own_network.ask.post(viewer, document, variables)
        assert response.status_code == 503, response.text
        assert set(response.json()) == {"errors"}
        assert "FEMALE" not in response.text
    # What needs no trail is read as ever.
    assert "errors" not in await own_network.ask(theirs.user, course)
    await db.execute(mended)
    for viewer, document, variables in reads:
        assert "errors" not in await own_network.ask(viewer, document, variables)
    assert await theirs.reads(own_network) == {("STAFF", "PROFILE"), ("RELATIVE", "COURSES")}


async def test_requests_at_the_same_time_are_written_together(own_network: Network) -> None:
    """Each is answered once its rows are committed; one that fails fails for all of its batch, and no others."""
    endpoint = own_network.ask.app.endpoint
    assert endpoint is not None
    reads, member = endpoint.data_reads, await own_network.member()
    sizes: list[int] = []
    write, started, go = reads.write, asyncio.Event(), asyncio.Event()

    async def counted(batch: list[Any]) -> RequestError | None:
        sizes.append(len(batch))
        started.set()
        await go.wait()
        return await write(batch)

    reads.write = counted  # type: ignore[method-assign, assignment]
    row = (str(member.id), MemberDataKind.PROFILE.value, None, None, "0" * 64)
    first = asyncio.create_task(reads.record([row]))
    await started.wait()
    rest = [asyncio.create_task(reads.record([row, row])) for _ in range(20)]
    await asyncio.sleep(0)
    rest[0].cancel()  # a client that is gone: what it would have read stands in the trail
    assert not first.done()
    go.set()
    await asyncio.gather(first, *rest[1:])
    assert sizes == [1, 40]
    assert await own_network.count("care.data_read") == 41
    bad = (str(member.id), "INVENTED", None, None, "")
    with pytest.raises(RequestError):
        await reads.record([bad])
    await reads.record([row])
    gone = (str(UUID(int=1)), MemberDataKind.PROFILE.value, None, None, "")  # has left meanwhile
    await reads.record([gone])
    assert await own_network.count("care.data_read") == 42


async def test_own_reads_and_those_of_other_members_write_nothing(network: Network, theirs: Patient) -> None:
    endpoint = network.ask.app.endpoint
    assert endpoint is not None
    before, endpoint.data_reads = endpoint.data_reads, None  # type: ignore[assignment]
    try:
        for viewer in (theirs.user, await network.member()):
            assert "errors" not in await network.ask(viewer, PROFILE, {"ids": [theirs.ids["mbr"]]})
    finally:
        endpoint.data_reads = before
    assert isinstance(before, DataReads)


# The trail


async def test_nobody_changes_the_trail(own_network: Network) -> None:
    theirs, db = await patient(own_network), own_network.database
    staff = await factories.staff(db)
    row = await factories.data_read(
        db, member_id=theirs.user.id, relative_id=theirs.relative.id, read_at=datetime.now(UTC)
    )
    await factories.data_read(
        db, member_id=theirs.user.id, relative_id=None, staff_id=staff["id"], reader=DataReader.STAFF,
        staff_roles=["MODERATOR"], read_at=datetime.now(UTC),
    )  # fmt: skip
    for statement in (
        "UPDATE care.data_read SET kind = 'PROFILE'",
        "UPDATE care.data_read SET relative_id = NULL",
        "UPDATE care.data_read SET staff_id = NULL",
        "UPDATE care.data_read SET read_at = now() - interval '2 years'",
        "UPDATE care.data_read SET member_id = relative_id WHERE relative_id IS NOT NULL",
        "DELETE FROM care.data_read",
        "TRUNCATE care.data_read",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(statement)
    for audience in Audience:
        rights = await db.fetch(
            "SELECT privilege_type FROM information_schema.column_privileges"
            " WHERE table_schema = 'care' AND table_name = 'data_read' AND grantee = $1"
            " UNION SELECT privilege_type FROM information_schema.table_privileges"
            " WHERE table_schema = 'care' AND table_name = 'data_read' AND grantee = $1",
            audience.role,
        )
        assert {right[0] for right in rights} == ({"SELECT"} if audience is Audience.PATIENT else set())
    assert await own_network.count("care.data_read", member_id=row["member_id"]) == 2


async def test_the_erasure_of_a_relative_and_of_a_member(own_network: Network) -> None:
    theirs, db = await patient(own_network), own_network.database
    staff = await factories.staff(db)
    of = {"member_id": theirs.user.id, "read_at": datetime.now(UTC)}
    await factories.data_read(db, **of, relative_id=theirs.relative.id)
    await factories.data_read(db, **of, relative_id=None, staff_id=staff["id"], reader=DataReader.STAFF)
    await db.execute("DELETE FROM identity.staff WHERE id = $1", staff["id"])
    await db.execute("DELETE FROM care.member WHERE id = $1", theirs.relative.id)
    rows = await db.fetch("SELECT reader, staff_id, relative_id FROM care.data_read ORDER BY reader")
    assert [tuple(row) for row in rows] == [("RELATIVE", None, None), ("STAFF", None, None)]
    await db.execute("DELETE FROM care.member WHERE id = $1", theirs.user.id)
    assert await own_network.count("care.data_read") == 0


async def test_reads_are_deleted_after_the_days_that_are_set_and_a_year_at_least(own_network: Network) -> None:
    member = await own_network.member()
    for days in (10, 364, 366, 800):
        read_at = datetime.now(UTC) - timedelta(days=days)
        await factories.data_read(own_network.database, member_id=member.id, read_at=read_at)
    for days, left in ((801, 4), (400, 3), (1, 2), (-5, 2)):
        await own_network.database.execute("SELECT identity.forget_reads($1)", days)
        assert await own_network.count("care.data_read") == left


async def test_the_server_deletes_them(fresh: str) -> None:
    database = await asyncpg.connect(fresh)
    member = await factories.member(database)
    for days in (399, 402):
        read_at = datetime.now(UTC) - timedelta(days=days)
        await factories.data_read(database, member_id=member["id"], read_at=read_at)
    await database.close()
    async with network_on(fresh, publishing=(), data_reads_days=400) as network:
        await becomes(lambda: network.count("care.data_read"), lambda found: found == 1)


async def test_members_see_who_read_their_data_and_staff_by_their_roles_alone(
    network: Network, theirs: Patient
) -> None:
    moderator = await network.staff(StaffRole.MODERATOR, StaffRole.DATA_STEWARD)
    await network.ask(moderator, PROFILE, {"ids": [theirs.ids["mbr"]]})
    await network.ask(theirs.relative, PROFILE, {"ids": [theirs.ids["mbr"]]})
    await network.ask(theirs.relative, f'{{ node(id: "{theirs.ids["obs"]}") {{ id }} }}')
    first = (await network.ask(theirs.user, TRAIL, {"first": 2}))["data"]["me"]["dataReads"]
    assert first["pageInfo"]["hasNextPage"]
    second = (await network.ask(theirs.user, TRAIL, {"first": 2, "after": first["pageInfo"]["endCursor"]}))["data"][
        "me"
    ]["dataReads"]
    assert not second["pageInfo"]["hasNextPage"]
    found = [*first["nodes"], *second["nodes"]]
    shown = [(row["kind"], row["reader"], row["staffRoles"], (row["relative"] or {}).get("pseudonym")) for row in found]
    assert shown == [
        ("OBSERVATIONS", "RELATIVE", [], theirs.relative.name),
        ("PROFILE", "RELATIVE", [], theirs.relative.name),
        ("PROFILE", "STAFF", ["MODERATOR", "DATA_STEWARD"], None),
    ]
    assert found[1]["document"] == found[2]["document"] != found[0]["document"]
    assert all(re.fullmatch("[0-9a-f]{16}", row["document"]) for row in found)
    assert moderator.name not in json.dumps(found)
    assert str(moderator.id) not in json.dumps(found)
    # Neither the readers nor others see it.
    node = "query ($id: ID!) { node(id: $id) { id } }"
    for viewer in (theirs.relative, await network.member(), moderator):
        assert (await network.ask(viewer, node, {"id": found[0]["id"]}))["data"] == {"node": None}
    assert (await network.ask(theirs.relative, TRAIL))["data"]["me"]["dataReads"]["nodes"] == []
    # Their export has it, without the staff member.
    data = (await exported(network.ask, theirs.user))["dataReads"]
    assert [(row["kind"], row["reader"], row["relative"]) for row in data] == [
        ("PROFILE", "STAFF", None),
        ("PROFILE", "RELATIVE", theirs.relative.name),
        ("OBSERVATIONS", "RELATIVE", theirs.relative.name),
    ]
    assert str(moderator.id) not in json.dumps(data)
