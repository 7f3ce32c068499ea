"""The only place for tracking as the graph shows it: indicators, observations, series and the dashboard."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models import tracking as tables
from planner.declare import column, graph_type, sql
from resolvers import tracking as resolve
from schema.access import PATIENT, PUBLIC
from schema.pagination import Node

if TYPE_CHECKING:
    from schema.treatments import TreatmentCourse

strawberry.enum(tables.IndicatorKind, description="What sort of thing an indicator is.")
strawberry.enum(
    tables.Scale, description="What an indicator's values are: a rating, a grade, or a quantity in its unit."
)
strawberry.enum(resolve.Interval, description="How long each point of a series lasts. Weeks begin on Monday.")


@graph_type(audience=PUBLIC, row=tables.Indicator, prefix="ind")
class Indicator(Node):
    """What is tracked: a symptom, a mood, a quality of life, a measurement or a score."""

    slug: str = column("Its name in addresses, such as `fatigue`.")
    name: str = column("Its name.")
    lay_names: list[str] = column("What people call it; a search finds these too.")
    kind: tables.IndicatorKind = column("What sort of thing it is.")
    scale: tables.Scale = column("What its values are.")
    unit: str | None = column("The unit of its values; null for ratings and grades.")
    minimum: float = column("The least value it can take, in its unit.")
    maximum: float = column("The greatest value it can take, in its unit.")
    hpo: str | None = column(
        "Its term in the Human Phenotype Ontology, such as `HP:0012378`; null where there is none."
    )


@graph_type(audience=PATIENT, row=tables.Observation, prefix="obs")
class Observation(Node):
    """One value of one indicator on one day of one member."""

    indicator: Indicator = sql(resolve.indicator_of, "What was observed.")
    value: float = column("The value, on the indicator's scale.")
    observed_on: date = column("The day it is about.")
    note: str | None = column("What was written beside it; null where nothing was.")
    by_relative: bool = column("Whether a relative wrote it down for the member.")


@graph_type(audience=PATIENT)
class SeriesPoint:
    """One member's observations of one indicator within one interval."""

    starts_on: date = column("The interval's first day.")
    mean: float = column("The mean of the values, on the indicator's scale.")
    minimum: float = column("The least of the values.")
    maximum: float = column("The greatest of the values.")
    count: int = column("How many values there are.")


@graph_type(audience=PATIENT)
class IndicatorSeries:
    """The curve of one indicator within a dashboard's span."""

    indicator: Indicator = sql(resolve.indicator_of, "What was observed.")
    points: list[SeriesPoint] = sql(resolve.points_of, "Oldest first; an interval without an observation has no point.")
    latest: Observation | None = sql(resolve.latest_of, "The span's last observation.")


@graph_type(audience=PATIENT)
class Dashboard:
    """A member's curves over a span of time, and the treatments that lie over them."""

    series: list[IndicatorSeries] = sql(resolve.series_of, "A curve for each indicator observed in the span, by name.")
    courses: list[Annotated["TreatmentCourse", strawberry.lazy("schema.treatments")]] = sql(
        resolve.courses_within, "The courses of which at least one day lies in the span, oldest first."
    )
