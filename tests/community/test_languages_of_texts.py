"""Discussions and posts know their language: chosen, or the account's; lists can be filtered by it."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.languages import Language
from models.migrations import run
from tests import factories
from tests.support.callers import User
from tests.support.declared import empty
from tests.support.ids import key
from tests.support.network import Network

POST = "post { id language discussion { language } }"
LISTED = """
query ($id: ID!, $language: Language, $search: String, $after: Cursor) {
  node(id: $id) { ... on Community { discussions(language: $language, search: $search, first: 2, after: $after) {
    nodes { title } pageInfo { hasNextPage endCursor } } } }
}
"""


async def started(network: Network, who: User, community: UUID, **given: Any) -> dict[str, Any]:
    asked = {"community": f"com_{community}", "title": "Mornings", "body": "How are yours?"} | given
    fields = "discussion { id language posts { nodes { id language } } }"
    payload = await network.do(who, "discussionStart", fields, **asked)
    assert payload["userErrors"] == []
    return dict(payload["discussion"])


async def titles(network: Network, who: User, community: UUID, **filters: Any) -> list[str]:
    """The titles on all pages."""
    found: list[str] = []
    after = None
    while True:
        answer = await network.ask(who, LISTED, {"id": f"com_{community}", "after": after, **filters})
        page = answer["data"]["node"]["discussions"]
        found += [node["title"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize(
    ("locale", "language"),
    [("fr-FR", "FR"), ("fr", "FR"), ("en", "EN"), ("en-GB", "EN"), ("de", "FR"), ("zh-Hant-TW", "FR"), ("x-en", "FR")],
)
async def test_a_text_is_in_the_language_of_the_account_unless_one_is_chosen(
    network: Network, community_id: UUID, ada: User, locale: str, language: str
) -> None:
    await network.database.execute("UPDATE identity.account SET locale = $2 WHERE member_id = $1", ada.id, locale)
    discussion = await started(network, ada, community_id)
    assert (discussion["language"], discussion["posts"]["nodes"][0]["language"]) == (language, language)
    for chosen in Language:
        written = await started(network, ada, community_id, language=chosen)
        assert (written["language"], written["posts"]["nodes"][0]["language"]) == (chosen, chosen)
        post = await network.do(
            ada, "postAdd", POST, discussion=discussion["id"], body="Slow ones.", language=chosen.value
        )
        # A reply in another language leaves the discussion in its own.
        assert (post["post"]["language"], post["post"]["discussion"]["language"]) == (chosen, language)
    post = await network.do(ada, "postAdd", POST, discussion=discussion["id"], body="Slow ones.", language=None)
    assert post["post"]["language"] == language


async def test_an_edit_changes_the_language_if_it_is_given_and_of_the_first_post_the_discussions(
    network: Network, community_id: UUID, ada: User, ben: User
) -> None:
    discussion = await started(network, ada, community_id, language="FR")
    first = discussion["posts"]["nodes"][0]["id"]
    reply = await network.do(ben, "postAdd", POST, discussion=discussion["id"], body="Slow ones.", language="FR")
    second = reply["post"]["id"]

    async def edited(who: User, post: str, **language: Any) -> tuple[str, str]:
        payload = await network.do(who, "postEdit", POST, post=post, body="Better.", **language)
        assert payload["userErrors"] == []
        return payload["post"]["language"], payload["post"]["discussion"]["language"]

    assert await edited(ben, second, language="EN") == ("EN", "FR")
    assert await edited(ben, second) == ("EN", "FR")
    assert await edited(ada, first, language="EN") == ("EN", "EN")
    assert await edited(ada, first, language=None) == ("EN", "EN")
    assert await edited(ben, second, language="FR") == ("FR", "EN")
    assert await network.refusals(ben, "postEdit", post=first, body="Mine.", language="FR") == [
        ("NOT_FOUND", "input.post")
    ]
    assert await network.value("SELECT language FROM care.discussion WHERE id = $1", key(discussion["id"])) == "EN"


async def test_lists_are_filtered_by_language_and_hide_nothing_unasked(
    network: Network, community_id: UUID, ada: User
) -> None:
    for number in range(5):
        language = ("EN", "FR")[number % 2]
        await started(network, ada, community_id, title=f"{language} {number}", language=language, body="Le matin.")
    assert await titles(network, ada, community_id) == ["EN 4", "FR 3", "EN 2", "FR 1", "EN 0"]
    assert await titles(network, ada, community_id, language=None) == ["EN 4", "FR 3", "EN 2", "FR 1", "EN 0"]
    assert await titles(network, ada, community_id, language="EN") == ["EN 4", "EN 2", "EN 0"]
    assert await titles(network, ada, community_id, language="FR") == ["FR 3", "FR 1"]
    assert await titles(network, ada, community_id, language="EN", search="matin") == ["EN 4", "EN 2", "EN 0"]
    assert await titles(network, ada, community_id, language="FR", search="EN") == []


async def test_posts_are_filtered_by_language_from_both_ends(network: Network, community_id: UUID, ada: User) -> None:
    discussion = await started(network, ada, community_id, language="FR", body="0")
    for number, language in enumerate(("EN", "FR", "EN"), 1):
        await network.do(ada, "postAdd", POST, discussion=discussion["id"], body=str(number), language=language)
    query = """query ($id: ID!, $in: Language) { node(id: $id) { ... on Discussion {
        posts(language: $in) { nodes { body } }
        latest: posts(language: $in, last: 1) { nodes { body } pageInfo { hasPreviousPage } }
    } } }"""
    expectations: dict[str | None, list[str]] = {None: ["0", "1", "2", "3"], "EN": ["1", "3"], "FR": ["0", "2"]}
    for chosen, expected in expectations.items():
        found = (await network.ask(ada, query, {"id": discussion["id"], "in": chosen}))["data"]["node"]
        assert [post["body"] for post in found["posts"]["nodes"]] == expected
        assert [post["body"] for post in found["latest"]["nodes"]] == expected[-1:]
        assert found["latest"]["pageInfo"]["hasPreviousPage"]


async def test_an_event_of_a_new_post_has_its_language(network: Network, community_id: UUID, ada: User) -> None:
    discussion = await started(network, ada, community_id, language="FR")
    await network.events()
    await network.do(ada, "postAdd", "post { id }", discussion=discussion["id"], body="Slow ones.", language="EN")
    (event,) = [event for event in await network.events() if event["kind"] == "postAdded"]
    answer = await network.ask(ada, f'{{ node(id: "pst_{event["subject"]}") {{ ... on Post {{ language }} }} }}')
    assert answer["data"]["node"] == {"language": "EN"}


async def test_a_page_of_one_language_is_read_from_an_index(network: Network, community_id: UUID) -> None:
    database = network.database
    await database.execute(
        "INSERT INTO care.discussion (community_id, title, language, last_post_at)"
        " SELECT $1, 'Matins', CASE WHEN n % 1000 = 0 THEN 'EN' ELSE 'FR' END, now() - make_interval(mins => n)"
        " FROM generate_series(1, 20000) n",
        community_id,
    )
    await database.execute("ANALYZE care.discussion")
    plan = await database.fetch(
        "EXPLAIN SELECT id FROM care.discussion"
        f" WHERE community_id = '{community_id}' AND language = 'EN' AND (last_post_at, id) < (now(), '{UUID(int=0)}')"
        " ORDER BY last_post_at DESC, id DESC LIMIT 20"
    )
    text = "\n".join(row[0] for row in plan)
    assert "ix_discussion_community_id_language_last_post_at_id" in text, text
    assert not {"Sort", "Filter"} & set(text.replace(":", " ").split()), text


@pytest.mark.slow
async def test_texts_of_before_are_in_the_language_of_their_authors_accounts(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0035")
        connection = await asyncpg.connect(dsn)
        try:
            community = (await factories.community(connection))["id"]
            expected: dict[UUID, str] = {}
            for locale, language in (("en-GB", "EN"), ("fr-FR", "FR"), ("de", "FR"), ("enm", "FR"), (None, "FR")):
                author = (await factories.member(connection))["id"]
                if locale is not None:
                    await factories.account(connection, member_id=author, locale=locale)
                discussion = await factories.discussion(connection, community_id=community, author_id=author)
                post = await factories.post(connection, discussion_id=discussion["id"], author_id=author)
                expected |= {discussion["id"]: language, post["id"]: language}
            await run.upgrade(dsn)
            stored = await connection.fetch(
                "SELECT id, language FROM care.discussion UNION ALL SELECT id, language FROM care.post"
            )
        finally:
            await connection.close()
    assert {row["id"]: row["language"] for row in stored} == expected
