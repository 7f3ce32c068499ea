"""The only place for the root of queries: what can be asked first, and what `node` may find."""

# Whole names: within Query, `communities` is a field.
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
from planner.declare import graph_type, node_by_id, paged, sql
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.accounts import Me, Notification, Viewer
from schema.communities import Community
from schema.datasets import Dataset
from schema.discussions import Discussion, Flag, Post
from schema.insights import Insight
from schema.insights_writes import InsightQuote, insight_quote
from schema.members import Member
from schema.organizations import Licence, Organization
from schema.pagination import Connection, Node
from schema.register import DataUse
from schema.surveys import Notice, Survey
from schema.tracking import Indicator, Observation
from schema.treatments import Treatment, TreatmentCourse, TreatmentEvaluation
from schema.writing import question

NODES: tuple[type, ...] = (
    Community,
    Dataset,
    Discussion,
    Flag,
    Indicator,
    Insight,
    Licence,
    Member,
    Notification,
    Observation,
    Organization,
    Post,
    Survey,
    Treatment,
    TreatmentCourse,
    TreatmentEvaluation,
)


@graph_type(audience=PUBLIC)
class Query:
    """What can be asked."""

    node: Node | None = node_by_id("Any object by its id; null where there is none that the viewer may see.")
    viewer: Viewer = sql(resolvers.accounts.viewer, "Who asks.", only=PUBLIC)

    communities: Connection[Community] = paged(
        resolvers.communities.communities,
        "The communities, by name; a search finds lay words too, and without a word finds nothing.",
        only=PUBLIC,
    )
    community: Community | None = sql(
        resolvers.communities.community, "A community by its name in addresses.", only=PUBLIC
    )
    treatments: Connection[Treatment] = paged(
        resolvers.treatments.treatments,
        "The treatments of the catalogue, by name; of one kind, or found by words.",
        only=PUBLIC,
    )
    treatment: Treatment | None = sql(
        resolvers.treatments.treatment, "A treatment by its name in addresses.", only=PUBLIC
    )
    indicators: list[Indicator] = sql(
        resolvers.tracking.indicators,
        "What can be tracked, by name; a lay word finds it: `tired` finds Fatigue. At most 100, and 20 if not said.",
        only=PUBLIC,
    )

    notices: list[Notice] = sql(
        resolvers.surveys.notices, "What people are told before they consent, as it is in force now.", only=PUBLIC
    )

    data_uses: Connection[DataUse] = paged(
        resolvers.register.data_uses,
        "The public register: every use of members' data, newest first; an organization's, or of one community.",
        only=PUBLIC,
    )

    me: Me = sql(resolvers.members.me, "All that is the viewer's own.", only=PATIENT)
    member: Member | None = sql(
        resolvers.members.member, "A member by its pseudonym, in any case.", only=PATIENT | MANAGER
    )
    discussion: Discussion | None = sql(
        resolvers.discussions.discussion, "A discussion by its id.", only=PATIENT | MANAGER
    )
    survey: Survey | None = sql(
        resolvers.surveys.survey, "A survey by its id; a draft is the house's alone.", only=SIGNED_IN
    )

    organization: Organization = sql(resolvers.organizations.organization, "The viewer's own organization.", only=BUYER)
    insight_quote: InsightQuote = question(
        insight_quote, "What an insight would cost: free, as often as it is asked.", only=BUYER | MANAGER
    )
    datasets: Connection[Dataset] = paged(
        resolvers.datasets.datasets,
        "All datasets, last frozen first; of one community by its name in addresses, of one kind.",
        only=BUYER | MANAGER,
    )
    dataset: Dataset | None = sql(resolvers.datasets.dataset, "A dataset by its id.", only=SIGNED_IN)
    insight: Insight | None = sql(
        resolvers.insights.insight, "An insight by its id; null for a buyer that may not read it.", only=SIGNED_IN
    )

    surveys: Connection[Survey] = paged(
        resolvers.surveys.surveys,
        "All surveys, last to close first; of one community by its name in addresses.",
        only=MANAGER,
    )
    flags: Connection[Flag] = paged(
        resolvers.discussions.flags, "The posts shown to the moderators, newest first.", only=MANAGER
    )
    licences: Connection[Licence] = paged(
        resolvers.organizations.licences, "All licences, last to begin first.", only=MANAGER
    )
    organizations: Connection[Organization] = paged(
        resolvers.organizations.organizations, "All organizations, by name.", only=MANAGER
    )
