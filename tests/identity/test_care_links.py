"""Care links over HTTP: a patient invites, the relative accepts, either ends it, and both are notified."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.identity.members import CareLinkStatus, MemberKind
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import User
from tests.support.network import Network

LINK = "careLink { id patient { id } relative { id } status } userErrors { code path }"
NEWS = "query { me { notifications { nodes { id kind readAt subject { id } } } } }"


async def pair(network: Network) -> tuple[User, User]:
    return await network.member(), await network.member(kind=MemberKind.RELATIVE)


async def invited(network: Network, patient: User, relative: User) -> str:
    answer = await network.do(patient, "careLinkInvite", "careLink { id }", pseudonym=relative.name)
    id: str = answer["careLink"]["id"]
    return id


async def news(network: Network, who: User) -> list[tuple[str, str]]:
    """A member's notifications, newest first: the kind, and the id of the subject."""
    answer = await network.ask(who, NEWS)
    return [(node["kind"], node["subject"]["id"]) for node in answer["data"]["me"]["notifications"]["nodes"]]


async def status(network: Network, patient: User, relative: User) -> str | None:
    found: str | None = await network.value(
        "SELECT status FROM care.care_link WHERE patient_id = $1 AND relative_id = $2", patient.id, relative.id
    )
    return found


async def test_a_relative_is_invited_by_pseudonym_and_accepts(network: Network) -> None:
    mia, rob = await pair(network)
    answer = await network.do(mia, "careLinkInvite", LINK, pseudonym=f" {rob.name.upper()} ")
    id = answer["careLink"]["id"]
    link = {"id": id, "patient": {"id": f"mbr_{mia.id}"}, "relative": {"id": f"mbr_{rob.id}"}}
    assert answer == {"careLink": link | {"status": "INVITED"}, "userErrors": []}
    assert await news(network, rob) == [("CARE_LINK", f"mbr_{mia.id}")]
    for _ in range(2):  # the second time changes nothing and notifies nobody
        answer = await network.do(rob, "careLinkAccept", LINK, careLink=id)
        assert answer == {"careLink": link | {"status": "ACCEPTED"}, "userErrors": []}
    assert await news(network, mia) == [("CARE_LINK", f"mbr_{rob.id}")]


async def test_only_patients_invite_and_only_relatives_are_invited(network: Network) -> None:
    mia, rob = await pair(network)
    association = await network.member(kind=MemberKind.ASSOCIATION)
    for who, pseudonym, refusal in (
        (mia, "nobody of that name", ("NOT_FOUND", "input.pseudonym")),
        (mia, "", ("NOT_FOUND", "input.pseudonym")),
        (mia, mia.name, ("INVALID", "input.pseudonym")),
        (mia, association.name, ("NOT_ELIGIBLE", "input.pseudonym")),
        (mia, (await network.member()).name, ("NOT_ELIGIBLE", "input.pseudonym")),
        (rob, mia.name, ("NOT_ELIGIBLE", "input")),
        (association, rob.name, ("NOT_ELIGIBLE", "input")),
    ):
        assert await network.refusals(who, "careLinkInvite", pseudonym=pseudonym) == [refusal]
    payload = await network.do(mia, "careLinkInvite", "userErrors { message }", pseudonym="nobody of that name")
    assert payload["userErrors"][0]["message"] == "No member has this pseudonym. Ask them how it is written."
    assert await network.count("care.care_link", patient_id=mia.id) == 0
    assert await network.count("care.care_link", patient_id=rob.id) == 0
    assert await network.count("care.notification", member_id=rob.id) == 0


