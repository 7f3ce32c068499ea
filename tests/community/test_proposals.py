"""Proposals for the catalogue: who makes them, who reads what of them, and what a decision does."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from models.viewers import Audience
from resolvers.community.proposals_mutations import OPEN_PROPOSALS
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import User
from tests.support.network import Network

SHOWN = "kind name description status reason decidedOn community { id } indicator { id } treatment { id }"
MINE = f"{{ me {{ proposals {{ nodes {{ id {SHOWN} }} }} }} }}"
LISTED = "{ catalogueProposals(status: OPEN, first: 100) { nodes { id name } } }"
NEWS = "{ me { notifications { nodes { kind subject { ... on CatalogueProposal { name reason } } } } } }"


async def proposed(network: Network, who: User, name: str = "Brain fog", **given: Any) -> str:
    payload = await network.do(
        who, "catalogueProposalCreate", "proposal { id }", **{"kind": "SYMPTOM", "name": name, **given}
    )
    assert payload["userErrors"] == []
    id: str = payload["proposal"]["id"]
    return id


async def tracking(network: Network, who: User, value: float, **given: Any) -> str:
    """The id of an own indicator of the member, a rating with one value."""
    own = await factories.own_indicator(network.database, member_id=who.id, **given)
    await factories.own_observation(network.database, member_id=who.id, own_indicator_id=own["id"], value=value)
    return f"own_{own['id']}"


async def editor(network: Network) -> User:
    return await network.staff(StaffRole.CATALOGUE_EDITOR)


async def moved(network: Network, who: User) -> list[float]:
    found = await network.database.fetch("SELECT value FROM care.observation WHERE member_id = $1", who.id)
    return [row["value"] for row in found]


@pytest.mark.parametrize("kind", list(MemberKind))
async def test_every_member_proposes_and_reads_their_own(
    network: Network, community_id: UUID, kind: MemberKind
) -> None:
    mia, other = await network.member(kind=kind), await network.member()
    id = await proposed(
        network, mia, " Tilt table ", kind="TREATMENT", community=f"com_{community_id}", description="A test."
    )
    expected = {
        "id": id, "kind": "TREATMENT", "name": "Tilt table", "description": "A test.", "status": "OPEN", "reason": None,
        "decidedOn": None, "community": {"id": f"com_{community_id}"}, "indicator": None, "treatment": None,
    }  # fmt: skip
    assert (await network.ask(mia, MINE))["data"]["me"]["proposals"]["nodes"] == [expected]
    assert (await network.ask(other, MINE))["data"]["me"]["proposals"]["nodes"] == []
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await network.ask(other, node, {"id": id}))["data"] == {"node": None}


async def test_a_limited_number_of_proposals_is_open(network: Network) -> None:
    mia = await network.member()
    ids = [await proposed(network, mia, f"Symptom {number}") for number in range(OPEN_PROPOSALS)]
    full = {"kind": "SYMPTOM", "name": "One more"}
    assert await network.refusals(mia, "catalogueProposalCreate", **full) == [("LIMIT_REACHED", "input")]
    payload = await network.do(mia, "catalogueProposalWithdraw", "proposalId proposal { id }", proposal=ids[0])
    assert payload == {"proposalId": ids[0], "proposal": None, "userErrors": []}
    assert await network.count("care.catalogue_proposal", id=UUID(ids[0][4:])) == 0
    await proposed(network, mia, "One more")


async def test_only_a_symptom_has_an_own_indicator(network: Network) -> None:
    mia, other = await network.member(), await network.member()
    own, theirs = await tracking(network, mia, 5.0), await tracking(network, other, 5.0)
    given = {"kind": "CONDITION", "name": "Fog", "ownIndicator": own}
    assert await network.refusals(mia, "catalogueProposalCreate", **given) == [("INVALID", "input.ownIndicator")]
    given = {"kind": "SYMPTOM", "name": "Fog", "ownIndicator": theirs}
    assert await network.refusals(mia, "catalogueProposalCreate", **given) == [("NOT_FOUND", "input.ownIndicator")]


async def test_editors_read_proposals_and_nothing_that_says_whose(network: Network) -> None:
    mia = await network.member()
    id = await proposed(network, mia, "Unusual name", ownIndicator=await tracking(network, mia, 5.0))
    for role in StaffRole:
        answer = await network.ask(await network.staff(role), LISTED)
        named = [each for each in answer["data"]["catalogueProposals"]["nodes"] if each["id"] == id]
        assert named == ([{"id": id, "name": "Unusual name"}] if role is StaffRole.CATALOGUE_EDITOR else [])
    staff = await factories.staff(network.database, roles=list(StaffRole))
    tracked = ("care.own_indicator", "care.own_observation", "care.own_treatment", "care.own_course")
    for table in ("care.catalogue_proposer", *tracked):
        async with viewing(network.database, Audience.MANAGER, staff["id"]):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await network.database.fetch(f"SELECT FROM {table}")
    stored = await network.row("SELECT * FROM care.catalogue_proposal WHERE id = $1", UUID(id[4:]))
    assert mia.id not in stored.values()
    assert mia.name not in stored.values()


async def test_several_members_proposals_are_merged_and_their_observations_follow(network: Network) -> None:
    mia, ben, zoe = [await network.member() for _ in range(3)]
    # Of the three, only the first two asked that theirs follow; the second's unit does not fit.
    own = await tracking(network, mia, 5.0, name="Fog")
    misfit = await tracking(network, ben, 6.0, scale="QUANTITY", unit="h", name="Hours of fog")
    await tracking(network, zoe, 7.0, name="Mist")
    first = await proposed(network, mia, "Fog", ownIndicator=own)
    second = await proposed(network, ben, "Fog", ownIndicator=misfit)
    third = await proposed(network, zoe, "Mist")
    target = f"ind_{(await factories.indicator(network.database))['id']}"
    staff = await editor(network)
    payload = await network.do(
        staff, "catalogueProposalsMerge", "proposals { id status indicator { id } }",
        proposals=[second, first, third], into=target, note="It is Brain fog.",
    )  # fmt: skip
    assert payload == {
        "proposals": [{"id": id, "status": "MERGED", "indicator": {"id": target}} for id in (second, first, third)],
        "userErrors": [],
    }
    assert [await moved(network, who) for who in (mia, ben, zoe)] == [[5.0], [], []]
    assert [await network.count("care.own_observation", member_id=who.id) for who in (mia, ben, zoe)] == [0, 1, 1]
    for who, name in ((mia, "Fog"), (ben, "Fog"), (zoe, "Mist")):
        news = (await network.ask(who, NEWS))["data"]["me"]["notifications"]["nodes"]
        assert news == [{"kind": "PROPOSAL", "subject": {"name": name, "reason": "It is Brain fog."}}]


@pytest.mark.parametrize(("decision", "entry"), [("Accept", "entry"), ("Merge", "into")])
async def test_courses_of_a_proposed_treatment_follow_if_their_member_asked_for_it(
    network: Network, community_id: UUID, decision: str, entry: str
) -> None:
    """And their members are invited to an open survey for those who have had the treatment."""
    mia, ben, zoe = [await network.member(community_id) for _ in range(3)]
    treatment = (await factories.treatment(network.database, name="Light therapy"))["id"]
    survey = await factories.survey(
        network.database, community_id=community_id, closes_on=date(2999, 1, 1), opens_on=None,
        offered_to=["LABORATORY"],
    )  # fmt: skip
    await factories.eligibility(network.database, survey_id=survey["id"], treatment_ids=[treatment])
    own = {}
    for who in (mia, ben, zoe):
        course = await factories.own_course(network.database, member_id=who.id, dose="an hour")
        own[who.id] = course["own_treatment_id"]
        await factories.consent(network.database, member_id=who.id, recipients=["LABORATORY"])
    # Ben has a course of the catalogue's treatment that began on the same day; Zoe proposes, and keeps hers.
    await factories.course(network.database, member_id=ben.id, treatment_id=treatment, dose="two")
    ids = [
        await proposed(network, who, "Light", kind="TREATMENT", ownTreatment=f"otr_{own[who.id]}") for who in (mia, ben)
    ]
    ids.append(await proposed(network, zoe, "Light", kind="TREATMENT"))
    given = {"proposals": ids, entry: f"trt_{treatment}"}
    assert await network.refusals(await editor(network), f"catalogueProposals{decision}", **given) == []
    moved = await network.database.fetch("SELECT member_id, dose FROM care.course WHERE treatment_id = $1", treatment)
    assert {(row["member_id"], row["dose"]) for row in moved} == {(mia.id, "an hour"), (ben.id, "two")}
    assert [await network.count("care.own_course", member_id=who.id) for who in (mia, ben, zoe)] == [0, 1, 1]
    assert [await network.count("care.own_treatment", member_id=who.id) for who in (mia, ben, zoe)] == [0, 1, 1]
    assert await network.count("research.participation", survey_id=survey["id"], member_id=mia.id) == 1
    assert await network.count("research.participation", survey_id=survey["id"], member_id=zoe.id) == 0


async def test_only_a_treatment_has_an_own_treatment(network: Network) -> None:
    mia, other = await network.member(), await network.member()
    own, theirs = [
        f"otr_{(await factories.own_treatment(network.database, member_id=who.id))['id']}" for who in (mia, other)
    ]
    for kind in ("CONDITION", "SYMPTOM"):
        given = {"kind": kind, "name": "Fog", "ownTreatment": own}
        assert await network.refusals(mia, "catalogueProposalCreate", **given) == [("INVALID", "input.ownTreatment")]
    given = {"kind": "TREATMENT", "name": "Fog", "ownTreatment": theirs}
    assert await network.refusals(mia, "catalogueProposalCreate", **given) == [("NOT_FOUND", "input.ownTreatment")]


async def test_a_declined_treatment_leaves_its_courses_alone(network: Network) -> None:
    mia = await network.member()
    own = (await factories.own_course(network.database, member_id=mia.id))["own_treatment_id"]
    id = await proposed(network, mia, "Light", kind="TREATMENT", ownTreatment=f"otr_{own}")
    given = {"proposals": [id], "reason": "It is a lamp."}
    assert await network.refusals(await editor(network), "catalogueProposalsDecline", **given) == []
    assert await network.count("care.own_course", own_treatment_id=own) == 1
    assert await network.count("care.course", member_id=mia.id) == 0


async def test_a_proposal_is_accepted_with_the_entry_made_for_it(network: Network) -> None:
    mia, staff = await network.member(), await editor(network)
    for kind, table, field in (
        ("CONDITION", factories.condition, "condition_id"),
        ("SYMPTOM", factories.indicator, "indicator_id"),
        ("TREATMENT", factories.treatment, "treatment_id"),
    ):
        prefix = {"CONDITION": "con", "SYMPTOM": "ind", "TREATMENT": "trt"}[kind]
        id, entry = await proposed(network, mia, kind, kind=kind), (await table(network.database))["id"]
        given = {"proposals": [id], "entry": f"{prefix}_{entry}"}
        assert await network.refusals(staff, "catalogueProposalsAccept", **given) == []
        stored = await network.row("SELECT * FROM care.catalogue_proposal WHERE id = $1", UUID(id[4:]))
        assert (stored["status"], stored[field]) == ("ACCEPTED", entry)
        again = await network.refusals(staff, "catalogueProposalsAccept", **given)
        assert again == [("TOO_LATE", "input.proposals.0")]
        assert await network.refusals(mia, "catalogueProposalWithdraw", proposal=id) == [("TOO_LATE", "input.proposal")]


async def test_a_decision_is_refused_as_a_whole(network: Network) -> None:
    mia, staff = await network.member(), await editor(network)
    symptom = await proposed(network, mia, "Fog")
    treatment = await proposed(network, mia, "Tea", kind="TREATMENT")
    indicator = f"ind_{(await factories.indicator(network.database))['id']}"
    retired = f"ind_{(await factories.indicator(network.database, retired_on=date(2026, 1, 1)))['id']}"
    for proposals, into, expected in (
        ([symptom, treatment], indicator, [("INVALID", "input.into")]),
        ([symptom], retired, [("NOT_FOUND", "input.into")]),
        ([symptom, symptom], indicator, [("INVALID", "input.proposals.1")]),
        ([symptom, "prp_x"], indicator, [("NOT_FOUND", "input.proposals.1")]),
        ([], indicator, [("INVALID", "input.proposals")]),
    ):
        refusals = await network.refusals(staff, "catalogueProposalsMerge", proposals=proposals, into=into)
        assert refusals == expected
    open_ones = await network.value(
        "SELECT count(*) FROM care.catalogue_proposal WHERE id = ANY ($1) AND status = 'OPEN'",
        [UUID(symptom[4:]), UUID(treatment[4:])],
    )
    assert open_ones == 2
    assert await network.count("care.notification", member_id=mia.id) == 0


async def test_a_declined_proposal_leaves_what_is_tracked_alone(network: Network) -> None:
    mia, staff = await network.member(), await editor(network)
    id = await proposed(network, mia, "Fog", ownIndicator=await tracking(network, mia, 5.0))
    assert await network.refusals(staff, "catalogueProposalsDecline", proposals=[id], reason="It is a mood.") == []
    news = (await network.ask(mia, NEWS))["data"]["me"]["notifications"]["nodes"]
    assert news == [{"kind": "PROPOSAL", "subject": {"name": "Fog", "reason": "It is a mood."}}]
    assert await network.count("care.own_observation", member_id=mia.id) == 1
    assert await moved(network, mia) == []


async def test_proposals_leave_with_their_member(network: Network) -> None:
    mia, staff = await network.member(), await editor(network)
    decided, waiting = await proposed(network, mia, "Fog"), await proposed(network, mia, "Mist")
    assert await network.refusals(staff, "catalogueProposalsDecline", proposals=[decided], reason="No.") == []
    await network.database.execute("DELETE FROM care.member WHERE id = $1", mia.id)
    ids = [UUID(id[4:]) for id in (decided, waiting)]
    assert await network.value("SELECT count(*) FROM care.catalogue_proposal WHERE id = ANY ($1)", ids) == 0


async def test_the_function_decides_for_editors_alone(admin: asyncpg.Connection) -> None:
    proposal = await factories.catalogue_proposal(admin)
    roles = [role for role in StaffRole if role is not StaffRole.CATALOGUE_EDITOR]
    for staff in ((await factories.staff(admin, roles=roles))["id"], None):
        async with viewing(admin, Audience.MANAGER, staff):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await admin.execute("SELECT care.decide_proposals($1, 'DECLINED', NULL, 'No.')", [proposal["id"]])
