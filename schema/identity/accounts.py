"""The viewer: signing in and out, their account and their own data."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models import viewers
from models.identity import accounts as tables
from models.identity import members as member_tables
from models.identity.webhooks import OrganizationEvent
from planner.declare import column, graph_enum, graph_type, paged, sql
from planner.declared import AboutMember
from resolvers.community import proposals
from resolvers.identity import accounts as resolve
from resolvers.identity import data_reads, members, organization_users, terms, webhooks
from resolvers.identity import second_factors as factors
from resolvers.insight import data_uses as uses
from resolvers.research import surveys
from resolvers.tracking import observations, own_indicators, own_treatments, treatments
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.identity.data_reads import DataRead
from schema.identity.members import CareLink, Member, Membership
from schema.identity.organization_users import OrganizationUser
from schema.identity.organizations import Organization
from schema.identity.second_factors import SecondFactor
from schema.identity.staff import Staff
from schema.pagination import UNKNOWN_ID, Node, RelayConnection
from schema.scalars import EmailAddress
from schema.tracking.observations import KNOWN, NOTED_ONLY, PERIOD, SPAN, Dashboard, Observation
from schema.tracking.own_indicators import OwnIndicator
from schema.tracking.own_treatments import OwnTreatment
from schema.tracking.treatments import TreatmentCourse

if TYPE_CHECKING:
    from schema.community.proposals import CatalogueProposal
    from schema.insight.data_uses import DataUse, PrivacyLoss
    from schema.research.surveys import Consent, Participation

CARE_LINKS = 2  # of a member, for the cost of an operation

graph_enum(viewers.Audience)
graph_enum(member_tables.NotificationKind)


@graph_type(audience=PATIENT, row=tables.Session, prefix="ses", among=resolve.open_sessions)
class Session(Node):
    """A signed-in device."""

    id: strawberry.ID = column("Opaque identifier, stable over time. It is not the token.")
    created_at: datetime = column("When the device signed in.")
    last_seen_at: datetime = column("When the session was last used.")
    device: str | None = column("The device's own description, from its `User-Agent` header. Null if it sent none.")
    current: bool = sql(resolve.is_current, "Whether this session made the request.")


@graph_type(audience=PATIENT, row=tables.Account, prefix="acc")
class Account(Node):
    """The viewer's account, with which they sign in."""

    email: EmailAddress = column("E-mail address.")
    email_verified: bool = column("Whether the e-mail address is verified.")
    locale: str = column("Language and country of the mails that Cohorte sends, such as `fr-FR`.")
    created_at: datetime = column("When the account was created.")
    terms_version: str | None = column("Version of the terms of use that the viewer accepted last. Null if none.")
    terms_accepted_at: datetime | None = column("When the viewer accepted them. Null if they have accepted none.")
    terms_outdated: bool = sql(
        terms.are_outdated,
        "Whether the terms of use have changed since the viewer accepted them: show `Query.terms`, then call "
        "`termsAccept`.",
    )
    sessions: list[Session] = sql(resolve.sessions_of, "The signed-in devices, newest first.")


@graph_type(audience=PUBLIC, prefix="vwr", among=resolve.viewer, python=resolve.SignedIn)
class Viewer(Node):
    """The authenticated caller."""

    id: strawberry.ID = column("Opaque identifier, stable over time. The same for all who have not signed in.")
    audience: viewers.Audience = column("The audience they belong to. PUBLIC if they have not signed in.")
    member: Member | None = sql(resolve.member_of, "The member who is signed in.", only=PATIENT)
    organization: Organization | None = sql(
        resolve.organization_of, "The organization whose user or program is the caller.", only=BUYER
    )
    organization_user: OrganizationUser | None = sql(
        organization_users.viewers_user, "The organization's user who is signed in. Null for a program.", only=BUYER
    )
    staff: Staff | None = sql(resolve.staff_of, "The staff member who is signed in.", only=MANAGER)
    erasures_late: bool | None = sql(
        resolve.erasures_late,
        "Whether rows, which nobody can read any more, are still being deleted of a member who left an hour ago or "
        "earlier. Something is wrong then. Null if the viewer is no administrator.",
        only=MANAGER,
    )
    locale: str | None = sql(
        resolve.locale_of,
        "Language and country of the mails that Cohorte sends to the viewer, such as `fr-FR`. Null for a program.",
        only=SIGNED_IN,
    )
    second_factors: list[SecondFactor] = sql(
        factors.second_factors_of,
        "The second factors of the viewer's account, oldest first. Empty for a program.",
        only=SIGNED_IN,
    )
    recovery_codes_left: int = sql(
        factors.recovery_codes_left, "How many unused recovery codes the viewer's account has.", only=SIGNED_IN
    )
    mailed_events: list[OrganizationEvent] = sql(
        webhooks.mailed_events,
        "The events that the viewer's account gets mail about. Empty for a program.",
        only=BUYER,
    )


