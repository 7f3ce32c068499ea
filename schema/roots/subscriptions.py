"""The root of subscriptions, and the audience of each."""

from planner.declare import graph_type, told
from resolvers import events
from schema.access import MANAGER, PATIENT, SIGNED_IN
from schema.accounts import Notification
from schema.discussions import Flag, Post
from schema.insights import Insight
from schema.surveys import Survey


@graph_type(audience=SIGNED_IN)
class Subscription:
    """The subscriptions. Only events that the viewer may see are delivered. A stream that fails may miss some."""

    flag_raised: Flag = told(events.flag_raised, "Delivers each flag that a member raises.", only=MANAGER)
    insight_published: Insight = told(
        events.insight_published,
        "Delivers each insight that is published.",
        heard=events.community_heard,
        arguments={
            "community": "Slug of a community: only its insights. Defaults to every community for staff, to those that "
            "a member belongs to, and to those that a buyer's licences cover."
        },
        only=SIGNED_IN,
    )
    notification_added: Notification = told(
        events.notification_added,
        "Delivers each new notification to the viewer.",
        heard=events.viewer_heard,
        only=PATIENT,
    )
    post_added: Post = told(
        events.post_added,
        "Delivers each new post in a discussion.",
        heard=events.discussion_heard,
        arguments={"discussion": "Id of the discussion."},
        only=PATIENT | MANAGER,
    )
    survey_opened: Survey = told(
        events.survey_opened,
        "Delivers each survey that opens.",
        heard=events.community_heard,
        arguments={
            "community": "Slug of a community: only its surveys. Defaults to every community the viewer belongs to."
        },
        only=PATIENT,
    )
