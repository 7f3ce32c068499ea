"""Reads members: what any member may see, what each shares with the viewer, and the viewer's own rows."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, case, cast, extract, func, literal_column

from models.community import communities, moderation
from models.identity import members as tables
from models.identity.accounts import StaffRole
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from models.tracking import observations, treatments
from models.viewers import Audience
from resolvers.days import today
from resolvers.lookup import by_name, computed_once
from resolvers.tracking.observations import Interval, dashboard_of, points
from resolvers.visible import SHARED_WITH_ALL, has_role, is_entrusted, readable, viewer_communities

# The first age of each band. Bands span ten years, and more where members are few: an exact age would reveal more.
AGE_BANDS = ((75, "75+"), (65, "65-74"), (55, "55-64"), (45, "45-54"), (35, "35-44"), (25, "25-34"), (18, "18-24"))
YOUNGEST = "0-17"
BANDS = (YOUNGEST, *(band for _, band in reversed(AGE_BANDS)))


def member(*, pseudonym: Value[str]) -> Rows:
    """One row, or none. Spaces around the pseudonym, and its Unicode form, do not matter."""
    found = row(tables.Member)
    # Like `stored_pseudonym`, so that a pseudonym is found in whichever form it is typed.
    normal = func.normalize(pseudonym, literal_column("NFKC"))
    space: Expression = literal_column("' '")
    stored = func.btrim(func.regexp_replace(normal, literal_column("' +'"), space, "g"))
    return select(found).where(found.id == computed_once(func.care.member_named(stored)))


def author_of(written: Row) -> Rows:
    """One row, or none if the author is erased."""
    author = row(tables.Member)
    return select(author).where(author.id == written.author_id)


def member_of(owner: Row) -> Rows:
    """One row, by `member_id`; none if the member is erased."""
    found = row(tables.Member)
    return select(found).where(found.id == owner.member_id)


def communities_of(member: Row, *, viewer: ViewerIds) -> Rows:
    """The communities whose memberships the viewer may read, found by an index without the member's others."""
    community, shared = row(communities.Community), _shared_places(member, viewer).subquery()
    return select(community).join(shared, shared.c.community_id == community.id).order_by(*by_name(community, viewer))


def _shared_places(member: Row, viewer: ViewerIds) -> Any:
    """The ids of these communities."""
    whole, common, profile = row(tables.Membership), row(tables.Membership), row(tables.Profile)
    is_association = member.kind == tables.MemberKind.ASSOCIATION  # those of one are shared whatever its profile says
    if viewer.view is not Audience.PATIENT:
        may_read = is_association | has_role(viewer, StaffRole.MODERATOR)
        return select(whole.community_id).where(whole.member_id == case((may_read, member.id)))
    with_all = select(profile.member_id).where(profile.member_id == member.id, profile.sharing == SHARED_WITH_ALL)
    may_read = is_association | is_entrusted(member.id, viewer)
    whose = case((may_read, member.id), else_=with_all.scalar_subquery())
    in_common = (common.member_id == readable(member.id), common.community_id == func.any(viewer_communities()))
    # UNION leaves out duplicates: both conditions find a member who shares with all.
    return (
        select(whole.community_id).where(whole.member_id == whose).union(select(common.community_id).where(*in_common))
    )


# The policy of profiles passes those that their members share with the viewer; without a row, the value is null.
def age_band(member: Row) -> Expression:
    """The age in this calendar year, as a band of AGE_BANDS; null if it is not given or not shared."""
    profile = row(tables.Profile)
    age = cast(extract("year", today()), Integer) - profile.birth_year
    bands: list[Any] = [(age >= youngest, band) for youngest, band in AGE_BANDS]
    band = case(*bands, (profile.birth_year.is_not(None), YOUNGEST))
    return select(band).where(profile.member_id == member.id).scalar_subquery()


def sex(member: Row) -> Expression:
    """Null if it is not given or not shared."""
    profile = row(tables.Profile)
    return select(profile.sex).where(profile.member_id == member.id).scalar_subquery()


def region(member: Row) -> Expression:
    """A name of `regions`; null if it is not given or not shared."""
    profile = row(tables.Profile)
    return select(profile.region).where(profile.member_id == member.id).scalar_subquery()


def courses_of(member: Row) -> Rows:
    """Courses that the member shares with the viewer, the last begun first."""
    course = row(treatments.Course)
    found = select(course).where(course.member_id == readable(member.id))
    return found.order_by(course.started_on.desc(), course.id.desc())


