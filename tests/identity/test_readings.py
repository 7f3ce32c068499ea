"""How many members' data one member may read in a day: what counts, what is refused, what is stored, who is alerted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind, Sharing
from planner.declared import PAGE_SIZE
from server.callers import read_budgets
from server.callers.read_budgets import MemberReads
from tests import factories
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.clock import set_clock
from tests.support.clusters import clone
from tests.support.network import Network, network_on
from tests.support.subscribers import event_stream

MOST, AT_FIRST = 5, 2
ABOUT = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Member { pseudonym about } } }"
NAMES = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Member { id pseudonym kind verified } } }"


@pytest_asyncio.fixture(scope="module")
async def small(template: str) -> AsyncIterator[Network]:
    """Yields a network in which members read the data of five others a day, and of two in their first week."""
    async with clone(template) as dsn, network_on(dsn, members_read=MOST, members_read_at_first=AT_FIRST) as built:
        yield built


@pytest_asyncio.fixture(scope="module")
async def others(small: Network) -> list[User]:
    """Yields members, more than a page, who share everything."""
    return [await small.member(sharing=Sharing.ALL_MEMBERS) for _ in range(PAGE_SIZE + 10)]


def reads(network: Network) -> MemberReads:
    assert network.ask.app.endpoint is not None
    return network.ask.app.endpoint.member_reads


async def read(network: Network, who: Caller, *members: User, query: str = ABOUT) -> dict[str, Any]:
    return await network.ask(who, query, {"ids": [member.graph_id for member in members]})


def is_refused(answer: dict[str, Any], left: int = 0) -> bool:
    """Whether an answer is this refusal, and nothing else."""
    if "errors" not in answer:
        assert answer["data"]
        return False
    (error,) = answer["errors"]
    facts = error["extensions"]
    assert (facts["code"], facts["limit"], facts["left"]) == ("LIMIT_EXCEEDED", "members_read", left)
    assert answer.get("data") is None
    return True


async def test_a_new_member_after_the_last_is_refused_until_midnight(small: Network, others: list[User]) -> None:
    viewer = await small.member()
    for member in others[:MOST]:
        answer = await read(small, viewer, member)
        assert answer == {"data": {"nodes": [{"pseudonym": member.name, "about": None}]}}
    response = await small.ask.post(viewer, ABOUT, {"ids": [others[MOST].graph_id]})
    assert response.status_code == 429
    (error,) = response.json()["errors"]
    midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED", "limit": "members_read", "most": MOST, "asked": 1, "left": 0,
        "resetsAt": midnight.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    wait = response.headers["retry-after"]
    assert response.headers["ratelimit-policy"] == f'"members";q={MOST};w=86400'
    assert response.headers["ratelimit"] == f'"members";r=0;t={wait}'
    assert abs(int(response.headers["retry-after"]) - (midnight - datetime.now(UTC)).total_seconds()) < 60
    assert str(MOST) in error["message"]
    assert others[MOST].name not in response.text
    # Whom they have read already, pseudonyms, and themselves are still there; another member has a budget of their own.
    assert not is_refused(await read(small, viewer, *others[:MOST]))
    assert not is_refused(await read(small, viewer, *others, query=NAMES))
    assert not is_refused(await read(small, viewer, viewer))
    assert not is_refused(await read(small, await small.member(), others[MOST]))


async def test_a_member_reads_fewer_in_their_first_week(small: Network, others: list[User]) -> None:
    today = await small.value("SELECT catalog.today()")
    for days, most in ((0, AT_FIRST), (6, AT_FIRST), (7, MOST)):
        viewer = await small.member(joined_on=today - timedelta(days=days))
        answers = [is_refused(await read(small, viewer, member)) for member in others[: MOST + 1]]
        assert answers == [False] * most + [True] * (MOST + 1 - most)


async def test_a_page_is_returned_while_anything_is_left_and_nothing_larger(small: Network, others: list[User]) -> None:
    viewer, bold = await small.member(), await small.member()
    await read(small, viewer, *others[: MOST - 1])
    assert is_refused(await read(small, viewer, *others[MOST - 1 : MOST + PAGE_SIZE]), left=1)
    assert not is_refused(await read(small, viewer, *others[MOST - 1 : MOST - 1 + PAGE_SIZE]))
    assert is_refused(await read(small, viewer, others[-1]))
    assert is_refused(await read(small, bold, *others), left=MOST)  # and does not count
    assert not is_refused(await read(small, bold, *others[:MOST]))


@pytest.mark.parametrize("staff", [True, False])
async def test_staff_are_not_limited(small: Network, others: list[User], staff: bool) -> None:
    viewer = await small.staff(StaffRole.MODERATOR) if staff else await small.member()
    assert is_refused(await read(small, viewer, *others), left=MOST) is not staff


async def test_the_viewer_and_patients_whose_diaries_they_keep_never_count(small: Network, others: list[User]) -> None:
    viewer, patient, later = [await small.member(kind=MemberKind.PATIENT) for _ in range(3)]
    await factories.care_link(small.database, patient_id=patient.id, relative_id=viewer.id)
    course = await factories.course(small.database, member_id=patient.id)
    for _ in range(2):
        assert not is_refused(await read(small, viewer, viewer, patient))
    assert not is_refused(
        await small.ask(viewer, "query ($id: ID!) { node(id: $id) { id } }", {"id": f"crs_{course['id']}"})
    )
    assert await counted(small, viewer) == 0
    await read(small, viewer, *others[:MOST])
    assert not is_refused(await read(small, viewer, patient, viewer))
    assert is_refused(await read(small, viewer, later))
    await factories.care_link(small.database, patient_id=later.id, relative_id=viewer.id)
    assert not is_refused(await read(small, viewer, later))  # looked up again before a refusal


async def counted(network: Network, who: User) -> int:
    """How many members' data a member has read today, as stored."""
    await reads(network).flush()
    found = await network.value(
        "SELECT cardinality(seen) FROM identity.reading WHERE member_id = $1 AND day = catalog.today()", who.id
    )
    return found or 0


