"""Members, as other members and staff see them. The viewer's own data is `Me`, in accounts."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.community import moderation
from models.identity import members as tables
from models.identity.data_reads import MemberDataKind
from planner.declare import column, graph_enum, graph_type, sql
from planner.declared import AboutMember, Recorded
from resolvers.community import communities
from resolvers.community.discussions_rules import NOTE_MOST
from resolvers.identity import associations, data_reads
from resolvers.identity import members as resolve
from resolvers.identity.accounts_rules import ABOUT_LENGTH
from resolvers.tracking import own_indicators, own_treatments
from resolvers.visible import viewer_patients
from schema.access import MANAGER, PATIENT
from schema.identity.associations import Association
from schema.pagination import UNKNOWN_ID, Node
from schema.tracking.observations import KNOWN, PERIOD, POINTS, SPAN, Dashboard, SeriesPoint
from schema.tracking.own_indicators import OwnIndicator
from schema.tracking.own_treatments import OwnTreatment
from schema.tracking.treatments import TreatmentCourse

if TYPE_CHECKING:
    from schema.community.communities import Community

graph_enum(tables.MemberKind)
graph_enum(tables.Sex)
graph_enum(tables.Sharing)
graph_enum(tables.MembershipRole)
graph_enum(tables.CareLinkStatus)


@graph_type(
    audience=PATIENT | MANAGER,
    row=moderation.Suspension,
    prefix="sus",
    key=("member_id",),
    among=resolve.suspensions_in_force,
)
class Suspension(Node):
    """A member's suspension: they can read discussions, but not write in them."""

    until: datetime | None = column("When it ends. Null if it is permanent.")
    reason: str = column("The moderator's reason.", characters=NOTE_MOST)
    created_at: datetime = column("When the moderator suspended the member.")


# What a list of members shows, and what others write about an association. Belonging to a community is a diagnosis: who
# belongs to it lists the others freely.
SHOWN = AboutMember(
    "id",
    frozenset({"id", "pseudonym", "kind", "verified", "association"}),
    {"Community.members": communities.is_outside},
)
RECORDED = Recorded(
    "id",
    entrusted=viewer_patients,
    fields={
        "ageBand": MemberDataKind.PROFILE,
        "sex": MemberDataKind.PROFILE,
        "region": MemberDataKind.PROFILE,
        "communities": MemberDataKind.COMMUNITIES,
        "series": MemberDataKind.OBSERVATIONS,
    },
    reached_by=dict.fromkeys(("Community.members", "Community.ambassadors"), MemberDataKind.COMMUNITIES),
    exists={MemberDataKind.PROFILE: data_reads.has_profile, MemberDataKind.COMMUNITIES: data_reads.has_memberships},
)


@graph_type(audience=PATIENT | MANAGER, row=tables.Member, prefix="mbr", about=SHOWN, recorded=RECORDED)
class Member(Node):
    """A member, known by a pseudonym. Fields they don't share are null or empty, indistinguishable from unset."""

    pseudonym: str = column("The name they chose.")
    kind: tables.MemberKind = column("Whether they are a patient, a relative or an association.")
    verified: bool = column("Whether staff have verified the association's identity. False for other members.")
    about: str | None = column(
        "How they introduce themselves, to all members and to moderators. Null if unset.", characters=ABOUT_LENGTH
    )
    joined_on: date = column("The day they joined the network, by UTC.")
    communities: list[Annotated["Community", strawberry.lazy("schema.community.communities")]] = sql(
        resolve.communities_of, "The communities they belong to that they share with the viewer, by name."
    )
    age_band: str | None = sql(
        resolve.age_band,
        f"Age band, of the age they reach this year: {', '.join(resolve.BANDS)}. Null if not shared or unset.",
    )
    sex: tables.Sex | None = sql(resolve.sex, "Their sex. Null if not shared.")
    region: str | None = sql(resolve.region, "The region they live in. Null if not shared or unset.")
    suspension: Suspension | None = sql(
        resolve.suspension_of,
        "Their suspension in force, visible to themselves and to moderators. Null if there is none.",
    )
    association: Association | None = sql(
        associations.association_of, "The page of the association, with its contacts. Null for persons."
    )
    courses: list[TreatmentCourse] = sql(
        resolve.courses_of, "Their treatment courses, newest first. Empty if not shared.", only=PATIENT
    )
    series: list[SeriesPoint] = sql(
        resolve.series_of,
        "Their observations of one indicator, summarized by interval, oldest first. Empty if not shared.",
        arguments={
            "indicator": f"Id of the indicator. {UNKNOWN_ID}",
            "interval": "Length of time that each point covers.",
        },
        size=POINTS,
        only=PATIENT,
    )


@graph_type(
    audience=PATIENT,
    row=tables.Membership,
    prefix="mbs",
    key=("member_id", "community_id"),
    among=resolve.viewer_memberships,
)
class Membership(Node):
    """A member's membership of a community."""

    community: Annotated["Community", strawberry.lazy("schema.community.communities")] = sql(
        communities.community_of, "The community."
    )
    joined_on: date = column("The day the member joined the community, by UTC.")
    role: tables.MembershipRole = column("The member's role in the community.")
    diagnosed_in: int | None = sql(
        resolve.diagnosed_in,
        "The viewer's year of diagnosis. Null if unset, and for other members.",
    )


@graph_type(
    audience=PATIENT,
    row=tables.CareLink,
    prefix="lnk",
    recorded=Recorded("patient_id", entrusted=viewer_patients, fields={"dashboard": MemberDataKind.OBSERVATIONS}),
)
class CareLink(Node):
    """A patient's permission for a relative to keep their diary."""

    patient: Member = sql(resolve.patient_of, "The patient whose diary it is.")
    relative: Member = sql(resolve.relative_of, "The relative. Has access while the link is accepted.")
    status: tables.CareLinkStatus = column("Status of the link.")
    dashboard: Dashboard | None = sql(
        resolve.patient_dashboard,
        "The patient's observations as curves over a period, with the treatments of that period. Null unless the link "
        "is accepted.",
        arguments=PERIOD,
        span=SPAN,
        known=KNOWN,
    )
    own_indicators: list[OwnIndicator] = sql(
        own_indicators.patients_own_indicators,
        "The indicators that the patient made for themselves, by name. Empty for the relative unless the link is "
        "accepted.",
    )
    own_treatments: list[OwnTreatment] = sql(
        own_treatments.patients_own_treatments,
        "The treatments that the patient added for themselves, by name. Empty for the relative unless the link is "
        "accepted.",
    )
