"""What every mutation stands on: carried out once, refused with nothing left behind, and told as the graph tells it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models import logins
from models.database import Connection, take_on
from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from models.viewers import ANYBODY, Audience, Viewer
from resolvers import transactions
from resolvers.transactions import Forbidden, Once, Refused, Write
from tests import factories
from tests.support.callers import Place, place

DAY = "2026-03-02"
COUNT = "SELECT count(*) FROM identity.mutation"


@pytest_asyncio.fixture
async def here(fresh: str) -> AsyncIterator[Place]:
    async with place(fresh) as here:
        yield here


async def entry(here: Place, value: float = 3) -> dict[str, Any]:
    return {"indicator": f"ind_{(await factories.indicator(here.admin))['id']}", "value": value}


async def test_a_repeated_request_is_answered_with_the_first_ones_result(here: Place) -> None:
    mia = await here.member()
    treatment = f"trt_{(await factories.treatment(here.admin))['id']}"
    asked = {"treatment": treatment, "startedOn": DAY, "clientMutationId": "one"}
    selection = "course { id } userErrors { code }"
    first = await here.do(mia, "courseStart", asked, selection)
    assert first["userErrors"] == []
    assert await here.do(mia, "courseStart", asked, selection) == first  # without the id, it would be TAKEN
    assert await here.count("care.course", member_id=mia.id) == 1
    same = {name: asked[name] for name in ("clientMutationId", "startedOn", "treatment")}
    assert await here.do(mia, "courseStart", same | {"dose": None}, selection) == first  # the same, said otherwise


async def test_a_result_that_is_a_list_is_answered_again_in_its_order(here: Place) -> None:
    mia = await here.member()
    entries = [await entry(here) for _ in range(3)]
    asked = {"observedOn": DAY, "entries": entries, "clientMutationId": "one"}
    first = await here.do(mia, "observationsRecord", asked, "observations { id value }")
    assert len(first["observations"]) == 3
    later = {"observedOn": DAY, "entries": [entries[0] | {"value": 9}]}
    await here.do(mia, "observationsRecord", later, "observations { id }")
    again = await here.do(mia, "observationsRecord", asked, "observations { id value }")
    # It names the same rows, as they now are; and it has not put the older value back.
    assert [node["id"] for node in again["observations"]] == [node["id"] for node in first["observations"]]
    assert [node["value"] for node in again["observations"]] == [9, 3, 3]


async def test_the_same_id_with_another_input_is_a_conflict_and_nothing_is_written(here: Place) -> None:
    mia = await here.member()
    asked = {"observedOn": DAY, "entries": [await entry(here)], "clientMutationId": "one"}
    assert await here.refusals(mia, "observationsRecord", asked) == []
    other = asked | {"entries": [await entry(here)]}
    assert await here.refusals(mia, "observationsRecord", other) == [("CONFLICT", "input.clientMutationId")]
    assert await here.count("care.observation", member_id=mia.id) == 1


async def test_ids_are_each_callers_and_each_mutations_own(here: Place) -> None:
    mia, eve = await here.member(), await here.member()
    asked = {"observedOn": DAY, "entries": [await entry(here)], "clientMutationId": "one"}
    for who in (mia, eve):
        answer = await here.do(who, "observationsRecord", asked, "observations { id } userErrors { code }")
        assert answer["userErrors"] == []
        id = UUID(answer["observations"][0]["id"][4:])
        assert await here.count("care.observation", id=id, member_id=who.id) == 1
    treatment = f"trt_{(await factories.treatment(here.admin))['id']}"
    asked = {"treatment": treatment, "startedOn": DAY, "clientMutationId": "one"}
    assert await here.refusals(mia, "courseStart", asked) == []


async def test_twins_that_race_are_carried_out_once_and_answered_alike(here: Place) -> None:
    mia, rob = await here.member(), await here.member(MemberKind.RELATIVE)
    asked = {"pseudonym": rob.name, "clientMutationId": "one"}
    twins = (here.do(mia, "careLinkInvite", asked, "careLink { id } userErrors { code }") for _ in range(8))
    answers = await asyncio.gather(*twins)
    assert answers == [answers[0]] * 8
    assert answers[0]["userErrors"] == []
    assert await here.count("care.notification", member_id=rob.id) == 1


async def test_a_refusal_is_not_kept_so_that_it_may_be_tried_again(here: Place) -> None:
    mia, name = await here.member(), "Still to come"
    asked = {"pseudonym": name, "clientMutationId": "one"}
    assert await here.refusals(mia, "careLinkInvite", asked) == [("NOT_FOUND", "input.pseudonym")]
    assert await here.admin.fetchval(COUNT) == 0
    await here.member(MemberKind.RELATIVE, pseudonym=name)
    assert await here.refusals(mia, "careLinkInvite", asked) == []
    assert await here.admin.fetchval(COUNT) == 1


async def test_a_result_is_forgotten_after_a_day(here: Place) -> None:
    mia = await here.member()
    asked = {
        "treatment": f"trt_{(await factories.treatment(here.admin))['id']}",
        "startedOn": DAY,
        "clientMutationId": "one",
    }
    assert await here.refusals(mia, "courseStart", asked) == []
    await here.admin.execute("UPDATE identity.mutation SET created_at = now() - interval '23 hours 59 minutes'")
    assert await here.admin.fetchval("SELECT identity.forget_mutations()") == 0
    assert await here.refusals(mia, "courseStart", asked) == []
    await here.admin.execute("UPDATE identity.mutation SET created_at = now() - interval '24 hours 1 minute'")
    assert await here.refusals(mia, "courseStart", asked) == [("TAKEN", "input.startedOn")]  # carried out anew
    assert await here.admin.fetchval("SELECT identity.forget_mutations()") == 1
    assert await here.admin.fetchval(COUNT) == 0


async def test_what_is_kept_of_an_input_is_a_keyed_digest(here: Place) -> None:
    mia = await here.member()
    entries = [await entry(here) | {"note": "a planted note"}]
    asked = {"observedOn": DAY, "entries": entries, "clientMutationId": "one"}
    assert await here.refusals(mia, "observationsRecord", asked) == []
    kept = await here.admin.fetchrow("SELECT name, input_hash, result::text, m::text AS all FROM identity.mutation m")
    assert kept is not None
    assert (kept["name"], len(kept["input_hash"])) == ("observationsRecord", 32)
    assert list(json.loads(kept["result"])) == ["observation_ids"]
    assert "planted" not in kept["all"]


@pytest.mark.parametrize(("id", "code"), [("", "INVALID"), ("x" * 201, "TOO_LONG")])
async def test_an_id_has_one_to_two_hundred_characters(here: Place, id: str, code: str) -> None:
    mia = await here.member()
    asked = {"observedOn": DAY, "entries": [await entry(here)], "clientMutationId": id}
    assert await here.refusals(mia, "observationsRecord", asked) == [(code, "input.clientMutationId")]
    assert await here.count("care.observation", member_id=mia.id) == 0


async def test_text_that_cannot_be_stored_is_refused_where_it_stands(here: Place) -> None:
    mia, one = await here.member(), await entry(here)
    document = """mutation { observationsRecord(input: {observedOn: "2026-03-02", entries: [
        {indicator: "%s", value: 1, note: "a\\u0000b"}]}) { userErrors { code path } } }"""
    answer = await here.ask(mia, document % one["indicator"])
    assert "a\0b" not in json.dumps(answer)
    refused = answer.get("errors") or answer["data"]["observationsRecord"]["userErrors"]
    assert [error.get("code") or error["extensions"]["code"] for error in refused] in (["INVALID"], ["BAD_USER_INPUT"])
    assert await here.count("care.observation", member_id=mia.id) == 0


async def test_the_payload_reads_the_graph_after_the_write(here: Place) -> None:
    mia, one = await here.member(), await entry(here, 7)
    asked = {"observedOn": DAY, "entries": [one]}
    selection = "query { me { observations { nodes { value } } } }"
    answer = await here.do(mia, "observationsRecord", asked, selection)
    assert answer == {"query": {"me": {"observations": {"nodes": [{"value": 7}]}}}}


async def test_who_may_not_do_a_thing_at_all_is_told_forbidden(here: Place) -> None:
    steward, mia = await here.staff(StaffRole.DATA_STEWARD), await here.member()
    document = "mutation ($input: MemberSuspendInput!) { memberSuspend(input: $input) { userErrors { code } } }"
    answer = await here.ask(steward, document, {"input": {"member": f"mbr_{mia.id}", "reason": "x"}})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert answer["data"] == {"memberSuspend": None}


# Underneath HTTP: what a role's transaction is given, and what PostgreSQL may do to it.


@asynccontextmanager
async def write_as(dsn: str, audience: Audience, viewer: Viewer) -> AsyncIterator[Write]:
    await logins.open_roles(dsn)
    opened: list[asyncpg.Connection] = []

    @asynccontextmanager
    async def write() -> AsyncIterator[Connection]:
        connection = await asyncpg.connect(logins.role_dsn(dsn, audience))
        opened.append(connection)
        async with connection.transaction():
            await take_on(connection, viewer)
            yield connection

    try:
        yield write
    finally:
        for connection in opened:
            await connection.close()


def once(input: str = "input", id: str = "one") -> Once:
    return Once("postAdd", id, input.encode().ljust(32))


async def test_callers_who_have_not_signed_in_are_not_in_each_others_way(fresh: str) -> None:
    done: list[int] = []

    async def work(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        done.append(len(done))
        return {"number": done[-1]}

    async with write_as(fresh, Audience.PUBLIC, ANYBODY) as write:
        assert await transactions.carry_out(write, ANYBODY, work, once("mine")) == {"number": 0}
        assert await transactions.carry_out(write, ANYBODY, work, once("theirs")) == {"number": 1}
        assert await transactions.carry_out(write, ANYBODY, work, once("mine")) == {"number": 0}


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_a_write_that_another_got_in_the_way_of_is_tried_twice_more(fresh: str, sqlstate: str) -> None:
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
                assert await transactions.carry_out(write, ANYBODY, work, once(str(failures))) == {"left": 0}
            else:
                with pytest.raises(asyncpg.PostgresError, match="in the way"):
                    await transactions.carry_out(write, ANYBODY, work, once(str(failures)))
                assert left == 0


async def test_a_failed_first_lets_its_waiting_twin_be_the_first(fresh: str) -> None:
    viewer = Viewer(Audience.MANAGER, staff=uuid4())
    started, go_on = asyncio.Event(), asyncio.Event()

    async def fail(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        started.set()
        await go_on.wait()
        raise transactions.not_found("post")

    async def succeed(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        return {"done": True}

    async with write_as(fresh, Audience.MANAGER, viewer) as write:
        first = asyncio.create_task(transactions.carry_out(write, viewer, fail, once()))
        await started.wait()
        second = asyncio.create_task(transactions.carry_out(write, viewer, succeed, once()))
        await asyncio.sleep(0.2)
        assert not second.done()  # it waits: the first may yet succeed
        go_on.set()
        with pytest.raises(Refused):
            await first
        assert await second == {"done": True}


async def test_a_viewer_keeps_and_reads_results_of_its_own_alone(fresh: str) -> None:
    mia, eve = (Viewer(Audience.PATIENT, member=uuid4()) for _ in range(2))

    async def work(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        return {"whose": str(viewer.member)}

    for viewer in (mia, eve, mia):
        async with write_as(fresh, Audience.PATIENT, viewer) as write:
            made = await transactions.carry_out(write, viewer, work, once())
            assert made == {"whose": str(viewer.member)}


@pytest.mark.parametrize("audience", Audience)
async def test_results_are_no_roles_to_read(admin: asyncpg.Connection, audience: Audience) -> None:
    async with admin.transaction():
        await admin.execute(f"SET LOCAL ROLE {audience.role}")
        for statement in ("SELECT FROM identity.mutation", "SELECT identity.mutating('')"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with admin.transaction():
                    await admin.execute(statement)


async def test_an_event_is_heard_when_the_write_commits_and_never_when_it_does_not(fresh: str) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(fresh)
    await listener.add_listener("cohorte_event", lambda *told: heard.put_nowait(told[3]))
    subject, about = uuid4(), uuid4()
    viewer = Viewer(Audience.PATIENT, member=uuid4())

    async def refuse(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        await transactions.announce(connection, "postAdded", uuid4(), about)
        raise transactions.too_late("It is closed.")

    async def succeed(connection: Connection, viewer: Viewer) -> dict[str, Any]:
        await transactions.announce(connection, "postAdded", subject, about)
        return {}

    try:
        async with write_as(fresh, Audience.PATIENT, viewer) as write:
            with pytest.raises(Refused):
                await transactions.carry_out(write, viewer, refuse)
            await transactions.carry_out(write, viewer, succeed)
        told = json.loads(await asyncio.wait_for(heard.get(), 5))
        assert told == {"kind": "postAdded", "subject": str(subject), "about": str(about)}
        assert heard.empty()
    finally:
        await listener.close()


async def test_who_is_told_gets_a_notification_and_an_event_of_it(fresh: str) -> None:
    admin = await asyncpg.connect(fresh)
    heard: asyncio.Queue[str] = asyncio.Queue()
    await admin.add_listener("cohorte_event", lambda *told: heard.put_nowait(told[3]))
    try:
        mia, rob = (await factories.member(admin))["id"], (await factories.member(admin))["id"]
        await factories.care_link(admin, patient_id=mia, relative_id=rob)
        viewer = Viewer(Audience.PATIENT, member=mia)

        async def work(connection: Connection, viewer: Viewer) -> dict[str, Any]:
            await transactions.notify(connection, rob, "CARE_LINK", "mbr", mia)
            return {}

        async with write_as(fresh, Audience.PATIENT, viewer) as write:
            await transactions.carry_out(write, viewer, work)
        kept = await admin.fetchrow("SELECT * FROM care.notification WHERE member_id = $1", rob)
        assert kept is not None
        assert (kept["kind"], kept["subject_type"], kept["subject_id"]) == ("CARE_LINK", "mbr", mia)
        told = json.loads(await asyncio.wait_for(heard.get(), 5))
        assert told == {"kind": "notificationAdded", "subject": str(kept["id"]), "about": str(rob)}
    finally:
        await admin.close()


def test_a_text_is_stripped_and_kept_within_its_length() -> None:
    assert transactions.text_within("  two words \n", 9, "body") == "two words"
    for text, code in (("", "INVALID"), (" \t\n", "INVALID"), ("x" * 10, "TOO_LONG")):
        with pytest.raises(Refused) as refused:
            transactions.text_within(text, 9, "body")
        assert [(one.code, one.path) for one in refused.value.refusals] == [(code, ("body",))]
        assert "xx" not in refused.value.refusals[0].message
    assert transactions.optional_text_within(" ", 9, "body") is None
    assert transactions.optional_text_within(None, 9, "body") is None


def test_a_role_is_the_houses_alone() -> None:
    staff = Viewer(Audience.MANAGER, staff=uuid4(), roles=frozenset({"MODERATOR"}))
    transactions.require_role(staff, StaffRole.MODERATOR)
    for viewer, role in (
        (staff, StaffRole.SURVEY_MANAGER),
        (Viewer(Audience.PATIENT, member=uuid4(), roles=frozenset({"MODERATOR"})), StaffRole.MODERATOR),
        (ANYBODY, StaffRole.MODERATOR),
    ):
        with pytest.raises(Forbidden):
            transactions.require_role(viewer, role)
    with pytest.raises(Forbidden):
        transactions.member_of(staff)


def test_a_refusal_as_text_names_codes_alone() -> None:
    assert str(transactions.invalid("This may not be empty.", "body")) == "INVALID"
