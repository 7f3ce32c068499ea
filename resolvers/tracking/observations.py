"""Reads indicators, observations, and their summaries over time."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, DateTime, Integer, Text, case, cast, func, literal_column

from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from models.tracking import observations as tables
from models.tracking import treatments
from models.viewers import Audience
from privacy.described import DescribedEnum
from resolvers.days import earliest_today, latest_today
from resolvers.lookup import by_name, listed, matched_name

INDICATORS = 20  # that a search returns by default
# PostgreSQL computes the columns of a row with an OFFSET once. Otherwise it would compute the days of a period again
# wherever they are read, as for each curve.
AS_IT_IS = literal_column("0", Integer())


class Interval(DescribedEnum):
    """The length of time that a point of a series covers."""

    DAY = "DAY", "One day."
    WEEK = "WEEK", "One week, beginning on Monday."
    MONTH = "MONTH", "One calendar month."
    QUARTER = "QUARTER", "One quarter of a calendar year."

    @property
    def unit(self) -> Expression:
        """The interval's name in date_trunc, as a literal: with a bound value, GROUP BY would not match the SELECT."""
        return cast(literal_column(f"'{self.value.lower()}'"), Text)


def indicators(*, viewer: ViewerIds, search: Value[str] | None = None, first: int = INDICATORS) -> Rows:
    """Indicators that the viewer is offered, by name in their language, or those matching `search`, the best first."""
    indicator = row(tables.Indicator)
    found = select(indicator).where(*offered_indicator(indicator, viewer)).limit(first)
    return listed(found, indicator, viewer, search, by_name(indicator, viewer))


def matched_indicator_name(indicator: Row, *, viewer: ViewerIds, search: Value[str]) -> Rows:
    """The name that `search` has matched, with its kind: one row, or none. Lay names and further words count too."""
    return matched_name(indicator, viewer, search, further=indicator.words, lay_names=indicator.lay_names)


def lay_names_of(indicator: Row, *, viewer: ViewerIds) -> Expression:
    """A JSON list of names in the viewer's language; those in English where there are none."""
    return func.coalesce(
        indicator.translations[viewer.language][literal_column("'lay_names'")], func.to_jsonb(indicator.lay_names)
    )


def offered_indicator(indicator: Row, viewer: ViewerIds) -> tuple[Expression, ...]:
    """The condition on indicators in lists: not retired, or recorded by the viewer. Staff see all: no condition."""
    if viewer.view is Audience.MANAGER:
        return ()
    offered = indicator.retired_on.is_(None)
    if viewer.view is not Audience.PATIENT:
        return (offered,)
    observation = row(tables.Observation)
    return (offered | indicator.id.in_(select(observation.indicator_id).where(observation.member_id == viewer.member)),)


def merged_into(merged: Row) -> Rows:
    """The indicator into which this one was merged: one row, or none."""
    indicator = row(tables.Indicator)
    return select(indicator).where(indicator.id == merged.merged_into_id)


def indicator_of(owner: Row) -> Rows:
    """One row, by `indicator_id`."""
    indicator = row(tables.Indicator)
    return select(indicator).where(indicator.id == owner.indicator_id)


def observations_of(me: Row, *, indicator: Value[UUID] | None = None, noted_only: bool | None = None) -> Rows:
    """The member's own observations, the last observed first; those of one indicator, if it is given."""
    observation = row(tables.Observation)
    found = select(observation).where(observation.member_id == me.member_id)
    found = found.order_by(observation.observed_on.desc(), observation.id.desc())
    if noted_only:
        found = found.where(observation.note.is_not(None))
    return found if indicator is None else found.where(observation.indicator_id == indicator)


def observations_made(payload: Row) -> Rows:
    """The observations that a mutation has written, in the order of its input."""
    observation = row(tables.Observation)
    made = select(observation).where(observation.id == func.any(payload.observation_ids))
    return made.order_by(func.array_position(payload.observation_ids, observation.id))


def observation_left(payload: Row) -> Rows:
    """No row: a deleted observation, in a payload whose field is always null."""
    observation = row(tables.Observation)
    return select(observation).where(observation.id == payload.removed)


def dashboard(
    me: Row,
    *,
    from_: Value[date] | None = None,
    to: Value[date] | None = None,
    interval: Interval | None = None,
    indicators: Value[list[UUID]] | None = None,
) -> Rows:
    """As `dashboard_of`, of the member. Days are included at both ends."""
    return dashboard_of(me.member_id, from_, to, interval, indicators)


