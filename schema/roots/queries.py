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
from planner.declare import PAGE_LIMIT, graph_type, node_by_id, paged, sql
from resolvers.tracking import INDICATORS
from schema import insights_writes
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.accounts import Me, Notification, Viewer
from schema.communities import SEARCH, Community
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
    """The queries, which read data and never change it."""

    node: Node | None = node_by_id("Any object by its id. Null if it does not exist or the viewer may not see it.")
    viewer: Viewer = sql(resolvers.accounts.viewer, "The authenticated caller.", only=PUBLIC)

    communities: Connection[Community] = paged(
        resolvers.communities.communities,
        "All communities, by name.",
        arguments={"search": f"Only communities that match, by everyday names too. {SEARCH}"},
        only=PUBLIC,
    )
    community: Community | None = sql(
        resolvers.communities.community,
        "A community by its slug. Null if there is none.",
        arguments={"slug": "Slug of the community, such as `epilepsy`."},
        only=PUBLIC,
    )
    treatments: Connection[Treatment] = paged(
        resolvers.treatments.treatments,
        "The treatments of the catalogue, by name.",
        arguments={"search": f"Only treatments that match. {SEARCH}", "kind": "Only treatments of this kind."},
        only=PUBLIC,
    )
    treatment: Treatment | None = sql(
        resolvers.treatments.treatment,
        "A treatment by its slug. Null if there is none.",
        arguments={"slug": "Slug of the treatment, such as `methotrexate`."},
        only=PUBLIC,
    )
    indicators: list[Indicator] = sql(
        resolvers.tracking.indicators,
        "The indicators that can be tracked, by name.",
        arguments={
            "search": f"Only indicators that match, by everyday names too: `tired` finds Fatigue. {SEARCH}",
            "first": f"Number of indicators to return, 1 to {PAGE_LIMIT}. Defaults to {INDICATORS}.",
        },
        only=PUBLIC,
    )

    notices: list[Notice] = sql(
        resolvers.surveys.notices, "The consent notices in force, one for each purpose.", only=PUBLIC
    )

    data_uses: Connection[DataUse] = paged(
        resolvers.register.data_uses,
        "The public ledger: every use of members' data, newest first.",
        arguments={
            "organization": "Id of an organization: only uses that it requested.",
            "community": "Slug of a community: only uses of its members' data.",
        },
        only=PUBLIC,
    )

    me: Me = sql(resolvers.members.me, "The viewer's own data.", only=PATIENT)
    member: Member | None = sql(
        resolvers.members.member,
        "A member by their pseudonym. Null if there is none.",
        arguments={"pseudonym": "The member's pseudonym. Case is ignored."},
        only=PATIENT | MANAGER,
    )
    discussion: Discussion | None = sql(
        resolvers.discussions.discussion, "A discussion by its id. Null if there is none.", only=PATIENT | MANAGER
    )
    survey: Survey | None = sql(
        resolvers.surveys.survey,
        "A survey by its id. Null if there is none; drafts exist for staff only.",
        only=SIGNED_IN,
    )

    organization: Organization = sql(resolvers.organizations.organization, "The viewer's own organization.", only=BUYER)
    insight_quote: InsightQuote = insights_writes.insight_quote
    datasets: Connection[Dataset] = paged(
        resolvers.datasets.datasets,
        "All datasets, most recently frozen first.",
        arguments={
            "community": "Slug of a community: only its datasets.",
            "kind": "Only datasets of this kind.",
        },
        only=BUYER | MANAGER,
    )
    dataset: Dataset | None = sql(
        resolvers.datasets.dataset, "A dataset by its id. Null if there is none.", only=SIGNED_IN
    )
    insight: Insight | None = sql(
        resolvers.insights.insight,
        "An insight by its id. Null if there is none, or if no licence of the buyer covers it.",
        only=SIGNED_IN,
    )

    surveys: Connection[Survey] = paged(
        resolvers.surveys.surveys,
        "All surveys, latest closing day first.",
        arguments={"community": "Slug of a community: only its surveys.", "status": "Only surveys with this status."},
        only=MANAGER,
    )
    flags: Connection[Flag] = paged(
        resolvers.discussions.flags,
        "The flags that members raised, newest first.",
        arguments={"status": "Only flags with this status."},
        only=MANAGER,
    )
    licences: Connection[Licence] = paged(
        resolvers.organizations.licences,
        "All licences, latest first day first.",
        arguments={"status": "Only licences with this status."},
        only=MANAGER,
    )
    organizations: Connection[Organization] = paged(
        resolvers.organizations.organizations, "All organizations, by name.", only=MANAGER
    )
