"""The root of mutations, collected from the topics' declarations."""

from planner.declare import graph_type
from schema.access import EACH_FIELD
from schema.accounts_writes import AccountMutations
from schema.communities_writes import CommunityMutations
from schema.discussions_writes import DiscussionMutations
from schema.insights_writes import InsightMutations
from schema.members_writes import MemberMutations
from schema.moderation_writes import ModerationMutations
from schema.organizations_writes import OrganizationMutations
from schema.surveys_writes import SurveyMutations
from schema.tracking_writes import TrackingMutations
from schema.treatments_writes import TreatmentMutations


@graph_type(audience=EACH_FIELD)
class Mutation(
    AccountMutations,
    CommunityMutations,
    DiscussionMutations,
    InsightMutations,
    MemberMutations,
    ModerationMutations,
    OrganizationMutations,
    SurveyMutations,
    TrackingMutations,
    TreatmentMutations,
):
    """What can be changed. An expected refusal is reported in `userErrors`, and nothing is written."""
