"""The root of mutations, collected from the topics' declarations."""

from planner.declare import graph_type
from schema.access import EACH_FIELD
from schema.community.appeals_mutations import AppealMutations
from schema.community.catalogue_communities_mutations import CatalogueCommunityMutations
from schema.community.catalogue_conditions_mutations import CatalogueConditionMutations
from schema.community.communities_mutations import CommunityMutations
from schema.community.discussions_mutations import DiscussionMutations
from schema.community.moderation_mutations import ModerationMutations
from schema.community.proposals_mutations import ProposalMutations
from schema.identity.accounts_mutations import AccountMutations
from schema.identity.api_keys_mutations import ApiKeyMutations
from schema.identity.associations_mutations import AssociationMutations
from schema.identity.care_links_mutations import CareLinkMutations
from schema.identity.credentials_mutations import CredentialMutations
from schema.identity.data_exports_mutations import DataExportMutations
from schema.identity.members_mutations import MemberMutations
from schema.identity.notifications_mutations import NotificationMutations
from schema.identity.organization_users_mutations import OrganizationUserMutations
from schema.identity.organizations_mutations import OrganizationMutations
from schema.identity.registrations_mutations import RegistrationMutations
from schema.identity.second_factors_mutations import SecondFactorMutations
from schema.identity.staff_mutations import StaffMutations
from schema.identity.terms_mutations import TermsMutations
from schema.identity.webhooks_mutations import WebhookMutations
from schema.insight.analysis_plans_mutations import AnalysisPlanMutations
from schema.insight.data_uses_mutations import DataUseMutations
from schema.insight.datasets_mutations import DatasetMutations
from schema.insight.insights_mutations import InsightMutations
from schema.insight.licences_mutations import LicenceMutations
from schema.insight.openings_mutations import OpeningMutations
from schema.research.consents_mutations import ConsentMutations
from schema.research.participations_mutations import ParticipationMutations
from schema.research.surveys_mutations import SurveyMutations
from schema.tracking.catalogue_indicators_mutations import CatalogueIndicatorMutations
from schema.tracking.catalogue_treatments_mutations import CatalogueTreatmentMutations
from schema.tracking.observations_mutations import TrackingMutations
from schema.tracking.own_indicators_mutations import OwnIndicatorMutations
from schema.tracking.own_treatments_mutations import OwnTreatmentMutations
from schema.tracking.treatments_mutations import TreatmentMutations


@graph_type(
    audience=EACH_FIELD,
    description="The mutations. A refusal is reported in `userErrors`, and nothing is written. A field is null only "
    "if it failed, which is reported in `errors`, and nothing is written either.",
)
class Mutation(
    AccountMutations,
    CredentialMutations,
    SecondFactorMutations,
    DataExportMutations,
    RegistrationMutations,
    TermsMutations,
    MemberMutations,
    AssociationMutations,
    CareLinkMutations,
    NotificationMutations,
    CommunityMutations,
    DiscussionMutations,
    ModerationMutations,
    AppealMutations,
    ProposalMutations,
    TrackingMutations,
    OwnIndicatorMutations,
    OwnTreatmentMutations,
    TreatmentMutations,
    ConsentMutations,
    SurveyMutations,
    OpeningMutations,
    ParticipationMutations,
    OrganizationMutations,
    OrganizationUserMutations,
    StaffMutations,
    ApiKeyMutations,
    WebhookMutations,
    LicenceMutations,
    DatasetMutations,
    InsightMutations,
    AnalysisPlanMutations,
    DataUseMutations,
    CatalogueConditionMutations,
    CatalogueIndicatorMutations,
    CatalogueTreatmentMutations,
    CatalogueCommunityMutations,
):
    """The mutations of every topic."""
