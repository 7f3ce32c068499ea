"""Publishes the counts of the network, of communities and of surveys: monthly, with noise, the same for everybody.

The public ledger gives the time of each count, and anybody who polls sees a count change. The work between two counts,
including new members and counting, takes longer the more members there are. With `step_seconds`, each of the two is
padded to a whole number of them before the count is shown or the ledger is locked.

Whoever deletes their account waits while they are included. So that is done in pieces, before the transaction that
counts and publishes.
"""

import secrets
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from models.database import Connection
from models.insight.counts import CountKind
from privacy import noise
from privacy.budget import (
    ACTIVE_MEMBERS_PRICE,
    COMMUNITY_COUNTS,
    COUNT_PRECISION,
    COUNTS_A_YEAR,
    NETWORK_PRICE,
    NETWORK_ROUNDING,
    NETWORK_SQUARES,
    SURVEYS_YEARLY,
    TREATMENTS_PRICE,
)
from privacy.chain import SALT_BYTES, commitment_of
from privacy.precision import price
from resolvers.days import current_day
from resolvers.insight import purposes
from resolvers.insight.drawing import be_ready, drawn
from resolvers.insight.ledger import Begin, NewEntry, append, begun
from resolvers.pacing import PieceSize, in_steps_of

# What the ledger says of each kind: the purpose, and the names of the counts.
USES = {
    CountKind.NETWORK: (purposes.NETWORK_COUNTS, ("active_members", "treatments_followed")),
    CountKind.COMMUNITY: (purposes.COMMUNITY_COUNTS, ("members", "consenting")),
    CountKind.PROGRESS: (purposes.SURVEY_PROGRESS, ("eligible", "invited", "started", "completed")),
    CountKind.OPENING: (purposes.SURVEY_OPENING, ("eligible",)),
}


INCLUDED_AT_ONCE = 1_000  # members whom one transaction includes in counts, at most: a tenth of a second
NOBODY = UUID(int=0)  # an id that is below all others

# In place of a community's name, in an entry of the ledger that is of none.
THE_NETWORK = "The network"


async def publish_network(connection: Connection, step_seconds: float | None = None, begin: Begin = begun) -> None:
    """Publishes the counts of the network, unless this month's are published, or in a sandbox, which has none.

    As the publisher. `begin` begins the transaction that publishes.
    """
    if not await _is_network_due(connection):
        return
    await _include(connection, "SELECT research.include_in_network($1, $2)", step_seconds=step_seconds)
    await be_ready()
    async with begin(connection):
        # Of two servers one publishes.
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.network'))")
        if await _is_network_due(connection):
            await _publish_network(connection, step_seconds)


async def _is_network_due(connection: Connection) -> bool:
    if await connection.fetchval("SELECT insight.is_sandbox()"):
        return False
    today = await current_day(connection)
    counted_on = await connection.fetchval("SELECT max(counted_on) FROM catalog.network_count")
    return (
        not is_of_month(counted_on, today) and await _published_within_a_year(connection, None, today) < COUNTS_A_YEAR
    )


async def _publish_network(connection: Connection, step_seconds: float | None) -> None:
    async with in_steps_of(step_seconds):
        active, treatments = await connection.fetchval("SELECT research.count_network()")
        noisy = [
            *await drawn(noise.draw, [active], ACTIVE_MEMBERS_PRICE),
            *await drawn(noise.draw, [treatments], TREATMENTS_PRICE, NETWORK_SQUARES),
        ]
    today = await current_day(connection)
    demonstration = await connection.fetchval("SELECT EXISTS (SELECT FROM catalog.community c WHERE c.demonstration)")
    await connection.execute(
        """
        INSERT INTO catalog.network_count (counted_on, active_members, treatments_followed, demonstration)
        VALUES ($1, $2, $3, $4)
        """,
        today, *(rounded(count, NETWORK_ROUNDING) for count in noisy), demonstration,
    )  # fmt: skip
    await record(connection, CountKind.NETWORK, None, None, NETWORK_PRICE, noisy, demonstration=demonstration)


async def publish_community(
    connection: Connection, community: UUID, step_seconds: float | None = None, begin: Begin = begun
) -> None:
    """Publishes the counts of a community, unless this month's are published.

    As the publisher. `begin` begins the transaction that publishes.
    """
    counted_on = await connection.fetchval("SELECT counted_on FROM catalog.community WHERE id = $1", community)
    if not await _is_community_due(connection, community, counted_on):
        return
    include = "SELECT research.include_members($3, $1, $2)"
    await _include(connection, include, community, step_seconds=step_seconds)
    await be_ready()
    async with begin(connection):
        # Locked, so that of two servers one publishes.
        counted_on = await connection.fetchval("SELECT catalog.lock_community($1)", community)
        if await _is_community_due(connection, community, counted_on):
            await _publish_community(connection, community, step_seconds)


async def _is_community_due(connection: Connection, community: UUID, counted_on: date | None) -> bool:
    today = await current_day(connection)
    # A delayed publication may fall into the month after.
    return (
        not is_of_month(counted_on, today)
        and await _published_within_a_year(connection, community, today) < COUNTS_A_YEAR
    )


