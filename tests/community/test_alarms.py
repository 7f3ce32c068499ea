"""Flags of posts whose author may be in danger: who is written to, who is shown help lines, and what comes first."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.languages import Language
from models.viewers import Audience
from resolvers.community.discussions_mutations import SUPPORT_DAYS
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.ids import key
from tests.support.network import Network

NUMBERS = ["3114", "15", "112", "114"]
HELP = "query ($in: Language!) { helpLines(language: $in) { number language name description } }"
FLAGS = "query ($status: FlagStatus) { flags(first: 50, status: $status) { nodes { urgent reason post { id } } } }"
NOTIFICATIONS = "{ me { notifications { nodes { kind subject { id } } } } }"
ALARM = "SELECT care.raise_alarm($1, '30 days')"
MAILS = "SELECT recipient FROM identity.outbox_entry WHERE letter = 'SELF_HARM_FLAG' ORDER BY 1"


async def carried_out(admin: asyncpg.Connection, audience: Audience, viewer: UUID, query: str, of: UUID) -> None:
    """A query as a viewer, which is committed."""
    async with admin.transaction():
        await admin.execute(f"SET LOCAL ROLE {audience.role}")
        await admin.execute("SELECT set_config($1, $2, true)", audience.setting, str(viewer))
        await admin.execute(query, of)
        await admin.execute("RESET ROLE")


async def post_of(network: Network, author: User, community: UUID) -> str:
    discussion = await factories.discussion(network.database, community_id=community, author_id=author.id)
    made = await factories.post(network.database, discussion_id=discussion["id"], author_id=author.id)
    return f"pst_{made['id']}"


async def flagged(network: Network, who: User, post: str, reason: str = "SELF_HARM_RISK") -> list[str]:
    payload = await network.do(who, "postFlag", "helpLines { number language }", post=post, reason=reason)
    assert payload["userErrors"] == []
    return [f"{line['number']} {line['language']}" for line in payload["helpLines"]]


async def supported(network: Network, who: User) -> int:
    return await network.count("care.notification", member_id=who.id, kind="SUPPORT")


@pytest.mark.parametrize("language", Language)
async def test_anybody_reads_the_help_lines(network: Network, language: Language) -> None:
    lines = (await network.ask(ANYBODY, HELP, {"in": language.value}))["data"]["helpLines"]
    assert [line["number"] for line in lines] == NUMBERS
    assert {line["language"] for line in lines} == {language.value}
    default = (await network.ask(ANYBODY, "{ helpLines { language } }"))["data"]["helpLines"]
    assert {line["language"] for line in default} == {"EN"}


@pytest.mark.parametrize(("locale", "language"), [("fr-FR", "FR"), ("en-GB", "EN"), ("fr-CA", "FR"), ("de", "EN")])
async def test_whoever_flags_is_shown_whom_to_call_in_their_language(
    network: Network, ada: User, ben: User, community_id: UUID, locale: str, language: str
) -> None:
    await network.database.execute("UPDATE identity.account SET locale = $2 WHERE member_id = $1", ada.id, locale)
    post = await post_of(network, ben, community_id)
    assert await flagged(network, ada, post, "ABUSE") == []
    assert await supported(network, ben) == 0
    assert await flagged(network, ada, post) == [f"{number} {language}" for number in NUMBERS]


async def test_the_author_is_shown_help_once_without_learning_why(
    network: Network, ada: User, ben: User, community_id: UUID
) -> None:
    posts = [await post_of(network, ben, community_id) for _ in range(2)]
    eve = await network.member(community_id)
    await network.events()
    await asyncio.gather(*(flagged(network, who, post) for who in (ada, eve) for post in posts))
    found = (await network.ask(ben, NOTIFICATIONS))["data"]["me"]["notifications"]["nodes"]
    assert found == [{"kind": "SUPPORT", "subject": None}]
    about_ben = [event for event in await network.events() if event.get("about") == str(ben.id)]
    assert [event["kind"] for event in about_ben] == ["notificationAdded"]
    earlier = "UPDATE care.notification SET created_at = now() - $2::interval WHERE member_id = $1"
    await network.database.execute(earlier, ben.id, timedelta(days=SUPPORT_DAYS - 1))
    await flagged(network, ada, posts[0])
    assert await supported(network, ben) == 1
    await network.database.execute(earlier, ben.id, timedelta(days=SUPPORT_DAYS + 1))
    await flagged(network, ada, posts[0])
    assert await supported(network, ben) == 2
    assert await supported(network, ada) == 0


async def test_moderators_are_written_to_at_once_without_a_name_or_a_text(own_network: Network) -> None:
    network, database = own_network, own_network.database
    community = (await factories.community(database))["id"]
    ada, ben = await network.member(community), await network.member(community)
    addresses = []
    for number, roles in enumerate(([StaffRole.MODERATOR], [StaffRole.DATA_STEWARD, StaffRole.MODERATOR], [])):
        staff = await factories.staff(database, roles=[role.value for role in roles])
        address = f"staff{number}@cohorte.example"
        await factories.account(database, staff_id=staff["id"], email=address, locale=("fr-FR", "en")[number % 2])
        addresses += [address] if roles else []
    post = await post_of(network, ben, community)
    await flagged(network, ada, post)
    for address, subject in zip(
        addresses, ("Un membre est peut-être en danger", "A member may be in danger"), strict=True
    ):
        mail = await network.mailbox.next(address)
        assert mail["Subject"] == subject
        for secret in (ada.name, ben.name, key(post), "It helps me"):
            assert str(secret) not in mail.as_string()
    assert "staff2@cohorte.example" not in {to for to, _ in network.mailbox.all()}


async def test_a_moderator_has_one_such_mail_waiting_at_most(admin: asyncpg.Connection) -> None:
    staff = await factories.staff(admin, roles=["MODERATOR"])
    account = await factories.account(admin, staff_id=staff["id"])
    for _ in range(3):
        flag = await factories.flag(admin, reason="SELF_HARM_RISK")
        await carried_out(admin, Audience.PATIENT, flag["member_id"], ALARM, flag["id"])
    assert [row["recipient"] for row in await admin.fetch(MAILS)].count(account["email"]) == 1


async def test_nobody_raises_an_alarm_without_an_urgent_flag_of_their_own(admin: asyncpg.Connection) -> None:
    viewer = (await factories.member(admin))["id"]
    spam = await factories.flag(admin, member_id=viewer)
    decided = await factories.flag(admin, member_id=viewer, reason="SELF_HARM_RISK", status="DISMISSED")
    theirs = await factories.flag(admin, reason="SELF_HARM_RISK")
    assert [spam["urgent"], decided["urgent"], theirs["urgent"]] == [False, False, True]
    for flag in (spam, decided, theirs):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no urgent flag"):
            await carried_out(admin, Audience.PATIENT, viewer, ALARM, flag["id"])


async def test_no_member_of_staff_sends_support_themselves(admin: asyncpg.Connection) -> None:
    staff, member = (await factories.staff(admin))["id"], (await factories.member(admin))["id"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await carried_out(admin, Audience.MANAGER, staff, "SELECT care.tell($1, 'SUPPORT', NULL, NULL)", member)


async def test_a_post_without_an_author_is_flagged_all_the_same(
    network: Network, ada: User, community_id: UUID
) -> None:
    discussion = await factories.discussion(network.database, community_id=community_id)
    post = await factories.post(network.database, discussion_id=discussion["id"], author_id=None)
    assert len(await flagged(network, ada, f"pst_{post['id']}")) == len(NUMBERS)


async def test_urgent_flags_come_first_until_they_are_decided(own_network: Network) -> None:
    network = own_network
    community = (await factories.community(network.database))["id"]
    ada, ben, moderator = (
        await network.member(community), await network.member(community), await network.staff(StaffRole.MODERATOR)
    )  # fmt: skip
    posts = [await post_of(network, ben, community) for _ in range(4)]
    for post, reason in zip(posts, ("SELF_HARM_RISK", "SPAM", "SELF_HARM_RISK", "ABUSE"), strict=True):
        await flagged(network, ada, post, reason)

    async def order() -> list[tuple[int, bool]]:
        nodes = (await network.ask(moderator, FLAGS))["data"]["flags"]["nodes"]
        ours = [node for node in nodes if node["post"]["id"] in posts]  # besides those of the demonstration
        return [(posts.index(node["post"]["id"]), node["urgent"]) for node in ours]

    assert await order() == [(2, True), (0, True), (3, False), (1, False)]
    flag = await network.value("SELECT id FROM care.flag WHERE post_id = $1", key(posts[2]))
    await network.do(moderator, "flagResolve", "__typename", flag=f"flg_{flag}", upheld=False)
    assert await order() == [(0, True), (3, False), (2, False), (1, False)]
    page = (
        "query ($after: Cursor) { flags(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }"
    )
    cursor, more, paged = None, True, []
    while more:
        answer = await network.ask(moderator, page, {"after": cursor})
        assert "errors" not in answer
        found = answer["data"]["flags"]
        paged += [node["id"] for node in found["nodes"]]
        cursor, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    whole = (await network.ask(moderator, "{ flags(first: 100) { nodes { id } } }"))["data"]["flags"]["nodes"]
    assert paged == [node["id"] for node in whole]
