"""Counts records, adds the noise that a charge pays for, and stores the release. Exact counts never leave it."""

import asyncio
import json
import math
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID, uuid4

from sqlalchemy import literal_column

from models.database import Connection
from models.insight.datasets import DatasetKind, DatasetStatus
from models.rows import select
from privacy import noise
from privacy.budget import SIZE_DRAWS, SOLD_SHARE
from privacy.chain import SALT_BYTES, commitment_of
from privacy.combining import combine
from privacy.cubes import Cube, contributions, key
from privacy.means import UNIT, InsightKind, full_name, kind_of, means_of, summed, sums_of
from privacy.precision import Precision, margin_of
from privacy.reading import Cell, Size, Statistic, cells_of, statistics_of
from resolvers.exporting import sql_of
from resolvers.insight.cubes import published_size
from resolvers.insight.drawing import drawn, in_thread
from resolvers.insight.ledger import NewEntry
from resolvers.insight.positioned import PositionedVariable
from resolvers.pacing import in_steps_of

# Exact counts of a cube of the variables at these positions of a dataset, which it locks.
Count: TypeAlias = Callable[[Connection, UUID, Sequence[int]], Awaitable[list[int]]]
NO_VARIABLES = [0]  # a position that no variable has: without any, a release is of the dataset's size


@dataclass(frozen=True)
class FrozenDataset:
    """The columns of a dataset that publishing depends on."""

    id: UUID
    community_id: UUID
    kind: DatasetKind
    title: str
    status: DatasetStatus
    ends_on: date
    offered_to: Sequence[str]
    domain_version: int
    cap_micro_rho: int
    spent_micro_rho: int
    sold_micro_rho: int
    size: int  # noisy
    demonstration: bool
    synthetic: bool  # of a sandbox, where nothing is spent

    def is_open_on(self, day: date) -> bool:
        """Whether insights can be published from it on that day."""
        return self.status is DatasetStatus.OPEN and day <= self.ends_on


@dataclass(frozen=True)
class NoisyRelease:
    """A published release of a cube: estimates in the order of the variables' positions, the last running fastest.

    Of a dataset's size, the estimates are the published size and the draw that decides, which are independent.
    """

    id: UUID
    variables: Sequence[int]
    precision: Precision
    total_micro_rho: int
    margin: int
    sigma: float
    estimates: Sequence[float] = field(repr=False)
    counts_id: UUID | None = None  # of SUMS: the release with the numbers of members


@dataclass(frozen=True)
class ReleaseUse:
    """The purpose of a release, and the organization that it is for; None for Cohorte and for members' own tables."""

    purpose: str
    organization: UUID | None = None
    organization_name: str | None = None
    licence: UUID | None = None
    purpose_kind: str | None = None


class Overspent(Exception):
    """The charge exceeds what is left of the dataset's budget, or of the buyers' share of it."""


@dataclass(frozen=True)
class NewRelease:
    """A table to release: a cube, in the order of positions, for `charge` micro-rho.

    If one of its variables is `measured`, the sums for its means are released in place of the counts: those of SUMS, if
    `counts_id` is the release with the numbers of members. `improves` is the earlier release to combine with.
    """

    cube: Sequence[PositionedVariable]
    precision: Precision
    charge: int
    improves: NoisyRelease | None = None
    measured: PositionedVariable | None = None
    counts_id: UUID | None = None

    @property
    def kind(self) -> InsightKind:
        """What it has of each variable."""
        return kind_of(self.measured, self.counts_id)

    @property
    def positions(self) -> list[int]:
        """Those of its variables."""
        return [placed.position for placed in self.cube]

    @property
    def names(self) -> list[str]:
        """Its variables as keys and the ledger name them."""
        return names_of(self.cube, self.measured, self.kind)

    @property
    def draws(self) -> int:
        """How often the counts are drawn: a dataset's size twice, as if each member were in two cells."""
        return 1 if self.cube else SIZE_DRAWS

    @property
    def contributions(self) -> int:
        """In how many cells a member is, at most."""
        return contributions(placed.variable for placed in self.cube) if self.cube else SIZE_DRAWS

    @property
    def unit(self) -> int:
        """What a member counts as."""
        return UNIT if self.measured else 1

    @property
    def least(self) -> int:
        """The least that a count or a sum can be: centred sums may be below zero."""
        return -noise.LARGEST if self.kind is InsightKind.SUMS else 0


