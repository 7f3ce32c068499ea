"""Changes between insights of one question asked of several datasets, and trends over them."""

from datetime import date, datetime
from typing import Any

import strawberry

from planner.declare import column, graph_enum, graph_type
from privacy.changes import Mismatch
from resolvers.insight import changes
from schema.access import SIGNED_IN
from schema.insight.datasets import Category
from schema.insight.narrowing import CategoryFilter, Interval95, filters

graph_enum(Mismatch)

TABLE_CELLS = 50
GROUPINGS = 2
WAVES = 5
GROUP = "The group: one category for each grouping variable, in order."


def change(
    found: Any, *, by: list[str] | None = None, where: list[CategoryFilter] | None = None
) -> changes.InsightChange | None:
    return changes.change(found, by, filters(where))


def trend(
    found: Any, *, by: list[str] | None = None, where: list[CategoryFilter] | None = None
) -> changes.InsightTrend:
    return changes.trend(found, by, filters(where), lambda id: f"ins_{id}")


@graph_type(audience=SIGNED_IN)
class Change:
    """The change of a figure between two datasets, whose noise and members count as independent."""

    value: float | None = column("The difference. Null if there is a `mismatch`.")
    interval: Interval95 | None = column(
        "Interval of the difference, which accounts for the noise and the sampling of both. If members are in both "
        "datasets, it is usually too wide. Null if the value is null."
    )
    mismatch: Mismatch | None = column("Why there is no value. Otherwise null.")


@graph_type(audience=SIGNED_IN)
class ShareChange:
    """The change of the share of one cell."""

    category: Category = column("The category of the insights' variable.")
    by: list[Category] = column(GROUP, size=GROUPINGS)
    before: float | None = column("The share in the other insight. Null if it has none.")
    after: float | None = column("The share in this insight. Null if it has none.")
    change: Change = column("The difference between `before` and `after`.")


@graph_type(audience=SIGNED_IN)
class MeanChange:
    """The change of the mean of one group."""

    by: list[Category] = column(GROUP, size=GROUPINGS)
    before: float | None = column("The mean in the other insight. Null if it has none.")
    after: float | None = column("The mean in this insight. Null if it has none.")
    change: Change = column("The difference between `before` and `after`.")


@graph_type(audience=SIGNED_IN)
class InsightChange:
    """The changes between two insights of the same question. Categories are matched by their codes."""

    by: list[str] = column("Names of the variables that it is grouped by, in order.", size=GROUPINGS)
    shares: list[ShareChange] = column(
        "The shares of this insight's cells, in its order, followed by those of cells that only the other insight has.",
        size=TABLE_CELLS,
    )
    means: list[MeanChange] = column("The means of the groups. Empty unless the variable's `scale` is INTERVAL.")


@graph_type(audience=SIGNED_IN)
class TrendWave:
    """One insight of a trend, with its dataset."""

    insight: strawberry.ID = column("The insight's id.")
    title: str = column("Title of the dataset.")
    wave: str = column("Name of the dataset's wave.")
    frozen_on: date = column("Day on which the dataset was frozen.")
    published_at: datetime = column("When the insight was published.")
    margin_of_error: int = column("Margin of error of the insight's counts.")


@graph_type(audience=SIGNED_IN)
class TrendPoint:
    """A figure in one wave, and how it changed."""

    value: float | None = column("The share or mean. Null if there is a `mismatch`.")
    interval: Interval95 | None = column("Interval of the value. Null if the value is null.")
    mismatch: Mismatch | None = column("Why the wave has no comparable figure. Otherwise null.")
    since_first: Change | None = column("The change since the first wave. Null for the first wave.")
    since_previous: Change | None = column("The change since the previous wave. Null for the first wave.")


@graph_type(audience=SIGNED_IN)
class ShareTrend:
    """The share of one cell over the waves."""

    category: Category = column("The category of the insight's variable.")
    by: list[Category] = column(GROUP, size=GROUPINGS)
    points: list[TrendPoint] = column("One point for each of `waves`.", size=WAVES)


@graph_type(audience=SIGNED_IN)
class MeanTrend:
    """The mean of one group over the waves."""

    by: list[Category] = column(GROUP, size=GROUPINGS)
    points: list[TrendPoint] = column("One point for each of `waves`.", size=WAVES)


@graph_type(audience=SIGNED_IN)
class InsightTrend:
    """An insight's shares and means over its community's datasets with the same question."""

    waves: list[TrendWave] = column("The insights, oldest dataset first.", size=WAVES)
    shares: list[ShareTrend] = column("The shares of the cells, in the insight's order.", size=TABLE_CELLS)
    means: list[MeanTrend] = column("The means of the groups. Empty unless the variable's `scale` is INTERVAL.")
