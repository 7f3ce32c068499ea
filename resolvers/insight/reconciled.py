"""Reads the tables of a dataset made to agree, at no privacy cost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.insight import datasets
from models.insight import insights as tables
from models.rows import Finished, Row, Rows, ViewerIds, row, select
from privacy import domains, reading
from privacy.budget import SIZE_DRAWS
from privacy.cubes import Cube
from privacy.reconciling import informative
from privacy.reconciling import reconciled as reconciled_by_least_squares
from resolvers.insight.cubes import (
    Cell,
    Statistic,
    StoredCube,
    cube_of,
    json_object,
    shown_cells,
    shown_means,
    shown_statistics,
)


@dataclass(frozen=True)
class ReconciledTable(Finished):
    releases: int
    as_of: str  # as PostgreSQL writes a time in JSON
    cells: list[Cell]
    statistics: list[Statistic]


def tables_of(insight: Row, *, viewer: ViewerIds) -> Rows:
    """The insight's cube, and all tables of its dataset, as JSON, which `reconciled` takes."""
    release, better = row(tables.Release), row(tables.Release)
    improved = select(better.id).where(better.improves_id == release.id).exists()
    table = json_object(
        variables=release.variables,
        estimates=release.estimates,
        sigma=release.sigma,
        published_at=release.published_at,
    )
    in_order = aggregate_order_by(table, release.published_at, release.id)  # sums of floats depend on their order
    # Earlier sizes were drawn once and decided whether there are tables: fitting these to them would bias them.
    unbiased = or_(func.cardinality(release.variables) > 0, release.contributions == SIZE_DRAWS)
    every = select(func.json_agg(in_order)).where(
        release.dataset_id == insight.dataset_id, ~improved, unbiased, release.measured.is_(None)
    )
    variable, category = row(datasets.Variable), row(datasets.Category)
    many = select(func.count(category.place)).where(
        category.dataset_id == variable.dataset_id, category.variable == variable.position
    )
    described = json_object(
        position=variable.position,
        name=variable.name,
        groups=variable.groups,
        max_per_member=variable.max_per_member,
        categories=many.scalar_subquery(),
    )
    variables = select(func.json_agg(described)).where(variable.dataset_id == insight.dataset_id)
    found = json_object(
        own=cube_of(insight, viewer=viewer).scalar_subquery(),
        tables=every.scalar_subquery(),
        variables=variables.scalar_subquery(),
        published_at=insight.published_at,
    )
    return select(found)


def reconciled(found: Any, *, include_unreliable: bool = False) -> ReconciledTable:
    """The insight's table, once all tables of its dataset agree.

    Counts of HIDDEN cells are None unless `include_unreliable`. Means by sums are as they were published.
    """
    stored = StoredCube.read(found["own"])
    if stored.has_means:
        many = 1 if stored.counts is None else 2
        return ReconciledTable(releases=many, as_of=found["published_at"], cells=[], statistics=shown_means(stored))
    known = {each["position"]: _variable(each) for each in found["variables"]}
    own = tuple(known[each["position"]] for each in found["own"]["variables"])
    cubes = [_cube(each, known) for each in found["tables"]]
    used = informative(cubes, own)
    table = reconciled_by_least_squares([cubes[at] for at in used], own)
    at = next(at for at, each in enumerate(stored.cube.variables) if each.name == stored.variable)
    noise = table.noise_within(own[at].name)
    cube = replace(table.cube, variables=stored.cube.variables)
    return ReconciledTable(
        releases=len(used),
        as_of=max((found["tables"][at]["published_at"] for at in used), key=datetime.fromisoformat),
        cells=shown_cells(
            stored, reading.cells_of(cube, stored.variable, stored.by, stored.size, noise), include_unreliable
        ),
        statistics=shown_statistics(stored, reading.statistics_of(cube, stored.variable, stored.by, noise)),
    )


def _cube(table: Any, known: Mapping[int, domains.Variable]) -> Cube:
    variables = tuple(known[at] for at in table["variables"])
    estimates = tuple(map(float, table["estimates"]))
    return Cube(variables, estimates if variables else estimates[:1], table["sigma"])  # of a size, what is published


def _variable(found: Any) -> domains.Variable:
    """A variable of which only the number of categories matters, and a name that tells a grouping from what it merges.

    Tables with a variable and tables with a grouping of it agree on what they share without it.
    """
    categories = tuple(domains.Category(str(place), "") for place in range(found["categories"]))
    rule = domains.DomainRule.NUMBER
    name = found["name"] + found["groups"]
    return domains.Variable(name, name, categories, rule, False, found["max_per_member"])
