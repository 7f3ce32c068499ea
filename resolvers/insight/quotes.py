"""Quotes the price of an insight, and finds published insights that answer it, without reading any record."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.database import Connection
from models.identity.accounts import StaffRole
from models.identity.organizations import ALLOWED, OrganizationKind, PurposeKind
from models.insight.datasets import DatasetKind, DatasetStatus
from models.languages import Language
from models.messages import Message, message
from models.parameters import DatasetId, LicenceId
from models.rows import Finished
from models.viewers import Audience, Viewer
from privacy.budget import left_for_sale, left_for_staff
from privacy.cubes import MOST_CELLS, MOST_VARIABLES, cells_in, contributions, covers, key
from privacy.domains import Variable
from privacy.means import InsightKind, has_means, price_of_means, saving
from privacy.precision import PRECISIONS, Precision, cheaper, margin_of, price, sigma_of
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.insight import purposes
from resolvers.insight.expectations import Expectation, Suggestion, expect, expect_means, suggestions
from resolvers.insight.groupings import GroupingRequest, Groupings, resolve_groupings
from resolvers.insight.positioned import PositionedVariable, domain_of, variables_at
from resolvers.insight.releases import FrozenDataset, NoisyRelease, ReleaseUse, names_of
from resolvers.transactions import (
    Forbidden,
    Path,
    Refusal,
    RefusalCode,
    Refused,
    Step,
    invalid,
    not_found,
    refused,
    require_role,
    too_late,
)

LICENCE: Path = ("licence",)
STAFF_USE = ReleaseUse(str(purposes.OWN_RESEARCH))
MOST_COVERING = 10  # the most insights that a quote lists


@dataclass(frozen=True)
class InsightRequest:
    """An insight to publish or quote: one variable of a dataset by others, with a precision.

    `groupings` merge categories of some of these variables before they are counted. `kind` is what is published of the
    variable: its counts, or its means by sums.
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
        return self.variable if self.request.kind is InsightKind.MEANS else None

    @property
    def others(self) -> list[Variable]:
        """The variables that it is counted by."""
        return [placed.variable for placed in self.cube if placed.variable.name != self.request.variable]

    @property
    def key(self) -> str:
        """The key of the table that answers it: questions with the same are answered by one release."""
        return key(names_of(self.cube, self.measured), self.dataset.domain_version)

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
        return price_of_means(precision, self.measured.variable, self.contributions)


@dataclass(frozen=True)
class BudgetShare:
    """The budget share that a release is charged to: the use it is for, and the micro-rho left."""

    use: ReleaseUse
    left: int


@dataclass(frozen=True)
class PricedPrecision:
    """What the insight would cost with a precision, in micro-rho."""

    precision: Precision
    micro_rho: int
    affordable: bool

    @property
    def margin_of_error(self) -> int:
        return self.precision.margin


@dataclass(frozen=True)
class Obstacle(Finished):
    """Why the insight would be refused."""

    code: RefusalCode
    message: str


@dataclass(frozen=True)
class Quote:
    """The price of an insight, in micro-rho; `margin_of_error` is the half-width of each 95 % confidence interval."""

    micro_rho: int
    left: int  # micro-rho that may still be spent, before this
    already_published: bool
    cells: int
    margin_of_error: int
    cheaper: Sequence[Precision]  # that cost less and are affordable, the most expensive first
    insight_ids: list[UUID]  # of published insights that answer it at no cost
    remaining_micro_rho: int  # after this; if `left` does not suffice, what is left now
    prices: Sequence[PricedPrecision]
    expected: Expectation
    obstacles: Sequence[Obstacle]
    suggestions: Sequence[Suggestion]

    @property
    def affordable(self) -> bool:
        return affordable(self.micro_rho, self.left)

    @property
    def readable_cells(self) -> int | None:
        return self.expected.readable

    @property
    def least_count_shown(self) -> int:
        return self.expected.least_count

    @property
    def least_group_for_share(self) -> int | None:
        return self.expected.least_group_for_share

    @property
    def least_group_for_mean(self) -> int | None:
        return self.expected.least_group_for_mean


