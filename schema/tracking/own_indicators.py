"""Members' own indicators, their observations and their curves."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.tracking import observations
from models.tracking import own_indicators as tables
from planner.declare import column, graph_type, paged, sql
from planner.declared import AboutMember
from resolvers.community import proposals
from resolvers.tracking import own_indicators as resolve
from resolvers.tracking.observations_mutations import NOTE_LENGTH
from schema.access import PATIENT
from schema.pagination import Node, RelayConnection
from schema.tracking.observations import NOTED_ONLY, POINTS, RECORDED, DiaryValue, SeriesPoint, Trackable, TrackedSeries

if TYPE_CHECKING:
    from schema.community.proposals import CatalogueProposal


@graph_type(audience=PATIENT, row=tables.OwnIndicator, prefix="own", recorded=RECORDED)
class OwnIndicator(Node, Trackable):
    """An indicator that a member made for themselves. Only they and relatives who keep their diary can see it."""

    name: str = column("Name, in the member's own words.")
    scale: observations.Scale = column("Scale of its values.")
    unit: str | None = column("Unit of its values, in the member's own words. Null for ratings and grades.")
    minimum: float = column("Smallest value accepted.")
    maximum: float = column("Largest value accepted.")
    observations: RelayConnection[Annotated["OwnObservation", strawberry.lazy("schema.tracking.own_indicators")]] = (
        paged(
            resolve.own_observations_of,
            "Its observations, newest day first.",
            arguments={"noted_only": NOTED_ONLY},
        )
    )
    proposal: Annotated["CatalogueProposal", strawberry.lazy("schema.community.proposals")] | None = sql(
        proposals.proposal_of,
        "The proposal with which it moves to the catalogue. Null if there is none, and for relatives.",
    )


@graph_type(audience=PATIENT, row=tables.OwnObservation, prefix="oob", recorded=RECORDED)
class OwnObservation(Node, DiaryValue):
    """A member's value of an indicator of their own on one day."""

    indicator: OwnIndicator = sql(resolve.own_indicator_of, "The indicator.")
    value: float = column("The value, on the indicator's scale.")
    observed_on: date = column("The day of the observation.")
    note: str | None = column("A note on the value. Null if there is none.", characters=NOTE_LENGTH)
    by_relative: bool = column("Whether a relative recorded it for the member.")


@graph_type(audience=PATIENT, about=AboutMember())
class OwnSeries(TrackedSeries):
    """The curve of one indicator of a member's own over a dashboard's period."""

    indicator: OwnIndicator = sql(resolve.own_indicator_of, "The indicator.")
    points: list[SeriesPoint] = sql(
        resolve.own_points_of, "The points, oldest first. Intervals without an observation have none.", size=POINTS
    )
    latest: OwnObservation | None = sql(resolve.own_latest_of, "The latest observation in the period.")
