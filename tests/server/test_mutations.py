"""What all mutations share: idempotency, refusals that leave nothing behind, and errors as the graph reports them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models import logins
from models.database import Connection, taking_on
from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from models.identity.organization_users import UserRole
from models.messages import message
from models.viewers import ANYBODY, Audience, Viewer
from resolvers import transactions
from resolvers.transactions import Forbidden, IdempotencyKey, Refused, Write
from tests import factories
from tests.support.client import Caller
from tests.support.eventually import PATIENCE_SECONDS
from tests.support.network import Network

DAY = "2026-03-02"
COUNT = "SELECT count(*) FROM identity.mutation"


async def entry(network: Network, value: float = 3) -> dict[str, Any]:
    return {"indicator": f"ind_{(await factories.indicator(network.database))['id']}", "value": value}


async def test_a_repeated_request_returns_the_first_result(network: Network) -> None:
    mia = await network.member()
    treatment = f"trt_{(await factories.treatment(network.database))['id']}"
    asked = {"treatment": treatment, "startedOn": DAY, "clientMutationId": "one"}
    selection = "course { id } userErrors { code }"
    first = await network.do(mia, "courseStart", selection, **asked)
    assert first["userErrors"] == []
    assert await network.do(mia, "courseStart", selection, **asked) == first  # without the id, it would be TAKEN
    assert await network.count("care.course", member_id=mia.id) == 1
    same = {name: asked[name] for name in ("clientMutationId", "startedOn", "treatment")}
    assert (
        await network.do(mia, "courseStart", selection, **(same | {"dose": None})) == first
    )  # the same input in another form


async def test_a_repeated_list_result_keeps_its_order(network: Network) -> None:
    mia = await network.member()
    entries = [await entry(network) for _ in range(3)]
    asked = {"observedOn": DAY, "entries": entries, "clientMutationId": "one"}
    first = await network.do(mia, "observationsRecord", "observations { id value }", **asked)
    assert len(first["observations"]) == 3
    later = {"observedOn": DAY, "entries": [entries[0] | {"value": 9}]}
    await network.do(mia, "observationsRecord", "observations { id }", **later)
    again = await network.do(mia, "observationsRecord", "observations { id value }", **asked)
    # It names the same rows in their present state, and has not restored the older value.
    assert [node["id"] for node in again["observations"]] == [node["id"] for node in first["observations"]]
    assert [node["value"] for node in again["observations"]] == [9, 3, 3]


async def test_reusing_an_id_with_another_input_is_a_conflict(network: Network) -> None:
    mia = await network.member()
    asked = {"observedOn": DAY, "entries": [await entry(network)], "clientMutationId": "one"}
    assert await network.refusals(mia, "observationsRecord", **asked) == []
    other = asked | {"entries": [await entry(network)]}
    assert await network.refusals(mia, "observationsRecord", **other) == [("CONFLICT", "input.clientMutationId")]
    assert await network.count("care.observation", member_id=mia.id) == 1


async def test_request_ids_are_separate_for_each_caller_and_mutation(network: Network) -> None:
    mia, eve = await network.member(), await network.member()
    asked = {"observedOn": DAY, "entries": [await entry(network)], "clientMutationId": "one"}
    for who in (mia, eve):
        answer = await network.do(who, "observationsRecord", "observations { id } userErrors { code }", **asked)
        assert answer["userErrors"] == []
        id = UUID(answer["observations"][0]["id"][4:])
        assert await network.count("care.observation", id=id, member_id=who.id) == 1
    treatment = f"trt_{(await factories.treatment(network.database))['id']}"
    asked = {"treatment": treatment, "startedOn": DAY, "clientMutationId": "one"}
    assert await network.refusals(mia, "courseStart", **asked) == []


async def test_concurrent_requests_with_one_id_run_once_and_get_the_same_result(network: Network) -> None:
    mia, rob = await network.member(), await network.member(kind=MemberKind.RELATIVE)
    asked = {"pseudonym": rob.name, "clientMutationId": "one"}
    twins = (network.do(mia, "careLinkInvite", "careLink { id } userErrors { code }", **asked) for _ in range(8))
    answers = await asyncio.gather(*twins)
    assert answers == [answers[0]] * 8
    assert answers[0]["userErrors"] == []
    assert await network.count("care.notification", member_id=rob.id) == 1


async def test_a_refusal_is_not_stored_so_that_it_can_be_retried(own_network: Network) -> None:
    mia, name = await own_network.member(), "Still to come"
    asked = {"pseudonym": name, "clientMutationId": "one"}
    assert await own_network.refusals(mia, "careLinkInvite", **asked) == [("NOT_FOUND", "input.pseudonym")]
    assert await own_network.value(COUNT) == 0
    await own_network.member(kind=MemberKind.RELATIVE, pseudonym=name)
    assert await own_network.refusals(mia, "careLinkInvite", **asked) == []
    assert await own_network.value(COUNT) == 1


async def test_a_stored_result_expires_after_a_day(own_network: Network) -> None:
    mia = await own_network.member()
    asked = {
        "treatment": f"trt_{(await factories.treatment(own_network.database))['id']}",
        "startedOn": DAY,
        "clientMutationId": "one",
    }
    assert await own_network.refusals(mia, "courseStart", **asked) == []
    await own_network.database.execute(
        "UPDATE identity.mutation SET created_at = now() - interval '23 hours 59 minutes'"
    )
    assert await own_network.value("SELECT identity.forget_mutations()") == 0
    assert await own_network.refusals(mia, "courseStart", **asked) == []
    await own_network.database.execute("UPDATE identity.mutation SET created_at = now() - interval '24 hours 1 minute'")
    assert await own_network.refusals(mia, "courseStart", **asked) == [("TAKEN", "input.startedOn")]  # run again
    assert await own_network.value("SELECT identity.forget_mutations()") == 1
    assert await own_network.value(COUNT) == 0


async def test_only_a_keyed_digest_of_an_input_is_stored(own_network: Network) -> None:
    mia = await own_network.member()
    entries = [await entry(own_network) | {"note": "a planted note"}]
    asked = {"observedOn": DAY, "entries": entries, "clientMutationId": "one"}
    assert await own_network.refusals(mia, "observationsRecord", **asked) == []
    kept = await own_network.database.fetchrow(
        "SELECT name, input_hash, result::text, m::text AS all FROM identity.mutation m"
    )
    assert kept is not None
    assert (kept["name"], len(kept["input_hash"])) == ("observationsRecord", 32)
    assert list(json.loads(kept["result"])) == ["observation_ids"]
    assert "planted" not in kept["all"]


@pytest.mark.parametrize(("id", "code"), [("", "INVALID"), ("x" * 201, "TOO_LONG")])
async def test_an_id_has_one_to_two_hundred_characters(network: Network, id: str, code: str) -> None:
    mia = await network.member()
    asked = {"observedOn": DAY, "entries": [await entry(network)], "clientMutationId": id}
    assert await network.refusals(mia, "observationsRecord", **asked) == [(code, "input.clientMutationId")]
    assert await network.count("care.observation", member_id=mia.id) == 0


async def test_text_that_cannot_be_stored_is_refused_with_its_path(network: Network) -> None:
    mia, one = await network.member(), await entry(network)
    document = """mutation { observationsRecord(input: {observedOn: "2026-03-02", entries: [
        {indicator: "%s", value: 1, note: "a\\u0000b"}]}) { userErrors { code path } } }"""
    answer = await network.ask(mia, document % one["indicator"])
    assert "a\0b" not in json.dumps(answer)
    refused = answer.get("errors") or answer["data"]["observationsRecord"]["userErrors"]
    assert [error.get("code") or error["extensions"]["code"] for error in refused] in (["INVALID"], ["BAD_USER_INPUT"])
    assert await network.count("care.observation", member_id=mia.id) == 0


async def test_the_payload_reads_the_graph_after_the_write(network: Network) -> None:
    mia, one = await network.member(), await entry(network, 7)
    asked = {"observedOn": DAY, "entries": [one]}
    selection = "query { me { observations { nodes { value } } } }"
    answer = await network.do(mia, "observationsRecord", selection, **asked)
    assert answer == {"query": {"me": {"observations": {"nodes": [{"value": 7}]}}}, "userErrors": []}


async def test_a_caller_without_the_right_gets_forbidden(network: Network) -> None:
    steward, mia = await network.staff(StaffRole.DATA_STEWARD), await network.member()
    document = "mutation ($input: MemberSuspendInput!) { memberSuspend(input: $input) { userErrors { code } } }"
    answer = await network.ask(steward, document, {"input": {"member": f"mbr_{mia.id}", "reason": "x"}})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert answer["data"] == {"memberSuspend": None}


async def statements_of(network: Network, who: Caller, mutation: str, fields: str, **given: Any) -> list[str]:
    """The statements of the second request of a kind, which has what the first one prepared."""
    for number in range(2):
        network.ask.statements.clear()
        more = {"clientMutationId": f"{mutation} {number}"} if "clientMutationId" in given else {}
        assert (await network.do(who, mutation, fields, **given | more))["userErrors"] == []
    return list(network.ask.statements)


async def test_a_write_takes_as_few_round_trips_as_its_rules_need(network: Network) -> None:
    """Each statement is one: session, rate, BEGIN with the viewer, rules, what is written, COMMIT, payload."""
    community = (await factories.community(network.database))["id"]
    mia = await network.member(community)
    discussion = await factories.discussion(network.database, community_id=community, author_id=mia.id)
    day = {"observedOn": DAY, "entries": [await entry(network)]}
    posted = {"discussion": f"dis_{discussion['id']}", "body": "Hello"}
    recorded = await statements_of(network, mia, "observationsRecord", "observations { id }", **day)
    once_only = await statements_of(
        network, mia, "observationsRecord", "observations { id }", **day, clientMutationId="one"
    )
    written = await statements_of(network, mia, "postAdd", "post { id }", **posted)
    assert (len(recorded), len(once_only), len(written)) == (8, 10, 12)
    for found in (recorded, once_only, written):
        assert found[2] == f"BEGIN;SET LOCAL cohorte.member = '{mia.id}'"
        assert found[-2] == "COMMIT;"
    begun = [each for each in recorded if "cohorte.member" in each]
    assert begun == [recorded[2], recorded[-1]]  # the payload is read by one statement, which sets its viewer itself


# Below HTTP: the transaction of a role, and how PostgreSQL can fail it.


@asynccontextmanager
async def write_as(dsn: str, audience: Audience, viewer: Viewer) -> AsyncIterator[Write]:
    await logins.open_roles(dsn)
    opened: list[asyncpg.Connection] = []

    @asynccontextmanager
    async def write() -> AsyncIterator[Connection]:
        connection = await asyncpg.connect(logins.role_dsn(dsn, audience))
        opened.append(connection)
        async with connection.transaction():
            if statement := taking_on(viewer):
                await connection.execute(statement)
            yield connection

    try:
        yield write
    finally:
        for connection in opened:
            await connection.close()


def once(input: str = "input", id: str = "one") -> IdempotencyKey:
    return IdempotencyKey("postAdd", id, input.encode().ljust(32))


async def test_anonymous_callers_do_not_share_request_ids(fresh: str) -> None:
    done: list[int] = []

    async def work(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        done.append(len(done))
        return {"number": done[-1]}

    async with write_as(fresh, Audience.PUBLIC, ANYBODY) as write:
        assert await transactions.run_once(write, ANYBODY, work, once("mine")) == {"number": 0}
        assert await transactions.run_once(write, ANYBODY, work, once("theirs")) == {"number": 1}
        assert await transactions.run_once(write, ANYBODY, work, once("mine")) == {"number": 0}


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_a_write_that_conflicts_with_another_is_retried_twice(fresh: str, sqlstate: str) -> None:
    for failures in (2, 3):
        left = failures

        async def work(connection: Connection, viewer: Viewer) -> dict[str, Any]:
            nonlocal left
            if left:
                left -= 1
                await connection.execute(f"DO $$ BEGIN RAISE 'in the way' USING ERRCODE = '{sqlstate}'; END $$")
            return {"left": left}

        async with write_as(fresh, Audience.PUBLIC, ANYBODY) as write:
            if failures == 2:
                assert await transactions.run_once(write, ANYBODY, work, once(str(failures))) == {"left": 0}
            else:
                with pytest.raises(transactions.Overloaded):
                    await transactions.run_once(write, ANYBODY, work, once(str(failures)))
                assert left == 0


async def test_a_waiting_repeat_runs_when_the_first_request_fails(fresh: str) -> None:
    viewer = Viewer(Audience.MANAGER, staff=uuid4())
    started, go_on = asyncio.Event(), asyncio.Event()

    async def fail(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        started.set()
        await go_on.wait()
        raise transactions.not_found("post")

    async def succeed(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        return {"done": True}

    async with write_as(fresh, Audience.MANAGER, viewer) as write:
        first = asyncio.create_task(transactions.run_once(write, viewer, fail, once()))
        await started.wait()
        second = asyncio.create_task(transactions.run_once(write, viewer, succeed, once()))
        await asyncio.sleep(0.2)
        assert not second.done()  # it waits: the first may yet succeed
        go_on.set()
        with pytest.raises(Refused):
            await first
        assert await second == {"done": True}


async def test_viewers_store_and_read_only_their_own_results(fresh: str) -> None:
    mia, eve = (Viewer(Audience.PATIENT, member=uuid4()) for _ in range(2))

    async def work(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        return {"whose": str(viewer.member)}

    for viewer in (mia, eve, mia):
        async with write_as(fresh, Audience.PATIENT, viewer) as write:
            made = await transactions.run_once(write, viewer, work, once())
            assert made == {"whose": str(viewer.member)}


@pytest.mark.parametrize("audience", Audience)
async def test_no_role_reads_stored_results_directly(admin: asyncpg.Connection, audience: Audience) -> None:
    async with admin.transaction():
        await admin.execute(f"SET LOCAL ROLE {audience.role}")
        for statement in ("SELECT FROM identity.mutation", "SELECT identity.mutating('')"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with admin.transaction():
                    await admin.execute(statement)


async def test_an_event_is_published_only_if_the_write_commits(fresh: str) -> None:
    received: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(fresh)
    await listener.add_listener("cohorte_event", lambda *event: received.put_nowait(event[3]))
    subject, about = uuid4(), uuid4()
    viewer = Viewer(Audience.PATIENT, member=uuid4())

    async def refuse(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        await transactions.announce(connection, "postAdded", uuid4(), about)
        raise transactions.too_late(message("It is closed."))

    async def succeed(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        await transactions.announce(connection, "postAdded", subject, about)
        return {}

    try:
        async with write_as(fresh, Audience.PATIENT, viewer) as write:
            with pytest.raises(Refused):
                await transactions.run_once(write, viewer, refuse)
            await transactions.run_once(write, viewer, succeed)
        event = json.loads(await asyncio.wait_for(received.get(), PATIENCE_SECONDS))
        assert event == {"kind": "postAdded", "subject": str(subject), "about": str(about)}
        assert received.empty()
    finally:
        await listener.close()


async def test_notifying_a_member_stores_a_row_and_publishes_an_event(fresh: str) -> None:
    admin = await asyncpg.connect(fresh)
    received: asyncio.Queue[str] = asyncio.Queue()
    await admin.add_listener("cohorte_event", lambda *event: received.put_nowait(event[3]))
    try:
        mia, rob = (await factories.member(admin))["id"], (await factories.member(admin))["id"]
        await factories.care_link(admin, patient_id=mia, relative_id=rob)
        viewer = Viewer(Audience.PATIENT, member=mia)

        async def work(connection: Connection, viewer: Viewer) -> dict[str, Any]:
            await transactions.notify(connection, rob, "CARE_LINK", "mbr", mia)
            return {}

        async with write_as(fresh, Audience.PATIENT, viewer) as write:
            await transactions.run_once(write, viewer, work)
        kept = await admin.fetchrow("SELECT * FROM care.notification WHERE member_id = $1", rob)
        assert kept is not None
        assert (kept["kind"], kept["subject_type"], kept["subject_id"]) == ("CARE_LINK", "mbr", mia)
        event = json.loads(await asyncio.wait_for(received.get(), PATIENCE_SECONDS))
        assert event == {"kind": "notificationAdded", "subject": str(kept["id"]), "about": str(rob)}
    finally:
        await admin.close()


def test_a_text_is_stripped_and_limited_in_length() -> None:
    assert transactions.text_within("  two words \n", 9, "body") == "two words"
    for text, code in (("", "INVALID"), (" \t\n", "INVALID"), ("x" * 10, "TOO_LONG")):
        with pytest.raises(Refused) as refused:
            transactions.text_within(text, 9, "body")
        assert [(one.code, one.path) for one in refused.value.refusals] == [(code, ("body",))]
        assert "xx" not in refused.value.refusals[0].message
    assert transactions.optional_text_within(" ", 9, "body") is None
    assert transactions.optional_text_within(None, 9, "body") is None


def test_only_staff_and_users_have_roles() -> None:
    staff = Viewer(Audience.MANAGER, staff=uuid4(), roles=frozenset({"MODERATOR"}))
    transactions.require_role(staff, StaffRole.MODERATOR)
    for viewer, role in (
        (staff, StaffRole.SURVEY_MANAGER),
        (Viewer(Audience.PATIENT, member=uuid4(), roles=frozenset({"MODERATOR"})), StaffRole.MODERATOR),
        (ANYBODY, StaffRole.MODERATOR),
        (staff, UserRole.READER),
        (Viewer(Audience.PATIENT, member=uuid4(), roles=frozenset({"READER"})), UserRole.READER),
    ):
        with pytest.raises(Forbidden):
            transactions.require_role(viewer, role)
    with pytest.raises(Forbidden):
        transactions.member_of(staff)


def test_a_refusal_as_text_contains_only_codes() -> None:
    assert str(transactions.invalid(message("This may not be empty."), "body")) == "INVALID"