async def _publish_community(connection: Connection, community: UUID, step_seconds: float | None) -> None:
    charge = price(COUNT_PRECISION, COMMUNITY_COUNTS)
    exact = "SELECT research.count_community($1)"
    async with in_steps_of(step_seconds):
        noisy = await drawn(noise.draw, await connection.fetchval(exact, community), charge, COMMUNITY_COUNTS)
    today = await current_day(connection)
    members, consenting = map(rounded, noisy)
    await connection.execute("SELECT catalog.show_counts($1, $2, $3, $4)", community, members, consenting, today)
    await record(connection, CountKind.COMMUNITY, community, None, charge, noisy)


async def _include(connection: Connection, statement: str, *given: object, step_seconds: float | None) -> None:
    """Includes members in counts, in pieces, by a statement that takes the last id and how many there may be."""
    size, after = PieceSize(INCLUDED_AT_ONCE), NOBODY
    async with in_steps_of(step_seconds):
        while after is not None:
            async with size.timed() as members, connection.transaction():
                after = await connection.fetchval(statement, after, members, *given)


async def publish_progress(connection: Connection, survey: UUID, step_seconds: float | None = None) -> None:
    """Publishes the progress of a survey to staff, unless this month's is published.

    To be called in a transaction, as the publisher, which has locked the survey.
    """
    today = await current_day(connection)
    counted_on = await connection.fetchval(
        "SELECT counted_on FROM catalog.survey_progress WHERE survey_id = $1", survey
    )
    if is_of_month(counted_on, today):
        return
    community: UUID = await connection.fetchval("SELECT community_id FROM catalog.survey WHERE id = $1", survey)
    charge = price(COUNT_PRECISION)
    if await spent_on_surveys(connection, community, today) + charge > SURVEYS_YEARLY:
        return  # its last day was postponed after it was scheduled
    exact = "SELECT research.count_progress($1)"
    async with in_steps_of(step_seconds):
        await connection.execute("SELECT research.include_members($1)", community)
        noisy = await drawn(noise.draw, await connection.fetchval(exact, survey), charge, 1)
    # Those who have come at least so far. Each count is of members who are in one of the four.
    eligible, invited, started, completed = (rounded(sum(noisy[place:])) for place in range(4))
    await connection.execute(
        """
        INSERT INTO catalog.survey_progress
            (survey_id, counted_on, eligible, invited, started, completed, demonstration)
        SELECT s.id, $2, $3, $4, $5, $6, s.demonstration FROM catalog.survey s WHERE s.id = $1
        ON CONFLICT (survey_id) DO UPDATE SET counted_on = excluded.counted_on, eligible = excluded.eligible,
            invited = excluded.invited, started = excluded.started, completed = excluded.completed
        """,
        survey, today, eligible, invited, started, completed,
    )  # fmt: skip
    await record(connection, CountKind.PROGRESS, community, survey, charge, noisy)


async def record(
    connection: Connection,
    kind: CountKind,
    community: UUID | None,
    survey: UUID | None,
    charge: int,
    noisy: Sequence[int],
    *,
    demonstration: bool = False,
) -> None:
    """Stores a release of counts, and appends it to the ledger: to be called last in a transaction.

    `demonstration` is for counts of the network: others belong to the demonstration if their community does.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    found = await connection.fetchrow(
        """
        INSERT INTO insight.count_release
            (id, kind, community_id, survey_id, micro_rho, noisy, salt, published_at, demonstration)
        SELECT gen_random_uuid(), $2, c.id, $3, $4, $5, $6, catalog.clock(), coalesce(c.demonstration, $7)
        FROM (SELECT) one LEFT JOIN catalog.community c ON c.id = $1
        RETURNING id, demonstration, (SELECT name FROM catalog.community WHERE id = community_id) AS name
        """,
        community, kind, survey, charge, noisy, salt, demonstration,
    )  # fmt: skip
    assert found is not None
    purpose, variables = USES[kind]
    entry = NewEntry(
        release=found["id"],
        dataset=None,
        dataset_title=found["name"] or THE_NETWORK,
        community=community,
        purpose=str(purpose),
        variables=variables,
        micro_rho=charge,
        commitment=commitment_of(salt, noisy),
        demonstration=found["demonstration"],
    )
    await append(connection, [entry])


def rounded(noisy: int, to: int = 10) -> int:
    """A count as readers see it: to the nearest ten, or multiple of `to`, halves up, and not below zero."""
    return max((noisy + to // 2) // to * to, 0)


def is_of_month(counted_on: date | None, today: date) -> bool:
    """Whether counts of that day are those of this month."""
    return counted_on is not None and counted_on >= today.replace(day=1)


async def spent_on_surveys(connection: Connection, community: UUID, today: date) -> int:
    """What openings and progress of a community's surveys cost within a year, in micro-rho."""
    spent: int = await connection.fetchval("SELECT research.spent_on_surveys($1, $2)", community, today)
    return spent


async def _published_within_a_year(connection: Connection, community: UUID | None, today: date) -> int:
    """How often the counts of a community, or of the network for None, were published."""
    published: int = await connection.fetchval(
        """
        SELECT count(*) FROM insight.count_release
        WHERE community_id IS NOT DISTINCT FROM $1 AND kind IN ('NETWORK', 'COMMUNITY')
            AND published_at >= catalog.year_before($2)
        """,
        community, today,
    )  # fmt: skip
    return published
