"""Tracking: indicators, observations, series and the dashboard."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity.data_reads import MemberDataKind
from models.tracking import observations as tables
from planner.declare import column, graph_enum, graph_interface, graph_type, sql
from planner.declared import AboutMember, Recorded
from resolvers.catalogue_entries import WORDS_LENGTH
from resolvers.days import FIRST_ZONE
from resolvers.row_texts import indicator_original_of, indicator_translations_of
from resolvers.tracking import observations as resolve
from resolvers.tracking import own_indicators, own_treatments
from resolvers.tracking.observations_mutations import NOTE_LENGTH
from resolvers.visible import viewer_patients
from schema.access import MANAGER, PATIENT, PUBLIC
from schema.catalogue_texts import MATCHED, MATCHED_SEARCH, ORIGINAL, VERSION_SHOWN, IndicatorTranslation, MatchedName
from schema.pagination import Node

if TYPE_CHECKING:
    from schema.tracking.own_indicators import OwnSeries
    from schema.tracking.own_treatments import OwnCourse
    from schema.tracking.treatments import TreatmentCourse

POINTS = 50  # of a series, for the cost of an operation
OWN_SERIES = 3  # of a dashboard, likewise
OWN_COURSES = 3  # likewise

graph_enum(tables.IndicatorKind)
graph_enum(tables.Scale)
graph_enum(resolve.Interval)


PERIOD = {  # arguments of a dashboard
    "from": "First day of the period. Defaults to one year before `to`, or before today if that is omitted.",
    "to": "Last day of the period, included; not before the first. Defaults to the latest day that has begun "
    f"anywhere ({FIRST_ZONE}), or to `from` if that is later.",
    "interval": "Length of time that each point of a curve covers. Defaults to WEEK.",
    "indicators": "Ids of indicators: only their curves in `series`. Defaults to every indicator that was observed.",
}
SPAN = ("from", "to")
KNOWN = {"indicators": "ind"}
NOTED_ONLY = "Whether to leave out those without a note. Defaults to false."


@graph_interface(audience=PUBLIC)
class Trackable:
    """Something that members track: an indicator of the catalogue, or one of a member's own."""

    name: str = column("Name.")
    scale: tables.Scale = column("Scale of its values.")
    unit: str | None = column("Unit of its values. Null for ratings and grades.")
    minimum: float = column("Smallest value accepted.")
    maximum: float = column("Largest value accepted.")


@graph_type(audience=PUBLIC, row=tables.Indicator, prefix="ind")
class Indicator(Node, Trackable):
    """An indicator that members track: a symptom, a mood, an aspect of quality of life, a measurement or a score."""

    slug: str = column("URL slug, such as `fatigue`.")
    name: str = column("Name.", translated=True)
    lay_names: list[str] = sql(resolve.lay_names_of, "Everyday names, which searches match too.")
    matched: MatchedName | None = sql(resolve.matched_indicator_name, MATCHED, arguments={"search": MATCHED_SEARCH})
    kind: tables.IndicatorKind = column("Kind of indicator.")
    scale: tables.Scale = column("Scale of its values.")
    unit: str | None = column("Unit of its values. Null for ratings and grades.", translated=True)
    minimum: float = column("Smallest value accepted.")
    maximum: float = column("Largest value accepted.")
    ucum: str | None = column("Its unit as a code of UCUM, such as `mm[Hg]`. Null if it has none.")
    hpo: str | None = column("Human Phenotype Ontology term, such as `HP:0012378`. Null if there is none.")
    loinc: str | None = column("LOINC code, such as `2345-7`. Null if there is none.")
    retired_on: date | None = column(
        "The day, by UTC, on which it was retired: only members who have recorded it can continue. Null while it is "
        "offered."
    )
    merged_into: Annotated["Indicator", strawberry.lazy("schema.tracking.observations")] | None = sql(
        resolve.merged_into, "The indicator that it has merged into, which takes its place. Null unless it has merged."
    )
    version: int = column(VERSION_SHOWN, only=MANAGER)
    search_words: str = column(
        "Words by which searches find it, in addition to its name. Empty if there are none.",
        of="words",
        only=MANAGER,
        characters=WORDS_LENGTH,
    )
    original: IndicatorTranslation = sql(indicator_original_of, ORIGINAL, only=MANAGER)
    translations: list[IndicatorTranslation] = sql(
        indicator_translations_of, "Its texts in other languages, by language.", only=MANAGER
    )


RECORDED = Recorded("member_id", entrusted=viewer_patients, row=MemberDataKind.OBSERVATIONS)


@graph_interface(audience=PATIENT)
class DiaryValue:
    """A member's value of something that they track, on one day."""

    value: float = column("The value, on the indicator's scale.")
    observed_on: date = column("The day of the observation.")
    note: str | None = column("A note on the value. Null if there is none.", characters=NOTE_LENGTH)
    by_relative: bool = column("Whether a relative recorded it for the member.")


@graph_type(audience=PATIENT, row=tables.Observation, prefix="obs", about=AboutMember("member_id"), recorded=RECORDED)
class Observation(Node, DiaryValue):
    """A member's value of an indicator on one day."""

    indicator: Indicator = sql(resolve.indicator_of, "The indicator.")
    value: float = column("The value, on the indicator's scale.")
    observed_on: date = column("The day of the observation.")
    note: str | None = column("A note on the value. Null if there is none.", characters=NOTE_LENGTH)
    by_relative: bool = column("Whether a relative recorded it for the member.")


@graph_type(audience=PATIENT, about=AboutMember())
class SeriesPoint:
    """A summary of one member's observations of one indicator within one interval."""

    starts_on: date = column("First day of the interval.")
    mean: float = column("Mean of the values, on the indicator's scale.")
    minimum: float = column("Smallest value.")
    maximum: float = column("Largest value.")
    count: int = column("Number of values.")


@graph_interface(audience=PATIENT)
class TrackedSeries:
    """The curve of something that a member tracks over a dashboard's period."""

    indicator: Trackable = column("The indicator.")
    points: list[SeriesPoint] = column("The points, oldest first. Intervals without an observation have none.")
    latest: DiaryValue | None = column("The latest observation in the period.")


@graph_type(audience=PATIENT, about=AboutMember())
class IndicatorSeries(TrackedSeries):
    """The curve of one indicator over a dashboard's period."""

    indicator: Indicator = sql(resolve.indicator_of, "The indicator.")
    points: list[SeriesPoint] = sql(
        resolve.points_of, "The points, oldest first. Intervals without an observation have none.", size=POINTS
    )
    latest: Observation | None = sql(resolve.latest_of, "The latest observation in the period.")


@graph_type(audience=PATIENT, about=AboutMember())
class Dashboard:
    """A member's curves over a period, with the treatments of that period."""

    series: list[IndicatorSeries] = sql(
        resolve.series_of, "A curve for each indicator observed in the period, by name."
    )
    own_series: list[Annotated["OwnSeries", strawberry.lazy("schema.tracking.own_indicators")]] = sql(
        own_indicators.own_series_of,
        "A curve for each indicator of the member's own that was observed in the period, by name.",
        size=OWN_SERIES,
    )
    courses: list[Annotated["TreatmentCourse", strawberry.lazy("schema.tracking.treatments")]] = sql(
        resolve.courses_within, "The courses that overlap the period, oldest first."
    )
    own_courses: list[Annotated["OwnCourse", strawberry.lazy("schema.tracking.own_treatments")]] = sql(
        own_treatments.own_courses_within,
        "The courses of the member's own treatments that overlap the period, oldest first.",
        size=OWN_COURSES,
    )
