"""Checks posts and discussions: lengths, rate limits, topics, and who may write."""

import unicodedata
from collections.abc import Sequence
from uuid import UUID

from models.database import Connection
from models.parameters import NodeId
from models.viewers import Viewer
from resolvers.transactions import Refused, Step, invalid, limit_reached, not_eligible, not_found, text_within, too_long

TITLE_LEAST, TITLE_MOST = 3, 150  # in characters, as the next two are
BODY_MOST = 10_000
NOTE_MOST = 1_000
TOPICS_MOST = 5
POSTS_AN_HOUR = 30
NEW_POSTS_AN_HOUR = 5  # while an account is new: those registered for advertising start posting at once
NEW_DAYS = 7

CLOSED = "The discussion is closed."
REMOVED = "The post was removed."


def title_in(text: str, *path: Step) -> str:
    title = text_within(text, TITLE_MOST, *path)
    if len(title) < TITLE_LEAST:
        raise invalid(f"At least {TITLE_LEAST} characters are required.", *path)
    refuse_control_characters(title, "", *path)
    return title


def body_in(text: str, *path: Step) -> str:
    """The text unchanged: white space at its ends has a meaning in CommonMark. Raises Refused: INVALID, TOO_LONG."""
    if not text.strip():
        raise invalid("This must not be empty.", *path)
    if len(text) > BODY_MOST:
        raise too_long(BODY_MOST, *path)
    refuse_control_characters(text, "\n\t", *path)
    return text


def note_in(text: str | None, *path: Step) -> str | None:
    """An optional text, trimmed; None if it is blank. Raises Refused: INVALID, TOO_LONG."""
    if text is None or not text.strip():
        return None
    note = text_within(text, NOTE_MOST, *path)
    refuse_control_characters(note, "\n\t", *path)
    return note


def refuse_control_characters(text: str, allowed: str, *path: Step) -> None:
    if any(unicodedata.category(character) == "Cc" and character not in allowed for character in text):
        raise invalid("This contains a control character.", *path)


async def expect_topics(connection: Connection, about: Sequence[NodeId]) -> None:
    if len(about) > TOPICS_MOST:
        raise invalid(f"A discussion can be about at most {TOPICS_MOST} treatments and indicators.", "about")
    known = await connection.fetch(
        "SELECT 'trt', id FROM catalog.treatment WHERE id = any($1::uuid[])"
        " UNION ALL SELECT 'ind', id FROM catalog.indicator WHERE id = any($2::uuid[])",
        keys_of("trt", about),
        keys_of("ind", about),
    )
    there = {NodeId(*found) for found in known}
    for place, topic in enumerate(about):
        if topic not in there:
            raise not_found("about", place)
        if topic in about[:place]:
            raise invalid("This is given twice.", "about", place)


def keys_of(prefix: str, ids: Sequence[NodeId]) -> list[UUID]:
    return [id.key for id in ids if id.prefix == prefix]


async def expect_writer(connection: Connection, viewer: Viewer, community: UUID, *path: Step) -> None:
    await expect_not_suspended(connection, viewer, *path)
    belongs = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM care.membership WHERE member_id = $1 AND community_id = $2)",
        viewer.member,
        community,
    )
    if not belongs:
        raise not_eligible("Only members of the community can write in its discussions.", *path)


async def expect_not_suspended(connection: Connection, viewer: Viewer, *path: Step) -> None:
    suspended = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM care.suspension WHERE member_id = $1 AND (until IS NULL OR until > now()))",
        viewer.member,
    )
    if suspended:
        raise Suspended(*path)


class Suspended(Refused):
    """A moderator has suspended the viewer from writing in discussions."""

    def __init__(self, *path: Step) -> None:
        super().__init__(
            *not_eligible("You are suspended: you can read discussions, but not write in them for now.", *path).refusals
        )


async def expect_fewer_posts(connection: Connection, viewer: Viewer) -> None:
    # One at a time: posts sent at once would each miss the others in their count.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"posts of {viewer.member}")
    posts: int = await connection.fetchval(
        "SELECT count(*) FROM care.post WHERE author_id = $1 AND created_at > now() - interval '1 hour'", viewer.member
    )
    new = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM identity.account WHERE member_id = $1"
        " AND created_at > now() - make_interval(days => $2))",
        viewer.member,
        NEW_DAYS,
    )
    most = NEW_POSTS_AN_HOUR if new else POSTS_AN_HOUR
    if posts >= most:
        raise limit_reached(f"You can write at most {most} posts an hour. Try again later.", "body")
