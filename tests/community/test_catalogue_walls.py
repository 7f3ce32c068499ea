"""Drafts of communities are for staff only, whatever closes or merges stays readable, and nothing is joined there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MembershipRole
from resolvers import jobs
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY, Caller
from tests.support.moving import move_members
from tests.support.network import Network


@pytest_asyncio.fixture(scope="module")
async def editor(network: Network) -> User:
    """Yields signed-in staff who may edit the catalogue."""
    return await network.staff(StaffRole.CATALOGUE_EDITOR)


async def community(network: Network, **given: Any) -> tuple[UUID, str]:
    """A community's key, and its id in the graph."""
    made = (await factories.community(network.database, **given))["id"]
    return made, f"com_{made}"


async def test_a_draft_and_its_lists_exist_for_staff_only(network: Network, editor: User) -> None:
    row = await factories.community(network.database, status="DRAFT", words="secretdraft")
    await factories.community_indicator(network.database, community_id=row["id"])
    id, slug = f"com_{row['id']}", row["slug"]
    document = f"""{{
        node(id: "{id}") {{ id }} nodes(ids: ["{id}"]) {{ id }} community(slug: "{slug}") {{ id }}
        communities(search: "secretdraft") {{ nodes {{ id }} }} dataUses(community: "{slug}") {{ nodes {{ id }} }}
    }}"""
    nothing: dict[str, Any] = {
        "node": None, "nodes": [None], "community": None, "communities": {"nodes": []}, "dataUses": {"nodes": []}
    }  # fmt: skip
    callers: list[Caller] = [ANYBODY, await network.member(), await network.buyer()]
    for caller in callers:
        assert (await network.ask(caller, document))["data"] == nothing
        drafts = await network.ask(caller, "{ communities(status: DRAFT) { nodes { id } } }")
        assert drafts["data"] == {"communities": {"nodes": []}}
    seen = (await network.ask(await network.staff(), document))["data"]
    assert seen["community"] == seen["node"] == {"id": id}
    assert seen["communities"] == {"nodes": [{"id": id}]}
    for role in ("cohorte_public", "cohorte_patient", "cohorte_buyer"):
        async with network.database.transaction():
            await network.database.execute(f"SET LOCAL ROLE {role}")
            lists = "SELECT count(*) FROM catalog.community_indicator WHERE community_id = $1"
            assert await network.value(lists, row["id"]) == 0


async def test_nobody_joins_or_writes_in_a_draft(network: Network, ada: User) -> None:
    _, draft = await community(network, status="DRAFT")
    assert await network.refused(ada, "communityJoin", community=draft) == ("NOT_FOUND", "input.community")
    given = {"community": draft, "title": "Hello", "body": "Hello"}
    assert await network.refused(ada, "discussionStart", **given) == ("NOT_FOUND", "input.community")


async def test_no_count_of_a_draft_or_of_a_merged_community_is_published(network: Network, community_id: UUID) -> None:
    draft, _ = await community(network, status="DRAFT", counted_on=None)
    merged, _ = await community(network, status="MERGED", merged_into_id=community_id, counted_on=None)
    closed, _ = await community(network, status="CLOSED", counted_on=None)
    due = {row["id"] for row in await network.database.fetch("SELECT catalog.communities_to_count() AS id")}
    assert due & {draft, merged, closed} <= {closed}


async def test_a_closed_community_stays_readable_and_takes_no_members_or_posts(
    network: Network, editor: User, community_id: UUID, ada: User
) -> None:
    id = f"com_{community_id}"
    started = {"community": id, "title": "Hello", "body": "Hello"}
    discussion = (await network.do(ada, "discussionStart", "discussion { id }", **started))["discussion"]["id"]
    assert await network.refusals(editor, "communityClose", community=id) == []
    assert await network.refused(ada, "discussionStart", **started) == ("TOO_LATE", "input.community")
    posted = {"discussion": discussion, "body": "More"}
    assert await network.refused(ada, "postAdd", **posted) == ("TOO_LATE", "input.discussion")
    assert await network.refused(await network.member(), "communityJoin", community=id) == (
        "TOO_LATE", "input.community"
    )  # fmt: skip
    assert await network.refusals(ada, "communityJoin", community=id, diagnosedIn=2020) == []  # their membership stays
    moderator = await network.staff(StaffRole.MODERATOR)
    reopened = {"discussion": discussion, "closed": False}
    assert await network.refused(moderator, "discussionClose", **reopened) == ("TOO_LATE", "input.discussion")
    read = await network.ask(ada, f'{{ discussion(id: "{discussion}") {{ closed community {{ id status }} }} }}')
    assert read["data"]["discussion"] == {"closed": True, "community": {"id": id, "status": "CLOSED"}}
    assert await network.refused(editor, "communityClose", community=id) == ("TOO_LATE", "input.community")


