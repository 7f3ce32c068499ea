"""Compares published tables with the exact counts that they were drawn from, which only a database's superuser can."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from privacy.cubes import Cube
from privacy.domains import Category, DomainRule, Variable
from privacy.measures import Measure
from privacy.reading import cells_of, statistics_of

INSIGHTS = """
    SELECT i.id, d.id AS dataset, d.title, r.precision,
        ARRAY(SELECT v.name FROM unnest(ARRAY[i.variable] || i.by) WITH ORDINALITY u (position, nth)
            JOIN insight.variable v ON v.dataset_id = d.id AND v.position = u.position ORDER BY u.nth) AS names
    FROM insight.insight i JOIN insight.release r ON r.id = i.release_id JOIN insight.dataset d ON d.id = i.dataset_id
    JOIN catalog.community c ON c.id = d.community_id
    WHERE c.slug = ANY ($1) AND d.status = 'OPEN' ORDER BY d.title, i.published_at, i.id
"""
VARIABLES = """
    SELECT v.position, v.name, v.label, v.ordinal, v.max_per_member, v.rule,
        array_agg(c.code ORDER BY c.place) AS codes, array_agg(c.value ORDER BY c.place) AS "values"
    FROM insight.variable v JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
    WHERE v.dataset_id = $1 GROUP BY v.dataset_id, v.position ORDER BY v.position
"""
CELLS = "SELECT * FROM insight.cell WHERE insight_id = $1 ORDER BY place"
STATISTICS = "SELECT * FROM insight.statistic WHERE insight_id = $1 ORDER BY place"


class Recount(Counter[str]):
    """Numbers of cells, shares and statistics: all, shown or HIGH, and of these true or of empty groups."""

    def __str__(self) -> str:
        return (
            f"{self['shown']} of {self['cells']} cells shown, {self['true']} of them within their margin,"
            f" {self['empty']} of groups that nobody is in;"
            f" {self['shares_true']} of {self['shares']} shares in their interval, {self['shares_high']} HIGH;"
            f" {self['statistics_true']} of {self['statistics']} statistics of groups with members in their interval,"
            f" {self['statistics_high']} of all {self['statistics_all']} HIGH"
        )


async def recounted(owner: asyncpg.Connection, *communities: str) -> dict[tuple[str, str], Recount]:
    """The recount of each table of the open datasets of these communities, by the dataset's title and its variables."""
    found = {}
    for insight in await owner.fetch(INSIGHTS, list(communities)):
        names = insight["names"]
        cube = await exact_cube(owner, insight["dataset"], names)
        cells = await owner.fetch(CELLS, insight["id"])
        statistics = await owner.fetch(STATISTICS, insight["id"])
        label = f"{' by '.join(names)}, {insight['precision']}"
        found[insight["title"], label] = _compared(cube, names, cells, statistics)
    return found


async def exact_cube(owner: asyncpg.Connection, dataset: UUID, names: Sequence[str]) -> Cube:
    """The exact counts over these variables of an open dataset, as a cube without noise."""
    variables = {row["position"]: _variable(row) for row in await owner.fetch(VARIABLES, dataset)}
    positions = [position for position, each in variables.items() if each.name in names]
    exact = await owner.fetchval("SELECT research.histogram($1, $2)", dataset, positions)
    return Cube(tuple(variables[at] for at in positions), tuple(map(float, exact)), 1e-9)


def _compared(
    exact: Cube, names: Sequence[str], cells: Sequence[asyncpg.Record], statistics: Sequence[asyncpg.Record]
) -> Recount:
    variable, *by = names
    several = exact.variables[[each.name for each in exact.variables].index(variable)].max_per_member > 1
    found = Recount(cells=len(cells), statistics_all=len(statistics))
    members: Counter[tuple[int, ...]] = Counter()
    true_cells = cells_of(exact, variable, by)
    for true, cell in zip(true_cells, cells, strict=True):
        assert (true.category, list(true.by)) == (cell["category"], cell["by"])
        members[true.by] += true.count
        if cell["reliability"] != "HIDDEN":
            found["shown"] += 1
            found["true"] += abs(cell["count"] - true.count) <= cell["margin"]
            found["empty"] += true.count == 0
    for true, cell in zip(true_cells, cells, strict=True):
        if cell["share"] is not None and not several and members[true.by]:
            found["shares"] += 1
            found["shares_true"] += cell["low"] <= true.count / members[true.by] <= cell["high"]
            found["shares_high"] += cell["high"] - cell["low"] <= 0.2
    true_statistics = {(each.by, each.measure): each.value for each in statistics_of(exact, variable, by)}
    valued = _with_a_value(exact, variable, by)
    for each in statistics:
        found["statistics_high"] += each["reliability"] == "HIGH"
        group = tuple(each["by"])
        if valued[group]:
            value = true_statistics[group, Measure(each["measure"])]
            assert value is not None
            found["statistics"] += 1
            found["statistics_true"] += each["low"] - 1e-6 <= value <= each["high"] + 1e-6
    return found


def _with_a_value(exact: Cube, variable: str, by: Sequence[str]) -> Counter[tuple[int, ...]]:
    """How many members of each group are in a category with a value."""
    categories = next(each.categories for each in exact.variables if each.name == variable)
    found: Counter[tuple[int, ...]] = Counter()
    for cell in cells_of(exact, variable, by):
        if categories[cell.category].value is not None:
            found[cell.by] += cell.count
    return found


def _variable(row: asyncpg.Record) -> Variable:
    categories = tuple(Category(code, code, value) for code, value in zip(row["codes"], row["values"], strict=True))
    return Variable(
        row["name"], row["label"], categories, DomainRule(row["rule"]), row["ordinal"], row["max_per_member"]
    )
