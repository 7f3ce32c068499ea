"""The root of queries, and the types that `node` finds."""

# Whole names: within Query, `communities` is a field.
import resolvers.community.appeals
import resolvers.community.catalogue_changes
import resolvers.community.communities
import resolvers.community.discussions
import resolvers.community.proposals
import resolvers.identity.accounts
import resolvers.identity.help_lines
import resolvers.identity.members
import resolvers.identity.organizations
import resolvers.identity.privacy_notices
import resolvers.identity.readings
import resolvers.identity.staff
import resolvers.identity.terms
import resolvers.insight.data_uses
import resolvers.insight.datasets
import resolvers.insight.insights
import resolvers.insight.licences
import resolvers.insight.network
import resolvers.insight.undertakings
import resolvers.regions
import resolvers.research.surveys
import resolvers.research.translations
import resolvers.tracking.observations
import resolvers.tracking.treatments
from planner.declare import graph_type, node_by_id, nodes_by_ids, paged, sql
from planner.declared import PAGE_LIMIT
from resolvers.tracking.observations import INDICATORS
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.catalogue_texts import BEST_FIRST, SEARCH
from schema.community.appeals import Appeal
from schema.community.catalogue_changes import CatalogueChange
from schema.community.communities import Community, Condition
from schema.community.discussions import Discussion, Flag, Post
from schema.community.proposals import CatalogueProposal
from schema.identity.accounts import Account, Me, Notification, Session, Viewer
from schema.identity.associations import Association, Verification
from schema.identity.data_reads import DataRead
from schema.identity.help_lines import HelpLine
from schema.identity.members import CareLink, Member, Membership, Suspension
from schema.identity.organization_users import OrganizationUser
from schema.identity.organizations import ApiKey, Organization
from schema.identity.privacy_notices import PrivacyNotice
from schema.identity.readings import ReadingAlert
from schema.identity.second_factors import SecondFactor
from schema.identity.staff import Staff, StaffChange
from schema.identity.terms import Terms
from schema.identity.webhooks import Webhook, WebhookDelivery
from schema.insight import analysis_plans_mutations, insights_mutations
from schema.insight.analysis_plans_mutations import InsightPlanQuote
from schema.insight.data_uses import DataUse, LedgerEntry
from schema.insight.datasets import Dataset, Variable
from schema.insight.insights import Insight
from schema.insight.insights_mutations import InsightQuote
from schema.insight.licences import Licence
from schema.insight.network import Network
from schema.insight.undertakings import Undertakings
from schema.pagination import UNKNOWN_ID, UNKNOWN_SLUG, Node, RelayConnection
from schema.research import participations_mutations
from schema.research.participations_mutations import SurveyCheck
from schema.research.surveys import Consent, Notice, Participation, Question, Survey
from schema.research.translations import MissingTranslation
from schema.tracking.observations import Indicator, Observation
from schema.tracking.own_indicators import OwnIndicator, OwnObservation
from schema.tracking.own_treatments import OwnCourse, OwnTreatment
from schema.tracking.treatments import Treatment, TreatmentCourse, TreatmentEvaluation

NODES: tuple[type, ...] = (
    Account,
    ApiKey,
    Appeal,
    Association,
    CareLink,
    CatalogueChange,
    CatalogueProposal,
    Community,
    Condition,
    Consent,
    DataRead,
    DataUse,
    Dataset,
    Discussion,
    Flag,
    Indicator,
    Insight,
    LedgerEntry,
    Licence,
    Me,
    Member,
    Membership,
    Notice,
    Notification,
    Observation,
    Organization,
    OrganizationUser,
    OwnCourse,
    OwnIndicator,
    OwnObservation,
    OwnTreatment,
    Participation,
    Post,
    PrivacyNotice,
    Question,
    ReadingAlert,
    SecondFactor,
    Session,
    Staff,
    StaffChange,
    Survey,
    Suspension,
    Terms,
    Treatment,
    TreatmentCourse,
    TreatmentEvaluation,
    Variable,
    Verification,
    Viewer,
    Webhook,
    WebhookDelivery,
)


