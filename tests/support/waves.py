"""Inserts datasets and releases of a test's own as rows, without counting anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from privacy import reading
from privacy.cubes import Cube, contributions, key
from privacy.domains import Category, DomainRule, Variable
from privacy.means import UNIT, InsightKind, full_name, means_of, price_of_means, summed
from privacy.precision import Precision, margin_of, price
from tests import factories
from tests.support.ids import key as key_of


def variable(name: str, *codes: str, ordinal: bool = False, several: int = 1) -> Variable:
    """A variable with these categories and UNKNOWN; the value of an ordinal category is its position."""
    categories = [
        Category(code, code.capitalize(), float(place) if ordinal else None) for place, code in enumerate(codes)
    ]
    categories.append(Category("UNKNOWN", "Unknown"))
    return Variable(name, name.capitalize(), tuple(categories), DomainRule.CHOICE, ordinal, several)


@dataclass(frozen=True)
class Wave:
    """A dataset and its variables, in the order of their positions, which count from 1."""

    connection: asyncpg.Connection
    row: asyncpg.Record
    variables: tuple[Variable, ...]

    @property
    def id(self) -> UUID:
        id: UUID = self.row["id"]
        return id

    def cube(self, names: Sequence[str], estimates: Sequence[float], sigma: float) -> Cube:
        return Cube(tuple(each for each in self.variables if each.name in names), tuple(estimates), sigma)

    async def size(self, **given: Any) -> UUID:
        """Publishes the dataset's size, its first release, which no insight shows; returns the release's id."""
        made = await factories.release(self.connection, dataset_id=self.id, **given)
        await factories.ledger_entry(self.connection, release_id=made["id"])
        id: UUID = made["id"]
        return id

    async def publish(
        self,
        names: Sequence[str],
        noisy: Sequence[int],
        *,
        precision: Precision = Precision.WITHIN_10,
        sigma: float = 5.0,
        **given: Any,
    ) -> dict[str, str]:
        """Publishes a cube of the variables of these names; returns the ids of its insights by variable."""
        cube = self.cube(names, list(map(float, noisy)), sigma)
        positions = {each.name: place for place, each in enumerate(self.variables, 1)}
        inside = [each.name for each in cube.variables]
        times = contributions(cube.variables)
        values = {
            "cube": key(inside),
            "variables": [positions[name] for name in inside],
            "precision": precision,
            "margin": margin_of(sigma),
            "contributions": times,
            "micro_rho": price(precision, times),
            "sigma": sigma,
            "noisy": list(noisy),
            "estimates": list(cube.estimates),
            "purpose": "Sleep and fatigue",
        }
        release = await factories.release(self.connection, dataset_id=self.id, **{**values, **given})
        await factories.ledger_entry(self.connection, release_id=release["id"])
        return {name: await self.show(release, cube, name, positions) for name in inside}

    async def publish_means(
        self,
        name: str,
        by: Sequence[str],
        sums: Sequence[float],
        *,
        sigma: float = 5.0,
        counted_by: str | None = None,
        **given: Any,
    ) -> str:
        """Publishes the means of the variable of this name, by sums in members; returns the insight's id.

        `counted_by` is the insight with the numbers of members, of SUMS.
        """
        kind = InsightKind.MEANS if counted_by is None else InsightKind.SUMS
        counts = counts_id = None
        if counted_by is not None:
            found = await self.connection.fetchrow(
                "SELECT r.* FROM insight.release r JOIN insight.insight i ON i.release_id = r.id WHERE i.id = $1",
                key_of(counted_by),
            )
            assert found is not None
            inside = [self.variables[at - 1].name for at in found["variables"]]
            counts, counts_id = self.cube(inside, found["estimates"], found["sigma"]).rolled_up(by), found["id"]
        positions = {each.name: place for place, each in enumerate(self.variables, 1)}
        inside = [each for each in self.variables if each.name in (name, *by)]
        measured = next(each for each in inside if each.name == name)
        cube = Cube(tuple(summed(each, kind) if each is measured else each for each in inside), tuple(sums), sigma)
        values = {
            "cube": key([full_name(each, kind) if each is measured else each.name for each in inside]),
            "variables": [positions[each.name] for each in inside],
            "measured": positions[name],
            "counts_id": counts_id,
            "margin": margin_of(sigma),
            "micro_rho": price_of_means(Precision.WITHIN_20, measured, 1, kind),
            "sigma": sigma,
            "noisy": [round(each * UNIT) for each in sums],
            "estimates": list(sums),
            "purpose": "Sleep and fatigue",
        }
        release = await factories.release(self.connection, dataset_id=self.id, **{**values, **given})
        await factories.ledger_entry(self.connection, release_id=release["id"])
        places = [positions[other] for other in by]
        insight = await factories.insight(
            self.connection, release_id=release["id"], variable=positions[name], by=places
        )
        for place, each in enumerate(means_of(cube, name, by, counts)):
            figures = {"value": each.value, "low": each.low, "high": each.high, "reliability": each.reliability}
            of = {"insight_id": insight["id"], "place": place, "measure": each.measure, "by": list(each.by)}
            await factories.statistic(self.connection, **of, **figures)
        return f"ins_{insight['id']}"

    async def show(self, release: asyncpg.Record, cube: Cube, name: str, positions: dict[str, int]) -> str:
        """Inserts the insight of one of a release's variables by the others; returns its id."""
        by = [each.name for each in cube.variables if each.name != name]
        places = [positions[other] for other in by]
        insight = await factories.insight(
            self.connection, release_id=release["id"], variable=positions[name], by=places
        )
        cells = [
            (insight["id"], place, c.category, list(c.by), c.count, c.margin, c.share, c.low, c.high, c.reliability)
            for place, c in enumerate(reading.cells_of(cube, name, by))
        ]
        columns = ["insight_id", "place", "category", "by", "count", "margin", "share", "low", "high", "reliability"]
        await self.copy("cell", cells, columns)
        statistics = [
            (insight["id"], place, s.measure, list(s.by), s.value, s.low, s.high, s.reliability)
            for place, s in enumerate(reading.statistics_of(cube, name, by))
        ]
        columns = ["insight_id", "place", "measure", "by", "value", "low", "high", "reliability"]
        await self.copy("statistic", statistics, columns)
        return f"ins_{insight['id']}"

    async def copy(self, table: str, rows: Sequence[tuple[Any, ...]], columns: list[str]) -> None:
        await self.connection.copy_records_to_table(table, schema_name="insight", records=rows, columns=columns)


async def wave(connection: asyncpg.Connection, *variables: Variable, **given: Any) -> Wave:
    """A dataset with these variables; `subjects` has the ids of their subjects, by variable name."""
    subjects = given.pop("subjects", {})
    made = await factories.dataset(connection, **given)
    for place, each in enumerate(variables):
        row = await factories.variable(
            connection,
            dataset_id=made["id"],
            name=each.name,
            label=each.label,
            ordinal=each.ordinal,
            max_per_member=each.max_per_member,
            rule=each.rule,
            subject_id=subjects.get(each.name),
        )
        assert row["position"] == place + 1
        for at, category in enumerate(each.categories):
            of = {"dataset_id": made["id"], "variable": row["position"], "place": at}
            await factories.category(connection, **of, code=category.code, label=category.label, value=category.value)
    return Wave(connection, made, variables)
