"""Stored counts of memberships, discussions and posts equal the rows they count, under concurrent writes too."""

import asyncio
import contextlib
import random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from tests import factories
from tests.support.callers import User
from tests.support.network import Network

MEMBERS, ROUNDS, AT_ONCE = 18, 10, 6

# One row for each wrong count.
WRONG_POSTS = """
    SELECT d.id FROM care.discussion d LEFT JOIN care.post p ON p.discussion_id = d.id
    GROUP BY d.id HAVING d.post_count <> count(p.id) OR d.last_post_at <> max(p.created_at)
"""


async def wrong(network: Network) -> list[Any]:
    return list(await network.database.fetch(WRONG_POSTS))


async def test_counts_of_the_demonstration_network_are_correct(network: Network) -> None:
    assert await wrong(network) == []
    assert await network.value("SELECT count(*) FROM care.discussion WHERE post_count > 1") > 50


async def test_a_wrong_count_is_detected(network: Network) -> None:
    async with network.database.transaction() as _:
        await network.database.execute("UPDATE care.discussion SET post_count = post_count + 1")
        found = len(await wrong(network))
        await network.database.execute("UPDATE care.discussion SET post_count = post_count - 1")
    assert found == await network.value("SELECT count(*) FROM care.discussion")


async def delete(network: Network, who: User) -> None:
    for _ in range(5):
        # It locks the member and then the discussions, a post the other way round: one of the two may be aborted.
        with contextlib.suppress(asyncpg.DeadlockDetectedError):
            await network.database.execute("DELETE FROM care.member WHERE id = $1", who.id)
            return
    raise AssertionError("five deadlocks")


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
async def test_counts_stay_correct_after_any_sequence_of_writes(network: Network, seed: int) -> None:
    chance = random.Random(seed)
    communities = [UUID(str((await factories.community(network.database))["id"])) for _ in range(2)]
    people = [await network.member(*communities) for _ in range(MEMBERS)]
    moderator = await network.staff(StaffRole.MODERATOR)
    asked = [{"community": f"com_{id}", "title": "Mornings", "body": "How are yours?"} for id in communities]
    opened = [await network.do(people[0], "discussionStart", "discussion { id }", **given) for given in asked]
    discussions = [payload["discussion"]["id"] for payload in opened]
    posts: list[str] = []
    leaving = asyncio.Lock()

    async def write(who: User) -> None:
        community = f"com_{chance.choice(communities)}"
        choice = chance.choice(["communityJoin", "communityLeave", "discussionStart", *["postAdd"] * 4, "postEdit",
                                "postRemove", "postReact", "postFlag", "remove", "leave the network"])  # fmt: skip
        given: dict[str, Any] = {}
        match choice:
            case "communityJoin" | "communityLeave":
                given = {"community": community}
            case "discussionStart":
                given = {"community": community, "title": "Mornings", "body": "How are yours?"}
            case "postAdd":
                given = {"discussion": chance.choice(discussions), "body": "Slow."}
            case "postEdit" if posts:
                given = {"post": chance.choice(posts), "body": "Quick."}
            case "postRemove" if posts:
                given = {"post": chance.choice(posts)}
            case "postReact" if posts:
                given = {"post": chance.choice(posts), "reaction": "HUG", "on": chance.random() < 0.6}
            case "postFlag" if posts:
                given = {"post": chance.choice(posts), "reason": "SPAM"}
            case "remove" if posts:
                choice, who, given = "postRemove", moderator, {"post": chance.choice(posts), "reason": "r"}
            case "leave the network" if chance.random() < 0.2:
                people.remove(who)
                async with leaving:
                    await delete(network, who)
                return
            case _:
                return
        fields = {"discussionStart": "discussion { id }", "postAdd": "post { id }"}.get(choice, "__typename")
        payload = await network.do(who, choice, fields, **given)
        if not payload["userErrors"]:
            if choice == "discussionStart":
                discussions.append(payload["discussion"]["id"])
            if choice == "postAdd":
                posts.append(payload["post"]["id"])

    for _ in range(ROUNDS):
        await asyncio.gather(*(write(who) for who in chance.sample(people, AT_ONCE)))
        assert await wrong(network) == []
    assert posts
