"""Quotes the questions of an analysis plan together. What a plan costs does not depend on their order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from models.database import Connection
from models.languages import Language
from models.messages import Message, message
from models.parameters import DatasetId, LicenceId
from models.viewers import Viewer
from privacy.means import InsightKind
from privacy.precision import PRECISIONS, Precision
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.insight.counted_groups import with_planned
from resolvers.insight.expectations import SuggestionKind
from resolvers.insight.groupings import GroupingRequest
from resolvers.insight.insight_requests import InsightRequest, ResolvedRequest, dataset_of, resolve_request
from resolvers.insight.quotes import (
    Obstacle,
    Quote,
    affordable,
    ended,
    lacking,
    margin_of_answer,
    quote,
    share_to_quote,
)
from resolvers.insight.releases import FrozenDataset
from resolvers.transactions import Refusal, RefusalCode, Refused, invalid, refused

MOST_QUESTIONS = 20
QUESTIONS = "questions"


@dataclass(frozen=True, kw_only=True)
class PlannedQuestion:
    """A question of a plan: an InsightRequest without the dataset and the licence, which are the plan's."""

    variable: str
    by: Sequence[str] = ()
    groupings: Sequence[GroupingRequest] = ()
    precision: Precision
    kind: InsightKind = InsightKind.COUNTS


@dataclass(frozen=True)
class PlannedQuote:
    """What a question of a plan costs: by itself, and in the plan, in micro-rho.

    `same_as` is the position of the question that is charged for the same table; None if it is this one.
    `covered_with` are the positions of further questions whose tables answer this one, and that no other table answers.
    `counted_with` is that of the question whose table has, or would have, the numbers of members of SUMS; None if they
    are published.
    """

    quote: Quote
    micro_rho: int
    same_as: int | None
    covered_with: Sequence[int]
    counted_with: int | None = None


@dataclass(frozen=True)
class PlanQuote:
    """The price of a plan, in micro-rho. `uncovered_micro_rho` is that of the questions that nothing else answers."""

    questions: Sequence[PlannedQuote]
    micro_rho: int
    uncovered_micro_rho: int
    left: int  # micro-rho that may still be spent, before this
    remaining_micro_rho: int  # after this; if `left` does not suffice, what is left now
    obstacles: Sequence[Obstacle]

    @property
    def affordable(self) -> bool:
        return affordable(self.micro_rho, self.left)


class PlanExhausted(Refused):
    """The remaining budget does not suffice for all questions of a plan."""

    def __init__(self, quote: PlanQuote) -> None:
        reason = _exhausted(quote.micro_rho, quote.uncovered_micro_rho, quote.left)
        super().__init__(Refusal(RefusalCode.BUDGET_EXHAUSTED, reason, (QUESTIONS,)), shows={"quote": quote})


def _exhausted(cost: int, uncovered: int, left: int) -> Message:
    if uncovered <= left and uncovered < cost:
        return message(
            "This plan costs {cost:,} micro-rho, and {left:,} are left. Without the questions that published insights "
            "or others of the plan answer, it costs {uncovered:,}.",
            cost=cost,
            left=left,
            uncovered=uncovered,
        )
    return message(
        "This plan costs {cost:,} micro-rho, and {left:,} are left. Leave questions out, or ask for less precision.",
        cost=cost,
        left=left,
    )


async def quote_plan(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    dataset: DatasetId,
    questions: Sequence[PlannedQuestion],
    licence: LicenceId | None = None,
) -> PlanQuote:
    """The price of a plan to the viewer, who can spend nothing if they may not publish.

    Raises Refused: NOT_FOUND for the dataset, INVALID without questions, TOO_LONG for too many, NOT_FOUND or INVALID
    for the licence that is named, and for each question what `resolve_request` refuses.
    """
    found = share = None
    subjects: Sequence[ResolvedRequest] = []
    obstacles: list[Refusal] = []
    day = await current_day(connection)
    with faults.collected():
        found = await dataset_of(connection, dataset)
    if found is not None:
        subjects = await resolve_plan(connection, found, questions, licence, faults)
        share, obstacles = await share_to_quote(connection, viewer, found, day, licence, faults)
    faults.refuse()
    assert found is not None
    is_open = found.is_open_on(day)
    left, in_dataset = (share.left, share.left_in_dataset) if share is not None and is_open else (0, 0)
    has_ended = share is not None and not is_open
    return await quote_together(connection, subjects, left, in_dataset, viewer.reads_in, obstacles, has_ended=has_ended)


async def resolve_plan(
    connection: Connection,
    dataset: FrozenDataset,
    questions: Sequence[PlannedQuestion],
    licence: UUID | None,
    faults: Faults,
) -> list[ResolvedRequest]:
    """The questions as requests. Adds what is wrong with them to the faults, each at its own place.

    Means have the numbers of members of what is published, and of the counts of the plan itself.
    """
    if not questions:
        faults.add(*invalid(message("Ask at least one question."), QUESTIONS).refusals)
    if len(questions) > MOST_QUESTIONS:
        reason = message("A plan can have at most {most} questions.", most=MOST_QUESTIONS)
        faults.add(*refused(RefusalCode.TOO_LONG, reason, QUESTIONS).refusals)
        return []
    found = []
    for at, each in enumerate(questions):
        request = InsightRequest(dataset.id, each.variable, each.by, each.precision, licence, each.groupings, each.kind)
        with faults.collected(QUESTIONS, at):
            found.append(await resolve_request(connection, dataset, request))
    planned = [
        (at, [placed.variable for placed in each.cube], each.sigma)
        for at, each in enumerate(found)
        if each.measured is None and not each.is_published
    ]
    return [
        each if each.measured is None else replace(each, counts=with_planned(each.counts, planned, each.others))
        for each in found
    ]


