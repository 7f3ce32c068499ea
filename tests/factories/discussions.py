"""Factories of discussions and moderation."""

from typing import Any

import asyncpg

from models.community import discussions, moderation
from models.identity import members
from tests.factories.catalogue import community, treatment
from tests.factories.members import member, membership
from tests.factories.rows import NOON, Connection, Maker, fake, numbers


async def discussion(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"community_id": community, "author_id": member}
    return await fake(
        connection, discussions.Discussion, given, parents, title="Mornings", created_at=NOON, last_post_at=NOON
    )


async def discussion_topic(connection: Connection, **given: Any) -> asyncpg.Record:
    parents: dict[str, Maker] = {"discussion_id": discussion}
    if "indicator_id" not in given:
        parents["treatment_id"] = treatment
    return await fake(connection, discussions.DiscussionTopic, given, parents, position=next(numbers))


async def post(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"discussion_id": discussion, "author_id": member}
    return await fake(connection, discussions.Post, given, parents, body="It helps me to walk.", created_at=NOON)


async def pin(connection: Connection, **given: Any) -> asyncpg.Record:
    """A pin of a verified association, which has started a discussion in a community that it belongs to."""
    if "member_id" not in given:
        kind = members.MemberKind.ASSOCIATION
        given["member_id"] = (await member(connection, kind=kind, verified=True))["id"]
    if "community_id" not in given:
        given["community_id"] = (await community(connection))["id"]
        await membership(connection, member_id=given["member_id"], community_id=given["community_id"])
    if "discussion_id" not in given:
        of = {"community_id": given["community_id"], "author_id": given["member_id"]}
        given["discussion_id"] = (await discussion(connection, **of))["id"]
        await post(connection, discussion_id=given["discussion_id"], author_id=given["member_id"])
    return await fake(connection, discussions.Pin, given, created_at=NOON)


async def post_reaction(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"post_id": post, "member_id": member}
    return await fake(connection, discussions.PostReaction, given, parents, reaction=discussions.Reaction.THANKS)


async def flag(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"post_id": post, "member_id": member}
    return await fake(connection, discussions.Flag, given, parents, reason=discussions.FlagReason.SPAM)


async def removal(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, moderation.Removal, given, {"post_id": post}, reason="It names somebody.")


async def appeal(connection: Connection, **given: Any) -> asyncpg.Record:
    """An appeal against a removal at noon, open unless its status and the time of the decision are given."""
    parents = {"post_id": post, "author_id": member}
    return await fake(connection, moderation.Appeal, given, parents, removed_at=NOON, text="It names nobody.")


async def removed_text(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"post_id": post, "author_id": member}
    return await fake(connection, moderation.RemovedText, given, parents, body="Call Anne.")


async def suspension(connection: Connection, **given: Any) -> asyncpg.Record:
    """A suspension, indefinite unless its end is given."""
    return await fake(connection, moderation.Suspension, given, {"member_id": member}, reason="It insults others.")