def series_of(member: Row, *, indicator: Value[UUID], interval: Interval) -> Rows:
    """As `points`: one row for each interval, in the indicator's unit."""
    observation = row(observations.Observation)
    of_member = (observation.member_id == readable(member.id), observation.indicator_id == indicator)
    return points(observation, interval.unit).where(*of_member)


def suspensions_in_force() -> Rows:
    """Suspensions that have not ended, in no order."""
    suspension = row(moderation.Suspension)
    return select(suspension).where(_is_in_force(suspension))


def suspension_of(member: Row) -> Rows:
    """One row, or none if the member is not suspended now."""
    suspension = row(moderation.Suspension)
    return select(suspension).where(suspension.member_id == member.id, _is_in_force(suspension))


def _is_in_force(suspension: Row) -> Expression:
    return suspension.until.is_(None) | (suspension.until > func.now())


def viewer_memberships(*, viewer: ViewerIds) -> Rows:
    """The memberships of the viewer, in no order."""
    membership = row(tables.Membership)
    return select(membership).where(membership.member_id == viewer.member)


def membership_in(joined: Row, *, viewer: ViewerIds) -> Rows:
    """One row: the viewer's membership in the community of a payload, or none."""
    membership = row(tables.Membership)
    return select(membership).where(
        membership.community_id == joined.community_id, membership.member_id == viewer.member
    )


# The policy of diagnoses passes the viewer's own only: for other members the value is null.
def diagnosed_in(membership: Row) -> Expression:
    """A year; null if it is not given or not shared."""
    diagnosis = row(tables.Diagnosis)
    of_membership = (diagnosis.member_id == membership.member_id, diagnosis.community_id == membership.community_id)
    return select(diagnosis.diagnosed_in).where(*of_membership).scalar_subquery()


def me(*, viewer: ViewerIds) -> Rows:
    """The viewer's profile: one row, or none if they are no member."""
    profile = row(tables.Profile)
    return select(profile).where(profile.member_id == viewer.member)


def memberships_of(me: Row, *, viewer: ViewerIds) -> Rows:
    """Memberships, by the name of the community in the language of the viewer."""
    membership, community = row(tables.Membership), row(communities.Community)
    return (
        select(membership)
        .join(community, community.id == membership.community_id)
        .where(membership.member_id == me.member_id)
        .order_by(*by_name(community, viewer))
    )


def notifications_of(me: Row, *, unread_only: bool | None = None) -> Rows:
    """Notifications, the newest first."""
    notification = row(tables.Notification)
    found = select(notification).where(notification.member_id == me.member_id)
    found = found.order_by(notification.created_at.desc(), notification.id.desc())
    return found.where(notification.read_at.is_(None)) if unread_only else found


def care_links_of(me: Row) -> Rows:
    """Links to and from the member, whatever their status, the newest first."""
    link = row(tables.CareLink)
    found = select(link).where((link.patient_id == me.member_id) | (link.relative_id == me.member_id))
    return found.order_by(link.created_at.desc(), link.id.desc())


def care_link_made(payload: Row) -> Rows:
    """One row: the link that a mutation has made or changed."""
    link = row(tables.CareLink)
    return select(link).where(link.id == payload.care_link_id)


def notifications_made(payload: Row) -> Rows:
    """The notifications that a mutation has marked, in the order of its input."""
    notification = row(tables.Notification)
    made = select(notification).where(notification.id == func.any(payload.notification_ids))
    return made.order_by(func.array_position(payload.notification_ids, notification.id))


def patient_of(link: Row) -> Rows:
    """One row, by `patient_id`."""
    patient = row(tables.Member)
    return select(patient).where(patient.id == link.patient_id)


def patient_dashboard(
    link: Row,
    *,
    from_: Value[date] | None = None,
    to: Value[date] | None = None,
    interval: Interval | None = None,
    indicators: Value[list[UUID]] | None = None,
) -> Rows:
    """The dashboard of the link's patient; no row unless the link is accepted."""
    found = dashboard_of(link.patient_id, from_, to, interval, indicators)
    return found.where(link.status == tables.CareLinkStatus.ACCEPTED)


def relative_of(link: Row) -> Rows:
    """One row, by `relative_id`."""
    relative = row(tables.Member)
    return select(relative).where(relative.id == link.relative_id)