async def test_concurrent_requests_invite_and_notify_once(network: Network) -> None:
    mia, rob = await pair(network)
    asked = {"pseudonym": rob.name}
    refused = await asyncio.gather(*(network.refusals(mia, "careLinkInvite", **asked) for _ in range(6)))
    assert sorted(refused) == [[], *([[("TAKEN", "input.pseudonym")]] * 5)]
    assert await network.count("care.care_link", patient_id=mia.id) == 1
    assert await network.count("care.notification", member_id=rob.id) == 1
    id = f"lnk_{await network.value('SELECT id FROM care.care_link WHERE patient_id = $1', mia.id)}"
    accepted = await asyncio.gather(*(network.refusals(rob, "careLinkAccept", careLink=id) for _ in range(6)))
    assert accepted == [[]] * 6
    assert await network.count("care.notification", member_id=mia.id) == 1


async def test_only_the_invited_relative_accepts_an_invitation(network: Network) -> None:
    mia, rob = await pair(network)
    eve = await network.member(kind=MemberKind.RELATIVE)
    id = await invited(network, mia, rob)
    assert await network.refusals(mia, "careLinkAccept", careLink=id) == [("NOT_ELIGIBLE", "input.careLink")]
    for who, named in ((eve, id), (rob, f"lnk_{uuid4()}"), (rob, f"mbr_{mia.id}"), (rob, "")):
        assert await network.refusals(who, "careLinkAccept", careLink=named) == [("NOT_FOUND", "input.careLink")]
    assert await network.refusals(eve, "careLinkEnd", careLink=id) == [("NOT_FOUND", "input.careLink")]
    assert await status(network, mia, rob) == "INVITED"


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("side", [0, 1])
async def test_either_side_ends_a_care_link_until_a_new_invitation(network: Network, side: int, accepted: bool) -> None:
    sides = await pair(network)
    mia, rob = sides
    id = await invited(network, mia, rob)
    if accepted:
        assert await network.refusals(rob, "careLinkAccept", careLink=id) == []
    for _ in range(2):
        ended = await network.do(sides[side], "careLinkEnd", "careLink { status } userErrors { code }", careLink=id)
        assert ended == {"careLink": {"status": "ENDED"}, "userErrors": []}
    assert await network.refusals(rob, "careLinkAccept", careLink=id) == [("TOO_LATE", "input.careLink")]
    assert await status(network, mia, rob) == "ENDED"
    assert await invited(network, mia, rob) == id
    assert await status(network, mia, rob) == "INVITED"
    assert await news(network, rob) == [("CARE_LINK", f"mbr_{mia.id}")]  # not of the invitation that has ended


async def test_a_patient_has_at_most_twenty_open_invitations(network: Network) -> None:
    mia, rob = await pair(network)
    for number in range(20):
        await factories.care_link(
            network.database, patient_id=mia.id, relative_id=(await network.member(kind=MemberKind.RELATIVE)).id,
            status=CareLinkStatus.ACCEPTED if number % 2 else CareLinkStatus.INVITED,
        )  # fmt: skip
    assert await network.refusals(mia, "careLinkInvite", pseudonym=rob.name) == [("LIMIT_REACHED", "input")]
    assert await status(network, mia, rob) is None
    await network.database.execute(
        "UPDATE care.care_link SET status = 'ENDED' "
        "WHERE id = (SELECT id FROM care.care_link WHERE patient_id = $1 LIMIT 1)",
        mia.id,
    )
    assert await network.refusals(mia, "careLinkInvite", pseudonym=rob.name) == []


