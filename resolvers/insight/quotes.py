"""Quotes the price of an insight, and finds published insights that answer it, without reading any record."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.database import Connection
from models.identity.organization_users import UserRole
from models.languages import Language
from models.messages import Message, message
from models.parameters import DatasetId, LicenceId
from models.rows import Finished
from models.viewers import Audience, Viewer
from privacy.cubes import cells_in, covers
from privacy.domains import Variable
from privacy.means import InsightKind, kind_of, saving
from privacy.precision import PRECISIONS, Precision, cheaper, margin_of, price, sigma_of
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.insight.budget_shares import LICENCE, BudgetShare, budget_share_of
from resolvers.insight.expectations import Expectation, Suggestion, expect, expect_means, suggestions
from resolvers.insight.groupings import GroupingRequest
from resolvers.insight.insight_requests import (
    InsightRequest,
    ResolvedRequest,
    by_sums,
    dataset_of,
    resolve_request,
    without_counts,
)
from resolvers.insight.positioned import variables_at
from resolvers.insight.releases import FrozenDataset
from resolvers.transactions import Forbidden, Refusal, RefusalCode, Refused, Step, has_role, too_late

MOST_COVERING = 10  # the most insights that a quote lists


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
    left_in_dataset: int  # micro-rho that the dataset would allow, whatever the licence's quota
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
    counts_id: UUID | None = None  # the release that has, or would have, the numbers of members of SUMS

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
        reason = _exhausted(quote.micro_rho, quote.left, quote.left_in_dataset, quote.insight_ids, quote.cheaper)
        super().__init__(Refusal(RefusalCode.BUDGET_EXHAUSTED, reason, ("precision",)), shows={"quote": quote})


def _exhausted(
    cost: int, left: int, left_in_dataset: int, insights: Sequence[UUID], cheaper: Sequence[Precision]
) -> Message:
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
    if cost <= left_in_dataset:
        return message(
            "This costs {cost:,} micro-rho, and {left:,} are left of the licence's quota. Name another licence, or "
            "request one: `licenceRequest`.",
            cost=cost,
            left=left,
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
    left, in_dataset = (share.left, share.left_in_dataset) if share is not None and is_open else (0, 0)
    return await quote(connection, subject, left, in_dataset, viewer.reads_in, obstacles)


async def share_to_quote(
    connection: Connection, viewer: Viewer, dataset: FrozenDataset, day: date, licence: UUID | None, faults: Faults
) -> tuple[BudgetShare | None, list[Refusal]]:
    """The budget share that the viewer may spend, and why they may not. Adds a fault of the licence to `faults`."""
    try:
        return await budget_share_of(connection, viewer, dataset, day, licence), obstacles_of_role(viewer)
    except Forbidden:
        reason = message("Only data stewards publish insights for Cohorte.")
        return None, [Refusal(RefusalCode.NOT_ELIGIBLE, reason, ())]
    except Refused as error:
        faults.add(*(refusal for refusal in error.refusals if refusal.path == LICENCE))
        return None, [*obstacles_of_role(viewer), *error.refusals]


def obstacles_of_role(viewer: Viewer) -> list[Refusal]:
    """Why an organization's user may not publish whatever they ask for: they may only read."""
    if viewer.audience is not Audience.BUYER or has_role(viewer, UserRole.ANALYST):
        return []
    reason = message("Only analysts and administrators of your organization publish insights.")
    return [Refusal(RefusalCode.NOT_ELIGIBLE, reason, ())]


async def quote(
    connection: Connection,
    subject: ResolvedRequest,
    left: int,
    left_in_dataset: int,
    language: Language,
    obstacles: Sequence[Refusal] = (),
) -> Quote:
    """The quote to a viewer who may still spend `left` micro-rho, and whom `obstacles` keep from publishing.

    Without a licence's quota, it would be `left_in_dataset`.
    """
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
        expected = expect_means(subject.measured.variable, sigma, _sigma_of_counts(subject))
        cells, margin = cells_in(subject.others), margin_of(sigma)
    reasons = [*obstacles, *lacking(subject)]
    found = [Obstacle(each.code, each.message.in_language(language)) for each in reasons]
    sums = await _cheaper_sums(connection, subject)
    counts = None
    if sums or subject.request.kind is InsightKind.SUMS:
        counts = published.counts_id if published else subject.counts_release
    if not found and not affordable(cost, left):
        reason = _exhausted(cost, left, left_in_dataset, insights, coarser)
        found.append(Obstacle(RefusalCode.BUDGET_EXHAUSTED, reason.in_language(language)))
    return Quote(
        micro_rho=cost,
        left=left,
        left_in_dataset=left_in_dataset,
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
            sums=sums,
        ),
        counts_id=counts,
    )


def lacking(subject: ResolvedRequest) -> list[Refusal]:
    """Why SUMS would be refused, if their groups have no counts."""
    return [Refusal(RefusalCode.INVALID, without_counts(subject), ("kind",))] if subject.lacks_counts else []


async def _cheaper_sums(connection: Connection, subject: ResolvedRequest) -> int | None:
    """What means that are asked for cost by SUMS, in micro-rho; None if that is no cheaper, or lacks counts."""
    if subject.request.kind is not InsightKind.MEANS or subject.is_published:
        return None
    other, precision = await by_sums(connection, subject), subject.request.precision
    return None if other.lacks_counts or other.cost(precision) >= subject.cost(precision) else other.cost(precision)


def _sigma_of_counts(subject: ResolvedRequest) -> float | None:
    """The scale of the noise of the numbers of members that SUMS have, or else are promised; None for other kinds."""
    if subject.request.kind is not InsightKind.SUMS:
        return None
    counts = subject.counts_for(subject.request.precision)
    return counts.sigma if counts else sigma_of(price(subject.request.precision))


def ended(*path: Step) -> Refused:
    """The refusal of new insights of a dataset that has ended."""
    return too_late(message("This dataset has ended. Insights that were published from it can still be read."), *path)


def affordable(cost: int, left: int) -> bool:
    """Whether a cost is covered, both in micro-rho. What costs nothing always is."""
    return cost <= left or cost == 0


async def covering_insights(connection: Connection, subject: ResolvedRequest) -> list[UUID]:
    """Published insights that answer the request at no cost, the most precise first: see privacy.cubes.covers.

    Means are answered by counts, and by means of either kind, with further variables.
    """
    measured = subject.measured
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (r.id) i.id, r.sigma, r.variables, r.measured, r.counts_id
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
        margin = margin_of_answer(subject, of, row["sigma"], kind_of(row["measured"], row["counts_id"]))
        if margin is not None:
            found.append((margin, len(row["variables"]), row["id"]))
    return [id for _, _, id in sorted(found)[:MOST_COVERING]]


def margin_of_answer(
    subject: ResolvedRequest, variables: Sequence[Variable], sigma: float, kind: InsightKind
) -> int | None:
    """The margin of error of an answer to the request from a release over `variables`; None if it is too large.

    None as well if the release cannot answer it. Unless its kind is COUNTS, it is a release of the means of the same
    variable, which is none of `variables`.
    """
    wanted = [placed.variable for placed in subject.cube]
    if kind is not InsightKind.COUNTS:
        # As precise as means of counts with this noise.
        assert subject.measured is not None
        sigma *= math.sqrt(saving(subject.measured.variable, kind))
        wanted = subject.others
    margin = covers(variables, sigma, wanted)
    return None if margin is None or margin > subject.request.precision.margin else margin
