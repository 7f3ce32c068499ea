"""Insights: published tables with noise, read cell by cell."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from models.insight import insights as tables
from planner.declare import column, computed, graph_enum, graph_type, sql
from privacy.chain import SALT_BYTES, UNSALTED
from privacy.means import UNIT, InsightKind
from privacy.measures import Measure, Reliability
from privacy.precision import CONFIDENCE, Precision
from resolvers.insight import changes, cubes, datasets
from resolvers.insight import insights as resolve
from resolvers.insight import reconciled as resolve_reconciled
from schema.access import SIGNED_IN
from schema.identity.organizations import Organization
from schema.insight.changes import InsightChange, InsightTrend, change, trend
from schema.insight.costs import PrivacyCost
from schema.insight.data_uses import LedgerEntry
from schema.insight.datasets import Category, Dataset, Variable
from schema.insight.narrowing import NARROWING, CategoryFilter, Interval95, filters
from schema.pagination import Node

graph_enum(InsightKind)
graph_enum(Measure)
graph_enum(Reliability)

# For the cost of an operation: most tables are small, but one may have `privacy.cubes.MOST_CELLS`.
TABLE_CELLS = 50
TOTALS = 10
GROUPINGS = 2
EXPORT_COST = 250
COMPARABLE = 5
TREND_COST = 3 * EXPORT_COST
RECONCILED_COST = 2 * EXPORT_COST  # with 30 tables it takes up to twice the time of an export of the same table


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


def totals(found: Any, *, by: list[str] | None = None, where: list[CategoryFilter] | None = None) -> list[cubes.Total]:
    return cubes.totals(found, by, filters(where))


@graph_type(audience=SIGNED_IN)
class Cell:
    """The number of members of a group who are in one category."""

    category: Category = sql(resolve.category_of, "The category of the insight's variable.")
    by: list[Category] = sql(
        resolve.categories_by, "The group: one category for each grouping variable, in order.", size=GROUPINGS
    )
    count: int | None = column(
        "Number of members, with noise added, so it may be negative. Null if HIDDEN, unless `includeUnreliable`."
    )
    margin_of_error: int = column(
        f"Half-width of the count's {CONFIDENCE} confidence interval. It holds for every cell that was drawn: of the"
        " largest counts of a table, more are too high than too low, because picking them picks their noise."
    )
    share: float | None = column(
        "Share of the group, 0 to 1; given for HIDDEN cells too. The shares of a group can exceed the whole in sum,"
        " because a count below zero has a share of zero. For a variable with several values per member, the share of"
        " all members of the dataset, and null in groups and with filters on other variables."
    )
    interval: Interval95 | None = sql(
        resolve.interval_of, "Interval of the share, within 0 to 1. Null if the share is null."
    )
    reliability: Reliability = column("Reliability of the count.")
    share_reliability: Reliability | None = column(
        "Reliability of the share, by its interval. Null if the share is null."
    )


@graph_type(audience=SIGNED_IN)
class Statistic:
    """The mean or median of the variable in one group."""

    measure: Measure = column("Which statistic this is.")
    by: list[Category] = sql(
        resolve.categories_by, "The group: one category for each grouping variable, in order.", size=GROUPINGS
    )
    value: float | None = column(
        "The statistic, over the categories that have a value, and within their range. Null if a filter leaves none."
    )
    interval: Interval95 | None = sql(
        resolve.interval_of, "Interval of the statistic, within the same range. Null if the value is null."
    )
    reliability: Reliability = column("Reliability of the statistic, by its interval.")


@graph_type(audience=SIGNED_IN)
class Total:
    """The sums that were drawn for the mean of one group. Noise is added to each, so they may be negative."""

    by: list[Category] = column("The group: one category for each grouping variable, in order.", size=GROUPINGS)
    count: int = column("Number of members with a value.")
    margin_of_error: int = column(f"Half-width of the count's {CONFIDENCE} confidence interval.")
    sum: float = column("Sum of these members' values, which are those of the variable's categories.")
    sum_margin_of_error: float = column(f"Half-width of the sum's {CONFIDENCE} confidence interval.")
    unknown: int = column("Number of members without a value.")
    unknown_margin_of_error: int = column(f"Half-width of its {CONFIDENCE} confidence interval.")


@graph_type(audience=SIGNED_IN)
class ReconciledTable:
    """The insight's table, once all published tables of its dataset agree on what they share."""

    releases: int = column("Number of releases that it is computed from.")
    as_of: datetime = column("When the newest of them was published. Until the next one, nothing changes.")
    cells: list[Cell] = column("The cells, in the order of the insight's own.", size=TABLE_CELLS)
    statistics: list[Statistic] = column(
        "The mean and median of each group. Empty unless the variable's `scale` is INTERVAL."
    )


@graph_type(audience=SIGNED_IN)
class LedgerProof:
    """The counts that were drawn for a release, and the salt with which the public ledger commits to them."""

    salt: str | None = sql(
        resolve.salt_of,
        f"The commitment's {SALT_BYTES} random bytes, as {2 * SALT_BYTES} hexadecimal digits. Null for entries of"
        f" version {UNSALTED}, which have none.",
    )
    counts: list[int] = column(
        "The counts as drawn: the last of `variables` runs fastest, through all its categories. Of MEANS, four sums in"
        f" units of 1/{UNIT:,} member take the variable's place. `cells` and `totals` combine them with"
        " earlier draws of the same table.",
        of="noisy",
        size=TABLE_CELLS,
    )
    variables: list[Variable] = sql(
        resolve.variables_of,
        "The variables, in the order of `counts`. Empty for a dataset's size, whose `counts` are the published size and"
        " the draw that decided whether the dataset opened.",
        size=GROUPINGS,
    )
    commitment: str = sql(
        resolve.commitment_of,
        "SHA-256 of the salt's bytes and, after them, of `counts` as a JSON array without spaces. The entry's `line`"
        f" has it as `commitment`; as `cells`, and without a salt, in version {UNSALTED}.",
    )
    ledger_entry: LedgerEntry = sql(resolve.entry_of, "The release's entry in the public ledger.")


