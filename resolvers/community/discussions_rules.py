"""Checks posts and discussions: lengths, rate limits, topics, and who may write."""

from collections.abc import Sequence
from uuid import UUID

from models.community.discussions import UNSTATED
from models.database import Connection
from models.languages import Language, language_of
from models.messages import message
from models.parameters import NodeId
from models.viewers import Viewer
from resolvers.texts import is_blank
from resolvers.transactions import (
    Refusal,
    Refused,
    Step,
    invalid,
    limit_reached,
    line_within,
    not_eligible,
    not_found,
    optional_text_within,
    too_long,
)

TITLE_LEAST, TITLE_MOST = 3, 150  # in characters, as the next two are
BODY_MOST = 10_000
NOTE_MOST = 1_000
TOPICS_MOST = 5
POSTS_AN_HOUR = 30
NEW_POSTS_AN_HOUR = 5  # while an account is new: those registered for advertising start posting at once
NEW_DAYS = 7

CLOSED = message("The discussion is closed.")
REMOVED = message("The post was removed.")
SUSPENDED = "EXISTS (SELECT FROM care.suspension WHERE member_id = $1 AND (until IS NULL OR until > now()))"


def title_in(text: str, *path: Step) -> str:
    """A single line of text, trimmed. Raises Refused: INVALID, TOO_LONG."""
    title = line_within(text, TITLE_MOST, *path)
    if len(title) < TITLE_LEAST:
        raise invalid(message("At least {least} characters are required.", least=TITLE_LEAST), *path)
    return title


def body_in(text: str, *path: Step) -> str:
    """The text unchanged: white space at its ends has a meaning in CommonMark. Raises Refused: INVALID, TOO_LONG."""
    if is_blank(text):
        raise invalid(message("This must not be empty."), *path)
    if len(text) > BODY_MOST:
        raise too_long(BODY_MOST, *path)
    return text


def note_in(text: str | None, *path: Step) -> str | None:
    """An optional text, trimmed; None if it is blank. Raises Refused: TOO_LONG."""
    return optional_text_within(text, NOTE_MOST, *path)


async def language_for(connection: Connection, viewer: Viewer, language: Language | None) -> Language:
    """The language of a new text: the given one, or else that of the viewer's account, or else UNSTATED."""
    if language is not None:
        return language
    locale = await connection.fetchval("SELECT locale FROM identity.account WHERE member_id = $1", viewer.member)
    return language_of(locale or "") or UNSTATED


async def topic_refusals(connection: Connection, about: Sequence[NodeId]) -> list[Refusal]:
    """The refusals of `about`: NOT_FOUND, or INVALID for one that is given twice and for too many."""
    if len(about) > TOPICS_MOST:
        return [
            *invalid(
                message(
                    "A discussion can be about at most {most} treatments and indicators.",
                    most=TOPICS_MOST,
                ),
                "about",
            ).refusals
        ]
    known = await connection.fetch(
        "SELECT 'trt', id FROM catalog.treatment WHERE id = any($1::uuid[])"
        " UNION ALL SELECT 'ind', id FROM catalog.indicator WHERE id = any($2::uuid[])",
        keys_of("trt", about),
        keys_of("ind", about),
    )
    there = {NodeId(*found) for found in known}
    refusals: list[Refusal] = []
    for place, topic in enumerate(about):
        if topic not in there:
            refusals += not_found("about", place).refusals
        elif topic in about[:place]:
            refusals += invalid(message("This is given twice."), "about", place).refusals
    return refusals


def keys_of(prefix: str, ids: Sequence[NodeId]) -> list[UUID]:
    """The keys of the ids with this prefix, in the same order."""
    return [id.key for id in ids if id.prefix == prefix]


async def expect_writer(connection: Connection, viewer: Viewer, community: UUID, *path: Step) -> None:
    """Raises Refused: NOT_ELIGIBLE if the viewer is suspended, or does not belong to the community."""
    found = await connection.fetchrow(
        f"SELECT {SUSPENDED}, EXISTS (SELECT FROM care.membership WHERE member_id = $1 AND community_id = $2)",  # noqa: S608 - ours
        viewer.member,
        community,
    )
    assert found is not None
    suspended, belongs = found
    if suspended:
        raise suspended_writer(*path)
    if not belongs:
        raise not_eligible(message("Only members of the community can write in its discussions."), *path)


async def expect_not_suspended(connection: Connection, viewer: Viewer, *path: Step) -> None:
    """Raises Refused: NOT_ELIGIBLE."""
    if await connection.fetchval(f"SELECT {SUSPENDED}", viewer.member):
        raise suspended_writer(*path)


def suspended_writer(*path: Step) -> Refused:
    """A refusal, to be raised: NOT_ELIGIBLE."""
    return not_eligible(message("You are suspended: you can read discussions, but not write in them for now."), *path)


async def expect_fewer_posts(connection: Connection, viewer: Viewer) -> None:
    """Raises Refused: LIMIT_REACHED, which is earlier for new accounts. Further calls for the viewer wait until
    the transaction ends.
    """
    # One at a time: posts sent at once would each miss the others in their count.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"posts of {viewer.member}")
    found = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM care.post WHERE author_id = $1 AND created_at > now() - interval '1 hour'),"
        " EXISTS (SELECT FROM identity.account WHERE member_id = $1"
        " AND created_at > now() - make_interval(days => $2))",
        viewer.member,
        NEW_DAYS,
    )
    assert found is not None
    posts, new = found
    most = NEW_POSTS_AN_HOUR if new else POSTS_AN_HOUR
    if posts >= most:
        raise limit_reached(message("You can write at most {most} posts an hour. Try again later.", most=most), "body")
