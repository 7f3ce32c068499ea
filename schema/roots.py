"""The only place for the roots of the graph: what can be asked and done first, and what `node` may find."""

import strawberry

# Whole names: within Query, `communities` is a field.
import resolvers.accounts
import resolvers.communities
import resolvers.discussions
import resolvers.members
import resolvers.organizations
import resolvers.surveys
import resolvers.tracking
import resolvers.treatments
from planner.declare import AUDIENCE, graph_type, node_by_id, paged, sql
from schema.access import BUYER, EACH_FIELD, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.accounts import Me, Notification, SignInPayload, SignOutPayload, Viewer, sign_in, sign_out
from schema.communities import Community
from schema.discussions import Discussion, Flag, Post
from schema.members import Member
from schema.organizations import Licence, Organization
from schema.pagination import Connection, Node
from schema.surveys import Survey
from schema.tracking import Indicator, Observation
from schema.treatments import Treatment, TreatmentCourse, TreatmentEvaluation

NODES: tuple[type, ...] = (
    Community,
    Discussion,
    Flag,
    Indicator,
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


@graph_type(audience=EACH_FIELD)
class Mutation:
    """What can be done. An expected refusal is told in `userErrors`, and leaves nothing behind."""

    sign_in: SignInPayload = strawberry.mutation(
        resolver=sign_in,
        description="Open a session with an e-mail address and a password.",
        metadata={AUDIENCE: PUBLIC},
    )
    sign_out: SignOutPayload = strawberry.mutation(
        resolver=sign_out,
        description="Close the session that asks, at once and everywhere.",
        metadata={AUDIENCE: SIGNED_IN},
    )
