"""Insights: published tables with noise, read cell by cell."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from models.insight import insights as tables
from planner.declare import column, computed, graph_enum, graph_type, sql
from privacy.chain import SALT_BYTES, UNSALTED
from privacy.means import DRAWN, UNIT, InsightKind
from privacy.measures import Measure, Reliability
from privacy.precision import CONFIDENCE, Precision
from resolvers.identity import organization_users
from resolvers.insight import changes, cubes, datasets
from resolvers.insight import insights as resolve
from resolvers.insight import reconciled as resolve_reconciled
from schema.access import BUYER, SIGNED_IN
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
        "Number of members, with noise, so it may be negative. Null if `reliability` is HIDDEN and "
        "`includeUnreliable` is not set."
    )
    margin_of_error: int = column(
        f"Half-width of the count's {CONFIDENCE} confidence interval, for each cell taken by itself. The largest "
        "counts of a table tend to be overestimates."
    )
    share: float | None = column(
        "Share of the group, 0 to 1, also for HIDDEN cells. Shares may add up to more than the whole, because "
        "negative counts have a share of zero. If members can have several values, it is the share of all members, "
        "and null in groups and with filters on other variables."
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
    """The noisy sums behind the mean of one group. Each may be negative."""

    by: list[Category] = column("The group: one category for each grouping variable, in order.", size=GROUPINGS)
    count: int = column("Number of members with a value.")
    margin_of_error: int = column(f"Half-width of the count's {CONFIDENCE} confidence interval.")
    sum: float = column("Sum of these members' values, which are those of the variable's categories.")
    sum_margin_of_error: float = column(f"Half-width of the sum's {CONFIDENCE} confidence interval.")
    unknown: int = column("Number of members without a value.")
    unknown_margin_of_error: int = column(f"Half-width of the {CONFIDENCE} confidence interval of `unknown`.")


@graph_type(audience=SIGNED_IN)
class ReconciledTable:
    """The insight's table, made consistent with all published tables of its dataset."""

    releases: int = column("Number of releases that it is computed from.")
    as_of: datetime = column("When the newest of them was published. The table changes only with the next release.")
    cells: list[Cell] = column("The cells, in the order of the insight's own.", size=TABLE_CELLS)
    statistics: list[Statistic] = column(
        "The mean and median of each group. Empty unless the variable's `scale` is INTERVAL."
    )


@graph_type(audience=SIGNED_IN)
class LedgerProof:
    """The noisy counts or sums of a release, and the salt with which the public ledger commits to them."""

    salt: str | None = sql(
        resolve.salt_of,
        f"The commitment's {SALT_BYTES} random bytes, as {2 * SALT_BYTES} hexadecimal digits. Null for entries of"
        f" version {UNSALTED}, which have none.",
    )
    counts: list[int] = column(
        "The noisy counts, in row-major order of `variables`: the last one varies fastest. For MEANS, "
        f"{len(DRAWN[InsightKind.MEANS])} sums in units of 1/{UNIT:,} take the place of the counted variable, and for "
        f"SUMS, {len(DRAWN[InsightKind.SUMS])}. `cells` and `totals` also use earlier releases of the same table.",
        of="noisy",
        size=TABLE_CELLS,
    )
    variables: list[Variable] = sql(
        resolve.variables_of,
        "The variables, in the order of `counts`. Empty for a dataset's size, whose `counts` are the published size "
        "and a second noisy count, which decided whether the dataset opened.",
        size=GROUPINGS,
    )
    commitment: str = sql(
        resolve.commitment_of,
        "SHA-256 of the salt's bytes followed by `counts` as a JSON array without spaces. It is `commitment` in the "
        f"entry's `line` (in version {UNSALTED}: `cells`, without a salt).",
    )
    ledger_entry: LedgerEntry = sql(resolve.entry_of, "The release's entry in the public ledger.")