@graph_type(audience=PATIENT, row=member_tables.Notification, prefix="ntf")
class Notification(Node):
    """A notification to the viewer."""

    kind: member_tables.NotificationKind = column("The kind of event it reports.")
    created_at: datetime = column("When it was created.")
    read_at: datetime | None = column("When the viewer marked it as read. Null if unread.")
    subject: Node | None = sql(
        resolve.subject_of, "The object it is about. Null if that was deleted, or is not a `Node`."
    )


@graph_type(
    audience=PATIENT,
    row=member_tables.Profile,
    prefix="me",
    key=("member_id",),
    among=members.me,
    about=AboutMember(own=True),
)
class Me(Node):
    """The viewer's own data."""

    proposals: RelayConnection[Annotated["CatalogueProposal", strawberry.lazy("schema.community.proposals")]] = paged(
        proposals.proposals_of, "The viewer's proposals for the catalogue, newest first."
    )
    member: Member = sql(members.member_of, "The viewer as a member.")
    account: Account = sql(resolve.viewer_account, "The viewer's account.")
    birth_year: int | None = column("The viewer's year of birth. Null if unset.")
    sex: member_tables.Sex = column("The viewer's sex. UNKNOWN if unset.")
    region: str | None = column("The region the viewer lives in. Null if unset.")
    sharing: member_tables.Sharing = column(
        "Which members can see the viewer's communities, age band, sex, region, courses and observations. Moderators "
        "see the communities in any case."
    )
    memberships: list[Membership] = sql(members.memberships_of, "The viewer's communities, by name.")
    dashboard: Dashboard = sql(
        observations.dashboard,
        "The viewer's observations as curves over a period, with the treatments of that period.",
        arguments=PERIOD,
        span=SPAN,
        known=KNOWN,
    )
    observations: RelayConnection[Observation] = paged(
        observations.observations_of,
        "The viewer's observations, newest day first.",
        arguments={"indicator": f"Id of an indicator: only its observations. {UNKNOWN_ID}", "noted_only": NOTED_ONLY},
    )
    own_indicators: list[OwnIndicator] = sql(
        own_indicators.own_indicators_of, "The indicators that the viewer made for themselves, by name."
    )
    own_treatments: list[OwnTreatment] = sql(
        own_treatments.own_treatments_of, "The treatments that the viewer added for themselves, by name."
    )
    courses: list[TreatmentCourse] = sql(
        treatments.courses_of,
        "The viewer's treatment courses, most recently started first.",
        arguments={"status": "Only courses with this status."},
    )
    participations: list[Annotated["Participation", strawberry.lazy("schema.research.surveys")]] = sql(
        surveys.participations_of,
        "The viewer's participation in surveys, latest closing day first.",
        arguments={"status": "Only participations with this status."},
    )
    consents: list[Annotated["Consent", strawberry.lazy("schema.research.surveys")]] = sql(
        surveys.consents_of, "The viewer's consents, granted or withdrawn, by purpose."
    )
    data_uses: RelayConnection[Annotated["DataUse", strawberry.lazy("schema.insight.data_uses")]] = paged(
        uses.data_uses_of,
        "Every use of the datasets that the viewer is enrolled in, newest first. Uses after a withdrawal are left out.",
    )
    privacy_loss: Annotated["PrivacyLoss", strawberry.lazy("schema.insight.data_uses")] = sql(
        uses.privacy_loss_of, "An upper bound on what can be learned about the viewer from all these uses."
    )
    notifications: RelayConnection[Notification] = paged(
        members.notifications_of,
        "The viewer's notifications, newest first.",
        arguments={"unread_only": "Whether to leave out those that were read. Defaults to false."},
    )
    data_reads: RelayConnection[DataRead] = paged(
        data_reads.data_reads_of,
        "Requests in which staff, or a relative who keeps the viewer's diary, read data of the viewer, latest first: "
        "an item for each kind of data.",
    )
    care_links: list[CareLink] = sql(
        members.care_links_of,
        "The viewer's care links, as patient or as relative, newest first.",
        size=CARE_LINKS,
    )
