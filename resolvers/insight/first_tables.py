"""Publishes the size of a dataset that has been frozen and its members' own tables, in one transaction.

Whoever leaves the dataset waits while it is locked. So the records are counted before that, and all tables are drawn
and written together: how long the lock is held depends neither on how many members there are nor on how many tables.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from models.database import Connection
from models.insight.datasets import FREEZING_PARTS
from privacy.budget import (
    SIZE_PRECISION,
    participants_precision,
    participants_tables,
    possible_tables,
)
from privacy.precision import price
from resolvers.insight import purposes
from resolvers.insight.drawing import be_ready
from resolvers.insight.insight_requests import dataset_of
from resolvers.insight.ledger import append
from resolvers.insight.positioned import domain_of
from resolvers.insight.releases import NewRelease, ReleaseUse, count_records, present, release

SIZE_USE = ReleaseUse(str(purposes.DATASET_SIZE))
PARTICIPANTS_TABLES_USE = ReleaseUse(str(purposes.PARTICIPANTS_TABLES))
SIZE = 0  # the number of records, among the counts of variables


@dataclass(frozen=True)
class FrozenResult:
    """A new dataset, which is not `open` if the draw that decides is below the floor."""

    dataset: UUID
    open: bool


@dataclass
class FrozenCounts:
    """The exact counts of variables of a frozen dataset, each by itself, for the transaction that publishes them."""

    positions: Sequence[int]
    counted: dict[int, list[int]] = field(default_factory=dict, repr=False)

    async def take(self, connection: Connection, dataset: UUID) -> bool:
        """Counts them, and the records, at once. False if the dataset was published meanwhile."""
        query = "SELECT variable, counts FROM research.count_frozen($1, $2)"
        rows = await connection.fetch(query, dataset, self.positions)
        self.counted = {row["variable"]: row["counts"] for row in rows}
        return bool(rows)

    async def of(self, connection: Connection, dataset: UUID, positions: Sequence[int]) -> list[int]:
        """As `count_records`, of one variable or none. The size, which comes first, is of the locked dataset."""
        if not positions:
            size = await count_records(connection, dataset, positions)
            if size != self.counted[SIZE]:  # somebody has left
                await self.take(connection, dataset)
            return size
        [position] = positions
        return self.counted[position]


async def publish_first(
    connection: Connection, id: UUID, at: datetime | None, pause: Callable[[int], Awaitable[None]]
) -> FrozenResult | None:
    """Opens a dataset whose members are all frozen, and publishes its size and its members' own tables.

    If the draw that decides is below the floor, nothing but the size is charged, and the dataset is TOO_SMALL. `at` is
    the time of publication, if not now. `pause` is awaited before the dataset is locked and again before the ledger is.
    To be called last in a transaction. None if it was published meanwhile.
    """
    domain = await domain_of(connection, id)
    variables = [one.variable for one in domain.values()]
    cap = await connection.fetchval("SELECT cap_micro_rho FROM insight.dataset WHERE id = $1", id)
    counts = FrozenCounts([domain[variable.name].position for variable in possible_tables(variables, cap)])
    if not await counts.take(connection, id):
        return None
    await be_ready()
    await pause(FREEZING_PARTS)  # nobody learns how long counting took
    floor = await connection.fetchval("SELECT research.open_frozen($1)", id)
    dataset = await dataset_of(connection, id, lock=True)
    size_release = NewRelease((), SIZE_PRECISION, price(SIZE_PRECISION))
    [(counted, entry)] = await release(connection, dataset, [size_release], SIZE_USE, at=at, count=counts.of)
    entries = [entry]
    # What one draw decides does not select the other, from which figures are computed.
    size, deciding = map(round, counted.estimates)
    is_open = deciding >= floor
    if is_open:
        await connection.execute("UPDATE insight.dataset SET size = $2 WHERE id = $1", id, size)
        precision = participants_precision(deciding, cap)
        tables = [
            NewRelease([domain[variable.name]], precision, price(precision, variable.max_per_member))
            for variable in participants_tables(variables, deciding, cap)
        ]
        if tables:
            published = await release(connection, dataset, tables, PARTICIPANTS_TABLES_USE, at=at, count=counts.of)
            shown = [
                (made, table.cube, table.cube[0].variable.name)
                for table, (made, _) in zip(tables, published, strict=True)
            ]
            first_insight, *_ = await present(connection, dataset, shown, at)
            entries += [entry for _, entry in published]
            await connection.execute("SELECT identity.queue_news('INSIGHT_PUBLISHED', $1)", first_insight)
        if at is None:  # its first insights are not events of their own
            await connection.execute("SELECT identity.queue_event('DATASET_FROZEN', $1)", id)
    else:
        await connection.execute("SELECT research.end_dataset($1, 'TOO_SMALL')", id)
    await connection.execute("SELECT catalog.release_survey(d.survey_id) FROM insight.dataset d WHERE d.id = $1", id)
    await pause(FREEZING_PARTS)  # before the ledger is locked, for which all other publications would wait
    await append(connection, entries, at)
    return FrozenResult(id, is_open)