def dashboard_of(
    member_id: Expression,
    from_: Value[date] | None,
    to: Value[date] | None,
    interval: Interval | None,
    indicators: Value[list[UUID]] | None,
) -> Rows:
    """One row: the member, the first and last day of the period, the interval of a point, and the indicators.

    Without `to`, the period ends with the latest day that has begun anywhere, so it contains what is recorded today.
    `indicators` is null for all of them.
    """
    latest = latest_today() if from_ is None else func.greatest(from_, latest_today())
    year_before = cast(given_or(to, earliest_today()) - literal_column("interval '1 year'"), Date)
    starts_on, ends_on = given_or(from_, year_before), given_or(to, latest)
    found = select(
        member_id.label("member_id"),
        cast(starts_on, Date).label("starts_on"),
        cast(ends_on, Date).label("ends_on"),
        (interval or Interval.WEEK).unit.label("unit"),
    ).offset(AS_IT_IS)
    if indicators is None:
        return found
    # The condition refuses unknown indicators where no curve is selected, too.
    return found.add_columns(indicators.label("indicator_ids")).where(indicators.is_not(None))


def given_or(day: Value[date] | None, default: Expression) -> Expression:
    """The day, or the default if it is null or not given.

    To PostgreSQL, coalesce() may show its arguments to others. It would compare days with one only after the policy of
    observations has admitted their rows, without the index.
    """
    return default if day is None else case((day.is_(None), default), else_=day)


def series_of(dashboard: Row, *, viewer: ViewerIds) -> Rows:
    """One row for each indicator with an observation in the period, by name, with the dashboard's columns."""
    indicator, observation = row(tables.Indicator), row(tables.Observation)
    observed = select(observation.indicator_id).where(*within_span(dashboard, observation))
    if "indicator_ids" in dashboard.columns_:
        observed = observed.where(observation.indicator_id == func.any(dashboard.indicator_ids))
    return (
        select(
            indicator.id.label("indicator_id"),
            dashboard.member_id.label("member_id"),
            dashboard.starts_on.label("starts_on"),
            dashboard.ends_on.label("ends_on"),
            dashboard.unit.label("unit"),
        )
        .where(indicator.id.in_(observed))
        .order_by(*by_name(indicator, viewer))
    )


def points_of(series: Row) -> Rows:
    """As `points`: one row for each interval, in the indicator's unit."""
    observation = row(tables.Observation)
    of_series = within_span(series, observation)
    return points(observation, series.unit).where(observation.indicator_id == series.indicator_id, *of_series)


def latest_of(series: Row) -> Rows:
    """One row: the last observation of the span."""
    observation = row(tables.Observation)
    found = select(observation).where(
        observation.indicator_id == series.indicator_id, *within_span(series, observation)
    )
    return found.order_by(observation.observed_on.desc()).limit(1)


def courses_within(dashboard: Row) -> Rows:
    """As `overlapping`, of courses of catalogued treatments."""
    return overlapping(dashboard, row(treatments.Course))


def overlapping(dashboard: Row, course: Row) -> Rows:
    """The member's courses that overlap the period, oldest first."""
    overlaps = (
        course.started_on <= dashboard.ends_on,
        course.ended_on.is_(None) | (course.ended_on >= dashboard.starts_on),
    )
    return (
        select(course).where(course.member_id == dashboard.member_id, *overlaps).order_by(course.started_on, course.id)
    )


def points(observation: Row, unit: Expression) -> Rows:
    """Observations summarized by interval, oldest first: first day, mean, minimum, maximum and count."""
    starts_on = cast(func.date_trunc(unit, cast(observation.observed_on, DateTime)), Date)
    return (
        select(
            starts_on.label("starts_on"),
            func.avg(observation.value).label("mean"),
            func.min(observation.value).label("minimum"),
            func.max(observation.value).label("maximum"),
            func.count().label("count"),
        )
        .group_by(starts_on)
        .order_by(starts_on)
    )


def within_span(span: Row, observation: Row) -> tuple[Expression, ...]:
    """The condition on observations: the member's, on a day of the span, both ends included."""
    return (
        observation.member_id == span.member_id,
        observation.observed_on >= span.starts_on,
        observation.observed_on <= span.ends_on,
    )
