"""Reads members' own indicators, their observations, and their curves on a dashboard."""

from models.name_order import ordered_as
from models.rows import Expression, Row, Rows, ViewerIds, row, select
from models.tracking import own_indicators as tables
from resolvers.tracking.observations import points, within_span
from resolvers.visible import is_entrusted


def own_indicators_of(me: Row) -> Rows:
    """The member's own indicators, by name."""
    return _of_member(me.member_id)


def patients_own_indicators(link: Row, *, viewer: ViewerIds) -> Rows:
    """Those of the patient of a care link; none unless it is accepted, in the same time however many there are."""
    return _of_member(link.patient_id).where(is_entrusted(link.patient_id, viewer))


def own_indicator_of(owner: Row) -> Rows:
    """One row, by `own_indicator_id`."""
    indicator = row(tables.OwnIndicator)
    return select(indicator).where(indicator.id == owner.own_indicator_id)


def own_indicator_made(payload: Row) -> Rows:
    """One row: the indicator that a mutation has created or changed."""
    return own_indicator_of(payload)


def own_indicator_left(payload: Row) -> Rows:
    """No row: a deleted indicator, in a payload whose field is always null."""
    indicator = row(tables.OwnIndicator)
    return select(indicator).where(indicator.id == payload.removed)


def own_observations_of(indicator: Row, *, noted_only: bool | None = None) -> Rows:
    """Observations, the last observed first."""
    observation = row(tables.OwnObservation)
    found = select(observation).where(observation.own_indicator_id == indicator.id)
    found = found.order_by(observation.observed_on.desc(), observation.id.desc())
    return found.where(observation.note.is_not(None)) if noted_only else found


def own_observation_made(payload: Row) -> Rows:
    """One row: the observation that a mutation has written."""
    observation = row(tables.OwnObservation)
    return select(observation).where(observation.id == payload.own_observation_id)


def own_observation_left(payload: Row) -> Rows:
    """No row: a deleted observation, in a payload whose field is always null."""
    observation = row(tables.OwnObservation)
    return select(observation).where(observation.id == payload.removed)


def own_series_of(dashboard: Row) -> Rows:
    """One row for each own indicator with an observation in the period, by name, with the dashboard's columns."""
    indicator, observation = row(tables.OwnIndicator), row(tables.OwnObservation)
    observed = select(observation.own_indicator_id).where(*within_span(dashboard, observation))
    return (
        select(
            indicator.id.label("own_indicator_id"),
            dashboard.member_id.label("member_id"),
            dashboard.starts_on.label("starts_on"),
            dashboard.ends_on.label("ends_on"),
            dashboard.unit.label("unit"),
        )
        .where(indicator.id.in_(observed))
        .order_by(ordered_as(indicator.name), indicator.id)
    )


def own_points_of(series: Row) -> Rows:
    """As `points`: one row for each interval, in the indicator's unit."""
    observation = row(tables.OwnObservation)
    of_series = within_span(series, observation)
    return points(observation, series.unit).where(observation.own_indicator_id == series.own_indicator_id, *of_series)


def own_latest_of(series: Row) -> Rows:
    """One row: the last observation of the span."""
    observation = row(tables.OwnObservation)
    of_series = within_span(series, observation)
    found = select(observation).where(observation.own_indicator_id == series.own_indicator_id, *of_series)
    return found.order_by(observation.observed_on.desc()).limit(1)


def _of_member(member_id: Expression) -> Rows:
    indicator = row(tables.OwnIndicator)
    return select(indicator).where(indicator.member_id == member_id).order_by(ordered_as(indicator.name), indicator.id)