class BudgetExhausted(Refused):
    """The remaining budget does not suffice; the quote lists what is affordable."""

    def __init__(self, quote: Quote) -> None:
        reason = _exhausted(quote.micro_rho, quote.left, quote.insight_ids, quote.cheaper)
        super().__init__(Refusal(RefusalCode.BUDGET_EXHAUSTED, reason, ("precision",)), shows={"quote": quote})


def _exhausted(cost: int, left: int, insights: Sequence[UUID], cheaper: Sequence[Precision]) -> Message:
    if insights:
        return message(
            "This costs {cost:,} micro-rho, and {left:,} are left. The insights in `quote.coveredBy` answer it at no "
            "cost.",
            cost=cost,
            left=left,
        )
    if cheaper:
        return message(
            "This costs {cost:,} micro-rho, and {left:,} are left. The precision {precision} is still affordable.",
            cost=cost,
            left=left,
            precision=cheaper[0].value,
        )
    return message(
        "This costs {cost:,} micro-rho, and {left:,} are left. Use the insights published from this dataset, or wait "
        "for the next one.",
        cost=cost,
        left=left,
    )


async def quote_insight(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    dataset: DatasetId,
    variable: str,
    by: Sequence[str] = (),
    groupings: Sequence[GroupingRequest] = (),
    precision: Precision,
    kind: InsightKind = InsightKind.COUNTS,
    licence: LicenceId | None = None,
) -> Quote:
    """The price of an insight to the viewer. Raises Refused as `quote_of` does."""
    quoted = None
    with faults.collected():
        request = InsightRequest(dataset, variable, by, precision, licence, groupings, kind)
        quoted = await quote_of(connection, viewer, request)
    faults.refuse()
    assert quoted is not None
    return quoted


async def quote_of(connection: Connection, viewer: Viewer, request: InsightRequest) -> Quote:
    """The price of the request to the viewer, who can spend nothing if they may not publish.

    Raises Refused: NOT_FOUND for the dataset, INVALID for the variables, what `resolve_groupings` refuses, NOT_FOUND or
    INVALID for the licence that is named.
    """
    faults = Faults()
    subject = None
    dataset = await dataset_of(connection, request.dataset)
    with faults.collected():
        subject = await resolve_request(connection, dataset, request)
    day = await current_day(connection)
    share, obstacles = await share_to_quote(connection, viewer, dataset, day, request.licence, faults)
    faults.refuse()
    assert subject is not None
    is_open = dataset.is_open_on(day)
    if share is not None and not is_open and not subject.is_published:
        obstacles += ended("dataset").refusals
    left = share.left if share is not None and is_open else 0
    return await quote(connection, subject, left, viewer.reads_in, obstacles)


async def share_to_quote(
    connection: Connection, viewer: Viewer, dataset: FrozenDataset, day: date, licence: UUID | None, faults: Faults
) -> tuple[BudgetShare | None, list[Refusal]]:
    """The budget share that the viewer may spend, or why there is none. Adds a fault of the licence to `faults`."""
    try:
        return await budget_share_of(connection, viewer, dataset, day, licence), []
    except Forbidden:
        reason = message("Only data stewards publish insights for Cohorte.")
        return None, [Refusal(RefusalCode.NOT_ELIGIBLE, reason, ())]
    except Refused as error:
        faults.add(*(refusal for refusal in error.refusals if refusal.path == LICENCE))
        return None, list(error.refusals)


