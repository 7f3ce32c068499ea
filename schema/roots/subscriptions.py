"""The root of subscriptions: which events are delivered, and to whom."""

from planner.declare import graph_type, told
from resolvers import events
from schema.access import MANAGER, PATIENT, SIGNED_IN
from schema.accounts import Notification
from schema.discussions import Flag, Post
from schema.insights import Insight
from schema.surveys import Survey


@graph_type(audience=SIGNED_IN)
class Subscription:
    """Events as they happen. Those that the viewer may not see are not delivered. A stream that ends with an error may
    have missed some.
    """

    flag_raised: Flag = told(events.flag_raised, "A flag that a member has just raised.", only=MANAGER)
    insight_published: Insight = told(
        events.insight_published,
        "An insight that has just been published: of one community, by its URL slug. By default, of the communities "
        "that a member is in, of those that a buyer's licences open, and of all for staff.",
        heard=events.community_heard,
        only=SIGNED_IN,
    )
    notification_added: Notification = told(
        events.notification_added,
        "A notification that the viewer has just received.",
        heard=events.viewer_heard,
        only=PATIENT,
    )
    post_added: Post = told(
        events.post_added,
        "A post that has just been added to a discussion.",
        heard=events.discussion_heard,
        only=PATIENT | MANAGER,
    )
    survey_opened: Survey = told(
        events.survey_opened,
        "A survey that has just opened: in one community, by its URL slug, or in any that the viewer is in.",
        heard=events.community_heard,
        only=PATIENT,
    )