async def test_the_database_refuses_rows_of_a_community_that_is_not_open(network: Network) -> None:
    closed, _ = await community(network, status="CLOSED")
    member = (await factories.member(network.database))["id"]
    for statement in (
        "INSERT INTO care.membership (member_id, community_id) VALUES ($1, $2)",
        "INSERT INTO care.discussion (author_id, community_id, title) VALUES ($1, $2, 'Hello')",
    ):
        refused = None
        try:
            await network.database.execute(statement, member, closed)
        except Exception as error:
            refused = getattr(error, "sqlstate", None)
        assert refused == "42501"


async def test_the_members_of_a_merged_community_move_with_what_is_theirs(
    network: Network, editor: User, community_id: UUID, ada: User, ben: User
) -> None:
    db = network.database
    target, target_id = await community(network)
    await factories.membership(db, member_id=ben.id, community_id=target)
    await db.execute(
        "UPDATE care.membership SET role = $3 WHERE member_id = $1 AND community_id = $2",
        ada.id, community_id, MembershipRole.AMBASSADOR,
    )  # fmt: skip
    for member, year in ((ada, 2001), (ben, 2002)):
        await factories.diagnosis(db, member_id=member.id, community_id=community_id, diagnosed_in=year)
        await factories.counted_membership(db, member_id=member.id, community_id=community_id)
    await factories.diagnosis(db, member_id=ben.id, community_id=target, diagnosed_in=2003)
    await factories.counted_membership(db, member_id=ben.id, community_id=target)
    course = (await factories.course(db, member_id=ada.id, community_id=community_id))["id"]
    discussion = (await factories.discussion(db, community_id=community_id, author_id=ada.id))["id"]
    dataset = (await factories.dataset(db, community_id=community_id))["id"]
    joined = await network.value("SELECT joined_on FROM care.membership WHERE member_id = $1", ada.id)
    slug = await network.value("SELECT slug FROM catalog.community WHERE id = $1", community_id)

    given = {"community": f"com_{community_id}", "into": target_id}
    payload = await network.do(editor, "communityMerge", "community { status mergedInto { id } }", **given)
    assert payload["community"] == {"status": "MERGED", "mergedInto": {"id": target_id}}
    assert await network.refused(await network.member(), "communityJoin", community=given["community"]) == (
        "TOO_LATE", "input.community"
    )  # fmt: skip
    await move_members(network.database, community_id)
    await move_members(network.database, community_id)  # again, which changes nothing

    rows = await db.fetch(
        "SELECT member_id, community_id, role, joined_on FROM care.membership WHERE member_id = any($1)",
        [ada.id, ben.id],
    )
    assert {(row["member_id"], row["community_id"], row["role"]) for row in rows} == {
        (ada.id, target, "MEMBER"), (ben.id, target, "MEMBER")
    }  # fmt: skip
    assert joined in [row["joined_on"] for row in rows]
    years = await db.fetch("SELECT member_id, diagnosed_in FROM care.diagnosis WHERE community_id = $1", target)
    assert {(row["member_id"], row["diagnosed_in"]) for row in years} == {(ada.id, 2001), (ben.id, 2003)}
    assert await network.count("care.diagnosis", community_id=community_id) == 0
    assert await network.value("SELECT community_id FROM care.course WHERE id = $1", course) == target
    assert await network.value("SELECT community_id FROM care.discussion WHERE id = $1", discussion) == target
    assert await network.value("SELECT community_id FROM insight.dataset WHERE id = $1", dataset) == community_id
    # To the counts, members of the first community have left it; those of the other include nobody before its next one.
    counted = await db.fetch(
        "SELECT member_id, community_id, left_at IS NULL AS here FROM research.counted_membership"
        " WHERE member_id = any($1)", [ada.id, ben.id]
    )  # fmt: skip
    assert {tuple(row.values()) for row in counted} == {
        (ada.id, community_id, False), (ben.id, community_id, False), (ben.id, target, True)
    }  # fmt: skip
    assert await network.value("SELECT research.count_community($1)", community_id) == [0, 0]

    shown = await network.ask(ANYBODY, f'{{ community(slug: "{slug}") {{ status mergedInto {{ id }} }} }}')
    assert shown["data"]["community"] == {"status": "MERGED", "mergedInto": {"id": target_id}}
    listed = await network.ask(ANYBODY, "{ communities(first: 100) { nodes { id } } }")
    assert given["community"] not in [node["id"] for node in listed["data"]["communities"]["nodes"]]


