"""The only place for the root of subscriptions: what is told at once, and to whom."""

import resolvers.accounts
import resolvers.communities
import resolvers.datasets
import resolvers.discussions
import resolvers.events
import resolvers.insights
import resolvers.members
import resolvers.organizations
import resolvers.register
import resolvers.surveys
import resolvers.tracking
import resolvers.treatments
from planner.declare import graph_type, told
from schema.access import MANAGER, PATIENT, SIGNED_IN
from schema.accounts import Notification
from schema.discussions import Flag, Post
from schema.insights import Insight
from schema.surveys import Survey


@graph_type(audience=SIGNED_IN)
class Subscription:
    """What is told at once. What the viewer may not see is not told; a stream that ends with an error may have gaps."""

    flag_raised: Flag = told(
        resolvers.events.flag_raised, "A post that a member has just shown to the moderators.", only=MANAGER
    )
    insight_published: Insight = told(
        resolvers.events.insight_published,
        "What has just been published: of a community by its name in addresses; or, for a member, of those it is in, "
        "for a buyer of what its licences open, and for the house of any.",
        heard=resolvers.events.community_heard,
        only=SIGNED_IN,
    )
    notification_added: Notification = told(
        resolvers.events.notification_added,
        "Something that the viewer has just been told.",
        heard=resolvers.events.viewer_heard,
        only=PATIENT,
    )
    post_added: Post = told(
        resolvers.events.post_added,
        "A post that has just been written in a discussion.",
        heard=resolvers.events.discussion_heard,
        only=PATIENT | MANAGER,
    )
    survey_opened: Survey = told(
        resolvers.events.survey_opened,
        "A survey that has just opened: in a community by its name in addresses, or in any that the viewer is in.",
        heard=resolvers.events.community_heard,
        only=PATIENT,
    )