async def quote_together(
    connection: Connection,
    subjects: Sequence[ResolvedRequest],
    left: int,
    left_in_dataset: int,
    language: Language,
    obstacles: Sequence[Refusal] = (),
    *,
    has_ended: bool = False,
) -> PlanQuote:
    """The quote of a plan to a viewer who may still spend `left` micro-rho, and whom `obstacles` keep from publishing.

    If the dataset `has_ended`, what is published already is free still.
    """
    payers = payers_of(subjects)
    costs = costs_of(subjects)
    late = ended("dataset").refusals if has_ended else ()
    quotes = [
        await quote(
            connection,
            subject,
            left,
            left_in_dataset,
            language,
            [*obstacles, *(() if subject.is_published else late)],
        )
        for subject in subjects
    ]
    answered = [bool(each.insight_ids) for each in quotes]
    covered = covered_by_others(subjects, answered)
    cost = sum(costs)
    uncovered = sum(
        one for one, known, others in zip(costs, answered, covered, strict=True) if not known and not others
    )
    lacks = [reason for subject in subjects for reason in lacking(subject)]
    reasons = [*obstacles, *(late if cost else ()), *lacks[:1]]
    found = [Obstacle(each.code, each.message.in_language(language)) for each in reasons]
    if not found and not affordable(cost, left):
        reason = _exhausted(cost, uncovered, left)
        found.append(Obstacle(RefusalCode.BUDGET_EXHAUSTED, reason.in_language(language)))
    return PlanQuote(
        questions=[
            PlannedQuote(
                each,
                costs[at],
                None if payers[at] == at else payers[at],
                covered[at],
                _counted_with(subjects[at], each),
            )
            for at, each in enumerate(quotes)
        ],
        micro_rho=cost,
        uncovered_micro_rho=uncovered,
        left=left,
        remaining_micro_rho=left - cost if affordable(cost, left) else left,
        obstacles=found,
    )


def _counted_with(subject: ResolvedRequest, of: Quote) -> int | None:
    offered = any(each.kind is SuggestionKind.SUMS for each in of.suggestions)
    if subject.counts is None or subject.lacks_counts or not (offered or subject.request.kind is InsightKind.SUMS):
        return None
    return None if subject.is_published else subject.counts.question


def payers_of(subjects: Sequence[ResolvedRequest]) -> list[int]:
    """For each question the position of the one that is charged for its table: the most precise one of this table."""
    first: dict[str, int] = {}
    for at in sorted(range(len(subjects)), key=lambda at: PRECISIONS.index(subjects[at].request.precision)):
        first.setdefault(subjects[at].key, at)
    return [first[subject.key] for subject in subjects]


def costs_of(subjects: Sequence[ResolvedRequest]) -> list[int]:
    """What each question is charged in the plan, in micro-rho: their sum does not depend on their order."""
    return [
        subject.cost(subject.request.precision) if payer == at else 0
        for at, (subject, payer) in enumerate(zip(subjects, payers_of(subjects), strict=True))
    ]


def covered_by_others(subjects: Sequence[ResolvedRequest], answered: Sequence[bool]) -> list[list[int]]:
    """For each question the positions of others whose tables answer it, out of those that nothing else answers.

    So all questions that have any can be left out together. `answered` are those that published insights answer.
    """
    payers = payers_of(subjects)
    found: list[list[int]] = [[] for _ in subjects]
    kept: list[int] = []
    needed = {
        payers[each.counts.question]
        for each in subjects
        if each.request.kind is InsightKind.SUMS and each.counts is not None and each.counts.question is not None
    }
    # A table is answered by larger ones alone, and means by the counts of the same table too.
    for at in sorted(set(payers), key=lambda at: _size(subjects[at]), reverse=True):
        if at in needed:  # SUMS of the plan take their members from these counts
            kept.append(at)
            continue
        found[at] = sorted(other for other in kept if _answers(subjects[other], subjects[at]))
        if not found[at] and not answered[at]:
            kept.append(at)
    return [found[payer] for payer in payers]


def _size(subject: ResolvedRequest) -> tuple[int, int, int]:
    # Of two kinds that answer each other, the one that costs less is kept.
    order = (InsightKind.MEANS, InsightKind.SUMS, InsightKind.COUNTS)
    return len(subject.cube), subject.cells, order.index(subject.request.kind)


def _answers(one: ResolvedRequest, other: ResolvedRequest) -> bool:
    """Whether the release of one question will answer another one too."""
    if one.measured is not None and one.measured != other.measured:
        return False
    variables = one.others if one.measured else [placed.variable for placed in one.cube]
    return margin_of_answer(other, variables, one.sigma, one.request.kind) is not None
