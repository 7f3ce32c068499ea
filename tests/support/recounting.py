"""Compares published tables with the exact counts that they were drawn from, which only a database's superuser can."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from privacy import noise
from privacy.cubes import Cube
from privacy.cubes import contributions as contributions_of
from privacy.domains import Category, DomainRule, Variable
from privacy.measures import PRECISE_WIDTH, Measure, Reliability
from privacy.precision import Precision, price
from privacy.reading import Cell, Statistic, cells_of, statistics_of

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
            f" {self['statistics_given']} of {self['statistics_all']} statistics given, {self['statistics_high']} HIGH;"
            f" of {self['statistics']} of groups with members {self['statistics_true']} in their interval"
        )


@dataclass(frozen=True)
class PublishedTable:
    """A published table, with its exact counts. The first of its variables is shown by the others."""

    title: str
    precision: Precision
    names: tuple[str, ...]
    exact: Cube
    cells: list[Cell]
    statistics: list[Statistic]

    def __str__(self) -> str:
        return f"{self.title}, {' by '.join(self.names)}, {self.precision}"

    @property
    def recount(self) -> Recount:
        """The recount of what was published."""
        return _compared(self.exact, self.names, self.cells, self.statistics)

    def redrawn(self) -> Recount:
        """The recount of the same table with new noise, at the price that was paid for it."""
        many = contributions_of(self.exact.variables)
        charge, counts = price(self.precision, many), [round(one) for one in self.exact.estimates]
        cube = Cube(
            self.exact.variables,
            tuple(map(float, noise.draw(counts, charge, many))),
            noise.noise_for(charge, many).sigma,
        )
        variable, *by = self.names
        return _compared(self.exact, self.names, cells_of(cube, variable, by), statistics_of(cube, variable, by))


async def published_tables(owner: asyncpg.Connection, *communities: str) -> list[PublishedTable]:
    """The tables of the open datasets of these communities."""
    return [
        PublishedTable(
            insight["title"],
            Precision(insight["precision"]),
            tuple(insight["names"]),
            await exact_cube(owner, insight["dataset"], insight["names"]),
            [_cell(row) for row in await owner.fetch(CELLS, insight["id"])],
            [_statistic(row) for row in await owner.fetch(STATISTICS, insight["id"])],
        )
        for insight in await owner.fetch(INSIGHTS, list(communities))
    ]


async def exact_cube(owner: asyncpg.Connection, dataset: UUID, names: Sequence[str]) -> Cube:
    """The exact counts over these variables of an open dataset, as a cube without noise."""
    variables = {row["position"]: _variable(row) for row in await owner.fetch(VARIABLES, dataset)}
    positions = [position for position, each in variables.items() if each.name in names]
    exact = await owner.fetchval("SELECT research.histogram($1, $2)", dataset, positions)
    return Cube(tuple(variables[at] for at in positions), tuple(map(float, exact)), 1e-9)


def _compared(exact: Cube, names: Sequence[str], cells: Sequence[Cell], statistics: Sequence[Statistic]) -> Recount:
    variable, *by = names
    several = exact.variables[[each.name for each in exact.variables].index(variable)].max_per_member > 1
    found = Recount(tables=1, cells=len(cells), statistics_all=len(statistics))
    members: Counter[tuple[int, ...]] = Counter()
    true_cells = cells_of(exact, variable, by)
    for true, cell in zip(true_cells, cells, strict=True):
        assert (true.category, true.by) == (cell.category, cell.by)
        members[true.by] += true.count
        found["cells_empty"] += true.count == 0
        if cell.reliability is not Reliability.HIDDEN:
            found["shown"] += 1
            found["true"] += abs(cell.count - true.count) <= cell.margin
            found["empty"] += true.count == 0
    for true, cell in zip(true_cells, cells, strict=True):
        if cell.low is not None and cell.high is not None and not several and members[true.by]:
            found["shares"] += 1
            found["shares_true"] += cell.low <= true.count / members[true.by] <= cell.high
            found["shares_high"] += cell.high - cell.low <= PRECISE_WIDTH
    true_statistics = {(each.by, each.measure): each.value for each in statistics_of(exact, variable, by)}
    valued = _with_a_value(exact, variable, by)
    for each in statistics:
        if each.value is None or each.low is None or each.high is None:
            continue
        found["statistics_given"] += 1
        found["statistics_high"] += each.reliability is Reliability.HIGH
        if valued[each.by]:
            value = true_statistics[each.by, each.measure]
            assert value is not None
            found["statistics"] += 1
            found["statistics_true"] += each.low - 1e-6 <= value <= each.high + 1e-6
    return found


def _with_a_value(exact: Cube, variable: str, by: Sequence[str]) -> Counter[tuple[int, ...]]:
    """How many members of each group are in a category with a value."""
    categories = next(each.categories for each in exact.variables if each.name == variable)
    found: Counter[tuple[int, ...]] = Counter()
    for cell in cells_of(exact, variable, by):
        if categories[cell.category].value is not None:
            found[cell.by] += cell.count
    return found


def _cell(row: asyncpg.Record) -> Cell:
    return Cell(
        row["category"],
        tuple(row["by"]),
        row["count"],
        row["margin"],
        row["share"],
        row["low"],
        row["high"],
        Reliability(row["reliability"]),
        None,
    )


def _statistic(row: asyncpg.Record) -> Statistic:
    return Statistic(
        Measure(row["measure"]),
        tuple(row["by"]),
        row["value"],
        row["low"],
        row["high"],
        Reliability(row["reliability"]),
    )


def _variable(row: asyncpg.Record) -> Variable:
    categories = tuple(Category(code, code, value) for code, value in zip(row["codes"], row["values"], strict=True))
    return Variable(
        row["name"], row["label"], categories, DomainRule(row["rule"]), row["ordinal"], row["max_per_member"]
    )
