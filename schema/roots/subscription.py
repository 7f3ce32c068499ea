"""The root of subscriptions, and the audience of each."""

from planner.declare import graph_type, subscription
from resolvers import events
from schema.access import MANAGER, PATIENT, SIGNED_IN
from schema.community.discussions import Flag, Post
from schema.identity.accounts import Notification
from schema.insight.insights import Insight
from schema.research.surveys import Survey


@graph_type(audience=SIGNED_IN)
class Subscription:
    """The subscriptions. Only events that the viewer may see are delivered. A stream that fails may miss events."""

    flag_raised: Flag = subscription(events.flag_raised, "Delivers each flag that a member raises.", only=MANAGER)
    insight_published: Insight = subscription(
        events.insight_published,
        "Delivers each insight that is published.",
        topic=events.community_topic,
        arguments={
            "community": "Slug of a community: only its insights. An unknown slug is refused. Defaults to every "
            "community for staff, to those that a member belongs to, and to those that a buyer's licences cover."
        },
        only=SIGNED_IN,
    )
    notification_added: Notification = subscription(
        events.notification_added,
        "Delivers each new notification to the viewer.",
        topic=events.viewer_topic,
        only=PATIENT,
    )
    post_added: Post = subscription(
        events.post_added,
        "Delivers each new post in a discussion.",
        topic=events.discussion_topic,
        arguments={"discussion": "Id of the discussion. An unknown id is refused."},
        only=PATIENT | MANAGER,
    )
    survey_opened: Survey = subscription(
        events.survey_opened,
        "Delivers each survey that opens.",
        topic=events.community_topic,
        arguments={
            "community": "Slug of a community: only its surveys. An unknown slug is refused. Defaults to every "
            "community the viewer belongs to."
        },
        only=PATIENT,
    )