async def test_notifications_are_marked_as_read_all_or_none(network: Network) -> None:
    mia, eve = await network.member(), await network.member()
    own = [f"ntf_{(await factories.notification(network.database, member_id=mia.id))['id']}" for _ in range(3)]
    others = f"ntf_{(await factories.notification(network.database, member_id=eve.id))['id']}"
    refused = await network.refusals(mia, "notificationsRead", notifications=[own[0], others, "x", own[1]])
    assert refused == [("NOT_FOUND", "input.notifications.1"), ("NOT_FOUND", "input.notifications.2")]
    unread = "SELECT count(*) FROM care.notification WHERE read_at IS NULL AND member_id = any($1)"
    assert await network.value(unread, [mia.id, eve.id]) == 4
    selection = "notifications { id readAt } userErrors { code }"
    first = await network.do(mia, "notificationsRead", selection, notifications=own[1::-1])
    assert [node["id"] for node in first["notifications"]] == own[1::-1]
    assert all(node["readAt"] for node in first["notifications"])
    again = await network.do(mia, "notificationsRead", selection, notifications=[own[1], own[0], own[1]])
    assert again == first
    assert await network.value(unread, [mia.id, eve.id]) == 2
    assert await network.do(mia, "notificationsRead", selection, notifications=[]) == {
        "notifications": [],
        "userErrors": [],
    }


# As the patient's role, `$1` the viewer and `$2` another member with whom it has an ended link as its relative.
REFUSED = {
    "an acceptance of its own invitation": "INSERT INTO care.care_link (patient_id, relative_id, status) "
    "VALUES ($1, $2, 'ACCEPTED')",
    "an invitation to itself": "INSERT INTO care.care_link (patient_id, relative_id, status) "
    "VALUES ($2, $1, 'INVITED')",
    "an ended link made an invitation": "UPDATE care.care_link SET status = 'INVITED' "
    "WHERE (patient_id, relative_id) = ($2, $1)",
    "an ended link taken up again": "UPDATE care.care_link SET status = 'ACCEPTED' "
    "WHERE (patient_id, relative_id) = ($2, $1)",
    "another patient": "UPDATE care.care_link SET patient_id = $1 WHERE relative_id = $1 AND $2::uuid IS NOT NULL",
    "news of its own making": "INSERT INTO care.notification (member_id, kind) SELECT $2, 'REPLY' WHERE $1::uuid <> $2",
    "news of a link that is not there": "SELECT care.tell((SELECT id FROM care.member WHERE id NOT IN ($1, $2) "
    "LIMIT 1), 'CARE_LINK', 'mbr', $1)",
    "news of somebody else": "SELECT care.tell($2, 'CARE_LINK', 'mbr', $2) WHERE $1::uuid IS NOT NULL",
    "news of a moderator": "SELECT care.tell($2, 'MODERATION', 'mbr', $1)",
    "news unchecked": "SELECT care.notify_member($2, 'CARE_LINK', 'mbr', $1)",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
async def test_the_database_refuses_rows_that_no_mutation_writes(admin: asyncpg.Connection, statement: str) -> None:
    viewer, other = [UUID(str((await factories.member(admin))["id"])) for _ in range(2)]
    await factories.care_link(admin, patient_id=other, relative_id=viewer, status=CareLinkStatus.ENDED)
    async with viewing(admin, Audience.PATIENT, viewer):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
            async with admin.transaction():
                await admin.execute(statement, viewer, other)
        assert await admin.fetchval("SELECT care.tell($2, 'CARE_LINK', 'mbr', $1)", viewer, other) is not None


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("by_patient", [True, False])
async def test_the_notifications_of_a_care_link_end_with_it(network: Network, accepted: bool, by_patient: bool) -> None:
    mia, rob = await pair(network)
    _, other = await pair(network)
    link = await invited(network, mia, rob)
    await invited(network, mia, other)
    if accepted:
        await network.do(rob, "careLinkAccept", LINK, careLink=link)
        assert await news(network, mia) == [("CARE_LINK", f"mbr_{rob.id}")]
    assert await news(network, rob) == [("CARE_LINK", f"mbr_{mia.id}")]
    for _ in range(2):
        await network.do(mia if by_patient else rob, "careLinkEnd", LINK, careLink=link)
    assert (await news(network, mia), await news(network, rob)) == ([], [])
    assert await news(network, other) == [("CARE_LINK", f"mbr_{mia.id}")]
    await invited(network, mia, rob)
    assert await news(network, rob) == [("CARE_LINK", f"mbr_{mia.id}")]