async def test_insights_of_a_merged_community_stay_readable_to_its_members(
    network: Network, editor: User, community_id: UUID, ada: User
) -> None:
    _, target = await community(network)
    dataset = await factories.dataset(network.database, community_id=community_id)
    insight = await factories.insight(network.database, dataset_id=dataset["id"], community_id=community_id)
    document = f'{{ insight(id: "ins_{insight["id"]}") {{ id }} }}'
    given = {"community": f"com_{community_id}", "into": target}
    assert await network.refusals(editor, "communityMerge", **given) == []
    await move_members(network.database, community_id)
    _, further = await community(network)
    assert await network.refusals(editor, "communityMerge", community=target, into=further) == []
    await move_members(network.database, UUID(target[4:]))
    assert (await network.ask(ada, document))["data"]["insight"] is not None
    assert (await network.ask(await network.member(), document))["data"]["insight"] is None
    into = await network.value("SELECT merged_into_id FROM catalog.community WHERE id = $1", community_id)
    assert f"com_{into}" == further


async def test_a_community_merges_or_closes_only_when_none_of_its_surveys_runs(
    network: Network, editor: User, community_id: UUID
) -> None:
    target, target_id = await community(network)
    given = {"community": f"com_{community_id}", "into": target_id}
    survey = (await factories.survey(network.database, community_id=community_id, status="WAITING"))["id"]
    draft = (await factories.survey(network.database, community_id=community_id, status="DRAFT"))["id"]
    for name in ("communityMerge", "communityClose"):
        about = given if name == "communityMerge" else {"community": given["community"]}
        assert await network.refused(editor, name, **about) == ("CONFLICT", "input.community")
    await network.database.execute("UPDATE catalog.survey SET status = 'ARCHIVED' WHERE id = $1", survey)
    assert await network.refusals(editor, "communityMerge", community=target_id, into=target_id) == [
        ("INVALID", "input.into")
    ]  # fmt: skip
    assert await network.refusals(editor, "communityMerge", **given) == []
    communities = "SELECT community_id FROM catalog.survey WHERE id = $1"
    assert await network.value(communities, survey) == community_id
    assert await network.value(communities, draft) == target


async def test_surveys_of_a_draft_are_not_scheduled(network: Network, survey_manager: User) -> None:
    draft, _ = await community(network, status="DRAFT")
    day = await network.value("SELECT catalog.today()")
    survey = await factories.survey(
        network.database, community_id=draft, status="DRAFT", opens_on=None, closes_on=day + timedelta(days=30)
    )
    found = await network.refusals(survey_manager, "surveySchedule", survey=f"svy_{survey['id']}")
    assert found == [("TOO_EARLY", "input.survey")]
    given = {"community": f"com_{draft}", "wave": "First", "offeredTo": ["HOSPITAL"]}
    assert await network.refused(survey_manager, "waveFreeze", **given) == ("TOO_EARLY", "input.community")


async def test_a_job_moves_the_members_that_are_left(
    network: Network, community_id: UUID, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOVING_SECONDS", None)
    target, _ = await community(network)
    await network.database.execute(
        "UPDATE catalog.community SET status = 'MERGED', merged_into_id = $2 WHERE id = $1", community_id, target
    )
    due = "SELECT count(*) FROM catalog.communities_to_move() AS id WHERE id = $1"
    assert await network.value(due, community_id) == 1
    await jobs.move_members(network.database)
    assert await network.value(due, community_id) == 0
    assert await network.count("care.membership", community_id=target) == 1
