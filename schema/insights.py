"""The only place for insights as the graph shows them: what has been said of a dataset, cell by cell."""

from datetime import datetime
from typing import Any

import strawberry

from models import insights as tables
from planner.declare import column, computed, graph_type, sql
from privacy.measures import Measure, Reliability
from privacy.precision import Precision
from resolvers import cubes, datasets
from resolvers import insights as resolve
from schema.access import SIGNED_IN
from schema.datasets import Category, Dataset, Variable
from schema.organizations import Organization, PrivacyCost
from schema.pagination import Node
from schema.register import LedgerEntry

strawberry.enum(Measure, description="What a figure measures.")
strawberry.enum(Reliability, description="How far a figure can be relied on; a HIDDEN one is little more than noise.")


@strawberry.input(description="Those alone who are in one of some categories of a variable.")
class CategoryFilter:
    variable: str = strawberry.field(description="The variable's name.")
    in_: list[str] = strawberry.field(name="in", description="The categories' codes, at least one.")


def filters(where: list[CategoryFilter] | None) -> list[tuple[str, list[str]]]:
    return [(one.variable, one.in_) for one in where or ()]


def cells(
    found: Any,
    *,
    by: list[str] | None = None,
    where: list[CategoryFilter] | None = None,
    include_unreliable: bool = False,
) -> list[cubes.Cell]:
    return cubes.cells(found, by, filters(where), include_unreliable)


def statistics(
    found: Any, *, by: list[str] | None = None, where: list[CategoryFilter] | None = None
) -> list[cubes.Statistic]:
    return cubes.statistics(found, by, filters(where))


@graph_type(audience=SIGNED_IN)
class Interval95:
    """Where a figure lies 95 times in 100, what was added to it and who happened to take part considered."""

    low: float = column("Its lower end.")
    high: float = column("Its upper end.")


@graph_type(audience=SIGNED_IN)
class Cell:
    """How many of a group are in one category."""

    category: Category = sql(resolve.category_of, "The category.")
    by: list[Category] = sql(resolve.categories_by, "The group: a category of each variable that the insight is by.")
    count: int | None = column(
        "About how many members; it may be below zero, and is null where it is HIDDEN and not asked for."
    )
    margin_of_error: int = column("The count is within so many of the truth, 95 times in 100.")
    share: float | None = column(
        "Its part of its group, 0 to 1; null where the group is too small to say, and where the count is null."
    )
    interval: Interval95 | None = sql(resolve.interval_of, "Where the share lies; null where the share is.")
    reliability: Reliability = column("How far the count can be relied on.")


@graph_type(audience=SIGNED_IN)
class Statistic:
    """A mean or median of a group."""

    measure: Measure = column("Which of them.")
    by: list[Category] = sql(resolve.categories_by, "The group: a category of each variable that the insight is by.")
    value: float | None = column("The figure, of the categories that have a value; null where it is HIDDEN.")
    interval: Interval95 | None = sql(resolve.interval_of, "Where the figure lies; null where it is HIDDEN.")
    reliability: Reliability = column("How far it can be relied on.")


@graph_type(audience=SIGNED_IN, row=tables.Insight, prefix="ins")
class Insight(Node):
    """A published table: one variable of a dataset by others, every count with noise added, the same for everyone."""

    dataset: Dataset = sql(datasets.dataset_of, "What it was computed from.")
    variable: Variable = sql(resolve.variable_of, "What it is about.")
    by: list[Variable] = sql(resolve.variables_by, "What its groups are made of, in order; empty where it has none.")
    precision: Precision = sql(resolve.precision_of, "How near its counts are.")
    margin_of_error: int = sql(resolve.margin_of, "Each count is within so many of the truth, 95 times in 100.")
    cost: PrivacyCost = sql(resolve.cost_of, "What it cost of the dataset's budget.")
    cells: list[Cell] = computed(
        cubes.cube_of,
        cells,
        "All its cells, group by group; or by some of its variables only, added up over the others; or of those alone "
        "who are in some categories. Free, whatever is asked. Counts and shares that are HIDDEN are left out unless "
        "`includeUnreliable`.",
        planned=resolve.cells_of,
        unless=("by", "where"),
    )
    statistics: list[Statistic] = computed(
        cubes.cube_of,
        statistics,
        "The mean and the median of each group, where the variable is ordinal; narrowed as cells are.",
        planned=resolve.statistics_of,
        unless=("by", "where"),
    )
    published_at: datetime = column("When it was published.")
    requested_by: Organization | None = sql(
        resolve.requested_by, "The organization that had it published; null for the house, and for members' own tables."
    )
    purpose: str | None = sql(
        resolve.purpose_of, "What it was published for, as the public register has it; null where it says nothing."
    )
    ledger_entry: LedgerEntry = sql(resolve.ledger_entry_of, "Its line in the public register.")
    csv: str = computed(cubes.cube_of, cubes.csv, "All its cells as a CSV file, with a header; nothing HIDDEN in it.")
    json_stat: str = computed(
        cubes.cube_of, cubes.json_stat, "All its cells as a JSON-stat 2.0 dataset; nothing HIDDEN in it."
    )