@graph_type(audience=SIGNED_IN, row=tables.Insight, prefix="ins")
class Insight(Node):
    """A published table: a variable of a dataset, counted by other variables. Everyone sees the same noisy counts."""

    dataset: Dataset = sql(datasets.dataset_of, "The dataset it was computed from.")
    synthetic: bool = sql(
        datasets.is_synthetic,
        "Whether its counts are of the synthetic records of a sandbox: they say nothing about people. Its cost is what"
        " the same insight of the real dataset costs, and was not charged.",
    )
    variable: Variable = sql(resolve.variable_of, "The variable whose categories are counted.")
    by: list[Variable] = sql(
        resolve.variables_by, "The grouping variables, in order. Empty for a one-way table.", size=GROUPINGS
    )
    kind: InsightKind = sql(resolve.kind_of, "What it publishes of the variable.")
    precision: Precision = sql(
        resolve.precision_of, "Precision of the counts. Of MEANS, each mean is as precise as one from such counts."
    )
    margin_of_error: int = sql(
        resolve.margin_of,
        f"Half-width of each count's {CONFIDENCE} confidence interval. Of MEANS, that of `Total.unknown`.",
    )
    cost: PrivacyCost = sql(resolve.cost_of, "Privacy cost that was charged to the dataset's budget.")
    cells: list[Cell] = computed(
        cubes.cube_of,
        cells,
        "The cells, group by group; none of MEANS. Regrouping and filtering use the published counts and cost nothing.",
        planned=resolve.cells_of,
        unless=("by", "where"),
        arguments=NARROWING
        | {"include_unreliable": "Whether to return the counts of HIDDEN cells too. Defaults to false."},
        size=TABLE_CELLS,
    )
    statistics: list[Statistic] = computed(
        cubes.cube_of,
        statistics,
        "The mean and median of each group. Empty unless the variable's `scale` is INTERVAL. Of MEANS, the mean alone.",
        planned=resolve.statistics_of,
        unless=("by", "where"),
        arguments=NARROWING,
    )
    totals: list[Total] = computed(
        cubes.cube_of,
        totals,
        "The sums that were drawn for the mean of each group. Empty for COUNTS.",
        arguments=NARROWING,
        size=TOTALS,
    )
    reconciled: ReconciledTable = computed(
        resolve_reconciled.tables_of,
        resolve_reconciled.reconciled,
        "The table fitted to all published tables of its dataset by least squares: unbiased, more precise, and at no"
        " cost. The cells of `cells` are what the public ledger vouches for. Of MEANS, the statistics as published.",
        arguments={"include_unreliable": "Whether to return the counts of HIDDEN cells too. Defaults to false."},
        cost=RECONCILED_COST,
    )
    comparable: list[Annotated["Insight", strawberry.lazy("schema.insight.insights")]] = sql(
        changes.comparable_insights,
        "The same question asked of the community's other datasets of this kind, oldest dataset first: of each, the"
        " most precise insight with the same variables. A survey's question is the same if its key and its words are."
        " None for an insight of MEANS.",
        size=COMPARABLE,
    )
    change_from: InsightChange | None = computed(
        changes.compared,
        change,
        "What changed since another insight of the same variable, of another dataset of the community. It costs"
        " nothing. Null if the viewer may not read the other insight.",
        arguments={
            "insight": "Id of the other insight, such as one of `comparable`.",
            "by": "Names of the variables to group by, out of those that both insights have in `by`. Defaults to all"
            " of these.",
            "where": NARROWING["where"],
        },
        cost=EXPORT_COST,
    )
    trend: InsightTrend = computed(
        changes.waves_of,
        trend,
        f"The shares and means of this insight and of `comparable`, of the newest {changes.MOST_WAVES} datasets. It"
        " costs nothing. An insight of MEANS has neither.",
        arguments=NARROWING,
        cost=TREND_COST,
    )
    published_at: datetime = column("When it was published.")
    requested_by: Organization | None = sql(
        resolve.requested_by,
        "The organization that requested it. Null for Cohorte's own research and for tables made for members.",
    )
    purpose: str | None = sql(
        resolve.purpose_of,
        "The purpose stated in the public ledger: in the viewer's language if it is Cohorte's own. Null if none is "
        "stated.",
    )
    ledger_entry: LedgerEntry = sql(resolve.ledger_entry_of, "Its entry in the public ledger.")
    proof: LedgerProof = sql(
        resolve.proof_of,
        "What its ledger entry commits to, with the salt: readers of the insight can verify that the ledger vouches for"
        " these counts, and nobody else can find them by trying.",
    )
    csv: str = computed(
        cubes.cube_of,
        cubes.csv,
        "All cells as CSV with a header. The counts of HIDDEN cells are left out.",
        cost=EXPORT_COST,
    )
    json_stat: str = computed(
        cubes.cube_of,
        cubes.json_stat,
        "All cells as a JSON-stat 2.0 dataset. The counts of HIDDEN cells are left out.",
        cost=EXPORT_COST,
    )
