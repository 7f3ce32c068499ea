"""The only place for where the values of what is told at once come from: an event's row, and what it must be about.

An event's `subject` is the row that is new, its `about` what a subscriber hears it by.
"""

from uuid import UUID

from models.community import discussions
from models.identity import members
from models.insight import insights
from models.research import surveys
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from models.viewers import Audience
from resolvers.lookup import community_called


def flag_raised(event: Row) -> Rows:
    flag = row(discussions.Flag)
    return select(flag).where(flag.id == event.subject)


def notification_added(event: Row) -> Rows:
    notification = row(members.Notification)
    return select(notification).where(notification.id == event.subject)


def viewer_topic(*, viewer: ViewerIds) -> Expression:
    return viewer.member


def post_added(event: Row) -> Rows:
    post = row(discussions.Post)
    return select(post).where(post.id == event.subject)


def discussion_topic(*, discussion: Value[UUID]) -> Expression:
    found = row(discussions.Discussion)
    return select(found.id).where(found.id == discussion).scalar_subquery()


def survey_opened(event: Row, *, viewer: ViewerIds, community: Value[str] | None = None) -> Rows:
    survey = row(surveys.Survey)
    found = select(survey).where(survey.id == event.subject)
    if community is not None:
        return found
    membership = row(members.Membership)
    joined = select(membership.community_id).where(membership.member_id == viewer.member)
    return found.where(survey.community_id.in_(joined))


def insight_published(event: Row, *, viewer: ViewerIds, community: Value[str] | None = None) -> Rows:
    insight = row(insights.Insight)
    found = select(insight).where(insight.id == event.subject)
    if community is not None or viewer.view is not Audience.PATIENT:  # policies say which ones others may read
        return found
    membership = row(members.Membership)
    joined = select(membership.community_id).where(membership.member_id == viewer.member)
    return found.where(insight.community_id.in_(joined))


def community_topic(*, community: Value[str] | None = None) -> Expression | None:
    """None: what is of any community is heard, and of it what is the viewer's to see is told."""
    return None if community is None else community_called(community)