async def count_records(connection: Connection, dataset: UUID, positions: Sequence[int]) -> list[int]:
    """The exact counts of a cube of the variables at these positions. Locks the dataset."""
    counts: list[int] = await connection.fetchval("SELECT research.histogram($1, $2)", dataset, positions)
    return counts


async def release(
    connection: Connection,
    dataset: FrozenDataset,
    tables: Sequence[NewRelease],
    use: ReleaseUse,
    *,
    at: datetime | None = None,
    step_seconds: float | None = None,
    count: Count = count_records,
) -> list[tuple[NoisyRelease, NewEntry]]:
    """Charges tables, counts each by `count`, adds the noise that its charge pays for, and stores the releases.

    Counting takes a whole number of steps, if `step_seconds` are given, because it takes longer if there are more
    records. For n tables a step is √n as long, so that the end of all tells no more of a record than the ends of n
    tables one by one (docs/decisions/0048-analysis-plans.md). The caller appends the returned entries to the ledger in
    the same transaction. Raises Overspent before anything is counted.
    """
    await debit(connection, dataset, sum(table.charge for table in tables), sold=use.licence is not None)
    async with in_steps_of(None if step_seconds is None else step_seconds * math.sqrt(len(tables))):
        exact = []
        for table in tables:
            counts = await count(connection, dataset.id, table.positions) * table.draws
            if table.measured:
                variables = [placed.variable for placed in table.cube]
                counts = await in_thread(sums_of, counts, variables, table.measured.variable, table.kind)
            # What a member may change, in the squares of the unit that is drawn in.
            exact.append((counts, table.charge, table.contributions * table.unit**2, table.least))
        drawings = await drawn(noise.draw_each, exact)
    made = [_combined(table, noisy, sigma / table.unit) for table, (noisy, sigma) in zip(tables, drawings, strict=True)]
    salts = [secrets.token_bytes(SALT_BYTES) for _ in tables]
    await connection.executemany(
        """
        INSERT INTO insight.release
            (id, dataset_id, cube, variables, precision, margin, contributions, micro_rho, total_micro_rho, sigma,
             noisy, estimates, improves_id, organization_id, licence_id, purpose, published_at, demonstration, salt,
             measured, counts_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, coalesce($17, now()), $18, $19,
            $20, $21)
        """,
        [
            (
                one.id, dataset.id, key(table.names, dataset.domain_version), one.variables, one.precision, one.margin,
                table.contributions, table.charge, one.total_micro_rho, one.sigma, noisy, one.estimates,
                table.improves and table.improves.id, use.organization, use.licence, use.purpose, at,
                dataset.demonstration, salt, table.measured and table.measured.position, table.counts_id,
            )
            for table, one, (noisy, _), salt in zip(tables, made, drawings, salts, strict=True)
        ],
    )  # fmt: skip
    return [
        (one, _entry(one.id, dataset, table.names, use, table.charge, commitment_of(salt, noisy)))
        for table, one, (noisy, _), salt in zip(tables, made, drawings, salts, strict=True)
    ]


def _combined(table: NewRelease, noisy: Sequence[int], sigma: float) -> NoisyRelease:
    """The release of what was drawn for a table, with what it improves."""
    estimates: Sequence[float] = [count / table.unit for count in noisy]
    total = table.charge
    if (improves := table.improves) is not None:
        estimates, sigma = combine(
            improves.estimates, improves.total_micro_rho, estimates, table.charge, table.contributions
        )
        total += improves.total_micro_rho
    return NoisyRelease(
        uuid4(), table.positions, table.precision, total, margin_of(sigma), sigma, estimates, table.counts_id
    )


