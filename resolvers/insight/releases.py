"""Counts records, adds the noise that a charge pays for, and stores the release. Exact counts never leave it."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import literal_column

from models.database import Connection
from models.insight.datasets import DatasetKind, DatasetStatus
from models.rows import select
from privacy import noise
from privacy.budget import SIZE_DRAWS, SOLD_SHARE
from privacy.chain import SALT_BYTES, commitment_of
from privacy.combining import combine
from privacy.cubes import Cube, contributions, key
from privacy.means import UNIT, InsightKind, full_name, means_of, summed, sums_of
from privacy.precision import Precision, margin_of
from privacy.reading import Size, cells_of, statistics_of
from resolvers.exporting import sql_of
from resolvers.insight.cubes import published_size
from resolvers.insight.drawing import drawn, in_thread
from resolvers.insight.ledger import NewEntry
from resolvers.insight.positioned import PositionedVariable
from resolvers.pacing import in_steps_of

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


async def release(
    connection: Connection,
    dataset: FrozenDataset,
    cube: Sequence[PositionedVariable],
    precision: Precision,
    use: ReleaseUse,
    *,
    charge: int,
    improves: NoisyRelease | None = None,
    at: datetime | None = None,
    step_seconds: float | None = None,
    measured: PositionedVariable | None = None,
    counts: UUID | None = None,
) -> tuple[NoisyRelease, NewEntry]:
    """Charges `charge` micro-rho, counts the cube, adds the noise that this pays for, and stores the release.

    `cube` is in the order of positions. If one of its variables is `measured`, the sums for its means are released in
    place of the counts: those of SUMS, if `counts` is the release with the numbers of members. `improves` is the
    earlier release to combine with. Counting takes a whole number of `step_seconds`, if given, because it takes longer
    if there are more records. The caller appends the returned entry to the ledger in the same transaction. Raises
    Overspent before anything is counted.
    """
    await debit(connection, dataset, charge, sold=use.licence is not None)
    variables = [placed.variable for placed in cube]
    positions = [placed.position for placed in cube]
    # A dataset's size is drawn twice, as if each member were in two cells.
    draws, many = (1, contributions(variables)) if variables else (SIZE_DRAWS, SIZE_DRAWS)
    exact = "SELECT research.histogram($1, $2)"
    # What a member may change, in the squares of the unit that is drawn in.
    unit = UNIT if measured else 1
    kind = InsightKind.SUMS if counts else InsightKind.MEANS
    moved = many * unit**2
    async with in_steps_of(step_seconds):
        histogram = await connection.fetchval(exact, dataset.id, positions) * draws
        if measured:
            histogram = await in_thread(sums_of, histogram, variables, measured.variable, kind)
        least = -noise.LARGEST if counts else 0  # centred sums may be below zero
        noisy = await drawn(noise.draw, histogram, charge, moved, least)
    sigma = (await drawn(noise.noise_for, charge, moved)).sigma / unit
    estimates: Sequence[float] = [count / unit for count in noisy]
    total = charge
    if improves is not None:
        estimates, sigma = combine(improves.estimates, improves.total_micro_rho, estimates, charge, many)
        total += improves.total_micro_rho
    margin = margin_of(sigma)
    salt = secrets.token_bytes(SALT_BYTES)
    id: UUID = await connection.fetchval(
        """
        INSERT INTO insight.release
            (dataset_id, cube, variables, precision, margin, contributions, micro_rho, total_micro_rho, sigma, noisy,
             estimates, improves_id, organization_id, licence_id, purpose, published_at, demonstration, salt, measured,
             counts_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, coalesce($16, now()), $17, $18, $19,
            $20)
        RETURNING id
        """,
        dataset.id, key(names_of(cube, measured, kind), dataset.domain_version), positions, precision, margin,
        many, charge, total, sigma, noisy, estimates, improves and improves.id, use.organization, use.licence,
        use.purpose, at, dataset.demonstration, salt, measured and measured.position, counts,
    )  # fmt: skip
    entry = _entry(id, dataset, names_of(cube, measured, kind), use, charge, commitment_of(salt, noisy))
    return NoisyRelease(id, positions, precision, total, margin, sigma, estimates, counts), entry


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
    release: NoisyRelease,
    cube: Sequence[PositionedVariable],
    variable: str,
    at: datetime | None = None,
    *,
    kind: InsightKind = InsightKind.COUNTS,
    counts: Cube | None = None,
) -> UUID:
    """The insight of one variable of a release by its others, made if there is none yet; returns its id.

    `kind` is what the release has of this variable; of SUMS, `counts` are the numbers of members. It costs nothing,
    because it shows published estimates.
    """
    position = next(placed.position for placed in cube if placed.variable.name == variable)
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM insight.insight WHERE release_id = $1 AND variable = $2", release.id, position
    )
    if found is not None:
        return found
    others = [placed for placed in cube if placed.position != position]
    insight: UUID = await connection.fetchval(
        """
        INSERT INTO insight.insight
            (release_id, dataset_id, community_id, variable, by, published_at, demonstration)
        VALUES ($1, $2, $3, $4, $5, coalesce($6, now()), $7) RETURNING id
        """,
        release.id, dataset.id, dataset.community_id, position, [placed.position for placed in others], at,
        dataset.demonstration,
    )  # fmt: skip
    published = sql_of(select(published_size(literal_column("$1::uuid"))))
    size = Size(**json.loads(await connection.fetchval(published, dataset.id)))
    means = kind is not InsightKind.COUNTS
    of = tuple(
        summed(placed.variable, kind) if means and placed.position == position else placed.variable for placed in cube
    )
    shown = Cube(of, tuple(release.estimates), release.sigma)
    by = [placed.variable.name for placed in others]
    # In a thread: thousands of intervals take a while.
    cells = [] if means else await asyncio.to_thread(cells_of, shown, variable, by, size)
    reading = partial(means_of, counts=counts) if means else statistics_of
    statistics = await asyncio.to_thread(reading, shown, variable, by)
    await connection.executemany(
        """
        INSERT INTO insight.cell
            (insight_id, place, category, by, count, margin, share, low, high, reliability, demonstration)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        [
            (
                insight, place, cell.category, list(cell.by), cell.count, cell.margin, cell.share, cell.low, cell.high,
                cell.reliability, dataset.demonstration,
            )
            for place, cell in enumerate(cells)
        ],
    )  # fmt: skip
    await connection.executemany(
        """
        INSERT INTO insight.statistic (insight_id, place, measure, by, value, low, high, reliability, demonstration)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
            (
                insight, place, each.measure, list(each.by), each.value, each.low, each.high, each.reliability,
                dataset.demonstration,
            )
            for place, each in enumerate(statistics)
        ],
    )  # fmt: skip
    await connection.execute("SELECT care.announce('insightPublished', $1, $2)", insight, dataset.community_id)
    return insight


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