async def quote(
    connection: Connection,
    subject: ResolvedRequest,
    left: int,
    language: Language,
    obstacles: Sequence[Refusal] = (),
) -> Quote:
    """The quote to a viewer who may still spend `left` micro-rho, and whom `obstacles` keep from publishing."""
    precision = subject.request.precision
    cost = subject.cost(precision)
    published = subject.published if subject.is_published else None
    coarser = [one for one in cheaper(precision) if subject.cost(one) < cost and subject.cost(one) <= left]
    insights = await covering_insights(connection, subject)
    sigma = published.sigma if published else subject.sigma
    variable, cube = subject.request.variable, subject.cube
    if subject.measured is None:
        expected = await expect(connection, subject.dataset.id, subject.dataset.size, cube, variable, sigma)
        cells, margin = subject.cells, precision.margin
    else:
        expected = expect_means(subject.measured.variable, sigma)
        cells, margin = cells_in(subject.others), margin_of(sigma)
    found = [Obstacle(each.code, each.message.in_language(language)) for each in obstacles]
    if not found and not affordable(cost, left):
        reason = _exhausted(cost, left, insights, coarser)
        found.append(Obstacle(RefusalCode.BUDGET_EXHAUSTED, reason.in_language(language)))
    return Quote(
        micro_rho=cost,
        left=left,
        remaining_micro_rho=left - cost if affordable(cost, left) else left,
        already_published=subject.is_published,
        cells=cells,
        margin_of_error=published.margin if published else margin,
        cheaper=coarser,
        insight_ids=insights,
        prices=[PricedPrecision(one, subject.cost(one), affordable(subject.cost(one), left)) for one in PRECISIONS],
        expected=expected,
        obstacles=found,
        suggestions=suggestions(
            expected,
            language,
            is_published=subject.is_published,
            is_covered=bool(insights),
            cheaper=coarser[0].value if coarser and not affordable(cost, left) else None,
        ),
    )


def ended(*path: Step) -> Refused:
    """The refusal of new insights of a dataset that has ended."""
    return too_late(message("This dataset has ended. Insights that were published from it can still be read."), *path)


def affordable(cost: int, left: int) -> bool:
    return cost <= left or cost == 0


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
    means = request.kind is InsightKind.MEANS
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
    measured = groupings.variables[request.variable] if means else None
    return ResolvedRequest(request, dataset, groupings, cube, await release_of(connection, dataset, cube, measured))


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


async def release_of(
    connection: Connection,
    dataset: FrozenDataset,
    cube: Sequence[PositionedVariable],
    measured: PositionedVariable | None = None,
) -> NoisyRelease | None:
    """The most precise release of exactly this cube, or of the means of `measured`, that the role may read."""
    row = await connection.fetchrow(
        """
        SELECT id, variables, precision, total_micro_rho, margin, sigma, estimates FROM insight.release
        WHERE dataset_id = $1 AND cube = $2 ORDER BY total_micro_rho DESC LIMIT 1
        """,
        dataset.id,
        key(names_of(cube, measured), dataset.domain_version),
    )
    return None if row is None else NoisyRelease(**{**row, "precision": Precision(row["precision"])})