def names_of(
    cube: Sequence[PositionedVariable],
    measured: PositionedVariable | None = None,
    kind: InsightKind = InsightKind.MEANS,
) -> list[str]:
    """A cube's variables as keys and the ledger name them: how they are merged, and which is measured by what kind."""
    return [full_name(each.variable, kind) if each == measured else each.variable.full_name for each in cube]


async def present(
    connection: Connection,
    dataset: FrozenDataset,
    shown: Sequence[tuple[NoisyRelease, Sequence[PositionedVariable], str]],
    at: datetime | None = None,
    *,
    kind: InsightKind = InsightKind.COUNTS,
    counts: Cube | None = None,
) -> list[UUID]:
    """The insights of one variable by its others each, of releases of cubes; those that there are not yet are made.

    `kind` is what the releases have of these variables; of SUMS, `counts` are the numbers of members. They cost
    nothing, because they show published estimates. Returns their ids.
    """
    asked = [(made.id, _placed(cube, variable).position) for made, cube, variable in shown]
    rows = await connection.fetch(
        "SELECT id, release_id, variable FROM insight.insight WHERE release_id = any($1)", [id for id, _ in asked]
    )
    insights: dict[tuple[UUID, int], UUID] = {(row["release_id"], row["variable"]): row["id"] for row in rows}
    new = [each for each, of in zip(shown, asked, strict=True) if of not in insights]
    if new:
        published = sql_of(select(published_size(literal_column("$1::uuid"))))
        size = Size(**json.loads(await connection.fetchval(published, dataset.id)))
        # In a thread: thousands of intervals take a while.
        figures = await asyncio.to_thread(_figures, new, size, kind, counts)
        insights |= await _write_insights(connection, dataset, figures, at)
    return [insights[of] for of in asked]


@dataclass(frozen=True)
class InsightFigures:
    """What an insight of a release shows."""

    release: UUID
    variable: int
    by: list[int]
    cells: Sequence[Cell]
    statistics: Sequence[Statistic]


def _placed(cube: Sequence[PositionedVariable], variable: str) -> PositionedVariable:
    return next(placed for placed in cube if placed.variable.name == variable)


def _figures(
    shown: Sequence[tuple[NoisyRelease, Sequence[PositionedVariable], str]],
    size: Size,
    kind: InsightKind,
    counts: Cube | None,
) -> list[InsightFigures]:
    found = []
    means = kind is not InsightKind.COUNTS
    reading = partial(means_of, counts=counts) if means else statistics_of
    for made, cube, variable in shown:
        position = _placed(cube, variable).position
        others = [placed for placed in cube if placed.position != position]
        of = tuple(
            summed(placed.variable, kind) if means and placed.position == position else placed.variable
            for placed in cube
        )
        noisy, by = Cube(of, tuple(made.estimates), made.sigma), [placed.variable.name for placed in others]
        cells = [] if means else cells_of(noisy, variable, by, size)
        statistics = reading(noisy, variable, by)
        found.append(InsightFigures(made.id, position, [placed.position for placed in others], cells, statistics))
    return found


