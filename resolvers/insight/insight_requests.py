"""Resolves a request for an insight: its dataset, the cube that answers it, and the best release of that so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from models.database import Connection
from models.insight.datasets import DatasetKind, DatasetStatus
from models.messages import Message, message
from privacy.cubes import MOST_CELLS, MOST_VARIABLES, cells_in, contributions, key
from privacy.domains import Variable
from privacy.means import InsightKind, are_precise_enough, has_means, price_of_means
from privacy.precision import PRECISIONS, Precision, price, sigma_of
from resolvers.faults import Faults
from resolvers.insight.counted_groups import CountedGroups, counts_of
from resolvers.insight.groupings import GroupingRequest, Groupings, resolve_groupings
from resolvers.insight.positioned import PositionedVariable, domain_of
from resolvers.insight.releases import FrozenDataset, NoisyRelease, names_of
from resolvers.transactions import Path, invalid, not_found


@dataclass(frozen=True)
class InsightRequest:
    """An insight to publish or quote: one variable of a dataset by others, with a precision.

    `groupings` merge categories of some of these variables before they are counted. `kind` is what is published of the
    variable: its counts, or its means by sums of either kind.
    `licence` is the organization's licence that it is for; None for the one with the largest quota left.
    """

    dataset: UUID
    variable: str
    by: Sequence[str]
    precision: Precision
    licence: UUID | None = None
    groupings: Sequence[GroupingRequest] = ()
    kind: InsightKind = InsightKind.COUNTS


@dataclass(frozen=True)
class ResolvedRequest:
    """A request with its dataset, the cube that answers it, and the best release of that cube so far."""

    request: InsightRequest
    dataset: FrozenDataset
    groupings: Groupings
    cube: Sequence[PositionedVariable]  # by position
    published: NoisyRelease | None  # the most precise one
    counts: CountedGroups | None = None  # of the groups whose means are asked for

    @property
    def contributions(self) -> int:
        return contributions(placed.variable for placed in self.cube)

    @property
    def variable(self) -> PositionedVariable:
        """The variable that is asked about."""
        return next(placed for placed in self.cube if placed.variable.name == self.request.variable)

    @property
    def measured(self) -> PositionedVariable | None:
        """The variable whose means are asked for; None for counts."""
        return None if self.request.kind is InsightKind.COUNTS else self.variable

    @property
    def groups(self) -> list[PositionedVariable]:
        """The variables that it is counted by, by position."""
        return [placed for placed in self.cube if placed.variable.name != self.request.variable]

    @property
    def others(self) -> list[Variable]:
        """The variables that it is counted by."""
        return [placed.variable for placed in self.groups]

    @property
    def key(self) -> str:
        """The key of the table that answers it: questions with the same are answered by one release."""
        return key(names_of(self.cube, self.measured, self.request.kind), self.dataset.domain_version)

    @property
    def cells(self) -> int:
        return cells_in(placed.variable for placed in self.cube)

    @property
    def sigma(self) -> float:
        """The standard deviation of the noise with the precision that is asked for."""
        return sigma_of(self.price(self.request.precision), self.contributions)

    @property
    def is_published(self) -> bool:
        return self.published is not None and _is_as_precise(self.published.precision, self.request.precision)

    @property
    def lacks_counts(self) -> bool:
        """Whether it cannot be published, for want of the numbers of members of its groups."""
        return (
            self.request.kind is InsightKind.SUMS
            and not self.is_published
            and self.counts_for(self.request.precision) is None
        )

    @property
    def counts_release(self) -> UUID | None:
        """The release with the numbers of members; None without one, and if it is to be published in the same plan."""
        return None if self.counts is None else self.counts.release

    def counts_for(self, precision: Precision) -> CountedGroups | None:
        """The numbers of members, if they are precise enough for SUMS with this precision."""
        if self.counts is None or not are_precise_enough(self.counts.sigma, precision, self.variable.variable):
            return None
        return self.counts

    def cost(self, precision: Precision) -> int:
        """The price of publishing with this precision, in micro-rho, less what was charged before."""
        if self.published is None:
            return self.price(precision)
        if _is_as_precise(self.published.precision, precision):
            return 0
        return self.price(precision) - self.published.total_micro_rho

    def price(self, precision: Precision) -> int:
        """The price of publishing with this precision for the first time, in micro-rho."""
        if self.measured is None:
            return price(precision, self.contributions)
        return price_of_means(precision, self.measured.variable, self.contributions, self.request.kind)


async def resolve_request(connection: Connection, dataset: FrozenDataset, request: InsightRequest) -> ResolvedRequest:
    """The request with its dataset, cube and best release.

    Raises Refused: INVALID for all unknown and repeated variables, for too many of them, or for too many cells, and
    what `resolve_groupings` refuses.
    """
    faults = Faults()
    names = [request.variable, *request.by]
    if len(names) > MOST_VARIABLES:
        raise invalid(
            message("An insight can have at most {most} variables. Leave some out.", most=MOST_VARIABLES),
            "by",
        )
    known = await domain_of(connection, dataset.id, names)
    for place, name in enumerate(names):
        path: Path = ("variable",) if place == 0 else ("by", place - 1)
        if name not in known:
            faults.add(
                *invalid(message("The dataset has no such variable. Use one of `Dataset.variables`."), *path).refusals
            )
        elif name in names[:place]:
            faults.add(*invalid(message("A variable is named twice."), *path).refusals)
    groupings = await resolve_groupings(connection, dataset.id, known, request.groupings, faults)
    means = request.kind is not InsightKind.COUNTS
    if means:
        _refuse_means(request, known, faults)
    faults.refuse()
    cube = sorted(groupings.variables.values(), key=lambda placed: placed.position)
    cells = cells_in(placed.variable for placed in cube)
    if cells > MOST_CELLS:
        raise invalid(
            message(
                "This has {cells:,} cells, and the limit is {most:,}. Leave a variable out, or merge categories.",
                cells=cells,
                most=MOST_CELLS,
            ),
            "by",
        )
    subject = ResolvedRequest(request, dataset, groupings, cube, None)
    counts = await counts_of(connection, dataset.id, subject.groups) if means else None
    return replace(subject, counts=counts, published=await release_of(connection, subject))


async def by_sums(connection: Connection, subject: ResolvedRequest) -> ResolvedRequest:
    """A request of means as one of SUMS."""
    found = replace(subject, request=replace(subject.request, kind=InsightKind.SUMS))
    return replace(found, published=await release_of(connection, found))


def without_counts(subject: ResolvedRequest) -> Message:
    """Why SUMS that lack counts cannot be published."""
    groups = ", ".join(each.full_name for each in subject.others)
    if not groups:
        return message("The dataset's size is not precise enough for this kind. Ask for MEANS, or for less precision.")
    return message(
        "This kind takes the numbers of members from published counts, and none of {groups} are precise enough. "
        "Publish the counts of {groups} first, or ask for MEANS.",
        groups=groups,
    )


def _refuse_means(request: InsightRequest, known: Mapping[str, PositionedVariable], faults: Faults) -> None:
    """Adds why there are no means of the variable, if so, and why its categories cannot be merged for them."""
    measured = known.get(request.variable)
    if measured is not None and not has_means(measured.variable):
        reason = message("The variable has no mean: its `scale` is not INTERVAL. Ask for its counts.")
        faults.add(*invalid(reason, "variable").refusals)
    for at, grouping in enumerate(request.groupings):
        if grouping.variable == request.variable:
            reason = message("Means are of the variable's own values: merge categories of variables in `by` only.")
            faults.add(*invalid(reason, "groupings", at, "variable").refusals)


async def dataset_of(connection: Connection, id: UUID, *, lock: bool = False) -> FrozenDataset:
    """The dataset; `lock` locks it until the transaction ends.

    Raises Refused: NOT_FOUND if there is none, or if it is still being frozen or too small.
    """
    row = await connection.fetchrow(
        f"""
        SELECT id, community_id, kind, title, status, ends_on, offered_to, domain_version, cap_micro_rho,
            spent_micro_rho, sold_micro_rho, size, demonstration, insight.is_sandbox() AS synthetic
        FROM insight.dataset WHERE id = $1 {"FOR NO KEY UPDATE" if lock else ""}
        """,  # noqa: S608 - one of two literals
        id,
    )
    if row is None or row["status"] in (DatasetStatus.FREEZING, DatasetStatus.TOO_SMALL):
        raise not_found("dataset")
    return FrozenDataset(**{**row, "kind": DatasetKind(row["kind"]), "status": DatasetStatus(row["status"])})


async def release_of(connection: Connection, subject: ResolvedRequest) -> NoisyRelease | None:
    """The most precise release of exactly the cube of a request, of its kind, that the role may read."""
    row = await connection.fetchrow(
        """
        SELECT id, variables, precision, total_micro_rho, margin, sigma, estimates, counts_id
        FROM insight.release
        WHERE dataset_id = $1 AND cube = $2 ORDER BY total_micro_rho DESC LIMIT 1
        """,
        subject.dataset.id,
        subject.key,
    )
    return None if row is None else NoisyRelease(**{**row, "precision": Precision(row["precision"])})


def _is_as_precise(one: Precision, other: Precision) -> bool:
    return PRECISIONS.index(one) <= PRECISIONS.index(other)
