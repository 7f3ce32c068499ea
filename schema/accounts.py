"""The only place for the viewer as the graph shows it: signing in and out, its account, and what is its own."""

from datetime import datetime, timedelta
from typing import cast

import strawberry

from models import accounts as tables
from models import members as member_tables
from models import viewers
from planner.declare import column, graph_type, paged, sql
from resolvers import accounts as resolve
from resolvers import members, register, surveys, tracking, treatments
from resolvers.attempts import Tries
from resolvers.writing import Refused
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.context import Context
from schema.errors import UserError, UserErrorCode
from schema.members import CareLink, Member, Membership
from schema.organizations import Organization
from schema.pagination import Connection, Node
from schema.register import DataUse, PrivacyLoss
from schema.scalars import EmailAddress
from schema.surveys import Consent, Participation
from schema.tracking import Dashboard, Observation
from schema.treatments import TreatmentCourse
from schema.writing import Payload, forbidden, told
from settings import Limits

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


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: EmailAddress = strawberry.field(description="The account's e-mail address.")
    password: str = strawberry.field(description="The account's password.")
    client_mutation_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Taken as in every input; here it does nothing: callers who have not signed in are not told apart.",
    )


@graph_type(audience=PUBLIC)
class SignInPayload(Payload):
    """What signing in came to."""

    token: str | None = strawberry.field(
        default=None,
        description="To be sent as `Authorization: Bearer ...`; it is shown this once. Null where it was refused.",
    )
    viewer: Viewer | None = strawberry.field(default=None, description="Who has signed in; null where it was refused.")


@graph_type(audience=SIGNED_IN)
class SignOutPayload(Payload):
    """What signing out came to."""


async def sign_in(info: strawberry.Info[Context, None], input: SignInInput) -> SignInPayload:
    context = info.context
    write = context.write_as_anybody or context.write  # the public view's role alone may look for credentials
    try:
        opened = await resolve.sign_in(
            write,
            input.email,
            input.password,
            context.device,
            demonstration=context.settings.demo,
            address=context.address,
            tries=signing_in(context.settings.limits),
        )
    except Refused as refused:
        return SignInPayload(user_errors=told(refused))
    if opened is None:
        return SignInPayload(user_errors=[WRONG_CREDENTIALS])
    # The planner reads the viewer's fields off any object that has what their expressions name.
    return SignInPayload(token=opened.token, viewer=cast(Viewer, opened))


def signing_in(limits: Limits) -> Tries:
    """How often a password may be tried."""
    return Tries(limits.sign_ins, limits.sign_ins_from, timedelta(minutes=limits.tries_minutes))


async def sign_out(info: strawberry.Info[Context, None]) -> SignOutPayload:
    if info.context.viewer.session is None:  # a program, which asks with a key
        raise forbidden()
    async with info.context.write() as connection:
        await resolve.sign_out(connection, info.context.viewer)
    return SignOutPayload()


WRONG_CREDENTIALS = UserError(
    code=UserErrorCode.WRONG_CREDENTIALS,
    message="The e-mail address and the password do not fit an account.",
    path=["input"],
)