async def covering_insights(connection: Connection, subject: ResolvedRequest) -> list[UUID]:
    """Published insights that answer the request at no cost, the most precise first: see privacy.cubes.covers.

    Means are answered by counts, and by means with further variables.
    """
    measured = subject.measured
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (r.id) i.id, r.sigma, r.variables, r.measured
        FROM insight.release r JOIN insight.insight i ON i.release_id = r.id
        JOIN insight.variable v ON v.dataset_id = i.dataset_id AND v.position = i.variable
        WHERE r.dataset_id = $1 AND array(
            SELECT u.name FROM insight.variable u WHERE u.dataset_id = r.dataset_id AND u.position = any(r.variables)
        ) @> $2 AND (r.measured IS NULL OR r.measured = $4)
        ORDER BY r.id, v.name <> $3, i.id
        """,
        subject.dataset.id,
        [placed.variable.name for placed in subject.cube],
        subject.request.variable,
        measured and measured.position,
    )
    positions = sorted({position for row in rows for position in row["variables"]})
    known = await variables_at(connection, subject.dataset.id, positions)
    found = []  # margin, number of variables, id: of the same margin, the smallest cube needs the least summing
    for row in rows:
        of = [known[position].variable for position in row["variables"] if position != row["measured"]]
        margin = margin_of_answer(subject, of, row["sigma"], means=row["measured"] is not None)
        if margin is not None:
            found.append((margin, len(row["variables"]), row["id"]))
    return [id for _, _, id in sorted(found)[:MOST_COVERING]]


def margin_of_answer(
    subject: ResolvedRequest, variables: Sequence[Variable], sigma: float, *, means: bool
) -> int | None:
    """The margin of error of an answer to the request from a release over `variables`; None if it is too large.

    None as well if the release cannot answer it. With `means`, it is a release of the means of the same variable, which
    is none of `variables`.
    """
    wanted = [placed.variable for placed in subject.cube]
    if means:
        # As precise as means of counts with this noise.
        assert subject.measured is not None
        sigma *= math.sqrt(saving(subject.measured.variable))
        wanted = subject.others
    margin = covers(variables, sigma, wanted)
    return None if margin is None or margin > subject.request.precision.margin else margin


async def budget_share_of(
    connection: Connection,
    viewer: Viewer,
    dataset: FrozenDataset,
    day: date,
    licence: UUID | None = None,
    *,
    lock: bool = False,
) -> BudgetShare:
    """The budget share that the viewer may spend on `day`; `lock` locks the licences until the transaction ends.

    Raises Forbidden if the viewer may not publish, and Refused: NOT_ELIGIBLE if the dataset is not offered to their
    kind of organization, LICENCE_REQUIRED if no licence is in force, NOT_FOUND for a named licence that is not their
    organization's, INVALID for one that is not in force or for something else.
    """
    if viewer.audience is not Audience.BUYER:
        require_role(viewer, StaffRole.DATA_STEWARD)
        if licence is not None:
            raise not_found(*LICENCE)
        left = left_for_staff(dataset.cap_micro_rho, dataset.spent_micro_rho, dataset.sold_micro_rho)
        return BudgetShare(STAFF_USE, left)
    buyer = await connection.fetchrow("SELECT name, kind FROM insight.organization WHERE id = $1", viewer.organization)
    if buyer is None:
        raise Forbidden
    if buyer["kind"] not in dataset.offered_to:
        reason = message("This dataset is not offered to organizations of your kind. See `offeredTo`.")
        raise refused(RefusalCode.NOT_ELIGIBLE, reason, "dataset")
    allowed = ALLOWED[OrganizationKind(buyer["kind"])]
    return await _licensed(connection, viewer, dataset, buyer["name"], allowed, day, licence, lock)


async def _licensed(
    connection: Connection,
    viewer: Viewer,
    dataset: FrozenDataset,
    name: str,
    allowed: Collection[PurposeKind],
    day: date,
    named: UUID | None,
    lock: bool,
) -> BudgetShare:
    own = "SELECT EXISTS (SELECT FROM insight.licence WHERE id = $1 AND organization_id = $2)"
    if named is not None and not await connection.fetchval(own, named, viewer.organization):
        raise not_found(*LICENCE)
    licences = await connection.fetch(
        """
        SELECT id, purpose, purpose_kind, quota_micro_rho FROM insight.licence
        WHERE organization_id = $1 AND community_id = $2 AND status = 'GRANTED' AND $3 BETWEEN starts_on AND ends_on
            AND purpose_kind = any($4) AND id = coalesce($5, id)
        ORDER BY ends_on, id
        """,
        viewer.organization,
        dataset.community_id,
        day,
        list(allowed),
        named,
    )
    if not licences and named is not None:
        raise invalid(
            message(
                "This licence does not cover the dataset: it is for another community, not in force today, or for a "
                "purpose that your kind of organization can no longer have."
            ),
            *LICENCE,
        )
    if not licences:
        reason = message(
            "This requires a licence for the dataset's community that is in force today. See `licenceRequest`."
        )
        raise refused(RefusalCode.LICENCE_REQUIRED, reason, "dataset")
    for_sale = left_for_sale(dataset.cap_micro_rho, dataset.spent_micro_rho, dataset.sold_micro_rho)
    best: BudgetShare | None = None
    for licence in licences:
        if lock:
            # Publishing from another dataset of the community spends the same quota. The role may not lock the row.
            turn = f"licence {licence['id']}"
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", turn)
        spent = "SELECT coalesce(sum(micro_rho), 0) FROM insight.release WHERE licence_id = $1 AND NOT $2"
        taken = await connection.fetchval(spent, licence["id"], dataset.synthetic)
        left = min(for_sale, licence["quota_micro_rho"] - taken)
        if best is None or left > best.left:
            use = ReleaseUse(licence["purpose"], viewer.organization, name, licence["id"], licence["purpose_kind"])
            best = BudgetShare(use, max(left, 0))
    assert best is not None
    return best


def _is_as_precise(one: Precision, other: Precision) -> bool:
    return PRECISIONS.index(one) <= PRECISIONS.index(other)