async def test_every_way_to_a_members_data_counts(small: Network) -> None:
    community = await factories.community(small.database)
    member = await small.member(community["id"], sharing=Sharing.ALL_MEMBERS)
    evaluation = await factories.evaluation(small.database, member_id=member.id)
    observation = await factories.observation(small.database, member_id=member.id)
    discussion = await factories.discussion(small.database, community_id=community["id"], author_id=member.id)
    await factories.post(small.database, discussion_id=discussion["id"], author_id=member.id)
    slug = await small.value("SELECT slug FROM catalog.treatment WHERE id = $1", evaluation["treatment_id"])
    of_community = f'community(slug: "{community["slug"]}")'
    discussions = f"{of_community} {{ discussions {{ nodes"
    ways = {
        f'{{ member(pseudonym: "{member.name}") {{ communities {{ slug }} }} }}': 1,
        f'{{ node(id: "{member.graph_id}") {{ ... on Member {{ joinedOn }} }} }}': 1,
        f"{{ {of_community} {{ members {{ nodes {{ ageBand }} }} }} }}": 1,
        f"{{ {of_community} {{ members {{ edges {{ node {{ sex region }} }} }} }} }}": 1,
        f"{{ {discussions} {{ author {{ about }} }} }} }} }}": 1,
        f"{{ {discussions} {{ posts {{ nodes {{ author {{ courses {{ dose }} }} }} }} }} }} }} }}": 1,
        f'{{ treatment(slug: "{slug}") {{ evaluations {{ nodes {{ effectiveness }} }} }} }}': 1,
        f'{{ treatment(slug: "{slug}") {{ evaluations {{ nodes {{ member {{ sex }} course {{ dose }} }} }} }} }}': 1,
        f'{{ node(id: "evl_{evaluation["id"]}") {{ id }} }}': 1,
        f'{{ node(id: "crs_{evaluation["course_id"]}") {{ ... on TreatmentCourse {{ dose }} }} }}': 1,
        f'{{ nodes(ids: ["obs_{observation["id"]}", "obs_x"]) {{ ... on Observation {{ value }} }} }}': 1,
        f"{{ {of_community} {{ members {{ nodes {{ id pseudonym kind verified }} }} }} }}": 1,
        f"{{ {of_community} {{ members {{ edges {{ node {{ id }} }} }} }} }}": 1,
        f"{{ {of_community} {{ members {{ edges {{ cursor }} }} }} }}": 1,
        f"{{ {of_community} {{ members(first: 3) {{ pageInfo {{ endCursor }} }} }} }}": 1,
        f"{{ {discussions} {{ community {{ members(first: 5) {{ nodes {{ id }} }} }} }} }} }} }}": 1,
        f'{{ member(pseudonym: "{member.name}") {{ id kind }} }}': 0,
        f"{{ {discussions} {{ title posts {{ nodes {{ body author {{ pseudonym }} }} }} }} }} }} }}": 0,
    }
    for query, count in ways.items():
        viewer = await small.member()
        answer = await small.ask(viewer, query)
        assert not is_refused(answer), query
        assert "$m" not in str(answer), query
        assert await counted(small, viewer) == count, query