@graph_type(audience=SIGNED_IN, row=tables.Insight, prefix="ins")
class Insight(Node):
    """A published table: counts or means of a variable, by other variables. Everyone sees the same noise."""

    dataset: Dataset = sql(datasets.dataset_of, "The dataset it was computed from.")
    synthetic: bool = sql(
        datasets.is_synthetic,
        "Whether it counts the synthetic records of a sandbox and says nothing about people. Its cost was not charged.",
    )
    variable: Variable = sql(resolve.variable_of, "The variable whose categories are counted.")
    by: list[Variable] = sql(
        resolve.variables_by, "The grouping variables, in order. Empty for a one-way table.", size=GROUPINGS
    )
    kind: InsightKind = sql(resolve.kind_of, "What it publishes about the variable.")
    counted_by: Annotated["Insight", strawberry.lazy("schema.insight.insights")] | None = sql(
        resolve.counted_by,
        "For SUMS, an insight with the numbers of members of the groups, as they were when this was published. Null if "
        "the dataset's size has them, and for other kinds.",
    )
    precision: Precision = sql(
        resolve.precision_of,
        "Precision of the counts. For MEANS and SUMS, each mean is as precise as one from such counts.",
    )
    margin_of_error: int = sql(
        resolve.margin_of,
        f"Half-width of each count's {CONFIDENCE} confidence interval. For MEANS and SUMS, that of `Total.unknown`.",
    )
    cost: PrivacyCost = sql(resolve.cost_of, "Privacy cost that was charged to the dataset's budget.")
    cells: list[Cell] = computed(
        cubes.cube_of,
        cells,
        "The cells, group by group. Empty for MEANS and SUMS. Regrouping and filtering use the published counts and "
        "cost nothing.",
        planned=resolve.cells_of,
        unless=("by", "where"),
        arguments=NARROWING
        | {"include_unreliable": "Whether to return the counts of HIDDEN cells too. Defaults to false."},
        size=TABLE_CELLS,
    )
    statistics: list[Statistic] = computed(
        cubes.cube_of,
        statistics,
        "The mean and median of each group. Empty unless the variable's `scale` is INTERVAL. For MEANS and SUMS, "
        "only the mean.",
        planned=resolve.statistics_of,
        unless=("by", "where"),
        arguments=NARROWING,
    )
    totals: list[Total] = computed(
        cubes.cube_of,
        totals,
        "The noisy sums behind the mean of each group. Empty for COUNTS. For SUMS, `count` is the published number of "
        "members less `unknown`.",
        arguments=NARROWING,
        size=TOTALS,
    )
    reconciled: ReconciledTable = computed(
        resolve_reconciled.tables_of,
        resolve_reconciled.reconciled,
        "The table, made consistent with all published tables of the dataset by least squares: unbiased and more "
        "precise, at no cost. The public ledger vouches for `cells`, not for these. For MEANS and SUMS, the statistics "
        "as published.",
        arguments={"include_unreliable": "Whether to return the counts of HIDDEN cells too. Defaults to false."},
        cost=RECONCILED_COST,
    )
    comparable: list[Annotated["Insight", strawberry.lazy("schema.insight.insights")]] = sql(
        changes.comparable_insights,
        "Insights of the same question on other datasets of the community and of this kind, oldest dataset first: "
        "the most precise one of each. A survey question is the same if its key and wording are. Empty for MEANS "
        "and SUMS.",
        size=COMPARABLE,
    )
    change_from: InsightChange | None = computed(
        changes.compared,
        change,
        "Changes since another insight of the same variable, on another dataset of the community. They cost nothing. "
        "Null if the viewer may not read the other insight.",
        arguments={
            "insight": "Id of the other insight, such as one of `comparable`.",
            "by": "Names of the variables to group by, among those in `by` of both insights. Defaults to all of these.",
            "where": NARROWING["where"],
        },
        cost=EXPORT_COST,
    )
    trend: InsightTrend = computed(
        changes.waves_of,
        trend,
        f"The shares and means of this insight and of those in `comparable`, for up to {changes.MOST_WAVES} "
        "datasets, the newest. It costs nothing. For MEANS and SUMS, its `shares` and `means` are "
        "empty.",
        arguments=NARROWING,
        cost=TREND_COST,
    )
    published_at: datetime = column("When it was published.")
    requested_by: Organization | None = sql(
        resolve.requested_by,
        "The organization that requested it. Null for Cohorte's own research and for tables made for members.",
    )
    published_by: str | None = sql(
        organization_users.published_by,
        "The user who had it published, by their address at that time, or the name of the API key. Null unless the "
        "viewer's organization requested it, and for insights from before this was recorded.",
        only=BUYER,
    )
    purpose: str | None = sql(
        resolve.purpose_of,
        "The purpose stated in the public ledger: in the viewer's language if it is Cohorte's own. Null if none is "
        "stated.",
    )
    ledger_entry: LedgerEntry = sql(resolve.ledger_entry_of, "Its entry in the public ledger.")
    proof: LedgerProof = sql(
        resolve.proof_of,
        "The published counts or sums and the salt, with which a reader can verify the commitment in the ledger entry.",
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