async def _write_insights(
    connection: Connection, dataset: FrozenDataset, figures: Sequence[InsightFigures], at: datetime | None
) -> dict[tuple[UUID, int], UUID]:
    """Writes insights with their cells and statistics; their ids by release and variable."""
    ids = [uuid4() for _ in figures]
    await connection.executemany(
        """
        INSERT INTO insight.insight
            (id, release_id, dataset_id, community_id, variable, by, published_at, demonstration)
        VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, now()), $8)
        """,
        [
            (id, one.release, dataset.id, dataset.community_id, one.variable, one.by, at, dataset.demonstration)
            for id, one in zip(ids, figures, strict=True)
        ],
    )
    await connection.executemany(
        """
        INSERT INTO insight.cell
            (insight_id, place, category, by, count, margin, share, low, high, reliability, demonstration)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        [
            (
                id, place, cell.category, list(cell.by), cell.count, cell.margin, cell.share, cell.low, cell.high,
                cell.reliability, dataset.demonstration,
            )
            for id, one in zip(ids, figures, strict=True)
            for place, cell in enumerate(one.cells)
        ],
    )  # fmt: skip
    await connection.executemany(
        """
        INSERT INTO insight.statistic (insight_id, place, measure, by, value, low, high, reliability, demonstration)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
            (
                id, place, each.measure, list(each.by), each.value, each.low, each.high, each.reliability,
                dataset.demonstration,
            )
            for id, one in zip(ids, figures, strict=True)
            for place, each in enumerate(one.statistics)
        ],
    )  # fmt: skip
    await connection.execute(
        "SELECT care.announce('insightPublished', id, $2) FROM unnest($1::uuid[]) id", ids, dataset.community_id
    )
    return {(one.release, one.variable): id for id, one in zip(ids, figures, strict=True)}


async def charge_in_full(connection: Connection, dataset: FrozenDataset, purpose: str) -> NewEntry | None:
    """Charges what is left of a dataset's budget and publishes nothing for it, as if lost releases had cost all of it.

    The caller appends the returned entry to the ledger in the same transaction; None if nothing was left.
    """
    charge = dataset.cap_micro_rho - dataset.spent_micro_rho
    if charge == 0:
        return None
    await debit(connection, dataset, charge, sold=False)
    salt = secrets.token_bytes(SALT_BYTES)
    id: UUID = await connection.fetchval(
        """
        INSERT INTO insight.release
            (dataset_id, cube, variables, precision, margin, contributions, micro_rho, total_micro_rho, sigma, noisy,
             estimates, purpose, demonstration, salt)
        VALUES ($1, 'nothing', $2, $3, 0, 1, $4, $4, 1, '{}', '{}', $5, $6, $7) RETURNING id
        """,
        dataset.id, NO_VARIABLES, Precision.WITHIN_50, charge, purpose, dataset.demonstration, salt,
    )  # fmt: skip
    return _entry(id, dataset, [], ReleaseUse(purpose), charge, commitment_of(salt, []))


def _entry(
    release: UUID,
    dataset: FrozenDataset,
    names: Sequence[str],
    use: ReleaseUse,
    charge: int,
    commitment: bytes,
) -> NewEntry:
    return NewEntry(
        release=release,
        dataset=dataset.id,
        dataset_title=dataset.title,
        community=dataset.community_id,
        purpose=use.purpose,
        variables=tuple(names),
        micro_rho=charge,
        commitment=commitment,
        purpose_kind=use.purpose_kind,
        organization=use.organization,
        organization_name=use.organization_name,
        demonstration=dataset.demonstration,
    )


async def debit(connection: Connection, dataset: FrozenDataset, charge: int, *, sold: bool) -> None:
    """Charges `charge` micro-rho to the dataset's budget, and to the buyers' share of it if it is `sold`.

    Nothing is charged in a sandbox, where prices are those of the same release of the real dataset. Raises Overspent if
    too little is left, which constraints of the table enforce as well.
    """
    if dataset.synthetic:
        return
    taken = await connection.fetchval(
        """
        UPDATE insight.dataset
        SET spent_micro_rho = spent_micro_rho + $2, sold_micro_rho = sold_micro_rho + $3
        WHERE id = $1 AND spent_micro_rho + $2 <= cap_micro_rho AND (sold_micro_rho + $3) * 100 <= cap_micro_rho * $4
        RETURNING true
        """,
        dataset.id, charge, charge if sold else 0, SOLD_SHARE,
    )  # fmt: skip
    if not taken:
        raise Overspent