async def test_members_of_a_community_list_one_another_freely(small: Network) -> None:
    mine, other = [(await factories.community(small.database))["id"] for _ in range(2)]
    viewer, third = await small.member(mine), await small.member(mine, sharing=Sharing.MY_COMMUNITIES)
    for community in (mine, other):
        for _ in range(MOST):
            await small.member(community, sharing=Sharing.ALL_MEMBERS)
    page = "members { nodes { id pseudonym } edges { cursor node { kind } } pageInfo { endCursor } }"
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Community {{ {page} }} }} }}"
    answer = await small.ask(viewer, query, {"id": f"com_{mine}"})
    assert third.graph_id in {one["id"] for one in answer["data"]["node"]["members"]["nodes"]}
    assert "$m" not in str(answer)
    assert await counted(small, viewer) == 0
    answer = await small.ask(viewer, query, {"id": f"com_{other}"})
    assert len(answer["data"]["node"]["members"]["nodes"]) == await counted(small, viewer) == MOST
    await small.member(other, sharing=Sharing.ALL_MEMBERS)
    assert is_refused(await small.ask(viewer, query, {"id": f"com_{other}"}))


async def test_the_payload_of_a_mutation_counts_and_is_refused_at_its_place(small: Network, others: list[User]) -> None:
    viewer, community = await small.member(), await factories.community(small.database)
    for member in others[: MOST + 1]:
        await factories.membership(small.database, member_id=member.id, community_id=community["id"])
    fields = "community { members(first: %d) { nodes { about } } }"
    leave = {"community": f"com_{community['id']}"}
    await small.do(viewer, "communityLeave", fields % MOST, **leave)
    assert await counted(small, viewer) == MOST
    await factories.membership(small.database, member_id=viewer.id, community_id=community["id"])
    answer = await small.answer(viewer, "communityLeave", fields % (MOST + 1), **leave)
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["limit"]) == (["communityLeave", "community"], "members_read")
    assert await small.count("care.membership", member_id=viewer.id) == 0  # it is done


async def test_an_event_counts_and_ends_its_stream_once_nothing_is_left(small: Network, others: list[User]) -> None:
    viewer = await small.member()
    discussion = await factories.discussion(small.database)
    query = "subscription ($d: ID!) { postAdded(discussion: $d) { author { pseudonym region } } }"
    await read(small, viewer, *others[: MOST - 1])
    async with event_stream(small.ask, viewer, query, {"d": f"dis_{discussion['id']}"}) as made:
        assert await made.receive() == (":", None)
        for member in others[MOST - 1 : MOST + 1]:
            post = await factories.post(small.database, discussion_id=discussion["id"], author_id=member.id)
            await small.database.execute("SELECT care.announce('postAdded', $1, $2)", post["id"], discussion["id"])
            kind, received = await made.receive()
            assert kind == "next"
            if member is others[MOST]:
                assert received["errors"][0]["extensions"]["limit"] == "members_read"
            else:
                assert received == {"data": {"postAdded": {"author": {"pseudonym": member.name, "region": None}}}}


async def test_requests_at_the_same_time_are_counted_one_after_another(small: Network, others: list[User]) -> None:
    viewer = await small.member()
    answers = await asyncio.gather(*(read(small, viewer, member) for member in others))
    assert sorted(map(is_refused, answers)) == [False] * MOST + [True] * (len(others) - MOST)
    assert await counted(small, viewer) == MOST


async def test_counts_survive_a_restart_and_other_processes_see_them(small: Network, others: list[User]) -> None:
    viewer = await small.member()
    await read(small, viewer, *others[:MOST])
    assert await counted(small, viewer) == MOST
    stored = await small.row("SELECT * FROM identity.reading WHERE member_id = $1", viewer.id)
    assert str(others[0].id) not in str(stored)
    here = reads(small)
    another = MemberReads(here.connections, MOST, AT_FIRST)
    with pytest.raises(Exception, match="429"):
        await another.count(viewer.id, {str(others[MOST].id)})
    await another.count(viewer.id, {str(others[0].id)})


async def test_what_stopping_leaves_is_written(template: str) -> None:
    async with clone(template) as dsn:
        async with network_on(dsn, members_read=MOST) as network:
            viewer, other = await network.member(), await network.member()
            await read(network, viewer, other)
        async with network_on(dsn, members_read=MOST) as again:
            assert await again.count("identity.reading", member_id=viewer.id) == 1


async def test_what_cannot_be_written_is_written_later(
    small: Network, others: list[User], caplog: pytest.LogCaptureFixture
) -> None:
    viewer, here = await small.member(), reads(small)
    await here.flush()
    await read(small, viewer, others[0])
    async with small.database.transaction():
        await small.database.execute("ALTER FUNCTION identity.count_readings RENAME TO gone")
    try:
        await here.flush()
    finally:
        await small.database.execute("ALTER FUNCTION identity.gone RENAME TO count_readings")
    assert "could not be written: UndefinedFunctionError" in caplog.text
    assert str(viewer.id) not in caplog.text
    assert await counted(small, viewer) == 1


