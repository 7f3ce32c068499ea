"""Reads discussions, posts, topics, reactions and flags."""

from uuid import UUID

from sqlalchemy import CompoundSelect, func, union_all

from models.community import discussions as tables
from models.community import moderation
from models.languages import Language
from models.rows import Branches, Expression, Row, Rows, Value, ViewerIds, row, select
from models.tracking import observations, treatments
from resolvers.lookup import computed_once


def discussion(*, id: Value[UUID]) -> Rows:
    """One row, or none if the viewer may not read it."""
    found = row(tables.Discussion)
    return select(found).where(found.id == id)


def discussions_of(community: Row, *, search: Value[str] | None = None, language: Language | None = None) -> Rows:
    """Discussions, the one with the latest post first. `search` is compared with titles and posts, as PostgreSQL's
    full-text search does.
    """
    discussion = row(tables.Discussion)
    found = select(discussion).where(discussion.community_id == community.id)
    if language is not None:
        found = found.where(discussion.language == language)
    found = found.order_by(discussion.last_post_at.desc(), discussion.id.desc())
    if search is None:
        return found
    return found.where(discussion.id == func.any(func.array(found_in(community, search).scalar_subquery())))


def found_in(community: Row, text: Value[str]) -> CompoundSelect[tuple[UUID]]:
    """The ids of the community's discussions of which the title or a post has each word of the text."""
    query = computed_once(func.catalog.search_query_there(text, community.id))
    titled, post = row(tables.Discussion), row(tables.Post)
    return union_all(
        *(
            select(id).where(func.catalog.words_there(there.search, there.community_id).bool_op("@@")(query))
            for there, id in ((titled, titled.id), (post, post.discussion_id))
        )
    )


def pinned_in(community: Row) -> Rows:
    """Pinned discussions, the last pinned first."""
    discussion, pin = row(tables.Discussion), row(tables.Pin)
    found = select(discussion).join(pin, pin.discussion_id == discussion.id)
    return found.where(pin.community_id == community.id).order_by(pin.created_at.desc(), discussion.id)


def discussion_of(post: Row) -> Rows:
    """One row, by `discussion_id`."""
    found = row(tables.Discussion)
    return select(found).where(found.id == post.discussion_id)


def posts_of(discussion: Row, *, language: Language | None = None) -> Rows:
    """Posts, the oldest first, with those that were removed; those in one language, if it is given."""
    post = row(tables.Post)
    found = select(post).where(post.discussion_id == discussion.id).order_by(post.created_at, post.id)
    return found if language is None else found.where(post.language == language)


def last_post(discussion: Row) -> Rows:
    """One row: the newest post, removed or not."""
    post = row(tables.Post)
    found = select(post).where(post.discussion_id == discussion.id)
    return found.order_by(post.created_at.desc(), post.id.desc()).limit(1)


def topics_of(discussion: Row) -> Branches:
    """Treatments and indicators together, in the discussion's own order."""
    treatment, of_treatment = row(treatments.Treatment), row(tables.DiscussionTopic)
    indicator, of_indicator = row(observations.Indicator), row(tables.DiscussionTopic)
    return Branches(
        (
            select(treatment)
            .join(of_treatment, of_treatment.treatment_id == treatment.id)
            .where(of_treatment.discussion_id == discussion.id)
            .order_by(of_treatment.position),
            select(indicator)
            .join(of_indicator, of_indicator.indicator_id == indicator.id)
            .where(of_indicator.discussion_id == discussion.id)
            .order_by(of_indicator.position),
        )
    )


def reactions_of(post: Row) -> Rows:
    """Each reaction that was given, with how many gave it (`count`), the most frequent first."""
    given = row(tables.PostReaction)
    count = func.count()
    return (
        select(given.reaction.label("reaction"), count.label("count"))
        .where(given.post_id == post.id)
        .group_by(given.reaction)
        .order_by(count.desc(), given.reaction.desc())
    )


def viewer_reactions(post: Row, *, viewer: ViewerIds) -> Expression:
    """An array, in the order of their names; empty unless the viewer is a member."""
    given = row(tables.PostReaction)
    own = select(given.reaction).where(given.post_id == post.id, given.member_id == viewer.member)
    return func.array(own.order_by(given.reaction).scalar_subquery())


def flags(*, status: tables.FlagStatus | None = None) -> Rows:
    """Flags of all posts: urgent ones first, then the newest; those of one status, if it is given."""
    flag = row(tables.Flag)
    found = select(flag).order_by(flag.urgent.desc(), flag.created_at.desc(), flag.id.desc())
    return found if status is None else found.where(flag.status == status)


def post_of(flag: Row) -> Rows:
    """One row, by `post_id`."""
    post = row(tables.Post)
    return select(post).where(post.id == flag.post_id)


def flag_of(decided: Row) -> Rows:
    """One row, by `flag_id`; none if that is null."""
    flag = row(tables.Flag)
    return select(flag).where(flag.id == decided.flag_id)


def removed_body(post: Row) -> Expression:
    """The text as it was; null unless a moderator has removed it, and for viewers who may not read it."""
    removed = row(moderation.RemovedText)
    return select(removed.body).where(removed.post_id == post.id).scalar_subquery()


def has_removed_body(post: Row) -> Expression:
    """A boolean: whether `removed_body` can still be read."""
    removed = row(moderation.RemovedText)
    return select(removed.post_id).where(removed.post_id == post.id).exists()


def removal_reason(post: Row) -> Expression:
    """The moderator's reason; null if the post was not removed, or its author did so."""
    removal = row(moderation.Removal)
    return select(removal.reason).where(removal.post_id == post.id).scalar_subquery()
