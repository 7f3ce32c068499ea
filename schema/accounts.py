"""The only place for the viewer as the graph shows it: signing in and out, its account, and what is its own."""

from datetime import datetime

import strawberry

from models import accounts as tables
from models import members as member_tables
from models import viewers
from planner.declare import column, graph_type, paged, sql
from resolvers import accounts as resolve
from resolvers import members, register, surveys, tracking, treatments
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.members import CareLink, Member, Membership
from schema.organizations import Organization
from schema.pagination import Connection, Node
from schema.register import DataUse, PrivacyLoss
from schema.scalars import EmailAddress
from schema.surveys import Consent, Participation
from schema.tracking import Dashboard, Observation
from schema.treatments import TreatmentCourse

strawberry.enum(viewers.Audience, description="Whom a part of the graph is for.")
strawberry.enum(tables.StaffRole, description="What somebody of the house may do.")
strawberry.enum(member_tables.NotificationKind, description="What a notification tells.")


@graph_type(audience=SIGNED_IN, row=tables.Session, prefix="ses")
class Session:
    """A device that is signed in."""

    id: strawberry.ID = column("Opaque and random; it is not the token.")
    created_at: datetime = column("When it signed in.")
    last_seen_at: datetime = column("When it was last heard of.")
    device: str | None = column("What the device calls itself; null where it says nothing.")
    current: bool = sql(resolve.is_current, "Whether it is the one that asks.")


@graph_type(audience=PATIENT, row=tables.Account)
class Account:
    """What the viewer signs in with."""

    email: EmailAddress = column("Its e-mail address.")
    email_verified: bool = column("Whether a letter to it was answered.")
    locale: str = column("The language and country that it is written to in, such as `fr-FR`.")
    created_at: datetime = column("When it was opened.")
    sessions: list[Session] = sql(resolve.sessions_of, "The devices that are signed in, newest first.")


@graph_type(audience=MANAGER, row=tables.Staff, prefix="stf")
class Staff:
    """Somebody of the house."""

    id: strawberry.ID = column("Opaque and random.")
    name: str = column("Their name.")
    roles: list[tables.StaffRole] = column("What they may do.")


@graph_type(audience=PUBLIC)
class Viewer:
    """Who asks."""

    audience: viewers.Audience = column("Whose view of the graph it is: PUBLIC for one who has not signed in.")
    member: Member | None = sql(resolve.member_of, "The member who asks.", only=PATIENT)
    organization: Organization | None = sql(
        resolve.organization_of, "The organization whose user or program asks.", only=BUYER
    )
    staff: Staff | None = sql(resolve.staff_of, "The one of the house who asks.", only=MANAGER)


@graph_type(audience=PATIENT, row=member_tables.Notification, prefix="ntf")
class Notification(Node):
    """Something that the viewer is told."""

    kind: member_tables.NotificationKind = column("What it tells.")
    created_at: datetime = column("When it was told.")
    read_at: datetime | None = column("When the viewer read it; null until then.")
    subject: Node | None = sql(resolve.subject_of, "What it is about; null where it is gone, or no node.")


@graph_type(audience=PATIENT, row=member_tables.Profile)
class Me:
    """All that is the viewer's own."""

    member: Member = sql(members.member_of, "The viewer as other members see it.")
    account: Account = sql(resolve.viewer_account, "What the viewer signs in with.")
    birth_year: int | None = column("The viewer's year of birth; null where it was not said.")
    sex: member_tables.Sex = column("The viewer's sex; UNKNOWN where it was not said.")
    region: str | None = column("The region the viewer lives in; null where it was not said.")
    sharing: member_tables.Sharing = column("Who may see these, and the viewer's courses and observations.")
    memberships: list[Membership] = sql(members.memberships_of, "The viewer's communities, by name.")
    dashboard: Dashboard = sql(
        tracking.dashboard,
        "Curves from one day to another, both included: where not given, the year that ends today, by weeks.",
    )
    observations: Connection[Observation] = paged(
        tracking.observations_of, "The viewer's observations, newest day first; of one indicator by its id."
    )
    courses: list[TreatmentCourse] = sql(treatments.courses_of, "The viewer's courses, last begun first.")
    participations: list[Participation] = sql(
        surveys.participations_of, "The viewer's part in surveys, last to close first."
    )
    consents: list[Consent] = sql(surveys.consents_of, "What the viewer allows or has withdrawn, by purpose.")
    data_uses: Connection[DataUse] = paged(
        register.data_uses_of,
        "What has been computed from datasets that the viewer is in, newest first; until it withdrew from one.",
    )
    privacy_loss: PrivacyLoss = sql(
        register.privacy_loss_of, "How much may have been learnt about the viewer from it all."
    )
    notifications: Connection[Notification] = paged(members.notifications_of, "What the viewer is told, newest first.")
    care_links: list[CareLink] = sql(
        members.care_links_of, "Whose diary the viewer keeps, and who keeps the viewer's; newest first."
    )
