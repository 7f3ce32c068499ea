"""The root of queries, and the types that `node` finds."""

# Whole names: within Query, `communities` is a field.
import resolvers.accounts
import resolvers.communities
import resolvers.datasets
import resolvers.discussions
import resolvers.insights
import resolvers.members
import resolvers.organizations
import resolvers.register
import resolvers.surveys
import resolvers.tracking
import resolvers.treatments
from planner.declare import graph_type, node_by_id, paged, sql
from schema import insights_writes
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.accounts import Me, Notification, Viewer
from schema.communities import Community
from schema.datasets import Dataset
from schema.discussions import Discussion, Flag, Post
from schema.insights import Insight
from schema.insights_writes import InsightQuote
from schema.members import Member
from schema.organizations import Licence, Organization
from schema.pagination import Connection, Node
from schema.register import DataUse
from schema.surveys import Notice, Survey
from schema.tracking import Indicator, Observation
from schema.treatments import Treatment, TreatmentCourse, TreatmentEvaluation

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
    """What can be queried."""

    node: Node | None = node_by_id("An object by its id. Null if there is none that the viewer may see.")
    viewer: Viewer = sql(resolvers.accounts.viewer, "The authenticated caller.", only=PUBLIC)

    communities: Connection[Community] = paged(
        resolvers.communities.communities,
        "The communities, by name. A search finds lay words too; an empty one finds nothing.",
        only=PUBLIC,
    )
    community: Community | None = sql(resolvers.communities.community, "A community by its URL slug.", only=PUBLIC)
    treatments: Connection[Treatment] = paged(
        resolvers.treatments.treatments,
        "The treatments of the catalogue, by name: of one kind, or found by a search.",
        only=PUBLIC,
    )
    treatment: Treatment | None = sql(resolvers.treatments.treatment, "A treatment by its URL slug.", only=PUBLIC)
    indicators: list[Indicator] = sql(
        resolvers.tracking.indicators,
        "What can be tracked, by name. A search finds lay words too: `tired` finds Fatigue.",
        only=PUBLIC,
    )

    notices: list[Notice] = sql(
        resolvers.surveys.notices, "The notices in force, which people read before they consent.", only=PUBLIC
    )

    data_uses: Connection[DataUse] = paged(
        resolvers.register.data_uses,
        "The public ledger: every use of members' data, newest first. Of one organization, or of one community.",
        only=PUBLIC,
    )

    me: Me = sql(resolvers.members.me, "The viewer's own data.", only=PATIENT)
    member: Member | None = sql(
        resolvers.members.member, "A member by their pseudonym. Case is ignored.", only=PATIENT | MANAGER
    )
    discussion: Discussion | None = sql(
        resolvers.discussions.discussion, "A discussion by its id.", only=PATIENT | MANAGER
    )
    survey: Survey | None = sql(resolvers.surveys.survey, "A survey by its id. Only staff see drafts.", only=SIGNED_IN)

    organization: Organization = sql(resolvers.organizations.organization, "The viewer's own organization.", only=BUYER)
    insight_quote: InsightQuote = insights_writes.insight_quote
    datasets: Connection[Dataset] = paged(
        resolvers.datasets.datasets,
        "All datasets, last frozen first. Of one community, by its URL slug, or of one kind.",
        only=BUYER | MANAGER,
    )
    dataset: Dataset | None = sql(resolvers.datasets.dataset, "A dataset by its id.", only=SIGNED_IN)
    insight: Insight | None = sql(
        resolvers.insights.insight, "An insight by its id. Null for a buyer who may not read it.", only=SIGNED_IN
    )

    surveys: Connection[Survey] = paged(
        resolvers.surveys.surveys,
        "All surveys, last to close first. Of one community, by its URL slug.",
        only=MANAGER,
    )
    flags: Connection[Flag] = paged(
        resolvers.discussions.flags, "The flags that members have raised, newest first.", only=MANAGER
    )
    licences: Connection[Licence] = paged(
        resolvers.organizations.licences, "All licences, last to begin first.", only=MANAGER
    )
    organizations: Connection[Organization] = paged(
        resolvers.organizations.organizations, "All organizations, by name.", only=MANAGER
    )
