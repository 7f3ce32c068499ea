"""Finds the published counts that have the numbers of members of groups, from which SUMS make means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.database import Connection
from privacy.budget import SIZE_DRAWS
from privacy.cubes import Cube, cells_in, contributions
from privacy.domains import Variable
from resolvers.insight.positioned import PositionedVariable, variables_at


@dataclass(frozen=True)
class CountedGroups:
    """The table that has the numbers of members of groups, and the scale of their noise.

    It is the `release`, or that of the `question` of a plan at this position, which is published first.
    """

    sigma: float
    release: UUID | None = None
    question: int | None = None


async def counts_of(
    connection: Connection, dataset: UUID, groups: Sequence[PositionedVariable]
) -> CountedGroups | None:
    """The most precise published counts of these groups that the role may read; without any, of all members.

    The table has the variables of the groups, merged in the same way. It may have more, over which it is summed.
    """
    # Earlier sizes were drawn once and decided whether there are tables, so they are biased.
    rows = await connection.fetch(
        """
        SELECT r.id, r.variables, r.sigma FROM insight.release r
        WHERE r.dataset_id = $1 AND r.variables @> $2 AND r.measured IS NULL AND cardinality(r.estimates) > 0
        AND (cardinality(r.variables) > 0 OR r.contributions = $3)
        ORDER BY cardinality(r.variables), r.sigma, r.id
        """,
        dataset,
        [placed.position for placed in groups],
        SIZE_DRAWS,
    )
    known = await variables_at(connection, dataset, sorted({at for row in rows for at in row["variables"]}))
    found = None
    for row in rows:
        sigma = sigma_of_groups(
            [known[at].variable for at in row["variables"]], row["sigma"], [placed.variable for placed in groups]
        )
        if sigma is not None and (found is None or sigma < found.sigma):
            found = CountedGroups(sigma, row["id"])
    return found


def sigma_of_groups(variables: Sequence[Variable], sigma: float, groups: Sequence[Variable]) -> float | None:
    """The scale of the noise of the numbers of members of groups, in counts over `variables`; None if it has none."""
    grouped = {(each.name, each.groups) for each in groups}
    others = [each for each in variables if (each.name, each.groups) not in grouped]
    if len(variables) - len(others) < len(grouped) or contributions(others) > 1:
        return None
    return sigma * math.sqrt(cells_in(others))


async def cube_of_groups(
    connection: Connection, dataset: UUID, counts: UUID, groups: Sequence[PositionedVariable]
) -> Cube:
    """The numbers of members of the groups, by the release with this id."""
    row = await connection.fetchrow("SELECT variables, estimates, sigma FROM insight.release WHERE id = $1", counts)
    assert row is not None
    known = await variables_at(connection, dataset, row["variables"])
    cube = counted([known[at].variable for at in row["variables"]], row["estimates"], row["sigma"])
    return cube.rolled_up([placed.variable.name for placed in groups])


def counted(variables: Sequence[Variable], estimates: Sequence[float], sigma: float) -> Cube:
    """The cube of a release of counts, or of a dataset's size, of which the first draw is published."""
    return Cube(tuple(variables), tuple(map(float, estimates if variables else estimates[:1])), sigma)


def with_planned(
    found: CountedGroups | None, planned: Sequence[tuple[int, Sequence[Variable], float]], groups: Sequence[Variable]
) -> CountedGroups | None:
    """The better one of published counts of the groups and of those of a plan: positions, variables and noise."""
    for at, variables, noise in planned:
        sigma = sigma_of_groups(variables, noise, groups)
        if sigma is not None and (found is None or sigma < found.sigma):
            found = CountedGroups(sigma, question=at)
    return found