async def test_a_member_who_leaves_takes_their_counts_along(small: Network, others: list[User]) -> None:
    viewer = await small.member()
    await read(small, viewer, others[0])
    await counted(small, viewer)
    await read(small, viewer, others[1])
    await small.database.execute("DELETE FROM care.member WHERE id = $1", viewer.id)
    assert await counted(small, viewer) == 0
    assert await small.count("identity.reading", member_id=viewer.id) == 0


async def test_a_new_day_is_a_new_budget_and_the_old_one_is_deleted(
    own_network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_budgets, "KNOWN_SECONDS", 0.0)
    network, here = own_network, reads(own_network)
    here.most = 1
    viewer, first, second = [await network.member() for _ in range(3)]
    await set_clock(network.database, datetime(2027, 5, 1, 23, 59, tzinfo=UTC))
    assert not is_refused(await read(network, viewer, first))
    answer = await read(network, viewer, second)
    assert is_refused(answer)
    assert answer["errors"][0]["extensions"]["resetsAt"] == "2027-05-02T00:00:00Z"
    await here.flush()
    await set_clock(network.database, datetime(2027, 5, 2, 0, 1, tzinfo=UTC))
    assert not is_refused(await read(network, viewer, second))
    await here.flush()
    rows = await network.database.fetch("SELECT day, cardinality(seen) AS seen FROM identity.reading")
    assert [(row["day"].isoformat(), row["seen"]) for row in rows] == [("2027-05-02", 1)]
    assert await network.count("care.reading_alert") == 1
    for days, (readings, alerts) in ((1, (0, 1)), (89, (0, 1)), (90, (0, 0))):
        await set_clock(network.database, datetime(2027, 5, 2, tzinfo=UTC) + timedelta(days=days))
        await network.database.execute("SELECT identity.forget_waiting()")
        assert (await network.count("identity.reading"), await network.count("care.reading_alert")) == (
            readings,
            alerts,
        )


ALERTS = "{ readingAlerts { nodes { day member { pseudonym } } } }"


async def test_moderators_are_alerted_once_a_day(small: Network, others: list[User]) -> None:
    viewer, other = await small.member(), await small.member()
    await read(small, other, *others[:MOST])  # all of it, and no more
    await read(small, other, others[0])
    await read(small, viewer, *others[:MOST])
    for member in others[MOST : MOST + 3]:
        await read(small, viewer, member)
        await reads(small).flush()
    moderator, steward = await small.staff(StaffRole.MODERATOR), await small.staff(StaffRole.DATA_STEWARD)
    today = (await small.value("SELECT catalog.today()")).isoformat()
    found = (await small.ask(moderator, ALERTS))["data"]["readingAlerts"]["nodes"]
    names = {viewer.name, other.name}
    assert [one for one in found if one["member"]["pseudonym"] in names] == [
        {"day": today, "member": {"pseudonym": viewer.name}}
    ]
    assert (await small.ask(steward, ALERTS))["data"]["readingAlerts"]["nodes"] == []


def test_the_same_member_is_another_number_for_each_reader() -> None:
    first, second, member = UUID(int=1).bytes, UUID(int=2).bytes, str(UUID(int=3))
    assert read_budgets.hashed(first, member) == read_budgets.hashed(first, member)
    assert read_budgets.hashed(first, member) != read_budgets.hashed(second, member)
    assert -(2**63) <= read_budgets.hashed(first, member) < 2**63


def test_ids_that_are_remembered_change_nothing_of_what_counts() -> None:
    """With more members than are remembered, in answers that overlap, the same are new as by their hashes alone."""
    reader, patient = uuid4(), str(uuid4())
    members = [str(uuid4()) for _ in range(3 * read_budgets.SETTLED)]
    exempt = {str(reader), patient}
    known = read_budgets.Reader(date(2026, 3, 2), 1_000, set(), exempt, 0.0)
    seen: set[int] = set()
    for start in [*range(0, len(members), 20), *range(0, len(members), 35)]:
        asked = {*members[start : start + 50], *exempt}
        expected = {read_budgets.hashed(reader.bytes, one) for one in asked - exempt} - seen
        assert known.new(reader, asked) == expected
        known.add(asked, expected)
        seen |= expected
        assert known.new(reader, asked) == set()
        assert len(known.settled) <= read_budgets.SETTLED + len(asked)
    assert known.seen == seen
