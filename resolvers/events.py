"""Reads the rows that subscriptions deliver, and the topics that subscribers choose.

An event's `subject` is the id of the new row, and its `about` the id that must equal the subscriber's topic.
"""

from uuid import UUID

from models.community import communities, discussions
from models.identity import members
from models.insight import insights
from models.research import surveys
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from models.viewers import Audience
from resolvers.lookup import community_called


def flag_raised(event: Row) -> Rows:
    """One row, by the event's subject; none once it is gone."""
    flag = row(discussions.Flag)
    return select(flag).where(flag.id == event.subject)


def notification_added(event: Row) -> Rows:
    """One row, by the event's subject; none if the viewer may not read it."""
    notification = row(members.Notification)
    return select(notification).where(notification.id == event.subject)


def viewer_topic(*, viewer: ViewerIds) -> Expression:
    """The key of the viewer's member, to which events of theirs are addressed; null for others."""
    return viewer.member


def post_added(event: Row) -> Rows:
    """One row, by the event's subject; none if the viewer may not read it."""
    post = row(discussions.Post)
    return select(post).where(post.id == event.subject)


def discussion_topic(*, discussion: Value[UUID]) -> Expression:
    """The discussion's key; null, which refuses the subscription, if the viewer may not read it."""
    found = row(discussions.Discussion)
    return select(found.id).where(found.id == discussion).scalar_subquery()


def survey_opened(event: Row, *, viewer: ViewerIds, community: Value[str] | None = None) -> Rows:
    """One row, by the event's subject; without `community`, none of communities that the viewer has not joined."""
    survey = row(surveys.Survey)
    found = select(survey).where(survey.id == event.subject)
    if community is not None:
        return found
    membership = row(members.Membership)
    joined = select(membership.community_id).where(membership.member_id == viewer.member)
    return found.where(survey.community_id.in_(joined))


def insight_published(event: Row, *, viewer: ViewerIds, community: Value[str] | None = None) -> Rows:
    """One row, by the event's subject.

    Without `community`, patients get none of communities that they have not joined, or that were not merged into
    those.
    """
    insight = row(insights.Insight)
    found = select(insight).where(insight.id == event.subject)
    if community is not None or viewer.view is not Audience.PATIENT:  # policies say which ones others may read
        return found
    membership, merged = row(members.Membership), row(communities.Community)
    joined = select(membership.community_id).where(membership.member_id == viewer.member)
    merged_into_those = select(merged.id).where(merged.merged_into_id.in_(joined))
    return found.where(insight.community_id.in_(joined) | insight.community_id.in_(merged_into_those))


def community_topic(*, community: Value[str] | None = None) -> Expression | None:
    """The community's id. None subscribes to every community; only what the viewer may see is delivered."""
    return None if community is None else community_called(community)