@graph_type(audience=PUBLIC)
class Query:
    """The queries, which read data and never change it."""

    node: Node | None = node_by_id("Any object by its id. Null if it does not exist or the viewer may not see it.")
    nodes: list[Node | None] = nodes_by_ids(
        "Several objects by their ids, in that order. Each is null if `node` would return null."
    )
    viewer: Viewer = sql(resolvers.identity.accounts.viewer, "The authenticated caller.", only=PUBLIC)

    communities: RelayConnection[Community] = paged(
        resolvers.community.communities.communities,
        f"All communities, by name. {BEST_FIRST}",
        arguments={
            "search": f"Only communities that match, by everyday names too. {SEARCH}",
            "status": "Only communities with this status; drafts exist for staff only. Defaults to all that have not "
            "merged into others.",
        },
        only=PUBLIC,
    )
    community: Community | None = sql(
        resolvers.community.communities.community,
        "A community by its slug. Null if there is none.",
        arguments={"slug": "Slug of the community, such as `epilepsy`."},
        only=PUBLIC,
    )
    treatments: RelayConnection[Treatment] = paged(
        resolvers.tracking.treatments.treatments,
        f"The treatments of the catalogue, by name. {BEST_FIRST}",
        arguments={"search": f"Only treatments that match. {SEARCH}", "kind": "Only treatments of this kind."},
        only=PUBLIC,
    )
    treatment: Treatment | None = sql(
        resolvers.tracking.treatments.treatment,
        "A treatment by its slug. Null if there is none.",
        arguments={"slug": "Slug of the treatment, such as `methotrexate`."},
        only=PUBLIC,
    )
    indicators: list[Indicator] = sql(
        resolvers.tracking.observations.indicators,
        f"The indicators that can be tracked, by name. {BEST_FIRST}",
        arguments={
            "search": f"Only indicators that match, by everyday names too: `tired` finds Fatigue. {SEARCH}",
            "first": f"Number of indicators to return, 1 to {PAGE_LIMIT}. Defaults to {INDICATORS}.",
        },
        only=PUBLIC,
    )

    network: Network = sql(
        resolvers.insight.network.network,
        "The network in three figures: communities, active members, and treatments that they follow.",
        only=PUBLIC,
    )
    regions: list[str] = sql(
        resolvers.regions.regions,
        "The regions that a member can live in and a survey can be limited to, as datasets spell them.",
        only=PUBLIC,
    )
    notices: list[Notice] = sql(
        resolvers.research.surveys.notices,
        "The consent notices in force, one for each purpose.",
        arguments={"language": "Language of the texts. Defaults to that of the request."},
        only=PUBLIC,
    )

    terms: Terms = sql(
        resolvers.identity.terms.terms,
        "The terms of use in force, which members accept when they register.",
        arguments={"language": "Language of the text. Defaults to that of the request."},
        only=PUBLIC,
    )

    privacy_notice: PrivacyNotice = sql(
        resolvers.identity.privacy_notices.privacy_notice,
        "The privacy notice in force, which members read when they register.",
        arguments={"language": "Language of the text. Defaults to that of the request."},
        only=PUBLIC,
    )
    help_lines: list[HelpLine] = sql(
        resolvers.identity.help_lines.help_lines,
        "Services that people in distress can call, most suitable first.",
        arguments={"language": "Language of the texts. Defaults to that of the request."},
        only=PUBLIC,
    )

    data_uses: RelayConnection[DataUse] = paged(
        resolvers.insight.data_uses.data_uses,
        "The public ledger: every use of members' data, newest first.",
        arguments={
            "organization": f"Id of an organization: only uses that it requested. {UNKNOWN_ID}",
            "community": f"Slug of a community: only uses of its members' data. {UNKNOWN_SLUG}",
        },
        only=PUBLIC,
    )

    ledger_entries: RelayConnection[LedgerEntry] = paged(
        resolvers.insight.data_uses.ledger_entries,
        "Every entry of the public ledger, newest first, to verify the chain: data uses, and links to their results.",
        only=PUBLIC,
    )
    catalogue_proposals: RelayConnection[CatalogueProposal] = paged(
        resolvers.community.proposals.proposals,
        "Members' proposals for the catalogue, oldest first. Empty for staff who are not catalogue editors.",
        arguments={"status": "Only proposals with this status.", "kind": "Only proposals of this kind."},
        only=MANAGER,
    )
    undertakings: Undertakings = sql(
        resolvers.insight.undertakings.undertakings,
        "The undertakings in force, which an organization accepts when it requests a licence.",
        arguments={"language": "Language of the text. Defaults to that of the request."},
        only=PUBLIC,
    )

    me: Me = sql(resolvers.identity.members.me, "The viewer's own data.", only=PATIENT)
    member: Member | None = sql(
        resolvers.identity.members.member,
        "A member by their pseudonym. Null if there is none. Staff who are not moderators find only associations.",
        arguments={"pseudonym": "The member's pseudonym. Case and Unicode normalization are ignored."},
        only=PATIENT | MANAGER,
    )
    discussion: Discussion | None = sql(
        resolvers.community.discussions.discussion,
        "A discussion by its id. Null if there is none, and for staff who are not moderators.",
        only=PATIENT | MANAGER,
    )
    survey: Survey | None = sql(
        resolvers.research.surveys.survey,
        "A survey by its id. Null if there is none; drafts exist for survey managers only.",
        only=SIGNED_IN,
    )
    survey_check: SurveyCheck = participations_mutations.survey_check

    organization: Organization = sql(
        resolvers.identity.organizations.organization, "The viewer's own organization.", only=BUYER
    )
    insight_quote: InsightQuote = insights_mutations.insight_quote
    insight_plan_quote: InsightPlanQuote = analysis_plans_mutations.insight_plan_quote
    datasets: RelayConnection[Dataset] = paged(
        resolvers.insight.datasets.datasets,
        "All datasets, most recently frozen first.",
        arguments={
            "community": f"Slug of a community: only its datasets. {UNKNOWN_SLUG}",
            "kind": "Only datasets of this kind.",
        },
        only=PUBLIC,
    )
    dataset: Dataset | None = sql(
        resolvers.insight.datasets.dataset, "A dataset by its id. Null if there is none.", only=PUBLIC
    )
    insight: Insight | None = sql(
        resolvers.insight.insights.insight,
        "An insight by its id. Null if there is none, or if the viewer may not read it: members read those of their "
        "communities and of datasets that they are enrolled in, buyers those that their licences cover, and "
        "moderators none.",
        only=SIGNED_IN,
    )

    surveys: RelayConnection[Survey] = paged(
        resolvers.research.surveys.surveys,
        "All surveys, latest closing day first; drafts for survey managers only.",
        arguments={
            "community": f"Slug of a community: only its surveys. {UNKNOWN_SLUG}",
            "status": "Only surveys with this status.",
        },
        only=MANAGER,
    )
    flags: RelayConnection[Flag] = paged(
        resolvers.community.discussions.flags,
        "The flags that members raised: urgent ones first, then newest first. Empty for staff who are not moderators.",
        arguments={"status": "Only flags with this status."},
        only=MANAGER,
    )
    appeals: RelayConnection[Appeal] = paged(
        resolvers.community.appeals.appeals,
        "The appeals against removals of posts, newest first. Empty for staff who are not moderators.",
        arguments={"status": "Only appeals with this status."},
        only=MANAGER,
    )
    reading_alerts: RelayConnection[ReadingAlert] = paged(
        resolvers.identity.readings.reading_alerts,
        "The days on which members tried to read the data of too many members, latest first. Empty for staff who "
        "are not moderators.",
        only=MANAGER,
    )
    licences: RelayConnection[Licence] = paged(
        resolvers.insight.licences.licences,
        "All licences, undecided requests first and the newest first. Empty for staff who are not data stewards.",
        arguments={"status": "Only licences with this status."},
        only=MANAGER,
    )
    conditions: RelayConnection[Condition] = paged(
        resolvers.community.communities.conditions,
        f"All conditions, by name. {BEST_FIRST}",
        arguments={"search": f"Only conditions that match, by their codes too, such as `ORPHA:558`. {SEARCH}"},
        only=MANAGER,
    )
    catalogue_changes: RelayConnection[CatalogueChange] = paged(
        resolvers.community.catalogue_changes.catalogue_changes,
        "The changes of the catalogue, latest first. Empty for staff who are neither catalogue editors nor "
        "administrators.",
        arguments={"subject": f"Id of a condition, community, indicator or treatment: only its changes. {UNKNOWN_ID}"},
        only=MANAGER,
    )
    missing_translations: RelayConnection[MissingTranslation] = paged(
        resolvers.research.translations.missing_translations,
        "Texts that nobody has translated yet: of the catalogue, of surveys that members answer or will answer, and "
        "of associations' pages. Empty for staff who are neither catalogue editors nor survey managers; only survey "
        "managers see those of draft surveys.",
        arguments={
            "language": "Only texts that are missing in this language. English is missing on associations' pages only.",
            "kind": "Only texts of this kind.",
        },
        only=MANAGER,
    )
    organizations: RelayConnection[Organization] = paged(
        resolvers.identity.organizations.organizations, "All organizations, by name.", only=MANAGER
    )
    staff: RelayConnection[Staff] = paged(
        resolvers.identity.staff.staff_members,
        "The staff, by name. Those who are not administrators find only themselves.",
        only=MANAGER,
    )
