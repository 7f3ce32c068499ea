"""The only place for members as the graph shows them, to each other and to the house; `Me` stands in accounts."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models import members as tables
from models import moderation
from planner.declare import column, graph_type, sql
from resolvers import communities
from resolvers import members as resolve
from schema.access import MANAGER, PATIENT
from schema.pagination import Node
from schema.tracking import SeriesPoint
from schema.treatments import TreatmentCourse

if TYPE_CHECKING:
    from schema.communities import Community

strawberry.enum(tables.MemberKind, description="Whether a member is a patient, a relative of one, or an association.")
strawberry.enum(tables.Sex, description="A member's sex, as the member says.")
strawberry.enum(tables.Sharing, description="With which members a member shares its profile, courses and observations.")
strawberry.enum(tables.MembershipRole, description="What a member is in a community.")
strawberry.enum(tables.CareLinkStatus, description="Where a care link stands.")


@graph_type(audience=PATIENT | MANAGER, row=moderation.Suspension)
class Suspension:
    """What keeps a member from writing in discussions; it may read them."""

    until: datetime | None = column("When it ends; null where it is for good.")
    reason: str = column("Why, in the moderator's words.")
    created_at: datetime = column("When the moderator said so.")


@graph_type(audience=PATIENT | MANAGER, row=tables.Member, prefix="mbr")
class Member(Node):
    """A member of the network, under the name it chose. What it does not share is null or empty, as if it had none."""

    pseudonym: str = column("The name it chose.")
    kind: tables.MemberKind = column("Whether it is a patient, a relative or an association.")
    verified: bool = column("Whether the house has checked that it is the association it says.")
    about: str | None = column("What it says of itself; null where it says nothing.")
    joined_on: date = column("The day it joined the network.")
    communities: list[Annotated["Community", strawberry.lazy("schema.communities")]] = sql(
        resolve.communities_of, "The communities it is in, by name."
    )
    age_band: str | None = sql(
        resolve.age_band,
        "Where the age it reaches this year lies: 0-17, 18-24, then by ten years to 75+. Null where not shared.",
    )
    sex: tables.Sex | None = sql(resolve.sex, "Its sex; null where not shared.")
    region: str | None = sql(resolve.region, "The region it lives in; null where not shared or not said.")
    suspension: Suspension | None = sql(
        resolve.suspension_of,
        "What keeps it from writing in discussions; null where nothing does, or to other members.",
    )
    courses: list[TreatmentCourse] = sql(
        resolve.courses_of, "Its courses, newest first; empty where not shared.", only=PATIENT
    )
    series: list[SeriesPoint] = sql(
        resolve.series_of, "All its observations of one indicator, oldest first; empty where not shared.", only=PATIENT
    )


@graph_type(audience=PATIENT | MANAGER, row=tables.Membership)
class Membership:
    """A member's place in a community."""

    community: Annotated["Community", strawberry.lazy("schema.communities")] = sql(
        communities.community_of, "The community."
    )
    joined_on: date = column("The day the member joined it.")
    role: tables.MembershipRole = column("What the member is in it.")
    diagnosed_in: int | None = sql(
        resolve.diagnosed_in,
        "The year in which the viewer was told of the condition; null where it has not said, or for another member.",
        only=PATIENT,
    )


@graph_type(audience=PATIENT, row=tables.CareLink, prefix="lnk")
class CareLink:
    """A relative whom a patient lets keep its diary."""

    id: strawberry.ID = column("Opaque and random.")
    patient: Member = sql(resolve.patient_of, "Whose diary it is.")
    relative: Member = sql(resolve.relative_of, "Who may read it and write in it, while the link is accepted.")
    status: tables.CareLinkStatus = column("Where the link stands.")
